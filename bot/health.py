"""Whether the bot is alive, and whether it is ready: for load balancers and for people."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import LiveError, StoreUnavailable
from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.live.credentials import CredentialsSource
    from bot.store import Store

RETRY_S = 30.0
"""How long Slack's last answer stands before it is tried again."""
_PATIENCE_S = 2.0

OK = "ok"


@dataclass(slots=True)
class _Tried:
    at_s: float
    outcome: str


class Health:
    """Looks at what the bot needs.

    Args:
        credentials: the source of each account's credentials.
        store: asked whether it can be read.
        slack: asked who the bot is, at most every `RETRY_S` seconds.
        clock_s: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        *,
        credentials: Mapping[str, CredentialsSource],
        store: Store,
        slack: AsyncWebClient,
        clock_s: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._store = store
        self._slack = slack
        self._clock_s = clock_s
        self._slack_tried: _Tried | None = None

    async def readiness(self) -> dict[str, str]:
        """What is needed, and `ok` or what is wrong with it, in a word without secrets."""
        names = [*(f"credentials of {name}" for name in self._credentials), "store", "slack"]
        checks: list[Awaitable[str]] = [
            *(self._of_credentials(source) for source in self._credentials.values()),
            self._of_store(),
            self._of_slack(),
        ]
        return dict(zip(names, await asyncio.gather(*checks), strict=True))

    async def _of_credentials(self, source: CredentialsSource) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await source.current()
        except (LiveError, TimeoutError) as error:
            return f"missing: {type(error).__name__}"
        return OK

    async def _of_store(self) -> str:
        try:
            await self._store.ping()
        except StoreUnavailable as error:
            return f"unavailable: {error}"
        return OK

    async def _of_slack(self) -> str:
        tried = self._slack_tried
        if tried is None or self._clock_s() - tried.at_s > RETRY_S:
            tried = self._slack_tried = _Tried(self._clock_s(), await self._try_slack())
        return tried.outcome

    async def _try_slack(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await answered(self._slack.auth_test())
        except SlackRefused as error:
            return f"refused: {error}"
        except SlackUnavailable as error:
            return f"unreachable: {error}"
        except TimeoutError:
            return "unreachable: timeout"
        return OK


def routes(health: Health) -> list[web.RouteDef]:
    """`/livez`: the loop turns. `/readyz`: 200 if all is there, otherwise 503 and what is not."""

    async def livez(_request: web.Request) -> web.Response:
        return web.Response(text=OK)

    async def readyz(_request: web.Request) -> web.Response:
        found = await health.readiness()
        status = 200 if all(outcome == OK for outcome in found.values()) else 503
        return web.json_response(found, status=status)

    return [web.get("/livez", livez), web.get("/readyz", readyz)]
