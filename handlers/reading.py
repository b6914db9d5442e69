"""A command's text while it is read: what was said so far, and how to say what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from bot.errors import UsageError
from handlers.lexing import Piece, masked, masked_position
from handlers.vocabulary import EXAMPLES, Key, Problem, Subcommand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

Meaning = TypeVar("Meaning")

_MOST_WORDS: Final = 4


@dataclass(slots=True)
class Reading:
    """A text half read: its pieces, how many are read, and what they said.

    Attributes:
        domains, accounts: those that are known; of the accounts that is all there are.
        subcommand: what the person wants done; examples are of it.
        values: what was read for each key but `url`, and the pieces it was read from.
        urls: the URLs, each once, and their pieces.
        written: the keys that were written, as they were written last.
    """

    text: str
    pieces: list[Piece]
    now: datetime
    zone: ZoneInfo
    domains: Sequence[str]
    accounts: Sequence[str]
    subcommand: Subcommand = Subcommand.TASKS
    position: int = 0
    values: dict[Key, tuple[Any, Piece]] = field(default_factory=dict)
    urls: dict[str, Piece] = field(default_factory=dict)
    written: dict[Key, str] = field(default_factory=dict)

    def value(self, key: Key) -> Any:  # noqa: ANN401 # each key has its own type, see the readers
        """What was read for the key, or None."""
        return self.values[key][0] if key in self.values else None

    def put(self, key: Key, value: object, piece: Piece) -> None:
        """Keep what a key was given.

        Raises:
            UsageError: the key was given something else before, or a list that it does not take.
        """
        known, before = self.values.setdefault(key, (value, piece))
        if known != value:
            first = self.shown(before.start, before.end)
            second = self.shown(piece.start, piece.end)
            both = {"first": first, "second": second}
            if self.text[before.end : piece.start].strip(" \"'") == ",":
                self.fail(Problem.ONE_AT_A_TIME, before.start, piece.end, key, **both)
            self.fail(Problem.REPEATED_KEY, piece.start, piece.end, key, **both)

    def shown(self, start: int, end: int) -> str:
        """A part of the text as it may be shown."""
        return masked(self.text)[
            masked_position(self.text, start) : masked_position(self.text, end)
        ]

    def take(self, key: Key, value: object, piece: Piece) -> None:
        """Keep what one piece said, and step over it."""
        self.position += 1
        self.put(key, value, piece)

    @property
    def here(self) -> Piece | None:
        """The next piece, or None at the end."""
        return self.pieces[self.position] if self.position < len(self.pieces) else None

    def expect(self, key: Key, written: Piece) -> Piece:
        """The word that follows a key, not stepped over.

        Raises:
            UsageError: another key follows, or nothing.
        """
        self.written[key] = written.text
        piece = self.here
        if piece is None or piece.is_key:
            place = written.end if written.value_start is None else written.value_start
            self.fail(Problem.MISSING_VALUE, place, place, key)
        return piece

    def longest(
        self, read: Callable[[str], Meaning | None], *, step: bool = True
    ) -> tuple[Meaning, Piece] | None:
        """Read as many words as make sense together (`today 18:00`), and step over them."""
        ahead = self.pieces[self.position : self.position + _MOST_WORDS]
        words = list(takewhile(lambda piece: not piece.is_key, ahead))
        for count in range(len(words), 0, -1):
            text = " ".join(piece.text for piece in words[:count])
            if (value := read(text)) is not None:
                self.position += count if step else 0
                return value, Piece(text, words[0].start, words[count - 1].end)
        return None

    def fail(
        self,
        problem: Problem,
        start: int,
        end: int,
        about: Key | None = None,
        suggestion: str | None = None,
        **values: str,
    ) -> NoReturn:
        """Raise the usage error, with all secrets masked and an example of what it is about."""
        if about is not None:
            values = {"key": about.value, **values}
            if (written := self.written.get(about, about.value)) != about.value:
                values["written"] = written
        is_filter = about in EXAMPLES and self.subcommand is Subcommand.TASKS
        raise UsageError(
            problem=problem.value,
            text=masked(self.text),
            start=masked_position(self.text, start),
            end=masked_position(self.text, end),
            values=values,
            suggestion=suggestion,
            example=EXAMPLES[about if about and is_filter else self.subcommand],
        )

    def refuse(
        self,
        problem: Problem,
        piece: Piece,
        about: Key | None = None,
        suggestion: str | None = None,
        **values: str,
    ) -> NoReturn:
        """Raise the usage error that says the piece is wrong."""
        given = self.shown(piece.start, piece.end)
        self.fail(problem, piece.start, piece.end, about, suggestion, given=given, **values)
