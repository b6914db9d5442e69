"""What Slack's answers mean: nothing where all is well, otherwise one of `bot.slack.errors`."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.errors import ResponseUrlSpent, SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

_SPENT = frozenset({"used_url", "expired_url"})
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

Said = TypeVar("Said")


async def answered(call: Awaitable[Said]) -> Said:
    """Await a call of the SDK's client or a post; what goes wrong comes out as our errors.

    Raises:
        SlackRefused: Slack says no.
        SlackUnavailable: it says nothing, or nothing that can be read.
    """
    try:
        return await call
    except SlackApiError as error:
        reply = error.response
        if isinstance(reply, AsyncSlackResponse):
            check(reply.status_code, reply.headers, reply.data)
        raise SlackUnavailable("malformed_reply", delivered=True) from error
    except AttributeError as error:
        # The SDK looks for fields in whatever comes with status 200, be it plain text.
        raise SlackUnavailable("malformed_reply", delivered=True) from error
    except aiohttp.InvalidURL:
        # Its text is the URL: it must not be part of a traceback.
        raise SlackRefused("invalid_url") from None
    except _NEVER_SENT as error:
        raise SlackUnavailable(type(error).__name__, delivered=False) from error
    except TimeoutError as error:
        raise SlackUnavailable("timeout", delivered=True) from error
    except aiohttp.ClientError as error:
        raise SlackUnavailable(type(error).__name__, delivered=True) from error


def check(status: int, headers: Mapping[str, str], said: object) -> None:
    """Raise what a reply means, unless it means that all is well."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise SlackUnavailable(
            "ratelimited", delivered=False, retry_after_s=_retry_after_s(headers)
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise SlackUnavailable(f"http_{status}", delivered=True)
    fields = said if isinstance(said, dict) else {}
    if status == HTTPStatus.OK and fields.get("ok") is True:
        return
    if status == HTTPStatus.OK and not fields.get("error"):
        raise SlackUnavailable("malformed_reply", delivered=True)
    code = str(fields.get("error") or f"http_{status}")
    place = _place(fields)
    raise ResponseUrlSpent(code, place) if code in _SPENT else SlackRefused(code, place)


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """The pause of a 429, in seconds; 1 where it says none that can be read."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 1.0


def _place(fields: Mapping[str, Any]) -> str:
    """Where in the message the fault is, as Slack says it: the first of its messages.

    Either `errors` or `response_metadata.messages` holds sentences, or objects with a `message`,
    such as "must be less than 151 characters [json-pointer:/blocks/0/text]".
    """
    metadata = fields.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    for said in (fields.get("errors"), messages):
        if isinstance(said, list) and said:
            first = said[0]
            return str(first.get("message", "") if isinstance(first, dict) else first)
    return ""
