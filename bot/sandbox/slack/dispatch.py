"""How the app is told: by HTTP, signed, or over Socket Mode; and whether it answers in time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from bot.sandbox.slack import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.sandbox.slack.socket import Sockets

ACK_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the app took what a person did.

    Attributes:
        error: None, or what Slack shows: `operation_timeout`, `dispatch_failed`,
            `invalid_command_response`.
        mark: the number of the last change before the step; for `LocalSlack.settled`.
        errors: of a form that was sent, what the app has found wrong, by block ID.
    """

    error: str | None
    mark: int
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged in time, and found nothing wrong."""
        return self.error is None and not self.errors


class Dispatch:
    """The way to the app.

    Args:
        sockets: the Socket Mode connections.
        signing_secret: what requests by HTTP are signed with.
        now: the wall clock.

    Attributes:
        ack_within_s: how long the app may take to acknowledge.
        request_url: where the app listens; None sends over an open Socket Mode connection.
        session: the connections to it, while this server runs.
    """

    def __init__(
        self,
        sockets: Sockets,
        *,
        signing_secret: str,
        now: Callable[[], datetime],
        ack_within_s: float,
    ) -> None:
        self.ack_within_s = ack_within_s
        self.request_url: str | None = None
        self.session: aiohttp.ClientSession | None = None
        self._sockets = sockets
        self._signing_secret = signing_secret
        self._now = now

    async def send(self, payload: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """Send a payload to the app: Slack's error, if any, and what the app answers at once."""
        try:
            async with asyncio.timeout(self.ack_within_s):
                if self.request_url is not None:
                    return await self._post(self.request_url, payload)
                if len(self._sockets):
                    return None, await self._sockets.send(payload)
        except TimeoutError:
            return "operation_timeout", {}
        except (aiohttp.ClientError, ConnectionError):
            return "dispatch_failed", {}
        except ValueError:
            return "invalid_command_response", {}
        return "dispatch_failed", {}

    async def _post(
        self, url: str, payload: Mapping[str, Any]
    ) -> tuple[str | None, dict[str, Any]]:
        if self.session is None:
            raise RuntimeError("the local Slack is not running")
        body, content_type = requests.body_of(payload)
        headers = requests.signed(
            body,
            signing_secret=self._signing_secret,
            at_s=int(self._now().timestamp()),
            content_type=content_type,
        )
        async with self.session.post(url, data=body, headers=headers) as reply:
            if reply.status != web.HTTPOk.status_code:
                return "dispatch_failed", {}
            if reply.content_type == "application/json":
                answer = await reply.json()
                return None, answer if isinstance(answer, dict) else {}
            text = await reply.text()
            return None, {"text": text} if text.strip() else {}
