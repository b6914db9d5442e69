"""What those are answered who say what they want to be told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.live.model import StatusFilter
from bot.roles import Right, Rights
from bot.views import follow_refs, following
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.limits import Message
from bot.watch.model import Subscription, Watch
from bot.watch.notices import Notice, NoticeKind, NoticeState
from tests.test_views import CHINESE, MAY_ALL, NOW, READER, Anything, may, mrkdwn
from tests.test_views_boards import FILTER, a_watch
from tests.test_views_told import SUBSCRIPTION, a_change, a_notice, controls, failures, taken

HOUR = timedelta(hours=1)
ONLY_FAILED = replace(SUBSCRIPTION, statuses=frozenset({StatusFilter.FAILED}))
OF_SUBSCRIPTION = FollowRef(FollowKind.SUBSCRIPTION, "sub000000001")
OF_WATCH = FollowRef(FollowKind.WATCH, "watch0000001")


def test_a_new_subscription_says_what_the_channel_is_told_how_and_how_it_ends() -> None:
    message = taken(following.subscribed(SUBSCRIPTION, READER, now=NOW))
    body = mrkdwn(message)
    assert "*<#C0001> is told of live.example.com from now on: failed, complete*" in body
    assert "Failures at once, and again every 30 min" in body
    assert "Other changes gathered for 10 s" in body
    assert "What happened before is not announced" in body
    assert "`/preload list`" in body


@pytest.mark.parametrize(
    ("repeat", "group", "said"),
    [
        (timedelta(0), timedelta(0), ["Failures at once, and once", "Other changes each at once"]),
        (2 * HOUR, timedelta(seconds=90), ["again every 2 h", "gathered for 90 s"]),
    ],
)
def test_how_often_a_failure_is_told_and_how_long_changes_are_gathered_is_said(
    repeat: timedelta, group: timedelta, said: list[str]
) -> None:
    subscription = replace(SUBSCRIPTION, repeat=repeat, group=group)
    body = mrkdwn(taken(following.subscribed(subscription, READER, now=NOW)))
    for words in said:
        assert words in body


def test_one_that_is_not_of_failures_speaks_of_none() -> None:
    complete = replace(SUBSCRIPTION, statuses=frozenset({StatusFilter.COMPLETE}))
    body = mrkdwn(following.subscribed(complete, READER, now=NOW))
    assert "Failures" not in body
    assert "Other changes" in body


def test_a_channel_that_is_told_less_than_wanted_is_offered_the_rest() -> None:
    muted = replace(ONLY_FAILED, muted_until=NOW + HOUR)
    wanted = frozenset({StatusFilter.COMPLETE, StatusFilter.PENDING})
    message = taken(following.already_covered(muted, wanted, READER, now=NOW))
    assert "*<#C0001> is told of live.example.com already: failed*" in mrkdwn(message)
    assert "Muted until 20:42" in mrkdwn(message)
    widen = controls(message)["sub.widen"]
    assert widen["text"]["text"] == "Add complete, pending"
    ref = FollowRef.unpack(widen["value"])
    assert ref == replace(OF_SUBSCRIPTION, choice="failed,complete,pending")


def test_a_channel_that_is_told_all_that_is_wanted_is_offered_nothing() -> None:
    message = taken(following.already_covered(SUBSCRIPTION, ONLY_FAILED.statuses, READER, now=NOW))
    assert controls(message) == {}
    assert "unsubscribe first: `/preload unsubscribe domain=live.example.com`" in mrkdwn(message)


def test_what_is_unsubscribed_from_can_be_had_back() -> None:
    message = taken(following.unsubscribed(SUBSCRIPTION, READER))
    assert message.text == "<#C0001> is told nothing of live.example.com any more"
    assert "`/preload subscribe domain=live.example.com`" in mrkdwn(message)


def test_it_can_be_had_back_as_it_was() -> None:
    was = replace(ONLY_FAILED, group=timedelta(seconds=90), repeat=timedelta(0))
    again = "/preload subscribe domain=live.example.com status=failed group=90s repeat=off"
    assert f"`{again}`" in mrkdwn(taken(following.unsubscribed(was, READER)))
    hourly = replace(SUBSCRIPTION, group=timedelta(0), repeat=HOUR)
    assert "group=off repeat=60m" in mrkdwn(taken(following.unsubscribed(hourly, READER)))


def test_a_channel_without_the_bot_gets_the_exact_invitation() -> None:
    message = taken(following.not_in_channel("C0003", READER))
    assert "The bot is not in <#C0003>" in message.text
    assert "Type `/invite @preload` in <#C0003>, then ask again" in mrkdwn(message)


def test_an_archived_channel_is_called_so() -> None:
    message = taken(following.archived("C0003", READER))
    assert message.text.startswith("<#C0003> is archived: nothing can be posted there")


def listed(
    subscriptions: list[Subscription], watches: list[Watch], rights: Rights = MAY_ALL
) -> Message:
    return taken(following.listed(subscriptions, watches, READER, rights, now=NOW))


def test_a_list_shows_each_with_what_can_be_done_with_it() -> None:
    watch = a_watch(streams={name: f"rtmp://live.example.com/app/{name}" for name in "abcd"})
    muted = replace(SUBSCRIPTION, muted_until=NOW + HOUR)
    message = listed([muted], [watch])
    body = mrkdwn(message)
    assert message.text == "1 subscription, 1 watch: live.example.com, Cup final"
    assert "*live.example.com, told in <#C0001>*\nfailed, complete · " in body
    assert "Muted until 20:42 · by <@U0001>" in body
    assert "*Cup final, watched in <#C0001>*\nlive.example.com · " in body
    assert " · 4 streams: app/a, app/b, app/c and 1 more · Until every stream" in body
    found = controls(message)
    assert FollowRef.unpack(found["sub.remove"]["value"]) == OF_SUBSCRIPTION
    assert "confirm" in found["sub.remove"]
    chosen = [FollowRef.unpack(option["value"]) for option in found["sub.mute"]["options"]]
    choices = (follow_refs.UNMUTE, follow_refs.HOUR, follow_refs.MORNING)
    assert chosen == [replace(OF_SUBSCRIPTION, choice=choice) for choice in choices]
    assert FollowRef.unpack(found["watch.stop"]["value"]) == OF_WATCH
    assert "confirm" in found["watch.stop"]


def test_streams_of_a_filter_are_counted_alone() -> None:
    watch = a_watch(ask=FILTER, streams={"rtmp://live.example.com/app/a": "a"})
    assert "live.example.com · 1 stream · Watched until" in mrkdwn(listed([], [watch]))


def test_a_watch_of_one_stream_without_a_name_names_it_once() -> None:
    stream = "rtmp://live.example.com/app/a"
    one = a_watch(name="", ask=replace(FILTER, status=None, urls=(stream,)), streams={"a": stream})
    body = mrkdwn(listed([], [one]))
    assert "*app/a, watched in <#C0001>*\nlive.example.com · 1 stream · Until every" in body


def test_the_rows_of_a_list_of_all_channels_say_that_they_are_of_one() -> None:
    rows = [SUBSCRIPTION], [a_watch()]
    message = following.listed(*rows, READER, MAY_ALL, now=NOW, everywhere=True)
    found = controls(taken(message))
    assert FollowRef.unpack(found["sub.remove"]["value"]) == replace(
        OF_SUBSCRIPTION, everywhere=True
    )
    assert FollowRef.unpack(found["watch.stop"]["value"]) == replace(OF_WATCH, everywhere=True)


@pytest.mark.parametrize("watches", [[], [a_watch()]])
def test_what_a_channel_is_not_told_of_is_named_before_what_it_has(watches: list[Watch]) -> None:
    unknown = ("C0001", "vip.example.com")
    message = taken(following.listed([], watches, READER, MAY_ALL, now=NOW, unknown=unknown))
    assert message.text.startswith("<#C0001> is not told of vip.example.com. ")
    assert mrkdwn(message).startswith("*<#C0001> is not told of vip.example.com*")
    assert ("Cup final" in message.text) == bool(watches)


def test_what_ends_in_a_list_of_everywhere_is_not_said_to_end_in_this_channel() -> None:
    asked = controls(listed([SUBSCRIPTION], []))["sub.remove"]["confirm"]["text"]["text"]
    assert asked == "The channel is told nothing of live.example.com any more."


def test_an_empty_list_says_how_to_begin() -> None:
    message = listed([], [])
    assert message.text.startswith("Nothing is subscribed to or watched here")
    assert "`/preload subscribe domain=live.example.com`" in mrkdwn(message)
    assert "`/preload watch status=preloading until=20:00`" in mrkdwn(message)


def test_an_empty_list_names_only_what_the_reader_may_begin() -> None:
    watching = mrkdwn(listed([], [], may(Right.QUERY, Right.WATCH)))
    assert "To begin: `/preload watch status=preloading until=20:00`" in watching
    assert "/preload subscribe" not in watching
    assert mrkdwn(listed([], [], may(Right.QUERY))) == "*Nothing is subscribed to or watched here*"


def test_only_what_the_reader_may_end_has_controls() -> None:
    rows = [SUBSCRIPTION], [a_watch()]
    everything = mrkdwn(listed(*rows))
    assert mrkdwn(listed(*rows, may(Right.QUERY))) == everything
    assert controls(listed(*rows, may(Right.QUERY))) == {}
    assert set(controls(listed(*rows, may(Right.WATCH)))) == {"watch.stop"}
    assert set(controls(listed(*rows, may(Right.SUBSCRIBE)))) == {"sub.mute", "sub.remove"}
    others = may(*Right, domains=frozenset({"cup.example.com"}))
    assert controls(listed(*rows, others)) == {}


def test_who_may_begin_nothing_is_not_told_how_where_nothing_was_delivered() -> None:
    message = following.deliveries([], {}, READER, may(Right.QUERY), now=NOW)
    assert mrkdwn(taken(message)) == "*Nothing was delivered in this channel yet*"


def test_what_a_long_list_has_no_room_for_is_counted_and_named() -> None:
    many = [replace(SUBSCRIPTION, domain=f"live{n}.example.com") for n in range(60)]
    message = listed(many, [a_watch()])
    shown = sum(block["type"] == "actions" for block in message.blocks)
    assert shown >= 10
    rest = mrkdwn(message).splitlines()[-1]
    assert rest.startswith(f"No room here for {61 - shown} more: live{shown}.example.com, ")


QUEUED = {"state": NoticeState.OPEN, "attempts": 0, "due_at": NOW + timedelta(seconds=10)}


def delivered(**fields: Anything) -> str:
    at = {"queued_at": NOW + timedelta(seconds=0.02), "posted_at": NOW + timedelta(seconds=1.2)}
    fields = {"state": NoticeState.POSTED, **at, **fields}
    kind = fields.pop("kind", NoticeKind.FAILURES)
    notice: Notice = a_notice(kind, *failures(3), **fields)
    return mrkdwn(taken(following.deliveries([notice], {}, READER, MAY_ALL, now=NOW)))


def test_a_delivery_says_what_was_seen_when_and_how_long_it_took() -> None:
    assert (
        "*Failures: 3* · live.example.com · "
        "seen 19:42:10 · queued +0.0 s · posted +1.2 s" in delivered()
    )
    assert "times are UTC+8" in delivered()
    assert "queued +0.0 s" in delivered(queued_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"attempts": 3, "error": "ratelimited"}, "retried 2 times (ratelimited)"),
        ({"attempts": 2}, "retried 1 time"),
        ({"is_uncertain": True}, "may stand there twice"),
        ({"state": NoticeState.OPEN, "posted_at": None}, "waiting since 19:42:10"),
        (
            {"kind": NoticeKind.CHANGES, **QUEUED},
            "gathered until 19:42:20",
        ),
        (QUEUED, "waiting since 19:42:10"),
        ({"state": NoticeState.SENDING, "posted_at": None}, "being sent"),
        ({"state": NoticeState.UNSURE, "posted_at": None}, "sent, but not confirmed"),
        ({"state": NoticeState.DROPPED, "error": "is_archived"}, "given up: is_archived"),
        ({"state": NoticeState.DROPPED}, "given up"),
    ],
)
def test_what_was_not_plainly_delivered_says_why(fields: dict[str, Anything], said: str) -> None:
    assert said in delivered(**fields)


def test_a_notice_without_changes_is_called_by_its_kind() -> None:
    notice = a_notice(NoticeKind.BOARD)
    body = mrkdwn(taken(following.deliveries([notice], {}, READER, MAY_ALL, now=NOW)))
    assert "*A watch's message* · seen 19:42:10" in body


def test_a_notice_of_a_watch_names_it() -> None:
    notice = a_notice(NoticeKind.BOARD, source="watch0000001", **QUEUED)
    watches = {"watch0000001": a_watch()}
    body = mrkdwn(taken(following.deliveries([notice], watches, READER, MAY_ALL, now=NOW)))
    assert "*A watch's message* · Cup final · seen 19:42:10" in body
    assert "gathered" not in body


def test_nothing_told_yet_says_how_to_begin() -> None:
    message = taken(following.deliveries([], {}, READER, MAY_ALL, now=NOW))
    assert message.text.startswith("Nothing was delivered in this channel yet")


def test_deliveries_that_have_no_room_are_counted() -> None:
    notice = a_notice(
        NoticeKind.CHANGES, a_change(domain="d" * 60), attempts=9, error="e" * 60, is_uncertain=True
    )
    body = mrkdwn(taken(following.deliveries([notice] * 100, {}, READER, MAY_ALL, now=NOW)))
    shown = body.count("*Changes: 1*")
    assert shown >= 30
    assert f"{100 - shown} older ones have no room here" in body


def test_answers_speak_chinese() -> None:
    message = taken(following.subscribed(SUBSCRIPTION, CHINESE, now=NOW))
    assert message.text == (
        "<#C0001> 从现在起接收 live.example.com 的通知：预热失败，已完成。"
        "失败立即通知，每 30 分钟重复。其他变化每 10 秒合并通知"
    )
