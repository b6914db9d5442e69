"""What a reading comes to for a watch: what it takes in, whom it calls, how it ends. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.live.model import StatusFilter, TaskState
from bot.watch.boards import board, cannot_be_read, is_old
from bot.watch.known import HISTORY, is_finished, phase_of
from bot.watch.model import Change, ChangeKind, Ending
from bot.watch.notices import NoticeKind, Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bot.live.model import PreloadTask
    from bot.watch.model import Watch
    from bot.watch.turns import Basis, Outcome

_ALERTING = {ChangeKind.STUCK, ChangeKind.WINDOW_SOON, ChangeKind.WINDOW_OVER}
_FIRST_FAILURE = "first-failure"
_VERDICT = "verdict"
_PHASES = {
    StatusFilter.COMPLETE: TaskState.READY,  # as `phase_of` has it
    StatusFilter.PENDING: TaskState.PENDING,
    StatusFilter.PRELOADING: TaskState.PRELOADING,
    StatusFilter.FAILED: TaskState.FAILED,
}


def matches(watch: Watch, task: PreloadTask) -> bool:
    """Whether a filter watch takes in the stream of a task, its newest."""
    ask = watch.ask
    if ask.status is not None and phase_of(task) is not _PHASES[ask.status]:
        return False
    since = HISTORY if ask.since is None else ask.since
    start = watch.created_at - since if isinstance(since, timedelta) else since
    return task.created is None or task.created >= start


def tell_watch(
    outcome: Outcome, basis: Basis, watch: Watch, *, is_unmatched: bool, is_asked: bool
) -> None:
    """Take in what matches, call whom it concerns, end it when its time has come."""
    now = basis.now
    after = _pinned(watch, basis, is_unmatched=is_unmatched)
    if basis.is_known and basis.followed.read_at is not None and not watch.is_read:
        after = replace(after, is_read=True)
    known = basis.observed.newest
    touched = [stream for stream in after.streams if is_unmatched or stream in known]
    outcome.told += _alerts(after, basis, touched)
    ending = _ending(after, basis, is_asked=is_asked)
    if ending is not None:
        after = replace(after, ended_at=now, ending=ending)
        newest = {key: seen for key in after.streams if (seen := basis.newest(key)) is not None}
        verdict = board(after, newest, basis.followed, now).verdict
        outcome.told.append(
            replace(
                _in_thread(after, _VERDICT, now),
                kind=NoticeKind.VERDICT,
                facts={"verdict": verdict.value},
            )
        )
    if after != watch:
        outcome.watches.append(after)
    if after != watch or touched or basis.followed.is_blind != basis.was_blind:
        outcome.redrawn.add(watch.id)


def _pinned(watch: Watch, basis: Basis, *, is_unmatched: bool) -> Watch:
    """The watch with the streams that it takes in now; a list's are those that were named."""
    if watch.is_list:
        return watch
    streams = dict(watch.streams)
    for task in _candidates(basis, is_unmatched=is_unmatched):
        if matches(watch, task):
            streams.setdefault(task.stream, task.url)
    return watch if streams == watch.streams else replace(watch, streams=streams)


def _candidates(basis: Basis, *, is_unmatched: bool) -> Iterator[PreloadTask]:
    """The newest tasks of the streams that may belong in a watch and not be in it."""
    known = basis.observed.newest
    streams = dict.fromkeys((*basis.tasks.streams(), *known)) if is_unmatched else known
    newest = (basis.newest(stream) for stream in streams)
    return (seen.task for seen in newest if seen is not None)


def _alerts(watch: Watch, basis: Basis, touched: Iterable[str]) -> Iterator[Told]:
    """What its owner is called for: the first failure since it began, what is stuck, windows."""
    failures = []
    for change in basis.observed.changes:
        if change.task.stream in watch.streams:
            if change.kind is ChangeKind.FAILED:
                failures.append(change)
            elif change.kind in _ALERTING:
                yield replace(_in_thread(watch, change.key, change.at), change=change)
    for stream in touched:
        seen = basis.newest(stream)
        if seen is None or phase_of(seen.task) is not TaskState.FAILED:
            continue
        if seen.progressed_at >= watch.created_at:  # otherwise its message began with it
            failures.append(Change(ChangeKind.FAILED, seen.task, seen.progressed_at))
    if failures:
        yield replace(_in_thread(watch, _FIRST_FAILURE, failures[0].at), change=failures[0])


def _in_thread(watch: Watch, key: str, at: datetime) -> Told:
    return Told(
        kind=NoticeKind.ALERT,
        source=watch.id,
        key=key,
        team_id=watch.team_id,
        channel_id=watch.channel_id,
        seen_at=at,
        due_at=at,
        thread=watch.board_key,
    )


def _ending(watch: Watch, basis: Basis, *, is_asked: bool) -> Ending | None:
    """How the watch ends now, if it does: not by what is old, as long as it may be read again."""
    by_time = Ending.UNTIL if basis.now >= watch.until else None
    if cannot_be_read(basis.followed, basis.now):
        return by_time
    if is_old(basis.followed, basis.now):
        return None
    if watch.is_list and watch.is_read and is_asked:
        newest = [basis.newest(stream) for stream in watch.streams]
        if all(seen is not None and is_finished(seen.task) for seen in newest):
            return Ending.FINISHED
    return by_time
