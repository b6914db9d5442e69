"""Channels as Slack knows them: is the bot in it, is it archived, is it private."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.slack.answers import answered
from bot.slack.errors import SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What Slack says of a channel.

    Attributes:
        id: its ID.
        name: without the `#`; "" for direct messages.
        is_member: the bot is in it, as it always is in direct messages.
        is_archived: nobody can post there.
        is_im: these are direct messages.
        is_private: only those who are in it see it.
    """

    id: str
    name: str
    is_member: bool
    is_archived: bool
    is_im: bool
    is_private: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the bot can post there."""
        return self.is_member and not self.is_archived


class Channels:
    """Looks channels up.

    Args:
        client: with `retry_handlers=[]`; for `conversations.info` (scopes `channels:read`,
            `groups:read`) and `auth.test`.
        timeout_s: how long a look may take.
    """

    def __init__(self, client: AsyncWebClient, *, timeout_s: float = 10.0) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def look(self, channel_id: str) -> ChannelFacts:
        """What the channel is like now.

        Raises:
            SlackRefused: `channel_not_found` (also for a private one that the bot is not in),
                `missing_scope`, or the token is no good.
            SlackUnavailable: Slack does not say.
        """
        reply = await self._asked(self._client.conversations_info(channel=channel_id))
        channel = reply.get("channel")
        if not isinstance(channel, dict):
            raise SlackUnavailable("malformed_reply", delivered=True)
        return _facts(channel_id, channel)

    async def check_token(self) -> None:
        """Find that the bot's token is good.

        Raises:
            SlackRefused: it is not (`invalid_auth`, `token_revoked`, `account_inactive`, …).
            SlackUnavailable: Slack does not say.
        """
        await self._asked(self._client.auth_test())

    async def _asked(self, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        async def in_time() -> AsyncSlackResponse:
            async with asyncio.timeout(self._timeout_s):
                return await call

        return await answered(in_time())


def _facts(channel_id: str, channel: Mapping[str, Any]) -> ChannelFacts:
    """The facts in the `channel` of `conversations.info`."""
    is_im = channel.get("is_im") is True
    return ChannelFacts(
        id=str(channel.get("id") or channel_id),
        name=str(channel.get("name") or ""),
        is_member=is_im or channel.get("is_member") is True,
        is_archived=channel.get("is_archived") is True,
        is_im=is_im,
        # A group of direct messages says so too; only what is surely public is.
        is_private=is_im or channel.get("is_private") is not False,
    )
