"""Several shared quotas on one real Valkey, as processes have them."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.live.outage import Sharing
from bot.live.quota import REST_S, Priority, Use
from bot.live.shared_places import redis_at
from bot.live.shared_quota import SharedQuota
from bot.sandbox.live import busiest_second
from tests.servers import Valkey, valkey
from tests.sharing import OPENS_S, TRY_S, Served, connected, sharing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
PERSON, BACKGROUND = Priority.PERSON, Priority.BACKGROUND


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what another task or process brings about."""
    while not holds():  # noqa: ASYNC110 - nothing else tells
        await asyncio.sleep(0.01)


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_who_comes_first_is_served_first_and_people_before_the_background(
    server: Valkey,
) -> None:
    served = Served()
    async with sharing(server.url, 2, per_s=1) as (one, other), asyncio.TaskGroup() as group:
        await served.call(one, name="begins")
        calls = (
            (one, BACKGROUND, "background 1"),
            (other, BACKGROUND, "background 2"),
            (other, PERSON, "person 1"),
            (one, PERSON, "person 2"),
        )
        for waiting, (quota, priority, name) in enumerate(calls, start=1):
            group.create_task(served.call(quota, priority, name=name))
            await until(lambda n=waiting: one.use().waiting + other.use().waiting == n)  # type: ignore[misc] # the number of this turn
    assert served.names == ["begins", "person 1", "person 2", "background 1", "background 2"]
    assert busiest_second(served.arrivals) == 1


async def test_a_place_that_nobody_used_is_free_at_once_for_another_process(server: Valkey) -> None:
    async with sharing(server.url, 2) as (one, other):
        for quota in (one, other, one):
            held = [quota.place(PERSON) for _ in range(10)]
            for place in held:
                await place.__aenter__()
            for place in held:
                await place.__aexit__(None, None, None)


async def test_who_stops_waiting_does_not_hold_up_the_next(server: Valkey) -> None:
    served = Served()
    async with sharing(server.url, 2, per_s=1) as (one, other):
        await served.call(one)
        impatient = [asyncio.create_task(served.call(one, name="impatient")) for _ in range(3)]
        await until(lambda: one.use().waiting == 3)
        patient = asyncio.create_task(served.call(other, name="patient"))
        await until(lambda: other.use().waiting == 1)
        await ended(*impatient)
        await patient
    assert served.names == ["", "patient"]
    assert served.arrivals[1] - served.arrivals[0] >= 1


async def test_a_place_given_in_the_tick_its_waiter_was_cancelled_in_goes_to_the_next(
    server: Valkey,
) -> None:
    async with sharing(server.url, 1, per_s=1, hold_s=60.0) as (quota,):
        first = asyncio.create_task(Served().call(quota))
        await until(lambda: quota.use().waiting == 1)
        while quota.use().waiting:  # noqa: ASYNC110 - the very tick counts
            await asyncio.sleep(0)
        assert quota.use().last_minute == 0  # it was given, and has not run since
        await ended(first)
        assert first.cancelled()
        served = Served()
        await served.call(quota)
        assert len(served.arrivals) == 1


async def test_throttling_slows_all_processes_down_once(server: Valkey) -> None:
    async with sharing(server.url, 2) as (one, other):
        one.throttled()
        other.throttled()
        await until(lambda: one.use().is_throttled and other.use().is_throttled)
        assert one.use() == Use(last_minute=0, waiting=0, per_s=7, full_per_s=10)
        served = Served()
        calls = [asyncio.create_task(served.call(quota)) for quota in (one, other) * 7]
        await asyncio.wait(calls)
        assert busiest_second(served.arrivals) == 7
        assert one.use().last_minute == other.use().last_minute == 7


async def test_what_all_processes_use_is_told_to_each(server: Valkey) -> None:
    async with sharing(server.url, 3, per_s=1) as (one, other, third):
        await Served().call(one)
        async with other.place(PERSON):
            waiting = [asyncio.create_task(Served().call(quota)) for quota in (one, other) * 3]
            while await third.use_of_all() != Use(2, 6, 1, 1, is_of_all=True):
                pass
            assert third.use() == Use(0, 0, 1, 1)
            await ended(*waiting)


async def test_while_redis_is_away_only_what_this_process_uses_is_known(tmp_path: Path) -> None:
    with valkey(tmp_path) as server:
        async with sharing(server.url, 2) as (one, other):
            await Served().call(other)
            assert (await one.use_of_all()).is_of_all
            server.stop()
            assert await one.use_of_all() == Use(0, 0, 10, 10)  # before it has noticed
            await until(lambda: one.state is not Sharing.SHARED)
            assert await one.use_of_all() == Use(0, 0, 0, 0)


async def test_a_redis_that_forgot_all_is_told_the_calls_of_the_last_minute_again(
    server: Valkey,
) -> None:
    async with sharing(server.url, 1) as (quota,), connected(server.url) as redis:
        for count in (1, 2):
            await Served().call(quota)
            while (await quota.use_of_all()).last_minute != count:
                pass
            await redis.flushall()


async def test_who_waits_hardly_ever_asks(server: Valkey) -> None:
    async def questions() -> int:
        async with redis_at(server.url) as redis:
            told: dict[str, dict[str, int]] = await redis.info("commandstats")
            return told["cmdstat_evalsha"]["calls"]

    async with sharing(server.url, 4, per_s=1) as (one, *others):
        async with one.place(PERSON) as place:
            waiting = [
                asyncio.create_task(Served().call(quota)) for quota in others for _ in range(20)
            ]
            await until(lambda: sum(quota.use().waiting for quota in others) == 60)
            before = await questions()
            place.deadline_s = asyncio.get_running_loop().time() + 1.8
            await asyncio.sleep(1.8)  # what is measured: how much is asked in this time
            asked = await questions() - before
        await ended(*waiting)
    # Each of those who wait asks every 0.9 s, and the one who holds a place comes by every second.
    assert asked <= 4 * 3


async def test_many_calls_at_once_are_given_places_at_once(server: Valkey) -> None:
    served = Served()
    async with sharing(server.url, 1) as (quota,), asyncio.TaskGroup() as group:
        for _ in range(15):
            group.create_task(served.call(quota, way_s=0.02))
    assert len(served.arrivals) == 15
    assert busiest_second(served.arrivals) == 10


async def test_whoever_leaves_gives_all_back(server: Valkey) -> None:
    async with sharing(server.url, 1, per_s=1, hold_s=60.0) as (stays,):
        async with redis_at(server.url) as redis:
            leaves = SharedQuota(
                redis, stays._name, 1, max_processes=2, hold_s=60.0, opens_s=OPENS_S
            )
            async with leaves:
                held = leaves.place(PERSON)
                await held.__aenter__()
                waiting = asyncio.create_task(Served().call(leaves))
                behind = asyncio.create_task(Served().call(stays))
                await until(lambda: leaves.use().waiting == stays.use().waiting == 1)
                await held.__aexit__(None, None, None)
            with suppress(asyncio.CancelledError):
                await waiting
        await behind


# --- without Redis ---


async def seen(quota: SharedQuota, *expected: Sharing) -> None:
    for state in expected:
        await until(lambda wanted=state: quota.state is wanted)  # type: ignore[misc] # this turn's


@pytest.mark.long
async def test_while_redis_is_away_each_uses_its_share_after_a_while_and_returns(
    tmp_path: Path,
) -> None:
    served = Served()
    with valkey(tmp_path) as server, capture_logs() as logs:
        async with sharing(server.url, 2, opens_s=1.0) as (one, other):
            calls = [
                asyncio.create_task(served.call_again_and_again(quota, way_s=0.02))
                for quota in (one, other)
                for _ in range(15)
            ]
            await until(lambda: len(served.arrivals) >= 15)
            server.stop()
            await seen(one, Sharing.WAITING)
            assert one.use().per_s == one.use().full_per_s == 0
            sent = len(served.arrivals)
            await seen(one, Sharing.ALONE)
            await seen(other, Sharing.ALONE)
            assert (one.use().per_s, one.use().is_throttled) == (5, False)
            one.throttled()
            assert (one.use().per_s, one.use().is_throttled) == (3, True)
            await until(lambda: len(served.arrivals) >= sent + 11)
            server.start()
            await seen(one, Sharing.SHARED)
            await seen(other, Sharing.SHARED)
            returned = len(served.arrivals)
            await until(lambda: len(served.arrivals) >= returned + 11)
            await ended(*calls)
    assert busiest_second(served.arrivals) == 10
    gaps_s = [later - earlier for earlier, later in pairwise(served.arrivals[sent - 1 : sent + 11])]
    assert max(gaps_s) > TRY_S + REST_S  # until all that Redis had given had passed
    lines = sorted((line["log_level"], line["event"]) for line in logs)
    assert lines == [("info", "quota shared again")] * 2 + [("warning", "quota not shared")] * 2


async def test_places_given_while_redis_did_not_answer_are_given_back(tmp_path: Path) -> None:
    with valkey(tmp_path) as server:
        async with sharing(server.url, 1, hold_s=60.0) as (quota,):
            served = Served()
            await served.call(quota)
            assert server.process is not None
            os.kill(server.process.pid, signal.SIGSTOP)
            calls = [asyncio.create_task(served.call(quota)) for _ in range(10)]
            await seen(quota, Sharing.WAITING)
            os.kill(server.process.pid, signal.SIGCONT)
            await seen(quota, Sharing.SHARED)
            await asyncio.wait(calls)
    assert len(served.arrivals) == 11


async def test_a_process_may_start_while_redis_is_away(tmp_path: Path) -> None:
    with valkey(tmp_path) as server:
        server.stop()
        async with sharing(server.url, 1) as (quota,):
            served = Served()
            call = asyncio.create_task(served.call(quota))
            await seen(quota, Sharing.ALONE)
            await call
            assert served.arrivals
            server.start()
            await seen(quota, Sharing.SHARED)
            await served.call(quota)
