"""The local Slack's modals and Homes: opened by a trigger, filled in, sent, answered, closed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import Fault, NoSuchControl
from bot.sandbox.slack.shared import Refused
from tests.slack_room import ANNA, CUP_FINAL, LIVE_OPS, WEI, Clock, Room, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

Part = dict[str, Any]
REQUIRED = "Please complete this required field."


def plain(text: str) -> Part:
    return {"type": "plain_text", "text": text}


def option(text: str) -> Part:
    return {"text": plain(text), "value": text.lower()}


def field(name: str, kind: str, **more: object) -> Part:
    """An optional input block; it and its element are both called `name`."""
    element = {"type": kind, "action_id": name, **more}
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name),
        "element": element,
        "optional": True,
    }


TASK = field("task", "plain_text_input", max_length=10)
URLS = field("urls", "plain_text_input", multiline=True, initial_value="rtmp://a/b/c")
STATUS = field("status", "static_select", options=[option("Failed"), option("Pending")])
DOMAIN = field("domain", "external_select", min_query_length=2)
WHERE = field(
    "where",
    "conversations_select",
    default_to_current_conversation=True,
    response_url_enabled=True,
)
SINCE = field("since", "datetimepicker")
SURE = field("sure", "checkboxes", options=[option("Yes"), option("Really")])
FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("A form"),
    "submit": plain("Ask"),
    "private_metadata": "m1",
    "blocks": [TASK, URLS, STATUS, DOMAIN, WHERE, SINCE, SURE],
}
BUTTON = {"type": "button", "action_id": "stop", "text": plain("Stop"), "value": "w1"}
ROWS = {
    "type": "static_select",
    "action_id": "rows",
    "options": [option("5"), option("10")],
    "initial_option": option("5"),
}
HOME = {
    "type": "home",
    "blocks": [{"type": "actions", "block_id": "settings", "elements": [BUTTON, ROWS]}],
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def room(clock: Clock) -> AsyncIterator[Room]:
    async with opened(clock) as made:
        yield made


async def triggered(room: Room, user: str = ANNA) -> str:
    """What a command brought along."""
    await room.slack.command(user, LIVE_OPS, "/preload ask")
    return str(room.bot.bodies[-1]["trigger_id"])


async def shown(room: Room, user: str = ANNA, **changes: object) -> dict[str, Any]:
    """The form, opened for that person."""
    trigger_id = await triggered(room, user)
    answer = await room.client.views_open(trigger_id=trigger_id, view={**FORM, **changes})
    view: dict[str, Any] = answer["view"]
    return view


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def answering(room: Room, **answer: object) -> None:
    room.bot.answer = lambda: web.json_response(answer)


# Opening.


async def test_a_trigger_opens_one_modal_for_its_person(room: Room) -> None:
    view = await shown(room)
    modal = room.slack.modal(ANNA)
    assert modal is not None
    assert (modal.id, modal.title, modal.callback_id) == (view["id"], "A form", "form")
    assert view["private_metadata"] == "m1"
    assert view["team_id"] == "T0001"
    assert room.slack.modal(WEI) is None


async def test_a_trigger_is_good_for_one_modal(room: Room) -> None:
    trigger_id = await triggered(room)
    await room.client.views_open(trigger_id=trigger_id, view=FORM)
    again = room.client.views_open(trigger_id=trigger_id, view=FORM)
    assert await refused(again) == "exchanged_trigger_id"


@pytest.mark.parametrize(("after_s", "error"), [(3, None), (3.1, "expired_trigger_id")])
async def test_a_trigger_lives_for_three_seconds(
    room: Room, clock: Clock, after_s: float, error: str | None
) -> None:
    trigger_id = await triggered(room)
    clock.forward(timedelta(seconds=after_s))
    call = room.client.views_open(trigger_id=trigger_id, view=FORM)
    if error is None:
        await call
    else:
        assert await refused(call) == error
    assert (room.slack.modal(ANNA) is None) is (error is not None)


async def test_a_trigger_that_was_never_given_opens_nothing(room: Room) -> None:
    call = room.client.views_open(trigger_id="1.2.abc", view=FORM)
    assert await refused(call) == "invalid_trigger_id"


async def test_a_view_past_the_limits_is_refused_and_its_trigger_is_not_spent(room: Room) -> None:
    trigger_id = await triggered(room)
    too_long = {**FORM, "title": plain("x" * 25)}
    with pytest.raises(SlackApiError) as caught:
        await room.client.views_open(trigger_id=trigger_id, view=too_long)
    why = "[ERROR] must be less than 25 characters [json-pointer:/title/text]"
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [why]
    home = room.client.views_open(trigger_id=trigger_id, view=HOME)
    assert await refused(home) == "invalid_arguments"
    await room.client.views_open(trigger_id=trigger_id, view=FORM)


async def test_three_modals_may_lie_upon_each_other(room: Room) -> None:
    ids = [(await shown(room))["id"]]
    for _ in range(2):
        trigger_id = await triggered(room)
        pushed = await room.client.views_push(trigger_id=trigger_id, view=FORM)
        ids.append(pushed["view"]["id"])
    trigger_id = await triggered(room)
    fourth = room.client.views_push(trigger_id=trigger_id, view=FORM)
    assert await refused(fourth) == "push_limit_reached"
    for one in reversed(ids):
        modal = room.slack.modal(ANNA)
        assert modal is not None
        assert modal.id == one
        await room.slack.close_modal(ANNA)
    assert room.slack.modal(ANNA) is None


async def test_an_update_keeps_what_was_filled_in_and_needs_the_last_hash(room: Room) -> None:
    view = await shown(room)
    answering(room, response_action="errors", errors={"task": "no such task"})
    await room.slack.submit(ANNA, {"task": "77", "status": "Failed"})
    blocks = [TASK, field("status", "plain_text_input")]
    changed = await room.client.views_update(
        view_id=view["id"], hash=view["hash"], view={**FORM, "blocks": blocks}
    )
    assert changed["view"]["state"]["values"] == {
        "task": {"task": {"type": "plain_text_input", "value": "77"}},
        "status": {"status": {"type": "plain_text_input", "value": None}},
    }
    late = room.client.views_update(view_id=view["id"], hash=view["hash"], view=FORM)
    assert await refused(late) == "hash_conflict"
    unknown = room.client.views_update(view_id="V9", view=FORM)
    assert await refused(unknown) == "not_found"


async def test_opening_fails_as_planned(room: Room) -> None:
    trigger_id = await triggered(room)
    room.slack.faults.add(Fault("views.open", status=429, retry_after_s=7))
    with pytest.raises(SlackApiError) as caught:
        await room.client.views_open(trigger_id=trigger_id, view=FORM)
    assert caught.value.response.headers["Retry-After"] == "7"
    room.slack.faults.add(Fault("views.open", error="fatal_error"))
    call = room.client.views_open(trigger_id=trigger_id, view=FORM)
    assert await refused(call) == "fatal_error"
    await room.client.views_open(trigger_id=trigger_id, view=FORM)


async def test_a_hundred_modals_a_minute_may_be_opened(room: Room) -> None:
    for _ in range(100):
        await room.client.views_open(trigger_id=room.slack.views.trigger(ANNA), view=FORM)
    with pytest.raises(SlackApiError) as caught:
        await room.client.views_open(trigger_id=room.slack.views.trigger(ANNA), view=FORM)
    assert caught.value.response.headers["Retry-After"] == "60"


# Filling in and sending.


async def test_a_submission_brings_what_stands_in_each_field_in_slacks_shapes(room: Room) -> None:
    await shown(room)
    outcome = await room.slack.submit(
        ANNA,
        {
            "task": "77",
            "status": "Failed",
            "domain": "live.example.com",
            "since": datetime(2026, 11, 22, 18, tzinfo=UTC),
            "sure": ["Yes", "really"],
        },
    )
    assert outcome.ok
    payload = room.bot.bodies[-1]
    assert (payload["type"], payload["user"]["id"]) == ("view_submission", ANNA)
    assert payload["view"]["callback_id"] == "form"
    assert payload["view"]["private_metadata"] == "m1"
    states = {name: one[name] for name, one in payload["view"]["state"]["values"].items()}
    assert states == {
        "task": {"type": "plain_text_input", "value": "77"},
        "urls": {"type": "plain_text_input", "value": "rtmp://a/b/c"},
        "status": {"type": "static_select", "selected_option": option("Failed")},
        "domain": {"type": "external_select", "selected_option": option("live.example.com")},
        "where": {"type": "conversations_select", "selected_conversation": LIVE_OPS},
        "since": {"type": "datetimepicker", "selected_date_time": 1_795_370_400},
        "sure": {"type": "checkboxes", "selected_options": [option("Yes"), option("Really")]},
    }
    assert "response_url" not in payload
    assert "channel" not in payload


async def test_what_was_left_empty_is_null(room: Room) -> None:
    await shown(room)
    await room.slack.submit(ANNA, {"urls": "", "status": None, "where": None, "sure": None})
    values = room.bot.bodies[-1]["view"]["state"]["values"]
    assert values["urls"]["urls"]["value"] is None
    assert values["status"]["status"]["selected_option"] is None
    assert values["where"]["where"]["selected_conversation"] is None
    assert values["since"]["since"]["selected_date_time"] is None
    assert values["sure"]["sure"]["selected_options"] == []
    assert room.bot.bodies[-1]["response_urls"] == []


async def test_a_chosen_conversation_brings_a_url_to_answer_there(room: Room) -> None:
    await shown(room)
    await room.slack.submit(ANNA, {"where": CUP_FINAL})
    (where,) = room.bot.bodies[-1]["response_urls"]
    url = where.pop("response_url")
    assert where == {"block_id": "where", "action_id": "where", "channel_id": CUP_FINAL}
    mark = room.slack.messages.mark
    async with room.http.post(url, json={"text": "here"}) as reply:
        assert reply.status == 200
    message = await room.slack.settled(ANNA, after=mark)
    assert (message.channel, message.only_visible_to) == (CUP_FINAL, ANNA)


async def test_only_what_a_person_could_put_there_can_be_put_there(room: Room) -> None:
    with pytest.raises(NoSuchControl):
        await room.slack.submit(ANNA, {})
    await shown(room)
    for values in ({"nothing": "x"}, {"status": "Complete"}, {"where": "D0002"}, {"where": "C9"}):
        with pytest.raises(NoSuchControl):
            await room.slack.submit(ANNA, values)
    with pytest.raises(NoSuchControl, match="0 to 10 characters"):
        await room.slack.submit(ANNA, {"task": "x" * 11})
    assert room.bot.bodies[-1].get("type") != "view_submission"
    assert (await room.slack.submit(ANNA, {"task": "x\nx", "urls": "x\nx"})).ok
    values = room.bot.bodies[-1]["view"]["state"]["values"]
    assert values["task"]["task"]["value"] == "x x"
    assert values["urls"]["urls"]["value"] == "x\nx"


async def test_a_modal_without_a_button_for_it_cannot_be_sent(room: Room) -> None:
    trigger_id = await triggered(room)
    only_shown = {"type": "modal", "title": plain("x"), "blocks": [{"type": "divider"}]}
    await room.client.views_open(trigger_id=trigger_id, view=only_shown)
    with pytest.raises(NoSuchControl):
        await room.slack.submit(ANNA, {})


async def test_slack_itself_asks_for_a_required_field(room: Room) -> None:
    await shown(room, blocks=[{**TASK, "optional": False}])
    asked = len(room.bot.bodies)
    outcome = await room.slack.submit(ANNA, {})
    assert (outcome.ok, outcome.error, outcome.errors) == (False, None, {"task": REQUIRED})
    assert len(room.bot.bodies) == asked
    assert (await room.slack.submit(ANNA, {"task": "77"})).ok
    assert room.slack.modal(ANNA) is None


async def test_errors_stand_at_their_fields_and_what_was_filled_in_stays(room: Room) -> None:
    await shown(room)
    answering(room, response_action="errors", errors={"task": "no such task"})
    outcome = await room.slack.submit(ANNA, {"task": "77"})
    assert (outcome.ok, outcome.errors) == (False, {"task": "no such task"})
    modal = room.slack.modal(ANNA)
    assert modal is not None
    assert modal.errors == {"task": "no such task"}
    room.bot.answer = web.Response
    assert (await room.slack.submit(ANNA, {"status": "Failed"})).ok
    assert room.bot.bodies[-1]["view"]["state"]["values"]["task"]["task"]["value"] == "77"


async def test_the_app_may_answer_with_another_view(room: Room) -> None:
    view = await shown(room)
    second = {**FORM, "title": plain("Second"), "blocks": [{"type": "divider"}]}
    answering(room, response_action="update", view=second)
    assert (await room.slack.submit(ANNA, {})).ok
    modal = room.slack.modal(ANNA)
    assert modal is not None
    assert (modal.id, modal.title) == (view["id"], "Second")
    answering(room, response_action="push", view={**second, "title": plain("Third")})
    assert (await room.slack.submit(ANNA, {})).ok
    modal = room.slack.modal(ANNA)
    assert modal is not None
    assert (modal.id != view["id"], modal.title) == (True, "Third")
    answering(room, response_action="clear")
    assert (await room.slack.submit(ANNA, {})).ok
    assert room.slack.modal(ANNA) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"task": ""}},
        {"response_action": "errors"},
        {"response_action": "update", "view": HOME},
        {"response_action": "update", "view": {**FORM, "title": plain("x" * 25)}},
        {"response_action": "dance"},
        {"text": "thank you"},
    ],
)
async def test_an_answer_slack_cannot_read_leaves_the_form_open(
    room: Room, answer: dict[str, Any]
) -> None:
    await shown(room)
    answering(room, **answer)
    assert (await room.slack.submit(ANNA, {})).error == "invalid_command_response"
    assert room.slack.modal(ANNA) is not None


async def test_a_form_not_acknowledged_in_time_stays_open_as_it_is_filled_in(room: Room) -> None:
    await shown(room)
    room.bot.may_answer.clear()
    room.slack._dispatch.ack_within_s = 0.05
    assert (await room.slack.submit(ANNA, {"task": "77"})).error == "operation_timeout"
    modal = room.slack.modal(ANNA)
    assert modal is not None
    assert modal.values["task"]["task"]["value"] == "77"


async def test_an_answer_to_a_form_that_is_gone_changes_nothing(room: Room) -> None:
    await shown(room)
    trigger_id = await triggered(room)
    room.bot.may_answer.clear()
    answering(room, response_action="errors", errors={"task": "no such task"})
    room.bot.arrived.clear()
    sent = asyncio.create_task(room.slack.submit(ANNA, {}))
    await room.bot.arrived.wait()
    other = (await room.client.views_open(trigger_id=trigger_id, view=FORM))["view"]["id"]
    room.bot.may_answer.set()
    assert (await sent).ok
    modal = room.slack.modal(ANNA)
    assert modal is not None
    assert (modal.id, modal.errors) == (other, {})


async def test_an_app_is_told_of_a_closed_modal_if_it_wants_to_be(room: Room) -> None:
    await shown(room)
    told = len(room.bot.bodies)
    assert (await room.slack.close_modal(ANNA)).ok
    assert len(room.bot.bodies) == told
    for is_cleared in (False, True):
        await shown(room)
        trigger_id = await triggered(room)
        wish = {**FORM, "notify_on_close": True, "clear_on_close": is_cleared}
        await room.client.views_push(trigger_id=trigger_id, view=wish)
        assert (await room.slack.close_modal(ANNA)).ok
        payload = room.bot.bodies[-1]
        assert (payload["type"], payload["is_cleared"]) == ("view_closed", is_cleared)
        assert payload["view"]["callback_id"] == "form"
        assert "trigger_id" not in payload
        assert (room.slack.modal(ANNA) is None) is is_cleared


# A menu that the app fills.


async def test_typing_into_an_external_menu_asks_the_app(room: Room) -> None:
    view = await shown(room)
    offers = [option("live.example.com"), option("vip.example.com")]
    answering(room, options=offers)
    assert await room.slack.suggest(ANNA, "domain", "ex") == offers
    payload = room.bot.bodies[-1]
    assert (payload["type"], payload["value"]) == ("block_suggestion", "ex")
    assert (payload["block_id"], payload["action_id"]) == ("domain", "domain")
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["id"] == view["id"]
    assert "trigger_id" not in payload
    answering(room, option_groups=[{"label": plain("All"), "options": offers}])
    assert await room.slack.suggest(ANNA, "domain", "ex") == offers


async def test_a_menu_is_asked_for_only_where_it_asks(room: Room) -> None:
    with pytest.raises(NoSuchControl):
        await room.slack.suggest(ANNA, "domain", "live")
    await shown(room)
    for name, typed in (("domain", "l"), ("status", "failed"), ("nothing", "x")):
        with pytest.raises(NoSuchControl):
            await room.slack.suggest(ANNA, name, typed)


async def test_a_menu_shows_an_error_where_the_app_offers_nothing_readable(room: Room) -> None:
    await shown(room)
    answering(room, options=[{"text": plain("x" * 76), "value": "x"}])
    with pytest.raises(Refused, match="invalid_options"):
        await room.slack.suggest(ANNA, "domain", "live")
    room.bot.answer = web.Response
    with pytest.raises(Refused, match="invalid_options"):
        await room.slack.suggest(ANNA, "domain", "live")
    room.bot.answer = lambda: web.Response(status=500)
    with pytest.raises(TimeoutError, match="dispatch_failed"):
        await room.slack.suggest(ANNA, "domain", "live")
    room.bot.may_answer.clear()
    room.slack._dispatch.ack_within_s = 0.05
    with pytest.raises(TimeoutError, match="operation_timeout"):
        await room.slack.suggest(ANNA, "domain", "live")


# The Home, and clicks in views.


async def test_opening_the_home_is_an_event_in_its_envelope(room: Room) -> None:
    assert (await room.slack.open_home(WEI)).ok
    headers, _ = room.bot.requests[-1]
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Slack-Signature"].startswith("v0=")
    envelope = room.bot.bodies[-1]
    assert (envelope["type"], envelope["team_id"]) == ("event_callback", "T0001")
    assert envelope["event_id"].startswith("Ev")
    event = envelope["event"]
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", WEI, "home")
    assert event["channel"] == "D0002"
    assert "view" not in event
    await room.client.views_publish(user_id=WEI, view=HOME)
    await room.slack.open_home(WEI)
    assert room.bot.bodies[-1]["event"]["view"]["type"] == "home"


async def test_a_home_is_published_for_one_person_and_replaced(room: Room) -> None:
    assert room.slack.home(ANNA) is None
    first = (await room.client.views_publish(user_id=ANNA, view=HOME))["view"]
    again = {**HOME, "blocks": [{"type": "divider"}]}
    second = (await room.client.views_publish(user_id=ANNA, view=again, hash=first["hash"]))["view"]
    home = room.slack.home(ANNA)
    assert home is not None
    assert (home.id, home.blocks[0]["type"]) == (first["id"], "divider")
    assert second["hash"] != first["hash"]
    assert room.slack.home(WEI) is None
    late = room.client.views_publish(user_id=ANNA, view=HOME, hash=first["hash"])
    assert await refused(late) == "hash_conflict"
    unknown = room.client.views_publish(user_id="U9", view=HOME)
    assert await refused(unknown) == "user_not_found"
    modal = room.client.views_publish(user_id=ANNA, view=FORM)
    assert await refused(modal) == "invalid_arguments"


async def test_a_click_in_a_home_comes_without_channel_and_response_url(room: Room) -> None:
    view = (await room.client.views_publish(user_id=ANNA, view=HOME))["view"]
    assert (await room.slack.click_in_view(ANNA, "stop")).ok
    payload = room.bot.bodies[-1]
    assert payload["type"] == "block_actions"
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["id"] == view["id"]
    assert not {"channel", "message", "response_url"} & payload.keys()
    (action,) = payload["actions"]
    assert action.pop("action_ts")
    assert action == {**BUTTON, "block_id": "settings"}
    await room.client.views_open(trigger_id=payload["trigger_id"], view=FORM)
    assert room.slack.modal(ANNA) is not None


async def test_what_is_chosen_in_a_view_stands_in_its_state(room: Room) -> None:
    await room.client.views_publish(user_id=ANNA, view=HOME)
    await room.slack.click_in_view(ANNA, "rows", option="10", block_id="settings")
    payload = room.bot.bodies[-1]
    assert payload["actions"][0]["selected_option"] == option("10")
    state = payload["view"]["state"]["values"]["settings"]["rows"]
    assert state == {"type": "static_select", "selected_option": option("10")}
    home = room.slack.home(ANNA)
    assert home is not None
    assert home.values["settings"]["rows"] == state


async def test_the_open_modal_is_clicked_in_before_the_home(room: Room) -> None:
    with pytest.raises(NoSuchControl):
        await room.slack.click_in_view(ANNA, "stop")
    await room.client.views_publish(user_id=ANNA, view=HOME)
    other = {**BUTTON, "action_id": "more"}
    view = await shown(room, blocks=[{"type": "actions", "block_id": "acts", "elements": [other]}])
    await room.slack.click_in_view(ANNA, "more")
    assert room.bot.bodies[-1]["container"]["view_id"] == view["id"]
    with pytest.raises(NoSuchControl, match="there are: more"):
        await room.slack.click_in_view(ANNA, "stop")
