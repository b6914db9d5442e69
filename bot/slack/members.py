"""Who is in a channel, and so may see what stands in it.

Source: https://docs.slack.dev/reference/methods/conversations.members (at most 999 a page, 200 are
advised; the fourth tier, 100 calls a minute).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from cachetools import LRUCache

from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.slack.channels import Channels

FRESH_S = 60.0
"""Who is invited waits no longer, and who was removed sees no longer."""
RETRY_S = 5.0
PAGE = 200
MOST_PAGES = 25
_TIMEOUT_S = 10.0
_MOST_CHANNELS = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """Who is in a channel: None is whoever wants to, as it is public; and until when that holds.

    Where not all of them were read, whoever is not among them is not known.
    """

    members: frozenset[str] | None
    is_whole: bool
    until_s: float


class Members:
    """Answers whether a person may see what stands in a channel.

    Args:
        client: with `retry_handlers=[]`; for `conversations.members` (scopes `channels:read`,
            `groups:read`).
        channels: says which are public.
        clock_s: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        channels: Channels,
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._channels = channels
        self._clock_s = clock_s
        self._known: LRUCache[str, _Known] = LRUCache(_MOST_CHANNELS)
        self._reading: LRUCache[str, asyncio.Lock] = LRUCache(_MOST_CHANNELS)

    async def may_see(self, channel_id: str, user_id: str) -> bool | None:
        """Whether it is public, or they are in it; None: Slack does not tell. Raises nothing."""
        async with self._reading.setdefault(channel_id, asyncio.Lock()):
            known = self._known.get(channel_id)
            if known is None or known.until_s <= self._clock_s():
                known = self._known[channel_id] = await self._looked_up(channel_id)
        if known.members is None or user_id in known.members:
            return True
        return False if known.is_whole else None

    async def _looked_up(self, channel_id: str) -> _Known:
        members: set[str] = set()
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                facts = await self._channels.look(channel_id)
                if not facts.is_private:
                    return _Known(None, is_whole=True, until_s=self._clock_s() + FRESH_S)
                is_whole = await self._read(channel_id, members)
        except (SlackRefused, SlackUnavailable, TimeoutError) as error:
            log.warning("members not read", channel=channel_id, error=str(error) or "timeout")
            until_s = self._clock_s() + RETRY_S
            return _Known(frozenset(members), is_whole=False, until_s=until_s)
        return _Known(frozenset(members), is_whole, self._clock_s() + FRESH_S)

    async def _read(self, channel_id: str, members: set[str]) -> bool:
        """Add who is in it, page by page; whether those are all."""
        cursor = ""
        for _ in range(MOST_PAGES):
            reply = await answered(
                self._client.conversations_members(
                    channel=channel_id, limit=PAGE, **({"cursor": cursor} if cursor else {})
                )
            )
            named, metadata = reply.get("members"), reply.get("response_metadata")
            if not isinstance(named, list):
                raise SlackUnavailable("malformed_reply", delivered=True)
            members.update(map(str, named))
            cursor = str(metadata.get("next_cursor") or "") if isinstance(metadata, dict) else ""
            if not cursor:
                return True
        return False
