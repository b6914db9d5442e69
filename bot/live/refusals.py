"""What a refusal of the Live API means: its code first, as HTTP statuses differ between products.

Source: the vendor's lists of error codes, of the gateway and of the operations.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from bot import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_MESSAGE_CHARS = 300
_URL_QUERY = re.compile(r"\?[^\s\"'<>]+")
_TIME_LEFT_MS = re.compile(r"TimeLeft:\s*(\d+)")
_SERVER_ERROR = 500
_TOO_MANY = 429

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
    ("InvalidSecurityToken.Expired", errors.TokenExpired),
    *((code, errors.CredentialsRefused) for code in _FINAL_CREDENTIALS),
    ("Forbidden", errors.PermissionRefused),
    ("NoPermission", errors.PermissionRefused),
    ("InvalidDomain", errors.ArgumentRefused),
    ("IllegalOperation", errors.ArgumentRefused),
    ("Missing", errors.ArgumentRefused),
    ("Invalid", errors.ArgumentRefused),
)
"""By how a code begins: the first that fits. What fits none is classified by the HTTP status."""

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
)


def error_of(status: int, headers: Mapping[str, str], said: Mapping[str, Any]) -> errors.LiveError:
    """The error that a reply means.

    Args:
        status: of HTTP.
        headers: in a case-insensitive mapping.
        said: `Code`, `Message` and `RequestId`, as far as the body had them.
    """
    code = str(said.get("Code") or "")
    fields: dict[str, Any] = {
        "code": code,
        "message": _harmless(code, str(said.get("Message") or "")),
        "http_status": status,
        "request_id": str(said.get("RequestId") or "") or headers.get("x-acs-request-id", ""),
    }
    kind = next((kind for start, kind in BY_CODE if code.startswith(start)), None)
    if kind is None:
        kind = _by_status(status, code)
    if kind is errors.Throttled:
        return errors.Throttled(**fields, retry_after_s=_retry_after_s(headers))
    if kind is errors.ClockSkewed:
        return errors.ClockSkewed(**fields, server_time_s=_server_time_s(headers))
    if kind is errors.ArgumentRefused:
        return errors.ArgumentRefused(**fields, argument=_argument(code))
    return kind(**fields)


def _by_status(status: int, code: str) -> type[errors.LiveError]:
    if status == _TOO_MANY:
        return errors.Throttled
    if status in {401, 403}:
        return errors.PermissionRefused
    if not code:
        return errors.MalformedReply
    return errors.Unavailable if status >= _SERVER_ERROR else errors.LiveError


def _argument(code: str) -> str:
    """The argument that a code such as `InvalidStartTime.Malformed` is about."""
    return next((name for part, name in _ARGUMENTS if part.lower() in code.lower()), "")


def _harmless(code: str, message: str) -> str:
    """The API's message without what must not be passed on: the string to sign, URLs' queries."""
    if code.startswith(("Signature", "IncompleteSignature")):
        return ""
    return _URL_QUERY.sub("?…", message)[:_MESSAGE_CHARS]


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


def _server_time_s(headers: Mapping[str, str]) -> float | None:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
