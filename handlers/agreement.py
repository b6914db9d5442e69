"""Whether what was read of a query goes together: its hosts, its URLs, its window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.live.model import HISTORY_DAYS, MAX_URLS
from bot.live.protocol import SAFETY
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
    return tuple(dict.fromkeys(map(addresses.lowered, found)))


def beginning(reading: Reading) -> timedelta | datetime | None:
    """The window's beginning: a moment, where its end is given too; else it may be a duration.

    Raises:
        UsageError: it is now, and nothing has been created since.
    """
    begin = _begin(reading)
    if isinstance(begin, datetime) and begin >= _now(reading):
        reading.refuse(Problem.SINCE_IN_FUTURE, reading.values[Key.SINCE][1], Key.SINCE)
    return begin


def end(reading: Reading) -> datetime | None:
    """The window's end, read again now that its beginning is known (see `times.moment`).

    Raises:
        UsageError: it is before the beginning, or before all that is asked of the API.
    """
    until = reading.values.get(Key.UNTIL)
    if until is None:
        return None
    end: datetime = until[0]
    words: Piece = until[1]
    begin = _begin(reading)
    if isinstance(begin, datetime):
        end = _end_after(reading, begin, words)
    if end <= _now(reading) - timedelta(days=HISTORY_DAYS) + SAFETY:
        days, minutes = str(HISTORY_DAYS), str(SAFETY // timedelta(minutes=1))
        reading.refuse(Problem.UNTIL_TOO_OLD, words, Key.UNTIL, days=days, minutes=minutes)
    return end


def _begin(reading: Reading) -> timedelta | datetime | None:
    """A duration is that long ago; without an end it stays one, and moves on with the clock."""
    begin: timedelta | datetime | None = reading.value(Key.SINCE)
    if isinstance(begin, timedelta) and Key.UNTIL in reading.values:
        return _now(reading) - begin
    return begin


def _now(reading: Reading) -> datetime:
    return reading.now.astimezone(UTC).replace(microsecond=0)


def _end_after(reading: Reading, begin: datetime, words: Piece) -> datetime:
    end = filters.until_of(reading, words.text, after=begin)
    if end is None or begin >= end:
        pieces = {Key.SINCE: reading.values[Key.SINCE][1], Key.UNTIL: words}
        both = {
            key.value: f"{reading.written.get(key, key)}={reading.shown(piece.start, piece.end)}"
            for key, piece in pieces.items()
        }
        reading.fail(
            Problem.SINCE_NOT_BEFORE_UNTIL,
            words.start,
            words.end,
            Key.UNTIL,
            **both,
        )
    return end
