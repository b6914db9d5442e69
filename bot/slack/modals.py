"""Modals: opened by a trigger, which lives for 3 seconds and opens one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk.web.async_client import AsyncWebClient

TIMEOUT_S = 3.0
"""Slack opens nothing for a trigger that is older."""

_SPENT = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


class TriggerSpent(SlackRefused):
    """The trigger came too late, or has opened something already."""


class Modals:
    """Opens modals.

    Args:
        client: for `views.open`, with `retry_handlers=[]`: a trigger is good for one try.
        timeout_s: how long Slack may take.
    """

    def __init__(self, client: AsyncWebClient, *, timeout_s: float = TIMEOUT_S) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Open a modal for who did what the trigger came with.

        Raises:
            TriggerSpent: it has to be done again.
            SlackRefused: Slack won't have this view.
            SlackUnavailable: Slack did not open it, or did not say so.
        """
        if not trigger_id:
            raise TriggerSpent("no_trigger")
        try:
            async with asyncio.timeout(self._timeout_s):
                await answered(self._client.views_open(trigger_id=trigger_id, view=dict(view)))
        except SlackRefused as refused:
            if refused.code in _SPENT:
                raise TriggerSpent(refused.code, refused.place) from refused
            raise
        except TimeoutError as error:
            raise SlackUnavailable("timeout", delivered=True) from error
