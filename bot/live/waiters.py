"""Those who wait for a place in one process, the first of them first."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.live.quota import Places, Priority


@dataclass(frozen=True, slots=True, order=True)
class Given:
    """A place for whoever is first in this process when it may be used.

    Attributes:
        at_s: from when on it may be used.
        until_s: until when it may be: a call sent later might arrive after it has lapsed.
        token: its name.
        share: whose it is, where it is none of Redis's.
    """

    at_s: float
    until_s: float
    token: str
    share: Places | None = field(default=None, compare=False)


@dataclass(slots=True, order=True)
class Waiter:
    """A call that waits.

    Attributes:
        priority: for whom.
        number: who came before whom.
        came_s: when it came, in seconds of any one clock.
        given: what it waits for.
    """

    priority: Priority
    number: int
    came_s: float = field(compare=False)
    given: asyncio.Future[Given] = field(compare=False)


class Waiters:
    """First come, first served within a priority; who stops waiting is passed over."""

    def __init__(self) -> None:
        self._heap: list[Waiter] = []
        self._numbers = count()

    def __len__(self) -> int:
        return sum(not waiter.given.done() for waiter in self._heap)

    def come(self, priority: Priority, *, came_s: float) -> Waiter:
        """Wait from now on."""
        given: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        waiter = Waiter(priority, next(self._numbers), came_s, given)
        heapq.heappush(self._heap, waiter)
        return waiter

    def come_back(self, waiter: Waiter) -> None:
        """Wait on, where one was, for what was given was of no use."""
        waiter.given = asyncio.get_running_loop().create_future()
        heapq.heappush(self._heap, waiter)

    def anybody(self) -> bool:
        """Whether somebody waits."""
        while self._heap and self._heap[0].given.done():
            heapq.heappop(self._heap)
        return bool(self._heap)

    def give(self, place: Given) -> None:
        """Give it to the first; there is one."""
        heapq.heappop(self._heap).given.set_result(place)

    def in_order(self) -> list[Waiter]:
        """All of them."""
        return sorted(waiter for waiter in self._heap if not waiter.given.done())

    def send_away(self) -> None:
        """Nobody is given anything any more."""
        for waiter in self._heap:
            waiter.given.cancel()
        self._heap.clear()
