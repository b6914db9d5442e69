from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, LocalSlack, running
from bot.slack.channels import ChannelFacts, Channels
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_aiohttp import AiohttpServer

TOKEN = "xoxb-local"


@pytest.fixture
async def local() -> AsyncIterator[LocalSlack]:
    slack = LocalSlack(signing_secret="secret", bot_token=TOKEN, app_token="xapp-local")
    async with running(slack):
        yield slack


@pytest.fixture
async def client(local: LocalSlack) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        base_url = f"{local.base_url}/api/"
        yield AsyncWebClient(TOKEN, base_url=base_url, session=session, retry_handlers=[])


async def test_a_channel_the_bot_is_in_can_be_posted_to(client: AsyncWebClient) -> None:
    facts = await Channels(client).look("C0001")
    assert facts == ChannelFacts("C0001", "live-ops", True, False, False)
    assert facts.is_open


async def test_a_channel_the_bot_is_not_in_can_be_seen_but_not_posted_to(
    client: AsyncWebClient,
) -> None:
    facts = await Channels(client).look("C0003")
    assert (facts.name, facts.is_member, facts.is_open) == ("cup-final", False, False)


async def test_an_archived_channel_is_closed(local: LocalSlack, client: AsyncWebClient) -> None:
    local.faults.archived.add("C0001")
    facts = await Channels(client).look("C0001")
    assert (facts.is_member, facts.is_archived, facts.is_open) == (True, True, False)


async def test_direct_messages_cannot_be_looked_at(client: AsyncWebClient) -> None:
    with pytest.raises(SlackRefused, match="missing_scope"):
        await Channels(client).look("D0001")  # im:read is not asked for


async def test_a_channel_that_is_not_there_is_refused(client: AsyncWebClient) -> None:
    with pytest.raises(SlackRefused, match="channel_not_found"):
        await Channels(client).look("C0404")


async def test_without_the_scope_nothing_is_seen(local: LocalSlack, client: AsyncWebClient) -> None:
    local.faults.missing_scopes.add("channels:read")
    with pytest.raises(SlackRefused, match="missing_scope"):
        await Channels(client).look("C0001")


async def test_a_slack_that_fails_says_nothing_of_the_channel(
    local: LocalSlack, client: AsyncWebClient
) -> None:
    local.faults.add(Fault(method="conversations.info", status=503))
    with pytest.raises(SlackUnavailable, match="http_503"):
        await Channels(client).look("C0001")


async def test_a_look_that_hangs_is_given_up(local: LocalSlack, client: AsyncWebClient) -> None:
    local.faults.add(Fault(method="conversations.info", accepted_after_s=5))
    with pytest.raises(SlackUnavailable, match="timeout"):
        await Channels(client, timeout_s=0.05).look("C0001")


async def test_a_good_token_passes_and_another_does_not(
    local: LocalSlack, client: AsyncWebClient
) -> None:
    await Channels(client).check_token()
    local.faults.add(Fault(method="auth.test", error="token_revoked"))
    with pytest.raises(SlackRefused, match="token_revoked"):
        await Channels(client).check_token()


async def test_an_answer_without_a_channel_says_nothing(aiohttp_server: AiohttpServer) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "channel": None})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    base_url = str((await aiohttp_server(app)).make_url("/"))
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(TOKEN, base_url=base_url, session=session, retry_handlers=[])
        with pytest.raises(SlackUnavailable, match="malformed_reply"):
            await Channels(client).look("C0001")
