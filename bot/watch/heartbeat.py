"""A sign of life for a dead-man's switch elsewhere: whoever runs it is told when the signs stop."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp
import structlog

from bot.metrics import HEARTBEATS, OK, UNMETERED

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.metrics import Meter
    from bot.store import Store

EVERY_S = 10.0
_NEVER_S = 86_400.0
_PATIENCE = aiohttp.ClientTimeout(total=5.0)

log = structlog.get_logger(__name__)


class Heartbeat:
    """Pings while what is followed is read, or nothing is.

    Args:
        session: a pool of connections.
        url: what to ping; a secret, in no log. None is nothing.
        store: says whether anything is followed.
        meter: told of each ping.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: SecretStr | None,
        store: Store,
        *,
        meter: Meter = UNMETERED,
    ) -> None:
        self._session = session
        self._url = url
        self._store = store
        self._meter = meter
        self._has_worked = False
        self._failed = False

    def worked(self) -> None:
        """Something was read, and written down."""
        self._has_worked = True

    async def turn(self) -> float:
        """Ping, if there is something to ping and all goes on as it should; seconds to the next.

        Raises:
            StoreUnavailable: nothing was read, and who knows whether there was anything to read.
        """
        if self._url is None:
            return _NEVER_S
        if self._has_worked or not await self._is_anything_followed():
            self._has_worked = False
            await self._ping(self._url.get_secret_value())
        return EVERY_S

    async def _is_anything_followed(self) -> bool:
        return bool(await self._store.subscriptions.all() or await self._store.watches.active())

    async def _ping(self, url: str) -> None:
        outcome = OK
        try:
            async with self._session.get(url, timeout=_PATIENCE) as reply:
                if reply.status >= HTTPStatus.BAD_REQUEST:
                    outcome = f"http_{reply.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            outcome = type(error).__name__  # its text may be the URL
        self._meter.count(HEARTBEATS, outcome)
        has_failed = outcome != OK
        if has_failed and not self._failed:
            log.warning("heartbeat not taken", reason=outcome)
        elif self._failed and not has_failed:
            log.info("heartbeat taken again")
        self._failed = has_failed
