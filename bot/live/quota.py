"""The quota: never more than N calls in any second as the server counts them, people first.

A call takes a place, and the place is free again one second after the call's reply arrived, or one
second after the call's deadline where no reply came. Whatever the delays on the way, the server
then sees the calls of one place at least a second apart: a call arrives there before its reply
arrives here, and the next call is sent a second after that. With N places no second has N + 1.
Spacing the sends would not do: a slow connection lets calls of two seconds arrive in one.
"""

from __future__ import annotations

import asyncio
import heapq
from bisect import bisect_left, insort
from collections import deque
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType

REST_S = 1.001
"""How long a place rests: the second the quota is counted by, as two clocks may measure it."""
LOWERED_TO = 0.7
"""What throttling leaves of the rate: the account's other tools call too."""
LOWERED_EVERY_S = 1.0
"""Several replies that tell of the same throttling lower it once."""
RAISED_EVERY_S = 5.0
"""One place comes back after so long without throttling, until all have."""
_MINUTE_S = 60


class Priority(IntEnum):
    """Who waits: people are served before pollers."""

    PERSON = 0
    BACKGROUND = 1

    @cached_property
    def word(self) -> str:
        """`person` or `background`."""
        return self.name.lower()


@dataclass(slots=True)
class Place:
    """The right to send one call.

    Attributes:
        deadline_s: until when the call may arrive at the server; None while it has not been sent.
        replied_s: when its reply arrived, or the connection ended; None while neither has.
    """

    deadline_s: float | None = None
    replied_s: float | None = None

    def free_at(self, now: float) -> float:
        """From when on the place can be given to another call."""
        if self.replied_s is not None:
            return self.replied_s + REST_S
        return now if self.deadline_s is None else max(now, self.deadline_s) + REST_S


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota is in use now.

    Attributes:
        last_minute: calls that took a place within the last minute.
        waiting: calls that wait for one.
        per_s: places there are now.
        full_per_s: places there are while the API does not throttle.
        is_of_all: it is that of all processes; otherwise of this one.
    """

    last_minute: int
    waiting: int
    per_s: int
    full_per_s: int
    is_of_all: bool = False

    @property
    def is_throttled(self) -> bool:
        """Whether the API has throttled lately, so that fewer calls are sent."""
        return self.per_s < self.full_per_s


class Quota(Protocol):
    """Gives out places; in this process (`LocalQuota`), or shared by several."""

    def place(
        self, priority: Priority, *, by_s: float | None = None
    ) -> AbstractAsyncContextManager[Place]:
        """Wait for a place; the call sets its times, and leaving gives it back.

        Entering raises TimeoutError where there is none by then, in the loop's time.
        """
        ...

    def throttled(self) -> None:
        """The API said that the account is over its quota: slow down, and recover gradually."""
        ...

    def use(self) -> Use:
        """How much of it this process uses now."""
        ...

    async def use_of_all(self) -> Use:
        """How much of it all processes use now, as far as that can be told (`Use.is_of_all`)."""
        ...


class Places:
    """How many calls may be under way: the arithmetic, without a clock or a loop.

    Args:
        per_s: calls in any one second, from 1.
    """

    def __init__(self, per_s: int) -> None:
        self.per_s = per_s
        self._taken = 0
        self._taken_at: deque[float] = deque(maxlen=_MINUTE_S * per_s)
        self._resting: deque[float] = deque()  # when each is free, in order
        self._limit = per_s
        self._lowered_at = float("-inf")
        self._raised_next = float("inf")

    def limit(self, now: float) -> int:
        """How many places there are now."""
        while self._raised_next <= now and self._limit < self.per_s:
            self._limit += 1
            self._raised_next += RAISED_EVERY_S
        return self._limit

    def used(self, now: float) -> int:
        """How many of them are taken, or resting."""
        while self._resting and self._resting[0] <= now:
            self._resting.popleft()
        return self._taken + len(self._resting)

    def take(self, now: float) -> bool:
        """Take a place if there is one."""
        if self.used(now) >= self.limit(now):
            return False
        self._taken += 1
        self._taken_at.append(now)
        return True

    def taken_since(self, moment: float) -> int:
        """How many were taken since then, within the last minute."""
        return len(self._taken_at) - bisect_left(self._taken_at, moment)

    def give_back(self, now: float, *, free_at: float) -> None:
        """Give a place back, to be taken again from `free_at` on."""
        self._taken -= 1
        if free_at <= now:
            return
        if not self._resting or free_at >= self._resting[-1]:  # as mostly
            self._resting.append(free_at)
        else:
            insort(self._resting, free_at)

    def lower(self, now: float) -> None:
        """Have fewer places for a while; at least one is left."""
        if now - self._lowered_at < LOWERED_EVERY_S:
            return
        self._limit = max(1, int(self.limit(now) * LOWERED_TO))
        self._lowered_at = now
        self._raised_next = now + RAISED_EVERY_S

    def next_change(self, now: float) -> float | None:
        """When a place may become free by itself; None if only a reply can free one."""
        self.used(now)  # forget those that are free already
        changes = [self._resting[0]] if self._resting else []
        if self.limit(now) < self.per_s:
            changes.append(self._raised_next)
        return min(changes, default=None)


class LocalQuota:
    """The quota of one process.

    First come, first served within a priority; who stops waiting gives the place back.
    """

    def __init__(self, per_s: int) -> None:
        self._places = Places(per_s)
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many calls wait for a place."""
        return sum(not waiter.done() for _, _, waiter in self._waiting)

    @property
    def used(self) -> int:
        """How many places calls took within the last second, or hold now."""
        return self._places.used(_now())

    @property
    def limit(self) -> int:
        """How many places there are now; fewer than set after the API has throttled."""
        return self._places.limit(_now())

    def use(self) -> Use:
        """How much of it is in use now."""
        now = _now()
        return Use(
            last_minute=self._places.taken_since(now - _MINUTE_S),
            waiting=self.waiting,
            per_s=self._places.limit(now),
            full_per_s=self._places.per_s,
        )

    async def use_of_all(self) -> Use:
        """The same: of other processes it knows nothing."""
        return self.use()

    def place(
        self, priority: Priority, *, by_s: float | None = None
    ) -> AbstractAsyncContextManager[Place]:
        """Wait for a place and hold it."""
        return _Held(self, priority, by_s)

    def throttled(self) -> None:
        """Lower the rate; it recovers by itself."""
        self._places.lower(_now())

    def take(self) -> bool:
        """Take a place, which is then to be given back, if nobody waits and there is one."""
        return not self._waiting and self._places.take(_now())

    async def granted(self, priority: Priority, *, by_s: float | None = None) -> None:
        """Wait for a place, which is then to be given back."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._arrivals), waiter))
        self._grant()
        try:
            async with asyncio.timeout_at(by_s):
                await waiter
        except (asyncio.CancelledError, TimeoutError):
            if waiter.done() and not waiter.cancelled():  # granted in the tick it was cancelled in
                self.give_back(Place())
            raise

    def give_back(self, place: Place) -> None:
        """Let others have the place, when it has rested."""
        now = _now()
        self._places.give_back(now, free_at=place.free_at(now))
        if self._waiting:
            self._grant()

    def _grant(self) -> None:
        """Give out what is free, and wake up when the next place may be."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            if self._waiting[0][2].done():  # stopped waiting
                heapq.heappop(self._waiting)
            elif self._places.take(_now()):
                heapq.heappop(self._waiting)[2].set_result(None)
            else:
                break
        change = self._places.next_change(_now())
        if self._waiting and change is not None:
            self._timer = asyncio.get_running_loop().call_at(change, self._grant)


class _Held(AbstractAsyncContextManager[Place]):
    """A place of a quota, from when it is granted until it is given back."""

    def __init__(self, quota: LocalQuota, priority: Priority, by_s: float | None) -> None:
        self._quota = quota
        self._priority = priority
        self._by_s = by_s
        self._place = Place()

    async def __aenter__(self) -> Place:
        if not self._quota.take():
            await self._quota.granted(self._priority, by_s=self._by_s)
        return self._place

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._quota.give_back(self._place)


def _now() -> float:
    return asyncio.get_running_loop().time()
