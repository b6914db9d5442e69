"""What the Live API replies: pages of tasks and of domains, read once. No I/O.

Source: the vendor's reference and published metadata of API version 2016-11-01, and its Python
SDK. Where they disagree (two shapes of the list of tasks; XML where JSON was asked for) both are
read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot import errors
from bot.live.model import LiveDomain, PreloadTask, StatusFilter, TaskPage
from bot.live.remembered import Remembered
from bot.live.replies import TaskRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.live.model import TaskQuery

_MAX_COUNT = 1_000_000_000
_YEARS = range(1970, 9000)
_ROW_NAMES = tuple(zip(TaskRow.__struct_fields__, TaskRow.__struct_encode_fields__, strict=True))
_TIMES = frozenset({"CreateTime", "PreloadedStartTime", "PreloadedEndTime"})


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


# The windows of an evening stand in most of its tasks.
_times = Remembered(_time, most=1 << 12)
_percents = Remembered(_percent, most=1 << 8)
