"""Command text → request, or a usage error. Pure, and total: any text yields one of the two.

The documented form is `key=value` and bare words whose meaning is plain: a domain, a URL, a
status, a duration. `key:value`, `--key value`, full-width and Chinese forms are read too.

A text is normalised and cut into pieces (`handlers.lexing`), then read from left to right: a key
is sent by a table to the reader of its value, a word is taken by the first of a few readings that
fits. What was read is checked as a whole at the end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from bot.live.model import HISTORY_DAYS, MAX_URLS
from handlers import addresses, filters
from handlers.lexing import MAX_CHARACTERS, normalised, pieces
from handlers.reading import Reading
from handlers.requests import DefaultRequest, HelpRequest, Request, TasksRequest, canonical
from handlers.vocabulary import (
    CLEAR,
    KEYS,
    STATUSES,
    SUBCOMMANDS,
    Key,
    Problem,
    Subcommand,
    folded,
    nearest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from handlers.lexing import Piece

__all__ = ["DefaultRequest", "HelpRequest", "Request", "TasksRequest", "canonical", "parse"]

_COMMAND: Final = "/preload"
_ECHOED_CHARACTERS: Final = 100


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
            filters.READERS[key](reading, reading.expect(key, piece))
        elif piece.is_key:
            reading.refuse(Problem.UNKNOWN_KEY, piece, suggestion=_nearest_key(piece.text))
        else:
            _bare(reading, piece)
    return _checked(reading)


def _nearest_key(name: str) -> str | None:
    """The key most like `name`, in its documented form where it is English."""
    found = nearest(name, KEYS)
    return KEYS[found].value if found and found.isascii() else found


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
            filters.domain(reading, reading.expect(Key.DOMAIN, piece))
        elif piece.is_key or folded(piece.text) in KEYS:
            _misplaced(reading, piece)
        else:
            filters.domain(reading, piece)
    domain = reading.value(Key.DOMAIN)
    if clear and domain:
        _misplaced(reading, clear)
    return DefaultRequest(domain, clear is not None)


def _misplaced(reading: Reading, piece: Piece) -> NoReturn:
    subcommand = Subcommand.DEFAULT
    reading.refuse(Problem.NOT_HERE, piece, subcommand, subcommand=subcommand.value)


def _bare(reading: Reading, piece: Piece) -> None:
    """A word that follows no key: a status, a time, a URL or a domain."""
    if found := reading.longest(filters.status_of):
        reading.put(Key.STATUS, found[0][0], found[1])
    elif reading.longest(lambda text: filters.since_of(reading, text), step=False):
        filters.since(reading, piece)
    elif addresses.is_url(piece.text):
        filters.url(reading, piece)
    elif addresses.domain(piece.text):
        filters.domain(reading, piece)
    elif addresses.looks_like_address(piece.text):
        (filters.url if "/" in piece.text else filters.domain)(reading, piece)
    else:
        _unknown(reading, piece)


def _unknown(reading: Reading, piece: Piece) -> NoReturn:
    subcommands = SUBCOMMANDS if reading.position == 0 else {}
    words = [*subcommands, *STATUSES, *KEYS, *reading.domains]
    suggestion = nearest(piece.text, words)
    is_subcommand = suggestion in subcommands
    problem = Problem.UNKNOWN_SUBCOMMAND if is_subcommand else Problem.UNKNOWN_WORD
    reading.refuse(problem, piece, suggestion=suggestion)


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
    """The window's end, read again now that its beginning is known (see `times.moment`)."""
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


_SUBCOMMANDS: Final[Mapping[Subcommand, Callable[[Reading], Request]]] = {
    Subcommand.TASKS: _tasks,
    Subcommand.DEFAULT: _default,
    Subcommand.HELP: _help,
}
