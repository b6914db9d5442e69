"""Whether what was read of a query goes together: its hosts, its URLs, its window."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.live.model import HISTORY_DAYS, MAX_URLS
from handlers import addresses, filters
from handlers.vocabulary import Key, Problem

if TYPE_CHECKING:
    from handlers.lexing import Piece
    from handlers.reading import Reading


def host(reading: Reading) -> str | None:
    """The one host of all URLs: a query is of one domain.

    Raises:
        UsageError: they are of several.
    """
    hosts: dict[str | None, Piece] = {}
    for url, piece in reading.urls.items():
        hosts.setdefault(addresses.domain(url), piece)
    first, *others = hosts or (None,)
    if others:
        other = hosts[others[0]]
        names = {"first": str(first), "second": str(others[0])}
        reading.fail(Problem.MIXED_HOSTS, other.start, other.end, Key.URL, **names)
    return first


def urls(reading: Reading) -> tuple[str, ...]:
    """All URLs, in their order.

    Raises:
        UsageError: they are too many for one query.
    """
    found = tuple(reading.urls)
    if len(found) > MAX_URLS:
        piece = reading.urls[found[MAX_URLS]]
        count, most = str(len(found)), str(MAX_URLS)
        reading.fail(Problem.TOO_MANY_URLS, piece.start, piece.end, Key.URL, given=count, most=most)
    return found


def end(reading: Reading) -> datetime | None:
    """The window's end, read again now that its beginning is known (see `times.moment`).

    Raises:
        UsageError: it is before the beginning, or before all that the API keeps.
    """
    since, until = reading.values.get(Key.SINCE), reading.values.get(Key.UNTIL)
    if until is None:
        return None
    end = until[0] if since is None else _end_after(reading, since, until)
    if end <= reading.now - timedelta(days=HISTORY_DAYS):
        days = str(HISTORY_DAYS)
        reading.refuse(Problem.UNTIL_TOO_OLD, until[1], Key.UNTIL, days=days)
    return end


def _end_after(
    reading: Reading,
    since: tuple[timedelta | datetime, Piece],
    until: tuple[datetime, Piece],
) -> datetime:
    if isinstance(since[0], timedelta):
        return until[0]
    end = filters.until_of(reading, until[1].text, after=since[0])
    if end is None or since[0] >= end:
        first, second = (reading.shown(piece.start, piece.end) for _, piece in (since, until))
        reading.fail(
            Problem.SINCE_NOT_BEFORE_UNTIL,
            until[1].start,
            until[1].end,
            Key.UNTIL,
            since=first,
            until=second,
        )
    return end
