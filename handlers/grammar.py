"""Command text → request, or a usage error. Pure, and total: any text yields one of the two.

The documented form is `key=value` and bare words whose meaning is plain: a domain, a URL, a
status, a duration. `key:value`, `--key value`, full-width and Chinese forms are read too.

A text is normalised and cut into pieces (`handlers.lexing`), then read from left to right: a key
is sent by a table to the reader of its value, a word is taken by the first of a few readings that
fits. What was read is checked as a whole at the end (`handlers.agreement`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from bot.asks import DEFAULT_ACCOUNT
from bot.export import Format
from bot.watch.model import DEFAULT_STATUSES
from handlers import addresses, agreement, filters
from handlers.lexing import MAX_CHARACTERS, normalised, pieces
from handlers.reading import Reading
from handlers.requests import (
    DEFAULT_DELIVERIES,
    AskRequest,
    AuditRequest,
    DefaultRequest,
    DeliveriesRequest,
    ExportRequest,
    HelpRequest,
    ListRequest,
    Request,
    SubscribeRequest,
    TasksRequest,
    UnsubscribeRequest,
    WatchRequest,
)
from handlers.vocabulary import (
    CLEAR,
    FORMATS,
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

_COMMAND: Final = "/preload"
_ECHOED_CHARACTERS: Final = 100


def parse(
    text: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    domains: Sequence[str] = (),
    accounts: Sequence[str] = (DEFAULT_ACCOUNT,),
) -> Request:
    """Read the text of a command, with or without `/preload` before it.

    Args:
        text: what Slack sent.
        now: the present moment, aware.
        zone: the person's time zone.
        domains: known domains, suggested where a domain is misspelt.
        accounts: the names of all accounts.

    Raises:
        UsageError: the text cannot be understood; see `Problem` for `problem` and `values`.
    """
    if len(text) > MAX_CHARACTERS:
        shown = normalised(text[:_ECHOED_CHARACTERS])
        length, most = str(len(text)), str(MAX_CHARACTERS)
        cut = Reading(shown, [], now, zone, domains, accounts)
        cut.fail(Problem.TOO_LONG, len(shown), len(shown), given=length, most=most)
    plain = normalised(text)
    found = pieces(plain)
    if found and found[0].text == _COMMAND:
        del found[0]
    reading = Reading(plain, found, now, zone, domains, accounts)
    if found and not found[0].is_assigned and folded(found[0].text) in SUBCOMMANDS:
        reading.position = 1
        reading.subcommand = SUBCOMMANDS[folded(found[0].text)]
    return _SUBCOMMANDS[reading.subcommand](reading)


def _tasks(reading: Reading) -> TasksRequest:
    _read(reading)
    return _query(reading)


def _form(reading: Reading) -> AskRequest:
    _read(reading)
    return AskRequest(_query(reading))


def _export(reading: Reading) -> ExportRequest:
    _read(reading)
    return ExportRequest(_query(reading), reading.value(Key.FORMAT) or Format.CSV)


def _query(reading: Reading) -> TasksRequest:
    return TasksRequest(
        domain=reading.value(Key.DOMAIN) or agreement.host(reading),
        status=reading.value(Key.STATUS),
        task_id=reading.value(Key.TASK),
        urls=agreement.urls(reading),
        since=reading.value(Key.SINCE),
        until=agreement.end(reading),
        rows=reading.value(Key.SIZE),
        page=reading.value(Key.PAGE) or 1,
        public=bool(reading.value(Key.PUBLIC)),
        account=reading.value(Key.ACCOUNT),
    )


def _watch(reading: Reading) -> WatchRequest:
    _read(reading)
    return WatchRequest(
        domain=reading.value(Key.DOMAIN) or agreement.host(reading),
        status=reading.value(Key.STATUS),
        task_id=reading.value(Key.TASK),
        urls=agreement.urls(reading),
        since=reading.value(Key.SINCE),
        until=reading.value(Key.UNTIL),
        channel_id=reading.value(Key.IN),
        name=reading.value(Key.NAME) or "",
        account=reading.value(Key.ACCOUNT),
    )


def _subscribe(reading: Reading) -> SubscribeRequest:
    _read(reading)
    return SubscribeRequest(
        domain=reading.value(Key.DOMAIN),
        statuses=reading.value(Key.STATUS) or DEFAULT_STATUSES,
        channel_id=reading.value(Key.IN),
        group=reading.value(Key.GROUP),
        repeat=reading.value(Key.REPEAT),
        account=reading.value(Key.ACCOUNT),
    )


def _unsubscribe(reading: Reading) -> UnsubscribeRequest:
    _read(reading)
    return UnsubscribeRequest(
        reading.value(Key.DOMAIN), reading.value(Key.IN), reading.value(Key.ACCOUNT)
    )


def _list(reading: Reading) -> ListRequest:
    everywhere = False
    while piece := reading.here:
        if piece.is_key or filters.status_of(piece.text) != filters.EVERY:
            _misplaced(reading, piece)
        everywhere = True
        reading.position += 1
    return ListRequest(everywhere)


def _deliveries(reading: Reading) -> DeliveriesRequest:
    piece = reading.here
    count = DEFAULT_DELIVERIES if piece is None or piece.is_key else filters.count(reading, piece)
    if reading.here:
        _misplaced(reading, reading.here)
    return DeliveriesRequest(count)


def _audit(reading: Reading) -> AuditRequest:
    count, as_json = DEFAULT_DELIVERIES, False
    while piece := reading.here:
        if folded(piece.text) == Format.JSON and not piece.is_key:
            as_json = True
            reading.position += 1
        elif piece.is_key:
            _misplaced(reading, piece)
        else:
            count = filters.count(reading, piece)
    return AuditRequest(count, as_json)


def _read(reading: Reading) -> None:
    """Read all that follows, by the readers of the subcommand's keys."""
    readers = filters.READERS[reading.subcommand]
    while piece := reading.here:
        key = _key(reading, piece)
        is_bare = key is None
        if key is None and piece.is_key:
            reading.refuse(Problem.UNKNOWN_KEY, piece, suggestion=_nearest_key(reading, piece))
        key = key or _meaning(reading, piece)
        if key is None:
            _unknown(reading, piece)
        if key not in readers:
            _misplaced(reading, piece)
        if is_bare:
            readers[key](reading, piece)
            continue
        reading.position += 1
        if key is Key.PUBLIC and not piece.is_assigned:
            reading.put(key, True, piece)  # noqa: FBT003 # the value of a key like any other
        else:
            readers[key](reading, reading.expect(key, piece))


def _key(reading: Reading, piece: Piece) -> Key | None:
    """The key that the piece is, if it is one, and not the first word of `in progress`."""
    key = KEYS.get(folded(piece.text))
    if key and not piece.is_key and reading.longest(filters.status_of, step=False):
        return None
    return key


def _nearest_key(reading: Reading, piece: Piece) -> str | None:
    """The key most like the piece, in its documented form where it is English."""
    readers = filters.READERS[reading.subcommand]
    found = nearest(piece.text, [word for word, key in KEYS.items() if key in readers])
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
        reading.refuse(Problem.UNKNOWN_TOPIC, piece, suggestion=suggestion)
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
        elif KEYS.get(folded(piece.text)) is Key.ACCOUNT:
            reading.position += 1
            filters.account(reading, reading.expect(Key.ACCOUNT, piece))
        elif piece.is_key or folded(piece.text) in KEYS:
            _misplaced(reading, piece)
        else:
            filters.domain(reading, piece)
    domain = reading.value(Key.DOMAIN)
    if clear and domain:
        _misplaced(reading, clear)
    return DefaultRequest(domain, clear is not None, reading.value(Key.ACCOUNT))


def _misplaced(reading: Reading, piece: Piece) -> NoReturn:
    keys = ", ".join(filters.READERS.get(reading.subcommand, ()))
    reading.refuse(Problem.NOT_HERE, piece, subcommand=reading.subcommand.value, keys=keys)


def _meaning(reading: Reading, piece: Piece) -> Key | None:
    """The key that a word would follow, if that is plain."""
    return next((key for key, fits in _MEANINGS if fits(reading, piece.text)), None)


def _unknown(reading: Reading, piece: Piece) -> NoReturn:
    subcommands = SUBCOMMANDS if reading.position == 0 else {}
    words = [*subcommands, *STATUSES, *KEYS, *reading.domains]
    suggestion = _quoted_name(reading, piece) or nearest(piece.text, words)
    if suggestion in subcommands:
        reading.subcommand = subcommands[suggestion]  # whose example it shall be
        reading.refuse(Problem.UNKNOWN_SUBCOMMAND, piece, suggestion=suggestion)
    reading.refuse(Problem.UNKNOWN_WORD, piece, suggestion=suggestion)


def _quoted_name(reading: Reading, piece: Piece) -> str | None:
    """The name as it should have been written, where a word follows one of a single word."""
    name, before = reading.values.get(Key.NAME, (None, None))
    if before is None or before is not reading.pieces[reading.position - 1]:
        return None
    return f'name="{name} {reading.shown(piece.start, piece.end)}"'


_MEANINGS: Final[tuple[tuple[Key, Callable[[Reading, str], object]], ...]] = (
    (Key.STATUS, lambda reading, _: reading.longest(filters.status_of, step=False)),
    (Key.SINCE, lambda reading, _: reading.longest(partial(filters.since_of, reading), step=False)),
    (Key.IN, lambda _, text: text.startswith("#")),
    (Key.FORMAT, lambda _, text: folded(text) in FORMATS),
    (Key.URL, lambda _, text: addresses.is_url(text)),
    (Key.DOMAIN, lambda _, text: addresses.domain(text)),
    (Key.URL, lambda _, text: "/" in text),  # a wrong one
    (Key.DOMAIN, lambda _, text: addresses.looks_like_address(text)),
)
"""How a word is told that follows no key: by the first that fits."""

_SUBCOMMANDS: Final[Mapping[Subcommand, Callable[[Reading], Request]]] = {
    Subcommand.TASKS: _tasks,
    Subcommand.WATCH: _watch,
    Subcommand.SUBSCRIBE: _subscribe,
    Subcommand.UNSUBSCRIBE: _unsubscribe,
    Subcommand.LIST: _list,
    Subcommand.DELIVERIES: _deliveries,
    Subcommand.ASK: _form,
    Subcommand.EXPORT: _export,
    Subcommand.AUDIT: _audit,
    Subcommand.DEFAULT: _default,
    Subcommand.HELP: _help,
}
