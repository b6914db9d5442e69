"""Ends calls that take too long, with one timer for all that are under way."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class Deadlines:
    """Deadlines of calls, nearly all of which end long before theirs.

        with deadlines.by(at_s): ...

    An `asyncio.timeout_at` sets a timer up and takes it down again for each call, which is a tenth
    of what a call costs. Here one timer stands for all: for the earliest of them, or for an earlier
    one that has ended meanwhile.
    """

    def __init__(self) -> None:
        self._under_way: set[_Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_s = inf

    def by(self, at_s: float) -> _Deadline:
        """A block of a task that raises TimeoutError unless it ends by then, in the loop's time.

        What else cancels the task goes on its way, as with `asyncio.timeout_at`.
        """
        return _Deadline(self, at_s)

    def add(self, deadline: _Deadline) -> None:
        """It is under way."""
        self._under_way.add(deadline)
        if deadline.at_s < self._wakes_s:
            self._wake_at(deadline.at_s)

    def remove(self, deadline: _Deadline) -> None:
        """It is under way no more."""
        self._under_way.remove(deadline)

    def _wake_at(self, at_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wakes_s = at_s
        if at_s < inf:
            self._timer = asyncio.get_running_loop().call_at(at_s, self._end_overdue)

    def _end_overdue(self) -> None:
        self._timer, self._wakes_s = None, inf
        now = asyncio.get_running_loop().time()
        still = [one for one in self._under_way if not one.is_over]
        for deadline in still:
            if deadline.at_s <= now:
                deadline.end()
        self._wake_at(min((one.at_s for one in still if not one.is_over), default=inf))


class _Deadline:
    """A block with its deadline, entered once."""

    __slots__ = ("_cancelling", "_deadlines", "_task", "at_s", "is_over")

    _task: asyncio.Task[object]

    def __init__(self, deadlines: Deadlines, at_s: float) -> None:
        self._deadlines = deadlines
        self.at_s = at_s
        self.is_over = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline is for a task")
        self._task = task
        self._cancelling = task.cancelling()
        self._deadlines.add(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._deadlines.remove(self)
        if not self.is_over:
            return
        is_ours_alone = self._task.uncancel() <= self._cancelling
        if is_ours_alone and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Time is up."""
        self.is_over = True
        self._task.cancel()
