from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.live.gateway_clock import GatewayClock

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)

steps = st.sampled_from([0.0, 0.25, 0.999999, 1.0, -0.25, -1.0, 3600.0, -3600.0])


@given(st.lists(steps | st.floats(-5, 5), min_size=1))
def test_the_second_is_that_of_the_time_wherever_the_clock_is_set(steps_s: list[float]) -> None:
    time = NOW
    clock = GatewayClock(lambda: time)
    for step_s in steps_s:
        time += timedelta(seconds=step_s)
        assert clock.second() == time.replace(microsecond=0)


def test_a_second_is_one_object_while_it_lasts() -> None:
    times = iter([NOW, NOW + timedelta(seconds=0.999999)])
    clock = GatewayClock(lambda: next(times))
    assert clock.second() is clock.second()
