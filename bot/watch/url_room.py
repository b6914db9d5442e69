"""How many URLs one call can ask for: a hundred, and as many as its query has room for."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.live.model import MAX_PAGE_SIZE, MAX_URLS, TaskQuery
from bot.live.protocol import task_parameters
from bot.live.signing import canonical_query

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_QUERY_BYTES = 8_000
"""The gateway's limit is not documented: encoded queries stay under this."""

_COMMA_BYTES = len("%2C")
_REGION_BYTES = 64  # the client may add the account's RegionId
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # all are written with the same length
_MANY_PAGES = 9_999


@lru_cache(maxsize=1 << 15)
def url_bytes(url: str) -> int:
    """What a URL adds to the encoded query, its comma included; 0 if it cannot be asked for.

    The API takes URLs as a list with commas, so one with a comma in it cannot be told from two.
    """
    if not url.strip() or "," in url:
        return 0
    return len(canonical_query({"": url})) - len("=") + _COMMA_BYTES


@lru_cache(maxsize=1 << 10)
def room_for_urls(domain: str) -> int:
    """How many bytes the URLs of a call may have in all, each as `url_bytes` counts it."""
    query = TaskQuery(domain, urls=("x",))
    parameters = task_parameters(query, page=_MANY_PAGES, page_size=MAX_PAGE_SIZE, now=_ANY_TIME)
    return MAX_QUERY_BYTES - 1 - _REGION_BYTES - len(canonical_query(parameters))


def end_of_lot(urls: Sequence[tuple[str, int]], begin: int, room: int) -> int:
    """Up to which of the URLs one call can ask for them; one that repeats takes no room.

    Each comes with its `url_bytes`: who asks for tens of thousands again and again keeps those.
    """
    lot: set[str] = set()
    for place in range(begin, len(urls)):
        url, size = urls[place]
        if url in lot:
            continue
        room -= size
        if room < 0 or len(lot) == MAX_URLS:
            return place
        lot.add(url)
    return len(urls)
