"""The local Slack as a person and a bot meet it: commands, clicks, answers, the page."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from bot.sandbox.slack import Fault, NoSuchControl
from bot.sandbox.slack.typed import formatted
from tests.slack_room import ANNA, CUP_FINAL, LIVE_OPS, SECRET, WEI, Clock, Room, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def room(clock: Clock) -> AsyncIterator[Room]:
    async with opened(clock) as made:
        yield made


BUTTON = {
    "type": "button",
    "action_id": "page.next",
    "text": {"type": "plain_text", "text": "Next"},
    "value": "v1",
}
MENU = {
    "type": "static_select",
    "action_id": "page.status",
    "options": [
        {"text": {"type": "plain_text", "text": "Failed"}, "value": "failed"},
        {"text": {"type": "plain_text", "text": "Pending"}, "value": "pending"},
    ],
}
PAGE = {
    "text": "3 failed",
    "blocks": [{"type": "actions", "block_id": "controls", "elements": [BUTTON, MENU]}],
}
SHARED = {**PAGE, "response_type": "in_channel"}


async def test_a_command_arrives_signed_with_the_fields_slack_sends(room: Room) -> None:
    outcome = await room.slack.command(ANNA, LIVE_OPS, "/preload status=failed")
    assert outcome.ok
    headers, body = room.bot.requests[0]
    base = b"v0:" + headers["X-Slack-Request-Timestamp"].encode() + b":" + body
    digest = hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={digest}"
    fields = room.bot.bodies[0]
    assert fields.pop("response_url").startswith(f"{room.base}/commands/T0001/")
    assert fields.pop("trigger_id")
    assert fields == {
        "token": "local-verification-token",
        "team_id": "T0001",
        "team_domain": "live-ops",
        "channel_id": LIVE_OPS,
        "channel_name": "live-ops",
        "user_id": ANNA,
        "user_name": "anna",
        "command": "/preload",
        "text": "status=failed",
        "api_app_id": "A0001",
        "is_enterprise_install": "false",
    }


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("domain=live.example.com", "domain=<http://live.example.com|live.example.com>"),
        ("https://a.com/x?a=1&b=2", "<https://a.com/x?a=1&amp;b=2>"),
        (
            "(see live.example.com/a.flv).",
            "(see <http://live.example.com/a.flv|live.example.com/a.flv>).",
        ),
        ("rtmp://live.example.com/app/cup", "rtmp://live.example.com/app/cup"),
        ("http://a.com/cup--main.flv", "<http://a.com/cup--main.flv>"),
        ("cup_main.flv 1.5h", "cup_main.flv 1.5h"),
        ("--status failed", "—status failed"),
        ('name="Cup final" it\'s', "name=“Cup final” it’s"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("in=#live-ops @anna #nowhere", "in=<#C0001|live-ops> <@U0001|anna> #nowhere"),
        ("预热失败 最近2小时", "预热失败 最近2小时"),
    ],
)
def test_what_is_typed_arrives_as_slack_formats_it(typed: str, sent: str) -> None:
    assert formatted(typed) == sent


async def test_an_answer_is_ephemeral_unless_it_says_otherwise(room: Room) -> None:
    private = await room.answered({"text": "for you"})
    public = await room.answered({"text": "for all", "response_type": "in_channel"})
    assert (private.only_visible_to, public.only_visible_to) == (ANNA, None)
    seen = room.slack.messages.seen_by
    assert [one.text for one in seen(ANNA, LIVE_OPS)] == ["for you", "for all"]
    assert [one.text for one in seen(WEI, LIVE_OPS)] == ["for all"]


async def test_direct_messages_are_seen_by_their_person_only(room: Room) -> None:
    await room.slack.command(WEI, "D0002", "/preload")
    await room.respond({"text": "好", "response_type": "in_channel"})
    assert [one.text for one in room.slack.messages.seen_by(WEI)] == ["好"]
    assert room.slack.messages.seen_by(ANNA) == []
    with pytest.raises(LookupError):
        await room.slack.command(ANNA, "D0002", "/preload")


async def test_an_answer_in_the_acknowledgement_is_a_message(room: Room) -> None:
    room.bot.answer = lambda: web.json_response({"text": "at once", "response_type": "in_channel"})
    assert (await room.slack.command(ANNA, LIVE_OPS, "/preload")).ok
    room.bot.answer = lambda: web.Response(text="plain")
    assert (await room.slack.command(ANNA, LIVE_OPS, "/preload")).ok
    assert [one.text for one in room.slack.messages.seen_by(WEI)] == ["at once"]
    assert [one.text for one in room.slack.messages.seen_by(ANNA)] == ["at once", "plain"]


async def test_an_answer_slack_cannot_read_is_a_failure(room: Room) -> None:
    room.bot.answer = lambda: web.Response(text="{", content_type="application/json")
    assert (await room.slack.command(ANNA, LIVE_OPS, "/preload")).error == (
        "invalid_command_response"
    )
    room.bot.answer = lambda: web.json_response({"text": "x", "blocks": [{"type": "input"}]})
    assert (await room.slack.command(ANNA, LIVE_OPS, "/preload")).error == (
        "invalid_command_response"
    )


async def test_a_command_not_acknowledged_in_time_is_shown_as_timed_out(room: Room) -> None:
    room.bot.may_answer.clear()
    room.slack._dispatch.ack_within_s = 0.05
    outcome = await room.slack.command(ANNA, LIVE_OPS, "/preload")
    assert (outcome.ok, outcome.error) == (False, "operation_timeout")
    notice = await room.slack.settled(ANNA, after=outcome.mark)
    assert notice.error == '/preload failed with the error "operation_timeout"'
    assert notice.for_page()["username"] == "Slackbot"
    assert room.slack.messages.seen_by(WEI) == []


async def test_an_acknowledgement_other_than_200_is_a_failed_dispatch(room: Room) -> None:
    room.bot.answer = lambda: web.Response(status=500)
    assert (await room.slack.command(ANNA, LIVE_OPS, "/preload")).error == "dispatch_failed"


async def test_with_nobody_listening_a_command_is_a_failed_dispatch(room: Room) -> None:
    room.slack.request_url = None
    outcome = await room.slack.command(ANNA, LIVE_OPS, "/preload")
    assert outcome.error == "dispatch_failed"
    room.slack.request_url = "http://127.0.0.1:1/"
    outcome = await room.slack.command(ANNA, LIVE_OPS, "/preload")
    assert outcome.error == "dispatch_failed"


async def test_a_click_in_an_ephemeral_message_comes_without_the_message(room: Room) -> None:
    message = await room.answered(PAGE)
    assert (await room.slack.click(ANNA, message.id, "page.next")).ok
    payload = room.bot.bodies[-1]
    assert "message" not in payload
    assert payload["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": LIVE_OPS,
        "is_ephemeral": True,
    }
    assert payload["type"] == "block_actions"
    assert payload["user"]["id"] == ANNA
    assert payload["channel"] == {"id": LIVE_OPS, "name": "live-ops"}
    assert payload["response_url"].startswith(f"{room.base}/actions/T0001/")
    (action,) = payload["actions"]
    assert action.pop("action_ts")
    assert action == {**BUTTON, "block_id": "controls"}


async def test_a_click_in_a_shared_message_brings_it_along(room: Room) -> None:
    message = await room.answered(SHARED)
    assert (await room.slack.click(WEI, message.id, "page.next", block_id="controls")).ok
    payload = room.bot.bodies[-1]
    assert payload["container"]["is_ephemeral"] is False
    assert payload["message"]["ts"] == message.ts
    assert payload["message"]["blocks"] == PAGE["blocks"]
    assert payload["user"]["id"] == WEI


@pytest.mark.parametrize("option", ["failed", "Failed"])
async def test_a_menus_option_is_taken_by_value_or_by_what_stands_there(
    room: Room, option: str
) -> None:
    message = await room.answered(PAGE)
    await room.slack.click(ANNA, message.id, "page.status", option=option)
    payload = room.bot.bodies[-1]
    assert payload["actions"][0]["selected_option"] == MENU["options"][0]
    chosen = payload["state"]["values"]["controls"]["page.status"]["selected_option"]
    assert chosen["value"] == "failed"


async def test_only_what_stands_there_can_be_clicked(room: Room) -> None:
    message = await room.answered(PAGE)
    click = room.slack.click
    with pytest.raises(NoSuchControl, match=r"page\.next, page\.status"):
        await click(ANNA, message.id, "page.prev")
    with pytest.raises(NoSuchControl, match="Failed, Pending"):
        await click(ANNA, message.id, "page.status", option="Complete")
    with pytest.raises(NoSuchControl):
        await click(WEI, message.id, "page.next")
    with pytest.raises(NoSuchControl):
        await click(ANNA, "nowhere", "page.next")


async def test_an_answer_to_a_click_replaces_the_message_clicked_in(room: Room) -> None:
    message = await room.answered(PAGE)
    outcome = await room.slack.click(ANNA, message.id, "page.next")
    assert await room.respond({"text": "a copy"}) == (200, {"ok": True})
    assert await room.respond({"text": "page 2", "replace_original": True}) == (200, {"ok": True})
    changed = await room.slack.settled(ANNA, after=outcome.mark)
    assert (changed.id, changed.text, changed.edited) == (message.id, "page 2", True)
    assert changed.payload == {"text": "page 2", "blocks": []}
    texts = [one.text for one in room.slack.messages.seen_by(ANNA)]
    assert texts == ["page 2", "a copy"]


async def test_an_answer_to_a_command_replaces_the_last_one_through_its_url(room: Room) -> None:
    first = await room.answered({"text": "fetching"})
    await room.respond({"text": "here it is", "replace_original": True})
    assert [(one.id, one.text) for one in room.slack.messages] == [(first.id, "here it is")]
    await room.respond({"delete_original": True})
    assert len(room.slack.messages) == 0


async def test_a_response_url_is_good_for_five_uses(room: Room) -> None:
    await room.slack.command(ANNA, LIVE_OPS, "/preload")
    for _ in range(5):
        assert await room.respond({"text": "x"}) == (200, {"ok": True})
    assert await room.respond({"text": "x"}) == (404, {"ok": False, "error": "used_url"})


async def test_a_response_url_is_good_for_thirty_minutes(room: Room, clock: Clock) -> None:
    await room.slack.command(ANNA, LIVE_OPS, "/preload")
    clock.forward(timedelta(minutes=30) - timedelta(seconds=1))
    assert (await room.respond({"text": "x"}))[0] == 200
    clock.forward(timedelta(seconds=1))
    assert await room.respond({"text": "x"}) == (404, {"ok": False, "error": "expired_url"})


async def test_a_response_url_holds_to_the_limits_and_a_refusal_is_no_use(room: Room) -> None:
    await room.slack.command(ANNA, LIVE_OPS, "/preload")
    status, answer = await room.respond({"text": "x", "blocks": [{"type": "input"}]})
    assert (status, answer["error"]) == (400, "invalid_blocks")
    assert (await room.respond({"text": ""}))[1]["error"] == "no_text"
    assert (await room.respond(["text"]))[1]["error"] == "invalid_payload"
    for _ in range(5):
        assert (await room.respond({"text": "x"}))[0] == 200


async def test_a_response_url_works_where_the_bot_is_no_member(room: Room) -> None:
    await room.slack.command(ANNA, CUP_FINAL, "/preload")
    assert (await room.respond({"text": "x", "response_type": "in_channel"}))[0] == 200


async def test_a_response_url_fails_as_planned(room: Room) -> None:
    await room.slack.command(ANNA, LIVE_OPS, "/preload")
    room.slack.faults.add(Fault("response_url", status=429, retry_after_s=7))
    async with room.http.post(room.bot.bodies[-1]["response_url"], json={"text": "x"}) as reply:
        assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
    room.slack.faults.add(Fault("response_url", error="used_url"))
    assert (await room.respond({"text": "x"}))[1]["error"] == "used_url"
    assert (await room.respond({"text": "x"}))[0] == 200


def section(**text: object) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", **text}}


LITERAL = {"type": "header", "text": {"type": "plain_text", "text": "<!everyone>"}}
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "<!here>"}]]}
BROADCAST = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}


@pytest.mark.parametrize(
    ("text", "block", "called"),
    [
        ("<!channel> and <@U0001>", section(text="x"), ("channel", "U0001")),
        ("&lt;!channel&gt; @here", section(text="&lt;!here&gt;"), ()),
        ("x", section(text="@here <@U0002|w>"), ("U0002", "here")),
        ("x", section(text="@here", verbatim=True), ()),
        ("x", LITERAL, ()),
        ("x", TABLE, ()),
        ("x", {"type": "rich_text", "elements": [BROADCAST]}, ("here",)),
    ],
)
async def test_a_message_knows_whom_it_would_call(
    room: Room, text: str, block: dict[str, Any], called: tuple[str, ...]
) -> None:
    message = await room.answered({"text": text, "blocks": [block]})
    assert message.mentions == called


async def test_settled_waits_for_the_message_that_is_wanted(room: Room) -> None:
    outcome = await room.slack.command(ANNA, LIVE_OPS, "/preload")
    waiting = asyncio.create_task(
        room.slack.settled(ANNA, after=outcome.mark, until=lambda one: bool(one.blocks))
    )
    await room.respond({"text": "fetching"})
    await room.respond({**PAGE, "replace_original": True})
    assert (await waiting).text == "3 failed"
    with pytest.raises(TimeoutError):
        await room.slack.settled(ANNA, after=room.slack.messages.mark, timeout_s=0.01)


# What the page asks for.


async def test_the_page_and_its_files_are_served(room: Room) -> None:
    async with room.http.get(f"{room.base}/") as reply:
        assert "Local Slack" in await reply.text()
    async with room.http.get(f"{room.base}/static/page.js") as reply:
        assert reply.status == 200


async def test_the_state_is_what_one_person_may_see(room: Room) -> None:
    await room.answered(PAGE)
    room.slack.say(WEI, LIVE_OPS, "hello @anna")
    async with room.http.get(f"{room.base}/local/state", params={"user": WEI}) as reply:
        state = await reply.json()
    assert state["me"] == WEI
    assert [one["locale"] for one in state["users"]] == ["en-US", "zh-CN", "en-GB", "en-US"]
    assert [one["tz_offset"] for one in state["users"]] == [0, 28_800, 3_600, -18_000]
    assert [one["id"] for one in state["channels"]] == ["C0001", "C0002", "C0003", "D0002"]
    assert state["commands"][0]["command"] == "/preload"
    (message,) = state["messages"]
    assert (message["text"], message["username"]) == ("hello <@U0001|anna>", "李伟")


async def test_events_tell_of_new_changed_and_deleted_messages(room: Room) -> None:
    async with room.http.get(f"{room.base}/local/events", params={"user": ANNA}) as stream:
        message = await room.answered(PAGE)
        room.slack.say(ANNA, LIVE_OPS, "hello")
        await room.respond({"text": "new", "replace_original": True})
        await room.respond({"delete_original": True})
        events: list[dict[str, Any]] = []
        async for line in stream.content:
            if line.startswith(b"data: "):
                events.append(json.loads(line.removeprefix(b"data: ")))
            if len(events) == 4:
                break
    kinds = [one["type"] for one in events]
    assert kinds == ["message", "message", "message_changed", "message_deleted"]
    assert events[0]["message"]["blocks"] == PAGE["blocks"]
    assert events[2]["message"]["text"] == "new"
    assert events[3]["id"] == message.id


async def test_a_page_that_was_closed_is_told_nothing_and_nothing_is_logged_of_it(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    async with room.http.get(f"{room.base}/local/events", params={"user": ANNA}) as closed:
        await closed.content.readline()
    params = {"user": WEI}
    async with room.http.get(f"{room.base}/local/events", params=params) as open_one:
        room.slack.say(ANNA, LIVE_OPS, "hello")
        async for line in open_one.content:
            if line.startswith(b"data: "):
                break
    assert b"hello" in line
    assert not caplog.records


async def test_the_page_can_command_say_and_click(room: Room) -> None:
    async def post(path: str, **body: object) -> dict[str, Any]:
        async with room.http.post(f"{room.base}/local/{path}", json=body) as reply:
            assert reply.status == 200
            answer: dict[str, Any] = await reply.json()
            return answer

    here = {"user": ANNA, "channel": LIVE_OPS}
    assert await post("command", **here, text="/preload help") == {"ok": True}
    assert room.bot.bodies[-1]["text"] == "help"
    assert (await post("command", **here, text="/nothing"))["ok"] is False
    assert await post("say", **here, text="hi", thread_ts="1.2") == {"ok": True}
    assert [one.thread_ts for one in room.slack.messages] == ["1.2"]

    message = await room.answered(PAGE)
    where = {"user": ANNA, "message_id": message.id, "block_id": "controls"}
    menu = {"action_id": "page.status", "type": "static_select"}
    assert await post("action", **where, **menu, selected_option=MENU["options"][1]) == {"ok": True}
    assert room.bot.bodies[-1]["actions"][0]["selected_option"]["value"] == "pending"
    forged = {"text": {"type": "plain_text", "text": "x"}, "value": "forged"}
    assert (await post("action", **where, **menu, selected_option=forged))["ok"] is False
    room.bot.answer = lambda: web.Response(status=503)
    failed = await post("action", **where, action_id="page.next", type="button")
    assert failed == {"ok": False, "error": "dispatch_failed"}


@pytest.mark.parametrize(
    "body", ["{", "[]", "{}", '{"user": "U0BOT"}', '{"user": "U0001", "channel": "D0002"}']
)
@pytest.mark.parametrize("path", ["command", "say", "action"])
async def test_a_malformed_request_of_the_page_is_refused(room: Room, path: str, body: str) -> None:
    given = body.replace("}", ', "text": "/preload"}') if "channel" in body else body
    async with room.http.post(f"{room.base}/local/{path}", data=given) as reply:
        assert reply.status == 400
