"""How long delivery waits for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds, each from what it names to the next step.

    Attributes:
        post_s: from a post to the channel's next one: Slack takes about one a second.
        first_look_s: from a post's time-out to the first time it is looked for. Slack may take a
            post seconds after its time-out.
        second_look_s: from a post's time-out to the second; in vain, it is sent again.
        look_failed_s: from a lookup that failed to the next try.
        unreached_s: from a connection that was not made to the next; each time twice as long.
        unreached_most_s: the longest of these.
        update_s: from one update of the workspace to the next: 45 a minute.
        redraw_s: from one update of a message to its next, at least.
        mend_s: from one look at the parked channels to the next.
        store_s: from a failure of the store to the next try.
        crash_s: from a crash of ours to the channel's next post.
        idle_s: the most until what was queued elsewhere is noticed.
        close_s: the most that is waited at the end for what is under way.
        tell_again_s: from a line in the log to the same once more.
    """

    post_s: float = 1.0
    first_look_s: float = 5.0
    second_look_s: float = 30.0
    look_failed_s: float = 5.0
    unreached_s: float = 1.0
    unreached_most_s: float = 60.0
    update_s: float = 60 / 45
    redraw_s: float = 2.0
    mend_s: float = 60.0
    store_s: float = 1.0
    crash_s: float = 60.0
    idle_s: float = 1.0
    close_s: float = 5.0
    tell_again_s: float = 3600.0

    def after_unreached(self, times: int, chance: float) -> float:
        """How long to wait after so many connections that were not made; `chance` is 0 to 1."""
        pause_s = min(self.unreached_s * 2.0 ** min(times - 1, 30), self.unreached_most_s)
        return pause_s * (1 + chance) / 2

    def between_redraws(self, active: int) -> float:
        """How far apart updates of one message are where so many watches share the budget."""
        return max(self.redraw_s, active * self.update_s)


class Steps:
    """Evenly spaced steps, none of which is made up for.

    Args:
        every_s: how far apart they are.
        clock_s: a monotonic clock, in seconds.
        sleep: how to wait for one's turn.
    """

    def __init__(
        self,
        every_s: float,
        clock_s: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._every_s = every_s
        self._clock_s = clock_s
        self._sleep = sleep
        self._next_s = 0.0

    async def next(self) -> None:
        """Wait for the next."""
        now_s = self._clock_s()
        self._next_s = max(self._next_s, now_s)
        wait_s = self._next_s - now_s
        self._next_s += self._every_s
        if wait_s > 0:
            await self._sleep(wait_s)


class Seldom:
    """Tells what is worth a line in the log: the first of its kind, then one an hour, say.

    Args:
        every_s: how long to be silent.
        clock_s: a monotonic clock, in seconds.
    """

    def __init__(self, every_s: float, clock_s: Callable[[], float]) -> None:
        self._every_s = every_s
        self._clock_s = clock_s
        self._told_s: dict[str, float] = {}

    def is_worth(self, what: str) -> bool:
        """Whether to tell of it now; it is then taken for told."""
        now_s, told_s = self._clock_s(), self._told_s.get(what)
        if told_s is not None and now_s - told_s < self._every_s:
            return False
        self._told_s[what] = now_s
        return True
