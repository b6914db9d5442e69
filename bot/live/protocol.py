"""The Live API's language: parameters built, replies decoded. No I/O.

Source: the vendor's reference and published metadata of API version 2016-11-01, and its Python
SDK. Where they disagree (two shapes of the list of tasks; XML where JSON was asked for) both are
read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from bot import errors
from bot.live.model import (
    HISTORY_DAYS,
    MAX_PAGE_SIZE,
    MAX_URLS,
    LiveDomain,
    PreloadTask,
    StatusFilter,
    TaskPage,
    TaskQuery,
)
from bot.live.remembered import Remembered
from bot.live.replies import TaskRow

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "2016-11-01"
DESCRIBE_TASKS = "DescribeLiveStreamPreloadTasks"
DESCRIBE_DOMAINS = "DescribeLiveUserDomains"
CREATE_TASKS = "SetLiveStreamPreloadTasks"
MAX_DOMAINS_PAGE = 50

SAFETY = timedelta(minutes=2)
"""The start stays so far inside the 3 days: the gateway's clock and the way there take time."""

_HISTORY = timedelta(days=HISTORY_DAYS)
_OLDEST = timedelta(seconds=1) - _HISTORY + SAFETY
"""Times are sent in whole seconds: rounded down, the start would leave the safe part."""
_KEPT = f"within the last {HISTORY_DAYS} days"
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+", re.IGNORECASE)
_STATUSES = frozenset(StatusFilter)
_MAX_COUNT = 1_000_000_000
_YEARS = range(1970, 9000)
_ROW_NAMES = tuple(zip(TaskRow.__struct_fields__, TaskRow.__struct_encode_fields__, strict=True))
_TIMES = frozenset({"CreateTime", "PreloadedStartTime", "PreloadedEndTime"})


# --- what is asked ---


def check(query: TaskQuery, *, page: int, page_size: int, now: datetime) -> None:
    """Refuse what the API would refuse, before anything is sent.

    Raises:
        ArgumentRefused: names the argument and what is allowed.
    """
    if not _are_domains[query.domain]:
        _refuse("DomainName", "a play domain, like live.example.com")
    if page < 1:
        _refuse("PageNum", "1 and up")
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        _refuse("PageSize", f"1-{MAX_PAGE_SIZE}")
    if len(query.urls) > MAX_URLS:
        _refuse("PlayUrl", f"at most {MAX_URLS} URLs")
    for url in query.urls:
        if "," in url or not url.strip():
            _refuse("PlayUrl", "URLs without a comma in them")
    if query.status is not None and query.status not in _STATUSES:
        _refuse("Status", ", ".join(StatusFilter))
    for name, time in (("StartTime", query.start), ("EndTime", query.end)):
        if time is not None and time.tzinfo is None:
            _refuse(name, "a time with its zone")
    _check_window(query, now=now)


def _check_window(query: TaskQuery, *, now: datetime) -> None:
    if query.start is None and query.end is None:
        return
    start, end = window(query, now=now)
    if query.start is not None:
        if query.start < now - _HISTORY - SAFETY:
            _refuse("StartTime", _KEPT)
        # From the very edge on means all there is, however far off the end.
        if query.end and query.end - query.start > _HISTORY and query.start > now - _HISTORY:
            _refuse("EndTime", f"at most {HISTORY_DAYS} days after StartTime")
    if start >= end:
        after_end = query.start is not None and query.start >= end
        _refuse("StartTime" if after_end else "EndTime", _KEPT)


def _refuse(argument: str, allowed: str) -> NoReturn:
    raise errors.ArgumentRefused(argument=argument, allowed=allowed, message="not sent")


def window(query: TaskQuery, *, now: datetime) -> tuple[datetime, datetime]:
    """The times to send at `now`: never more than the API takes, whatever time has passed.

    An end still to come is now: no task is created in the future.
    """
    oldest = _oldest[now]
    start = oldest if query.start is None or query.start < oldest else query.start
    end = now if query.end is None or query.end > now else query.end
    return start, end


def task_parameters(
    query: TaskQuery, *, page: int, page_size: int, now: datetime
) -> dict[str, str]:
    """The parameters of DescribeLiveStreamPreloadTasks, as sent at `now`.

    Raises:
        ArgumentRefused: the API has forgotten the window while the call waited.
    """
    start, end = window(query, now=now)
    if start >= end:
        _refuse("EndTime", _KEPT)
    return _given(
        DomainName=query.domain,
        Status=query.status and StatusFilter(query.status).value,
        TaskId=query.task_id,
        PlayUrl=",".join(query.urls),
        StartTime=_written[start],
        EndTime=_written[end],
        PageNum=str(page),
        PageSize=str(page_size),
        RegionId=query.region_id,
    )


def domain_parameters(keyword: str, *, page: int) -> dict[str, str]:
    """The parameters of DescribeLiveUserDomains: play domains, those with the keyword in them."""
    return _given(
        LiveDomainType="liveVideo",
        DomainName=keyword,
        DomainSearchType="fuzzy_match" if keyword else None,
        PageNumber=str(page),
        PageSize=str(MAX_DOMAINS_PAGE),
    )


def _given(**parameters: str | None) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value}


def _write(at: datetime) -> str:
    return f"{at.astimezone(UTC).isoformat()[:19]}Z"


# --- what comes back ---


def task_page(
    fields: Mapping[str, Any], query: TaskQuery, *, page: int, page_size: int, now: datetime
) -> TaskPage:
    """A reply of DescribeLiveStreamPreloadTasks; `now` is when it arrived.

    Raises:
        MalformedReply: its list of tasks is no list, or it is another reply altogether.
    """
    found_as = StatusFilter(query.status) if query.status else None
    domain = query.domain
    # By position: by name it takes half as long again, and a reply holds up to a hundred.
    tasks = [
        PreloadTask(
            row.task_id,
            row.domain_name or domain,
            row.play_url,
            _times[row.create_time],
            row.area,
            _times[row.preloaded_start_time],
            _times[row.preloaded_end_time],
            _percents[row.process],
            row.status,
            row.description,
            found_as,
        )
        for row in _task_rows(_rows(fields, "PreloadTasks", "PreloadTask"))
    ]
    return TaskPage(
        tasks=tuple(tasks),
        page=_int(fields.get("PageNum")) or page,
        page_size=_int(fields.get("PageSize")) or page_size,
        total=_total(fields, len(tasks), page=page, page_size=page_size),
        request_id=_text(fields.get("RequestId")),
        observed_at=now,
    )


def _total(fields: Mapping[str, Any], rows: int, *, page: int, page_size: int) -> int:
    """How many tasks match: what the reply says, but never fewer than have been seen.

    Raises:
        MalformedReply: it cannot be told, and tasks might silently be missing.
    """
    said, last_page = _int(fields.get("TotalNum")), _int(fields.get("TotalPage"))
    seen = (page - 1) * page_size + rows if rows else 0
    if not said and rows >= page_size and last_page != page:
        if last_page < page:
            raise errors.MalformedReply(message="a full page without TotalNum")
        return last_page * page_size
    if said and not rows and page == 1:
        raise errors.MalformedReply(message=f"TotalNum is {said}, and there is no task")
    return max(said, seen)


def domain_page(fields: Mapping[str, Any]) -> tuple[tuple[LiveDomain, ...], int]:
    """A reply of DescribeLiveUserDomains: its domains, and how many there are in all.

    Raises:
        MalformedReply: its list of domains is no list, or it is another reply altogether.
    """
    rows = _rows(fields, "Domains", "PageData")
    domains = tuple(
        LiveDomain(
            name=_text(row.get("DomainName")),
            status=_text(row.get("LiveDomainStatus")),
            region=_text(row.get("RegionName")),
            description=_text(row.get("Description")),
        )
        for row in rows
        if isinstance(row, dict)
    )
    return domains, _int(fields.get("TotalCount"))


def _rows(fields: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    """The rows in either shape: `{outer: {inner: [...]}}` or `{outer: [...]}`; empty is [].

    One row may stand without its list, as in XML that was turned into JSON. A row is a `TaskRow`
    already, a mapping, or something that is no row.
    """
    if outer not in fields and "RequestId" not in fields:
        raise errors.MalformedReply(message=f"neither {outer} nor RequestId is there")
    found = fields.get(outer)
    if isinstance(found, dict):
        found = found.get(inner, [found] if "TaskId" in found else None)
    if isinstance(found, dict):
        found = [found]
    if found is None or found == "":
        return []
    if not isinstance(found, list):
        raise errors.MalformedReply(
            message=f"{outer} is no list", request_id=_text(fields.get("RequestId"))
        )
    return found


def _task_rows(rows: list[Any]) -> list[TaskRow]:
    """The rows of tasks: `TaskRow`s all of them, or none; what is no row is left out."""
    if not rows or isinstance(rows[0], TaskRow):
        return rows
    return [_row(row) for row in rows if isinstance(row, dict)]


def _row(said: Mapping[str, Any]) -> TaskRow:
    """The row of a task with something else where text should stand. A number is no time."""
    return TaskRow(
        **{
            field: _text(said.get(name))
            for field, name in _ROW_NAMES
            if isinstance(said.get(name), str) or name not in _TIMES
        }
    )


def _text(value: object) -> str:
    """The value as text that can be written anywhere: JSON may hold half a surrogate pair."""
    if isinstance(value, str) and value.isascii():
        return value
    return "" if value is None else str(value).encode(errors="replace").decode()


def _int(value: object) -> int:
    """A count; 0 where there is none that can be read."""
    if type(value) is int and 0 <= value <= _MAX_COUNT:
        return value
    try:
        return min(max(0, int(value)), _MAX_COUNT)  # type: ignore[call-overload,no-any-return] # what cannot be an int raises
    except (TypeError, ValueError, OverflowError):
        return 0


def _time(text: str) -> datetime | None:
    """A time as the API writes it (`2026-11-22T19:30:00Z`); None where there is none.

    A year that no task is of says no time either: year 1 is how some languages write none at all.
    """
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year in _YEARS else None


def _percent(text: str) -> float | None:
    """`"63%"` as 63.0; None where there is no number from 0 to 100."""
    try:
        percent = float(text.strip().removesuffix("%"))
    except ValueError:
        return None
    return percent if 0 <= percent <= 100 else None  # noqa: PLR2004 - percent


# The same domain, the times of this second, and the windows of an evening come again and again.
_are_domains = Remembered[str, bool](lambda text: bool(_DOMAIN.fullmatch(text)), most=1 << 8)
_written = Remembered(_write, most=1 << 8)
_times = Remembered(_time, most=1 << 12)
_percents = Remembered(_percent, most=1 << 8)
_oldest = Remembered[datetime, datetime](lambda now: now.replace(microsecond=0) + _OLDEST, most=4)
