"""What a subscribed channel is told. The builders here serve the other tests of what is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.asks import Ask
from bot.live.model import StatusFilter
from bot.sandbox.slack.limits import check
from bot.views import follow_refs, told
from bot.views.follow_refs import NoticeRef
from bot.views.limits import MESSAGE_TEXT_CHARS, Message
from bot.views.refs import PageRef
from bot.watch.model import Change, ChangeKind, Subscription
from bot.watch.notices import Notice, NoticeKind, NoticeState
from tests.test_views import CHINESE, NOW, READER, Anything, a_task, mrkdwn

MINUTE = timedelta(minutes=1)
SUBSCRIPTION = Subscription(
    id="sub000000001",
    team_id="T0001",
    channel_id="C0001",
    account="default",
    domain="live.example.com",
    owner="U0001",
    created_at=NOW - timedelta(hours=5),
)


def a_change(
    kind: ChangeKind = ChangeKind.FAILED,
    number: int = 1,
    name: str = "cup_main.flv",
    **fields: Anything,
) -> Change:
    """Something that happened to a task just now."""
    state: dict[str, Any] = (
        {"status": "failed", "process": 0.0, "description": "InternalError"}
        if kind is ChangeKind.FAILED
        else {}
    )
    return Change(kind, a_task(number, name, **{**state, **fields}), NOW)


def a_notice(kind: NoticeKind, *changes: Change, **fields: Anything) -> Notice:
    """A notice, claimed to be sent."""
    key = f"{kind}:sub000000001:{changes[0].key if changes else 'x'}"
    notice = Notice(
        id=1,
        key=key,
        kind=kind,
        source="sub000000001",
        team_id="T0001",
        channel_id="C0001",
        state=NoticeState.SENDING,
        seen_at=NOW,
        queued_at=NOW,
        due_at=NOW,
        changes=changes,
    )
    return replace(notice, **fields)


def failures(count: int) -> tuple[Change, ...]:
    return tuple(a_change(number=n, name=f"cup_cam{n}.flv") for n in range(1, count + 1))


def controls(message: Message) -> dict[str, Any]:
    """The message's controls by what a handler listens to."""
    return {
        control["action_id"]: control
        for block in message.blocks
        for control in [*block.get("elements", []), block.get("accessory", {})]
        if "action_id" in control
    }


def taken(message: Message) -> Message:
    """The message, which Slack takes, new or as an update."""
    sent = {"text": message.text, "blocks": list(message.blocks)}
    assert check(sent, text_chars=MESSAGE_TEXT_CHARS) == []
    return message


def test_failures_say_how_many_which_why_and_when_and_call_who_subscribed() -> None:
    message = taken(
        told.failures(a_notice(NoticeKind.FAILURES, *failures(2)), SUBSCRIPTION, READER, now=NOW)
    )
    assert message.text == (
        "❌ live.example.com: 2 streams failed: liveApp/cup_cam1.flv, liveApp/cup_cam2.flv"
    )
    body = mrkdwn(message)
    assert "*❌ live.example.com: 2 streams failed*" in body
    assert "❌ liveApp/cup_cam1.flv · InternalError · window 19:30–23:00" in body
    assert "observed 19:42:10 (UTC+8) · for <@U0001>" in body


def test_a_notice_can_be_seen_opened_muted_and_unsubscribed_from() -> None:
    notice = a_notice(NoticeKind.FAILURES, *failures(1))
    found = controls(told.failures(notice, SUBSCRIPTION, READER, now=NOW))
    ref = NoticeRef("sub000000001", notice.key)
    assert list(found) == ["notice.seen", "notice.open", "notice.mute", "notice.unsubscribe"]
    assert NoticeRef.unpack(found["notice.seen"]["value"]) == ref
    assert NoticeRef.unpack(found["notice.unsubscribe"]["value"]) == ref
    assert "live.example.com" in found["notice.unsubscribe"]["confirm"]["text"]["text"]
    opened = PageRef.unpack(found["notice.open"]["value"]).ask
    assert opened == Ask("default", "live.example.com", status=StatusFilter.FAILED)
    chosen = [NoticeRef.unpack(option["value"]) for option in found["notice.mute"]["options"]]
    assert chosen == [
        replace(ref, choice=follow_refs.HOUR),
        replace(ref, choice=follow_refs.MORNING),
    ]


def test_a_muted_subscription_shows_until_when_and_can_be_unmuted() -> None:
    notice = a_notice(NoticeKind.CHANGES, a_change(ChangeKind.COMPLETED))
    muted = replace(SUBSCRIPTION, muted_until=NOW + timedelta(hours=1))
    menu = controls(told.changes(notice, muted, READER, now=NOW))["notice.mute"]
    assert menu["placeholder"]["text"] == "Muted until 20:42"
    assert NoticeRef.unpack(menu["options"][0]["value"]).choice == follow_refs.UNMUTE
    over = replace(SUBSCRIPTION, muted_until=NOW)
    menu = controls(told.changes(notice, over, READER, now=NOW))["notice.mute"]
    assert menu["placeholder"]["text"] == "Mute"
    assert len(menu["options"]) == 2


def test_a_failure_that_somebody_has_seen_names_them_and_calls_nobody() -> None:
    notice = a_notice(NoticeKind.FAILURES, *failures(1))
    message = taken(told.failures(notice, SUBSCRIPTION, READER, now=NOW, seen_by="U0002"))
    assert "seen by <@U0002>" in mrkdwn(message)
    assert "<@U0001>" not in mrkdwn(message)
    assert "notice.seen" not in controls(message)


def test_what_is_failed_still_is_told_since_when_as_far_as_that_is_known() -> None:
    earlier = replace(a_change(), at=NOW - 40 * MINUTE)
    notice = a_notice(NoticeKind.REPEAT, earlier, *failures(1))
    message = taken(told.repeat(notice, SUBSCRIPTION, READER, now=NOW))
    assert message.text.startswith("❌ live.example.com: 2 streams still failed, since 19:02: ")
    assert "observed 19:42:10 (UTC+8) · for" in mrkdwn(message)
    assert "notice.seen" in controls(message)
    notice = a_notice(NoticeKind.REPEAT, *failures(2))
    message = taken(told.repeat(notice, SUBSCRIPTION, READER, now=NOW))
    assert message.text.startswith("❌ live.example.com: 2 streams still failed: ")


def test_other_changes_are_counted_problems_first_and_the_gravest_are_named() -> None:
    notice = a_notice(
        NoticeKind.CHANGES,
        *(a_change(ChangeKind.COMPLETED, n, f"cup_cam{n}.flv") for n in range(14)),
        a_change(ChangeKind.RETRIED, 20, "cup_a.flv", status="preloading", process=20.0),
        a_change(ChangeKind.RETRIED, 21, "cup_b.flv"),
        a_change(ChangeKind.WINDOW_SOON, 22, "cup_c.flv", window_end=NOW + 14 * MINUTE),
    )
    message = taken(told.changes(notice, SUBSCRIPTION, READER, now=NOW))
    body = mrkdwn(message)
    assert "*⚠️ live.example.com: 1 window ends at 19:56, 2 retried, 14 completed*" in body
    assert "⚠️ liveApp/cup_c.flv · window ends at 19:56" in body
    assert "↻ liveApp/cup_a.flv · failed, retried: preloading 20 %" in body
    assert "✅ liveApp/cup_cam0.flv · ready, until 23:00" in body
    assert "and 12 more in the thread" in body
    assert told.parts(notice) == 1
    assert "<@" not in body


@pytest.mark.parametrize(
    ("kind", "fields", "line"),
    [
        (ChangeKind.STUCK, {"status": "preloading", "process": 63.0}, "⚠️ stuck, preloading 63 %"),
        (
            ChangeKind.VANISHED,
            {"status": "preloading"},
            "❔ unfinished after 3 days: outcome unknown",
        ),
        (ChangeKind.WINDOW_OVER, {"window_end": NOW - MINUTE}, "⚠️ complete, window ended 19:41"),
        (ChangeKind.WINDOW_SOON, {"window_end": NOW - MINUTE}, "⚠️ complete, window ended 19:41"),
        (ChangeKind.RECOVERED, {}, "✅ ready, until 23:00, had failed before"),
        (ChangeKind.COMPLETED, {"window_end": None}, "❔ complete, window unknown"),
        (ChangeKind.APPEARED, {"status": "pending"}, "⏳ pending"),
        (ChangeKind.PROGRESSED, {"status": "preloading", "process": 1.0}, "🔄 preloading 1 %"),
    ],
)
def test_each_kind_of_change_has_its_icon_and_words(
    kind: ChangeKind, fields: dict[str, Anything], line: str
) -> None:
    notice = a_notice(NoticeKind.CHANGES, a_change(kind, **fields))
    icon, said = line.split(" ", 1)
    body = mrkdwn(taken(told.changes(notice, SUBSCRIPTION, READER, now=NOW)))
    assert f"{icon} liveApp/cup_main.flv · {said}" in body


def test_every_kind_of_change_is_counted() -> None:
    notice = a_notice(NoticeKind.CHANGES, *(a_change(kind) for kind in ChangeKind))
    said = told.changes(notice, SUBSCRIPTION, READER, now=NOW).text
    assert said.startswith(
        "⚠️ live.example.com: 1 failed, 1 stuck, 1 window ended, 1 outcome unknown, "
        "1 window ends at 23:00, 1 retried, 1 recovered, 1 completed, 1 now preloading, "
        "1 new task: liveApp/cup_main.flv"
    )


def test_windows_that_end_at_several_times_are_counted_with_the_first() -> None:
    ends = [a_change(ChangeKind.WINDOW_SOON, n, window_end=NOW + n * MINUTE) for n in (5, 9)]
    notice = a_notice(NoticeKind.CHANGES, *ends)
    said = told.changes(notice, SUBSCRIPTION, READER, now=NOW).text
    assert "2 windows end soon, the first at 19:47" in said


def test_what_was_gathered_over_minutes_says_from_when_to_when_it_was_observed() -> None:
    early = replace(a_change(ChangeKind.COMPLETED), at=NOW - 5 * MINUTE)
    notice = a_notice(NoticeKind.CHANGES, early, a_change(ChangeKind.COMPLETED, 2))
    body = mrkdwn(told.changes(notice, SUBSCRIPTION, READER, now=NOW))
    assert "observed 19:37:10 (UTC+8) – 19:42:10 (UTC+8)" in body


@pytest.mark.parametrize(
    ("count", "parts"), [(1, 0), (15, 0), (16, 1), (75, 1), (76, 2), (255, 4), (5_000, 4)]
)
def test_what_has_no_room_needs_at_most_four_messages_in_the_thread(count: int, parts: int) -> None:
    notice = a_notice(NoticeKind.FAILURES, *failures(count))
    assert told.parts(notice) == parts
    assert told.parts(replace(notice, kind=NoticeKind.DETAILS)) == 0


@pytest.mark.parametrize("count", [16, 76, 255, 1_000])
def test_each_failure_stands_in_exactly_one_message_or_is_said_to_be_left_out(count: int) -> None:
    notice = a_notice(NoticeKind.FAILURES, *failures(count))
    messages = [taken(told.failures(notice, SUBSCRIPTION, READER, now=NOW))]
    for part in range(1, told.parts(notice) + 1):
        thread = replace(notice, kind=NoticeKind.DETAILS, facts={"part": str(part)})
        messages.append(taken(told.details(thread, SUBSCRIPTION, READER, now=NOW)))
    body = "\n".join(map(mrkdwn, messages)) + "\n"
    shown = [n for n in range(1, count + 1) if f"liveApp/cup_cam{n}.flv · " in body]
    assert [body.count(f"liveApp/cup_cam{n}.flv · ") for n in shown] == [1] * len(shown)
    left_out = count - len(shown)
    assert left_out == max(0, count - 255)
    said = f"and {left_out} more: `/preload domain=live.example.com status=failed`"
    assert (said in body) == bool(left_out)
    assert ("all with `/preload domain=live.example.com status=failed`" in body) == bool(left_out)


def test_a_thread_goes_on_where_its_subscription_is_gone() -> None:
    notice = a_notice(NoticeKind.DETAILS, *failures(20), facts={"part": "1"})
    message = taken(told.details(notice, None, READER, now=NOW))
    assert message.text.startswith("live.example.com: 16–20 of 20")


def test_a_domain_that_cannot_be_read_is_told_with_the_reason_and_its_recovery() -> None:
    facts = {"failure": "ServiceUnavailable", "since": (NOW - 2 * MINUTE).isoformat()}
    blind = a_notice(NoticeKind.BLIND, source="main/live.example.com", facts=facts)
    assert taken(told.blind(blind, READER, NOW)).text == (
        "⚠️ live.example.com has not been readable since 19:40 (ServiceUnavailable). "
        "Nothing is announced until it is."
    )
    bare = replace(blind, facts={"since": "soon"})
    assert "since 19:42." in told.blind(bare, READER, NOW).text
    assert taken(told.sight(blind, READER, NOW)).text == (
        "live.example.com can be read again as of 19:42. "
        "What changed meanwhile follows, if anything did."
    )


@pytest.mark.parametrize(
    ("code", "why", "mending"),
    [
        ("not_in_channel", "The bot is not in <#C0001>", "`/invite @preload`"),
        ("channel_not_found", "is gone, or private", "`/invite @preload`"),
        ("is_archived", "<#C0001> is archived", "unarchive <#C0001>"),
        ("account_inactive", "switched off", "reinstall"),
        ("token_revoked", "was revoked", "reinstall"),
        ("restricted_action", "refuses posts to <#C0001>: `restricted_action`", "administrator"),
    ],
)
def test_an_owner_is_told_why_a_channel_cannot_be_posted_to_and_what_mends_it(
    code: str, why: str, mending: str
) -> None:
    facts = {"code": code, "channel": "C0001"}
    said = taken(told.parked(a_notice(NoticeKind.PARKED, facts=facts), READER, NOW)).text
    assert why in said
    assert mending in said
    assert "is kept" in said


def test_a_notice_speaks_chinese() -> None:
    notice = a_notice(NoticeKind.FAILURES, *failures(16))
    body = mrkdwn(taken(told.failures(notice, SUBSCRIPTION, CHINESE, now=NOW)))
    assert "*❌ live.example.com：16 路流预热失败*" in body
    assert "另有 1 路，见消息列" in body
    assert "查询于 19:42:10 (UTC+8) · 通知 <@U0001>" in body
