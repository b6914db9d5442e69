"""Command text → request, or a usage error. Pure, and total: any text yields one of the two.

The documented form is `key=value` and bare words whose meaning is plain: a domain, a URL, a
status, a duration. `key:value`, `--key value`, full-width and Chinese forms are read too.

A text is normalised and cut into pieces (`handlers.lexing`), then read from left to right: a key
is sent by a table to the reader of its value, a word is taken by the first of a few readings that
fits. What was read is checked as a whole at the end (`handlers.agreement`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.asks import DEFAULT_ACCOUNT
from bot.export import Format
from bot.watch.model import DEFAULT_STATUSES
from handlers import agreement, filters
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
from handlers.steps import misplaced, read_all
from handlers.vocabulary import (
    CLEAR,
    KEYS,
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
    reading = begun(text, now=now, zone=zone, domains=domains, accounts=accounts)
    return _SUBCOMMANDS[reading.subcommand](reading)


def begun(
    text: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    domains: Sequence[str],
    accounts: Sequence[str],
) -> Reading:
    """The text of a command, cut into pieces and read as far as its subcommand; args as `parse`."""
    plain = normalised(text)
    found = pieces(plain)
    if found and found[0].text == _COMMAND:
        del found[0]
    reading = Reading(plain, found, now, zone, domains, accounts)
    if found and not found[0].is_assigned and folded(found[0].text) in SUBCOMMANDS:
        reading.position = 1
        reading.subcommand = SUBCOMMANDS[folded(found[0].text)]
    return reading


def _tasks(reading: Reading) -> TasksRequest:
    read_all(reading)
    return _query(reading)


def _form(reading: Reading) -> AskRequest:
    """Whatever follows: what cannot be understood is for the form to say."""
    return AskRequest(reading.text[reading.here.start :] if reading.here else "")


def _export(reading: Reading) -> ExportRequest:
    read_all(reading)
    return ExportRequest(_query(reading), reading.value(Key.FORMAT) or Format.CSV)


def _query(reading: Reading) -> TasksRequest:
    return TasksRequest(
        domain=reading.value(Key.DOMAIN) or agreement.host(reading),
        status=reading.value(Key.STATUS),
        task_id=reading.value(Key.TASK),
        urls=agreement.urls(reading),
        since=agreement.beginning(reading),
        until=agreement.end(reading),
        rows=reading.value(Key.SIZE),
        page=reading.value(Key.PAGE) or 1,
        public=bool(reading.value(Key.PUBLIC)),
        account=reading.value(Key.ACCOUNT),
    )


def _watch(reading: Reading) -> WatchRequest:
    read_all(reading)
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
    read_all(reading)
    return SubscribeRequest(
        domain=reading.value(Key.DOMAIN),
        statuses=reading.value(Key.STATUS) or DEFAULT_STATUSES,
        channel_id=reading.value(Key.IN),
        group=reading.value(Key.GROUP),
        repeat=reading.value(Key.REPEAT),
        account=reading.value(Key.ACCOUNT),
    )


def _unsubscribe(reading: Reading) -> UnsubscribeRequest:
    read_all(reading)
    return UnsubscribeRequest(
        reading.value(Key.DOMAIN), reading.value(Key.IN), reading.value(Key.ACCOUNT)
    )


def _list(reading: Reading) -> ListRequest:
    everywhere = False
    while piece := reading.here:
        if piece.is_key or filters.status_of(piece.text) != filters.EVERY:
            misplaced(reading, piece)
        everywhere = True
        reading.position += 1
    return ListRequest(everywhere)


def _deliveries(reading: Reading) -> DeliveriesRequest:
    piece = reading.here
    count = DEFAULT_DELIVERIES if piece is None or piece.is_key else filters.count(reading, piece)
    if reading.here:
        misplaced(reading, reading.here)
    return DeliveriesRequest(count)


def _audit(reading: Reading) -> AuditRequest:
    count: int | None = None
    as_json = False
    while piece := reading.here:
        if folded(piece.text) == Format.JSON and not piece.is_key:
            as_json = True
            reading.position += 1
        elif piece.is_key:
            misplaced(reading, piece)
        else:
            count = filters.count(reading, piece)
    return AuditRequest(count, as_json)


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
            misplaced(reading, piece)
        else:
            filters.domain(reading, piece)
    domain = reading.value(Key.DOMAIN)
    if clear and domain:
        misplaced(reading, clear)
    return DefaultRequest(domain, clear is not None, reading.value(Key.ACCOUNT))


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
