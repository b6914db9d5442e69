"""What a refusal of the Live API means: its code first, as HTTP statuses differ between products.

Source: the vendor's lists of error codes, of the gateway and of the operations.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from bot import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_MESSAGE_CHARS = 300
_NAME_CHARS = 100
_URL_QUERY = re.compile(r"(?:\?|%(?:25)*3F)[^\s\"'<>]+", re.IGNORECASE)
_NAMED_SECRET = re.compile(
    r"((?:auth_key|signature|token|secret)\s*[=:]\s*)[^\s,;\"'<>]+", re.IGNORECASE
)
_ABOUT_CREDENTIALS = (errors.CredentialsRefused, errors.TokenExpired, errors.NonceUsed)
_TIME_LEFT_MS = re.compile(r"TimeLeft:\s*(\d+)")
_SERVER_ERROR = 500
_CLIENT_ERROR = 400

_FINAL_CREDENTIALS = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidSecurityToken",
    "MissingSecurityToken",
)
BY_CODE: tuple[tuple[str, type[errors.LiveError]], ...] = (
    ("Throttling", errors.Throttled),
    ("Rejected.Throttling", errors.Throttled),
    ("ServiceUnavailable", errors.Unavailable),
    ("InternalError", errors.Unavailable),
    ("SignatureNonceUsed", errors.NonceUsed),
    ("InvalidTimeStamp.Expired", errors.ClockSkewed),
    ("InvalidTimeStamp", errors.LiveError),  # our own date, not an argument of the person's
    ("InvalidSecurityToken.Expired", errors.TokenExpired),
    *((code, errors.CredentialsRefused) for code in _FINAL_CREDENTIALS),
    ("Forbidden", errors.PermissionRefused),
    ("NoPermission", errors.PermissionRefused),
    ("IllegalOperation", errors.ArgumentRefused),
    ("Missing", errors.ArgumentRefused),
    ("Invalid", errors.ArgumentRefused),
)
"""By how a code begins: the first that fits. What fits none is classified by the HTTP status."""
BY_STATUS: dict[int, type[errors.LiveError]] = {
    401: errors.CredentialsRefused,
    403: errors.PermissionRefused,
    408: errors.Unavailable,
    429: errors.Throttled,
}

_ARGUMENTS = (
    ("Domain", "DomainName"),
    ("PageNum", "PageNum"),
    ("PageSize", "PageSize"),
    ("StartTime", "StartTime"),
    ("EndTime", "EndTime"),
    ("Status", "Status"),
    ("TaskId", "TaskId"),
    ("PlayUrl", "PlayUrl"),
    ("Url", "PlayUrl"),
    ("IllegalOperation", "DomainName"),
)
"""What stands in a code, and the argument it is about."""


def error_of(status: int, headers: Mapping[str, str], said: Mapping[str, Any]) -> errors.LiveError:
    """The error that a reply means.

    Args:
        status: of HTTP.
        headers: in a case-insensitive mapping.
        said: `Code`, `Message` and `RequestId`, as far as the body had them.
    """
    code = _text(said.get("Code"), _NAME_CHARS)
    kind = next((kind for start, kind in BY_CODE if code.startswith(start)), None)
    if kind is None:
        kind = _by_status(status, code)
    fields: dict[str, Any] = {
        "code": code,
        "message": _harmless(kind, _text(said.get("Message"))),
        "http_status": status,
        "request_id": _text(said.get("RequestId"), _NAME_CHARS)
        or headers.get("x-acs-request-id", ""),
    }
    if kind is errors.MalformedReply:
        fields["message"] = "the reply is no JSON of the API"
    if kind is errors.Throttled:
        return errors.Throttled(**fields, retry_after_s=_retry_after_s(headers))
    if kind is errors.ClockSkewed:
        return errors.ClockSkewed(**fields, server_time_s=server_time_s(headers))
    if kind is errors.ArgumentRefused:
        argument = _argument(code) or _argument(fields["message"])
        return errors.ArgumentRefused(**fields, argument=argument)
    return kind(**fields)


def _by_status(status: int, code: str) -> type[errors.LiveError]:
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= _SERVER_ERROR:
        return errors.Unavailable if code else errors.MalformedReply
    # Without a code a page of success is a proxy's, and may be gone soon; a "not found" stays.
    return errors.LiveError if code or status >= _CLIENT_ERROR else errors.MalformedReply


def _argument(text: str) -> str:
    """The argument that a code such as `InvalidStartTime.Malformed`, or a message, is about."""
    return next((name for part, name in _ARGUMENTS if part.lower() in text.lower()), "")


def _text(value: object, most_chars: int | None = None) -> str:
    """The value as text that can be written anywhere: JSON may hold half a surrogate pair."""
    text = "" if value is None else str(value)
    return text.encode(errors="replace").decode()[:most_chars]


def _harmless(kind: type[errors.LiveError], message: str) -> str:
    """The API's message without what must not be passed on: keys, tokens, signatures.

    What is said about credentials may quote them or the string to sign: the code says enough.
    """
    if issubclass(kind, _ABOUT_CREDENTIALS) or "StringToSign" in message:
        return ""
    message = _URL_QUERY.sub("?…", message)
    return _NAMED_SECRET.sub(r"\1…", message)[:_MESSAGE_CHARS]


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The pause the API asks for: whole milliseconds, or the older gateways' `TimeLeft`."""
    value = headers.get("x-acs-retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return int(value) / 1_000
    for name in ("x-ratelimit-user-api", "x-ratelimit-user"):
        found = _TIME_LEFT_MS.search(headers.get(name, ""))
        if found:
            return int(found[1]) / 1_000
    return None


def server_time_s(headers: Mapping[str, str]) -> float | None:
    """What the gateway's clock said, in Unix seconds; None where the reply has no `Date`."""
    try:
        at = parsedate_to_datetime(headers.get("Date", ""))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
