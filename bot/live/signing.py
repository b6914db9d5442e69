"""ACS3-HMAC-SHA256: values in, headers out.

Source: the vendor's "V3 request structure and signature" reference; its worked example is a test.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.live.credentials import Credentials

ALGORITHM = "ACS3-HMAC-SHA256"
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
_EMPTY_BODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
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
    return "&".join(
        [f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(parameters.items())]
    )


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    # Remembered: names, domain and the times of a second stand in many calls.
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
    headers = {
        "host": request.host,
        "x-acs-action": request.action,
        "x-acs-content-sha256": _EMPTY_BODY,
        "x-acs-date": f"{at.isoformat()[:19]}Z",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": request.version,
    }
    if credentials.security_token is not None:
        headers["x-acs-accesskey-id"] = credentials.access_key_id
        headers["x-acs-security-token"] = credentials.security_token.strip()
    names = sorted(headers)
    signed_names = ";".join(names)
    canonical_headers = "".join([f"{name}:{headers[name]}\n" for name in names])
    canonical = f"POST\n/\n{request.query}\n{canonical_headers}\n{signed_names}\n{_EMPTY_BODY}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(
        credentials.access_key_secret.encode(), to_sign.encode(), "sha256"
    ).hex()
    headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id},"
        f"SignedHeaders={signed_names},Signature={signature}"
    )
    return headers
