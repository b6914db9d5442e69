"""Posts that carry a key, by which they can be found again."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.answers import answered
from bot.slack.errors import HistoryForbidden, SlackRefused, SlackUnavailable
from bot.slack.sender import as_said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.slack.sender import Payload

EVENT_TYPE = "preload_bot_notice"
CLOCK_MARGIN = timedelta(seconds=60)
"""How far what is taken for Slack's clock may be ahead of it."""
CLOCK_UNKNOWN = timedelta(hours=2)
"""How far this machine's clock may be ahead, where Slack has not told its own."""

_PAGE = 200  # as Slack recommends at most
_FORBIDDEN = frozenset({"missing_scope", "not_allowed_token_type"})
_FAILED = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Refusals that are none: Slack failed, "it's possible some aspect of the operation succeeded".

Source: https://docs.slack.dev/reference/methods/chat.postMessage.
"""


class _Metadata(msgspec.Struct):
    event_type: str = ""
    event_payload: dict[str, Any] = {}


class _Message(msgspec.Struct):
    ts: str = ""
    metadata: _Metadata | None = None

    def has_key(self, key: str) -> bool:
        data = self.metadata
        return (
            data is not None
            and data.event_type == EVENT_TYPE
            and data.event_payload.get("key") == key
        )


class _Cursor(msgspec.Struct):
    next_cursor: str = ""


class _Page(msgspec.Struct):
    messages: list[_Message] = []
    response_metadata: _Cursor = msgspec.field(default_factory=_Cursor)


class Poster:
    """Posts each message once, changes it, finds it again.

    Nothing is tried again here: an error says whether the message may have arrived, and whoever
    wanted it posted decides.

    Args:
        client: with `retry_handlers=[]`: the SDK's own would repeat a post that may have arrived.
        now: this machine's clock, in UTC; used until Slack has told its own.
        clock_s: a monotonic clock, in seconds.
        timeout_s: how long a call may take.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        now: Callable[[], datetime],
        clock_s: Callable[[], float] = time.monotonic,
        timeout_s: float = 10.0,
    ) -> None:
        self._client = client
        self._now = now
        self._clock_s = clock_s
        self._timeout_s = timeout_s
        self._heard: tuple[datetime, float] | None = None

    @property
    def timeout_s(self) -> float:
        """How long a call may take."""
        return self._timeout_s

    async def post(
        self, channel: str, message: Payload, *, key: str, thread_ts: str | None = None
    ) -> str:
        """Post a new message, once, and return its `ts`.

        Args:
            channel: a channel's ID, or a user's for a direct message.
            message: what to say.
            key: what it can be found by.
            thread_ts: the message in whose thread it belongs.

        Raises:
            SlackRefused: Slack won't have this message there.
            SlackUnavailable: Slack has not said that it arrived; `delivered` where it may have.
        """
        payload = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        said = {**as_said(message), "metadata": payload}
        reply = await self._asked(
            self._client.chat_postMessage(channel=channel, thread_ts=thread_ts, **said)
        )
        ts = reply.get("ts")
        if not isinstance(ts, str) or not ts:
            raise SlackUnavailable("malformed_reply", delivered=True)
        return ts

    async def update(self, channel: str, ts: str, message: Payload) -> None:
        """Change what a posted message says; doing it twice is doing it once.

        Args:
            channel: the channel's ID.
            ts: the message.
            message: what it says from now on.

        Raises:
            SlackRefused: the message is gone, may not be changed, or Slack won't have it so.
            SlackUnavailable: Slack did not take it, or has not said so.
        """
        await self._asked(self._client.chat_update(channel=channel, ts=ts, **as_said(message)))

    async def find(
        self, channel: str, key: str, *, oldest: datetime, thread_ts: str | None = None
    ) -> str | None:
        """Look for a message by its key: its `ts`, or None if it is not there by now.

        Args:
            channel: where it was posted.
            key: what it was posted with.
            oldest: when it was sent first, by Slack's clock (`slack_time`).
            thread_ts: the message in whose thread it was posted; where that is gone, the channel
                is looked through.

        Raises:
            HistoryForbidden: the app may not read that channel.
            SlackRefused: the channel cannot be read for another reason.
            SlackUnavailable: Slack does not say.
        """
        since = f"{(oldest - CLOCK_MARGIN).timestamp():.6f}"
        try:
            async for page in self._pages(channel, since, thread_ts):
                for message in page.messages:
                    if message.has_key(key):
                        return message.ts
        except SlackRefused as error:
            if error.code == "thread_not_found" and thread_ts is not None:
                return await self.find(channel, key, oldest=oldest)
            # Of direct messages a person's ID is known, which is no name for reading them.
            is_person = error.code == "channel_not_found" and channel.startswith(("U", "W"))
            if error.code in _FORBIDDEN or is_person:
                raise HistoryForbidden(error.code, error.place) from error
            raise
        return None

    async def slack_time(self) -> datetime:
        """The time by Slack's clock, in UTC: rather too early than too late.

        It is learnt from Slack's replies, and goes on by the monotonic clock, so that a step of
        this machine's clock does not move it. Where Slack's replies tell no time, it is
        `CLOCK_UNKNOWN` before this machine's.

        Raises:
            SlackUnavailable: Slack has said nothing yet, and does not now.
        """
        if self._heard is None:
            with suppress(SlackRefused):  # a refusal has its time, too
                await self._asked(self._client.auth_test())
        if self._heard is None:
            return self._now() - CLOCK_UNKNOWN
        at, at_s = self._heard
        return at + timedelta(seconds=self._clock_s() - at_s)

    async def _pages(
        self, channel: str, oldest: str, thread_ts: str | None
    ) -> AsyncIterator[_Page]:
        more: dict[str, Any] = {
            "channel": channel,
            "oldest": oldest,
            "limit": _PAGE,
            "include_all_metadata": True,
        }
        while True:
            if thread_ts is None:
                reply = await self._asked(self._client.conversations_history(**more))
            else:
                call = self._client.conversations_replies(ts=thread_ts, **more)
                reply = await self._asked(call)
            page = _page(reply.data)
            yield page
            if not page.response_metadata.next_cursor:
                return
            more["cursor"] = page.response_metadata.next_cursor

    async def _asked(self, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        try:
            return await answered(self._heeded(call))
        except SlackRefused as error:
            if error.code in _FAILED:
                raise SlackUnavailable(error.code, delivered=True) from error
            raise

    async def _heeded(self, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        """Await the call, and note the time in its reply."""
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await call
        except SlackApiError as error:
            self._note_time(error.response)
            raise
        self._note_time(reply)
        return reply

    def _note_time(self, reply: object) -> None:
        if not isinstance(reply, AsyncSlackResponse) or "ok" not in reply.data:
            return  # not Slack's: a proxy's clock may be anything
        try:
            at = parsedate_to_datetime(reply.headers.get("Date", ""))
        except ValueError:
            return
        # Without a zone, which HTTP does not allow, it would be taken for this machine's.
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        self._heard = at, self._clock_s()


def _page(said: object) -> _Page:
    try:
        return msgspec.convert(said, _Page)
    except msgspec.ValidationError as error:
        raise SlackUnavailable("malformed_reply", delivered=True) from error
