"""As little of Slack as a command needs: it sends commands, and counts what is answered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SIGNING_SECRET = "bench-signing-secret"
ANNOUNCED = b"Asking the Live API"
"""So the bot begins where an answer takes longer: that is none yet."""
PATIENCE_S = 30.0
_PATH = "/slack/events"

_API = {
    "auth.test": {
        "ok": True,
        "url": "https://bench.slack.com/",
        "team_id": "T0001",
        "user_id": "U0BOT",
        "bot_id": "B0BOT",
    },
    "conversations.info": {
        "ok": True,
        "channel": {"id": "C0001", "name": "live-ops", "is_member": True, "is_archived": False},
    },
    "users.info": {
        "ok": True,
        "user": {
            "id": "U0001",
            "is_admin": True,
            "team_id": "T0001",
            "tz": "Asia/Shanghai",
            "tz_offset": 28800,
            "locale": "en-US",
        },
    },
}


class Slack:
    """Sends commands, and takes what the apps say.

    Attributes:
        address: where it listens.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.address = ""
        self._session = session
        self._numbers = itertools.count()
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self._posts: list[tuple[float, str]] = []

    @property
    def api_url(self) -> str:
        """Where its Web API is."""
        return f"{self.address}/api/"

    async def asks(
        self, app: str, text: str, *, channel: str = "C0001", user: str = "U0001"
    ) -> tuple[float, bytes]:
        """Send `/preload text` to the app at this address.

        Returns:
            The seconds until it was acknowledged, and the body that came to its `response_url`.
        """
        number = str(next(self._numbers))
        fields = {
            "token": "bench",
            "team_id": "T0001",
            "team_domain": "bench",
            "channel_id": channel,
            "channel_name": "live-ops",
            "user_id": user,
            "user_name": "anna",
            "command": "/preload",
            "text": text,
            "api_app_id": "A0001",
            "is_enterprise_install": "false",
            "response_url": f"{self.address}/answer/{number}",
            "trigger_id": f"{number}.0001.bench",
        }
        return await self._sent(app, number, fields)

    async def clicks(
        self, app: str, button: dict[str, Any], *, user: str = "U0001"
    ) -> tuple[float, bytes]:
        """Click a button of an ephemeral answer, as `asks`; it has an `action_id` and a `value`."""
        number = str(next(self._numbers))
        payload = {
            "type": "block_actions",
            "token": "bench",
            "api_app_id": "A0001",
            "team": {"id": "T0001", "domain": "bench"},
            "user": {"id": user, "username": "anna", "team_id": "T0001"},
            "channel": {"id": "C0001", "name": "live-ops"},
            "container": {
                "type": "message",
                "message_ts": "1.000001",
                "channel_id": "C0001",
                "is_ephemeral": True,
            },
            "actions": [{"block_id": "b", "action_ts": f"{number}.0001", **button}],
            "response_url": f"{self.address}/answer/{number}",
            "trigger_id": f"{number}.0001.bench",
        }
        return await self._sent(app, number, {"payload": json.dumps(payload)})

    async def _sent(self, app: str, number: str, fields: dict[str, str]) -> tuple[float, bytes]:
        body = urlencode(fields).encode()
        timestamp = str(int(time.time()))
        base = f"v0:{timestamp}:".encode() + body
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": "v0="
            + hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest(),
        }
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        began_s = time.perf_counter()
        async with self._session.post(f"{app}{_PATH}", data=body, headers=headers) as reply:
            await reply.read()
            acknowledged_s = time.perf_counter() - began_s
            assert reply.status == 200, reply.status
        async with asyncio.timeout(PATIENCE_S):
            return acknowledged_s, await answer

    async def take_answer(self, request: web.Request) -> web.Response:
        """What is posted to a `response_url`; the first that is no announcement counts."""
        body = await request.read()
        if ANNOUNCED in body:
            return web.Response(text="ok")
        answer = self._answers.pop(request.match_info["number"], None)
        if answer is not None and not answer.done():
            answer.set_result(body)
        return web.Response(text="ok")

    async def call_api(self, request: web.Request) -> web.Response:
        """The Web API; what is posted is remembered."""
        method = request.match_info["method"]
        if method != "chat.postMessage":
            return web.json_response(_API[method])
        at = time.time()
        self._posts.append((at, await request.text()))
        return web.json_response({"ok": True, "channel": "C0001", "ts": f"{at:.6f}"})

    def first_post(self, word: str) -> float | None:
        """When the first message with this word in it was posted, in Unix seconds."""
        return next((at for at, body in self._posts if word in body), None)


@asynccontextmanager
async def running() -> AsyncIterator[Slack]:
    """The stand-in, listening."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        slack = Slack(session)
        application = web.Application()
        application.router.add_post("/answer/{number}", slack.take_answer)
        application.router.add_route("*", "/api/{method}", slack.call_api)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            slack.address = f"http://{host}:{port}"
            yield slack
        finally:
            await runner.cleanup()
