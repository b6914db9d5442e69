"""`/metrics`, as Prometheus reads it: what was counted, and what is looked up when it asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.metadata import version
from math import nan
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from bot import metrics
from bot.errors import StoreUnavailable
from bot.live.outage import Sharing
from bot.metrics import Prometheus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.live.quota import Quota
    from bot.live.shared_quota import SharedQuota
    from bot.metrics import Meter
    from bot.store import Store

_PATIENCE_S = 2.0
_ABSENT = "not counted: uv sync --extra metrics, or pip install '.[metrics]'\n"


@dataclass(frozen=True, slots=True)
class Exposition:
    """What there is to be read.

    Attributes:
        meter: what parts report to.
        role: what this process does.
        store: asked what waits in the outbox.
        quotas: of each account, that of its queries of tasks.
        shared: those of them that processes share.
    """

    meter: Meter
    role: str
    store: Store
    quotas: Mapping[str, Quota]
    shared: Mapping[str, SharedQuota] = field(default_factory=dict)

    async def respond(self, _request: web.Request) -> web.Response:
        """All there is, or 404 where nothing is counted."""
        if not isinstance(self.meter, Prometheus):
            return web.Response(status=404, text=_ABSENT)
        self._look_at_quotas()
        await self._look_at_store()
        return web.Response(
            body=self.meter.text(), headers={"Content-Type": self.meter.content_type}
        )

    def _look_at_quotas(self) -> None:
        meter, uses = self.meter, {(name,): one.use() for name, one in self.quotas.items()}
        meter.level(metrics.INFO, {(self.role, version("preload-bot")): 1})
        meter.level(metrics.QUOTA_PLACES, {name: one.per_s for name, one in uses.items()})
        meter.level(metrics.QUOTA_FULL_PLACES, {name: one.full_per_s for name, one in uses.items()})
        meter.level(metrics.QUOTA_WAITING, {name: one.waiting for name, one in uses.items()})
        meter.level(
            metrics.QUOTA_SHARED,
            {(name,): one.state is Sharing.SHARED for name, one in self.shared.items()},
        )

    async def _look_at_store(self) -> None:
        """Where the store does not answer, what it last said is not repeated as if it were so."""
        now = self.store.now()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                count, since = await self.store.notices.overdue(now)
                parked = len(await self.store.parking.all())
        except (StoreUnavailable, TimeoutError):
            self.meter.level(metrics.STORE_UP, {(): 0})
            for unknown in (metrics.OUTBOX, metrics.OUTBOX_OLDEST, metrics.PARKED):
                self.meter.level(unknown, {(): nan})
            return
        oldest_s = max(0.0, (now - since).total_seconds()) if since else 0.0
        self.meter.level(metrics.STORE_UP, {(): 1})
        self.meter.level(metrics.OUTBOX, {(): count})
        self.meter.level(metrics.OUTBOX_OLDEST, {(): oldest_s})
        self.meter.level(metrics.PARKED, {(): parked})


def counting_throttled(meter: Meter, api_url: str) -> list[aiohttp.ClientMiddlewareType]:
    """What has a session of Slack's tell the meter of each 429; nothing where none counts.

    Args:
        meter: told of them.
        api_url: where Slack's methods are; what is elsewhere is counted as `response_url`.
    """

    async def counted(
        request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        reply = await send(request)
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            is_method = str(request.url).startswith(api_url)
            meter.count(metrics.SLACK_THROTTLED, request.url.name if is_method else "response_url")
        return reply

    return [] if meter is metrics.UNMETERED else [counted]
