"""What a place costs that is shared through a Valkey, beside one of this process alone.

Nobody else wants one, so that it is the way there and back that is measured, and no waiting.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.live.quota import LocalQuota, Priority
from bot.live.shared_places import redis_at
from bot.live.shared_quota import SharedQuota
from tests.bench.figures import Figure
from tests.servers import valkey

if TYPE_CHECKING:
    from bot.live.quota import Quota

PER_S = 10
_MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one place, in µs: until it was there, and of this process's CPU."""

    elapsed_us: float
    cpu_us: float


async def run(*, quick: bool = False) -> list[Figure]:
    """Measure places one after the other, of both kinds."""
    places = 200 if quick else 5_000
    with TemporaryDirectory() as folder, valkey(Path(folder)) as server:
        async with (
            redis_at(server.url) as redis,
            SharedQuota(
                redis, "bench", PER_S, max_processes=1, hold_s=1.0, opens_s=0.0
            ) as shared_quota,
        ):
            shared = await cost(shared_quota, places)
    local = await cost(LocalQuota(PER_S), places)
    return [
        Figure("sharing", "a shared place", shared.elapsed_us, "µs", "local", local.elapsed_us),
        Figure("sharing", "CPU of a shared place", shared.cpu_us, "µs", "local", local.cpu_us),
    ]


async def cost(quota: Quota, places: int) -> Cost:
    """What a place costs; nothing is sent, so that it is free again at once."""
    async with quota.place(Priority.PERSON):
        pass  # the first one is opened for
    began_s, cpu_began_s = time.perf_counter(), time.process_time()
    for _ in range(places):
        async with quota.place(Priority.PERSON):
            pass
    cpu_s, elapsed_s = time.process_time() - cpu_began_s, time.perf_counter() - began_s
    return Cost(elapsed_s / places * _MICRO, cpu_s / places * _MICRO)
