"""What questions were answered with, and for how long that is good.

A listing answers the same question again for seconds while tasks run. It is kept for longer: its
pages can be turned so long, and it is there in case a refresh fails.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.cache import Cache, ThisSecond, WaitingRoom
from bot.errors import TimedOut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from bot.asks import Answer, Ask
    from bot.errors import LiveError
    from bot.listing import Listing
    from bot.live.model import LiveDomain, TaskPage
    from bot.streams import Streams

FRESH_S = 8.0
"""How long a listing answers the same question again while tasks run."""
FRESH_SETTLED_S = 30.0
"""The same, when all its tasks are finished; not longer, as new ones may be created any time."""
KEPT_S = 1_800.0
"""How long its pages can be turned, and it is kept in case a refresh fails."""
DOMAINS_FRESH_S = 600.0
"""How long the account's list of domains is taken for what it is now."""
DOMAINS_KEPT_S = 7 * 86_400.0
"""How long it is kept for those who cannot wait for another."""
PATIENCE_S = 5.0
"""How long a question waits, the first time, where an old listing is at hand."""

_MIB = 1 << 20


def fresh_s(listing: Listing, now: datetime) -> float:
    """For how long it answers the same question again."""
    return FRESH_SETTLED_S if listing.is_settled(now) else FRESH_S


@asynccontextmanager
async def within(seconds: float | None) -> AsyncIterator[None]:
    """End what is inside after so long, if it is bounded at all.

    Raises:
        TimedOut: it took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise TimedOut(message="no reply soon") from error


class Memory:
    """The caches, bounded in bytes; whoever asks for what none of them has waits in one room.

    Args:
        now: the wall clock, in UTC.
        clock: a monotonic clock, in seconds.
        most_waiting: how many may wait at a time.

    Attributes:
        listings: by question, the newest, and by question and window.
        pages: the API's pages of listings that were not read wholly.
        streams: the newest tasks of a listing's streams.
        domains: by account.
        failures: by question: why its newest listing could not be read again, until it can.
        answers: when something happens many ask the same: within a second they get the very same.
    """

    def __init__(
        self, *, now: Callable[[], datetime], clock: Callable[[], float], most_waiting: int
    ) -> None:
        room = WaitingRoom(most_waiting)
        self.listings: Cache[Listing] = Cache(
            weigh=lambda listing: listing.weight, max_bytes=48 * _MIB, room=room, clock=clock
        )
        self.pages: Cache[TaskPage] = Cache(
            weigh=lambda page: 1_000 * len(page.tasks),
            max_bytes=16 * _MIB,
            room=room,
            clock=clock,
        )
        self.streams: Cache[Streams] = Cache(
            weigh=lambda known: 1_000 * len(known.newest),
            max_bytes=16 * _MIB,
            room=room,
            clock=clock,
        )
        self.domains: Cache[tuple[LiveDomain, ...]] = Cache(
            weigh=lambda names: 200 * len(names), max_bytes=4 * _MIB, room=room, clock=clock
        )
        self.failures: Cache[LiveError] = Cache(weigh=lambda _: 1_000, max_bytes=_MIB, clock=clock)
        self.answers: ThisSecond[Answer] = ThisSecond(now=now, clock=clock)

    def first_page(self, listing: Listing) -> TaskPage | None:
        """What the API lists first of a listing that was not read wholly, if it is held."""
        return self.pages.held((*listing.key, 1))

    def fresh(self, question: Ask, now: datetime) -> Listing | None:
        """The newest listing of a question, while it answers the same question again."""
        held = self.listings.held(question, max_age_s=FRESH_SETTLED_S)
        if held is None or held.is_settled(now):
            return held
        return self.listings.held(question, max_age_s=FRESH_S)
