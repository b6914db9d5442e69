"""What a watch's message shows, of what is known of its streams. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.live.model import TaskState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from bot.live.model import PreloadTask
    from bot.watch.model import Followed, Seen, Watch

BLIND_AFTER = timedelta(minutes=2)
"""Of a domain that could not be read for so long, nothing is known."""
OLD_AFTER = timedelta(minutes=10)
"""Of one that was not read for so long, though it did not fail, neither: nobody was there to."""


class Verdict(StrEnum):
    """What a watch comes to."""

    READY = "ready"
    """Every stream is ready."""
    NOT_READY = "not_ready"
    UNKNOWN = "unknown"
    """No stream, or one whose state is not known, or the domain cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A stream in a watch.

    Attributes:
        url: its play URL as submitted.
        task: its newest task; None where it has none.
        state: that task's state now; None where there is no task.
        is_stuck: it makes no progress while its window is near or has begun.
    """

    url: str
    task: PreloadTask | None
    state: TaskState | None
    is_stuck: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """What a watch's message shows.

    Attributes:
        watch: the watch.
        lines: its streams, in its order.
        observed_at: when the oldest of them was last read; None where nothing was read yet.
        next_end: the nearest end of a window still to come, of streams that have not failed; None
            where there is none.
        verdict: what it comes to now.
        failing_since, failure: since when and why the domain cannot be read, as in `Followed`.
    """

    watch: Watch
    lines: tuple[Line, ...]
    observed_at: datetime | None
    next_end: datetime | None
    verdict: Verdict
    failing_since: datetime | None = None
    failure: str = ""


def board(
    watch: Watch, newest: Mapping[str, Seen], followed: Followed | None, now: datetime
) -> Board:
    """What the watch's message is to show.

    That a domain cannot be read for a moment is not shown: it is often read again in the next.

    Args:
        watch: the watch.
        newest: each stream's newest task, by the stream's key; other streams may be among them.
        followed: how far the reading of its domain has come; None where it has not begun.
        now: the moment it is drawn at.
    """
    if not watch.is_read:
        newest = {}
    lines = tuple(_line(url, newest.get(key), now) for key, url in watch.streams.items())
    ends = [end for line in lines if (end := _window_end(line)) is not None and end > now]
    known = (newest[key] for key in watch.streams if key in newest)
    observed_at = _observed_at(known, followed, now) if watch.is_read else None
    failing = followed if cannot_be_read(followed, now) else None
    is_known = observed_at is not None and failing is None and not is_old(followed, now)
    return Board(
        watch=watch,
        lines=lines,
        observed_at=observed_at,
        next_end=min(ends, default=None),
        verdict=_verdict(lines) if is_known else Verdict.UNKNOWN,
        failing_since=failing.failing_since if failing else None,
        failure=failing.failure if failing else "",
    )


def cannot_be_read(
    followed: Followed | None, now: datetime, blind_after: timedelta = BLIND_AFTER
) -> bool:
    """Whether a domain could not be read for so long that nothing is known of it."""
    if followed is None or followed.failing_since is None:
        return False
    return followed.is_blind or now - followed.failing_since >= blind_after


def is_old(followed: Followed | None, now: datetime) -> bool:
    """Whether a domain was not read for so long, or never, that nothing is known of it."""
    if followed is None or followed.read_at is None:
        return True
    return now - followed.read_at >= OLD_AFTER


def _observed_at(
    known: Iterable[Seen], followed: Followed | None, now: datetime
) -> datetime | None:
    """When the oldest of what can still change was read; None before all was read once."""
    if followed is None or followed.read_at is None:
        return None
    unfinished = (seen.observed_at for seen in known if not seen.task.state(now).is_finished)
    return min((followed.read_at, *unfinished))


def _line(url: str, seen: Seen | None, now: datetime) -> Line:
    if seen is None:
        return Line(url, None, None)
    return Line(url, seen.task, seen.task.state(now), is_stuck=seen.is_stuck(now))


def _window_end(line: Line) -> datetime | None:
    """When its window ends; what has failed is not preloaded in it."""
    if line.task is None or line.state is TaskState.FAILED:
        return None
    return line.task.window_end


def _verdict(lines: Collection[Line]) -> Verdict:
    """What the streams come to: one that surely is not ready settles it, whatever the others."""
    if not lines:
        return Verdict.UNKNOWN
    if all(line.state is not None and line.state.is_ready for line in lines):
        return Verdict.READY
    if all(line.state in _READY_FOR_ALL_WE_KNOW for line in lines):
        return Verdict.UNKNOWN
    return Verdict.NOT_READY


_READY_FOR_ALL_WE_KNOW = {
    TaskState.READY,
    TaskState.READY_LATER,
    TaskState.UNKNOWN,
    TaskState.WINDOW_UNKNOWN,
}
