"""Socket Mode: Slack's payloads over connections of our own making.

Any of the app's connections, of this process or another, may get any payload, and one that was not
acknowledged comes again over whichever.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.metrics import ACK, UNMETERED
from bot.slack.repeats import is_repeat

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.socket_mode.aiohttp import SocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

    from bot.metrics import Meter
    from bot.slack.repeats import Repeats

log = structlog.get_logger(__name__)


class SocketMode(AsyncSocketModeHandler):
    """Bolt's, but what was taken before is acknowledged and goes no further."""

    def __init__(
        self, app: AsyncApp, app_token: str, repeats: Repeats, meter: Meter = UNMETERED
    ) -> None:
        super().__init__(app, app_token)
        self._repeats = repeats
        self._meter = meter

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override] # as Bolt's
        """Hand a payload on to Bolt, once."""
        begun_s = asyncio.get_running_loop().time()
        if await is_repeat(self._repeats, req.payload, req.envelope_id):
            log.info("stopped before Bolt", reason="repeat")
            await client.send_socket_mode_response(SocketModeResponse(req.envelope_id))
            return
        await super().handle(client, req)
        self._meter.took(ACK, asyncio.get_running_loop().time() - begun_s, "socket")
