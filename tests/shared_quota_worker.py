"""A process that calls the simulated API through a shared quota: `python -m … '{…}'`.

Prints a line when it begins, and how long each of its callers' calls took when it ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import msgspec
import structlog

from bot.errors import LiveError
from bot.live.client import LiveClient, Timeouts
from bot.live.credentials import Credentials
from bot.live.model import TaskQuery
from bot.live.protocol import DESCRIBE_TASKS
from bot.live.quota import Priority
from bot.live.shared_places import redis_at
from bot.live.shared_quota import SharedQuota
from tests.slow_way import slowed

if TYPE_CHECKING:
    from collections.abc import Callable

BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker does.

    Attributes:
        redis, api: addresses.
        name: of the quota.
        seconds: for how long.
        callers: how many call at once, again and again.
        priority: for whom.
        delay: what the way to the API is like.
        try_s: how long one call may take.
        opens_s: as `SharedQuota` has it.
        max_processes: as `SharedQuota` has it.
        seed: of chance.
    """

    redis: str
    api: str
    name: str
    seconds: float
    callers: int = 30
    priority: Priority = Priority.PERSON
    delay: str = "none"
    try_s: float = 1.0
    opens_s: float = 0.2
    max_processes: int = 4
    seed: int = 1

    def command(self) -> list[str]:
        """How to start it."""
        return [sys.executable, "-m", "tests.shared_quota_worker", json.dumps(asdict(self))]


def delays(name: str, chance: random.Random) -> Callable[[int], float]:
    """How long a request is held up on its way, by its number on its connection."""
    return {
        "none": lambda _: 0.0,
        "0-20 ms": lambda _: chance.uniform(0.0, 0.02),
        "40 ms": lambda _: 0.04,
        "200 ms jitter": lambda _: chance.uniform(0.0, 0.2),
        "cold pool": lambda number: 0.0 if number else 0.3,
    }[name]


async def done(work: Work) -> list[float]:
    """Do it; returns how long calls took, in seconds."""
    took: list[float] = []
    ends = time.monotonic() + work.seconds

    async def call_again_and_again(live: LiveClient) -> None:
        while time.monotonic() < ends:
            began = time.monotonic()
            with suppress(LiveError):
                await live.describe_preload_tasks(
                    TaskQuery("live.example.com"), page_size=1, priority=work.priority
                )
                took.append(time.monotonic() - began)

    credentials = Credentials("testid", "testsecret")
    timeouts = Timeouts(call_s=max(20.0, work.seconds), try_s=work.try_s)
    async with (
        redis_at(work.redis) as redis,
        SharedQuota(
            redis,
            work.name,
            10,
            max_processes=work.max_processes,
            hold_s=work.try_s,
            opens_s=work.opens_s,
        ) as quota,
        slowed(work.api, delay_s=delays(work.delay, random.Random(work.seed))) as way,
        LiveClient(credentials, way, quotas={DESCRIBE_TASKS: quota}, timeouts=timeouts) as live,
    ):
        callers = [asyncio.create_task(call_again_and_again(live)) for _ in range(work.callers)]
        print(BEGUN, flush=True)  # noqa: T201 - for who started it
        await asyncio.wait(callers, timeout=work.seconds)
        for caller in callers:
            caller.cancel()
        await asyncio.wait(callers)
    return took


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(json.dumps(asyncio.run(done(msgspec.json.decode(sys.argv[1], type=Work)))))  # noqa: T201 - as above
