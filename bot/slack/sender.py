"""Messages to Slack: through one pool, each once, 429 obeyed."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import aiohttp
import msgspec

from bot.slack.answers import answered, check
from bot.slack.errors import SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from slack_sdk.web.async_client import AsyncWebClient

TRIES = 3
PAUSE_S = 0.5
MAX_RETRY_AFTER_S = 30.0
"""What Slack asks beyond this is not waited for: the person would have gone."""

_WORD = re.compile(r"[a-z_]{1,50}")

Sent = TypeVar("Sent")


class Payload(Protocol):
    """A message: blocks, and the summary that notifications and screen readers take."""

    @property
    def text(self) -> str: ...  # noqa: D102 -- see the class

    @property
    def blocks(self) -> Sequence[Mapping[str, Any]]: ...  # noqa: D102 -- see the class


class Answer(Payload, Protocol):
    """A message that knows its blocks in JSON too: many may be answered the same."""

    @property
    def blocks_json(self) -> bytes: ...  # noqa: D102 -- see the class


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that stands in Slack: the ID of its channel, and its `ts` there."""

    channel_id: str
    ts: str


class Sender:
    """Sends messages.

    A post that changes a message is repeated when Slack fails, since doing it twice is doing it
    once. A new message is repeated only if it cannot have arrived: the connection was never made,
    or Slack said 429.

    Args:
        session: the one pool of connections.
        client: on the same session, and with `retry_handlers=[]`: the SDK's own would repeat a
            post that may have arrived.
        sleep: how to wait between tries.
        timeout_s: how long one try may take.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        client: AsyncWebClient,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout_s: float = 10.0,
    ) -> None:
        self._session = session
        self._client = client
        self._sleep = sleep
        self._timeout_s = timeout_s
        self._total = aiohttp.ClientTimeout(total=timeout_s)

    async def respond(
        self,
        response_url: str,
        message: Answer,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
    ) -> None:
        """Answer a command or a click: to the person alone, unless `in_channel`.

        Args:
            response_url: from the payload; a secret, and good for 5 posts within 30 minutes.
            message: what to say.
            in_channel: everyone in the channel shall see it.
            replace_original: instead of the message that was clicked or answered first; it stays
                visible to whom it was.

        Raises:
            ResponseUrlSpent: the URL is used up or expired.
            SlackRefused: Slack won't have this message.
            SlackUnavailable: Slack did not take it.
        """
        await self._respond(
            response_url,
            {
                "text": msgspec.Raw(_written(message.text)),
                "blocks": msgspec.Raw(message.blocks_json),
                "unfurl_links": False,
                "unfurl_media": False,
                "response_type": "in_channel" if in_channel else "ephemeral",
                "replace_original": replace_original,
            },
            repeatable=replace_original,
        )

    async def delete_original(self, response_url: str) -> None:
        """Take away the message that was clicked. Raises as `respond` does."""
        await self._respond(response_url, {"delete_original": True}, repeatable=True)

    async def post(self, channel: str, message: Payload) -> Posted:
        """Post a new message.

        Args:
            channel: a channel's ID, or a user's for a direct message.
            message: what to say.

        Raises:
            SlackRefused: Slack won't have this message there.
            SlackUnavailable: Slack did not take it.
        """

        async def send() -> Posted:
            said = as_said(message)
            async with asyncio.timeout(self._timeout_s):
                reply = await self._client.chat_postMessage(channel=channel, **said)
            return Posted(str(reply.get("channel", "")), str(reply.get("ts", "")))

        return await tried(send, repeatable=False, sleep=self._sleep)

    async def update(self, posted: Posted, message: Payload) -> None:
        """Change what a posted message says. Raises as `post` does."""

        async def send() -> None:
            said = as_said(message)
            async with asyncio.timeout(self._timeout_s):
                await self._client.chat_update(channel=posted.channel_id, ts=posted.ts, **said)

        await tried(send, repeatable=True, sleep=self._sleep)

    async def _respond(
        self, response_url: str, said: Mapping[str, Any], *, repeatable: bool
    ) -> None:
        body = _written(said)

        async def send() -> None:
            async with self._session.post(
                response_url,
                data=aiohttp.BytesPayload(body, content_type="application/json"),
                allow_redirects=False,
                timeout=self._total,
            ) as reply:
                check(reply.status, reply.headers, _parsed(await reply.read()))

        await tried(send, repeatable=repeatable, sleep=self._sleep)


async def tried(
    send: Callable[[], Awaitable[Sent]],
    *,
    repeatable: bool,
    sleep: Callable[[float], Awaitable[None]],
) -> Sent:
    """Send, and again if Slack fails: where it may have arrived, only what is `repeatable`.

    Raises as `bot.slack.answers.answered` does.
    """
    for pause_s in (PAUSE_S * 2**turn for turn in range(TRIES - 1)):
        try:
            return await answered(send())
        except SlackUnavailable as error:
            if error.delivered and not repeatable:
                raise
            if error.retry_after_s is not None and error.retry_after_s > MAX_RETRY_AFTER_S:
                raise
            asked_s = error.retry_after_s
        await sleep(pause_s if asked_s is None else asked_s)
    return await answered(send())


def as_said(message: Payload) -> dict[str, Any]:
    """The message as arguments of Slack's methods."""
    return {
        "text": message.text,
        "blocks": list(message.blocks),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _written(said: object) -> bytes:
    """JSON; half a surrogate pair, which UTF-8 does not know, stands there as an escape."""
    try:
        return msgspec.json.encode(said)
    except UnicodeEncodeError:
        return json.dumps(said).encode()


def _parsed(body: bytes) -> object:
    """What a `response_url` answered: `ok` or nothing, JSON, or one word of refusal."""
    text = body.decode(errors="replace").strip()
    if text in {"", "ok"}:
        return {"ok": True}
    try:
        return json.loads(text)
    except ValueError:
        return {"error": text if _WORD.fullmatch(text) else ""}
