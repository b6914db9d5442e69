"""The outbox where several processes share the store: with one of them at a time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from bot.errors import StaleLease
from bot.store.leases import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from bot.store import Store
    from bot.store.fence import Lease
    from bot.store.leases import Leases
    from bot.watch.outbox import Outbox
    from bot.watch.pauses import Pauses


class Tenure:
    """Delivers while this process has the lease; each time it gets it, with an outbox anew.

    What the last one was sending may have arrived, and is looked for. What is left of this one's
    own, once it has lost the lease, can be written down no more: the store refuses it.

    Args:
        leases: this process's.
        store: what is to be told, and how far it is.
        outbox: makes an outbox, of a store and of what it sets when there may be more to do.
        pauses: the pace.
        sleep: how to wait before the first post.

    Attributes:
        woken: set when there may be something to do before the turn that was due.
    """

    def __init__(
        self,
        leases: Leases,
        store: Store,
        outbox: Callable[[Store, asyncio.Event], Outbox],
        *,
        pauses: Pauses,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.woken = asyncio.Event()
        self._leases = leases
        self._store = store
        self._make = outbox
        self._pauses = pauses
        self._sleep = sleep
        self._lease: Lease | None = None
        self._outbox: Outbox | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def wake(self) -> None:
        """Say that there is something new: to be called when notices were queued."""
        self.woken.set()

    async def turn(self) -> float:
        """A turn of the outbox, if it is ours; seconds to the next.

        Raises:
            StoreUnavailable: the store does not say whose it is.
        """
        await self._leases.want(OUTBOX, {OUTBOX})
        await self._follow(self._leases.held.get(OUTBOX))
        if self._outbox is None or self._lease is None:
            return self._pauses.idle_s
        try:
            return await self._outbox.turn()
        except StaleLease:
            self._leases.lost(self._lease)
            return self._pauses.idle_s

    async def _follow(self, lease: Lease | None) -> None:
        """End with one lease, and begin with another."""
        if lease == self._lease:
            return
        await self._stack.aclose()
        self._lease, self._outbox = lease, None
        if lease is not None:
            if self._store.database.is_shared:  # whoever had it may have posted a moment ago
                await self._sleep(self._pauses.post_s)
            outbox = self._make(self._store.fenced(lease), self.woken)
            self._outbox = await self._stack.enter_async_context(outbox)
