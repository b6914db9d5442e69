"""The quota as the server counts it, in real time, on ways that hold calls up."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from bot.errors import LiveError
from bot.live.client import LiveClient, Timeouts
from bot.live.credentials import Credentials
from bot.live.model import TaskQuery
from bot.sandbox.live import HANG, RESET, Refuse, SimulatedLive, running
from tests.slow_way import slowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.live.faults import Fault

SECONDS = 2.2
CALLERS = 30
CHANCE = random.Random(1)


def at_once(_number: int) -> float:
    return 0.0


def cold_pool(number: int) -> float:
    return 0.3 if number == 0 else 0.0


def jitter(_number: int) -> float:
    return CHANCE.uniform(0.0, 0.2)


def up_to_20_ms(_number: int) -> float:
    return CHANCE.uniform(0.0, 0.02)


async def arrived(
    delay_s: Callable[[int], float], *, timeouts: Timeouts, fault: Fault | None, fault_calls: int
) -> SimulatedLive:
    """The simulated API after many have called it at once for a while."""
    api = SimulatedLive(tasks=0)
    if fault is not None:
        api.faults.inject(fault, calls=fault_calls)
    ends = time.monotonic() + SECONDS

    async def call_again_and_again(live: LiveClient) -> None:
        while time.monotonic() < ends:
            with suppress(LiveError):
                await live.describe_preload_tasks(TaskQuery("live.example.com"), page_size=1)

    async with (
        running(api) as address,
        slowed(address, delay_s=delay_s) as slow_address,
        LiveClient(Credentials("testid", "testsecret"), slow_address, timeouts=timeouts) as live,
    ):
        callers = [asyncio.create_task(call_again_and_again(live)) for _ in range(CALLERS)]
        await asyncio.wait(callers, timeout=SECONDS)
        for caller in callers:
            caller.cancel()
        await asyncio.wait(callers)
    return api


@pytest.mark.parametrize(
    ("delay_s", "try_s", "fault"),
    [
        (at_once, 8.0, None),
        (up_to_20_ms, 8.0, None),
        (cold_pool, 8.0, None),
        (jitter, 8.0, None),
        (at_once, 0.3, HANG),
        (jitter, 0.5, HANG),
        (cold_pool, 0.25, None),
        (jitter, 8.0, RESET),
        (at_once, 8.0, Refuse("InternalError", 500)),
    ],
)
async def test_never_more_than_ten_calls_arrive_in_any_second(
    delay_s: Callable[[int], float], try_s: float, fault: Fault | None
) -> None:
    timeouts = Timeouts(call_s=SECONDS, try_s=try_s)
    api = await arrived(delay_s, timeouts=timeouts, fault=fault, fault_calls=6)
    assert len(api.arrivals) >= 10
    assert api.busiest_second() <= 10
    assert not any(arrival.code.startswith("Throttling") for arrival in api.arrivals)
