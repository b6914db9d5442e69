"""Those who wait for a place in one process, the first of them first."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from bot.live.quota import Priority

T = TypeVar("T")


@dataclass(slots=True, order=True)
class Waiter(Generic[T]):
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
    given: asyncio.Future[T] = field(compare=False)


class Waiters(Generic[T]):
    """First come, first served within a priority; who stops waiting is passed over."""

    def __init__(self) -> None:
        self._heap: list[Waiter[T]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return sum(not waiter.given.done() for waiter in self._heap)

    def come(self, priority: Priority, *, came_s: float) -> Waiter[T]:
        """Wait from now on."""
        given: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        waiter = Waiter(priority, next(self._numbers), came_s, given)
        heapq.heappush(self._heap, waiter)
        return waiter

    def come_back(self, waiter: Waiter[T]) -> None:
        """Wait on, where one was, for what was given was of no use."""
        waiter.given = asyncio.get_running_loop().create_future()
        heapq.heappush(self._heap, waiter)

    def anybody(self) -> bool:
        """Whether somebody waits."""
        while self._heap and self._heap[0].given.done():
            heapq.heappop(self._heap)
        return bool(self._heap)

    def give(self, what: T) -> None:
        """Give it to the first; there is one."""
        heapq.heappop(self._heap).given.set_result(what)

    def in_order(self) -> list[Waiter[T]]:
        """All of them."""
        return sorted(waiter for waiter in self._heap if not waiter.given.done())

    def send_away(self) -> None:
        """Nobody is given anything any more."""
        for waiter in self._heap:
            waiter.given.cancel()
        self._heap.clear()
