"""Which calls answer a question: at most four for a first answer, side by side.

Up to 300 tasks, three pages of a hundred read everything. Beyond that the API's page that is to be
shown is read, and its total and statuses are counted by calls with one row each. One of the four
is kept for looking up the shown streams' newest tasks, wherever those are not known anyway.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from bot.errors import ArgumentRefused, StaleReference
from bot.listing import (
    API_ROWS,
    WHOLE_TASKS,
    Listing,
    Streams,
    confirmed,
    in_order,
    is_newest_first,
    merged,
)
from bot.live.model import (
    HISTORY_DAYS,
    MAX_URLS,
    StatusFilter,
    TaskQuery,
    TaskState,
    newest,
    stream_of,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence

    from bot.asks import Ask
    from bot.live.model import LiveDomain, PreloadTask, TaskPage

MAX_CALLS = 4
LOOKUP_QUERY_BYTES = 8_000
"""The gateway's limit is not documented: URLs we add of our own accord stay under this."""

_HISTORY = timedelta(days=HISTORY_DAYS)
_COUNTED = (StatusFilter.FAILED, StatusFilter.PRELOADING, StatusFilter.COMPLETE)


class Live(Protocol):
    """What is needed of `bot.live.client.LiveClient`."""

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        """One page of tasks."""
        ...

    async def describe_user_domains(self, *, keyword: str = "") -> tuple[LiveDomain, ...]:
        """The account's play domains."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """Which creation times a question is about, in UTC.

    Attributes:
        start, end: from when to when.
        cut: the API keeps less than was asked for.
        is_past: it ends before now: streams may have newer tasks since.
    """

    start: datetime
    end: datetime
    cut: bool
    is_past: bool


def window_of(question: Ask, *, now: datetime, end: datetime | None) -> Window:
    """The question's window at `now`, or the one that ended at `end`.

    Raises:
        StaleReference: `end` is so old that the API has nothing of that window any more.
        ArgumentRefused: the question itself is about such a time.
    """
    oldest = now - _HISTORY
    asked = end or question.until or now
    is_past = asked < now
    last = min(asked, now).replace(microsecond=0)
    if last <= oldest:
        if end is not None and question.until is None:
            raise StaleReference
        raise ArgumentRefused(argument="EndTime", allowed=f"within the last {HISTORY_DAYS} days")
    if question.since is None:
        return Window(oldest, last, cut=False, is_past=is_past)
    since = question.since if isinstance(question.since, datetime) else last - question.since
    # The end stands on a whole second, so a beginning 3 days before it may be a fraction too early.
    cut = since < oldest.replace(microsecond=0)
    return Window(max(since, oldest), last, cut=cut, is_past=is_past)


async def page_of(
    live: Live, question: Ask, window: Window, number: int, *, rows: int = API_ROWS
) -> TaskPage:
    """One of the API's pages; `rows` rows of it."""
    query = TaskQuery(
        domain=question.domain,
        status=question.status,
        task_id=question.task_id,
        urls=question.urls,
        start=window.start,
        end=window.end,
    )
    return await live.describe_preload_tasks(query, page=number, page_size=rows)


async def read(
    live: Live, question: Ask, window: Window, *, number: int, now: datetime
) -> tuple[Listing, TaskPage]:
    """The question's listing, and the API's page `number`, which was read first.

    Raises:
        LiveError: a call failed; nothing of the others is kept.
    """
    first = await page_of(live, question, window, number)
    is_partial = question.is_filtered or window.is_past
    whole = first.total <= WHOLE_TASKS
    last = -(-first.total // API_ROWS)
    others = [n for n in range(1, last + 1) if n != number] if whole else []
    left = MAX_CALLS - 1 - len(others)
    if is_partial or not (whole or is_newest_first(first.tasks)):
        left -= 1  # for the streams' newest tasks
    narrow = question.status is not None and not question.urls and question.task_id is None
    wide = replace(question, status=None)
    unclear = any(task.state(now) is TaskState.UNKNOWN for task in first.tasks)
    asks_complete = whole and unclear and not is_partial
    rest, totals, counts, complete = await _groups(
        [page_of(live, question, window, n) for n in others],
        [page_of(live, wide, window, 1, rows=1) for _ in range(min(left, 1)) if narrow],
        [
            page_of(live, replace(question, status=status), window, 1, rows=1)
            for status in _COUNTED[: left if question.status is None and not whole else 0]
        ],
        [
            page_of(live, replace(question, status=StatusFilter.COMPLETE), window, n)
            for n in range(1, min(left, last) + 1)
            if asks_complete
        ],
    )
    pages = sorted([first, *rest], key=lambda page: page.page)
    tasks, moved = merged(pages)
    listing = Listing(
        question=question,
        start=window.start,
        end=window.end,
        cut=window.cut,
        total=len(tasks) if whole else first.total,
        whole=whole,
        tasks=in_order(confirmed(tasks, merged(complete)[0]), now) if whole else (),
        domain_total=totals[0].total if totals else None,
        counts={status: page.total for status, page in zip(_COUNTED, counts, strict=False)},
        observed_at=min(page.observed_at for page in [*pages, *totals, *counts, *complete]),
        request_id=first.request_id,
        moved=moved or any(page.total != first.total for page in rest),
        is_partial=is_partial,
    )
    return listing, first


def urls_to_look_up(shown: Iterable[PreloadTask], others: Iterable[PreloadTask]) -> tuple[str, ...]:
    """A URL of each shown stream, filled up to one call with streams likely to be shown next.

    What stands as a URL in an odd task, and would have the whole call refused, is left out.
    """
    urls = {task.stream: task.url for task in shown if _can_be_asked(task.url)}
    size = sum(_query_bytes(url) for url in urls.values())
    for task in filter(lambda task: _can_be_asked(task.url), others):
        size += _query_bytes(task.url) if task.stream not in urls else 0
        if len(urls) >= MAX_URLS or size > LOOKUP_QUERY_BYTES:
            break
        urls.setdefault(task.stream, task.url)
    return tuple(urls.values())


async def look_up(
    live: Live, domain: str, urls: tuple[str, ...], seen: Iterable[PreloadTask]
) -> Streams:
    """The newest tasks of the URLs' streams, asked for in one call.

    `seen` are tasks found before; one that is the newest is given as it was seen. A stream is left
    out where the reply was too long to be sure which task is its newest.
    """
    query = TaskQuery(domain=domain, urls=urls)
    reply = await live.describe_preload_tasks(query, page=1, page_size=API_ROWS)
    sure = {stream_of(url) for url in urls}
    if reply.total > len(reply.tasks):
        sure &= {task.stream for task in reply.tasks if is_newest_first(reply.tasks)}
    found = newest([*seen, *reply.tasks])
    return Streams({stream: found.get(stream) for stream in sure}, reply.observed_at)


def _can_be_asked(url: str) -> bool:
    return bool(url.strip()) and "," not in url  # the API takes URLs as a list with commas


def _query_bytes(url: str) -> int:
    return len(quote(url, safe="")) + 3  # and an encoded comma


async def _groups(
    *groups: Sequence[Coroutine[None, None, TaskPage]],
) -> list[list[TaskPage]]:
    """All calls side by side, their replies grouped as they were; the first error ends the rest."""
    try:
        async with asyncio.TaskGroup() as calls:
            tasks = [[calls.create_task(call) for call in group] for group in groups]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [[task.result() for task in group] for group in tasks]
