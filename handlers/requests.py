"""What a person's command comes to. Values only; `handlers.grammar` reads them out of text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.live.model import StatusFilter

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


Request: TypeAlias = TasksRequest | HelpRequest | DefaultRequest


def canonical(request: Request, zone: ZoneInfo) -> str:
    """The one documented way to type `request`, without `/preload`; times stand in `zone`.

    Play URLs stand in it whole, with their signatures: mask it before it is shown.
    """
    match request:
        case HelpRequest(topic):
            return " ".join(filter(None, ("help", topic)))
        case DefaultRequest(domain, clear):
            words = ("default", f"domain={domain}" if domain else "", "clear" if clear else "")
            return " ".join(filter(None, words))
        case TasksRequest():
            return " ".join(_filters(request, zone))


def _filters(request: TasksRequest, zone: ZoneInfo) -> list[str]:
    since = request.since
    fields = {
        "domain": request.domain,
        "status": request.status,
        "task": request.task_id,
        "since": _duration(since) if isinstance(since, timedelta) else _moment(since, zone),
        "until": _moment(request.until, zone),
        "size": request.rows,
        "page": request.page if request.page > 1 else None,
    }
    return [
        *(f"{key}={value}" for key, value in fields.items() if value is not None),
        *(f"url={url}" for url in request.urls),
        *(["public"] if request.public else []),
    ]


def _duration(duration: timedelta) -> str:
    """`1d2h30m`: whole seconds, the largest units first."""
    left, written = int(duration.total_seconds()), ""
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        written += f"{count}{unit}" if count else ""
    return written


def _moment(moment: datetime | None, zone: ZoneInfo) -> str | None:
    if moment is None:
        return None
    local = moment.astimezone(zone)
    whole_minutes = not local.second and not local.utcoffset() % timedelta(minutes=1)  # type: ignore[operator] # an aware time has an offset
    if not whole_minutes:  # some zones' oldest offsets have seconds, which nobody types
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return local.isoformat(timespec="minutes")
