"""A modal is opened by its trigger once, and it is said why it was not."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.modals import Modals, TriggerSpent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from pytest_aiohttp import AiohttpServer

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "Preload tasks"}, "blocks": []}


@asynccontextmanager
async def slack(
    server: AiohttpServer, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> AsyncIterator[AsyncWebClient]:
    app = web.Application()
    app.router.add_post("/api/views.open", answer)
    url = str((await server(app)).make_url("/api/"))
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient("xoxb-local", base_url=url, session=session, retry_handlers=[])


async def test_a_modal_is_opened_with_its_trigger(aiohttp_server: AiohttpServer) -> None:
    heard: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.json_response({"ok": True, "view": {"id": "V1"}})

    async with slack(aiohttp_server, answer) as client:
        await Modals(client).open("1.2.abc", VIEW)
    assert [one["trigger_id"] for one in heard] == ["1.2.abc"]
    assert heard[0]["view"] == VIEW or '"Preload tasks"' in heard[0]["view"]


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("expired_trigger_id", TriggerSpent),
        ("exchanged_trigger_id", TriggerSpent),
        ("invalid_arguments", SlackRefused),
    ],
)
async def test_a_spent_trigger_is_told_from_a_view_that_slack_does_not_take(
    aiohttp_server: AiohttpServer, code: str, raised: type[SlackRefused]
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error": code})

    async with slack(aiohttp_server, answer) as client:
        with pytest.raises(SlackRefused) as refused:
            await Modals(client).open("1.2.abc", VIEW)
    assert type(refused.value) is raised
    assert refused.value.code == code


async def test_without_a_trigger_nothing_is_asked(aiohttp_server: AiohttpServer) -> None:
    async def answer(_: web.Request) -> web.Response:
        raise AssertionError

    async with slack(aiohttp_server, answer) as client:
        with pytest.raises(TriggerSpent):
            await Modals(client).open("", VIEW)


async def test_a_slack_that_hangs_is_not_waited_for_longer_than_a_trigger_lives(
    aiohttp_server: AiohttpServer,
) -> None:
    release = asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        await release.wait()
        return web.json_response({"ok": True})

    async with slack(aiohttp_server, answer) as client:
        with pytest.raises(SlackUnavailable) as error:
            await Modals(client, timeout_s=0.05).open("1.2.abc", VIEW)
        release.set()
    assert error.value.delivered
