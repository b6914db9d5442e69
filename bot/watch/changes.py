"""What happened: tasks as they were known against tasks as they are read, and the clock. Pure.

A stream's state is that of its newest task: only what happens to that one is a change. Reads are
ordered by when they were sent, on a monotonic clock, so that none undoes a newer one and the wall
clock may be set; what is finished stays finished.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import structs

from bot.live.model import TaskState
from bot.watch.known import NEVER_S, Observed, is_finished, moments, newest_of, phase_of
from bot.watch.model import Change, ChangeKind, Seen, key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from bot.live.model import PreloadTask
    from bot.watch.known import Known, Tasks

KEPT_FRESH = timedelta(minutes=5)
"""What is read again without a difference is stored again after this time."""
KEPT_FRESH_WATCHED = timedelta(minutes=1)
"""The same, in a domain with a watch: its message says when that was read, from the store."""
CLOCK_SET = timedelta(minutes=1)
"""Where the wall clock and the monotonic one differ by so much between two reads, one was set."""


def observed(
    tasks: Tasks,
    found: Iterable[PreloadTask],
    *,
    at: datetime,
    sent_s: float,
    since: datetime | None,
    kept_fresh: timedelta = KEPT_FRESH,
) -> Observed:
    """What a reply makes of the known tasks.

    Args:
        tasks: what is known; it stays as it is.
        found: the tasks of the reply, in any order.
        at: when it arrived, by the wall clock.
        sent_s: when its call was sent, by the monotonic clock: what is known by a call that was
            sent later stands.
        since: `Followed.baseline_at`. What was created before and is seen for the first time is
            history, recorded without a change; while it is None, so is all that is seen for the
            first time.
        kept_fresh: what is read without a difference is stored again after this time.
    """
    after: dict[str, Seen] = {}
    for task in found:
        known = tasks.known(key_of(task))
        if known is None or sent_s >= known.read_s:
            before = after.get(key_of(task)) or (known.seen if known else None)
            after[key_of(task)] = (
                _read(before, task, at, _step(known, at, sent_s))
                if before
                else Seen(task, at, at, said=_history_of(task, at, since))
            )
    again = [seen for key, seen in after.items() if _is_known(tasks, key, seen)]
    different: dict[str, list[Seen]] = {}
    for key, seen in after.items():
        if not _is_known(tasks, key, seen):
            different.setdefault(seen.task.stream, []).append(seen)
    newest: dict[str, Seen] = {}
    changes: list[Change] = []
    for stream, those in different.items():
        history = {seen.key: seen for seen in (*tasks.of_stream(stream), *those)}
        newest[stream] = newest_of(tuple(history.values()))
        here = _brought_here(newest[stream], those)
        changes += _changes(tasks, here, history.values(), since)
    return Observed(
        seen=tuple(seen for those in different.values() for seen in those),
        changes=tuple(changes),
        newest=newest,
        again=tuple(again),
        kept=tuple(seen for seen in again if _is_old(tasks, seen, kept_fresh)),
        read=tuple(after),
        sent_s=sent_s,
    )


def elapsed(tasks: Tasks, *, now: datetime) -> Observed:
    """What the clock alone brings about; each is said once, and of a stream's newest task only.

    Not to be asked while the baseline is read. The work grows with what is due.
    """
    seen: list[Seen] = []
    changes: list[Change] = []
    newest: dict[str, Seen] = {}
    for known in tasks.due(now):
        before = known.seen
        due = [kind for when, kind in moments(before) if when <= now]
        after = replace(before, said=before.said.union(due))
        seen.append(after)
        latest = tasks.newest(before.task.stream)
        if latest is None or latest.key != before.key:
            continue
        newest[before.task.stream] = after
        if ChangeKind.WINDOW_OVER in due:
            due = [ChangeKind.WINDOW_OVER]  # that it was to be over soon is old
        if not before.is_stuck(now):
            due = [kind for kind in due if kind is not ChangeKind.STUCK]  # its window is over
        changes += [Change(kind, before.task, now) for kind in due]
    return Observed(seen=tuple(seen), changes=tuple(changes), newest=newest)


def _read(before: Seen, task: PreloadTask, at: datetime, step: timedelta) -> Seen:
    """A known task as it is after a read."""
    task = _best(before.task, task)
    is_same = _mark(task) == _mark(before.task)
    return Seen(
        task=task,
        observed_at=at,
        progressed_at=before.progressed_at + step if is_same else at,
        said=before.said,
    )


def _best(before: PreloadTask, task: PreloadTask) -> PreloadTask:
    """The best evidence of a task: what was known once is not undone by a reply that lacks it."""
    if task == before:
        return before
    lacking = {name: getattr(before, name) for name in _LASTING if not getattr(task, name)}
    if not task.found_as and (task.status, task.process) == (before.status, before.process):
        lacking["found_as"] = before.found_as
    task = structs.replace(task, **lacking)
    return before if is_finished(before) and not is_finished(task) else task


_LASTING = ("url", "created", "window_start", "window_end")


def _step(known: Known | None, at: datetime, sent_s: float) -> timedelta:
    """How far the wall clock was set since a task was last read in this process."""
    if known is None or known.read_s == NEVER_S:
        return timedelta()
    step = at - known.seen.observed_at - timedelta(seconds=sent_s - known.read_s)
    return step if abs(step) >= CLOCK_SET else timedelta()


def _brought_here(newest: Seen, those: Collection[Seen]) -> Seen:
    """The newest task; of several of one second that are as far, one of `those` that changed."""
    as_far = (
        seen
        for seen in those
        if seen.task.created == newest.task.created and phase_of(seen.task) is phase_of(newest.task)
    )
    return newest if newest in those else next(as_far, newest)


def _changes(
    tasks: Tasks, seen: Seen, history: Collection[Seen], since: datetime | None
) -> Iterator[Change]:
    """What happened to a stream, by its newest task; `history` are all tasks it has now."""
    previous, task, at = tasks.newest(seen.task.stream), seen.task, seen.observed_at
    was = None if previous is None else phase_of(previous.task)
    phase = phase_of(task)
    if tasks.of(seen.key) is None:
        if not _is_news(task, since):
            return
        yield Change(ChangeKind.APPEARED, task, at)
        if was is TaskState.FAILED:
            yield Change(ChangeKind.RETRIED, task, at)
    elif phase is was:
        return
    if phase is TaskState.FAILED:
        yield Change(ChangeKind.FAILED, task, at)
    elif phase is TaskState.PRELOADING:
        yield Change(ChangeKind.PROGRESSED, task, at)
    elif phase.is_complete:
        ended = [one for one in history if one.key != seen.key and is_finished(one.task)]
        had_failed = ended and phase_of(newest_of(ended).task) is TaskState.FAILED
        kind = ChangeKind.RECOVERED if had_failed else ChangeKind.COMPLETED
        yield Change(kind, task, at)


def _is_known(tasks: Tasks, key: str, seen: Seen) -> bool:
    """Whether a read says of a task what is known already."""
    known = tasks.of(key)
    return known is not None and known.task == seen.task


def _is_old(tasks: Tasks, seen: Seen, kept_fresh: timedelta) -> bool:
    """Whether the store is to be told that a task is still as it was."""
    known = tasks.known(seen.key)
    return (
        known is not None
        and not is_finished(seen.task)
        and abs(seen.observed_at - known.stored_at) >= kept_fresh
    )


def _history_of(task: PreloadTask, at: datetime, since: datetime | None) -> frozenset[ChangeKind]:
    """What is not to be said of a task that is seen for the first time: its own history."""
    if _is_news(task, since):
        return frozenset()
    return frozenset(kind for when, kind in moments(Seen(task, at, at)) if when <= at)


def _is_news(task: PreloadTask, since: datetime | None) -> bool:
    return since is not None and (task.created is None or task.created >= since)


def _mark(task: PreloadTask) -> tuple[TaskState, float | None]:
    """What progress shows in."""
    return phase_of(task), task.process
