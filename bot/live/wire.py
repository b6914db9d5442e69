"""One request sent and its reply read; what becomes of its place in the quota."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from bot.errors import SettingsError, Unavailable
from bot.live.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yarl import URL

    from bot.live.quota import Place

ENDPOINT = "https://live.aliyuncs.com"
CONTENT_TYPE = "application/x-www-form-urlencoded"
"""To be signed and sent: aiohttp would put in one of its own, which is not signed."""

_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


async def sent(
    session: aiohttp.ClientSession,
    url: URL,
    headers: Mapping[str, str],
    place: Place,
    *,
    timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - for connecting; the caller bounds the rest
) -> Reply:
    """Send an empty POST, exactly once: a POST is never repeated by aiohttp itself.

    Raises:
        Unavailable: no connection, or none that lasted until the reply began.
    """
    try:
        reply = await session.post(
            url,
            allow_redirects=False,
            timeout=timeout,
            middlewares=(partial(_with_headers, headers),),
        )
        place.replied_s = asyncio.get_running_loop().time()
        try:
            body = await _body(reply)
        except aiohttp.ClientError:  # cut off: that cannot be read either, and is told so
            body = b""
        return Reply(reply.status, reply.headers, body)
    except _NOTHING_SENT as error:
        place.deadline_s = None
        problem = f"cannot connect: {type(error).__name__}"
    except aiohttp.ClientError as error:
        # What the server got of it, it got before the connection ended.
        place.replied_s = asyncio.get_running_loop().time()
        problem = f"connection failed: {type(error).__name__}"
    # Not where aiohttp's error is still at hand: it may hold the URL and the signature.
    raise Unavailable(message=problem)


async def _with_headers(
    headers: Mapping[str, str], request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Add headers at once: those of `post` are copied one by one, and twice."""
    request.headers.update(headers)
    return await send(request)


async def _body(reply: aiohttp.ClientResponse) -> bytes:
    """All of it; the connection is let go of, however it ends."""
    if reply.content.is_eof():  # it is all there, as mostly: that is sooner read than waited for
        return reply.content.read_nowait()
    return await reply.read()


def address_of(endpoint: str) -> tuple[str, str]:
    """The endpoint's scheme, and its host, with the port where it is not the usual one.

    Raises:
        SettingsError: it is no address, or holds a login.
    """
    try:
        address = urlsplit(endpoint)
    except ValueError:
        address = urlsplit("")
    if address.scheme not in {"http", "https"} or not address.netloc or "@" in address.netloc:
        raise SettingsError("endpoint", f"an address such as {ENDPOINT}")
    return address.scheme, address.netloc
