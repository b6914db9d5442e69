"""What the planner is fed with and what it gives back: needs, calls, plans. Values only.

The loop keeps a `Pending` for every unfinished task it follows, hands them over as they are, and
does the bookkeeping that planning rests on:

- When a call is sent: `asked_s` of each task in `Call.covers` is now, `is_missed` is unset, and
  what belongs to its kind is noted (see `Why`). When it failed, all that is put back as it was.
- When a question was read to its end, what it covered and did not return was missed. Unless the
  question `is_exact`, `is_missed` is set on those tasks, and they are asked for by name: absence
  is a question, never a change.
- A task that was read and is different is a new `Pending`; of any that was read, `asked_s` is no
  earlier than when that call was sent, and `is_missed` is unset. A finished one is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence  # noqa: TC003 - read with the fields
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

from bot.watch.model import key_of
from bot.watch.url_room import url_bytes

if TYPE_CHECKING:
    from bot.live.model import PreloadTask, TaskQuery, TaskState


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old what is known of an unfinished task may be, and what it depends on.

    Attributes:
        fresh_s: where it matters most, in seconds; all else is a multiple of it.
        near: a window that begins within this time is near.
        lately: a task that was created or moved within this time is likely to move again.
        still: a task that did not move for this long is idle, unless its window is near or now.
        overlap: so much earlier than needed begins what is asked for by creation: CreateTime has
            whole seconds, and the API's clock is not ours.
    """

    fresh_s: float = 10.0
    near: timedelta = timedelta(minutes=30)
    lately: timedelta = timedelta(minutes=10)
    still: timedelta = timedelta(hours=2)
    overlap: timedelta = timedelta(minutes=5)

    @property
    def hot_s(self) -> float:
        """Of tasks whose window is near or now, that are new, or that moved lately."""
        return self.fresh_s

    @property
    def warm_s(self) -> float:
        """Of tasks in between."""
        return 3 * self.fresh_s

    @property
    def idle_s(self) -> float:
        """Of tasks that have not moved for long."""
        return 12 * self.fresh_s

    @property
    def sweep_s(self) -> float:
        """In which everything is read again, finished or not, to find what filters missed."""
        return 180 * self.fresh_s


@dataclass(slots=True, eq=False)
class Pending:
    """An unfinished task that is followed. The loop's own record: the planner only reads it.

    Attributes:
        task: as it was last read; another reading of it that is different is another `Pending`.
        progressed_at: when it was first seen in this status with this progress.
        asked_s: monotonic time when the last call that was to cover it was sent.
        is_missed: that call went by its creation or status, was read to its end, and it was not in.
        key: names it among its domain's tasks.
        created_s, opens_s, closes_s, progressed_s: the task's times and `progressed_at` in Unix
            seconds: never is -inf for the first, +inf for the window's two.
        url_bytes: what its URL adds to a call's encoded query; 0 if it cannot be asked for by URL.
        can_be_named: it can be asked for by URL or by ID.
        state: pending, preloading, or unknown.
    """

    task: PreloadTask
    progressed_at: datetime
    asked_s: float = -inf
    is_missed: bool = False
    key: str = field(init=False)
    created_s: float = field(init=False)
    opens_s: float = field(init=False)
    closes_s: float = field(init=False)
    progressed_s: float = field(init=False)
    url_bytes: int = field(init=False)
    can_be_named: bool = field(init=False)
    state: TaskState = field(init=False)

    def __post_init__(self) -> None:
        task = self.task
        self.key = key_of(task)
        self.created_s = task.created.timestamp() if task.created else -inf
        self.opens_s = task.window_start.timestamp() if task.window_start else inf
        self.closes_s = task.window_end.timestamp() if task.window_end else inf
        self.progressed_s = self.progressed_at.timestamp()
        self.url_bytes = url_bytes(task.url)
        self.can_be_named = bool(self.url_bytes or task.task_id)
        # Before it is finished, what a task is does not depend on the time.
        self.state = task.state(self.progressed_at)


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far the reading of everything in a domain has come.

    Its window is pinned at both ends and not filtered, so that no row leaves it or comes in, and
    its pages can be read one by one, in any order, at any time.

    Attributes:
        start, end: the window, as in the query of the call that began it, in UTC.
        pages: how many pages there are, as the first reply has it; 1 before.
        left: the pages still to be asked for: without those under way, with those that failed.
        asked_s: monotonic time when a page was last asked for.
    """

    start: datetime
    end: datetime
    pages: int
    left: tuple[int, ...]
    asked_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """What is known of one followed domain, and what is wanted of it. Cheap: it copies nothing.

    Attributes:
        account, domain: which.
        everything: all of its tasks are wanted (a subscription, a watch of a filter); otherwise
            only certain streams are.
        has_baseline: everything was read once. Only a domain wanted wholly comes to have one.
        unfinished: the unfinished tasks that are wanted, in any order (a dict's `values()`).
        unread: URLs that are wanted and never were read as far back as the API keeps, with the
            monotonic time each was last asked for (`-inf`: never). Streams of a list watch go
            here, unless `has_baseline`; once read, found or not, they leave.
        created_s: when each known task was created, finished ones too, in Unix seconds, ascending.
        streams: how many different URLs these tasks have.
        created_until: tasks created before this have been asked for, by the API's clock as far as
            known. None is none yet: of a domain wanted wholly, the first sweep's end is to come
            here; of another, the time the first call for new tasks was sent.
        created_asked_s: monotonic time when new tasks were last asked for.
        sweep: the sweep under way; None between two.
        swept_s: monotonic time when the last sweep began.
        changes_per_s: how many tasks of the domain finish a second, as of late.
        not_before_s: monotonic time before which nothing is asked, after a failure.
    """

    account: str
    domain: str
    everything: bool
    has_baseline: bool
    unfinished: Collection[Pending]
    unread: Mapping[str, float]
    created_s: Sequence[float]
    streams: int
    created_until: datetime | None
    created_asked_s: float = -inf
    sweep: Sweep | None = None
    swept_s: float = -inf
    changes_per_s: float = 0.0
    not_before_s: float = -inf


class Why(StrEnum):
    """What a call is for, and what the loop notes of it besides `asked_s` of what it covers."""

    URLS = "urls"
    """Certain tasks, by their URLs."""
    TASK = "task"
    """One task, by its ID."""
    CREATED = "created"
    """What was created since some time: all that is new, and known tasks. When it is sent,
    `created_asked_s` is now; when it was read to its end, `created_until` is when it was sent."""
    STATUS = "status"
    """What is pending, then what is preloading: in this order nothing slips from one to the other
    between the two."""
    UNREAD = "unread"
    """Streams that were never read, as far back as the API keeps. When it is sent, their times in
    `unread` are now; when it was read to its end, they leave it."""
    FULL = "full"
    """One page of everything. When page 1 is sent and no sweep is under way, or that one's window
    is another, a sweep begins: its window is the query's, `left` is empty, `swept_s` is now; the
    reply says how many pages are left. When a later page is sent, it leaves `left`, and `asked_s`
    is now. When all were read, there is no sweep under way, and the domain has its baseline."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A question to the API: one call, or as many as it has pages.

    Attributes:
        account: whose.
        why: what it is for.
        queries: to be read one after the other, 100 rows a page, each to its end (a `FULL` one
            only the page that is named).
        covers: the tasks it is to return.
        late: how late it is: 1 is just due, 2 is twice as old as it may be.
        cost: how many calls it is expected to take.
        page: the page to begin with.
    """

    account: str
    why: Why
    queries: tuple[TaskQuery, ...]
    covers: tuple[Pending, ...]
    late: float
    cost: int = 1
    page: int = 1

    @property
    def domain(self) -> str:
        """Which domain it asks about."""
        return self.queries[0].domain

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the tasks it is to return."""
        return frozenset([pending.key for pending in self.covers])

    @property
    def is_exact(self) -> bool:
        """Whether it asks for its tasks by name: there is no better way to ask for them."""
        return self.why in {Why.URLS, Why.TASK}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked now.

    Attributes:
        calls: the most urgent first.
        next_at_s: monotonic time to plan again, unless something happens before: when something
            else is due, at once if more is due than was to be planned.
    """

    calls: tuple[Call, ...]
    next_at_s: float
