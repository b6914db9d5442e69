"""Whether the bot is alive, and whether it is ready: for load balancers and for people."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import LiveError, StoreUnavailable
from bot.live.outage import Sharing
from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.store.leases import processes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.live.credentials import CredentialsSource
    from bot.live.shared_quota import SharedQuota
    from bot.store import Store

RETRY_S = 30.0
"""How long Slack's last answer stands before it is tried again."""
_PATIENCE_S = 2.0

OK = "ok"
_NOT_SHARED = {
    Sharing.WAITING: "not shared: Redis is away; waiting until what it gave out has passed",
    Sharing.ALONE: "not shared: Redis is away; this process uses its part",
}
_SPARED = ("store", "quota of ", "workers")
"""What questions are answered without: where all processes lack it, a load balancer that sent
people to none of them would make it worse."""


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
        shared: the quota of each account, where processes share them.
        works: this process itself follows and tells; otherwise it looks whether others do.
        clock_s: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        *,
        credentials: Mapping[str, CredentialsSource],
        store: Store,
        slack: AsyncWebClient,
        shared: Mapping[str, SharedQuota],
        works: bool,
        clock_s: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._store = store
        self._slack = slack
        self._shared = shared
        self._works = works
        self._clock_s = clock_s
        self._slack_tried: _Tried | None = None

    async def readiness(self) -> dict[str, str]:
        """What is needed, and `ok` or what is wrong with it, in a word without secrets."""
        names = [*(f"credentials of {name}" for name in self._credentials), "store", "slack"]
        names += [] if self._works else ["workers"]
        checks: list[Awaitable[str]] = [
            *(self._of_credentials(source) for source in self._credentials.values()),
            self._of_store(),
            self._of_slack(),
            *(() if self._works else (self._of_workers(),)),
        ]
        needed = dict(zip(names, await asyncio.gather(*checks), strict=True))
        return needed | {f"quota of {name}": _of(one) for name, one in self._shared.items()}

    async def _of_credentials(self, source: CredentialsSource) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await source.current()
        except (LiveError, TimeoutError) as error:
            return f"missing: {type(error).__name__}"
        return OK

    async def _of_store(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._store.ping()
        except (StoreUnavailable, TimeoutError) as error:
            return f"unavailable: {str(error) or 'timeout'}"
        return OK

    async def _of_workers(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                count = await processes(self._store.database, self._store.now)
        except (StoreUnavailable, TimeoutError):
            return "unknown: the store is unavailable"
        return OK if count else "none: nobody is told anything"

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


def _of(quota: SharedQuota) -> str:
    return OK if quota.state is Sharing.SHARED else _NOT_SHARED[quota.state]


def routes(health: Health) -> list[web.RouteDef]:
    """`/livez`: the loop turns. `/readyz`: 200 if questions can be answered, else 503.

    Either way `/readyz` says what is there and what is not.
    """

    async def livez(_request: web.Request) -> web.Response:
        return web.Response(text=OK)

    async def readyz(_request: web.Request) -> web.Response:
        found = await health.readiness()
        is_ready = all(
            outcome == OK for name, outcome in found.items() if not name.startswith(_SPARED)
        )
        return web.json_response(found, status=200 if is_ready else 503)

    return [web.get("/livez", livez), web.get("/readyz", readyz)]
