"""What else goes wrong: at Slack, at the Live API, in the store, with the clock, by many hands."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Pool, event

from bot.sandbox.live import HANG, HTML_502, Break, Raw, Throttle
from bot.sandbox.slack import Fault
from tests.chaos import clock
from tests.chaos.judge import Bounds, Report
from tests.chaos.reading import kind_of, words_of
from tests.chaos.scripted import ONE, Theatre, afternoon, theatre
from tests.chaos.world import ANNA, GENERAL, LIVE_OPS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection

    from bot.sandbox.live.faults import Fault as LiveFault

pytestmark = pytest.mark.long

POST, UPDATE = "chat.postMessage", "chat.update"
UNBOUNDED = 1 << 30
"""Pages in a store, at most."""


def endured(
    trouble: Callable[[Theatre], Awaitable[None]], *, rests_s: float = 200, late_s: float = 90
) -> tuple[Theatre, Report]:
    """An afternoon with this trouble, which begins with it; and how it stands at its end."""

    async def played() -> tuple[Theatre, Report]:
        async with theatre() as stage:
            await afternoon(stage)
            await trouble(stage)
            await stage.until(rests_s)
            return stage, stage.judged(Bounds(late_s=late_s, seen_s=30))

    return clock.run(played)


def kinds(played: Theatre, channel: str) -> Counter[str]:
    return Counter(kind_of(one) for one in played.stage.slack.messages if one.channel == channel)


def test_an_afternoon_without_trouble_is_told_within_seconds() -> None:
    async def none(_: Theatre) -> None:
        pass

    played, report = endured(none, late_s=30)
    assert report.is_clean, report
    assert played.lives == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(POST, times=40, status=429, retry_after_s=2),
        Fault(UPDATE, times=40, status=429, retry_after_s=2),
        Fault(times=60, status=429, retry_after_s=1),
        Fault(POST, times=12, status=503),
        Fault(POST, times=6, error="internal_error"),
        Fault(UPDATE, times=12, status=500),
    ],
    ids=str,
)
def test_what_slack_will_not_take_for_a_while_is_told_after_it(fault: Fault) -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(20)
        played.stage.slack.faults.add(replace(fault))  # it counts down

    _, report = endured(trouble, rests_s=400, late_s=260)
    assert report.is_clean, report


@pytest.mark.parametrize("late_s", [0.0, 4.0, 10.0, 14.0, 19.9])
def test_a_post_that_slack_accepts_after_its_time_is_found_and_not_sent_again(
    late_s: float,
) -> None:
    async def trouble(played: Theatre) -> None:
        for at_s in (10, 40):
            await played.until(at_s)
            played.stage.slack.faults.add(Fault(POST, accepted_after_s=late_s, times=2))

    _, report = endured(trouble, rests_s=300, late_s=120)
    assert report.is_clean, report


def test_a_post_that_slack_drops_in_silence_is_sent_again() -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(10)
        played.stage.slack.faults.add(Fault(POST, status=504, times=3))

    _, report = endured(trouble, rests_s=300, late_s=180)
    assert report.is_clean, report


def test_without_the_history_scopes_only_what_is_counted_as_uncertain_may_be_doubled() -> None:
    async def trouble(played: Theatre) -> None:
        played.stage.slack.faults.missing_scopes |= {"channels:history", "groups:history"}
        await played.until(10)
        played.stage.slack.faults.add(Fault(POST, channel=LIVE_OPS, accepted_after_s=3, times=2))

    async def played() -> None:
        async with theatre() as stage:
            await afternoon(stage)
            await trouble(stage)
            await stage.until(300)
            report = stage.judged(Bounds(late_s=180))
            twice = len(report.doubled)
            assert twice
            report.doubled.clear()
            assert report.is_clean, report
            may = "may stand there twice"
            answer = await stage.anna.gets("/preload deliveries 30", LIVE_OPS, shows=may)
            assert words_of(answer).count(may) >= twice

    clock.run(played)


@pytest.mark.parametrize("fault", [Throttle(wait_ms=700), HTML_502, HANG, Break("reset")], ids=str)
def test_a_live_api_in_trouble_delays_and_loses_nothing(fault: LiveFault) -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(15)
        played.stage.live.faults.inject(fault)
        await played.until(70)
        played.stage.live.faults.clear()

    played, report = endured(trouble, late_s=120)
    assert report.is_clean, report
    assert "blind" not in kinds(played, LIVE_OPS)


@pytest.mark.parametrize("fault", [Raw(502), HANG], ids=str)
def test_blindness_for_minutes_is_said_once_and_its_end_once(fault: LiveFault) -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(30)
        played.stage.live.faults.inject(fault)
        await played.until(330)
        played.stage.live.faults.clear()

    played, report = endured(trouble, rests_s=500, late_s=400)
    assert report.is_clean, report
    for channel in (LIVE_OPS, GENERAL):
        told = kinds(played, channel)
        assert (told["blind"], told["sight"]) == (1, 1)


@contextmanager
def at_each_checkout(pragma: Callable[[], str]) -> Iterator[None]:
    """Every connection to the store is set so before it is used."""

    def set_so(connection: DBAPIConnection, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma()}")
        cursor.close()

    event.listen(Pool, "checkout", set_so)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", set_so)


def test_a_store_that_others_lock_delays_and_loses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(20)
        other = sqlite3.connect(played.place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await played.until(60)
        other.execute("ROLLBACK")
        other.close()

    with at_each_checkout(lambda: "busy_timeout = 5"):  # milliseconds
        _, report = endured(trouble, late_s=120)
    assert "database is locked" in capsys.readouterr().out
    assert report.is_clean, report


def test_a_store_without_room_delays_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    most = [UNBOUNDED]

    async def trouble(played: Theatre) -> None:
        await played.until(20)
        most[0] = 1  # SQLite takes it for as many as there are
        await played.until(60)
        most[0] = UNBOUNDED

    with at_each_checkout(lambda: f"max_page_count = {most[0]}"):
        _, report = endured(trouble, late_s=120)
    assert "database or disk is full" in capsys.readouterr().out
    assert report.is_clean, report


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_loses_and_doubles_nothing(hours: int) -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(25)
        played.clock.step = timedelta(hours=hours)
        played.stage.slack.faults.add(Fault(POST, accepted_after_s=4, times=1))

    _, report = endured(trouble, rests_s=300, late_s=120)
    assert report.is_clean, report


def test_a_clock_that_is_set_back_and_forth_loses_and_doubles_nothing() -> None:
    async def trouble(played: Theatre) -> None:
        for at_s, hours in ((20, 1), (35, -1), (50, 0)):
            await played.until(at_s)
            played.clock.step = timedelta(hours=hours)

    _, report = endured(trouble, rests_s=300, late_s=120)
    assert report.is_clean, report


@pytest.mark.parametrize("hours", [1, -1])
def test_what_is_new_long_after_the_clock_was_set_is_told(hours: int) -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(100)
        played.clock.step = timedelta(hours=hours)
        for number in range(4):
            played.author.task(ONE, at_s=190 + number, lasts_s=5, fails=number == 0)

    _, report = endured(trouble, rests_s=300)
    assert report.is_clean, report


def test_an_archived_channel_is_told_of_to_its_owner_once_and_goes_on_when_mended() -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(20)
        played.stage.slack.faults.archived.add(LIVE_OPS)
        await played.until(150)
        played.stage.slack.faults.archived.clear()

    played, report = endured(trouble, rests_s=400, late_s=300)
    assert report.is_clean, report
    direct = [one for one in played.stage.slack.messages.seen_by(ANNA, "D0001") if kind_of(one)]
    assert [kind_of(one) for one in direct] == ["parked"]


def test_a_board_that_somebody_deletes_is_posted_again() -> None:
    async def trouble(played: Theatre) -> None:
        await played.until(20)
        (board,) = (one for one in played.stage.slack.messages if kind_of(one) == "board")
        played.stage.slack.messages.remove(board)

    played, report = endured(trouble)
    assert kinds(played, GENERAL)["board"] == 1
    assert not report.doubled
    assert not report.lost or report.lost == ["C0002 Cup final: its first failure"], report


def test_a_thousand_racing_clicks_come_to_one_silence_and_its_end() -> None:
    async def played() -> None:
        async with theatre() as stage:
            await afternoon(stage)
            await stage.until(100)
            answer = await stage.anna.gets("/preload list", LIVE_OPS, shows="sub.mute")
            for option in ("for 1 hour", "unmute"):
                click = stage.stage.slack.click
                outcomes = await asyncio.gather(
                    *(click(ANNA, answer.id, "sub.mute", option=option) for _ in range(1_000))
                )
                assert all(outcome.ok for outcome in outcomes)
                await asyncio.sleep(60)
                answer = await stage.anna.gets("/preload list", LIVE_OPS, shows="sub.mute")
                assert ("Muted until" in words_of(answer)) is (option != "unmute")
            report = stage.judged()
            assert report.is_clean, report

    clock.run(played)
