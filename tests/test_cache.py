from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cache import REFUSAL_KEPT_S, Cache, ThisSecond, WaitingRoom
from bot.errors import PermissionRefused, TooManyWait, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def cache_of_text(clock: Clock, *, max_bytes: int = 1_000, max_entries: int = 100) -> Cache[str]:
    return Cache(weigh=len, max_bytes=max_bytes, max_entries=max_entries, clock=clock)


def test_each_entry_lives_for_its_own_time(clock: Clock) -> None:
    cache = cache_of_text(clock)
    cache.put("finished", "a", kept_s=300)
    cache.put("running", "b", kept_s=8)
    clock.seconds = 9
    assert cache.held("finished") == "a"
    assert cache.held("running") is None


def test_an_entry_that_lives_may_still_be_too_old_for_a_question(clock: Clock) -> None:
    cache = cache_of_text(clock)
    cache.put("key", "value", kept_s=300)
    clock.seconds = 10
    assert cache.held("key", max_age_s=10) == "value"
    assert cache.held("key", max_age_s=9) is None


def test_the_entries_are_bounded_in_bytes(clock: Clock) -> None:
    cache = cache_of_text(clock, max_bytes=1_000)
    for number in range(5):
        cache.put(number, "x" * 300, kept_s=60)
    assert cache.weight <= 1_000
    assert [number for number in range(5) if cache.held(number)] == [2, 3, 4]


def test_the_entries_are_bounded_in_number(clock: Clock) -> None:
    cache = cache_of_text(clock, max_bytes=1_000, max_entries=10)
    for number in range(50):
        cache.put(number, "", kept_s=60)
    assert len(cache) == 10


def test_a_value_over_the_bound_is_not_kept_and_displaces_nothing(clock: Clock) -> None:
    cache = cache_of_text(clock, max_bytes=100)
    cache.put("small", "x", kept_s=60)
    cache.put("large", "x" * 101, kept_s=60)
    assert cache.held("large") is None
    assert cache.held("small") == "x"


async def test_one_question_in_flight_is_asked_once(clock: Clock) -> None:
    cache = cache_of_text(clock)
    asked = 0
    reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask() -> str:
        nonlocal asked
        asked += 1
        return await reply

    waiting = [asyncio.create_task(cache.asked("key", ask)) for _ in range(5)]
    await asyncio.sleep(0)
    reply.set_result("answer")
    assert await asyncio.gather(*waiting) == ["answer"] * 5
    assert asked == 1


async def test_whoever_stops_waiting_does_not_end_the_others_question(clock: Clock) -> None:
    cache = cache_of_text(clock)
    reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask() -> str:
        return await reply

    leaves, stays = (asyncio.create_task(cache.asked("key", ask)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaves
    reply.set_result("answer")
    assert await stays == "answer"


async def test_the_last_one_to_stop_waiting_ends_the_question(clock: Clock) -> None:
    cache = cache_of_text(clock)
    ended = asyncio.Event()

    async def ask() -> str:
        try:
            await asyncio.get_running_loop().create_future()
            return "never"
        finally:
            ended.set()

    waiting = asyncio.create_task(cache.asked("key", ask))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await ended.wait()


async def test_an_error_is_told_to_everyone_waiting_and_not_kept(clock: Clock) -> None:
    cache = cache_of_text(clock)
    answers: Iterator[str | Exception] = iter([Unavailable(code="InternalError"), "answer"])

    async def ask() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    first, second = await asyncio.gather(
        cache.asked("key", ask), cache.asked("key", ask), return_exceptions=True
    )
    assert isinstance(first, Unavailable)
    assert isinstance(second, Unavailable)
    assert await cache.asked("key", ask) == "answer"


async def test_a_refusal_is_repeated_from_memory_for_a_few_seconds(clock: Clock) -> None:
    cache = cache_of_text(clock)
    asked = 0

    async def ask() -> str:
        nonlocal asked
        asked += 1
        raise PermissionRefused(code="Forbidden.RAM")

    for _ in range(3):
        with pytest.raises(PermissionRefused):
            await cache.asked("key", ask)
    assert asked == 1
    clock.seconds = REFUSAL_KEPT_S + 0.1
    with pytest.raises(PermissionRefused):
        await cache.asked("key", ask)
    assert asked == 2


# --- this second ---


@pytest.mark.parametrize("clocks", ["both", "the wall's", "the other"])
def test_a_value_of_this_second_is_gone_in_the_next_one_of_either_clock(
    clock: Clock, clocks: str
) -> None:
    time = datetime(2026, 11, 22, 19, 42, tzinfo=UTC)
    values: ThisSecond[str] = ThisSecond(now=lambda: time, clock=clock)
    values.put("key", "a")
    time += timedelta(seconds=0.9)
    clock.seconds = 0.9
    assert values.held("key") == "a"
    if clocks != "the other":
        time += timedelta(seconds=0.1)
    if clocks != "the wall's":
        clock.seconds = 1.0
    assert values.held("key") is None


def test_a_value_of_this_second_can_be_forgotten_before(clock: Clock) -> None:
    time = datetime(2026, 11, 22, 19, 42, tzinfo=UTC)
    values: ThisSecond[str] = ThisSecond(now=lambda: time, clock=clock)
    values.put("key", "a")
    values.clear()
    assert values.held("key") is None


async def test_no_more_wait_than_there_are_places_and_a_place_is_free_when_one_has_its_answer() -> (
    None
):
    room, answers = WaitingRoom(2), asyncio.Event()
    caches = [Cache[str](weigh=len, max_bytes=100, room=room) for _ in range(2)]

    async def ask() -> str:
        await answers.wait()
        return "answer"

    waiting = [asyncio.create_task(caches[0].asked("same", ask)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyWait):  # whatever it asks, of whichever cache, the same included
        await caches[0].asked("same", ask)
    with pytest.raises(TooManyWait):
        await caches[1].asked("other", ask)
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    answers.set()
    assert await caches[1].asked("other", ask) == "answer"
    assert await waiting[1] == "answer"


def test_a_value_takes_the_place_of_the_one_it_was_made_of_for_the_rest_of_its_time() -> None:
    passed = [0.0]
    values = Cache[str](weigh=len, max_bytes=100, clock=lambda: passed[0])
    values.put("key", old := "old", kept_s=10)
    passed[0] = 4
    values.replace("key", old, "new")
    values.replace("other", old, "new")
    assert (values.held("key"), values.held("other")) == ("new", None)
    assert values.held("key", max_age_s=3) is None
    values.replace("key", old, "newer still")
    assert values.held("key") == "new"
    passed[0] = 10
    assert values.held("key") is None
