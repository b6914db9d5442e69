"""ACS3-HMAC-SHA256: values in, headers out.

Source: the vendor's "V3 request structure and signature" reference; its worked example is a test.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from bot.live.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.live.credentials import Credentials

ALGORITHM = "ACS3-HMAC-SHA256"
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
_EMPTY_BODY = hashlib.sha256(b"").hexdigest()
_NAMES = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
_STS_NAMES = (
    "host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;"
    "x-acs-signature-nonce;x-acs-version"
)


class Request(msgspec.Struct, frozen=True, gc=False):
    """A call before it is signed: RPC style, POST to `/` with an empty body.

    Attributes:
        host: as in the Host header, with the port where it is not the usual one.
        action: the operation (`DescribeLiveStreamPreloadTasks`).
        version: the API's version (`2016-11-01`).
        query: the canonical query (`canonical_query`); to be sent exactly so.
    """

    host: str
    action: str
    version: str
    query: str


def canonical_query(parameters: Mapping[str, str]) -> str:
    """The parameters sorted by name and quoted as RFC 3986 has it."""
    return "&".join([f"{_quoted[name]}={_quoted[parameters[name]]}" for name in sorted(parameters)])


def _quote(text: str) -> str:
    return text if _UNRESERVED.fullmatch(text) else quote(text, safe="")


def signed(
    request: Request, *, credentials: Credentials, nonce: str, at: datetime
) -> dict[str, str]:
    """The headers to send with the request, in lower case, `authorization` and `host` included.

    Args:
        request: what is called.
        credentials: who calls.
        nonce: never used before, or the gateway refuses it.
        at: the moment of sending, in UTC, within 15 minutes of the gateway's clock.
    """
    date, names, key, token = _dates[at], _NAMES, "", ""
    headers = {
        "host": request.host,
        "x-acs-action": request.action,
        "x-acs-content-sha256": _EMPTY_BODY,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": request.version,
    }
    if credentials.security_token is not None:
        names = _STS_NAMES
        headers["x-acs-accesskey-id"] = credentials.access_key_id
        headers["x-acs-security-token"] = credentials.security_token.strip()
        key = f"x-acs-accesskey-id:{headers['x-acs-accesskey-id']}\n"
        token = f"x-acs-security-token:{headers['x-acs-security-token']}\n"
    # In one piece, as it takes a fifth of what a line for each header takes to put together.
    canonical = (
        f"POST\n/\n{request.query}\n"
        f"host:{request.host}\n{key}x-acs-action:{request.action}\n"
        f"x-acs-content-sha256:{_EMPTY_BODY}\nx-acs-date:{date}\n{token}"
        f"x-acs-signature-nonce:{nonce}\nx-acs-version:{request.version}\n"
        f"\n{names}\n{_EMPTY_BODY}"
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _keyed[credentials.access_key_secret].copy()
    signature.update(to_sign.encode())
    headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id},"
        f"SignedHeaders={names},Signature={signature.hexdigest()}"
    )
    return headers


def _date(at: datetime) -> str:
    return f"{at.isoformat()[:19]}Z"


def _key(secret: str) -> hmac.HMAC:
    """To be copied for each signature: to key it takes longer than to sign."""
    return hmac.new(secret.encode(), digestmod="sha256")


# Names, domain, the times of a second and the keys are those of many calls.
_quoted = Remembered(_quote, most=256)
_dates = Remembered(_date, most=64)
_keyed = Remembered(_key, most=64)
