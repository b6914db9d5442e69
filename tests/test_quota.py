from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.live.quota import RAISED_EVERY_S, REST_S, LocalQuota, Place, Places, Priority, Use
from bot.sandbox.live import busiest_second
from tests.virtual_time import block, run

PERSON, BACKGROUND = Priority.PERSON, Priority.BACKGROUND
TRY_S = 2.0


# --- the arithmetic ---


def test_calls_of_the_last_minute_are_counted() -> None:
    places = Places(2)
    for moment in (0.0, 10.0, 60.0):
        assert places.take(moment)
        places.give_back(moment, free_at=moment)
    assert [places.taken_since(moment) for moment in (0.0, 0.1, 60.0, 60.1)] == [3, 2, 1, 0]


def test_there_are_as_many_places_as_calls_a_second() -> None:
    places = Places(3)
    assert [places.take(0.0) for _ in range(4)] == [True, True, True, False]


def test_a_place_given_back_rests_until_its_time() -> None:
    places = Places(1)
    assert places.take(0.0)
    places.give_back(0.5, free_at=1.5)
    assert not places.take(1.499)
    assert places.next_change(1.0) == 1.5
    assert places.take(1.5)


def test_a_place_that_was_never_used_is_free_at_once() -> None:
    places = Places(1)
    assert places.take(0.0)
    places.give_back(0.5, free_at=0.5)
    assert places.take(0.5)


def test_only_a_reply_can_free_a_place_that_is_held() -> None:
    places = Places(1)
    assert places.take(0.0)
    assert places.next_change(100.0) is None
    assert not places.take(100.0)


def test_throttling_lowers_the_limit_once_a_second_and_never_to_nothing() -> None:
    places = Places(10)
    limits = []
    for moment in (0.0, 0.2, 0.9, 1.0, 2.0, 3.0, 4.0):
        places.lower(moment)
        limits.append(places.limit(moment))
    assert limits == [7, 7, 7, 4, 2, 1, 1]


def test_the_limit_recovers_one_place_at_a_time() -> None:
    places = Places(10)
    places.lower(100.0)
    steps = range(5)
    recovered = [places.limit(100.0 + step * RAISED_EVERY_S) for step in steps]
    assert recovered == [7, 8, 9, 10, 10]
    assert places.next_change(200.0) is None


def test_a_lowered_quota_says_when_it_will_have_one_place_more() -> None:
    places = Places(2)
    assert places.take(0.0)
    places.lower(0.0)
    assert places.next_change(0.0) == RAISED_EVERY_S
    assert not places.take(RAISED_EVERY_S - 0.01)
    assert places.take(RAISED_EVERY_S)


@given(
    st.integers(1, 12),
    st.lists(
        st.tuples(st.sampled_from(["take", "give back", "lower"]), st.floats(0, 3), st.floats(0, 9))
    ),
)
def test_never_more_places_are_taken_or_resting_than_there_are(
    per_s: int, steps: list[tuple[str, float, float]]
) -> None:
    places = Places(per_s)
    now, held, resting = 0.0, 0, list[float]()
    for step, passed_s, rest_s in steps:
        now += passed_s
        resting = [free_at for free_at in resting if free_at > now]
        if step == "lower":
            before = places.limit(now)
            places.lower(now)
            assert 1 <= places.limit(now) <= before
        elif step == "take":
            free = places.limit(now) - held - len(resting)
            assert places.take(now) is (free > 0)
            held += free > 0
        elif held:
            places.give_back(now, free_at=now + rest_s)
            held -= 1
            resting += [now + rest_s] * (now + rest_s > now)
        assert places.used(now) == held + len(resting)
        change = places.next_change(now)
        assert change is None or change > now


@pytest.mark.parametrize(
    ("place", "free_at"),
    [
        (Place(), 5.0),
        (Place(deadline_s=8.0), 8.0 + REST_S),
        (Place(deadline_s=4.0), 5.0 + REST_S),
        (Place(deadline_s=8.0, replied_s=4.5), 4.5 + REST_S),
    ],
)
def test_when_a_place_is_free_follows_from_what_became_of_its_call(
    place: Place, free_at: float
) -> None:
    assert place.free_at(5.0) == free_at


# --- waiting for a place ---


@dataclass(frozen=True)
class Call:
    """What becomes of a call, in seconds.

    Attributes:
        begins_s: when it is made.
        priority: for whom.
        there_s: how long it takes to arrive at the server; None if it cannot connect.
        back_s: how long until the reply is here after that; None if there never is one.
        given_up_s: how long until the caller is cancelled; None if never.
    """

    begins_s: float
    priority: Priority = PERSON
    there_s: float | None = 0.0
    back_s: float | None = 0.0
    given_up_s: float | None = None


class Served:
    """A server's view, and the callers', of calls through one quota."""

    def __init__(self, per_s: int = 10) -> None:
        self.quota = LocalQuota(per_s)
        self.arrivals: list[float] = []
        self.placed: list[Call] = []

    async def all(self, calls: list[Call]) -> None:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(self._made(call))

    async def _made(self, call: Call) -> None:
        await asyncio.sleep(call.begins_s)
        made = asyncio.create_task(self._through(call))
        if call.given_up_s is not None:
            asyncio.get_running_loop().call_later(call.given_up_s, made.cancel)
        with suppress(asyncio.CancelledError):
            await made

    async def _through(self, call: Call) -> None:
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with self.quota.place(call.priority) as place:
                self.placed.append(call)
                place.deadline_s = loop.time() + TRY_S
                async with asyncio.timeout_at(place.deadline_s):
                    if call.there_s is None:
                        place.deadline_s = None
                        return
                    # Once sent, nobody who stops waiting can keep it from arriving.
                    loop.call_later(call.there_s, lambda: self.arrivals.append(loop.time()))
                    await asyncio.sleep(call.there_s)
                    if call.back_s is None:
                        await asyncio.Event().wait()
                    else:
                        await asyncio.sleep(call.back_s)
                    place.replied_s = loop.time()


priorities = st.sampled_from(Priority)
delays = st.sampled_from([0.0, 0.0, 0.01, 0.3, TRY_S]) | st.floats(0, TRY_S)
begins = st.sampled_from([0.0, 0.0, 0.5]) | st.floats(0, 4)
good = st.builds(Call, begins, priorities, delays, delays)
bad = st.one_of(
    st.builds(Call, begins, priorities, st.none()),
    st.builds(Call, begins, priorities, delays, st.none()),
    st.builds(Call, begins, priorities, delays, delays, delays),
)
calls = st.lists(good | good | bad, min_size=5, max_size=40)


@given(st.integers(1, 4), calls)
@settings(deadline=None)
def test_whatever_happens_on_the_way_no_second_at_the_server_has_a_call_too_many(
    per_s: int, made: list[Call]
) -> None:
    served = Served(per_s)
    run(served.all(made))
    assert busiest_second(served.arrivals) <= per_s
    patient = sum(call.given_up_s is None for call in made)
    assert len(served.placed) >= patient


@given(calls, st.lists(st.floats(0, 20), max_size=5))
@settings(deadline=None)
def test_throttling_ends_and_everybody_is_served(made: list[Call], throttled: list[float]) -> None:
    served = Served(4)

    async def main() -> None:
        for moment in throttled:
            asyncio.get_running_loop().call_later(moment, served.quota.throttled)
        await served.all(made)
        await asyncio.sleep(100)
        assert served.quota.limit == 4
        assert served.quota.used == 0

    run(main())
    assert busiest_second(served.arrivals) <= 4


def test_who_comes_first_is_served_first_and_people_before_the_background() -> None:
    served = Served(1)
    background = [Call(0.01 * n, BACKGROUND) for n in range(5)]
    people = [Call(0.5 + 0.01 * n) for n in range(5)]
    run(served.all(background + people))
    assert served.placed == [background[0], *people, *background[1:]]


def test_places_are_given_as_soon_as_they_have_rested() -> None:
    served = Served(2)
    run(served.all([Call(0.0, back_s=0.04) for _ in range(6)]))
    round_s = REST_S + 0.04
    assert served.arrivals == pytest.approx([0, 0, round_s, round_s, 2 * round_s, 2 * round_s])


def test_at_40_ms_round_trips_more_than_9_and_a_half_calls_a_second_go_through() -> None:
    served = Served(10)
    run(served.all([Call(0.0, there_s=0.02, back_s=0.02) for _ in range(200)]))
    gaps_s = [later - earlier for earlier, later in pairwise(served.arrivals)]
    assert 190 / sum(gaps_s) > 9.5
    assert busiest_second(served.arrivals) == 10


def test_who_stops_waiting_does_not_hold_up_the_next() -> None:
    served = Served(1)
    impatient = Call(0.1, given_up_s=0.2)
    patient = Call(0.2)
    run(served.all([Call(0.0), impatient, patient]))
    assert impatient not in served.placed
    assert served.arrivals == pytest.approx([0.0, REST_S])


def test_a_call_that_could_not_connect_frees_its_place_at_once() -> None:
    served = Served(1)
    run(served.all([Call(0.0, there_s=None), Call(0.0)]))
    assert served.arrivals == [0.0]


def test_a_call_given_up_on_its_way_may_still_arrive_and_keeps_its_place_that_long() -> None:
    served = Served(1)
    run(served.all([Call(0.0, there_s=1.9, given_up_s=0.1), Call(0.2)]))
    assert served.arrivals == pytest.approx([1.9, TRY_S + REST_S])


def test_a_place_given_in_the_tick_its_waiter_was_cancelled_in_goes_to_the_next() -> None:
    async def main() -> None:
        quota = LocalQuota(1)
        order: list[str] = []

        async def one(name: str) -> None:
            async with quota.place(PERSON):
                order.append(name)

        async with quota.place(PERSON):
            first = asyncio.create_task(one("first"))
            second = asyncio.create_task(one("second"))
            await asyncio.sleep(0)
        # The place was given to the first as it was left just now, and nobody has run since.
        first.cancel()
        await asyncio.wait([first, second])
        assert first.cancelled()
        assert order == ["second"]
        assert quota.used == 0

    run(main())


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    async def main() -> None:
        quota = LocalQuota(1)
        order: list[str] = []

        async def one(name: str, priority: Priority) -> None:
            async with quota.place(priority):
                order.append(name)

        async with quota.place(PERSON) as place:
            waiting = asyncio.create_task(one("waiting", PERSON))
            await asyncio.sleep(0)
            place.replied_s = 0.0
        await asyncio.sleep(0.5)
        block(2.0)  # the place is free, and the timer that would say so is late
        await one("newcomer", PERSON)
        assert order == ["waiting", "newcomer"]
        await waiting

    run(main())


def test_the_numbers_say_who_waits_and_what_is_taken() -> None:
    async def main() -> None:
        quota = LocalQuota(2)

        async def forever() -> None:
            async with quota.place(BACKGROUND):
                await asyncio.Event().wait()

        held = [asyncio.create_task(forever()) for _ in range(3)]
        await asyncio.sleep(0)
        assert (quota.used, quota.waiting, quota.limit) == (2, 1, 2)
        quota.throttled()
        assert quota.limit == 1
        for task in held:
            task.cancel()
        await asyncio.wait(held)
        assert (quota.used, quota.waiting) == (0, 0)

    run(main())


def test_how_much_of_it_is_in_use_is_told() -> None:
    async def told() -> tuple[Use, Use]:
        quota = LocalQuota(2)
        async with quota.place(PERSON), quota.place(PERSON):
            waiting = asyncio.ensure_future(quota.granted(BACKGROUND))
            await asyncio.sleep(0)
            busy = quota.use()
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        quota.throttled()
        return busy, quota.use()

    busy, throttled = run(told())
    assert busy == Use(last_minute=2, waiting=1, per_s=2, full_per_s=2)
    assert throttled == Use(last_minute=2, waiting=0, per_s=1, full_per_s=2)
    assert (busy.is_throttled, throttled.is_throttled) == (False, True)
