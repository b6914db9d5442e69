"""The local Slack's shortcuts, global and of messages; its people, guests and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import Fault, NoSuchControl
from bot.sandbox.slack.printed import printed
from bot.sandbox.slack.workspace import PEOPLE, SCOPES
from tests.slack_room import ANNA, CUP_FINAL, LIVE_OPS, WEI, Clock, Room, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GUS, EVA = "U0003", "U0004"
FORM = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "A form"},
    "blocks": [{"type": "divider"}],
}


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with opened(Clock()) as made:
        yield made


async def test_a_global_shortcut_brings_a_trigger_and_no_channel(room: Room) -> None:
    assert (await room.slack.shortcut(ANNA, "form", channel=LIVE_OPS)).ok
    payload = room.bot.bodies[-1]
    trigger_id = payload.pop("trigger_id")
    assert payload.pop("action_ts")
    assert payload == {
        "type": "shortcut",
        "callback_id": "form",
        "user": {"id": ANNA, "username": "anna", "name": "anna", "team_id": "T0001"},
        "team": {"id": "T0001", "domain": "live-ops"},
        "api_app_id": "A0001",
        "token": "local-verification-token",
        "enterprise": None,
        "is_enterprise_install": False,
    }
    await room.client.views_open(trigger_id=trigger_id, view=FORM)
    assert room.slack.modal(ANNA) is not None


async def test_a_message_shortcut_brings_the_message_and_a_url_to_answer(room: Room) -> None:
    message = room.slack.upload(WEI, CUP_FINAL, "list.txt", b"rtmp://a.example/b/c", "tonight")
    assert (await room.slack.message_shortcut(ANNA, message.id, "check")).ok
    payload = room.bot.bodies[-1]
    assert (payload["type"], payload["callback_id"]) == ("message_action", "check")
    assert payload["user"]["id"] == ANNA
    assert payload["channel"] == {"id": CUP_FINAL, "name": "cup-final"}
    assert payload["message_ts"] == payload["message"]["ts"] == message.ts
    assert (payload["message"]["user"], payload["message"]["text"]) == (WEI, "tonight")
    assert payload["message"]["files"][0]["name"] == "list.txt"
    await room.client.views_open(trigger_id=payload["trigger_id"], view=FORM)
    mark = room.slack.messages.mark
    assert (await room.respond({"text": "all ready"}))[0] == 200
    answer = await room.slack.settled(ANNA, after=mark)
    assert (answer.channel, answer.only_visible_to) == (CUP_FINAL, ANNA)


async def test_a_forwarded_message_comes_as_an_attachment_with_its_text_and_files(
    room: Room,
) -> None:
    original = room.slack.upload(WEI, CUP_FINAL, "list.txt", b"rtmp://a.example/b/c", "tonight")
    message = room.slack.forward(ANNA, LIVE_OPS, original.id, "see this")
    await room.slack.message_shortcut(ANNA, message.id, "check")
    shown = room.bot.bodies[-1]["message"]
    assert (shown["user"], shown["text"]) == (ANNA, "see this")
    [shared] = shown["attachments"]
    assert (shared["is_share"], shared["author_id"], shared["text"]) == (True, WEI, "tonight")
    assert shared["files"][0]["name"] == "list.txt"
    assert shared["channel_id"] == CUP_FINAL
    assert printed(message, zone="UTC") == "see this\n│ tonight"
    with pytest.raises(NoSuchControl):
        room.slack.forward(ANNA, LIVE_OPS, "nowhere")


async def test_only_shortcuts_that_the_app_offers_can_be_taken(room: Room) -> None:
    message = room.slack.say(ANNA, LIVE_OPS, "hello")
    with pytest.raises(NoSuchControl):
        await room.slack.shortcut(ANNA, "check")
    with pytest.raises(NoSuchControl):
        await room.slack.message_shortcut(ANNA, message.id, "form")
    assert room.bot.bodies == []


async def test_a_message_that_is_not_seen_or_is_ephemeral_has_no_shortcuts(room: Room) -> None:
    private = await room.answered({"text": "for you"})
    for user in (ANNA, WEI):
        with pytest.raises(NoSuchControl):
            await room.slack.message_shortcut(user, private.id, "check")
    with pytest.raises(NoSuchControl):
        await room.slack.message_shortcut(ANNA, "nowhere", "check")


async def test_a_shortcut_not_acknowledged_is_a_failure(room: Room) -> None:
    room.slack.request_url = None
    assert (await room.slack.shortcut(ANNA, "form")).error == "dispatch_failed"


def flags(user: dict[str, Any]) -> set[str]:
    return {name for name, value in user.items() if name.startswith("is_") and value is True}


@pytest.mark.parametrize(
    ("user", "team", "expected"),
    [
        (ANNA, "T0001", {"is_admin", "is_owner", "is_primary_owner"}),
        (WEI, "T0001", set()),
        (GUS, "T0001", {"is_restricted"}),
        (EVA, "T0002", {"is_stranger"}),
        ("U0BOT", "T0001", {"is_bot"}),
    ],
)
async def test_a_user_says_who_they_are_in_the_workspace(
    room: Room, user: str, team: str, expected: set[str]
) -> None:
    found = (await room.client.users_info(user=user))["user"]
    assert (found["team_id"], flags(found)) == (team, expected)
    assert {"is_restricted", "is_ultra_restricted", "is_stranger"} <= found.keys()


async def test_what_somebody_of_another_workspace_does_says_so(room: Room) -> None:
    await room.slack.shortcut(EVA, "form")
    assert room.bot.bodies[-1]["user"]["team_id"] == "T0002"
    assert room.bot.bodies[-1]["team"]["id"] == "T0001"


@pytest.mark.parametrize("user", [person.id for person in PEOPLE])
async def test_everybody_has_direct_messages_with_the_bot(room: Room, user: str) -> None:
    opened_dm = await room.client.conversations_open(users=user)
    assert opened_dm["channel"]["id"] == f"D{user[1:]}"
    await room.client.chat_postMessage(channel=user, text="for you")
    (message,) = room.slack.messages
    assert [one for one in PEOPLE if message.is_for(one.id)] == [
        one for one in PEOPLE if one.id == user
    ]


async def test_user_groups_are_listed_with_their_members_if_asked_for(room: Room) -> None:
    (group,) = (await room.client.usergroups_list())["usergroups"]
    assert (group["id"], group["handle"]) == ("S0001", "streaming")
    assert "users" not in group
    (group,) = (await room.client.usergroups_list(include_users=True))["usergroups"]
    assert group["users"] == [ANNA]
    assert (await room.client.usergroups_users_list(usergroup="S0001"))["users"] == [ANNA]


async def test_user_groups_are_refused_without_scope_and_as_planned(room: Room) -> None:
    with pytest.raises(SlackApiError) as caught:
        await room.client.usergroups_users_list(usergroup="S9")
    assert caught.value.response["error"] == "no_such_subteam"
    room.slack.faults.add(Fault("usergroups.users.list", status=429, retry_after_s=9))
    with pytest.raises(SlackApiError) as caught:
        await room.client.usergroups_users_list(usergroup="S0001")
    assert caught.value.response.headers["Retry-After"] == "9"
    room.slack.faults.missing_scopes.add("usergroups:read")
    with pytest.raises(SlackApiError) as caught:
        await room.client.usergroups_users_list(usergroup="S0001")
    assert caught.value.response["needed"] == "usergroups:read"


async def test_user_groups_may_be_asked_for_twenty_times_a_minute(room: Room) -> None:
    for _ in range(20):
        await room.client.usergroups_users_list(usergroup="S0001")
    with pytest.raises(SlackApiError) as caught:
        await room.client.usergroups_users_list(usergroup="S0001")
    assert caught.value.response["error"] == "ratelimited"


async def test_an_app_is_granted_what_its_manifest_asks_for(room: Room) -> None:
    answer = await room.client.auth_test()
    granted = answer.headers["x-oauth-scopes"].split(",")
    assert {"files:read", "files:write", "usergroups:read"} <= set(granted)
    assert granted == list(SCOPES)
