"""The app's Home, which each person has one of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.sender import tried

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger(__name__)


class Homes:
    """Publishes Homes.

    Args:
        client: for `views.publish`.
        sleep: how to wait between tries.
        timeout_s: how long one try may take.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout_s: float = 10.0,
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._timeout_s = timeout_s

    async def publish(self, user_id: str, view: Mapping[str, Any]) -> bool:
        """Show the view in the person's Home; whether it stands there.

        Where Slack won't, what stood there stays, and that is logged. Publishing twice is
        publishing once.
        """

        async def publish() -> None:
            async with asyncio.timeout(self._timeout_s):
                await self._client.views_publish(user_id=user_id, view=dict(view))

        try:
            await tried(publish, repeatable=True, sleep=self._sleep)
        except SlackRefused:  # nobody foresaw that
            log.exception("home refused", user=user_id)
        except SlackUnavailable as error:
            log.warning("home not published", user=user_id, error=str(error))
        else:
            return True
        return False
