"""Files that people attach to messages.

Source: https://docs.slack.dev/reference/objects/file-object (`url_private_download` takes the bot's
token in a header, and the scope `files:read`). Without the scope, and where the bot is not in the
file's channel, Slack answers with its login page, by a redirect or with status 200; `files.info`
(https://docs.slack.dev/reference/methods/files.info) says so in a word.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from yarl import URL

from bot.slack.answers import answered, check
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.messages import Attached

if TYPE_CHECKING:
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

_ORIGINS: Final = frozenset({URL("https://slack.com"), URL("https://files.slack.com")})
_CHUNK_BYTES: Final = 1 << 16
TOO_LARGE: Final = "file_too_large"
NOT_SHOWN: Final = "not_shown"
NOT_SLACK: Final = "not_slack"
GONE: Final = "file_deleted"
_SAID_SO: Final = frozenset({"missing_scope", "file_not_found", "access_denied"})
"""Slack's words for `NOT_SHOWN`."""


class Files:
    """Reads attached files.

    Args:
        session: the one pool of connections.
        client: on the same session, and with `retry_handlers=[]`.
        token: the bot's; sent to Slack's own hosts alone, and to that of `api_url`.
        api_url: where Slack's Web API is.
        timeout_s: how long one file may take.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        client: AsyncWebClient,
        *,
        token: str,
        api_url: str,
        timeout_s: float = 10.0,
    ) -> None:
        self._session = session
        self._client = client
        self._token = token
        self._api = URL(api_url).origin()
        self._timeout_s = timeout_s

    async def info(self, file_id: str) -> Attached:
        """What Slack says of a file, where its message says no more than that it is there.

        Raises:
            SlackRefused: the bot may not read files, or not see this one (`NOT_SHOWN`), or it is
                `GONE`.
            SlackUnavailable: Slack does not say.
        """

        async def asked() -> object:
            async with asyncio.timeout(self._timeout_s):
                return (await self._client.files_info(file=file_id)).get("file")

        try:
            said = await answered(asked())
        except SlackRefused as refused:
            if refused.code in _SAID_SO:
                raise SlackRefused(NOT_SHOWN) from refused
            raise
        if not isinstance(said, dict):
            raise SlackUnavailable("malformed_reply", delivered=True)
        file = Attached.of({**said, "id": file_id})
        if not file.url:
            raise SlackRefused(NOT_SHOWN)
        return file

    async def content(self, file: Attached, *, most_bytes: int) -> bytes:
        """What stands in the file.

        Raises:
            SlackRefused: it has more than `most_bytes` (`TOO_LARGE`), the bot may not read files
                or not see this one (`NOT_SHOWN`), its address is not one of Slack's (`NOT_SLACK`),
                or it is `GONE`.
            SlackUnavailable: Slack does not give it.
        """
        url = self._slack_s(file.url)
        if file.size > most_bytes:
            raise SlackRefused(TOO_LARGE)

        async def download() -> bytes:
            async with asyncio.timeout(self._timeout_s):
                return await self._downloaded(url, most_bytes)

        return await answered(download())

    async def _downloaded(self, url: URL, most_bytes: int) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"}
        # A redirect would lead to the login page, and whoever it leads to is not to have the token.
        async with self._session.get(url, headers=headers, allow_redirects=False) as reply:
            is_page = reply.status == HTTPStatus.OK and reply.content_type == "text/html"
            if is_page or HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
                raise SlackRefused(NOT_SHOWN)
            if reply.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                raise SlackRefused(GONE)
            if reply.status != HTTPStatus.OK:
                check(reply.status, reply.headers, None)
            content = bytearray()
            async for chunk in reply.content.iter_chunked(_CHUNK_BYTES):
                content += chunk
                if len(content) > most_bytes:
                    raise SlackRefused(TOO_LARGE)
            return bytes(content)

    def _slack_s(self, address: str) -> URL:
        """The address, if it is one of Slack's."""
        try:
            url = URL(address)
            origin = url.origin()
        except ValueError:  # no address, or none that is whole
            raise SlackRefused(NOT_SLACK) from None
        if origin != self._api and origin not in _ORIGINS:
            raise SlackRefused(NOT_SLACK)
        return url
