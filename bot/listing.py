"""What one question found, as far as it was read, and the order it is shown in. Values only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import structs

from bot.live.model import StatusFilter, TaskState, newest, stream_of
from bot.windows import may_hide_newest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.asks import Ask
    from bot.live.model import PreloadTask, TaskPage
    from bot.windows import Window

API_ROWS = 100
"""Rows of an API page: the most it takes."""
WHOLE_TASKS = 300
"""Up to so many tasks, everything is read: three API pages."""

_TASK_BYTES = 1_000  # a task without its URL, rounded up


@dataclass(frozen=True, slots=True)
class Listing:
    """The tasks that answer a question, as of one window.

    Attributes:
        question: what was asked, without its form (`Ask.question`).
        start, end: the window of creation times, in UTC.
        cut: the window was cut to what the API keeps.
        total: how many tasks match.
        whole: every matching task was read.
        tasks: all of them, in the order they are shown in, if `whole`; otherwise empty, as the
            rows are then cut out of the API's own pages.
        domain_total: how many tasks the domain has in the window; None if that was not asked.
        counts: how many tasks the API's filter finds, by status; of those that were asked.
        observed_at: when the oldest reply arrived.
        request_id: of the first reply.
        moved: rows changed places while they were read.
        is_partial: a stream's newest task may be missing from the tasks: the question filters
            them, or the window ended before they were read.
        as_typed: it was asked for the question's URLs exactly as they stand there, so that tasks
            of the same streams with other signatures are not among the tasks.
        confirmed: of tasks whose status leaves it open it was asked whether they are complete.
    """

    question: Ask
    start: datetime
    end: datetime
    cut: bool
    total: int
    whole: bool
    tasks: tuple[PreloadTask, ...]
    domain_total: int | None
    counts: Mapping[StatusFilter, int]
    observed_at: datetime
    request_id: str
    moved: bool
    is_partial: bool
    as_typed: bool = False
    confirmed: bool = False

    @property
    def key(self) -> tuple[Ask, datetime, datetime]:
        """What tells it from every other listing: its question, window and time."""
        return self.question, self.end, self.observed_at

    @property
    def weight(self) -> int:
        """About how many bytes it takes."""
        return 2_000 + sum(_TASK_BYTES + len(task.url) for task in self.tasks)

    @property
    def knows_newest(self) -> bool:
        """Whether each stream's newest task is among the tasks."""
        return self.whole and not self.is_partial and not self.as_typed

    def narrowed(self, question: Ask, window: Window) -> Listing:
        """Those of a `whole` listing of all tasks of a domain that another question is about.

        The question has no status and no task ID. Tasks of unknown age are of any time.
        """
        streams = {stream_of(url) for url in question.urls}
        tasks = tuple(
            task
            for task in self.tasks
            if (not streams or task.stream in streams) and window.holds(task.created)
        )
        return replace(
            self,
            question=question,
            start=window.start,
            end=window.end if window.is_past else self.end,
            cut=window.cut,
            total=len(tasks),
            tasks=tasks,
            is_partial=may_hide_newest(question, window),
        )

    def of_streams(self, urls: Iterable[str]) -> Listing:
        """Those of a `whole` listing that are of the URLs' streams."""
        streams = set(map(stream_of, urls))
        tasks = tuple(task for task in self.tasks if task.stream in streams)
        return replace(self, total=len(tasks), tasks=tasks)

    def tells(self, question: Ask) -> bool:
        """Whether it is plain which of its tasks are of the time that is asked for."""
        is_all = question.since is None and question.until is None
        return is_all or all(task.created is not None for task in self.tasks)

    def is_settled(self, now: datetime) -> bool:
        """Whether every task is known and finished, so that little can change."""
        return (
            self.whole
            and bool(self.tasks)
            and all(task.state(now).is_finished for task in self.tasks)
        )

    def within(self, offset: int, rows: int) -> int:
        """The offset, or that of the last page where there is no such row."""
        return offset if offset < self.total else max(0, (self.total - 1) // rows * rows)

    def rows_from(self, offset: int, rows: int, ordered: tuple[PreloadTask, ...]) -> Cut:
        """So many rows of a `whole` listing, in that order, if there is one."""
        return Cut(
            tasks=ordered or self.tasks,
            before_tasks=0,
            begin=offset,
            end=offset + rows,
            moved=self.moved,
            observed_at=self.observed_at,
        )


def in_order(
    tasks: Iterable[PreloadTask],
    now: datetime,
    latest: Mapping[str, PreloadTask | None] | None = None,
) -> tuple[PreloadTask, ...]:
    """The tasks as they are shown: problems first, then the newest.

    Problems, gravest first: failed; complete with its window over or unknown; unknown. A task that
    its stream has a newer one of is a problem no more, unless it failed: that stands after them.
    Each stream's newest task is `latest`; by default it is among the tasks.
    """
    tasks = tuple(tasks)
    latest = newest(tasks) if latest is None else latest

    def place(task: PreloadTask) -> tuple[int, float]:
        is_latest = latest[task.stream] == task  # the same, though another process read it
        created = task.created.timestamp() if task.created else 0.0
        return _rank(task.state(now), is_latest=is_latest), -created

    return tuple(sorted(tasks, key=place))


def _rank(state: TaskState, *, is_latest: bool) -> int:
    if is_latest:
        return _PROBLEMS.get(state, _NO_PROBLEM)
    return _RETRIED if state is TaskState.FAILED else _NO_PROBLEM


_PROBLEMS = {
    TaskState.FAILED: 0,
    TaskState.WINDOW_OVER: 1,
    TaskState.WINDOW_UNKNOWN: 1,
    TaskState.UNKNOWN: 2,
}
_RETRIED = 3
_NO_PROBLEM = 4


def merged(pages: Iterable[TaskPage]) -> tuple[tuple[PreloadTask, ...], bool]:
    """The pages' tasks, each once, and whether any stood on two pages."""
    rows = [task for page in pages for task in page.tasks]
    found: dict[str, PreloadTask] = {}
    for number, task in enumerate(rows):
        found.setdefault(task.task_id or f"#{number}", task)  # without an ID nothing is the same
    return tuple(found.values()), len(found) < len(rows)


def confirmed(
    tasks: Iterable[PreloadTask], complete: Iterable[PreloadTask]
) -> tuple[PreloadTask, ...]:
    """The tasks, those that the API's `complete` filter returned marked so."""
    found = {task.task_id for task in complete if task.task_id}
    return tuple(
        structs.replace(task, found_as=StatusFilter.COMPLETE) if task.task_id in found else task
        for task in tasks
    )


def is_newest_first(tasks: Sequence[PreloadTask]) -> bool:
    """Whether the tasks stand in falling order of CreateTime; the API documents no order."""
    times = [task.created for task in tasks]
    falls = all(
        first is not None and second is not None and first >= second
        for first, second in pairwise(times)
    )
    return falls and (len(set(times)) > 1 or len(times) < 2)  # noqa: PLR2004 - those of one second show no order


def count_states(tasks: Iterable[PreloadTask], now: datetime) -> dict[TaskState, int]:
    """How many tasks are in each state at `now`; states without a task are left out."""
    return dict(Counter(task.state(now) for task in tasks))


@dataclass(frozen=True, slots=True)
class Cut:
    """The rows of one Slack page, cut out of the tasks that were read.

    Attributes:
        tasks: the tasks it was cut from.
        before_tasks: how many rows stand before the first of them.
        begin, end: which of them are shown.
        moved: rows changed places while they were read.
        observed_at: when the oldest of them was read.
    """

    tasks: tuple[PreloadTask, ...]
    before_tasks: int
    begin: int
    end: int
    moved: bool
    observed_at: datetime

    @property
    def offset(self) -> int:
        """How many rows stand before the page."""
        return self.before_tasks + self.begin

    @property
    def before(self) -> PreloadTask | None:
        """The row before the shown ones."""
        return self.tasks[self.begin - 1] if 0 < self.begin <= len(self.tasks) else None

    @property
    def after(self) -> PreloadTask | None:
        """The row after the shown ones, if it was read."""
        return self.tasks[self.end] if self.end < len(self.tasks) else None

    @property
    def shown(self) -> tuple[PreloadTask, ...]:
        """The rows of the page."""
        return self.tasks[self.begin : self.end]

    @property
    def others(self) -> tuple[PreloadTask, ...]:
        """The rows that may be shown another time, those that follow first."""
        return self.tasks[self.end :] + self.tasks[: self.begin]
