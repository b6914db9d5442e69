"""What people follow: what they type and click, and what stands in Slack and in the store then."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.asks import Ask
from bot.demo import CHANNEL, DOMAIN, Demo, running
from bot.live.model import PreloadTask, StatusFilter
from bot.sandbox.slack import Fault
from bot.sandbox.slack.printed import printed
from bot.watch.model import Alarm, Change, ChangeKind, Followed, Seen, Subscription, Watch
from bot.watch.notices import NoticeKind, Told, Turn
from tests.end_to_end.people import ANNA, GENERAL, LIWEI, Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.slack import Message

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEAM = "T0001"
CUP_FINAL = "C0003"
NAMES = {ANNA: "anna", LIWEI: "liwei"}
CUP = f"rtmp://{DOMAIN}/liveApp/cup_main"
BOTH = frozenset({StatusFilter.FAILED, StatusFilter.COMPLETE})


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running() as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    return Person(demo)


@pytest.fixture
def liwei(demo: Demo) -> Person:
    return Person(demo, LIWEI)


async def subscriptions(demo: Demo) -> tuple[Subscription, ...]:
    return await demo.bot.desk.store.subscriptions.all()


async def watches(demo: Demo) -> tuple[Watch, ...]:
    return await demo.bot.desk.store.watches.active()


# --- watch ---


async def test_a_watch_is_stored_and_the_asker_told(anna: Person, demo: Demo) -> None:
    said = await anna.types(f'/preload watch {CUP} until=2h name="Cup final"')
    [watch] = await watches(demo)
    assert "Cup final" in said
    assert (watch.name, watch.owner, watch.channel_id) == ("Cup final", ANNA, CHANNEL)
    assert watch.ask == Ask("default", DOMAIN, urls=(CUP,))
    assert watch.streams == {CUP: CUP}
    assert timedelta(hours=1.9) < watch.until - watch.created_at <= timedelta(hours=2)


async def test_a_watch_goes_on_for_six_hours_unless_it_is_said_how_long(
    anna: Person, demo: Demo
) -> None:
    await anna.types("/preload watch status=preloading")
    [watch] = await watches(demo)
    assert watch.until - watch.created_at == timedelta(hours=6)
    assert not watch.is_list


@pytest.mark.parametrize("command", ["watch status=failed", "subscribe live.example.com"])
async def test_where_the_bot_is_not_the_invitation_is_spelt_out_and_nothing_stored(
    anna: Person, demo: Demo, command: str
) -> None:
    said = await anna.types(f"/preload {command} in=#cup-final")
    assert "/invite @preload" in said
    assert "#cup-final" in said
    assert await watches(demo) == ()
    assert CUP_FINAL not in {one.channel_id for one in await subscriptions(demo)}
    demo.slack.joined.add(CUP_FINAL)
    await anna.types(f"/preload {command} in=#cup-final")
    watched = {one.channel_id for one in await watches(demo)}
    assert CUP_FINAL in watched | {one.channel_id for one in await subscriptions(demo)}


async def test_an_archived_channel_is_not_told_anything(anna: Person, demo: Demo) -> None:
    demo.slack.faults.archived.add(GENERAL)
    said = await anna.types("/preload watch status=failed in=#general")
    assert "archived" in said
    assert await watches(demo) == ()


async def test_while_slack_does_not_say_whether_the_bot_is_in_the_channel_nothing_is_stored(
    anna: Person, demo: Demo
) -> None:
    demo.slack.faults.add(Fault("conversations.info", status=503))
    said = await anna.types("/preload watch status=failed")
    assert "Try again" in said
    assert await watches(demo) == ()


async def test_a_watch_in_direct_messages_is_one_s_own(demo: Demo) -> None:
    anna = Person(demo, channel="D0001")
    await anna.types(f"/preload watch {CUP}")
    [watch] = await watches(demo)
    assert watch.channel_id == "D0001"


async def test_what_is_watched_already_is_not_watched_twice(anna: Person, demo: Demo) -> None:
    other = f"rtmp://{DOMAIN}/liveApp/endless"
    demo.live.world.add(other, preloading_s=3_600)
    await anna.types(f'/preload watch {CUP} {other} name="Cup final"')
    assert "Cup final" in await anna.types(f"/preload watch {CUP}")
    assert len(await watches(demo)) == 1
    await anna.types(f"/preload watch {CUP} {other} in=#general")
    await anna.types("/preload watch status=preloading")
    await anna.types("/preload watch preloading")
    assert len(await watches(demo)) == 3


async def test_of_the_same_watch_asked_for_many_times_at_once_one_is_stored(demo: Demo) -> None:
    types = [
        demo.slack.command(who, CHANNEL, f"/preload watch {CUP}") for who in (ANNA, LIWEI) * 10
    ]
    outcomes = await asyncio.gather(*types)
    await demo.bot.jobs.idle()
    assert all(outcome.ok for outcome in outcomes)
    assert len(await watches(demo)) == 1


async def test_a_watch_that_there_is_can_go_on_for_longer_under_another_name(
    anna: Person, liwei: Person, demo: Demo
) -> None:
    await anna.types(f"/preload watch {CUP} until=1h")
    [before] = await watches(demo)
    await liwei.types(f'/preload 关注 {CUP} until=3h name="Cup final"')
    await liwei.clicks("watch.widen")
    [after] = await watches(demo)
    assert (after.id, after.owner, after.name) == (before.id, ANNA, "Cup final")
    assert after.until > before.until + timedelta(hours=1.9)
    assert after.streams == before.streams


async def test_a_watch_of_a_filter_can_go_on_for_longer(anna: Person, demo: Demo) -> None:
    await anna.types("/preload watch failed until=1h")
    await anna.types("/preload watch failed until=30m")
    assert "watch.widen" not in anna.controls()
    await anna.types("/preload watch failed until=3h")
    await anna.clicks("watch.widen")
    [watch] = await watches(demo)
    assert watch.until > demo.bot.now() + timedelta(hours=2.9)


async def test_a_list_that_is_watched_in_part_can_be_taken_in_or_watched_apart(
    anna: Person, demo: Demo
) -> None:
    backup, third = (f"rtmp://{DOMAIN}/liveApp/{name}?auth_key=1-2-3-4" for name in ("b", "c"))
    await anna.types(f'/preload watch {CUP} {backup} name="Cup final"')
    said = await anna.types(f"/preload watch {backup} {third}")
    assert "1 of the 2 streams is watched" in said
    assert "1 more stream" in said
    assert anna.controls() == {"watch.widen", "watch.separately"}
    assert "auth_key" not in str(anna.elements())
    offer = anna.read
    assert "3 streams" in await anna.clicks("watch.widen")
    [watch] = await watches(demo)
    assert watch.ask.urls == (CUP, backup, third)
    assert list(watch.streams.values()) == [CUP, backup, third]
    await anna.clicks("watch.end")
    await anna.types(f"/preload watch {CUP} {backup}")
    await anna.types(f"/preload watch {backup} {third}")
    await anna.clicks("watch.separately")
    assert len(await watches(demo)) == 2
    assert offer is not None


async def test_a_watch_that_ended_before_it_was_widened_can_begin_anew(
    anna: Person, liwei: Person, demo: Demo
) -> None:
    await anna.types("/preload watch failed in=#general until=1h name=Failures")
    [before] = await watches(demo)
    await liwei.types("/preload watch failed in=#general until=2h")
    await demo.bot.desk.store.watches.stop(before.id, ANNA, demo.bot.now())
    assert "@anna" in await liwei.clicks("watch.widen")
    assert await watches(demo) == ()
    await liwei.clicks("watch.separately")
    [anew] = await watches(demo)
    assert (anew.owner, anew.channel_id, anew.ask) == (LIWEI, GENERAL, before.ask)
    assert timedelta(hours=1.9) < anew.until - anew.created_at <= timedelta(hours=2)


async def test_a_watch_grown_too_large_since_it_was_offered_is_not_widened(
    anna: Person, demo: Demo
) -> None:
    def urls(*numbers: int) -> str:
        return ",".join(f"rtmp://{DOMAIN}/a/{number}" for number in numbers)

    await anna.types(f"/preload watch {urls(*range(60))}")
    await anna.types(f"/preload watch {urls(*range(59, 90))}")
    offer = anna.read
    await anna.types(f"/preload watch {urls(*range(59, 61), *range(90, 120))}")
    await anna.clicks("watch.widen")
    anna.read = offer
    assert "at most 100" in await anna.clicks("watch.widen")
    [watch] = await watches(demo)
    assert len(watch.streams) == 91


async def test_what_was_just_begun_is_stopped_where_that_was_said(anna: Person, demo: Demo) -> None:
    await anna.types("/preload watch failed until=1h name=Failures")
    said = await anna.clicks("watch.end")
    assert "watched no more" in said
    assert "subscription" not in said
    assert await watches(demo) == ()
    await anna.clicks("watch.separately")
    [again] = await watches(demo)
    assert again.name == "Failures"


async def test_a_channel_has_at_most_fifty_watches(anna: Person, demo: Demo) -> None:
    for _ in range(50):
        desk = demo.bot.desk
        now = desk.now()
        until = now + timedelta(hours=1)
        ask = Ask("default", DOMAIN, task_id=desk.new_id())
        watch = Watch(desk.new_id(), TEAM, CHANNEL, ask, ANNA, now, until)
        key = watch.board_key
        board = Told(NoticeKind.BOARD, watch.id, key, TEAM, CHANNEL, now, until)
        await desk.store.watches.add(watch, board)
    assert "50" in await anna.types(f"/preload watch {CUP}")
    assert len(await watches(demo)) == 50


async def test_the_button_under_an_answer_watches_what_it_shows(anna: Person, demo: Demo) -> None:
    await anna.types("/preload status=failed size=20")
    answer = anna.read
    await anna.clicks("page.watch")
    [watch] = await watches(demo)
    assert watch.ask == Ask("default", DOMAIN, status=StatusFilter.FAILED)
    assert answer is not None
    assert demo.slack.messages.get(answer.id) == answer


async def test_the_button_in_a_card_watches_its_stream(anna: Person, demo: Demo) -> None:
    await anna.types("/preload status=failed")
    await anna.clicks("page.open")
    await anna.clicks("card.watch")
    [watch] = await watches(demo)
    assert watch.is_list
    assert len(watch.streams) == 1


async def test_a_task_is_watched_by_its_stream(anna: Person, demo: Demo) -> None:
    await anna.types("/preload status=failed")
    card = await anna.clicks("page.open")
    [task_id] = {task.task_id for task in demo.live.world.tasks if task.task_id in card}
    await anna.types(f"/preload watch task={task_id}")
    [watch] = await watches(demo)
    assert watch.ask.task_id is None
    assert len(watch.streams) == 1
    await anna.types("/preload watch task=nobody")
    assert len(await watches(demo)) == 1


async def test_the_button_under_the_answer_to_a_task_watches_its_stream(
    anna: Person, demo: Demo
) -> None:
    task = next(task for task in demo.live.world.tasks if task.domain == DOMAIN)
    await anna.types(f"/preload task={task.task_id}")
    await anna.clicks("page.watch")
    [watch] = await watches(demo)
    assert watch.ask.urls == (task.url,)


@pytest.mark.parametrize("control", ["watch.widen", "watch.separately"])
async def test_what_is_wished_of_a_watch_that_is_forgotten_is_to_be_asked_anew(
    anna: Person, demo: Demo, control: str
) -> None:
    backup = f"rtmp://{DOMAIN}/liveApp/cup_backup"
    await anna.types(f"/preload watch {CUP}")
    await anna.types(f"/preload watch {CUP} {backup}")
    [watch] = await watches(demo)
    await demo.bot.desk.store.watches.stop(watch.id, ANNA, demo.bot.now())
    await demo.bot.desk.store.watches.prune(demo.bot.now() + timedelta(hours=1))
    assert "no longer works" in await anna.clicks(control)
    assert await watches(demo) == ()


async def test_where_several_domains_could_be_meant_they_are_named_with_the_whole_command(
    demo: Demo,
) -> None:
    anna = Person(demo, channel=GENERAL)
    said = await anna.types("/preload watch failed name=“Cup final”")
    assert '```/preload watch failed name="Cup final"' in said  # what was typed, and what is right
    assert 'watch domain=live.example.com status=failed name="Cup final"' in said
    assert "vip.example.com" in said
    assert await watches(demo) == ()
    said = await anna.types("/preload subscribe")
    assert "`/preload subscribe domain=live.example.com`" in said


@pytest.mark.parametrize("command", ["watch", "subscribe"])
async def test_a_domain_that_the_account_lacks_is_not_followed(
    anna: Person, demo: Demo, command: str
) -> None:
    before = await subscriptions(demo)
    said = await anna.types(f"/preload {command} live.exampel.com")
    assert "Did you mean `live.example.com`?" in said
    assert await watches(demo) == ()
    assert await subscriptions(demo) == before


# --- subscribe ---


async def test_a_channel_is_subscribed_once_and_can_be_told_more(
    anna: Person, liwei: Person, demo: Demo
) -> None:
    await anna.types("/preload subscribe vip.example.com status=failed group=30s repeat=off")
    [before] = [one for one in await subscriptions(demo) if one.domain == "vip.example.com"]
    assert before.statuses == {StatusFilter.FAILED}
    assert (before.group, before.repeat) == (timedelta(seconds=30), timedelta(0))
    await liwei.types("/preload 订阅 vip.example.com")
    await liwei.clicks("sub.widen")
    [after] = [one for one in await subscriptions(demo) if one.domain == "vip.example.com"]
    assert after.statuses == BOTH
    assert (after.id, after.owner, after.repeat) == (before.id, ANNA, timedelta(0))


async def test_what_is_covered_needs_no_widening(anna: Person) -> None:
    await anna.types("/preload subscribe vip.example.com")
    await anna.types("/preload subscribe vip.example.com status=failed")
    assert "sub.widen" not in anna.controls()


async def test_unsubscribing_names_the_domain_unless_it_is_the_only_one(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    await anna.types("/preload subscribe live.example.com")
    await anna.types("/preload subscribe vip.example.com")
    await anna.types("/preload unsubscribe")
    assert len([one for one in await subscriptions(demo) if one.channel_id == GENERAL]) == 2
    assert "sub.remove" in anna.controls()
    await anna.types("/preload unsubscribe vip.example.com")
    await anna.types("/preload 取消订阅")
    assert [one for one in await subscriptions(demo) if one.channel_id == GENERAL] == []


async def test_unsubscribing_from_what_is_not_subscribed_to_says_so_and_lists_what_there_is(
    demo: Demo,
) -> None:
    anna = Person(demo, channel=GENERAL)
    await anna.types("/preload subscribe live.example.com")
    await anna.types("/preload watch vip.example.com failed name=Boxes")
    said = await anna.types("/preload unsubscribe vip.example.com")
    assert "is not told of vip.example.com" in said
    assert "Boxes" in said
    assert {"sub.remove", "watch.stop"} <= anna.controls()
    assert len([one for one in await subscriptions(demo) if one.channel_id == GENERAL]) == 1


# --- list, deliveries ---


async def test_the_list_has_the_buttons_of_each_row(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    await anna.types("/preload subscribe vip.example.com")
    await anna.types("/preload watch vip.example.com failed name=Boxes")
    said = await anna.types("/preload list")
    assert "vip.example.com" in said
    assert "Boxes" in said
    await anna.clicks("sub.mute", "for 1 hour")
    [subscription] = await demo.bot.desk.store.subscriptions.of_channel(TEAM, GENERAL)
    assert subscription.is_muted(demo.bot.now())
    await anna.clicks("sub.mute", "unmute")
    [subscription] = await demo.bot.desk.store.subscriptions.of_channel(TEAM, GENERAL)
    assert subscription.muted_until is None
    assert "Boxes" not in await anna.clicks("watch.stop")
    assert "vip.example.com" not in await anna.clicks("sub.remove")


async def test_the_list_of_all_channels_names_them(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    await anna.types("/preload watch vip.example.com failed name=Boxes in=#live-ops")
    assert "Boxes" not in await anna.types("/preload list")
    assert "#live-ops" in await anna.types("/preload list all")


async def test_a_click_in_the_list_of_all_channels_leaves_it_one(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    await anna.types("/preload watch vip.example.com failed name=Boxes in=#live-ops")
    await anna.types("/preload subscribe vip.example.com")
    await anna.types("/preload watch vip.example.com pending name=Here")
    await anna.types("/preload list all")
    assert "Boxes" in await anna.clicks("sub.mute", "for 1 hour")
    assert "Boxes" in await anna.clicks("sub.remove")
    await anna.types("/preload unsubscribe live.example.com in=#live-ops")
    assert "Here" not in await anna.clicks("watch.stop")


async def test_deliveries_name_the_watch(anna: Person) -> None:
    await anna.types("/preload watch vip.example.com failed name=Boxes")
    said = await anna.types("/preload deliveries")
    assert "Boxes" in said
    assert "gathered" not in said


async def test_what_is_followed_in_a_direct_message_is_listed_for_its_owner_alone(
    demo: Demo, liwei: Person
) -> None:
    alone = Person(demo, channel="D0001")
    await alone.types(f'/preload watch {CUP} name="Just for me"')
    assert "Just for me" in await Person(demo, channel=GENERAL).types("/preload list all")
    assert "Just for me" not in await liwei.types("/preload list all")


# --- clicks on what was posted ---


async def told_of_a_failure(demo: Demo, *, owner: str = ANNA) -> Message:
    """Have #general told of a failure, and wait for the notice."""
    desk = demo.bot.desk
    now, mark = desk.now(), demo.slack.messages.mark
    subscription = Subscription(
        desk.new_id(), TEAM, GENERAL, "default", "quiet.example.com", owner, now
    )
    await desk.store.subscriptions.add(subscription)
    failed = demo.live.world.add(
        "rtmp://quiet.example.com/liveApp/cup_main",
        created=now - timedelta(minutes=5),
        outcome="failed",
    )
    task = PreloadTask(
        failed.task_id, failed.domain, failed.url, created=failed.created, status="Failed"
    )
    followed = Followed("default", "quiet.example.com", baseline_at=now, read_at=now)
    alarm = Alarm(subscription.id, task.stream, task, now, now + timedelta(minutes=30))
    change = Change(ChangeKind.FAILED, task, now)
    told = Told(
        kind=NoticeKind.FAILURES,
        source=subscription.id,
        key=change.key,
        team_id=TEAM,
        channel_id=GENERAL,
        seen_at=now,
        due_at=now,
        change=change,
    )
    seen = Seen(task, observed_at=now, progressed_at=now)
    await desk.store.ledger.record(Turn(followed, (seen,), (told,), (alarm,)))
    desk.wake()
    return await demo.slack.settled(
        ANNA, after=mark, until=lambda one: "cup_main" in one.text and one.channel == GENERAL
    )


def standing(demo: Demo, message: Message) -> str:
    """A message as it stands, as text."""
    now = demo.slack.messages.get(message.id)
    assert now is not None
    return printed(now, zone="UTC")


async def test_a_notice_is_muted_for_everyone_by_anyone_until_nine_in_their_zone(
    demo: Demo,
) -> None:
    notice = await told_of_a_failure(demo)
    liwei = Person(demo, LIWEI, GENERAL)
    liwei.read = notice
    await liwei.clicks("notice.mute", "until tomorrow 09:00")
    [subscription] = await demo.bot.desk.store.subscriptions.of_channel(TEAM, GENERAL)
    assert subscription.muted_until is not None
    assert subscription.muted_until.astimezone(SHANGHAI).hour == 9
    assert "Muted until" in standing(demo, notice)
    anna = Person(demo, channel=GENERAL)
    anna.read = demo.slack.messages.get(notice.id)
    await anna.clicks("notice.mute", "unmute")
    assert "Muted until" not in standing(demo, notice)


async def test_who_has_seen_to_a_failure_is_named_and_nobody_is_told_of_it_again(
    demo: Demo,
) -> None:
    notice = await told_of_a_failure(demo)
    liwei = Person(demo, LIWEI, GENERAL)
    liwei.read = notice
    await liwei.clicks("notice.seen")
    assert "seen by @liwei" in standing(demo, notice)
    assert "notice.seen" not in liwei.controls()
    alarms = await demo.bot.desk.store.alarms.of_account("default")
    assert [alarm.seen_by for alarm in alarms] == [LIWEI]


async def test_a_notice_opens_what_is_failed_now_for_the_clicker_alone(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    anna.read = notice = await told_of_a_failure(demo)
    assert "quiet.example.com" in await anna.clicks("notice.open")
    assert anna.read is not None
    assert anna.read.only_visible_to == ANNA
    assert demo.slack.messages.get(notice.id) == notice


async def test_unsubscribing_at_a_notice_leaves_what_was_told_without_controls(
    demo: Demo,
) -> None:
    anna = Person(demo, channel=GENERAL)
    anna.read = notice = await told_of_a_failure(demo)
    await anna.clicks("notice.unsubscribe")
    assert await demo.bot.desk.store.subscriptions.of_channel(TEAM, GENERAL) == ()
    assert "cup_main" in standing(demo, notice)
    anna.read = demo.slack.messages.get(notice.id)
    assert anna.controls() == set()


@pytest.mark.parametrize(
    ("control", "choice"),
    [("notice.mute", "for 1 hour"), ("notice.seen", None), ("notice.unsubscribe", None)],
)
async def test_a_click_on_a_notice_of_what_was_unsubscribed_meanwhile_says_so(
    demo: Demo, control: str, choice: str | None
) -> None:
    anna = Person(demo, channel=GENERAL)
    anna.read = notice = await told_of_a_failure(demo)
    await Person(demo, LIWEI, GENERAL).types("/preload unsubscribe")
    assert "no longer works" in await anna.clicks(control, choice)
    assert demo.slack.messages.get(notice.id) == notice


async def test_of_many_who_stop_a_watch_at_once_one_is_named_and_all_are_answered(
    demo: Demo,
) -> None:
    anna = Person(demo, channel=GENERAL)
    mark = demo.slack.messages.mark
    await anna.types("/preload watch vip.example.com failed name=Boxes")
    board = await demo.slack.settled(
        ANNA, after=mark, until=lambda one: "Boxes" in one.text and one.only_visible_to is None
    )
    [watch] = await watches(demo)
    clicks = [demo.slack.click(who, board.id, "board.stop") for who in (ANNA, LIWEI) * 30]
    outcomes = await asyncio.gather(*clicks)
    await demo.bot.jobs.idle()
    assert all(outcome.ok for outcome in outcomes)
    stopped = await demo.bot.desk.store.watches.find(watch.id)
    assert stopped is not None
    assert f"Stopped by @{NAMES[str(stopped.stopped_by)]}" in standing(demo, board)
    assert "board.stop" not in str(demo.slack.messages.get(board.id))


async def test_of_clicks_that_race_none_is_lost_and_the_message_shows_them_all(
    demo: Demo,
) -> None:
    notice = await told_of_a_failure(demo)
    clicks = [
        demo.slack.click(who, notice.id, control, option=option)
        for who in (ANNA, LIWEI) * 10
        for control, option in (("notice.seen", None), ("notice.mute", "for 1 hour"))
    ]
    await asyncio.gather(*clicks)
    await demo.bot.jobs.idle()
    [alarm] = await demo.bot.desk.store.alarms.of_account("default")
    said = standing(demo, notice)
    assert f"seen by @{NAMES[str(alarm.seen_by)]}" in said
    assert "Muted until" in said
