"""Who sent this request, and is it as they signed it? ACS3-HMAC-SHA256, from what arrived.

Source: the vendor's page "Request syntax and signature method V3".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from bot.sandbox.live.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "ACS3-HMAC-SHA256"
DATE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
TOLERANCE = timedelta(minutes=15)
ALWAYS_SIGNED = {
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
}
SIGNED_IF_SENT = {"x-acs-accesskey-id", "x-acs-security-token"}
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{{64}})"
)


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it stood on the wire. Header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    def parameters(self) -> dict[str, str]:
        """What the query says; a `+` is a space, as in a form."""
        pairs = (pair.partition("=") for pair in self.query.split("&") if pair)
        return {unquote_plus(key): unquote_plus(value) for key, _, value in pairs}


@dataclass
class Keyring:
    """The keys the API knows, and the nonces it has seen.

    Attributes:
        secrets: each access key ID's secret.
        tokens: the security token of each ID that is a temporary one.
        inactive: IDs that are switched off.
        expired: temporary IDs whose token has run out.
        nonces: when each nonce was seen; one that old that its date is refused is forgotten.
    """

    secrets: dict[str, str] = field(
        default_factory=lambda: {"testid": "testsecret", "testsid": "testssecret"}, repr=False
    )
    tokens: dict[str, str] = field(default_factory=lambda: {"testsid": "testtoken"}, repr=False)
    inactive: set[str] = field(default_factory=set)
    expired: set[str] = field(default_factory=set)
    nonces: dict[str, datetime] = field(default_factory=dict, repr=False)

    def check(self, request: Received, *, at: datetime) -> str:
        """Return the access key ID of who signed `request`, at the gateway's time `at`.

        Raises:
            Refused: it is unsigned, altered, outdated, repeated, or of an unknown key.
        """
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", "").strip())
        if found is None:
            raise Refused(
                "IncompleteSignature", "The Authorization header is missing or malformed."
            )
        key_id, listed, signature = found.groups()
        signed = sorted(listed.split(";"))
        self._check_key(key_id, request.headers)
        _check_headers(request, signed)
        _check_date(request.headers["x-acs-date"], at)
        digest = hashlib.sha256(request.body).hexdigest()
        if digest != request.headers["x-acs-content-sha256"]:
            raise Refused("SignatureDoesNotMatch", "x-acs-content-sha256 is not the body's hash.")
        to_sign = string_to_sign(request, signed)
        if not hmac.compare_digest(sign(self.secrets[key_id], to_sign), signature):
            message = f"The signature does not match; the server's StringToSign is [{to_sign}]."
            raise Refused("SignatureDoesNotMatch", message)
        self._spend(request.headers["x-acs-signature-nonce"], at)
        return key_id

    def _check_key(self, key_id: str, headers: Mapping[str, str]) -> None:
        if key_id not in self.secrets:
            raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        if key_id in self.inactive:
            raise Refused("InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
        token, sent = self.tokens.get(key_id, ""), headers.get("x-acs-security-token", "")
        if token and not sent:
            raise Refused("MissingSecurityToken", "SecurityToken is mandatory for this key.")
        if sent != token:
            raise Refused("InvalidSecurityToken.MismatchWithAccessKey", "Not this key's token.")
        if token and headers.get("x-acs-accesskey-id") != key_id:
            raise Refused("IncompleteSignature", "x-acs-accesskey-id is missing or another's.")
        if key_id in self.expired:
            raise Refused("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")

    def _spend(self, nonce: str, at: datetime) -> None:
        if not nonce or nonce in self.nonces:
            raise Refused("SignatureNonceUsed", "Specified signature nonce was used already.")
        self.nonces[nonce] = at
        while self.nonces:
            oldest, seen = next(iter(self.nonces.items()))
            if at - seen <= 2 * TOLERANCE:
                break
            del self.nonces[oldest]


def _check_headers(request: Received, signed: list[str]) -> None:
    headers = request.headers
    needed = ALWAYS_SIGNED | (SIGNED_IF_SENT & headers.keys())
    # The vendor's async SDK sends a Content-Type with no body, and does not sign it.
    if request.body:
        needed = needed | {"content-type"} & headers.keys()
    for name in sorted(needed - set(signed)):
        raise Refused("IncompleteSignature", f"The header {name} is not signed.")
    for name in sorted(set(signed) - headers.keys()):
        raise Refused("IncompleteSignature", f"The signed header {name} was not sent.")


def _check_date(text: str, at: datetime) -> None:
    try:
        date = datetime.strptime(text, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused("InvalidTimeStamp.Format", "x-acs-date is malformed.") from error
    if abs(at - date) > TOLERANCE:
        raise Refused("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def canonical_request(request: Received, signed: list[str]) -> str:
    """What the signature covers, written the one way both sides agree on."""
    parameters = sorted(request.parameters().items())
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in parameters)
    lines = "".join(f"{name}:{request.headers[name].strip()}\n" for name in signed)
    digest = request.headers["x-acs-content-sha256"]
    return "\n".join((request.method, request.path, query, lines, ";".join(signed), digest))


def string_to_sign(request: Received, signed: list[str]) -> str:
    """The algorithm and the canonical request's hash."""
    canonical = canonical_request(request, signed)
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def sign(secret: str, to_sign: str) -> str:
    """The signature in hexadecimal."""
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
