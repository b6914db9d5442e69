"""The app's Home, which each person has one of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger(__name__)


class Homes:
    """Publishes Homes.

    Args:
        client: for `views.publish`.
        timeout_s: how long Slack may take.
    """

    def __init__(self, client: AsyncWebClient, *, timeout_s: float = 10.0) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def publish(self, user_id: str, view: Mapping[str, Any]) -> None:
        """Show the view in the person's Home; where Slack won't, what stood there stays.

        That is logged: there is no message that they wait for, and their next look tries again.
        """

        async def publish() -> None:
            async with asyncio.timeout(self._timeout_s):
                await self._client.views_publish(user_id=user_id, view=dict(view))

        try:
            await answered(publish())
        except SlackRefused:  # nobody foresaw that
            log.exception("home refused", user=user_id)
        except SlackUnavailable as error:
            log.warning("home not published", user=user_id, error=str(error))
