"""What stands in the fields of the form, each read by the grammar's reader of its key."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import structs

from bot.errors import UsageError
from bot.views import inputs
from bot.views.form import ANY_ACCOUNT, TABLE, Field, Filled
from handlers import agreement, filters, signatures
from handlers.drafting import LEFT_OUT
from handlers.lexing import Piece, normalised, pieces
from handlers.reading import Reading
from handlers.requests import TasksRequest
from handlers.vocabulary import KEYS, Key, Subcommand, folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from bot.export import Format

_READERS: Final = filters.READERS[Subcommand.ASK]
_READ: Final[Mapping[Field, Key]] = {field: Key(field) for field in Field}
"""The fields, and the keys that they are typed with."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What the fields say.

    Attributes:
        request: what they ask for, as far as they can be understood.
        format: of the file that it is to be exported to, if it is.
        wrong: why the others cannot, or do not go with these.
        channel_id: the channel that was typed to answer in, or "".
    """

    request: TasksRequest
    wrong: Mapping[Field, UsageError]
    format: Format | None = None
    channel_id: str = ""


def texts(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What stands in each field, as it would be typed."""
    urls = [text for name, text in values.items() if name.partition("-")[0] == Field.URLS]
    yield Field.URLS, "\n".join(urls)
    for field in (Field.DOMAIN, Field.STATUS, Field.TASK, Field.ROWS, Field.WHO):
        yield field, values.get(field, "")
    if (format_ := values.get(Field.FORMAT, "")) != TABLE:
        yield Field.FORMAT, format_
    for field in (Field.SINCE, Field.UNTIL):
        if moment := values.get(field):
            yield field, datetime.fromtimestamp(int(moment), UTC).isoformat()
    if (account := values.get(Field.ACCOUNT, "")) != ANY_ACCOUNT:
        yield Field.ACCOUNT, account


def read(
    typed: Mapping[str, str],
    *,
    now: datetime,
    zone: ZoneInfo,
    domains: Sequence[str],
    accounts: Sequence[str],
) -> Fields:
    """Read each field, and whether they go together.

    Args:
        typed: the text in each field; one that is missing is empty.
        now: the present moment, aware.
        zone: the person's time zone.
        domains: known domains, suggested where a domain is misspelt.
        accounts: the names of all accounts.
    """
    reading = Reading("", [], now, zone, domains, accounts, Subcommand.ASK)
    wrong: dict[Field, UsageError] = {}
    for field, key in _READ.items():
        for piece in _laid_out(reading, field, normalised(typed.get(field, ""))):
            with _noted(wrong, field):
                _READERS[key](reading, piece)
    domain = reading.value(Key.DOMAIN)
    if domain is None:
        with _noted(wrong, Field.URLS):
            domain = agreement.host(reading)
    urls: tuple[str, ...] = ()
    with _noted(wrong, Field.URLS):
        urls = agreement.urls(reading)
    since, until = reading.value(Key.SINCE), reading.value(Key.UNTIL)
    with _noted(wrong, Field.SINCE):
        since = agreement.beginning(reading)
    with _noted(wrong, Field.UNTIL):
        until = agreement.end(reading)
    request = TasksRequest(
        domain=domain,
        status=reading.value(Key.STATUS),
        task_id=reading.value(Key.TASK),
        urls=urls,
        since=since,
        until=until,
        rows=reading.value(Key.SIZE),
        public=bool(reading.value(Key.PUBLIC)),
        account=reading.value(Key.ACCOUNT),
    )
    return Fields(request, wrong, reading.value(Key.FORMAT), reading.value(Key.IN) or "")


def filled(typed: Mapping[str, str], found: Fields, *, now: datetime, rows: int) -> Filled:
    """What the form stands filled in with.

    Args:
        typed: the text of each field, right or wrong.
        found: how it was read.
        now: until when a window without an end reaches.
        rows: rows a page, where nothing else was said.
    """
    request = found.request
    domain = (request.domain or "") if typed.get(Field.DOMAIN) else ""
    left_out = typed.get(LEFT_OUT, "")
    if domain and not inputs.choices([domain]):  # a menu has no room for it
        domain, left_out = "", f"{left_out} domain={domain}".strip()
    since = request.since
    if isinstance(since, timedelta):
        since = now - since
    return Filled(
        rows=request.rows or rows,
        domain=domain,
        status=request.status,
        urls=typed.get(Field.URLS, ""),
        task=typed.get(Field.TASK, ""),
        since=since,
        until=request.until,
        format=found.format,
        account=request.account or "",
        is_public=request.public,
        channel_id=found.channel_id,
        left_out=left_out,
        is_unsigned=signatures.LEFT_OUT in typed,
        wrong=found.wrong,
    )


def _laid_out(reading: Reading, field: Field, text: str) -> Iterator[Piece]:
    """The values in the text of a field, each as the only piece that is left to read.

    The text is put after those of the fields before, so that every piece has a place of its own.
    """
    start = len(reading.text)
    reading.text += f"{text} "
    for piece in pieces(text) if field is Field.URLS else [Piece(text, 0, len(text))]:
        is_own_key = piece.is_key and KEYS.get(folded(piece.text)) is _READ[field]
        if piece.text and not is_own_key:
            moved = structs.replace(piece, start=start + piece.start, end=start + piece.end)
            reading.pieces, reading.position = [moved], 0
            yield moved


@contextmanager
def _noted(wrong: dict[Field, UsageError], field: Field) -> Iterator[None]:
    """Keep what is wrong inside as what is wrong with the field, unless something was before."""
    try:
        yield
    except UsageError as error:
        wrong.setdefault(field, error)
