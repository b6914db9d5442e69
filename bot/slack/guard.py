"""What stands before Bolt: only what Slack has signed, lately and once, and can be read, gets in.

Who cannot be shown to be Slack is answered 401, what Slack signed but cannot be read 400, what is
longer than anything Slack sends 413. Left to itself, Bolt answers 500 to some of these and logs
signature and body; here only a reason from a fixed list is logged.

Source: Slack's "Verifying requests from Slack" (version v0 of the signature).
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_to_bytes

import structlog
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import SettingsError
from bot.metrics import ACK, UNMETERED
from bot.slack.repeats import is_repeat

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from slack_bolt.async_app import AsyncApp
    from slack_bolt.response import BoltResponse

    from bot.metrics import Meter
    from bot.slack.repeats import Repeats

MAX_BODY_BYTES = 1024 * 1024
MAX_AGE_S = 300
_MAX_PROBE_BYTES = 1024
_TIMESTAMP = "X-Slack-Request-Timestamp"
_SIGNATURE = "X-Slack-Signature"
_DIGITS = re.compile(r"[0-9]{1,12}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request to hand on.

    Attributes:
        signature: as it came; unlike for any other request.
        fields: the command's form fields, or the JSON of the event or interaction.
    """

    signature: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that goes no further: its HTTP status, and why in one word."""

    status: int
    reason: str


Verdict = Accepted | Answered


def judge(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> Verdict:
    """Judge one POST by what arrived. Total: whatever came, there is a verdict.

    Args:
        headers: the request's headers, in a case-insensitive mapping.
        body: as it arrived, whole.
        secret: the app's signing secret.
        now: the moment of arrival.
    """
    if _is_probe(body):
        return Answered(200, "ssl_check")
    doubt = _doubt(headers, body, secret=secret, now=now)
    if doubt is not None:
        return Answered(401, doubt)
    fields = _fields(body, headers.get("Content-Type", ""))
    if fields is None:
        return Answered(400, "unreadable")
    return Accepted(headers[_SIGNATURE], fields)


def _doubt(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> str | None:
    """Why this may not be from Slack, or not from now; None if it is."""
    timestamp = headers.get(_TIMESTAMP, "")
    signature = headers.get(_SIGNATURE, "")
    if not timestamp or not signature:
        return "unsigned"
    if not _DIGITS.fullmatch(timestamp):
        return "malformed_timestamp"
    if abs(now.timestamp() - int(timestamp)) > MAX_AGE_S:
        return "stale"
    # aiohttp keeps header bytes that are not UTF-8 as surrogates; compare_digest takes any bytes.
    given = signature.encode(errors="surrogateescape")
    if not hmac.compare_digest(given, signed(timestamp, body, secret=secret).encode()):
        return "wrong_signature"
    return None


def signed(timestamp: str, body: bytes, *, secret: str) -> str:
    """The signature Slack gives to `body` sent at `timestamp` (Unix seconds)."""
    digest = _keyed(secret).copy()
    digest.update(b"v0:" + timestamp.encode() + b":" + body)
    return "v0=" + digest.hexdigest()


@lru_cache(maxsize=1)
def _keyed(secret: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), digestmod="sha256")


def _is_probe(body: bytes) -> bool:
    """Whether this is Slack's look at the certificate, which it does not sign."""
    if len(body) > _MAX_PROBE_BYTES or b"ssl_check" not in body:
        return False
    return parse_qs(body).get(b"ssl_check") == [b"1"]


def _fields(body: bytes, content_type: str) -> dict[str, Any] | None:
    """What the request says; None if it cannot be read. JSON for events, else a form."""
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip() == "application/json" or text.startswith("{"):
            fields = json.loads(text)
        else:
            fields = _form(text)
            if "payload" in fields:
                fields = json.loads(fields["payload"])
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) and fields else None


def _form(text: str) -> dict[str, Any]:
    """A form's fields, of several with the same name the last: as `parse_qsl` reads them.

    That unquotes all of them, and most are as they are.

    Raises:
        UnicodeDecodeError: a name or a value is no UTF-8.
    """
    fields = {}
    for pair in text.replace("+", " ").split("&"):
        if pair:
            name, _, value = pair.partition("=")
            fields[_unquoted(name)] = _unquoted(value)
    return fields


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text).decode() if "%" in text else text


def slack_endpoint(
    app: AsyncApp,
    *,
    secret: str,
    now: Callable[[], datetime],
    repeats: Repeats,
    max_body_bytes: int = MAX_BODY_BYTES,
    read_timeout_s: float = 10.0,
    meter: Meter = UNMETERED,
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of the one POST route that takes commands, clicks and events.

    Args:
        app: with `request_verification_enabled=False` and `process_before_response=True`.
        secret: the app's signing secret.
        now: the wall clock.
        repeats: what has been answered already.
        max_body_bytes: past this a body is not read on.
        read_timeout_s: how long the whole body may take.
        meter: told how long acknowledgements take.

    Raises:
        SettingsError: there is no secret; anyone could sign with an empty one.
    """
    if not secret:
        raise SettingsError("SLACK_SIGNING_SECRET", "the signing secret of the Slack app")

    async def admitted(request: web.Request) -> AsyncBoltRequest | Answered:
        body = await _body(request, max_body_bytes, read_timeout_s)
        if isinstance(body, Answered):
            return body
        verdict = judge(request.headers, body, secret=secret, now=now())
        if isinstance(verdict, Answered):
            return verdict
        if await is_repeat(repeats, verdict.fields, verdict.signature):
            return Answered(200, "repeat")
        return _for_bolt(verdict.fields)

    async def endpoint(request: web.Request) -> web.Response:
        begun_s = asyncio.get_running_loop().time()
        outcome = await admitted(request)
        if isinstance(outcome, Answered):
            log.info("stopped before Bolt", status=outcome.status, reason=outcome.reason)
            return web.Response(status=outcome.status)
        response = _for_slack(await app.async_dispatch(outcome))
        meter.took(ACK, asyncio.get_running_loop().time() - begun_s, "http")
        return response

    return endpoint


async def _body(request: web.Request, max_bytes: int, timeout_s: float) -> bytes | Answered:
    """The body, or the answer to a request whose body is too long, too slow or broken."""
    too_long = Answered(413, "too_long")
    if (request.content_length or 0) > max_bytes:
        return too_long
    content, body = request.content, bytearray()
    try:
        if content.is_eof():  # all of it is here, as nearly always: nothing to wait for
            body += content.read_nowait()
        else:
            async with asyncio.timeout(timeout_s):
                async for chunk in content.iter_any():
                    body += chunk
                    if len(body) > max_bytes:
                        break
    except TimeoutError:
        return Answered(408, "too_slow")
    except web.RequestPayloadError:
        return Answered(400, "broken_body")
    except ConnectionError:
        return Answered(400, "hung_up")
    return too_long if len(body) > max_bytes else bytes(body)


def _for_bolt(fields: dict[str, Any]) -> AsyncBoltRequest | Answered:
    """The request as Bolt takes it, already parsed and without headers: as over Socket Mode.

    Given the text, Bolt would parse it again, and take any command that has the word "payload" in
    it (in a URL, say) for an interaction without one. Headers no signature covers, and Bolt obeys
    some that are its own.
    """
    try:
        return AsyncBoltRequest(body=fields, mode="socket_mode")
    except (AttributeError, LookupError, TypeError, ValueError):
        return Answered(400, "unknown_shape")


def _for_slack(response: BoltResponse) -> web.Response:
    """What Bolt answers: mostly nothing; else text, or an object in JSON."""
    if not response.body:
        return web.Response(status=response.status)
    kind = "application/json" if response.body.startswith("{") else "text/plain"
    return web.Response(status=response.status, text=response.body, content_type=kind)
