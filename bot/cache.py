"""A cache with a lifetime per entry, in which one question in flight is asked once.

Bounded in entries and in bytes. Errors are not kept, but for refusals: those that asking again
would only repeat are repeated from memory for a few seconds.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import TLRUCache, TTLCache

from bot.errors import (
    ArgumentRefused,
    CredentialsRefused,
    LiveError,
    PermissionRefused,
    TooManyWait,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator
    from datetime import datetime

V = TypeVar("V")

REFUSALS = (ArgumentRefused, CredentialsRefused, PermissionRefused)
REFUSAL_KEPT_S = 5.0


@dataclass(frozen=True, slots=True)
class Held(Generic[V]):
    """A value in the cache.

    Attributes:
        value: what was stored.
        stored_at: when, in seconds of the cache's clock.
        kept_s: how long it stays, in seconds.
        weight: about how many bytes it takes.
    """

    value: V
    stored_at: float
    kept_s: float
    weight: int


class WaitingRoom:
    """Bounds how many wait for answers at a time: what is held needs no place in it.

    Args:
        places: how many there are.
    """

    def __init__(self, places: int) -> None:
        self._free = places

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of them.

        Raises:
            TooManyWait: there is none.
        """
        if not self._free:
            raise TooManyWait
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class Cache(Generic[V]):
    """Values by key, each for its own time.

    Args:
        weigh: for a value, about how many bytes it takes.
        max_bytes: the bound on the sum of the weights; a heavier value is not kept at all.
        max_entries: the bound on how many there are.
        room: where those wait who ask.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        *,
        weigh: Callable[[V], int],
        max_bytes: int,
        max_entries: int = 10_000,
        room: WaitingRoom | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._weigh = weigh
        self._clock = clock
        self._room = room or WaitingRoom(max_entries)
        least = max(1, max_bytes // max_entries)  # so that the one bound holds both
        self._held: TLRUCache[Hashable, Held[V]] = TLRUCache(
            maxsize=max_bytes,
            ttu=lambda _key, held, now: now + held.kept_s,
            timer=clock,
            getsizeof=lambda held: max(least, held.weight),
        )
        self._refused: TTLCache[Hashable, LiveError] = TTLCache(
            maxsize=max_entries, ttl=REFUSAL_KEPT_S, timer=clock
        )
        self._flights: dict[Hashable, _Flight[V]] = {}

    def __len__(self) -> int:
        return len(self._held)

    @property
    def weight(self) -> int:
        """About how many bytes all values take."""
        return int(self._held.currsize)

    def held(self, key: Hashable, *, max_age_s: float | None = None) -> V | None:
        """The value under `key`, if there is one and it is no older than `max_age_s`."""
        held = self._held.get(key)
        if held is None:
            return None
        if max_age_s is not None and self._clock() - held.stored_at > max_age_s:
            return None
        return held.value

    def put(self, key: Hashable, value: V, *, kept_s: float, age_s: float = 0.0) -> None:
        """Store a value for `kept_s` seconds, unless it alone is over the bound.

        Elsewhere it was there for `age_s` seconds before: so old it counts as.
        """
        held = Held(value, self._clock() - age_s, kept_s, self._weigh(value))
        if held.weight <= self._held.maxsize:
            self._held[key] = held

    def replace(self, key: Hashable, old: V, new: V) -> None:
        """Store another value for the rest of its time, if the old one is still there."""
        held = self._held.get(key)
        if held is not None and held.value is old:
            left_s = held.kept_s - (self._clock() - held.stored_at)
            self._held[key] = Held(new, held.stored_at, left_s, self._weigh(new))

    def drop(self, key: Hashable) -> None:
        """Forget the value under `key`, if there is one."""
        self._held.pop(key, None)

    def is_asking(self, key: Hashable) -> bool:
        """Whether somebody asks for it at this moment."""
        return key in self._flights

    async def asked(self, key: Hashable, ask: Callable[[], Awaitable[V]]) -> V:
        """Ask now, or join whoever is asking the same; the caller stores what is to be kept.

        Whoever stops waiting (is cancelled) does not end the others' question; the last one does.

        Raises:
            LiveError: what `ask` raised, or a refusal it raised within the last few seconds; or
                too many wait.
        """
        refusal = self._refused.get(key)
        if refusal is not None:
            raise refusal.with_traceback(None)
        with self._room.place():
            return await self._joined(key, ask)

    async def _joined(self, key: Hashable, ask: Callable[[], Awaitable[V]]) -> V:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(self._ask(key, ask)))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                flight.task.cancel()
                self._land(key, flight.task)

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[V]]) -> V:
        try:
            return await ask()
        except REFUSALS as refusal:
            self._refused[key] = refusal
            raise
        finally:
            self._land(key, asyncio.current_task())

    def _land(self, key: Hashable, task: asyncio.Future[V] | None) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]


@dataclass(slots=True, eq=False)
class _Flight(Generic[V]):
    task: asyncio.Future[V]
    waiting: int = 0


class ThisSecond(Generic[V]):
    """Values by key, until the second is over: on the wall clock, or on the other.

    Args:
        now: the wall clock.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, *, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        self._now = now
        self._clock = clock
        self._second: tuple[datetime, int] | None = None
        self._held: dict[Hashable, V] = {}

    def held(self, key: Hashable) -> V | None:
        """The value put under `key` within this second, if there is one."""
        self._pass_on()
        return self._held.get(key)

    def put(self, key: Hashable, value: V) -> None:
        """Hold the value for the rest of this second."""
        self._pass_on()
        self._held[key] = value

    def clear(self) -> None:
        """Forget all of them."""
        self._held.clear()

    def _pass_on(self) -> None:
        second = self._now().replace(microsecond=0), int(self._clock())
        if second != self._second:
            self._second = second
            self._held.clear()
