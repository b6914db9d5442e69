"""What one question to a real Valkey is answered."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import pytest

from bot.live.quota import REST_S, Priority
from bot.live.shared_places import AGAIN_S, LATE_S, SOON_S, Answer, Question, SharedPlaces, redis_at
from tests.servers import Valkey, valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from redis.asyncio import Redis

PERSON, BACKGROUND = Priority.PERSON, Priority.BACKGROUND
HOLD_S = 20.0
TICK_S = 1e-5
"""As finely as a float tells the time of day."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
async def redis(server: Valkey) -> AsyncIterator[Redis]:
    async with redis_at(server.url) as redis:
        yield redis


@pytest.fixture
def process(redis: Redis) -> Callable[..., SharedPlaces]:
    """Makes the places of one quota as a process sees them."""
    quota = f"test {secrets.token_hex(8)}"

    def named(name: str, *, per_s: int = 2, opens_s: float = 0.0) -> SharedPlaces:
        return SharedPlaces(redis, quota, name, per_s, hold_s=HOLD_S, opens_s=opens_s)

    return named


def wanted(*tokens: str, priority: Priority = PERSON, came_s: float = 1.0) -> Question:
    """A question for as many places."""
    waiting = tuple((priority, came_s + number) for number in range(len(tokens)))
    return Question(waiting=waiting, tokens=tokens)


async def given(places: SharedPlaces, question: Question) -> Answer:
    """The answer with a place, asking again when it says so."""
    while not (answer := await places.ask(question)).given_s:  # noqa: ASYNC110 - as it is told to
        await asyncio.sleep(answer.again_s)
    return answer


async def test_there_are_as_many_places_as_calls_a_second(
    process: Callable[..., SharedPlaces],
) -> None:
    answer = await process("one").ask(wanted("a", "b", "c"))
    assert (answer.per_s, answer.given_s, answer.again_s) == (2, (0.0, 0.0), AGAIN_S)
    assert (await process("other").ask(wanted("d"))).given_s == ()


async def test_a_place_given_back_is_promised_shortly_before_it_is_free(
    process: Callable[..., SharedPlaces],
) -> None:
    one, other = process("one", per_s=1), process("other", per_s=1)
    assert (await one.ask(wanted("a"))).given_s
    await one.ask(Question(taken={"a": 0.2}))
    begun = await other.ask(wanted("b"))
    assert begun.given_s == ()
    assert begun.again_s == pytest.approx(0.2 - SOON_S, abs=0.2 - SOON_S)
    answer = await given(other, wanted("b"))
    assert answer.now_s + answer.given_s[0] - begun.now_s == pytest.approx(0.2, abs=SOON_S)
    assert 0 <= answer.given_s[0] <= SOON_S
    assert (await one.ask(wanted("c"))).given_s == ()


async def test_a_place_never_used_is_free_at_once(process: Callable[..., SharedPlaces]) -> None:
    one = process("one", per_s=1)
    assert (await one.ask(wanted("a"))).given_s
    again = Question(waiting=((PERSON, 1.0),), tokens=("b",), taken={"a": 0.0})
    assert (await one.ask(again)).given_s == (0.0,)


async def test_the_place_of_a_process_that_is_gone_is_free_when_its_call_has_passed(
    redis: Redis, process: Callable[..., SharedPlaces]
) -> None:
    gone, other = process("gone", per_s=1), process("other", per_s=1)
    before = await gone.ask(wanted("a"))
    taken, *_ = gone._keys
    assert await redis.zcard(taken) == 1
    assert (await redis.zscore(taken, "a") or 0.0) / 1e6 - before.now_s == pytest.approx(
        HOLD_S + LATE_S + REST_S
    )
    await redis.zadd(taken, {"a": before.now_s * 1e6})  # as if it had taken it that long ago
    assert (await other.ask(wanted("b"))).given_s == (0.0,)


async def test_people_come_before_the_background_and_first_come_first(
    process: Callable[..., SharedPlaces],
) -> None:
    one, other, third = (process(name, per_s=1) for name in ("one", "other", "third"))
    assert (await one.ask(wanted("held"))).given_s
    await other.ask(wanted("late", came_s=3.0))
    await third.ask(wanted("background", priority=BACKGROUND, came_s=1.0))
    early = wanted("early", came_s=2.0)
    await one.ask(early)
    await one.ask(Question(early.waiting, early.tokens, taken={"held": 0.0}))
    await one.ask(Question(taken={"early": 0.0}))
    assert (await third.ask(wanted("x", priority=BACKGROUND))).given_s == ()
    assert (await other.ask(wanted("late", came_s=3.0))).given_s == (0.0,)


async def test_each_leaves_as_many_places_as_others_wait_before_it(
    process: Callable[..., SharedPlaces],
) -> None:
    one, other = process("one", per_s=3), process("other", per_s=3)
    held = ("a", "b", "c")
    assert len((await one.ask(wanted(*held))).given_s) == 3
    await other.ask(wanted("d", "e", came_s=5.0))
    back = Question(
        waiting=((BACKGROUND, 1.0), (BACKGROUND, 2.0)),
        tokens=("f", "g"),
        taken=dict.fromkeys(held, 0.0),
    )
    assert (await one.ask(back)).given_s == (0.0,)
    assert (await other.ask(wanted("d", "e", came_s=5.0))).given_s == (0.0, 0.0)


async def test_who_does_not_come_for_its_place_is_passed_over(
    process: Callable[..., SharedPlaces],
) -> None:
    paused, other = process("paused", per_s=1), process("other", per_s=1)
    assert (await other.ask(wanted("held"))).given_s
    assert (await paused.ask(wanted("a", came_s=1.0))).given_s == ()
    await other.ask(Question(taken={"held": 0.0}))
    behind = wanted("b", came_s=2.0)
    first = await other.ask(behind)
    assert first.given_s == ()
    answer = await given(other, behind)
    assert answer.given_s == (0.0,)
    assert answer.now_s - first.now_s > AGAIN_S


async def test_throttling_lowers_the_rate_for_all_once_a_second_and_it_recovers(
    redis: Redis, process: Callable[..., SharedPlaces]
) -> None:
    one, other = process("one", per_s=10), process("other", per_s=10)
    assert (await one.ask(Question(throttled=True))).per_s == 7
    assert (await other.ask(Question(throttled=True))).per_s == 7
    _, _, state, _ = one._keys
    for passed_s, expected in ((4.9, 7), (5.0, 8), (10.0, 10)):
        now_s = (await other.ask(Question())).now_s
        await redis.hset(state, "raised_next", str(round((now_s + 5.0 - passed_s) * 1e6)))
        assert (await other.ask(Question())).per_s == expected


async def test_a_server_that_knows_nothing_gives_nothing_until_all_have_come_by(
    redis: Redis, process: Callable[..., SharedPlaces]
) -> None:
    one, other = process("one", opens_s=0.3), process("other", opens_s=0.3)
    first = await one.ask(wanted("a"))
    assert first.given_s == ()
    assert first.again_s <= 0.3
    known = await given(one, wanted("a"))
    assert known.since == first.since
    assert known.now_s + known.given_s[0] - first.now_s >= 0.3 - TICK_S
    await redis.delete(*one._keys)
    lost = await other.ask(Question(taken={"b": HOLD_S, "c": HOLD_S}))
    assert lost.since != known.since
    await asyncio.sleep((await one.ask(wanted("d"))).again_s + SOON_S)
    assert (await one.ask(wanted("d"))).given_s == ()  # two are under way elsewhere


async def test_whoever_was_alone_has_all_others_wait_until_everybody_has_come_by(
    process: Callable[..., SharedPlaces],
) -> None:
    one, other = process("one", opens_s=0.3), process("other", opens_s=0.3)
    await given(one, wanted("a"))
    back = await other.ask(Question(taken={"b": HOLD_S}, was_alone=True))
    answer = await one.ask(Question(((PERSON, 1.0),), ("c",), taken={"a": 0.0}))
    assert answer.given_s == ()
    answer = await given(one, wanted("c"))
    assert answer.now_s + answer.given_s[0] - back.now_s >= 0.3 - TICK_S


async def test_calls_of_all_processes_are_counted_for_a_minute_each_once_however_often_told(
    process: Callable[..., SharedPlaces],
) -> None:
    one, other = process("one"), process("other")
    await one.ask(Question(used={"a": 0.0, "b": 59.0}))
    await one.ask(Question(used={"a": 0.1, "long ago": 60.5}))
    await other.ask(Question(used={"c": 3.0}))
    assert await one.use() == await other.use() == (3, 0)


async def test_who_waits_is_counted_in_all_processes_that_still_come_by(
    redis: Redis, process: Callable[..., SharedPlaces]
) -> None:
    one, other, third = (process(name, per_s=1) for name in ("one", "other", "third"))
    assert (await one.ask(wanted("held"))).given_s
    await one.ask(wanted("a", came_s=2.0))
    many = wanted("b", "c", came_s=3.0)
    await other.ask(Question(many.waiting, many.tokens, others=7))
    assert await third.use() == (0, 1 + 2 + 7)
    await one.ask(Question())
    assert await third.use() == (0, 2 + 7)
    await other.ask(Question(many.waiting, many.tokens, others=7, taken={"held": 0.0}))
    assert await third.use() == (0, 1 + 7)
    _, waiting, _, _ = other._keys
    await redis.hset(waiting, "other", "1 8 2000000")  # as if it was to come long ago
    assert await third.use() == (0, 0)
