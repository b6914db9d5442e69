"""The local Slack's Socket Mode, with the real slack_sdk client."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

ANNA, LIVE_OPS = "U0001", "C0001"


class FakeBot:
    """A Socket Mode app that acknowledges what it gets, or does not."""

    def __init__(self, base: str) -> None:
        self.got: list[SocketModeRequest] = []
        self.answer: dict[str, Any] | None = None
        self.acknowledges = True
        web_client = AsyncWebClient(base_url=f"{base}/api/")
        self.client = SocketModeClient("xapp-1", web_client=web_client)
        self.client.socket_mode_request_listeners.append(self._take)

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.got.append(request)
        if self.acknowledges:
            answer = SocketModeResponse(request.envelope_id, self.answer)
            await client.send_socket_mode_response(answer)


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    local = LocalSlack(signing_secret="s", bot_token="xoxb-1", app_token="xapp-1", ack_within_s=30)
    async with running(local):
        yield local


@pytest.fixture
async def bots(slack: LocalSlack) -> AsyncIterator[list[FakeBot]]:
    async with AsyncExitStack() as stack:
        made = [FakeBot(slack.base_url) for _ in range(2)]
        for one in made:
            stack.push_async_callback(one.client.close)
            await one.client.connect()  # type: ignore[no-untyped-call] # the SDK leaves it untyped
        yield made


async def test_any_connection_may_get_any_payload(slack: LocalSlack, bots: list[FakeBot]) -> None:
    for _ in range(4):
        assert (await slack.command(ANNA, LIVE_OPS, "/preload status=failed")).ok
    assert [len(one.got) for one in bots] == [2, 2]
    request = bots[0].got[0]
    assert (request.type, request.accepts_response_payload) == ("slash_commands", True)
    assert request.payload["text"] == "status=failed"
    assert request.payload["response_url"].startswith(f"{slack.base_url}/commands/")


async def test_an_acknowledgement_may_carry_the_answer(
    slack: LocalSlack, bots: list[FakeBot]
) -> None:
    for one in bots:
        one.answer = {"text": "at once"}
    await slack.command(ANNA, LIVE_OPS, "/preload")
    assert [one.text for one in slack.messages.seen_by(ANNA)] == ["at once"]


async def test_a_click_comes_as_an_interaction(slack: LocalSlack, bots: list[FakeBot]) -> None:
    text = {"type": "plain_text", "text": "Next"}
    elements = [{"type": "button", "action_id": "page.next", "text": text}]
    client = AsyncWebClient("xoxb-1", base_url=f"{slack.base_url}/api/")
    await client.chat_postMessage(
        channel=LIVE_OPS, text="x", blocks=[{"type": "actions", "elements": elements}]
    )
    (message,) = slack.messages
    assert (await slack.click(ANNA, message.id, "page.next")).ok
    (request,) = [request for one in bots for request in one.got]
    assert request.type == "interactive"
    assert request.payload["type"] == "block_actions"
    assert request.payload["actions"][0]["action_id"] == "page.next"


async def test_an_envelope_not_acknowledged_in_time_has_timed_out(
    slack: LocalSlack, bots: list[FakeBot]
) -> None:
    for one in bots:
        one.acknowledges = False
    slack._dispatch.ack_within_s = 0.05
    outcome = await slack.command(ANNA, LIVE_OPS, "/preload")
    assert outcome.error == "operation_timeout"


async def test_a_request_url_is_preferred_to_a_connection(
    slack: LocalSlack, bots: list[FakeBot]
) -> None:
    slack.request_url = "http://127.0.0.1:1/"
    assert (await slack.command(ANNA, LIVE_OPS, "/preload")).error == "dispatch_failed"
    assert [one.got for one in bots] == [[], []]


async def test_a_connection_needs_the_app_token(slack: LocalSlack) -> None:
    client = AsyncWebClient(base_url=f"{slack.base_url}/api/")
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token="xoxb-1")


async def test_a_connection_says_hello_and_its_url_works_once(slack: LocalSlack) -> None:
    client = AsyncWebClient(base_url=f"{slack.base_url}/api/")
    url = (await client.apps_connections_open(app_token="xapp-1"))["url"]
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)
        for ignored in ("not JSON", "[]", '{"envelope_id": "unknown"}'):
            await socket.send_str(ignored)
        typing = asyncio.create_task(slack.command(ANNA, LIVE_OPS, "/preload"))
        await socket.send_json({"envelope_id": (await socket.receive_json())["envelope_id"]})
        assert (await typing).ok
        closing = asyncio.create_task(slack.sockets.disconnect())
        goodbye = await socket.receive_json()
        assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "refresh_requested")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        await closing
    assert len(slack.sockets) == 0


async def test_an_app_has_at_most_ten_connections(slack: LocalSlack) -> None:
    client = AsyncWebClient(base_url=f"{slack.base_url}/api/")
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        said = []
        for _ in range(11):
            url = (await client.apps_connections_open(app_token="xapp-1"))["url"]
            socket = await stack.enter_async_context(http.ws_connect(url))
            said.append(await socket.receive_json())
    assert [one["type"] for one in said] == ["hello"] * 10 + ["disconnect"]
    assert said[-1]["reason"] == "too_many_websockets"


async def test_events_and_forms_have_envelopes_of_their_own(
    slack: LocalSlack, bots: list[FakeBot]
) -> None:
    text = {"type": "plain_text", "text": "A form"}
    view = {"type": "modal", "title": text, "submit": text, "blocks": [{"type": "divider"}]}
    client = AsyncWebClient("xoxb-1", base_url=f"{slack.base_url}/api/")
    assert (await slack.open_home(ANNA)).ok
    assert (await slack.shortcut(ANNA, "form")).ok
    shortcut = max((one.got[-1] for one in bots), key=lambda one: one.type)
    await client.views_open(trigger_id=shortcut.payload["trigger_id"], view=view)
    for one in bots:
        one.answer = {"response_action": "update", "view": {**view, "callback_id": "second"}}
    assert (await slack.submit(ANNA, {})).ok
    modal = slack.modal(ANNA)
    assert modal is not None
    assert modal.callback_id == "second"
    got = [request for one in bots for request in one.got]
    kinds = {one.payload["type"]: (one.type, one.accepts_response_payload) for one in got}
    assert kinds == {
        "event_callback": ("events_api", False),
        "shortcut": ("interactive", False),
        "view_submission": ("interactive", True),
    }
