"""What is seen of the bot from outside: every metric there is, and how parts report them.

Times are in seconds, and say so in their names. Labels have few values, whatever people type and
whatever others reply: what could be anything is one of a list, or `OTHER`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from prometheus_client import Counter, Gauge, Histogram

    _Labelled = TypeVar("_Labelled", Counter, Gauge, Histogram)

PREFIX = "preload_bot_"
OTHER = "other"
OK = "ok"
_MAX_SERIES = 2_000
"""So many of one metric at most: what comes beyond that is not told apart."""
_QUICK_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
_ANSWER_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
_TOLD_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric, the same as no other.

    Attributes:
        name: without `PREFIX`, and as it is read: a count's ends in `_total`.
        help: what it is, in one line.
        labels: what its series are told apart by.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Count(Metric):
    """How often something happened since the process began."""


@dataclass(frozen=True, slots=True, eq=False)
class Time(Metric):
    """How long things took: a histogram with these bounds."""

    bounds_s: tuple[float, ...] = _QUICK_S


@dataclass(frozen=True, slots=True, eq=False)
class Level(Metric):
    """How much there is now."""


ACK = Time("ack_seconds", "From a request of Slack's to its acknowledgement.", ("way",))
ANSWERS = Count(
    "answers_total", "What people asked for, and what came of it.", ("kind", "name", "outcome")
)
ANSWER = Time("answer_seconds", "From a request to its answer.", ("kind",), _ANSWER_S)
TURNED_AWAY = Count("turned_away_total", "Requests there was no room for.")

CALLS = Count(
    "live_calls_total",
    "Tries to call the Live API, by what it replied.",
    ("operation", "code", "priority"),
)
QUOTA_WAIT = Time(
    "quota_wait_seconds",
    "How long calls of the Live API waited for their place in the quota.",
    ("operation", "priority"),
    _ANSWER_S,
)
QUOTA_PLACES = Level(
    "quota_places", "Task queries that this process may send a second.", ("account",)
)
QUOTA_FULL_PLACES = Level(
    "quota_full_places", "The same, while the API does not throttle.", ("account",)
)
QUOTA_WAITING = Level(
    "quota_waiting_calls", "Task queries of this process that wait for a place.", ("account",)
)
QUOTA_SHARED = Level(
    "quota_shared", "1 where Redis shares the quota out, 0 while it is away.", ("account",)
)
CACHE = Count(
    "cache_lookups_total",
    "Listings of tasks wanted, and whether one was held: hit or miss.",
    ("outcome",),
)

SWEEP = Level(
    "sweep_seconds", "How long the last reading of a whole domain took.", ("account", "domain")
)
DOMAIN_READ = Level(
    "domain_read_timestamp_seconds",
    "When all that is new in a domain was last read, in Unix time; before it ever was, since when "
    "that fails.",
    ("account", "domain"),
)
TOLD = Time(
    "told_seconds", "From when a change was seen until Slack had its notice.", ("kind",), _TOLD_S
)
OUTBOX = Level("outbox_notices", "Notices due and not posted, but for those in parked channels.")
OUTBOX_OLDEST = Level("outbox_oldest_seconds", "For how long the oldest of them has been due.")
PARKED = Level("parked_channels", "Channels with notices that people must let the bot into.")
UNCERTAIN = Count("uncertain_posts_total", "Notices sent again that may be there already.")
SLACK_THROTTLED = Count(
    "slack_throttled_total", "Calls of Slack's that it answered with 429.", ("method",)
)

LEASES = Level("leases_held", "Domains that this process reads, and the outbox if it posts.")
STORE_UP = Level("store_up", "1 where the store can be read, 0 where not.")
HEARTBEATS = Count("heartbeats_total", "Pings of the dead-man's switch.", ("outcome",))
INFO = Level("info", "1: that this process is there, and what it does.", ("role", "version"))

METRICS = tuple(one for one in tuple(vars().values()) if isinstance(one, Metric))
"""All of them."""


class Meter:
    """What parts report to. This one heeds nothing and costs nothing: where nobody looks."""

    def count(self, what: Count, *labels: str) -> None:
        """It happened once more."""

    def took(self, what: Time, seconds: float, *labels: str) -> None:
        """It took so long."""

    def level(self, what: Level, values: Mapping[tuple[str, ...], float], *under: str) -> None:
        """There is so much now, and nothing else under these first labels.

        Args:
            what: of which metric.
            values: by the labels that are left.
            under: the first labels.
        """


UNMETERED = Meter()


def metered() -> Meter:
    """One that counts, where the extra `metrics` is installed; else one that heeds nothing."""
    try:
        import prometheus_client  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        return UNMETERED
    return Prometheus(prometheus_client)


class Prometheus(Meter):
    """Counts, and writes down what it has counted as Prometheus reads it.

    Args:
        prometheus: the package `prometheus_client`.
    """

    def __init__(self, prometheus: ModuleType) -> None:
        self._registry = prometheus.CollectorRegistry()
        self._write = prometheus.generate_latest
        self.content_type: str = prometheus.CONTENT_TYPE_PLAIN_0_0_4
        prometheus.ProcessCollector(registry=self._registry)
        self._counts: dict[Metric, Counter] = {}
        self._times: dict[Metric, Histogram] = {}
        self._levels: dict[Metric, Gauge] = {}
        self._series: dict[Metric, dict[tuple[str, ...], Any]] = {one: {} for one in METRICS}
        for one in METRICS:
            described = PREFIX + one.name, one.help, one.labels
            if isinstance(one, Count):
                self._counts[one] = prometheus.Counter(*described, registry=self._registry)
            elif isinstance(one, Time):
                self._times[one] = prometheus.Histogram(
                    *described, buckets=one.bounds_s, registry=self._registry
                )
            else:
                self._levels[one] = prometheus.Gauge(*described, registry=self._registry)

    def count(self, what: Count, *labels: str) -> None:
        """It happened once more."""
        self._one(self._counts[what], what, labels).inc()

    def took(self, what: Time, seconds: float, *labels: str) -> None:
        """It took so long."""
        self._one(self._times[what], what, labels).observe(seconds)

    def level(self, what: Level, values: Mapping[tuple[str, ...], float], *under: str) -> None:
        """There is so much now, and nothing else under these first labels."""
        gauge, series = self._levels[what], self._series[what]
        wanted = {(*under, *labels): value for labels, value in values.items()}
        for labels in {one for one in series if one[: len(under)] == under} - wanted.keys():
            del series[labels]
            gauge.remove(*labels)
        for labels, value in wanted.items():
            self._one(gauge, what, labels).set(value)

    def text(self) -> bytes:
        """All that was reported, in Prometheus's text format."""
        written: bytes = self._write(self._registry)
        return written

    def _one(self, metric: _Labelled, what: Metric, labels: tuple[str, ...]) -> _Labelled:
        """The series with these labels; past so many the one of all others."""
        if not labels:
            return metric
        series = self._series[what]
        one: _Labelled | None = series.get(labels)
        if one is None:
            if len(series) >= _MAX_SERIES:
                return metric.labels(*(OTHER,) * len(labels))
            one = series[labels] = metric.labels(*labels)
        return one
