"""Delivery, in time that jumps; on PostgreSQL too in the long run."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.slack import Fault
from bot.slack.poster import Poster
from bot.watch.notices import NoticeState
from bot.watch.pauses import Pauses
from bot.watch.writing import Writer
from tests.chaos.clock import run
from tests.delivering import (
    ANNA,
    CUP_FINAL,
    GENERAL,
    LIVE_OPS,
    LIWEI,
    delivering,
    dying,
    key_of,
    placed,
)
from tests.engines import prepared

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bot.views.limits import Message
    from bot.watch.model import Watch
    from bot.watch.notices import Notice
    from tests.delivering import Place

POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"
OPEN, POSTED, DROPPED = NoticeState.OPEN, NoticeState.POSTED, NoticeState.DROPPED
UNSURE, SENDING = NoticeState.UNSURE, NoticeState.SENDING


@pytest.fixture(autouse=True, params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def _engine(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return prepared(request, tmp_path)


def story(
    folder: Path, tell: Callable[[Place], Awaitable[None]], *, busy_timeout_s: float = 5.0
) -> None:
    """Run a test's story in a place of its own, in time that jumps."""

    async def told() -> None:
        async with placed(folder, busy_timeout_s=busy_timeout_s) as place:
            await tell(place)

    run(told)


def test_a_notice_is_posted_once_and_recorded(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1, 2)
        await delivering(place.outbox(), 60)
        (message,) = place.messages(LIVE_OPS)
        notice = await place.notice(key)
        assert (notice.state, notice.ts, notice.attempts) == (POSTED, message.ts, 1)
        assert key_of(message) == key
        assert "2 streams failed" in message.text

    story(tmp_path, tell)


def test_what_a_notice_has_no_room_for_follows_in_its_thread(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), *range(100))
        await delivering(place.outbox(), 60)
        first, *rest = place.messages(LIVE_OPS)
        assert key_of(first) == key
        assert [key_of(one) for one in rest] == [f"{key}:1", f"{key}:2"]
        assert {one.thread_ts for one in rest} == {first.ts}

    story(tmp_path, tell)


def test_what_nobody_wants_any_more_is_not_posted(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        subscription = await place.subscribe()
        key = await place.fail(subscription, 1)
        await place.store.subscriptions.remove(subscription.id)
        await delivering(place.outbox(), 60)
        assert place.posted() == []
        assert (await place.notice(key)).state is DROPPED

    story(tmp_path, tell)


@pytest.mark.parametrize("late_s", [0, 3, 9.9, 14, 30])
def test_a_post_that_arrives_late_and_unheard_of_is_there_once(
    tmp_path: Path, late_s: float
) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=late_s))
        await delivering(place.outbox(), 120)
        notice = await place.notice(key)
        assert place.posted() == [key]
        assert (notice.state, notice.attempts) == (POSTED, 1)
        assert notice.ts == place.messages()[0].ts

    story(tmp_path, tell)


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(accepted_after_s=99)])
def test_a_post_of_unknown_outcome_is_looked_for_twice_and_then_sent_again(
    tmp_path: Path, fault: Fault
) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        fault.method = POST
        place.slack.faults.add(fault)
        await delivering(place.outbox(), 60)
        assert place.posted() == [key]
        looks = [call.at for call in place.slack.calls if call.method == HISTORY]
        waited = [round((at - place.start).total_seconds()) for at in looks]
        assert waited == [15, 40]
        assert place.after_s(place.messages()[0]) == pytest.approx(40, abs=0.5)
        assert (await place.notice(key)).attempts == 2

    story(tmp_path, tell)


def test_a_post_lost_twice_in_a_row_is_there_once(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, status=503))
        place.slack.faults.add(Fault(method=POST, accepted_after_s=9.9))
        await delivering(place.outbox(), 120)
        assert place.posted() == [key]
        assert (await place.notice(key)).attempts == 2

    story(tmp_path, tell)


def test_what_follows_a_post_of_unknown_outcome_waits_for_it(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 3)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=3))
        await delivering(place.outbox(), 60)
        assert place.posted(LIVE_OPS) == keys
        assert place.after_s(place.messages()[1]) > 15

    story(tmp_path, tell)


def test_a_reply_in_a_thread_is_looked_for_there(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), *range(20))
        await delivering(place.outbox(), 0.9)
        assert place.posted() == [key]
        place.slack.faults.add(Fault(method=POST, accepted_after_s=0))
        await delivering(place.outbox(), 60)
        assert place.posted() == [key, f"{key}:1"]
        assert place.called("conversations.replies") == 1

    story(tmp_path, tell)


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(status=429, retry_after_s=9)])
def test_a_lookup_that_fails_is_none(tmp_path: Path, fault: Fault) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=0))
        failing = Fault(method=HISTORY, status=fault.status, retry_after_s=9, times=9)
        place.slack.faults.add(failing)
        await delivering(place.outbox(), 200)
        assert place.posted() == [key]
        assert (await place.notice(key)).state is POSTED
        assert place.called(HISTORY) == 10

    story(tmp_path, tell)


def test_without_the_history_scope_a_post_may_be_there_twice_and_is_counted(
    tmp_path: Path,
) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.missing_scopes.add("channels:history")
        place.slack.faults.add(Fault(method=POST, accepted_after_s=0))
        with capture_logs() as logs:
            await delivering(place.outbox(), 60)
        assert place.posted() == [key, key]
        said = [one["such_so_far"] for one in logs if one["event"] == "notice may come twice"]
        assert said == [1]
        notice = await place.notice(key)
        assert (notice.state, notice.is_uncertain) == (POSTED, True)
        assert (await place.store.notices.counts())["uncertain"] == 1
        assert place.after_s(place.messages()[1]) == pytest.approx(40, abs=1)

    story(tmp_path, tell)


def test_a_direct_message_cannot_be_looked_for(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        subscription = await place.subscribe(channel_id=ANNA)
        key = await place.fail(subscription, 1)
        place.slack.faults.add(Fault(method=POST, status=503))
        await delivering(place.outbox(), 60)
        assert place.posted("D0001") == [key]
        assert (await place.notice(key)).is_uncertain

    story(tmp_path, tell)


# Crashes


def test_a_crash_before_the_post_loses_nothing(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        await place.store.notices.claim((await place.notice(key)).id, place.clock.now())
        assert (await place.notice(key)).state is SENDING
        await delivering(place.outbox(), 60)
        assert place.posted() == [key]
        assert (await place.notice(key)).state is POSTED

    story(tmp_path, tell)


def test_a_crash_between_the_post_and_its_record_doubles_nothing(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        await place.store.notices.claim((await place.notice(key)).id, place.clock.now())
        poster = Poster(place.client, now=place.clock.now, clock_s=place.clock.seconds)
        await poster.post(LIVE_OPS, Plain(), key=key)
        await delivering(place.outbox(), 60)
        assert place.posted() == [key]
        notice = await place.notice(key)
        assert (notice.state, notice.attempts) == (POSTED, 1)

    story(tmp_path, tell)


@pytest.mark.parametrize("dies_s", [0.5, 2, 14, 16, 39])
@pytest.mark.parametrize("step", [timedelta(), timedelta(hours=1), timedelta(hours=-1)])
def test_a_crash_while_slack_takes_its_time_doubles_nothing(
    tmp_path: Path, dies_s: float, step: timedelta
) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=9.9))
        place.slack.faults.add(Fault(method=HISTORY, status=503, times=3))
        await dying(place.outbox(), dies_s)
        place.clock.step = step
        await delivering(place.outbox(), 90)
        assert place.posted() == [key]
        notice = await place.notice(key)
        assert (notice.state, notice.attempts) == (POSTED, 1)

    story(tmp_path, tell)


@pytest.mark.parametrize("step", [timedelta(), timedelta(hours=1), timedelta(hours=-1)])
def test_after_a_crash_between_two_lookups_the_second_keeps_its_time(
    tmp_path: Path, step: timedelta
) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=25))
        await dying(place.outbox(), 16)
        assert (await place.notice(key)).lookups == 1
        place.clock.step = step
        await delivering(place.outbox(), 60)
        assert place.posted() == [key]
        assert (await place.notice(key)).attempts == 1

    story(tmp_path, tell)


def test_a_bot_that_keeps_dying_delivers_all_the_same(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 4)
        for _ in range(60):
            place.slack.faults.add(Fault(method=POST, accepted_after_s=1))
            await dying(place.outbox(), 4)
        place.slack.faults.planned.clear()
        await delivering(place.outbox(), 120)
        assert place.posted() == keys

    story(tmp_path, tell)


def test_leaving_waits_for_the_post_under_way_to_be_recorded(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        outbox = place.outbox()
        async with outbox:
            await outbox.turn()
            assert place.posted() == []
        assert place.posted() == [key]
        assert (await place.notice(key)).state is POSTED

    story(tmp_path, tell)


def test_leaving_does_not_wait_for_ever(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=9))
        began_s = place.clock.seconds()
        await delivering(place.outbox(), 1)
        assert place.clock.seconds() - began_s == pytest.approx(6, abs=0.5)
        assert (await place.notice(key)).state is SENDING
        await delivering(place.outbox(), 60)
        assert place.posted() == [key]

    story(tmp_path, tell)


# Pace and order


def test_a_channels_notices_come_in_order_and_no_faster_than_slack_likes(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 20)
        await delivering(place.outbox(), 40)
        assert place.posted() == keys
        assert all(call.status == 200 for call in place.slack.calls)
        assert place.after_s(place.messages()[-1]) < 25

    story(tmp_path, tell)


def test_a_channel_that_slack_slows_down_waits_and_others_go_on(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        slow = await place.queue(await place.subscribe(LIVE_OPS), 3)
        quick = await place.queue(await place.subscribe(GENERAL), 5)
        storm = Fault(method=POST, channel=LIVE_OPS, status=429, retry_after_s=7, times=20)
        place.slack.faults.add(storm)
        await delivering(place.outbox(), 200)
        assert place.posted(LIVE_OPS) == slow
        assert place.posted(GENERAL) == quick
        assert place.after_s(place.messages(GENERAL)[-1]) < 8
        assert place.after_s(place.messages(LIVE_OPS)[0]) == pytest.approx(140, abs=2)
        assert place.called(POST) == 20 + 3 + 5

    story(tmp_path, tell)


def test_what_is_queued_later_is_posted_when_it_is_due(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        subscription = await place.subscribe()

        async def later() -> None:
            await asyncio.sleep(7.3)
            await place.fail(subscription, 1)

        outbox = place.outbox(pauses=Pauses(idle_s=1))
        await asyncio.gather(delivering(outbox, 20), later())
        assert 7.3 <= place.after_s(place.messages()[0]) < 8.5

    story(tmp_path, tell)


def test_being_woken_is_quicker(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        subscription, outbox = await place.subscribe(), place.outbox()

        async def later() -> None:
            await asyncio.sleep(7.3)
            await place.fail(subscription, 1)
            outbox.wake()

        await asyncio.gather(delivering(outbox, 20), later())
        assert place.after_s(place.messages()[0]) == pytest.approx(7.3, abs=0.1)

    story(tmp_path, tell)


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_step_of_the_clock_neither_doubles_nor_delays(tmp_path: Path, step: timedelta) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 3)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=9.9))

        async def stepping() -> None:
            await asyncio.sleep(12)
            place.clock.step = step

        await asyncio.gather(delivering(place.outbox(), 40), stepping())
        assert place.posted() == keys
        assert await place.states() == [POSTED] * 3

    story(tmp_path, tell)


def test_a_slack_that_cannot_be_reached_is_tried_ever_more_rarely(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        other = await place.fail(await place.subscribe(GENERAL), 2)
        url, outbox = place.client.base_url, place.outbox()
        await outbox._delivery._poster.slack_time()  # as after any reply
        place.client.base_url = "http://127.0.0.1:1/api/"

        async def mended() -> None:
            await asyncio.sleep(100)
            place.client.base_url = url

        await asyncio.gather(delivering(outbox, 150), mended())
        assert place.posted(GENERAL) == [other]
        notice = await place.notice(other)
        assert (notice.state, notice.attempts) == (POSTED, 8)  # at 0, 1, 3, 7, 15, 31, 63, 123 s

    story(tmp_path, tell)


def test_a_slack_that_was_never_reached_is_asked_for_its_time_first(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method="auth.test", status=503, times=3))
        await delivering(place.outbox(), 60)
        assert place.posted() == [key]
        assert (await place.notice(key)).attempts == 1

    story(tmp_path, tell)


# Parking


def test_an_archived_channel_is_parked_its_owners_told_once_and_it_goes_on_when_mended(
    tmp_path: Path,
) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 2)
        place.slack.faults.archived.add(LIVE_OPS)
        outbox = place.outbox()

        async def restored() -> None:
            await asyncio.sleep(300)
            assert place.called(POST) == 2  # one that was refused, and the direct message
            assert [one.code for one in await place.store.parking.all()] == ["is_archived"]
            place.slack.faults.archived.clear()

        await asyncio.gather(delivering(outbox, 400), restored())
        (told,) = place.messages("D0001")
        assert f"<#{LIVE_OPS}>" in told.text
        assert place.posted(LIVE_OPS) == keys
        assert await place.store.parking.all() == ()

    story(tmp_path, tell)


def test_a_channel_that_the_bot_is_not_in_waits_for_an_invitation(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(CUP_FINAL, owner=LIWEI), 1)

        async def invited() -> None:
            await asyncio.sleep(90)
            place.slack.joined.add(CUP_FINAL)

        await asyncio.gather(delivering(place.outbox(), 200), invited())
        assert place.posted(CUP_FINAL) == [key]
        assert len(place.posted("D0002")) == 1

    story(tmp_path, tell)


def test_what_was_told_of_a_parked_channel_is_not_told_once_it_goes_on(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        await place.fail(await place.subscribe(), 1)
        place.slack.faults.archived.add(LIVE_OPS)
        place.slack.faults.add(Fault(method=POST, channel=ANNA, status=429, retry_after_s=100))

        async def restored() -> None:
            await asyncio.sleep(30)
            place.slack.faults.archived.clear()

        await asyncio.gather(delivering(place.outbox(), 200), restored())
        assert place.posted("D0001") == []

    story(tmp_path, tell)


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive", "invalid_auth"])
def test_a_token_that_is_no_good_parks_until_there_is_a_good_one(tmp_path: Path, code: str) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, channel=LIVE_OPS, error=code))
        place.slack.faults.add(Fault(method="auth.test", error=code, times=3))
        await delivering(place.outbox(), 300)
        assert place.posted(LIVE_OPS) == [key]
        assert place.called("auth.test") > 3

    story(tmp_path, tell)


def test_a_refusal_that_only_a_post_shows_to_be_mended_is_told_once_a_day(
    tmp_path: Path,
) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(
            Fault(method=POST, channel=LIVE_OPS, error="restricted_action", times=5)
        )
        await delivering(place.outbox(), 600)
        assert place.posted(LIVE_OPS) == [key]
        assert len(place.posted("D0001")) in {1, 2}  # two where the run goes over midnight

    story(tmp_path, tell)


def test_a_parked_channel_that_cannot_be_looked_at_stays_parked(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        await place.fail(await place.subscribe(), 1)
        place.slack.faults.archived.add(LIVE_OPS)
        place.slack.faults.missing_scopes.add("channels:read")
        await delivering(place.outbox(), 200)
        assert len(await place.store.parking.all()) == 1
        assert len(place.posted("D0001")) == 1

    story(tmp_path, tell)


def test_a_direct_message_that_is_refused_is_dropped(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(channel_id="U0404"), 1)
        await delivering(place.outbox(), 60)
        notice = await place.notice(key)
        assert (notice.state, notice.error) == (DROPPED, "channel_not_found")
        assert await place.store.parking.all() == ()

    story(tmp_path, tell)


def test_a_direct_message_waits_for_a_good_token(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(channel_id=ANNA), 1)
        place.slack.faults.add(Fault(method=POST, error="token_revoked", times=2))
        await delivering(place.outbox(), 200)
        assert place.posted("D0001") == [key]
        assert await place.store.parking.all() == ()

    story(tmp_path, tell)


def test_a_channel_that_closes_before_a_post_is_found_keeps_it_for_later(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, accepted_after_s=0))

        async def archived() -> None:
            await asyncio.sleep(5)
            place.slack.faults.archived.add(LIVE_OPS)
            await asyncio.sleep(60)
            assert (await place.notice(key)).state is UNSURE
            place.slack.faults.archived.clear()

        await asyncio.gather(delivering(place.outbox(), 200), archived())
        assert place.posted(LIVE_OPS) == [key]
        assert (await place.notice(key)).attempts == 1

    story(tmp_path, tell)


# Boards


def test_a_board_that_is_outdated_is_redrawn_and_another_time_only_when_it_is_again(
    tmp_path: Path,
) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        outbox = place.outbox()

        async def changing() -> None:
            await asyncio.sleep(10)
            await place.outdate(watch.id)
            await place.outdate(watch.id)
            outbox.wake()

        await asyncio.gather(delivering(outbox, 60), changing())
        (message,) = place.messages()
        assert (key_of(message), message.edited) == (watch.board_key, True)
        assert place.called(UPDATE) == 1
        assert await place.store.watches.outdated(10) == []

    story(tmp_path, tell)


def test_a_board_whose_message_was_deleted_is_posted_anew(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        await delivering(place.outbox(), 5)
        (message,) = place.messages()
        place.slack.messages.remove(message)
        await place.outdate(watch.id)
        await delivering(place.outbox(), 30)
        assert place.posted() == [f"{watch.board_key}:1"]
        await place.outdate(watch.id)
        await delivering(place.outbox(), 30)
        (message,) = place.messages()
        assert message.edited

    story(tmp_path, tell)


@pytest.mark.parametrize("code", ["edit_window_closed", "cant_update_message"])
def test_a_board_that_takes_no_more_updates_is_posted_anew(tmp_path: Path, code: str) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        await delivering(place.outbox(), 5)
        place.slack.faults.add(Fault(method=UPDATE, error=code))
        await place.outdate(watch.id)
        await delivering(place.outbox(), 30)
        assert place.posted() == [watch.board_key, f"{watch.board_key}:1"]

    story(tmp_path, tell)


def test_a_board_whose_post_is_of_unknown_outcome_is_not_redrawn_before_it_is_found(
    tmp_path: Path,
) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        place.slack.faults.add(Fault(method=POST, accepted_after_s=2))
        await place.outdate(watch.id)
        await delivering(place.outbox(), 14)
        assert place.called(UPDATE) == 0
        await delivering(place.outbox(), 10)
        assert place.posted() == [watch.board_key]
        assert place.called(UPDATE) == 1

    story(tmp_path, tell)


@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(accepted_after_s=0), Fault(status=429, retry_after_s=20)]
)
def test_a_board_that_could_not_be_drawn_is_drawn_again(tmp_path: Path, fault: Fault) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        await delivering(place.outbox(), 5)
        await place.outdate(watch.id)
        fault.method = UPDATE
        place.slack.faults.add(fault)
        await delivering(place.outbox(), 60)
        first, second = (call.at for call in place.slack.calls if call.method == UPDATE)
        assert (second - first).total_seconds() >= (20 if fault.status == 429 else 1)
        assert place.posted() == [watch.board_key]
        assert await place.store.watches.outdated(10) == []

    story(tmp_path, tell)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
def test_a_board_that_slack_refuses_as_drawn_says_it_in_words(tmp_path: Path, code: str) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        await delivering(place.outbox(), 5)
        await place.outdate(watch.id)
        place.slack.faults.add(Fault(method=UPDATE, error=code))
        await delivering(place.outbox(), 30)
        (message,) = place.messages()
        assert message.edited
        assert message.blocks == ()
        await place.outdate(watch.id)
        place.slack.faults.add(Fault(method=UPDATE, error=code, times=2))
        await delivering(place.outbox(), 30)
        assert await place.store.watches.outdated(10) == []

    story(tmp_path, tell)


def test_a_board_is_not_given_up_for_a_token_that_is_no_good(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched(channel_id="D0001")
        await delivering(place.outbox(), 5)
        await place.outdate(watch.id)
        place.slack.faults.add(Fault(method=UPDATE, error="token_revoked"))
        await delivering(place.outbox(), 100)
        assert place.messages()[0].edited
        assert place.called(UPDATE) == 2

    story(tmp_path, tell)


def test_a_board_in_a_channel_that_closes_waits_with_it(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        await delivering(place.outbox(), 5)
        await place.outdate(watch.id)
        place.slack.faults.archived.add(LIVE_OPS)

        async def restored() -> None:
            await asyncio.sleep(30)
            assert place.called(UPDATE) == 1
            place.slack.faults.archived.clear()

        await asyncio.gather(delivering(place.outbox(), 100), restored())
        assert place.called(UPDATE) == 2
        assert len(place.posted("D0001")) == 1

    story(tmp_path, tell)


def test_a_board_that_cannot_be_written_does_not_hold_up_another(tmp_path: Path) -> None:
    class Broken(Writer):
        async def board(self, watch: Watch) -> Message:
            if watch.id == "watch1" and broken_by_now:
                raise LookupError("a bug")
            return await super().board(watch)

    broken_by_now: list[bool] = []

    async def tell(place: Place) -> None:
        bad, good = await place.watched("watch1"), await place.watched("watch2", GENERAL)
        await delivering(place.outbox(), 5)
        broken_by_now.append(True)
        await place.outdate(bad.id)
        await place.outdate(good.id)
        writer = Broken(place.store, place.people, now=place.clock.now)
        await delivering(place.outbox(writer), 100)
        assert not place.messages(LIVE_OPS)[0].edited
        assert place.messages(GENERAL)[0].edited

    story(tmp_path, tell)


def test_boards_share_the_workspaces_updates_evenly(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        watches = [await place.watched(f"watch{number}", GENERAL) for number in range(6)]
        await delivering(place.outbox(), 20)
        outbox = place.outbox()

        async def changing() -> None:
            for _ in range(119):
                for watch in watches:
                    await place.outdate(watch.id)
                outbox.wake()
                await asyncio.sleep(1)

        began = place.clock.now()
        await asyncio.gather(delivering(outbox, 120), changing())
        updates = [call for call in place.slack.calls if call.method == UPDATE]
        assert all(call.status == 200 for call in updates)
        assert 80 <= len(updates) <= 91
        counts = {str(call.arguments["ts"]): 0 for call in updates}
        for call in updates:
            counts[str(call.arguments["ts"])] += 1
        assert len(counts) == 6
        assert max(counts.values()) - min(counts.values()) <= 1
        for second in range(60):
            minute = [began + timedelta(seconds=second), began + timedelta(seconds=second + 60)]
            assert sum(minute[0] <= call.at < minute[1] for call in updates) <= 46

    story(tmp_path, tell)


def test_a_lone_board_that_changes_always_is_redrawn_every_two_seconds(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        watch = await place.watched()
        await delivering(place.outbox(), 5)
        outbox = place.outbox()

        async def changing() -> None:
            for _ in range(100):
                await place.outdate(watch.id)
                outbox.wake()
                await asyncio.sleep(0.3)

        await asyncio.gather(delivering(outbox, 30), changing())
        assert 13 <= place.called(UPDATE) <= 16

    story(tmp_path, tell)


# What Slack won't have


def test_blocks_that_slack_refuses_are_left_out(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        place.slack.faults.add(Fault(method=POST, error="invalid_blocks"))
        await delivering(place.outbox(), 60)
        (message,) = place.messages()
        assert (key_of(message), message.blocks) == (key, ())
        assert "1 stream failed" in message.text

    story(tmp_path, tell)


def test_what_slack_refuses_in_every_form_is_dropped_with_the_reason(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 2)
        place.slack.faults.add(Fault(method=POST, error="msg_blocks_too_long", times=2))
        await delivering(place.outbox(), 60)
        assert place.posted() == keys[1:]
        notice = await place.notice(keys[0])
        assert (notice.state, notice.error) == (DROPPED, "msg_blocks_too_long")

    story(tmp_path, tell)


def test_a_reply_whose_thread_is_gone_stands_in_the_channel(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), *range(20))
        await delivering(place.outbox(), 0.9)
        place.slack.faults.add(Fault(method=POST, error="thread_not_found"))
        await delivering(place.outbox(), 60)
        first, second = place.messages()
        assert key_of(second) == f"{key}:1"
        assert (first.thread_ts, second.thread_ts) == (None, None)

    story(tmp_path, tell)


def test_a_notice_that_cannot_be_written_is_given_up_at_the_third_time(tmp_path: Path) -> None:
    class Broken(Writer):
        async def message(self, notice: Notice) -> Message | None:
            if notice.channel_id == LIVE_OPS:
                raise LookupError("a bug")
            return await super().message(notice)

    async def tell(place: Place) -> None:
        bad = await place.fail(await place.subscribe(), 1)
        good = await place.fail(await place.subscribe(GENERAL), 2)
        writer = Broken(place.store, place.people, now=place.clock.now)
        await delivering(place.outbox(writer), 400)
        assert place.posted() == [good]
        notice = await place.notice(bad)
        assert (notice.state, notice.error) == (DROPPED, "crash")

    story(tmp_path, tell)


# The store


def test_a_locked_store_delays_and_doubles_nothing(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 2)
        place.slack.faults.add(Fault(method=POST, status=429, retry_after_s=3))
        locked = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)

        async def locking() -> None:
            for start_s in (1, 40):
                await asyncio.sleep(start_s)
                locked.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(30)
                locked.execute("ROLLBACK")
            locked.close()

        await asyncio.gather(delivering(place.outbox(), 150), locking())
        assert place.posted() == keys
        assert await place.states() == [POSTED] * 2

    story(tmp_path, tell, busy_timeout_s=0.01)


class Plain:
    text = "posted before the crash"
    blocks: tuple[dict[str, Any], ...] = ()
