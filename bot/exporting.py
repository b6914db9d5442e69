"""Reads all pages of a question, one after the other, behind everybody who asks.

While pages are read, tasks may change places: one that leaves a filter draws the others up, past
the end of a page that was read already. So what the pages say of themselves is compared, and where
they do not agree all are read once more; each task is taken once, as it was read last.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.asks import Row
from bot.errors import LiveError
from bot.export import MOST_TASKS, Export, Found, Step
from bot.listing import API_ROWS, confirmed, in_order, is_newest_first, merged
from bot.live.model import StatusFilter, TaskState, is_signed, newest, stream_of
from bot.reading import as_submitted, look_up, page_of, urls_to_look_up
from bot.windows import window_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.asks import Ask
    from bot.live.model import PreloadTask, TaskPage
    from bot.reading import Live
    from bot.windows import Window

MOST_LOOKUPS: Final = 60
"""How many calls look for newer tasks at most; of the streams left over it is said.

They read all tasks of the domain, if these are so few, as there streams meet whose URLs are signed
anew at every submission; otherwise they look up URLs without a signature."""
LOOKUP_STREAMS: Final = (40, 10)
"""Of how many streams at once; the fewer, the surer a page of reply has all tasks of theirs."""

_LEFT = {StatusFilter.PENDING, StatusFilter.PRELOADING}
"""Filters that tasks leave as well as enter: one that leaves and one that enters between two pages
hide each other. So these are read twice, and the two have to agree."""


async def read(
    live: Live,
    question: Ask,
    turn: Callable[[Step], Awaitable[None]],
    *,
    now: Callable[[], datetime],
) -> Export:
    """As `Exporter.read`, without what it cost."""
    window = window_of(question, now=now(), end=None)
    reading = _Reading(live, question, window, turn)
    as_typed = bool(question.urls) and not await reading.asks_by_stream()
    pages = await reading.sweep()
    is_left = question.status in _LEFT and len(pages) > 1
    is_sure = is_steady(pages, question)
    if is_left or not is_sure:
        again = await reading.sweep(again=True)
        is_sure = is_steady(again, question) and not (is_left and _ids(pages) != _ids(again))
        # Not sure: what the first found besides may have slipped through the second.
        pages = again if is_sure else [*pages, *again]
    asked = reading.of_asked_streams(_each_once(pages))
    tasks = await reading.confirmed(asked[:MOST_TASKS], now())
    # What a file has no room for is older, where the newest come first.
    total = len(asked) if reading.is_wide else pages[-1].total
    has_newest = is_sure and (total <= MOST_TASKS or is_newest_first(tasks))
    # Thousands of tasks take their time, and others wait for this thread.
    latest, unchecked = await asyncio.to_thread(newest, tasks), None
    if question.is_filtered or question.urls or window.is_past or not has_newest:
        latest, unchecked = await reading.looked_up(tasks)
    export = Export(
        question=question,
        start=window.start,
        end=window.end,
        cut=window.cut,
        total=total,
        found=(),
        is_sure=is_sure,
        is_newest_first=is_newest_first(tasks),
        observed_from=min(page.observed_at for page in pages),
        observed_at=max(page.observed_at for page in pages),
        unchecked=unchecked,
        as_typed=as_typed,
    )
    found = await asyncio.to_thread(_found, tasks, pages, latest, now())
    return replace(export, found=found)


def is_steady(pages: Sequence[TaskPage], question: Ask) -> bool:
    """Whether these are the pages of one list, of which nothing slipped between two.

    Without a filter no task leaves the list but the oldest, which the API forgets: where the
    newest come first, that moves none.
    """
    tasks, moved = merged(pages)
    totals = [page.total for page in pages]
    if moved or len(tasks) < min(totals[-1], MOST_TASKS):
        return False
    if len(set(totals)) == 1:
        return True
    shrinks = all(before >= after for before, after in pairwise(totals))
    return shrinks and question.status is None and is_newest_first(tasks)


def _ids(pages: Iterable[TaskPage]) -> set[str]:
    return {task.task_id for page in pages for task in page.tasks}


def _each_once(pages: Iterable[TaskPage]) -> tuple[PreloadTask, ...]:
    """The pages' tasks, each once, as it was read last."""
    found: dict[str, PreloadTask] = {}
    for page in pages:
        for number, task in enumerate(page.tasks):
            found[task.task_id or f"#{page.page}.{number}"] = task  # the API may name no ID
    return tuple(found.values())


def _found(
    tasks: tuple[PreloadTask, ...],
    pages: Sequence[TaskPage],
    latest: Mapping[str, PreloadTask],
    now: datetime,
) -> tuple[Found, ...]:
    """The tasks in the order they are shown in, each with its stream's newest, if that is known."""
    read_at = {task.task_id: page.observed_at for page in pages for task in page.tasks}
    read_at[""] = min(page.observed_at for page in pages)  # rather too early than too late
    ordered = in_order(tasks, now, {**newest(tasks), **latest})
    return tuple(
        Found(Row(task, latest.get(task.stream)), read_at[task.task_id]) for task in ordered
    )


class _Reading:
    """One question being read."""

    def __init__(
        self, live: Live, question: Ask, window: Window, turn: Callable[[Step], Awaitable[None]]
    ) -> None:
        self._live, self._question, self._window = live, question, window
        self._turn = turn
        self._total = 0
        self._everything: tuple[PreloadTask, ...] | None = None
        self._streams = set(map(stream_of, question.urls))
        self._calls_left = MOST_LOOKUPS

    async def asks_by_stream(self) -> bool:
        """Ask for the URLs as their streams were submitted; whether it is known how."""
        try:
            tasks = await self._all_tasks()
        except LiveError:
            return False
        if tasks is not None:
            wide = replace(self._question, urls=())
            self._question = as_submitted(self._question, tasks) or wide
        return tasks is not None

    @property
    def is_wide(self) -> bool:
        """Whether more is asked for than the question is about: one call cannot name all URLs."""
        return bool(self._streams) and not self._question.urls

    def of_asked_streams(self, tasks: tuple[PreloadTask, ...]) -> tuple[PreloadTask, ...]:
        """The tasks that the question is about."""
        if not self.is_wide:
            return tasks
        return tuple(task for task in tasks if task.stream in self._streams)

    async def sweep(self, *, again: bool = False) -> list[TaskPage]:
        """All pages, as many as the latest of them says there are."""
        if again:
            await self._turn(Step(self._total, 0, _pages_of(self._total), again))
        pages = [await self._page(1)]
        while (left := _pages_of(self._total) - len(pages)) > 0:
            read = sum(len(page.tasks) for page in pages)
            await self._turn(Step(self._total, read, left, again))
            pages.append(await self._page(len(pages) + 1))
        return pages

    async def confirmed(
        self, tasks: tuple[PreloadTask, ...], now: datetime
    ) -> tuple[PreloadTask, ...]:
        """The tasks, those marked that only the API's `complete` filter knows to be complete."""
        unclear = any(task.state(now) is TaskState.UNKNOWN for task in tasks)
        if not unclear or self._question.status is not None:
            return tasks
        complete = replace(self._question, status=StatusFilter.COMPLETE)
        pages: list[TaskPage] = []
        left = 1
        while left > 0:
            await self._turn(Step(self._total, len(tasks), left))
            number = len(pages) + 1
            pages.append(await page_of(self._live, complete, self._window, number, is_pinned=True))
            left = _pages_of(pages[-1].total) - len(pages)
        return confirmed(tasks, merged(pages)[0])

    async def looked_up(
        self, tasks: tuple[PreloadTask, ...]
    ) -> tuple[dict[str, PreloadTask], LiveError | None]:
        """The newest tasks of the tasks' streams, as far as they can be found; why not the rest."""
        latest = newest(tasks)
        known: dict[str, PreloadTask] = {}
        if not latest:
            return known, None
        try:
            everything = await self._all_tasks(len(tasks))
        except LiveError as error:
            return known, error
        if everything is not None:
            every = await asyncio.to_thread(newest, (*tasks, *everything))
            return {stream: every[stream] for stream in latest}, None
        signs = any(is_signed(task.url) for task in tasks)
        for streams in () if signs else LOOKUP_STREAMS:
            left = [task for stream, task in latest.items() if stream not in known]
            lots = _in_lots(left, streams)[: self._calls_left]
            self._calls_left -= len(lots)
            for number, some in enumerate(lots):
                urls = urls_to_look_up((), some)
                if not urls:
                    continue
                await self._turn(Step(self._total, len(tasks), len(lots) - number))
                try:
                    domain = self._question.domain
                    found = await look_up(self._live, domain, urls, some, signs=signs)
                except LiveError as error:
                    return known, error
                known |= {stream: task for stream, task in found.newest.items() if task}
        return known, None

    async def _all_tasks(self, read: int = 0) -> tuple[PreloadTask, ...] | None:
        """All tasks of the domain up to now; None where they are too many, or slipped by."""
        if self._everything is not None:
            return self._everything
        wide = self._question.everything()
        window = replace(self._window, is_past=False, has_start=False)
        pages: list[TaskPage] = []
        left = 1
        while 0 < left <= self._calls_left:
            await self._turn(Step(self._total, read, left))
            self._calls_left -= 1
            pages.append(await page_of(self._live, wide, window, len(pages) + 1))
            left = -(-pages[-1].total // API_ROWS) - len(pages)
        tasks, _ = merged(pages)
        if left <= 0 and len(tasks) >= min(page.total for page in pages):
            self._everything = tasks
        return self._everything

    async def _page(self, number: int) -> TaskPage:
        page = await page_of(self._live, self._question, self._window, number, is_pinned=True)
        self._total = page.total
        return page


def _in_lots(tasks: Sequence[PreloadTask], size: int) -> list[Sequence[PreloadTask]]:
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def _pages_of(total: int) -> int:
    """How many pages hold so many tasks; of more than a file holds, those that it holds."""
    return -(-min(total, MOST_TASKS) // API_ROWS)
