"""The one documented way to type a request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.watch.model import DEFAULT_STATUSES
from handlers.requests import (
    AskRequest,
    AuditRequest,
    DefaultRequest,
    DeliveriesRequest,
    ExportRequest,
    HelpRequest,
    ListRequest,
    Request,
    SubscribeRequest,
    TasksRequest,
    UnsubscribeRequest,
    WatchRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def canonical(request: Request, zone: ZoneInfo) -> str:
    """The one documented way to type `request`, without `/preload`; times stand in `zone`.

    Play URLs stand in it whole, with their signatures: mask it before it is shown.
    """
    return " ".join(filter(None, _WRITERS[type(request)](request, zone)))


def _help(request: HelpRequest, _zone: ZoneInfo) -> list[str]:
    return ["help", request.topic or ""]


def _default(request: DefaultRequest, _zone: ZoneInfo) -> list[str]:
    given = _written(domain=request.domain, account=request.account)
    return ["default", *given, "clear" if request.clear else ""]


def _tasks(request: TasksRequest, zone: ZoneInfo) -> list[str]:
    shown = _written(size=request.rows, page=request.page if request.page > 1 else None)
    return [*_filters(request, zone), *shown, "public" if request.public else ""]


def _ask(request: AskRequest, _zone: ZoneInfo) -> list[str]:
    return ["ask", request.text]


def _export(request: ExportRequest, zone: ZoneInfo) -> list[str]:
    return ["export", *_tasks(request.query, zone), request.format]


def _audit(request: AuditRequest, _zone: ZoneInfo) -> list[str]:
    return ["audit", str(request.count or ""), "json" if request.as_json else ""]


def _watch(request: WatchRequest, zone: ZoneInfo) -> list[str]:
    name = f'"{request.name}"' if request.name else None
    told = _written(**{"in": request.channel_id, "name": name})
    return ["watch", *_filters(request, zone), *told]


def _subscribe(request: SubscribeRequest, _zone: ZoneInfo) -> list[str]:
    return ["subscribe", *_told(request)]


def _unsubscribe(request: UnsubscribeRequest, _zone: ZoneInfo) -> list[str]:
    given = {"domain": request.domain, "account": request.account, "in": request.channel_id}
    return ["unsubscribe", *_written(**given)]


def _list(request: ListRequest, _zone: ZoneInfo) -> list[str]:
    return ["list", "all" if request.everywhere else ""]


def _deliveries(request: DeliveriesRequest, _zone: ZoneInfo) -> list[str]:
    return ["deliveries", str(request.count)]


def _filters(request: TasksRequest | WatchRequest, zone: ZoneInfo) -> list[str]:
    since = request.since
    if isinstance(request, TasksRequest) and isinstance(since, timedelta) and request.until:
        since = request.until - since  # of an older question; typed, it would be that long ago
    fields = _written(
        domain=request.domain,
        account=request.account,
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
        "account": request.account,
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


_WRITERS: Mapping[type, Callable[[Any, ZoneInfo], list[str]]] = {
    TasksRequest: _tasks,
    WatchRequest: _watch,
    SubscribeRequest: _subscribe,
    UnsubscribeRequest: _unsubscribe,
    ListRequest: _list,
    DeliveriesRequest: _deliveries,
    AskRequest: _ask,
    ExportRequest: _export,
    AuditRequest: _audit,
    DefaultRequest: _default,
    HelpRequest: _help,
}
