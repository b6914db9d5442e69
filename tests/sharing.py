"""Several shared quotas side by side, as several processes have them, and calls through them."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.live.quota import Priority
from bot.live.shared_places import redis_at
from bot.live.shared_quota import SharedQuota

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis.asyncio import Redis

    from bot.live.quota import Quota

TRY_S = 0.3
OPENS_S = 0.2


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Redis]:
    """A client that is closed in the end."""
    async with redis_at(url) as redis:
        yield redis


@asynccontextmanager
async def sharing(
    url: str, processes: int, per_s: int = 10, *, hold_s: float = TRY_S, opens_s: float = OPENS_S
) -> AsyncIterator[list[SharedQuota]]:
    """As many quotas as there would be processes, with a name that no other test has."""
    name = f"test {secrets.token_hex(8)}"
    async with AsyncExitStack() as stack:
        quotas: list[SharedQuota] = []
        for _ in range(processes):
            redis = await stack.enter_async_context(connected(url))
            quota = SharedQuota(
                redis, name, per_s, max_processes=processes, hold_s=hold_s, opens_s=opens_s
            )
            quotas.append(await stack.enter_async_context(quota))
        yield quotas


@dataclass
class Served:
    """What arrives at a server, and who was served in which order."""

    arrivals: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    async def call(
        self,
        quota: Quota,
        priority: Priority = Priority.PERSON,
        *,
        name: str = "",
        way_s: float = 0.0,
    ) -> None:
        """One call, answered after a round trip."""
        loop = asyncio.get_running_loop()
        async with quota.place(priority) as place:
            place.deadline_s = loop.time() + TRY_S
            self.names.append(name)
            await asyncio.sleep(way_s / 2)
            self.arrivals.append(loop.time())
            await asyncio.sleep(way_s / 2)
            place.replied_s = loop.time()

    async def call_again_and_again(self, quota: Quota, *, way_s: float) -> None:
        """Calls one after the other, until cancelled."""
        while True:
            await self.call(quota, way_s=way_s)
