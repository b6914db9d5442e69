"""What is known of a domain's tasks, in memory, and what the clock alone will bring about."""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from bot.live.model import HISTORY_DAYS, TaskState, readiness
from bot.watch.model import SOON, STUCK_AFTER, ChangeKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from bot.live.model import PreloadTask
    from bot.watch.model import Change, Seen

HISTORY = timedelta(days=HISTORY_DAYS)
VANISHED_AFTER = timedelta(minutes=10)
"""An unfinished task older than the API's history that is not seen for so long has vanished."""
NEVER_S = -math.inf
_EVER = datetime.min.replace(tzinfo=UTC)  # before all times: no window is over


@dataclass(slots=True)
class Known:
    """A task in memory.

    Attributes:
        seen: the last that was seen of it.
        read_s: when the last read of it was sent, on the monotonic clock.
        stored_at: the `observed_at` that the store has.
        due_at: when the clock alone brings something about, or None.
    """

    seen: Seen
    read_s: float = NEVER_S
    stored_at: datetime = _EVER
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What a read, or the clock, makes of the known tasks: to be stored, then applied.

    Attributes:
        seen: tasks that are new or different.
        changes: what happened to streams, in order.
        newest: the newest task of each stream that `seen` is about, by the stream's key.
        again: tasks that were read again without a difference.
        kept: those of `again` that are to be stored nevertheless: the store's are getting old.
        read: the keys of all tasks that the read is the newest of.
        sent_s: when the read was sent, on the monotonic clock; None is no read.
    """

    seen: tuple[Seen, ...] = ()
    changes: tuple[Change, ...] = ()
    newest: Mapping[str, Seen] = field(default_factory=dict)
    again: tuple[Seen, ...] = ()
    kept: tuple[Seen, ...] = ()
    read: tuple[str, ...] = ()
    sent_s: float | None = None


class Tasks:
    """What is known of one domain's tasks.

    `observed` and `elapsed` leave it as it is: what they find is applied once it is stored, before
    the next is looked for, so that what could not be stored is found again.
    """

    def __init__(self, rows: Iterable[Seen] = ()) -> None:
        """Begin with what is stored, in any order."""
        self._known: dict[str, Known] = {}
        self._streams: dict[str, list[str]] = {}
        self._unfinished: dict[str, Known] = {}
        self._created_s: list[float] = []
        self._due: list[tuple[datetime, str]] = []
        for seen in rows:
            self._put(seen).stored_at = seen.observed_at

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Seen]:
        return (known.seen for known in self._known.values())

    def known(self, key: str) -> Known | None:
        """A task with its times on the monotonic clock. To be read only."""
        return self._known.get(key)

    def of(self, key: str) -> Seen | None:
        """A task by its key (`key_of`)."""
        known = self._known.get(key)
        return known.seen if known else None

    def of_stream(self, stream: str) -> list[Seen]:
        """All tasks of a stream."""
        return [self._known[key].seen for key in self._streams.get(stream, ())]

    def newest(self, stream: str) -> Seen | None:
        """The newest task of a stream."""
        keys = self._streams.get(stream)
        if keys is None:
            return None
        return newest_of(self.of_stream(stream))

    def streams(self) -> Collection[str]:
        """The keys of all streams that have a task. A view."""
        return self._streams.keys()

    @property
    def created_s(self) -> Sequence[float]:
        """When the tasks were created, as far as that is known, in Unix seconds, ascending."""
        return self._created_s

    def is_unfinished(self, key: str) -> bool:
        """Whether a task is still to be read: neither finished nor vanished."""
        return key in self._unfinished

    def unfinished(self) -> Collection[Known]:
        """The tasks that are still to be read. A view."""
        return self._unfinished.values()

    def apply(self, observed: Observed) -> None:
        """Take over what was observed, once it is stored."""
        for seen in (*observed.again, *observed.seen):
            self._put(seen)
        for seen in (*observed.kept, *observed.seen):
            self._known[seen.key].stored_at = seen.observed_at
        if observed.sent_s is not None:
            for key in observed.read:
                self._known[key].read_s = observed.sent_s

    def due(self, now: datetime) -> list[Known]:
        """The tasks of which the clock alone has brought something about."""
        found = {}
        while self._due and self._due[0][0] <= now:
            when, key = heappop(self._due)
            known = self._known.get(key)
            if known is not None and known.due_at == when:  # otherwise it is overtaken
                found[key] = known
        for key, known in found.items():
            if known.due_at is not None:
                heappush(self._due, (known.due_at, key))  # due until it is applied
        return list(found.values())

    def forget(self, before: datetime) -> None:
        """Drop the streams of which nothing is to be read and all was created before a moment.

        Of a stream that is kept every task is: none may come to be the newest by another's going.
        """
        for stream, keys in list(self._streams.items()):
            if any(self._is_kept(self._known[key].seen, before) for key in keys):
                continue
            del self._streams[stream]
            for key in keys:
                del self._known[key]
        created = (seen.task.created for seen in self)
        self._created_s = sorted(moment.timestamp() for moment in created if moment)

    def _is_kept(self, seen: Seen, before: datetime) -> bool:
        created = seen.task.created
        return created is None or created >= before or self.is_unfinished(seen.key)

    def _put(self, seen: Seen) -> Known:
        key = seen.key
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Known(seen)
            self._streams.setdefault(seen.task.stream, []).append(key)
            if seen.task.created is not None:
                insort(self._created_s, seen.task.created.timestamp())
        known.seen = seen
        if is_finished(seen.task) or ChangeKind.VANISHED in seen.said:
            self._unfinished.pop(key, None)
        else:
            self._unfinished[key] = known
        due_at = min((when for when, _ in moments(seen)), default=None)
        if due_at != known.due_at:
            known.due_at = due_at
            if due_at is not None:
                heappush(self._due, (due_at, key))
        return known


def moments(seen: Seen) -> Iterator[tuple[datetime, ChangeKind]]:
    """What the clock is to bring about, with nothing more read, and from when on."""
    task, said = seen.task, seen.said
    phase = phase_of(task)
    start, end = task.window_start, task.window_end
    if phase.is_complete and end is not None:
        if ChangeKind.WINDOW_OVER not in said:
            yield end, ChangeKind.WINDOW_OVER
        if ChangeKind.WINDOW_SOON not in said and not (start and end - start < SOON):
            yield end - SOON, ChangeKind.WINDOW_SOON
    if not phase.is_finished:
        if ChangeKind.VANISHED not in said:
            left_at = (task.created or seen.progressed_at) + HISTORY
            yield max(left_at, seen.observed_at) + VANISHED_AFTER, ChangeKind.VANISHED
        is_still = seen.observed_at - seen.progressed_at >= STUCK_AFTER
        if ChangeKind.STUCK not in said and is_still and start is not None:
            yield start - SOON, ChangeKind.STUCK


def phase_of(task: PreloadTask) -> TaskState:
    """The task's state whatever its window: `READY` are all that are complete."""
    state = task.state(_EVER)
    return TaskState.READY if state.is_complete else state


def is_finished(task: PreloadTask) -> bool:
    """Whether the API will change the task no more."""
    return task.state(_EVER).is_finished


def newest_of(those: Sequence[Seen]) -> Seen:
    """Which of a stream's tasks is the newest.

    Of several of one second it is the one that is the furthest from being ready, as in
    `bot.live.model.newest`; what has no CreateTime is older than all that have one.
    """
    if len(those) == 1:
        return those[0]
    last = max(map(_created, those))
    latest = [seen for seen in those if _created(seen) == last]
    return min(latest, key=lambda seen: (readiness(seen.task), seen.key))


def _created(seen: Seen) -> datetime:
    return seen.task.created or _EVER
