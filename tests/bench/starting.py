"""Cold start: from the command to the first `/readyz` that says yes."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING

import aiohttp

from tests.bench import apps, slack
from tests.bench.figures import Figure
from tests.bench.processes import serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.bench.processes import Server

TIMES = 5


async def run(*, quick: bool = False) -> list[Figure]:
    """Start the bot and a Bolt hello-world in turns."""
    times = 1 if quick else TIMES
    async with slack.running() as side, serving("tests.bench.reply") as api:
        ready = [
            await _took_s(lambda: apps.bot(side, api.address), "/readyz") for _ in range(times)
        ]
        hello = [await _took_s(lambda: apps.hello_world(side)) for _ in range(times)]
    return [
        Figure(
            "starting",
            "cold start to ready",
            statistics.median(ready),
            "s",
            "Bolt hello-world, listening",
            statistics.median(hello),
        )
    ]


async def _took_s(
    start: Callable[[], AbstractAsyncContextManager[Server]], probe: str | None = None
) -> float:
    began_s = time.monotonic()
    async with start() as server, aiohttp.ClientSession() as session:
        while probe is not None:
            async with session.get(f"{server.address}{probe}") as reply:
                if reply.status == 200:
                    break
            await asyncio.sleep(0.01)
        return time.monotonic() - began_s
