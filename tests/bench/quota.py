"""Calls in the busiest second as the simulated API counts them, and how many a second in the end.

Many wait for a place all the time, on ways that hold calls up. The baseline is what rate limiters
do: the same client with its sends spaced by a tenth of a second, on a way of the same kind.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import LiveError
from bot.live.client import LiveClient, Timeouts
from bot.live.credentials import Credentials
from bot.live.model import TaskQuery
from bot.live.protocol import DESCRIBE_TASKS
from bot.live.quota import LocalQuota, Place
from bot.sandbox.live import HANG, SimulatedLive
from bot.sandbox.live import running as simulated
from tests.bench.figures import Figure
from tests.slow_way import slowed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bot.live.quota import Priority, Quota

PER_S = 10
CALLERS = 40
SUSTAINED_GOAL = 9.5
HANGS = 6


@dataclass(frozen=True, slots=True)
class Case:
    """A way to the API.

    Attributes:
        name: what it is like.
        delay_s: how long a request is held up on it, by its number on its connection.
        goal: calls a second that are to be reached, or 0.
        hangs: how many of the first calls are never answered.
    """

    name: str
    delay_s: Callable[[int], float]
    goal: float = 0.0
    hangs: int = 0


def cases() -> tuple[Case, ...]:
    """The ways, each with delays of its own."""
    chance = random.Random(1)
    return (
        Case("0-20 ms delay", lambda _: chance.uniform(0.0, 0.02), SUSTAINED_GOAL),
        Case("40 ms round trips", lambda _: 0.04, SUSTAINED_GOAL),
        Case("a cold pool: first calls +300 ms", lambda number: 0.0 if number else 0.3),
        Case("200 ms jitter", lambda _: chance.uniform(0.0, 0.2)),
        Case(f"{HANGS} calls that hang", lambda _: 0.0, hangs=HANGS),
    )


class Spaced(LocalQuota):
    """Sends a fixed time apart, whatever becomes of them."""

    def __init__(self, per_s: int) -> None:
        super().__init__(per_s)
        self._apart_s = 1 / per_s
        self._next_s = 0.0

    @asynccontextmanager
    async def place(self, priority: Priority, *, by_s: float | None = None) -> AsyncIterator[Place]:
        """Wait for the next turn; nobody comes before another."""
        del priority, by_s
        now_s = asyncio.get_running_loop().time()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self._apart_s
        await asyncio.sleep(turn_s - now_s)
        yield Place()

    def throttled(self) -> None:
        """Go on as before."""


async def run(*, quick: bool = False) -> list[Figure]:
    """Measure each case, the two quotas side by side."""
    seconds = 1.5 if quick else 9.0
    figures: list[Figure] = []
    for case in cases():
        ours, spaced = await asyncio.gather(
            arrivals(case, LocalQuota(PER_S), seconds=seconds),
            arrivals(case, Spaced(PER_S), seconds=seconds),
        )
        figures += _figures(case, ours, spaced)
    return figures


async def arrivals(case: Case, quota: Quota, *, seconds: float) -> SimulatedLive:
    """The simulated API after many have called it for so long."""
    api = SimulatedLive(tasks=0)
    if case.hangs:
        api.faults.inject(HANG, calls=case.hangs)

    async def call_again_and_again(live: LiveClient) -> None:
        while True:
            with suppress(LiveError):
                await live.describe_preload_tasks(TaskQuery("live.example.com"), page_size=1)

    credentials = Credentials("testid", "testsecret")
    timeouts = Timeouts(call_s=2 * seconds, try_s=0.5)
    async with (
        simulated(api) as address,
        slowed(address, delay_s=case.delay_s) as way,
        LiveClient(credentials, way, quotas={DESCRIBE_TASKS: quota}, timeouts=timeouts) as live,
    ):
        callers = [asyncio.create_task(call_again_and_again(live)) for _ in range(CALLERS)]
        await asyncio.wait(callers, timeout=seconds)
        for caller in callers:
            caller.cancel()
        await asyncio.wait(callers)
    return api


def _figures(case: Case, ours: SimulatedLive, spaced: SimulatedLive) -> Iterator[Figure]:
    yield Figure(
        "quota",
        f"busiest second: {case.name}",
        ours.busiest_second(),
        "calls",
        "sends spaced",
        spaced.busiest_second(),
        at_most=PER_S,
    )
    yield Figure(
        "quota",
        f"sustained: {case.name}",
        per_s(ours),
        "calls/s",
        "sends spaced",
        per_s(spaced),
        at_least=case.goal or float("-inf"),
    )


def per_s(api: SimulatedLive) -> float:
    """Calls a second over whole rounds of the quota: a round is as many calls as it has places."""
    times = [arrival.at for arrival in api.arrivals]
    last = (len(times) - 1) // PER_S * PER_S
    return last / (times[last] - times[0])
