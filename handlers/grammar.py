"""Command text → request, or a usage error. Pure, and total: any text yields one of the two.

The documented form is `key=value` and bare words whose meaning is plain: a domain, a URL, a
status, a duration. `key:value`, `--key value`, full-width and Chinese forms are read too.

A text is normalised and cut into pieces (`handlers.lexing`), then read from left to right: a key
is sent by a table to the reader of its value, a word is taken by the first of a few readings that
fits. What was read is checked as a whole at the end.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from bot.asks import MAX_ROWS, MIN_ROWS
from bot.live.model import MAX_URLS
from handlers import addresses, times
from handlers.lexing import MAX_CHARACTERS, normalised, pieces
from handlers.reading import Reading
from handlers.requests import DefaultRequest, HelpRequest, Request, TasksRequest, canonical
from handlers.vocabulary import (
    CLEAR,
    KEYS,
    STATUSES,
    SUBCOMMANDS,
    SWITCHES,
    Key,
    Problem,
    Subcommand,
    folded,
    nearest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from bot.live.model import StatusFilter
    from handlers.lexing import Piece

__all__ = ["DefaultRequest", "HelpRequest", "Request", "TasksRequest", "canonical", "parse"]

_COMMAND: Final = "/preload"
_ECHOED_CHARACTERS: Final = 100
_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_PAGE = re.compile(r"0*[1-9][0-9]{0,5}")
_SIZE = re.compile(r"0*([0-9]{1,6})[条行]?")


def parse(text: str, *, now: datetime, zone: ZoneInfo, domains: Sequence[str] = ()) -> Request:
    """Read the text of a command, with or without `/preload` before it.

    Args:
        text: what Slack sent.
        now: the present moment, aware.
        zone: the person's time zone.
        domains: known domains, suggested where a domain is misspelt.

    Raises:
        UsageError: the text cannot be understood; see `Problem` for `problem` and `values`.
    """
    if len(text) > MAX_CHARACTERS:
        shown = normalised(text[:_ECHOED_CHARACTERS])
        length, most = str(len(text)), str(MAX_CHARACTERS)
        cut = Reading(shown, [], now, zone, domains)
        cut.fail(Problem.TOO_LONG, len(shown), len(shown), given=length, most=most)
    plain = normalised(text)
    found = pieces(plain)
    if found and found[0].text == _COMMAND:
        del found[0]
    reading = Reading(plain, found, now, zone, domains)
    if found and not found[0].is_assigned and folded(found[0].text) in SUBCOMMANDS:
        reading.position = 1
        return _SUBCOMMANDS[SUBCOMMANDS[folded(found[0].text)]](reading)
    return _tasks(reading)


def _tasks(reading: Reading) -> TasksRequest:
    while piece := reading.here:
        key = KEYS.get(folded(piece.text))
        if key is Key.PUBLIC and not piece.is_assigned:
            reading.position += 1
            reading.put(key, True, piece)  # noqa: FBT003 # the value of a key like any other
        elif key is not None:
            reading.position += 1
            _KEYS[key](reading, reading.expect(key, piece))
        elif piece.is_key:
            reading.refuse(Problem.UNKNOWN_KEY, piece, suggestion=nearest(piece.text, KEYS))
        else:
            _bare(reading, piece)
    return _checked(reading)


def _help(reading: Reading) -> HelpRequest:
    """Only the word after `help` counts: who asks for help may have typed anything."""
    piece = reading.here
    if piece is None:
        return HelpRequest()
    topics: Mapping[str, Key | Subcommand] = {**KEYS, **SUBCOMMANDS}
    topic = topics.get(folded(piece.text))
    if topic is None:
        suggestion = nearest(piece.text, topics)
        reading.refuse(Problem.UNKNOWN_TOPIC, piece, Subcommand.HELP, suggestion)
    return HelpRequest(topic.value)


def _default(reading: Reading) -> DefaultRequest:
    clear: Piece | None = None
    while piece := reading.here:
        if folded(piece.text) in CLEAR and not piece.is_key:
            clear = piece
            reading.position += 1
        elif KEYS.get(folded(piece.text)) is Key.DOMAIN:
            reading.position += 1
            _domain(reading, reading.expect(Key.DOMAIN, piece))
        elif piece.is_key or folded(piece.text) in KEYS:
            _misplaced(reading, piece)
        else:
            _domain(reading, piece)
    domain = reading.value(Key.DOMAIN)
    if clear and domain:
        _misplaced(reading, clear)
    return DefaultRequest(domain, clear is not None)


def _misplaced(reading: Reading, piece: Piece) -> NoReturn:
    subcommand = Subcommand.DEFAULT
    reading.refuse(Problem.NOT_HERE, piece, subcommand, subcommand=subcommand.value)


def _bare(reading: Reading, piece: Piece) -> None:
    """A word that follows no key: a status, a time, a URL or a domain."""
    if found := reading.longest(_status_of):
        reading.put(Key.STATUS, found[0][0], found[1])
    elif reading.longest(lambda text: _since_of(reading, text), step=False):
        _since(reading, piece)
    elif addresses.is_url(piece.text):
        _url(reading, piece)
    elif addresses.domain(piece.text):
        _domain(reading, piece)
    elif addresses.looks_like_address(piece.text):
        (_url if "/" in piece.text else _domain)(reading, piece)
    else:
        _unknown(reading, piece)


def _unknown(reading: Reading, piece: Piece) -> NoReturn:
    subcommands = SUBCOMMANDS if reading.position == 0 else {}
    words = [*subcommands, *STATUSES, *KEYS, *reading.domains]
    suggestion = nearest(piece.text, words)
    is_subcommand = suggestion in subcommands
    problem = Problem.UNKNOWN_SUBCOMMAND if is_subcommand else Problem.UNKNOWN_WORD
    reading.refuse(problem, piece, suggestion=suggestion)


def _domain(reading: Reading, piece: Piece) -> None:
    domain = addresses.domain(piece.text)
    if domain is None:
        holding = (name for name in reading.domains if piece.text.casefold() in name)
        suggestion = nearest(piece.text, reading.domains) or next(holding, None)
        reading.refuse(Problem.BAD_DOMAIN, piece, Key.DOMAIN, suggestion)
    reading.take(Key.DOMAIN, domain, piece)


def _task(reading: Reading, piece: Piece) -> None:
    if not _TASK_ID.fullmatch(piece.text):
        reading.refuse(Problem.BAD_TASK, piece, Key.TASK)
    reading.take(Key.TASK, piece.text, piece)


def _url(reading: Reading, piece: Piece) -> None:
    if not addresses.is_url(piece.text):
        reading.refuse(Problem.BAD_URL, piece, Key.URL)
    reading.urls.setdefault(piece.text, piece)
    reading.position += 1


def _status(reading: Reading, piece: Piece) -> None:
    found = reading.longest(_status_of)
    if found is None:
        suggestion = nearest(piece.text, STATUSES)
        reading.refuse(Problem.UNKNOWN_STATUS, piece, Key.STATUS, suggestion)
    reading.put(Key.STATUS, found[0][0], found[1])


def _since(reading: Reading, piece: Piece) -> None:
    found = reading.longest(lambda text: _since_of(reading, text))
    if found is None:
        reading.refuse(Problem.BAD_TIME, piece, Key.SINCE)
    since, words = found
    if isinstance(since, datetime) and since >= reading.now:
        reading.refuse(Problem.SINCE_IN_FUTURE, words, Key.SINCE)
    reading.put(Key.SINCE, since, words)


def _until(reading: Reading, piece: Piece) -> None:
    found = reading.longest(lambda text: _until_of(reading, text))
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
    if not _PAGE.fullmatch(piece.text):
        suggestion = "1" if set(piece.text) == {"0"} else None
        reading.refuse(Problem.BAD_PAGE, piece, Key.PAGE, suggestion)
    reading.take(Key.PAGE, int(piece.text), piece)


def _public(reading: Reading, piece: Piece) -> None:
    is_public = SWITCHES.get(folded(piece.text))
    if is_public is None:
        suggestion = nearest(piece.text, SWITCHES)
        reading.refuse(Problem.BAD_PUBLIC, piece, Key.PUBLIC, suggestion)
    reading.take(Key.PUBLIC, is_public, piece)


def _status_of(text: str) -> tuple[StatusFilter | None] | None:
    """The filter in a tuple of its own, because `all` is a status word that means none."""
    word = folded(text)
    return (STATUSES[word],) if word in STATUSES else None


def _since_of(reading: Reading, text: str) -> timedelta | datetime | None:
    return times.duration(text) or times.moment(text, now=reading.now, zone=reading.zone)


def _until_of(reading: Reading, text: str, after: datetime | None = None) -> datetime | None:
    """The window's end; a duration is that long ago."""
    if back := times.duration(text):
        return reading.now.astimezone(UTC).replace(microsecond=0) - back
    return times.moment(text, now=reading.now, zone=reading.zone, after=after, latest=True)


def _checked(reading: Reading) -> TasksRequest:
    """The request, once its parts are known to go together."""
    return TasksRequest(
        domain=reading.value(Key.DOMAIN) or _host(reading),
        status=reading.value(Key.STATUS),
        task_id=reading.value(Key.TASK),
        urls=_all_urls(reading),
        since=reading.value(Key.SINCE),
        until=_end(reading),
        rows=reading.value(Key.SIZE),
        page=reading.value(Key.PAGE) or 1,
        public=bool(reading.value(Key.PUBLIC)),
    )


def _host(reading: Reading) -> str | None:
    """The one host of all URLs: a query is of one domain."""
    hosts: dict[str | None, Piece] = {}
    for url, piece in reading.urls.items():
        hosts.setdefault(addresses.domain(url), piece)
    first, *others = hosts or (None,)
    if others:
        other = hosts[others[0]]
        names = {"first": str(first), "second": str(others[0])}
        reading.fail(Problem.MIXED_HOSTS, other.start, other.end, Key.URL, **names)
    return first


def _all_urls(reading: Reading) -> tuple[str, ...]:
    urls = tuple(reading.urls)
    if len(urls) > MAX_URLS:
        piece = reading.urls[urls[MAX_URLS]]
        count, most = str(len(urls)), str(MAX_URLS)
        reading.fail(Problem.TOO_MANY_URLS, piece.start, piece.end, Key.URL, given=count, most=most)
    return urls


def _end(reading: Reading) -> datetime | None:
    """The window's end: a clock time alone is the next one after the window's beginning."""
    since, until = reading.values.get(Key.SINCE), reading.values.get(Key.UNTIL)
    if since is None or until is None or isinstance(since[0], timedelta):
        return until[0] if until else None
    end = _until_of(reading, until[1].text, after=since[0])
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


_SUBCOMMANDS: Final[Mapping[Subcommand, Callable[[Reading], Request]]] = {
    Subcommand.TASKS: _tasks,
    Subcommand.DEFAULT: _default,
    Subcommand.HELP: _help,
}

_KEYS: Final[Mapping[Key, Callable[[Reading, Piece], None]]] = {
    Key.DOMAIN: _domain,
    Key.TASK: _task,
    Key.URL: _url,
    Key.STATUS: _status,
    Key.SINCE: _since,
    Key.UNTIL: _until,
    Key.SIZE: _size,
    Key.PAGE: _page,
    Key.PUBLIC: _public,
}
"""Each reads the value that begins at the reading's position, and steps over it."""
