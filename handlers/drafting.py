"""Command text → what a form is to be filled in with, field by field, right or wrong.

It is read by the grammar's own steps. What one of them refuses goes into the field that it was
meant for, where that is plain; otherwise it is left out of the form, which says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import structs

from bot.errors import UsageError
from bot.export import Format
from bot.views.form import EVERYONE, ONLY_ME, Field
from handlers import grammar, steps
from handlers.lexing import MAX_CHARACTERS
from handlers.vocabulary import STATUSES, Key, Problem, Subcommand

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from handlers.lexing import Piece
    from handlers.reading import Reading

LEFT_OUT: Final = "left_out"
"""Beside the fields: what belongs to none of them, free of secrets."""
_QUERIES: Final = frozenset({Subcommand.TASKS, Subcommand.ASK, Subcommand.EXPORT})
_FIELDS: Final = {Key(one): one for one in Field}


def drafted(
    text: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    domains: Sequence[str],
    accounts: Sequence[str],
) -> dict[str, str] | None:
    """What was typed, by `Field` and `LEFT_OUT`; None where it asks for something but tasks.

    Args as `handlers.grammar.parse`. Of a text that is too long the beginning is read.
    """
    cut = text[:MAX_CHARACTERS]
    reading = grammar.begun(cut, now=now, zone=zone, domains=domains, accounts=accounts)
    if len(text) > len(cut) and reading.pieces:
        del reading.pieces[-1]  # it may be half of one
    if reading.subcommand is Subcommand.TASKS:
        reading.subcommand = Subcommand.ASK  # the form takes more: where to answer
    sorting = _Sorting(reading)
    while reading.subcommand in _QUERIES and (piece := reading.here):
        sorting.take(piece)
    return sorting.fields() if reading.subcommand in _QUERIES else None


@dataclass(frozen=True, slots=True)
class _Sorting:
    """A text being read, and what of it is refused: by the key it was meant for, or left out."""

    reading: Reading
    refused: list[tuple[Key, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def take(self, piece: Piece) -> None:
        """Read on, past whatever the grammar makes of the next key or word."""
        reading, begin = self.reading, self.reading.position
        value = begin + (steps.key_of(reading, piece) is not None)
        try:
            steps.read_next(reading, piece)
        except UsageError as error:
            if error.problem == Problem.UNKNOWN_KEY and error.suggestion:
                reading.pieces[begin] = structs.replace(piece, text=error.suggestion)
            elif error.problem in {Problem.REPEATED_KEY, Problem.ONE_AT_A_TIME}:
                self._leave_out(begin)
            elif key := self._meant(error):
                self._refuse(key, value)
            else:
                reading.position = begin + 1
                if piece.is_assigned and reading.here and not reading.here.is_key:
                    reading.position += 1
                if error.problem != Problem.UNKNOWN_SUBCOMMAND:
                    self._leave_out(begin)

    def fields(self) -> dict[str, str]:
        """What was read and what was refused, by field."""
        found: dict[str, str] = {
            _FIELDS[key]: piece.text
            for key, (_, piece) in self.reading.values.items()
            if key in _FIELDS
        }
        if (is_public := self.reading.value(Key.PUBLIC)) is not None:
            found[Field.WHO] = EVERYONE if is_public else ONLY_ME
        urls, left_out = list(self.reading.urls), list(self.left_out)
        if (page := self.reading.value(Key.PAGE)) is not None:
            left_out.append(f"page={page}")
        for key, text in self.refused:
            if key is Key.URL:
                urls.append(text)
            elif key is Key.ACCOUNT and not self.reading.accounts[1:]:
                left_out.append(f"account={text}")  # the form does not ask for the only one
            elif found.setdefault(_FIELDS[key], text) != text:
                left_out.append(text)
        if self.reading.subcommand is Subcommand.EXPORT:
            found.setdefault(Field.FORMAT, Format.CSV)
        if urls:
            found[Field.URLS] = "\n".join(urls)
        if left_out:
            found[LEFT_OUT] = " ".join(left_out)
        return found

    def _meant(self, error: UsageError) -> Key | None:
        """The key of the field that what was refused was meant for."""
        if error.problem == Problem.UNKNOWN_WORD and error.suggestion in STATUSES:
            return Key.STATUS
        if error.problem == Problem.UNKNOWN_WORD and error.suggestion in self.reading.domains:
            return Key.DOMAIN
        return next((key for key in _FIELDS if key == error.values.get("key")), None)

    def _refuse(self, key: Key, value: int) -> None:
        """Keep the words from `value` on that were read, or the one that was not; if any."""
        reading = self.reading
        if reading.position <= value and reading.here and not reading.here.is_key:
            reading.position += 1
        words = reading.pieces[value : reading.position]
        if words:
            self.refused.append((key, " ".join(piece.text for piece in words)))

    def _leave_out(self, begin: int) -> None:
        """Leave out the pieces from `begin` on that were read."""
        reading = self.reading
        start, end = reading.pieces[begin].start, reading.pieces[reading.position - 1].end
        self.left_out.append(reading.shown(start, end))
