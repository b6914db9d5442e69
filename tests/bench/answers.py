"""A cached `/preload` through the front door, against a Bolt hello-world in its default mode.

The hello-world acknowledges and says one line; the bot acknowledges and delivers ten rows. Answers
are counted where they arrive: at the `response_url`.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.live import SimulatedLive
from bot.sandbox.live import running as simulated
from tests.bench import apps, slack
from tests.bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.bench.slack import Slack

COMMAND = "status=failed"
ROWS = 10
AT_ONCE = (1, 8, 32)
RATE_GOAL = 1.5
ACKNOWLEDGED_GOAL = 0.2


@dataclass(slots=True)
class App:
    """An app that is asked, and what was measured of it.

    Attributes:
        address: where it listens.
        sign: what stands in each of its answers.
        answers_per_s: in each round, by how many were waited for at a time.
        acknowledged_ms: each time at one connection.
    """

    address: str
    sign: bytes
    answers_per_s: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged_ms: list[float] = field(default_factory=list)

    async def measure(self, side: Slack, *, seconds: float, acknowledgements: int) -> None:
        """One round."""
        for at_once in AT_ONCE:
            rate = await self.rate(side, at_once=at_once, seconds=seconds)
            self.answers_per_s[at_once].append(rate)
        for _ in range(acknowledgements):
            acknowledged_s, _ = await side.asks(self.address, COMMAND)
            self.acknowledged_ms.append(1_000 * acknowledged_s)

    async def rate(self, side: Slack, *, at_once: int, seconds: float) -> float:
        """Answers a second while `at_once` are always waited for."""
        began_s = time.perf_counter()
        ends_s = began_s + seconds

        async def ask_again_and_again() -> int:
            count = 0
            while time.perf_counter() < ends_s:
                _, answer = await side.asks(self.address, COMMAND)
                assert self.sign in answer, answer
                count += 1
            return count

        counts = await asyncio.gather(*(ask_again_and_again() for _ in range(at_once)))
        return sum(counts) / (time.perf_counter() - began_s)


async def run(*, quick: bool = False) -> list[Figure]:
    """Measure both apps in turns."""
    rounds, seconds, acknowledgements = (1, 0.2, 10) if quick else (4, 1.5, 100)
    async with both() as (side, bot, hello):
        for app in (bot, hello):
            await app.rate(side, at_once=max(AT_ONCE), seconds=seconds / 2)  # to warm up
        for _ in range(rounds):
            for app in (bot, hello):
                await app.measure(side, seconds=seconds, acknowledgements=acknowledgements)
    return list(_figures(bot, hello))


@asynccontextmanager
async def both() -> AsyncIterator[tuple[Slack, App, App]]:
    """A stand-in for Slack, the bot and the hello-world."""
    async with (
        slack.running() as side,
        simulated(SimulatedLive(qps=1000)) as endpoint,
        apps.hello_world(side) as hello,
        apps.bot(side, endpoint) as bot,
    ):
        await side.asks(bot.address, "default domain=live.example.com")
        _check(json.loads((await side.asks(bot.address, COMMAND))[1]))
        yield side, App(bot.address, b'"type":"table"'), App(hello.address, b"Hello")


def _check(answer: dict[str, list[dict[str, list[object]]]]) -> None:
    """See that it is the answer that is meant: a table of ten rows and its head."""
    [rows] = [block["rows"] for block in answer["blocks"] if "rows" in block]
    assert len(rows) == ROWS + 1


def _figures(bot: App, hello: App) -> Iterator[Figure]:
    for at_once in AT_ONCE:
        yield Figure(
            "answers",
            f"cached answers of {ROWS} rows, {at_once} at once",
            statistics.median(bot.answers_per_s[at_once]),
            "/s",
            "Bolt hello-world",
            statistics.median(hello.answers_per_s[at_once]),
            ratio_at_least=RATE_GOAL,
        )
    yield Figure(
        "answers",
        "acknowledgement, p50 at one connection",
        statistics.median(bot.acknowledged_ms),
        "ms",
        "Bolt hello-world",
        statistics.median(hello.acknowledged_ms),
        ratio_at_most=ACKNOWLEDGED_GOAL,
    )
