from __future__ import annotations

from bot.live.outage import SURELY_AWAY_S, Outage, Sharing


def test_a_process_waits_until_all_that_was_given_has_passed_and_then_has_its_share() -> None:
    outage = Outage(2, wait_s=9.0)
    assert outage.state is Sharing.SHARED
    states = []
    for now in (0.0, 5.0, 8.9, 9.0):
        outage.noticed(now)
        states.append(outage.state)
    assert states == [Sharing.WAITING] * 3 + [Sharing.ALONE]
    assert [outage.take(9.0) is not None for _ in range(3)] == [True, True, False]


def test_a_new_outage_begins_with_waiting() -> None:
    outage = Outage(1, wait_s=1.0)
    outage.noticed(0.0)
    outage.noticed(1.0)
    outage.over()
    assert outage.state is Sharing.SHARED
    assert outage.take(1.0) is None
    outage.noticed(2.0)
    states = [outage.state]
    assert states == [Sharing.WAITING]


def test_who_was_paused_takes_no_place_before_it_has_looked_again() -> None:
    outage = Outage(1, wait_s=1.0)
    outage.noticed(0.0)
    outage.noticed(1.0)
    assert outage.take(1.0 + SURELY_AWAY_S) is None
    outage.noticed(1.0 + SURELY_AWAY_S)
    assert outage.take(1.0 + SURELY_AWAY_S) is outage.share
