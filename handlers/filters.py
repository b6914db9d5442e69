"""Each filter's value: read where it stands, or refused with what would be right."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.asks import MAX_ROWS, MIN_ROWS
from handlers import addresses, times
from handlers.vocabulary import STATUSES, SWITCHES, Key, Problem, folded, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.live.model import StatusFilter
    from handlers.lexing import Piece
    from handlers.reading import Reading

_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_PAGE = re.compile(r"0*([1-9][0-9]*)")
_LAST_PAGE = 999_999  # more than there are; a page past the end is the last one
_SIZE = re.compile(r"0*([0-9]{1,6})[条行]?")


def domain(reading: Reading, piece: Piece) -> None:
    """A domain, or a URL that stands for its host."""
    name = addresses.domain(piece.text)
    if name is None:
        holding = (known for known in reading.domains if piece.text.casefold() in known)
        suggestion = nearest(piece.text, reading.domains) or next(holding, None)
        reading.refuse(Problem.BAD_DOMAIN, piece, Key.DOMAIN, suggestion)
    reading.take(Key.DOMAIN, name, piece)


def _task(reading: Reading, piece: Piece) -> None:
    if not _TASK_ID.fullmatch(piece.text):
        reading.refuse(Problem.BAD_TASK, piece, Key.TASK)
    reading.take(Key.TASK, piece.text, piece)


def url(reading: Reading, piece: Piece) -> None:
    """A play URL, kept as it was given."""
    if not addresses.is_url(piece.text):
        reading.refuse(Problem.BAD_URL, piece, Key.URL)
    reading.urls.setdefault(piece.text, piece)
    reading.position += 1


def _status(reading: Reading, piece: Piece) -> None:
    found = reading.longest(status_of)
    if found is None:
        suggestion = nearest(piece.text, STATUSES)
        reading.refuse(Problem.UNKNOWN_STATUS, piece, Key.STATUS, suggestion)
    reading.put(Key.STATUS, found[0][0], found[1])


def since(reading: Reading, piece: Piece) -> None:
    """The window's beginning, of as many words as make one."""
    found = reading.longest(lambda text: since_of(reading, text))
    if found is None:
        reading.refuse(Problem.BAD_TIME, piece, Key.SINCE)
    begin, words = found
    if isinstance(begin, datetime) and begin >= reading.now:
        reading.refuse(Problem.SINCE_IN_FUTURE, words, Key.SINCE)
    reading.put(Key.SINCE, begin, words)


def _until(reading: Reading, piece: Piece) -> None:
    found = reading.longest(lambda text: until_of(reading, text))
    if found is None:
        reading.refuse(Problem.BAD_TIME, piece, Key.UNTIL)
    reading.put(Key.UNTIL, *found)


def _size(reading: Reading, piece: Piece) -> None:
    number = _SIZE.fullmatch(piece.text)
    rows = int(number[1]) if number else 0
    if not MIN_ROWS <= rows <= MAX_ROWS:
        low, high = str(MIN_ROWS), str(MAX_ROWS)
        suggestion = (high if rows > MAX_ROWS else low) if number else None
        reading.refuse(Problem.BAD_SIZE, piece, Key.SIZE, suggestion, low=low, high=high)
    reading.take(Key.SIZE, rows, piece)


def _page(reading: Reading, piece: Piece) -> None:
    number = _PAGE.fullmatch(piece.text)
    if number is None:
        suggestion = "1" if set(piece.text) == {"0"} else None
        reading.refuse(Problem.BAD_PAGE, piece, Key.PAGE, suggestion)
    page = int(number[1]) if len(number[1]) <= len(str(_LAST_PAGE)) else _LAST_PAGE
    reading.take(Key.PAGE, page, piece)


def _public(reading: Reading, piece: Piece) -> None:
    is_public = SWITCHES.get(folded(piece.text))
    if is_public is None:
        suggestion = nearest(piece.text, SWITCHES)
        reading.refuse(Problem.BAD_PUBLIC, piece, Key.PUBLIC, suggestion)
    reading.take(Key.PUBLIC, is_public, piece)


def status_of(text: str) -> tuple[StatusFilter | None] | None:
    """The filter in a tuple of its own, because `all` is a status word that means none."""
    word = folded(text)
    return (STATUSES[word],) if word in STATUSES else None


def since_of(reading: Reading, text: str) -> timedelta | datetime | None:
    """The window's beginning: a duration before its end, or a moment."""
    return times.duration(text) or times.moment(text, now=reading.now, zone=reading.zone)


def until_of(reading: Reading, text: str, after: datetime | None = None) -> datetime | None:
    """The window's end; a duration is that long ago."""
    if back := times.duration(text):
        return reading.now.astimezone(UTC).replace(microsecond=0) - back
    return times.moment(text, now=reading.now, zone=reading.zone, after=after, latest=True)


READERS: Final[Mapping[Key, Callable[[Reading, Piece], None]]] = {
    Key.DOMAIN: domain,
    Key.TASK: _task,
    Key.URL: url,
    Key.STATUS: _status,
    Key.SINCE: since,
    Key.UNTIL: _until,
    Key.SIZE: _size,
    Key.PAGE: _page,
    Key.PUBLIC: _public,
}
"""Each reads the value that begins at the reading's position, and steps over it."""
