"""What the local page asks for of forms, the Home, shortcuts and files."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.slack.printed import printed_view
from tests.slack_room import ANNA, LIVE_OPS, WEI, Clock, Room, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REQUIRED = "Please complete this required field."


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def field(name: str, element: dict[str, Any], **more: object) -> dict[str, Any]:
    element = {**element, "action_id": name}
    return {"type": "input", "block_id": name, "label": plain(name), "element": element, **more}


FAILED = {"text": plain("Failed"), "value": "failed"}
BUTTON = {"type": "button", "action_id": "stop", "text": plain("Stop")}
MENU = {
    "type": "static_select",
    "action_id": "rows",
    "placeholder": plain("Rows"),
    "options": [FAILED],
}
FORM = {
    "type": "modal",
    "title": plain("A form"),
    "submit": plain("Ask"),
    "close": plain("Cancel"),
    "blocks": [
        field("task", {"type": "plain_text_input"}, hint=plain("one only"), dispatch_action=True),
        field(
            "domain",
            {"type": "external_select", "min_query_length": 0},
            optional=True,
        ),
        field(
            "status",
            {"type": "radio_buttons", "options": [FAILED], "initial_option": FAILED},
        ),
        field(
            "since",
            {"type": "datetimepicker", "initial_date_time": 1_795_370_400},
            optional=True,
        ),
        field(
            "in", {"type": "conversations_select", "initial_conversation": LIVE_OPS}, optional=True
        ),
    ],
}
HOME = {
    "type": "home",
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Cup*"}, "accessory": BUTTON},
        {"type": "actions", "block_id": "settings", "elements": [MENU]},
    ],
}
TYPED = {"task": {"task": {"type": "plain_text_input", "value": "77"}}}


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with opened(Clock()) as made:
        yield made


async def post(room: Room, path: str, **body: object) -> dict[str, Any]:
    """Ask as Anna's page does."""
    given = {"user": ANNA, **body}
    async with room.http.post(f"{room.base}/local/{path}", json=given) as reply:
        assert reply.status == 200, await reply.text()
        answer: dict[str, Any] = await reply.json()
        return answer


async def state(room: Room, user: str = ANNA) -> dict[str, Any]:
    async with room.http.get(f"{room.base}/local/state", params={"user": user}) as reply:
        known: dict[str, Any] = await reply.json()
        return known


async def shown(room: Room) -> str:
    """The form, open for Anna; its ID."""
    trigger_id = room.slack.views.trigger(ANNA, LIVE_OPS)
    answer = await room.client.views_open(trigger_id=trigger_id, view=FORM)
    return str(answer["view"]["id"])


async def published(room: Room) -> str:
    answer = await room.client.views_publish(user_id=ANNA, view=HOME)
    return str(answer["view"]["id"])


async def test_the_state_tells_of_shortcuts_and_of_what_one_person_has_open(room: Room) -> None:
    before = await state(room)
    assert (before["home"], before["modal"]) == (None, None)
    assert [(one["type"], one["callback_id"]) for one in before["shortcuts"]] == [
        ("global", "form"),
        ("message", "check"),
    ]
    modal_id, home_id = await shown(room), await published(room)
    room.slack.upload(ANNA, LIVE_OPS, "a.csv", b"a,b")
    after = await state(room)
    assert (after["modal"]["id"], after["home"]["id"]) == (modal_id, home_id)
    assert after["modal"]["submit"] == plain("Ask")
    assert after["modal"]["state"]["values"]["status"]["status"]["selected_option"] == FAILED
    (file,) = after["messages"][0]["files"]
    assert (file["name"], file["size"], file["preview"]) == ("a.csv", 3, "a,b")
    others = await state(room, WEI)
    assert (others["home"], others["modal"]) == (None, None)


async def test_events_tell_of_modals_and_homes_to_their_person_alone(room: Room) -> None:
    async with room.http.get(f"{room.base}/local/events", params={"user": ANNA}) as stream:
        await room.client.views_publish(user_id=WEI, view=HOME)
        modal_id = await shown(room)
        events = [await event(stream)]
        home_id = await published(room)
        events.append(await event(stream))
        await room.slack.close_modal(ANNA)
        events.append(await event(stream))
        room.slack.say(WEI, LIVE_OPS, "hello")
        events.append(await event(stream))
    kinds = [one["type"] for one in events]
    assert kinds == ["modal", "home", "modal", "message"]
    assert events[0]["view"]["id"] == modal_id
    assert events[1]["view"]["id"] == home_id
    assert events[2]["view"] is None


async def event(stream: aiohttp.ClientResponse) -> dict[str, Any]:
    async for line in stream.content:
        if line.startswith(b"data: "):
            told: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
            return told
    raise AssertionError("the stream has ended")


async def test_the_page_can_take_shortcuts_and_open_the_home(room: Room) -> None:
    here = {"channel": LIVE_OPS}
    assert await post(room, "shortcut", **here, callback_id="form") == {"ok": True}
    assert room.bot.bodies[-1]["type"] == "shortcut"
    message = room.slack.say(WEI, LIVE_OPS, "hello")
    named = {**here, "callback_id": "check", "message_id": message.id}
    assert await post(room, "shortcut", **named) == {"ok": True}
    assert room.bot.bodies[-1]["type"] == "message_action"
    assert not (await post(room, "shortcut", **here, callback_id="other"))["ok"]
    assert await post(room, "home") == {"ok": True}
    assert room.bot.bodies[-1]["event"]["type"] == "app_home_opened"
    room.bot.answer = lambda: web.Response(status=500)
    failed = {"ok": False, "error": "dispatch_failed"}
    assert await post(room, "home") == failed
    assert await post(room, "shortcut", **named) == failed


async def test_the_page_can_click_in_a_view_as_it_is_filled_in(room: Room) -> None:
    home_id = await published(room)
    where = {"view_id": home_id, "block_id": "settings", "action_id": "rows"}
    assert await post(room, "action", **where, selected_option=FAILED) == {"ok": True}
    payload = room.bot.bodies[-1]
    assert payload["container"]["view_id"] == home_id
    assert payload["view"]["state"]["values"]["settings"]["rows"]["selected_option"] == FAILED
    assert not (await post(room, "action", **{**where, "view_id": "V9"}))["ok"]
    theirs = {**where, "user": WEI, "selected_option": FAILED}
    assert not (await post(room, "action", **theirs))["ok"]


async def test_a_click_in_the_home_is_one_there_while_a_modal_is_open(room: Room) -> None:
    home_id = await published(room)
    await shown(room)
    where = {"view_id": home_id, "block_id": "settings", "action_id": "rows"}
    assert (await post(room, "action", **where, selected_option=FAILED))["ok"]
    assert room.bot.bodies[-1]["container"]["view_id"] == home_id


async def test_a_field_that_tells_of_itself_tells_what_was_typed(room: Room) -> None:
    where = {"view_id": await shown(room), "block_id": "task", "action_id": "task"}
    assert (await post(room, "action", **where, values=TYPED))["ok"]
    payload = room.bot.bodies[-1]
    assert payload["actions"][0]["value"] == "77"
    assert payload["view"]["state"]["values"]["task"] == TYPED["task"]


async def test_a_field_that_does_not_tell_of_itself_is_no_button(room: Room) -> None:
    where = {"view_id": await shown(room), "block_id": "status", "action_id": "status"}
    answer = await post(room, "action", **where, selected_option=FAILED)
    assert answer == {"ok": False, "error": "no status; there are: task"}
    assert room.bot.bodies == []


async def test_the_page_can_ask_for_a_menus_options(room: Room) -> None:
    where = {"view_id": await shown(room), "block_id": "domain", "action_id": "domain"}
    room.bot.answer = lambda: web.json_response({"options": [FAILED]})
    answer = await post(room, "suggest", **where, value="fa")
    assert answer == {"ok": True, "options": [FAILED]}
    assert room.bot.bodies[-1]["value"] == "fa"
    room.bot.answer = lambda: web.json_response({"options": [FAILED] * 101})
    assert await post(room, "suggest", **where, value="") == {
        "ok": False,
        "error": "invalid_options",
    }
    room.bot.answer = lambda: web.Response(status=500)
    assert await post(room, "suggest", **where, value="") == {
        "ok": False,
        "error": "dispatch_failed",
    }
    assert not (await post(room, "suggest", **{**where, "action_id": "task"}, value=""))["ok"]


async def test_the_page_can_send_a_form_and_is_told_what_is_wrong(room: Room) -> None:
    sent = {"view_id": await shown(room)}
    assert await post(room, "submit", **sent, values={}) == {
        "ok": False,
        "errors": {"task": REQUIRED},
    }
    room.bot.answer = lambda: web.json_response(
        {"response_action": "errors", "errors": {"task": "no such task"}}
    )
    assert await post(room, "submit", **sent, values=TYPED) == {
        "ok": False,
        "errors": {"task": "no such task"},
    }
    room.bot.answer = lambda: web.Response(status=500)
    assert await post(room, "submit", **sent, values=TYPED) == {
        "ok": False,
        "error": "dispatch_failed",
    }
    room.bot.answer = web.Response
    assert await post(room, "submit", **sent, values=TYPED) == {"ok": True}
    values = room.bot.bodies[-1]["view"]["state"]["values"]
    assert values["task"]["task"]["value"] == "77"
    assert values["status"]["status"]["selected_option"] == FAILED
    assert not (await post(room, "submit", **sent, values=TYPED))["ok"]


async def test_a_form_holds_only_what_it_has_a_place_for(room: Room) -> None:
    other = {"type": "static_select", "selected_option": FAILED}
    values = {**TYPED, "status": {"status": {}}, "domain": {"domain": other}, "x": {"x": 1}}
    assert (await post(room, "submit", view_id=await shown(room), values=values))["ok"]
    held = room.bot.bodies[-1]["view"]["state"]["values"]
    assert held.keys() == {"task", "domain", "status", "since", "in"}
    assert held["status"]["status"]["selected_option"] == FAILED
    assert held["domain"]["domain"] == {"type": "external_select", "selected_option": None}


async def test_the_page_can_close_the_modal_that_is_on_top(room: Room) -> None:
    below = await shown(room)
    pushed = await room.client.views_push(trigger_id=room.slack.views.trigger(ANNA), view=FORM)
    assert not (await post(room, "close", view_id=below))["ok"]
    assert not (await post(room, "close", user=WEI, view_id=pushed["view"]["id"]))["ok"]
    assert await post(room, "close", view_id=pushed["view"]["id"]) == {"ok": True}
    assert (await state(room))["modal"]["id"] == below


async def test_the_page_can_attach_a_file_and_download_it(room: Room) -> None:
    content = bytes(2 << 20)
    given = {"user": ANNA, "channel": LIVE_OPS, "text": "see there"}
    form = aiohttp.FormData(given, quote_fields=False)  # as browsers do
    form.add_field("file", BytesIO(content), filename="流.csv", content_type="text/csv")
    async with room.http.post(f"{room.base}/local/upload", data=form) as reply:
        assert await reply.json() == {"ok": True}
    (message,) = room.slack.messages.seen_by(WEI)
    assert (message.text, message.user) == ("see there", ANNA)
    (file,) = message.for_page()["files"]
    assert (file["name"], file["size"]) == ("流.csv", len(content))
    async with room.http.get(f"{room.base}{file['url']}") as reply:
        assert await reply.read() == content
        assert reply.content_disposition is not None
        assert reply.content_disposition.type == "attachment"
        assert reply.content_disposition.filename == "流.csv"
    async with room.http.get(f"{room.base}/local/file/F9") as reply:
        assert reply.status == 404


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"user": "U0BOT"}', '{"user": "U9"}'])
@pytest.mark.parametrize("path", ["shortcut", "suggest", "submit", "close"])
async def test_a_malformed_request_of_the_page_is_refused(room: Room, path: str, body: str) -> None:
    async with room.http.post(f"{room.base}/local/{path}", data=body) as reply:
        assert reply.status == 400


async def test_an_upload_without_a_file_is_refused(room: Room) -> None:
    given = {"user": ANNA, "channel": LIVE_OPS, "file": "no file"}
    async with room.http.post(f"{room.base}/local/upload", data=given) as reply:
        assert reply.status == 400


async def test_a_form_and_a_home_are_printed_with_what_stands_in_them(room: Room) -> None:
    view_id = await shown(room)
    await post(room, "submit", view_id=view_id, values={})
    modal = room.slack.modal(ANNA)
    assert modal is not None
    assert printed_view(modal, zone="Asia/Shanghai").splitlines() == [
        "A form",
        "task: -",
        "  one only",
        f"  ❗ {REQUIRED}",
        "domain: -",
        "status: Failed",
        "since: 23 Nov 2026 02:00",
        "in: #live-ops",
        "[Ask] [Cancel]",
    ]
    await published(room)
    home = room.slack.home(ANNA)
    assert home is not None
    assert printed_view(home, zone="UTC") == "*Cup*\n[Stop]\n[Rows ▾]"
