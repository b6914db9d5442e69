"""The streams of a watch: counted, and those worth a line named."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.asks import Row
from bot.live.model import TaskState
from bot.views.happenings import names
from bot.views.mrkdwn import escaped
from bot.views.status import COUNT_WORDS, STATE_WORDS, status_of
from bot.views.times import clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.reader import Reader
    from bot.watch.boards import Board, Line
    from bot.words import Words

_PROBLEMS_SHOWN = 20
_UNDER_WAY_SHOWN = 5
_NAMED = 100
_STATE_CHARS = 60

_COUNTED = (
    TaskState.PRELOADING,
    TaskState.PENDING,
    TaskState.FAILED,
    TaskState.WINDOW_OVER,
    TaskState.WINDOW_UNKNOWN,
    TaskState.UNKNOWN,
    None,
)
_RANKS = {
    TaskState.FAILED: 0,
    TaskState.WINDOW_OVER: 1,
    None: 3,
    TaskState.UNKNOWN: 4,
    TaskState.WINDOW_UNKNOWN: 5,
}
_STUCK = 2
_UNDER_WAY = 6
_READY = 7


class Lines:
    """A board's streams, problems first."""

    def __init__(self, board: Board, reader: Reader, w: Words, *, now: datetime) -> None:
        self._reader, self._words, self._now = reader, w, now
        self.ranked = sorted(board.lines, key=_rank)
        self._ranks = Counter(map(_rank, self.ranked))
        urls = [line.url for line in self.ranked[:_NAMED]]
        self.names = names(urls, board.watch.ask.domain)

    @property
    def count(self) -> int:
        """How many streams there are."""
        return len(self.ranked)

    @property
    def ready(self) -> int:
        """How many of them are ready."""
        return self._ranks[_READY]

    def counts(self) -> Iterator[str]:
        """`3 preloading`, `1 failed`: of those that are not ready."""
        w, stuck = self._words, self._ranks[_STUCK]
        states = Counter(line.state for line in self.ranked if _rank(line) != _STUCK)
        for state in _COUNTED:
            if not (count := states[state]):
                continue
            if state is None:
                yield w.n("{count} without a task", "{count} without a task", count)
            else:
                word = w.t(COUNT_WORDS.get(state, STATE_WORDS[state]))
                yield w.t("{count} {state}", count=f"{count:,}", state=word)
        if stuck:
            yield w.n("{count} stuck", "{count} stuck", stuck)

    def problems(self) -> Iterator[str]:
        """A line for each stream that somebody should look at, gravest first, as far as named."""
        problems = sum(count for rank, count in self._ranks.items() if rank < _UNDER_WAY)
        shown = min(problems, _PROBLEMS_SHOWN)
        yield from self._drawn(0, shown)
        if shown < problems:
            yield self._words.t("and {count} more", count=f"{problems - shown:,}")

    def under_way(self) -> Iterator[str]:
        """A line for each of the first few that are being preloaded, or wait for it."""
        first = sum(count for rank, count in self._ranks.items() if rank < _UNDER_WAY)
        count = self._ranks[_UNDER_WAY]
        shown = min(count, _UNDER_WAY_SHOWN)
        if first + shown > _NAMED:
            return
        yield from self._drawn(first, first + shown)
        if shown < count:
            yield self._words.t("and {count} more under way", count=f"{count - shown:,}")

    def _drawn(self, first: int, last: int) -> Iterator[str]:
        lines, found = self.ranked[first:last], self.names[first:last]
        for line, name in zip(lines, found, strict=True):
            yield self._line(line, name)

    def _line(self, line: Line, name: str) -> str:
        w, task = self._words, line.task
        if task is None:
            return "❔ " + w.t("{said}: {names}", said=w.t("no task"), names=name)
        if line.state is TaskState.FAILED:
            return f"❌ {name}"
        if line.state is TaskState.WINDOW_OVER and task.window_end is not None:
            end = clock(task.window_end, self._reader, self._now)
            return "⚠️ " + w.t("window ended {time}: {name}", time=end, name=name)
        # old: whatever the task says, a line that stands here is not green.
        status = status_of(Row(task, task), self._reader, w, now=self._now, old=True)
        icon, said = status.icon, escaped(status.text, _STATE_CHARS)
        if line.is_stuck:
            icon, said = "⚠️", w.t("stuck, {state}", state=said)
        return f"{icon} " + w.t("{said}: {names}", said=said, names=name)


def _rank(line: Line) -> int:
    if line.state is not None and line.state.is_ready:
        return _READY
    if line.state in {TaskState.PRELOADING, TaskState.PENDING}:
        return _STUCK if line.is_stuck else _UNDER_WAY
    return _RANKS[line.state]
