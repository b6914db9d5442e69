"""A small app in the local Slack, for what its page does with an app: no bot, only a wire."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web
from playwright.async_api import expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Locator, Page

Json = dict[str, Any]
SOON_S = 10
"""Far longer than anything here takes: this only ends a test that would never."""


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str) -> Json:
    return {"text": plain(text), "value": value}


def field_of(name: str, element: Json, **more: object) -> Json:
    """An input block; it and its element are both called `name`."""
    element = {**element, "action_id": name}
    return {"type": "input", "block_id": name, "label": plain(name), "element": element, **more}


def modal(*blocks: Json, **more: object) -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("A form"),
        "submit": plain("Send it"),
        "close": plain("Leave it"),
        "blocks": list(blocks),
        **more,
    }


async def opened_form(page: Page) -> Locator:
    """The modal that the app's global shortcut opens."""
    await page.get_by_test_id("shortcuts").click()
    await page.get_by_role("menuitem", name="Ask about preload tasks").click()
    form = page.get_by_role("dialog")
    await expect(form).to_be_visible()
    return form


@dataclass
class SmallApp:
    """An app that opens `modal` at each shortcut and publishes `home` where that is opened.

    Attributes:
        slack: where it is installed.
        client: the Web API, as the app calls it.
        page: the address of the local Slack's page.
        answers: what it answers, by the type of what it was sent; None is no body.
        sent: what it was sent, by type.
    """

    slack: LocalSlack
    client: AsyncWebClient
    page: str
    modal: Json = field(default_factory=modal)
    home: Json = field(default_factory=lambda: {"type": "home", "blocks": []})
    answers: dict[str, Callable[[Json], Awaitable[Json | None]]] = field(default_factory=dict)
    sent: defaultdict[str, asyncio.Queue[Json]] = field(
        default_factory=lambda: defaultdict(asyncio.Queue)
    )

    async def told(self, kind: str) -> Json:
        """The next payload of that type."""
        async with asyncio.timeout(SOON_S):
            return await self.sent[kind].get()

    async def submitted(self) -> dict[str, Json]:
        """What stands in the fields of the next submission, by their names."""
        values = (await self.told("view_submission"))["view"]["state"]["values"]
        return {name: one[name] for name, one in values.items()}

    async def opens(self, payload: Json) -> None:
        await self.client.views_open(trigger_id=payload["trigger_id"], view=self.modal)

    async def publishes(self, payload: Json) -> None:
        user = payload["user"]
        user_id = user if isinstance(user, str) else user["id"]
        await self.client.views_publish(user_id=user_id, view=self.home)

    async def handle(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            payload = (await request.json())["event"]
        else:
            payload = json.loads(str((await request.post())["payload"]))
        self.sent[payload["type"]].put_nowait(payload)
        answer = self.answers.get(payload["type"], _nothing)
        body = await answer(payload)
        return web.Response() if body is None else web.json_response(body)


async def _nothing(_payload: Json) -> None:
    """All that many payloads need."""


@asynccontextmanager
async def installed() -> AsyncIterator[SmallApp]:
    """The local Slack with the small app in it."""
    token = "xoxb-small"
    slack = LocalSlack(signing_secret="small", bot_token=token, app_token="xapp-small")
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(running(slack))
        client = AsyncWebClient(token=token, base_url=f"{base}/api/")
        app = SmallApp(slack, client, base)
        app.answers |= {"shortcut": app.opens, "message_action": app.opens}
        app.answers["app_home_opened"] = app.publishes
        server = web.Application()
        server.router.add_post("/", app.handle)
        runner = web.AppRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield app
