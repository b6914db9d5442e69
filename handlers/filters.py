"""Each filter's value: read where it stands, or refused with what would be right."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.asks import MAX_ROWS, MIN_ROWS
from bot.live.model import StatusFilter
from handlers import addresses, times
from handlers.lexing import masked
from handlers.vocabulary import (
    FORMATS,
    STATUSES,
    SWITCHES,
    Key,
    Problem,
    Subcommand,
    folded,
    nearest,
    nearest_domain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from handlers.lexing import Piece
    from handlers.reading import Reading

    Reader: TypeAlias = Callable[[Reading, Piece], None]

_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_STREAM = re.compile(r"[A-Za-z0-9_-]{1,100}/[A-Za-z0-9_.-]{1,200}")
EVERY: Final = (None,)
"""What `status_of` makes of `all`."""
_PAGE = re.compile(r"0*([1-9][0-9]*)")
_LAST_PAGE = 999_999  # more than there are; a page past the end is the last one
_CHANNEL = re.compile(r"#?([CDG][A-Z0-9]{3,30})")
_MOST_NOTICES: Final = 50
_MAX_NAME_CHARACTERS: Final = 80
_MAX_WATCH_DAYS: Final = 7
_SPANS: Final = {
    Key.GROUP: (timedelta(0), timedelta(minutes=10), "0s", "10m"),
    Key.REPEAT: (timedelta(minutes=5), timedelta(hours=24), "5m", "24h"),
}
"""The shortest and the longest duration, and how they are written."""
_SIZE = re.compile(r"0*([0-9]{1,6})[条行]?")


def domain(reading: Reading, piece: Piece) -> None:
    """A domain, or a URL that stands for its host."""
    name = addresses.domain(piece.text)
    if name is None:
        holding = (known for known in reading.domains if piece.text.casefold() in known)
        suggestion = nearest_domain(piece.text, reading.domains) or next(holding, None)
        reading.refuse(Problem.BAD_DOMAIN, piece, Key.DOMAIN, suggestion)
    reading.take(Key.DOMAIN, name, piece)


def _task(reading: Reading, piece: Piece) -> None:
    """A task's ID, which a status is not: no task of that name would read as none in that state."""
    if found := reading.longest(status_of, step=False):
        (status,), words = found
        start = reading.pieces[reading.position - 1].start if reading.position else words.start
        given = reading.shown(words.start, words.end)
        suggestion = f"status={status or 'all'}"
        reading.fail(Problem.BAD_TASK, start, words.end, Key.TASK, suggestion, given=given)
    if not _TASK_ID.fullmatch(piece.text):
        reading.refuse(Problem.BAD_TASK, piece, Key.TASK)
    reading.take(Key.TASK, piece.text, piece)


def url(reading: Reading, piece: Piece) -> None:
    """A play URL, kept as it was given."""
    if meant := addresses.with_protocol(piece.text):
        reading.refuse(Problem.NO_PROTOCOL, piece, Key.URL, masked(meant))
    if not addresses.is_url(piece.text):
        reading.refuse(Problem.BAD_URL, piece, Key.URL, _url_of(reading, piece.text))
    reading.urls.setdefault(piece.text, piece)
    reading.position += 1


def _url_of(reading: Reading, text: str) -> str | None:
    """The play URL of a stream as tables name it, where its domain is known: by the suffix."""
    domains = [reading.value(Key.DOMAIN)] if Key.DOMAIN in reading.values else reading.domains
    if len(domains) != 1 or not _STREAM.fullmatch(text):
        return None
    return addresses.with_protocol(f"{domains[0]}/{text}")


def account(reading: Reading, piece: Piece) -> None:
    """The name of an account, as the settings name it."""
    name = next((one for one in reading.accounts if folded(one) == folded(piece.text)), None)
    if name is None:
        suggestion = nearest(piece.text, reading.accounts)
        known = ", ".join(reading.accounts)
        reading.refuse(Problem.BAD_ACCOUNT, piece, Key.ACCOUNT, suggestion, accounts=known)
    reading.take(Key.ACCOUNT, name, piece)


def _format(reading: Reading, piece: Piece) -> None:
    found = FORMATS.get(folded(piece.text))
    if found is None:
        reading.refuse(Problem.BAD_FORMAT, piece, Key.FORMAT, nearest(piece.text, FORMATS))
    reading.take(Key.FORMAT, found, piece)


def _status(reading: Reading, piece: Piece) -> None:
    reading.put(Key.STATUS, *_one_status(reading, piece))


def _statuses(reading: Reading, piece: Piece) -> None:
    """One status of several: each adds to those before."""
    status, words = _one_status(reading, piece)
    more = frozenset(StatusFilter) if status is None else {status}
    reading.values[Key.STATUS] = ((reading.value(Key.STATUS) or frozenset()) | more, words)


def _one_status(reading: Reading, piece: Piece) -> tuple[StatusFilter | None, Piece]:
    found = reading.longest(status_of)
    if found is None:
        suggestion = nearest(piece.text, STATUSES)
        reading.refuse(Problem.UNKNOWN_STATUS, piece, Key.STATUS, suggestion)
    (status,), words = found
    return status, words


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


def _ending(reading: Reading, piece: Piece) -> None:
    """When a watch ends: a moment to come, or a duration from now."""
    found = reading.longest(lambda text: times.coming(text, now=reading.now, zone=reading.zone))
    if found is None:
        reading.refuse(Problem.BAD_END, piece, Key.UNTIL)
    end, words = found
    if end <= reading.now:
        reading.refuse(Problem.UNTIL_IN_PAST, words, Key.UNTIL)
    if end > reading.now + timedelta(days=_MAX_WATCH_DAYS):
        reading.refuse(Problem.UNTIL_TOO_FAR, words, Key.UNTIL, days=str(_MAX_WATCH_DAYS))
    reading.put(Key.UNTIL, end, words)


def _size(reading: Reading, piece: Piece) -> None:
    number = _SIZE.fullmatch(piece.text)
    rows = int(number[1]) if number else 0
    if not MIN_ROWS <= rows <= MAX_ROWS:
        low, high = str(MIN_ROWS), str(MAX_ROWS)
        suggestion = (high if rows > MAX_ROWS else low) if number else None
        reading.refuse(Problem.BAD_SIZE, piece, Key.SIZE, suggestion, low=low, high=high)
    reading.take(Key.SIZE, rows, piece)


def count(reading: Reading, piece: Piece) -> int:
    """How many notices, or entries of the record; the number stands alone."""
    number = _SIZE.fullmatch(piece.text)
    given = int(number[1]) if number else 0
    if not 1 <= given <= _MOST_NOTICES:
        most = str(_MOST_NOTICES)
        suggestion = (most if given else "1") if number else None
        reading.refuse(Problem.BAD_COUNT, piece, None, suggestion, low="1", high=most)
    reading.position += 1
    return given


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


def _channel(reading: Reading, piece: Piece) -> None:
    """A channel that Slack has put its ID for."""
    channel = _CHANNEL.fullmatch(piece.text)
    if channel is None:
        reading.refuse(Problem.BAD_CHANNEL, piece, Key.IN)
    reading.take(Key.IN, channel[1], piece)


def _name(reading: Reading, piece: Piece) -> None:
    if len(piece.text) > _MAX_NAME_CHARACTERS:
        length, most = str(len(piece.text)), str(_MAX_NAME_CHARACTERS)
        reading.fail(
            Problem.NAME_TOO_LONG, piece.start, piece.end, Key.NAME, given=length, most=most
        )
    reading.take(Key.NAME, masked(piece.text), piece)


def _span(reading: Reading, piece: Piece, key: Key) -> None:
    """A duration within the key's bounds, or `off`, which is zero."""
    shortest, longest, low, high = _SPANS[key]
    found = reading.longest(span_of)
    if found is None:
        reading.refuse(Problem.BAD_SPAN, piece, key, low=low, high=high)
    span, words = found
    if span and not shortest <= span <= longest:
        suggestion = low if span < shortest else high
        reading.refuse(Problem.BAD_SPAN, words, key, suggestion, low=low, high=high)
    reading.put(key, span, words)


def status_of(text: str) -> tuple[StatusFilter | None] | None:
    """The filter in a tuple of its own, because `all` is a status word that means none."""
    word = folded(text)
    return (STATUSES[word],) if word in STATUSES else None


def since_of(reading: Reading, text: str) -> timedelta | datetime | None:
    """The window's beginning: how long ago, or a moment."""
    return times.duration(text) or times.moment(text, now=reading.now, zone=reading.zone)


def span_of(text: str) -> timedelta | None:
    """A duration; zero for `off`, `0` and the like."""
    if SWITCHES.get(folded(text)) is False or times.is_zero(text):
        return timedelta(0)
    return times.duration(text)


def until_of(reading: Reading, text: str, after: datetime | None = None) -> datetime | None:
    """The window's end; a duration is that long ago."""
    if back := times.duration(text):
        return reading.now.astimezone(UTC).replace(microsecond=0) - back
    return times.moment(text, now=reading.now, zone=reading.zone, after=after, latest=True)


_WHICH: Final[Mapping[Key, Reader]] = {
    Key.DOMAIN: domain,
    Key.TASK: _task,
    Key.URL: url,
    Key.STATUS: _status,
    Key.SINCE: since,
    Key.ACCOUNT: account,
}
_SHOWN: Final = {Key.UNTIL: _until, Key.SIZE: _size, Key.PAGE: _page, Key.PUBLIC: _public}
READERS: Final[Mapping[Subcommand, Mapping[Key, Reader]]] = {
    Subcommand.TASKS: {**_WHICH, **_SHOWN},
    Subcommand.ASK: {**_WHICH, **_SHOWN, Key.IN: _channel, Key.FORMAT: _format},
    Subcommand.EXPORT: {**_WHICH, Key.UNTIL: _until, Key.PUBLIC: _public, Key.FORMAT: _format},
    Subcommand.WATCH: {**_WHICH, Key.UNTIL: _ending, Key.IN: _channel, Key.NAME: _name},
    Subcommand.SUBSCRIBE: {
        Key.DOMAIN: domain,
        Key.ACCOUNT: account,
        Key.STATUS: _statuses,
        Key.IN: _channel,
        Key.GROUP: partial(_span, key=Key.GROUP),
        Key.REPEAT: partial(_span, key=Key.REPEAT),
    },
    Subcommand.UNSUBSCRIBE: {Key.DOMAIN: domain, Key.ACCOUNT: account, Key.IN: _channel},
}
"""What goes with a subcommand. Each reads the value that begins at the reading's position, and
steps over it."""
