"""The quota of several processes as the server counts it, in real time, on a real Valkey."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import subprocess
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bot.live.quota import REST_S, Priority
from bot.live.shared_places import LATE_S, redis_at
from bot.sandbox.live import HANG, RESET, SimulatedLive, running
from tests.servers import Valkey, valkey
from tests.shared_quota_worker import BEGUN, Work

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.sandbox.live.faults import Fault

PER_S = 10
SUSTAINED_PER_S = 9.5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@asynccontextmanager
async def working(work: Work) -> AsyncIterator[Process]:
    """A process that does it, and has begun."""
    process = await asyncio.create_subprocess_exec(
        *work.command(), stdin=subprocess.DEVNULL, stdout=PIPE
    )
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).decode().strip() == BEGUN
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def result_of(process: Process) -> list[float]:
    """How long its calls took, when it has done all."""
    said, _ = await process.communicate()
    assert process.returncode == 0
    took: list[float] = json.loads(said)
    return took


async def all_done(work: Work, processes: int) -> list[list[float]]:
    """Several processes do it at once."""

    async def one(seed: int) -> list[float]:
        async with working(replace(work, seed=seed)) as process:
            return await result_of(process)

    return await asyncio.gather(*(one(seed) for seed in range(processes)))


def times_of(api: SimulatedLive) -> list[float]:
    return [arrival.at for arrival in api.arrivals]


def never_too_many(api: SimulatedLive) -> bool:
    throttled = [one for one in api.arrivals if one.code.startswith("Throttling")]
    return len(api.arrivals) > PER_S and api.busiest_second() <= PER_S and not throttled


async def arrived(
    server: Valkey, processes: int, delay: str, fault: Fault | None, seconds: float
) -> SimulatedLive:
    """The simulated API after so many processes have called it for a while."""
    api = SimulatedLive(tasks=0)
    if fault is not None:
        api.faults.inject(fault, calls=6)
    async with running(api) as address:
        work = Work(server.url, address, secrets.token_hex(8), seconds, delay=delay)
        await all_done(work, processes)
    return api


@pytest.mark.parametrize(
    ("processes", "delay", "fault"),
    [(2, "cold pool", HANG), (4, "200 ms jitter", RESET)],
)
async def test_never_more_than_ten_calls_arrive_in_any_second(
    server: Valkey, processes: int, delay: str, fault: Fault | None
) -> None:
    assert never_too_many(await arrived(server, processes, delay, fault, seconds=2.2))


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("fault", [None, HANG], ids=["answered", "6 hang"])
@pytest.mark.parametrize("delay", ["none", "0-20 ms", "40 ms", "200 ms jitter", "cold pool"])
async def test_never_more_than_ten_calls_arrive_in_any_second_whatever_the_way(
    server: Valkey, processes: int, delay: str, fault: Fault | None
) -> None:
    assert never_too_many(await arrived(server, processes, delay, fault, seconds=6.0))


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("delay", ["0-20 ms", "40 ms"])
async def test_while_calls_wait_nine_and_a_half_a_second_go_through(
    server: Valkey, processes: int, delay: str
) -> None:
    times = times_of(await arrived(server, processes, delay, None, seconds=12.0))
    last = (len(times) - 1) // PER_S * PER_S  # whole rounds of all places
    assert last / (times[last] - times[0]) >= SUSTAINED_PER_S


async def test_people_of_one_process_come_before_the_background_of_another(server: Valkey) -> None:
    api = SimulatedLive(tasks=0)
    async with running(api) as address:
        work = Work(server.url, address, secrets.token_hex(8), 6.0, priority=Priority.BACKGROUND)
        async with working(replace(work, callers=60)) as background:
            people = replace(work, seconds=2.5, callers=1, priority=Priority.PERSON)
            async with working(people) as person:
                waits_s = await result_of(person)
            background.kill()
    # 60 in the background are six seconds of waiting; a person's call never waits for two rounds.
    assert len(waits_s) >= 2
    assert max(waits_s[1:]) < 2 * REST_S
    assert never_too_many(api)


async def more_arrived(api: SimulatedLive, calls: int) -> None:
    """Wait until so many calls more have arrived."""
    expected = len(api.arrivals) + calls
    while len(api.arrivals) < expected:  # noqa: ASYNC110 - the API only lists what arrived
        await asyncio.sleep(0.01)


async def test_a_killed_process_costs_its_places_until_its_deadline_and_a_second(
    server: Valkey,
) -> None:
    api = SimulatedLive(tasks=0)
    api.faults.inject(HANG, calls=PER_S)
    async with running(api) as address:
        work = Work(server.url, address, secrets.token_hex(8), 30.0, try_s=1.0)
        async with working(work) as killed:
            await more_arrived(api, PER_S)
            killed.kill()
            await killed.wait()
            async with working(work) as heir:
                begun_s = asyncio.get_running_loop().time()
                await more_arrived(api, 1)
                heir.kill()
    times = times_of(api)
    given_again_s = times[PER_S] - times[0]
    # It takes the heir a while to start.
    free_s = max(work.try_s + LATE_S + REST_S, begun_s - times[0])
    assert work.try_s + REST_S <= given_again_s < free_s + 1.0
    assert never_too_many(api)


@pytest.mark.long
async def test_a_process_that_was_paused_does_no_harm_when_it_wakes(server: Valkey) -> None:
    api = SimulatedLive(tasks=0)
    async with running(api) as address:
        work = Work(server.url, address, secrets.token_hex(8), 30.0, try_s=0.5)
        async with working(work) as paused, working(work) as other:
            for calls in (3, 12, 30):
                await more_arrived(api, 7)
                paused.send_signal(signal.SIGSTOP)
                await more_arrived(api, calls)  # the other's
                paused.send_signal(signal.SIGCONT)
            await more_arrived(api, 3 * PER_S)
            other.kill()
    assert never_too_many(api)


@pytest.mark.long
@pytest.mark.parametrize("loss", ["restarted", "flushed"])
async def test_redis_may_lose_all_it_knows(tmp_path: Path, loss: str) -> None:
    api = SimulatedLive(tasks=0)
    with valkey(tmp_path) as server:
        async with running(api) as address:
            work = Work(
                server.url, address, "lost", 30.0, opens_s=3.0, delay="200 ms jitter", try_s=8.0
            )
            async with working(work) as one, working(work) as other:
                await more_arrived(api, PER_S + 5)
                if loss == "flushed":
                    async with redis_at(server.url) as redis:
                        await redis.flushall()
                else:
                    server.stop()
                    server.start()
                await more_arrived(api, 2 * PER_S)
                one.kill()
                other.kill()
    assert never_too_many(api)


@pytest.mark.long
async def test_while_redis_is_away_each_process_sends_its_share_and_returns(tmp_path: Path) -> None:
    api = SimulatedLive(tasks=0)
    with valkey(tmp_path) as server:
        async with running(api) as address:
            work = Work(server.url, address, "away", 60.0, opens_s=3.0, max_processes=2)
            async with working(work) as one, working(work) as other:
                await more_arrived(api, 2 * PER_S)
                server.stop()
                alone = len(api.arrivals)
                await more_arrived(api, 4 * PER_S)
                server.start()
                await more_arrived(api, 6 * PER_S)
                one.kill()
                other.kill()
    assert never_too_many(api)
    times = times_of(api)
    # What had been given already may still arrive; then nothing does until all of it has passed.
    gaps_s = [later - earlier for earlier, later in pairwise(times[alone - 1 : alone + PER_S])]
    assert max(gaps_s) > work.try_s + REST_S
