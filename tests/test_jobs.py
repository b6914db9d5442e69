from __future__ import annotations

import asyncio
import contextlib

import pytest
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from bot.errors import Busy, StoreUnavailable
from bot.jobs import LONGEST_PAUSE_S, STORE_PAUSE_S, Jobs, Loops
from bot.logs import request_id
from tests import virtual_time


async def test_a_job_runs_after_its_start_has_returned() -> None:
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    async with Jobs() as jobs:
        jobs.start("tasks", work())
        assert not done.is_set()
        await done.wait()


async def test_a_job_is_held_until_it_is_done() -> None:
    gate = asyncio.Event()

    async def work() -> None:
        await gate.wait()

    jobs = Jobs()
    jobs.start("tasks", work())
    assert len(jobs) == 1
    gate.set()
    assert await jobs.drain(timeout_s=60) == 0
    assert len(jobs) == 0


async def test_past_the_limit_the_caller_is_told_at_once_and_nothing_is_left_behind() -> None:
    gate = asyncio.Event()
    ran: list[str] = []

    async def work(name: str) -> None:
        await gate.wait()
        ran.append(name)

    async with Jobs(limit=2) as jobs:
        jobs.start("tasks", work("first"))
        jobs.start("tasks", work("second"))
        with pytest.raises(Busy):
            jobs.start("tasks", work("third"))
        gate.set()
    assert sorted(ran) == ["first", "second"]


async def test_a_finished_job_makes_room() -> None:
    async def work() -> None:
        pass

    async with Jobs(limit=1) as jobs:
        for _ in range(3):
            jobs.start("tasks", work())
            await asyncio.sleep(0)  # the job's turn
            await asyncio.sleep(0)  # the turn of what follows its end


async def test_each_job_knows_its_own_request() -> None:
    names = iter(("aaaa", "bbbb"))
    seen: dict[str, object] = {}

    async def work() -> None:
        context = get_contextvars()
        seen[request_id()] = context["job"]

    async with Jobs(new_id=lambda: next(names)) as jobs:
        assert jobs.start("tasks", work()) == "aaaa"
        assert jobs.start("page.next", work()) == "bbbb"
    assert seen == {"aaaa": "tasks", "bbbb": "page.next"}
    assert request_id() == ""


async def test_a_crash_is_logged_once_and_told_under_the_same_id() -> None:
    told: list[str] = []

    async def work() -> None:
        raise LookupError("a fault of ours")

    async def tell(ref: str) -> None:
        told.append(ref)

    with capture_logs() as lines:
        async with Jobs(new_id=lambda: "aaaa") as jobs:
            jobs.start("tasks", work(), on_crash=tell)
    assert told == ["aaaa"]
    assert [(line["event"], line["exc_info"]) for line in lines] == [("job crashed", True)]


async def test_a_crash_that_cannot_be_told_is_logged_too() -> None:
    async def work() -> None:
        raise LookupError

    async def tell(_: str) -> None:
        raise ConnectionError

    with capture_logs() as lines:
        async with Jobs() as jobs:
            jobs.start("tasks", work(), on_crash=tell)
    assert [line["event"] for line in lines] == ["job crashed", "could not tell of the crash"]


async def test_a_job_that_ends_well_is_not_told_of_as_a_crash() -> None:
    told: list[str] = []

    async def work() -> None:
        pass

    async def tell(ref: str) -> None:
        told.append(ref)

    async with Jobs() as jobs:
        jobs.start("tasks", work(), on_crash=tell)
    assert not told


async def test_a_draining_waits_for_jobs_and_takes_no_more() -> None:
    gate = asyncio.Event()
    ran: list[str] = []

    async def work() -> None:
        await gate.wait()
        ran.append("done")

    jobs = Jobs()
    jobs.start("tasks", work())
    draining = asyncio.create_task(jobs.drain(timeout_s=60))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        jobs.start("tasks", work())
    gate.set()
    assert await draining == 0
    assert ran == ["done"]


async def test_what_does_not_end_in_time_is_cancelled_and_named() -> None:
    tidied = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidied.set()

    jobs = Jobs()
    jobs.start("tasks", work())
    await asyncio.sleep(0)
    with capture_logs() as lines:
        assert await jobs.drain(timeout_s=0) == 1
    assert tidied.is_set()
    assert [line["job"] for line in lines] == ["tasks"]


async def test_a_cancelled_job_is_no_crash() -> None:
    told: list[str] = []

    async def work() -> None:
        await asyncio.Event().wait()

    async def tell(ref: str) -> None:
        told.append(ref)

    async with Jobs(drain_timeout_s=0) as jobs:
        jobs.start("tasks", work(), on_crash=tell)
        await asyncio.sleep(0)
    assert not told


async def test_idle_is_reached_when_the_last_job_has_ended_and_more_may_start() -> None:
    ended: list[str] = []

    async with Jobs() as jobs:

        async def work(name: str, following: str | None = None) -> None:
            await asyncio.sleep(0)
            if following:
                jobs.start("tasks", work(following))
            ended.append(name)

        await jobs.idle()
        jobs.start("tasks", work("first", following="second"))
        await jobs.idle()
        assert ended == ["first", "second"]
        jobs.start("tasks", work("third"))
    assert ended[-1] == "third"


async def test_a_job_that_outlives_its_cancellation_does_not_hold_the_shutdown() -> None:
    gate = asyncio.Event()

    async def work() -> None:
        while not gate.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await gate.wait()

    jobs = Jobs(cancel_grace_s=0)
    jobs.start("tasks", work())
    await asyncio.sleep(0)
    with capture_logs() as lines:
        assert await jobs.drain(timeout_s=0) == 1
    assert [line["event"] for line in lines] == [
        "job cancelled by the shutdown",
        "job outlives its cancellation",
    ]
    gate.set()
    assert await jobs.drain(timeout_s=60) == 0


async def test_past_the_limit_there_is_room_to_say_so_but_not_without_end() -> None:
    gate = asyncio.Event()

    async def work() -> None:
        await gate.wait()

    async with Jobs(limit=1, spare=2) as jobs:
        jobs.start("tasks", work())
        for _ in range(2):
            jobs.start("busy", work(), is_excuse=True)
        with pytest.raises(Busy):
            jobs.start("busy", work(), is_excuse=True)
        gate.set()


def test_a_loop_takes_its_next_turn_when_the_last_one_said() -> None:
    times: list[float] = []

    async def turn() -> float:
        times.append(asyncio.get_running_loop().time())
        return 5.0

    async def main() -> None:
        async with Loops() as loops:
            loops.start("sweep", turn, woken=asyncio.Event())
            await asyncio.sleep(12)

    virtual_time.run(main())
    assert times == [0.0, 5.0, 10.0]


def test_a_loop_that_is_woken_takes_its_turn_at_once() -> None:
    times: list[float] = []
    woken = asyncio.Event()

    async def turn() -> float:
        times.append(asyncio.get_running_loop().time())
        return 60.0

    async def main() -> None:
        async with Loops() as loops:
            loops.start("sweep", turn, woken=woken)
            await asyncio.sleep(3)
            woken.set()
            await asyncio.sleep(1)

    virtual_time.run(main())
    assert times == [0.0, 3.0]


def test_a_loop_outlives_its_bad_turns_and_takes_them_less_often() -> None:
    times: list[float] = []

    async def turn() -> float:
        times.append(asyncio.get_running_loop().time())
        if len(times) < 8:
            raise RuntimeError("bad turn")
        return 1.0

    async def main() -> None:
        async with Loops() as loops:
            loops.start("sweep", turn, woken=asyncio.Event())
            await asyncio.sleep(93)

    with capture_logs() as logs:
        virtual_time.run(main())
    assert times[:6] == [0, 1, 3, 7, 15, 31]
    assert times[7] - times[6] == LONGEST_PAUSE_S
    assert times[8] - times[7] == 1
    assert [line["event"] for line in logs] == ["turn failed"] * 7


def test_a_loop_whose_store_is_away_tries_again_soon_and_says_so_once() -> None:
    times: list[float] = []

    async def turn() -> float:
        times.append(asyncio.get_running_loop().time())
        if len(times) < 32:
            raise StoreUnavailable("gone")
        return 60.0

    async def main() -> None:
        async with Loops() as loops:
            loops.start("sweep", turn, woken=asyncio.Event())
            await asyncio.sleep(70)

    with capture_logs() as logs:
        virtual_time.run(main())
    assert times == [STORE_PAUSE_S * number for number in range(32)]
    assert [line["event"] for line in logs] == ["waiting for the store", "the store is there again"]


def test_leaving_the_loops_ends_a_turn_under_way() -> None:
    ended: list[str] = []

    async def turn() -> float:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("turn")
        return 0.0

    async def main() -> None:
        async with Loops() as loops:
            loops.start("sweep", turn, woken=asyncio.Event())
            await asyncio.sleep(1)

    virtual_time.run(main())
    assert ended == ["turn"]
