"""Domain names and play URLs as people type or paste them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_LONGEST_DOMAIN: Final = 253
_LONGEST_URL: Final = 2_000
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}")
_MIXED_END = re.compile(r"[a-z0-9-][^\x00-\x7f][^.]*$", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_ORIGIN = re.compile(rf"(?:{_SCHEME.pattern})?[^/?#]*")


def domain(text: str) -> str | None:
    """A domain name in lower case and punycode, or None if `text` holds no valid one.

    A scheme, a port, a path and a trailing dot are left off.
    """
    address = text if _SCHEME.match(text) else f"//{text}"
    try:
        parts = urlsplit(address)
        name = (parts.hostname or "").removesuffix(".")
        if len(name) > _LONGEST_DOMAIN or "@" in parts.netloc or _MIXED_END.search(name):
            return None
        name = name.encode("idna").decode("ascii").lower()
    except ValueError:  # brackets, and labels that IDNA does not allow
        return None
    return name if len(name) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(name) else None


def is_url(text: str) -> bool:
    """Whether `text` is a play URL: a protocol, which belongs to it, a valid domain and a path."""
    if len(text) > _LONGEST_URL or not _SCHEME.match(text) or domain(text) is None:
        return False
    return urlsplit(text).path not in {"", "/"}


def with_protocol(text: str) -> str | None:
    """The play URL that `text` likely is without its protocol, by its suffix; None if it is none.

    The same stream may be played by another one.
    """
    if _SCHEME.match(text) or not is_url(url := f"rtmp://{text}"):
        return None
    is_http = urlsplit(url).path.endswith((".flv", ".m3u8"))
    return f"http://{text}" if is_http else url


def lowered(url: str) -> str:
    """A play URL with its scheme and host in lower case: the API looks up what stands there."""
    origin = _ORIGIN.match(url)
    end = origin.end() if origin else 0
    return url[:end].lower() + url[end:]


def looks_like_address(text: str) -> bool:
    """Whether `text` was meant as a domain or a URL, right or wrong."""
    return "/" in text or re.search(r"[^\W_]\.[^\W\d_]", text) is not None
