"""Cached answers a second, of one web process and of two, on one PostgreSQL.

Whoever asks takes processor time, too: on two cores two processes have little more than one has.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.sandbox.live import SimulatedLive
from bot.sandbox.live import running as simulated
from tests.bench import apps, slack
from tests.bench.figures import Figure
from tests.engines import new_database
from tests.servers import postgres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.slack import Slack

AT_ONCE = 32
COMMAND = "domain=live.example.com status=failed"


async def run(*, quick: bool = False) -> list[Figure]:
    """Ask one and both in turns."""
    rounds, seconds = (1, 0.2) if quick else (5, 2.0)
    rates: dict[int, list[float]] = {1: [], 2: []}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="preload-bot-bench-")))
        store = await new_database(stack.enter_context(postgres(folder)))
        side = await stack.enter_async_context(slack.running())
        endpoint = await stack.enter_async_context(simulated(SimulatedLive(qps=1000)))
        bots = [
            await stack.enter_async_context(apps.bot(side, endpoint, store=store)) for _ in rates
        ]
        addresses = [one.address for one in bots]
        await _rate(side, addresses, seconds / 2)  # to warm up
        for _ in range(rounds):
            for count, measured in rates.items():
                measured.append(await _rate(side, addresses[:count], seconds))
    one, two = (statistics.median(measured) for measured in rates.values())
    name = f"cached answers, {AT_ONCE} at once, 2 web processes on {os.cpu_count()} cores"
    return [Figure("replicas", name, two, "/s", "1 web process", one)]


async def _rate(side: Slack, addresses: Sequence[str], seconds: float) -> float:
    """Answers a second of these in turns, while so many are always waited for."""
    began_s = time.perf_counter()
    turns = itertools.cycle(addresses)

    async def ask_again_and_again() -> int:
        count = 0
        while time.perf_counter() < began_s + seconds:
            _, answer = await side.asks(next(turns), COMMAND)
            assert b'"type":"table"' in answer, answer
            count += 1
        return count

    counts = await asyncio.gather(*(ask_again_and_again() for _ in range(AT_ONCE)))
    return sum(counts) / (time.perf_counter() - began_s)
