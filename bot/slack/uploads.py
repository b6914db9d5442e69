"""Files to Slack: a place asked for, the bytes put there, then shared with a person or a channel.

Source: https://docs.slack.dev/messaging/working-with-files (files.getUploadURLExternal,
files.completeUploadExternal); conversations.open for direct messages.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.slack.answers import answered, check
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

TRIES = 3
PAUSE_S = 0.5
MAX_RETRY_AFTER_S = 30.0
"""What Slack asks beyond this is not waited for: the person would have gone."""

_FILES, _DIRECT_MESSAGES = "files:write", "im:write"

Said = TypeVar("Said")


class Sent(Protocol):
    """A file: its name, its bytes, and what stands above it, in mrkdwn."""

    @property
    def name(self) -> str: ...  # noqa: D102 -- see the class

    @property
    def content(self) -> bytes: ...  # noqa: D102 -- see the class

    @property
    def comment(self) -> str: ...  # noqa: D102 -- see the class


class Uploads:
    """Sends files.

    What can be done twice is repeated when Slack fails. Sharing is repeated only if it cannot have
    been done: a file that comes twice is worse than one of which it is said that it may have come.

    Args:
        session: the one pool of connections.
        client: on the same session, and with `retry_handlers=[]`.
        sleep: how to wait between tries.
        timeout_s: how long a call may take.
        upload_timeout_s: how long the bytes may take.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        client: AsyncWebClient,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout_s: float = 10.0,
        upload_timeout_s: float = 120.0,
    ) -> None:
        self._session = session
        self._client = client
        self._sleep = sleep
        self._timeout_s = timeout_s
        self._upload_timeout_s = upload_timeout_s

    async def to_person(self, user_id: str, file: Sent) -> None:
        """Send a file by direct message.

        Raises:
            SlackRefused: Slack won't have it; of `missing_scope`, `place` is the scope.
            SlackUnavailable: Slack did not take it, or (`delivered`) has not said that it did.
        """
        channel_id = await self._tried(lambda: self._opened(user_id), scope=_DIRECT_MESSAGES)
        await self.to_channel(channel_id, file)

    async def to_channel(self, channel_id: str, file: Sent) -> None:
        """Post a file in a channel that the bot is in. Raises as `to_person` does."""
        file_id = await self._tried(lambda: self._uploaded(file), scope=_FILES)
        await self._tried(
            lambda: self._shared(file_id, channel_id, file), scope=_FILES, repeatable=False
        )

    async def _opened(self, user_id: str) -> str:
        """The ID of the direct messages with a person."""
        reply = await self._in_time(self._client.conversations_open(users=user_id))
        channel = reply.get("channel")
        return _text(channel.get("id") if isinstance(channel, dict) else None)

    async def _uploaded(self, file: Sent) -> str:
        """The ID of the file, whose bytes are with Slack; nobody sees it yet."""
        place = await self._in_time(
            self._client.files_getUploadURLExternal(filename=file.name, length=len(file.content))
        )
        url, file_id = _text(place.get("upload_url")), _text(place.get("file_id"))
        async with (
            asyncio.timeout(self._upload_timeout_s),
            self._session.post(url, data=BytesIO(file.content), allow_redirects=False) as reply,
        ):
            if reply.status != HTTPStatus.OK:
                check(reply.status, reply.headers, None)
        return file_id

    async def _shared(self, file_id: str, channel_id: str, file: Sent) -> None:
        await self._in_time(
            self._client.files_completeUploadExternal(
                files=[{"id": file_id, "title": file.name}],
                channel_id=channel_id,
                initial_comment=file.comment,
            )
        )

    async def _in_time(self, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        async with asyncio.timeout(self._timeout_s):
            return await call

    async def _tried(
        self, send: Callable[[], Awaitable[Said]], *, scope: str, repeatable: bool = True
    ) -> Said:
        pauses = [PAUSE_S * 2**turn for turn in range(TRIES - 1)]
        while True:
            try:
                return await answered(send())
            except SlackRefused as refused:
                if refused.code == "missing_scope":
                    raise SlackRefused(refused.code, scope) from refused
                raise
            except SlackUnavailable as error:
                asked_s = error.retry_after_s
                if repeatable:  # nothing is shared yet
                    error.delivered = False
                if error.delivered or not pauses:
                    raise
                if asked_s is not None and asked_s > MAX_RETRY_AFTER_S:
                    raise
            pause_s = pauses.pop(0)
            await self._sleep(pause_s if asked_s is None else asked_s)


def _text(value: object) -> str:
    """What a reply must say.

    Raises:
        SlackUnavailable: it does not.
    """
    if not isinstance(value, str) or not value:
        raise SlackUnavailable("malformed_reply", delivered=True)
    return value
