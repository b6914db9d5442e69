"""A local Slack, and an app in it that keeps what it is sent and answers what it is told to."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.sandbox.slack import Message

ANNA, WEI = "U0001", "U0002"
LIVE_OPS, CUP_FINAL = "C0001", "C0003"
SECRET = "signing-secret"
TOKEN = "xoxb-1"


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 19, 42, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


class FakeBot:
    """Keeps what it is sent, and answers in the acknowledgement what it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.bodies: list[dict[str, Any]] = []
        self.answer: Callable[[], web.Response] = web.Response
        self.arrived = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        if request.content_type == "application/json":
            self.bodies.append(await request.json())
        else:
            fields = {name: str(value) for name, value in (await request.post()).items()}
            self.bodies.append(json.loads(fields["payload"]) if "payload" in fields else fields)
        self.arrived.set()
        await self.may_answer.wait()
        return self.answer()


class Room:
    """A local Slack, a fake bot that it sends to, and an HTTP session."""

    def __init__(
        self, slack: LocalSlack, bot: FakeBot, http: aiohttp.ClientSession, base: str
    ) -> None:
        self.slack = slack
        self.bot = bot
        self.http = http
        self.base = base
        self.client = AsyncWebClient(TOKEN, base_url=f"{base}/api/", session=http)

    async def respond(self, payload: object) -> tuple[int, dict[str, Any]]:
        """Use the response URL of the bot's last request."""
        async with self.http.post(self.bot.bodies[-1]["response_url"], json=payload) as reply:
            return reply.status, await reply.json()

    async def answered(self, payload: object) -> Message:
        """A command typed by Anna and answered so."""
        outcome = await self.slack.command(ANNA, LIVE_OPS, "/preload")
        assert await self.respond(payload) == (200, {"ok": True})
        return await self.slack.settled(ANNA, after=outcome.mark)


@asynccontextmanager
async def opened(clock: Clock) -> AsyncIterator[Room]:
    """A local Slack by that clock, with a fake bot in it."""
    slack = LocalSlack(
        signing_secret=SECRET, bot_token=TOKEN, app_token="xapp-1", now=clock, ack_within_s=30
    )
    bot = FakeBot()
    app = web.Application()
    app.router.add_post("/slack/events", bot.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        base = await stack.enter_async_context(running(slack))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Room(slack, bot, http, base)
