"""What a person's command comes to. Values only; `handlers.grammar` reads them out of text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.watch.model import DEFAULT_STATUSES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.live.model import StatusFilter

DEFAULT_DELIVERIES: Final = 10
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class TasksRequest:
    """`/preload [tasks] [filters]`: show the tasks of a domain.

    Attributes:
        domain: a play domain as the API writes it (lower case, punycode), or None if neither it
            nor URLs of one host were given.
        status: only tasks the API's filter finds so.
        task_id: only this task.
        urls: only tasks of these play URLs, exactly as given, each once; at most 100.
        since: how far back: a duration before the window's end, or a moment in UTC.
        until: the window's end, in UTC; None is now.
        rows: rows a page in Slack, 5-30; None is the usual number.
        page: the page of the answer, from 1.
        public: post the answer for everyone in the channel.
    """

    domain: str | None = None
    status: StatusFilter | None = None
    task_id: str | None = None
    urls: tuple[str, ...] = ()
    since: timedelta | datetime | None = None
    until: datetime | None = None
    rows: int | None = None
    page: int = 1
    public: bool = False


@dataclass(frozen=True, slots=True)
class HelpRequest:
    """`/preload help [topic]`. The topic is the name of a `Key` or a `Subcommand`, or None."""

    topic: str | None = None


@dataclass(frozen=True, slots=True)
class DefaultRequest:
    """`/preload default …`: the channel's default domain.

    With a domain it is set, with `clear` it is forgotten, with neither it is shown.
    """

    domain: str | None = None
    clear: bool = False


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """`/preload watch [filters]`: keep a message up to date on the streams they find.

    Attributes:
        domain, status, task_id, urls, since: as in `TasksRequest`.
        until: when it ends, in UTC; None is the usual time from now.
        channel_id: where the message shall be; None is where it was asked.
        name: what it shall be called, at most 80 characters, or "".
    """

    domain: str | None = None
    status: StatusFilter | None = None
    task_id: str | None = None
    urls: tuple[str, ...] = ()
    since: timedelta | datetime | None = None
    until: datetime | None = None
    channel_id: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class SubscribeRequest:
    """`/preload subscribe [domain]`: tell a channel each change of a domain.

    Attributes:
        domain: a play domain as the API writes it, or None.
        statuses: which changes: those that lead to one of these.
        channel_id: which channel; None is where it was asked.
        group: how long changes are gathered, at most 10 minutes; None is the usual time.
        repeat: how often a failure is told again, zero for never; None is the usual time.
    """

    domain: str | None = None
    statuses: frozenset[StatusFilter] = DEFAULT_STATUSES
    channel_id: str | None = None
    group: timedelta | None = None
    repeat: timedelta | None = None


@dataclass(frozen=True, slots=True)
class UnsubscribeRequest:
    """`/preload unsubscribe [domain]`: tell a channel no more of a domain.

    Attributes:
        domain: which; None is the one that the channel is told of, if it is one.
        channel_id: which channel; None is where it was asked.
    """

    domain: str | None = None
    channel_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListRequest:
    """`/preload list [all]`: what this channel, or all of the workspace, is told and shown."""

    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class DeliveriesRequest:
    """`/preload deliveries [count]`: what became of the channel's latest notices, 1-50."""

    count: int = DEFAULT_DELIVERIES


Request: TypeAlias = (
    TasksRequest
    | WatchRequest
    | SubscribeRequest
    | UnsubscribeRequest
    | ListRequest
    | DeliveriesRequest
    | DefaultRequest
    | HelpRequest
)


def canonical(request: Request, zone: ZoneInfo) -> str:
    """The one documented way to type `request`, without `/preload`; times stand in `zone`.

    Play URLs stand in it whole, with their signatures: mask it before it is shown.
    """
    match request:
        case HelpRequest(topic):
            words = ["help", topic or ""]
        case DefaultRequest(domain, clear):
            words = ["default", *_written(domain=domain), "clear" if clear else ""]
        case TasksRequest():
            shown = _written(size=request.rows, page=request.page if request.page > 1 else None)
            words = [*_filters(request, zone), *shown, "public" if request.public else ""]
        case WatchRequest(channel_id=channel_id, name=name):
            told = _written(**{"in": channel_id, "name": f'"{name}"' if name else None})
            words = ["watch", *_filters(request, zone), *told]
        case SubscribeRequest():
            words = ["subscribe", *_told(request)]
        case UnsubscribeRequest(domain, channel_id):
            words = ["unsubscribe", *_written(**{"domain": domain, "in": channel_id})]
        case ListRequest(everywhere):
            words = ["list", "all" if everywhere else ""]
        case DeliveriesRequest(count):
            words = ["deliveries", str(count)]
    return " ".join(filter(None, words))


def _filters(request: TasksRequest | WatchRequest, zone: ZoneInfo) -> list[str]:
    since = request.since
    fields = _written(
        domain=request.domain,
        status=request.status,
        task=request.task_id,
        since=_duration(since) if isinstance(since, timedelta) else _moment(since, zone),
        until=_moment(request.until, zone),
    )
    return [*fields, *(f"url={url}" for url in request.urls)]


def _told(request: SubscribeRequest) -> list[str]:
    is_usual = request.statuses == DEFAULT_STATUSES
    fields = {
        "domain": request.domain,
        "status": None if is_usual else ",".join(sorted(request.statuses)),
        "in": request.channel_id,
        "group": None if request.group is None else _duration(request.group),
        "repeat": None if request.repeat is None else _duration(request.repeat),
    }
    return _written(**fields)


def _written(**fields: str | int | None) -> list[str]:
    return [f"{key}={value}" for key, value in fields.items() if value is not None]


def _duration(duration: timedelta) -> str:
    """`1d2h30m`: whole seconds, the largest units first; `off` for none."""
    left, written = int(duration.total_seconds()), ""
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        written += f"{count}{unit}" if count else ""
    return written or "off"


def _moment(moment: datetime | None, zone: ZoneInfo) -> str | None:
    if moment is None:
        return None
    local = moment.astimezone(zone)
    whole_minutes = not local.second and not local.utcoffset() % timedelta(minutes=1)  # type: ignore[operator] # an aware time has an offset
    if not whole_minutes:  # some zones' oldest offsets have seconds, which nobody types
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return local.isoformat(timespec="minutes")
