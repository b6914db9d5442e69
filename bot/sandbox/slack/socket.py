"""Socket Mode: WebSockets over which payloads go to the app instead of by HTTP.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack.workspace import APP_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack.shared import Shared

MAX_CONNECTIONS = 10
_ANSWERED = {"view_submission", "block_suggestion"}


class Sockets:
    """The open connections of the app. Any of them may get any payload: they take turns."""

    def __init__(self, slack: Shared) -> None:
        self._slack = slack
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._turn = 0

    def __len__(self) -> int:
        return len(self._open)

    def new_url(self) -> str:
        """A URL for one connection."""
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return (
            f"{self._slack.base_url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"
        )

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self._open) >= MAX_CONNECTIONS:
            await self._dismiss(socket, "too_many_websockets")
            return socket
        self._open.append(socket)
        hello = {"type": "hello", "num_connections": len(self._open)}
        info = {"connection_info": {"app_id": APP_ID}, "debug_info": _debug(request.host)}
        try:
            await socket.send_json({**hello, **info})
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acked(frame.data)
        finally:
            if socket in self._open:
                self._open.remove(socket)
        return socket

    async def send(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Send a payload over one of the connections, and wait for the acknowledgement.

        Returns:
            The acknowledgement's own payload, or `{}`.
        """
        self._turn += 1
        socket = self._open[self._turn % len(self._open)]
        is_command = "command" in payload
        kind = "slash_commands" if is_command else "interactive"
        envelope_id = secrets.token_hex(16)
        envelope = {
            "envelope_id": envelope_id,
            "type": "events_api" if "event" in payload else kind,
            "payload": payload,
            "accepts_response_payload": payload.get("type") in _ANSWERED or is_command,
        }
        ack = self._acks[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            await socket.send_json(envelope)
            answer: dict[str, Any] = await ack
            return answer
        finally:
            del self._acks[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to go, as Slack does every few hours, and close it."""
        leaving, self._open = self._open, []
        for socket in leaving:
            await self._dismiss(socket, reason)

    async def _dismiss(self, socket: web.WebSocketResponse, reason: str) -> None:
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": _debug("")})
        await socket.close()

    def _acked(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        if isinstance(answer, dict):
            ack = self._acks.get(str(answer.get("envelope_id")))
            if ack is not None and not ack.done():
                payload = answer.get("payload")
                ack.set_result(payload if isinstance(payload, dict) else {})


def _debug(host: str) -> dict[str, Any]:
    return {"host": host, "approximate_connection_time": 18_060}
