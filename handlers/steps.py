"""What follows a subcommand, from left to right: keys with their values, and bare words.

A key is sent by a table to the reader of its value; a word is taken by the first of a few readings
that fits.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from handlers import addresses, filters
from handlers.vocabulary import (
    FORMATS,
    KEYS,
    STATUSES,
    SUBCOMMANDS,
    TASK_WORDS,
    Key,
    Problem,
    folded,
    nearest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handlers.lexing import Piece
    from handlers.reading import Reading

_BARE_ID: Final = re.compile(r"[0-9]{5,32}|(?=[a-f-]*[0-9])[0-9a-f-]{16,64}")
"""What can hardly be anything else than a task's ID."""


def read_all(reading: Reading) -> None:
    """Read all that follows, by the readers of the subcommand's keys."""
    while piece := reading.here:
        read_next(reading, piece)


def read_next(reading: Reading, piece: Piece) -> None:
    """Read the key that `piece` is with its value, or the word, by the subcommand's readers.

    Raises:
        UsageError: it cannot be understood; what was read of it is stepped over.
    """
    if _only_says_task(reading, piece):
        reading.position += 1
        return
    readers = filters.READERS[reading.subcommand]
    key = key_of(reading, piece)
    is_bare = key is None
    if key is None and piece.is_key:
        reading.refuse(Problem.UNKNOWN_KEY, piece, suggestion=_nearest_key(reading, piece))
    key = key or _meaning(reading, piece)
    if key is None:
        _unknown(reading, piece)
    if key not in readers:
        misplaced(reading, piece)
    if is_bare:
        readers[key](reading, piece)
        return
    reading.position += 1
    if key is Key.PUBLIC and not piece.is_assigned:
        reading.put(key, True, piece)  # noqa: FBT003 # the value of a key like any other
    else:
        readers[key](reading, reading.expect(key, piece))


def _only_says_task(reading: Reading, piece: Piece) -> bool:
    """Whether it is the `task` of `task failed` or `failed tasks`, and no ID follows it."""
    if piece.is_key or folded(piece.text) not in TASK_WORDS:
        return False
    status = reading.values.get(Key.STATUS)
    before = reading.pieces[reading.position - 1] if reading.position else piece
    is_after_status = status is not None and before.end == status[1].end
    ahead = replace(reading, position=reading.position + 1)
    word = ahead.here
    if word is not None and not word.is_key and ahead.longest(filters.status_of, step=False):
        return Key.STATUS in filters.READERS[reading.subcommand]
    is_key = word is None or word.is_key or folded(word.text) in KEYS
    is_said = word is None or _meaning(ahead, word) is not None
    return is_after_status and (is_key or is_said or folded(piece.text) not in KEYS)


def key_of(reading: Reading, piece: Piece) -> Key | None:
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


def misplaced(reading: Reading, piece: Piece) -> NoReturn:
    """Refuse what does not go with the subcommand."""
    keys = ", ".join(filters.READERS.get(reading.subcommand, ()))
    reading.refuse(Problem.NOT_HERE, piece, subcommand=reading.subcommand.value, keys=keys)


def _meaning(reading: Reading, piece: Piece) -> Key | None:
    """The key that a word would follow, if that is plain."""
    return next((key for key, fits in _MEANINGS if fits(reading, piece.text)), None)


def _unknown(reading: Reading, piece: Piece) -> NoReturn:
    subcommands = SUBCOMMANDS if reading.position == 0 else {}
    suggestion = _quoted_name(reading, piece) or _nearest_word(reading, piece, subcommands)
    if suggestion in subcommands:
        reading.subcommand = subcommands[suggestion]  # whose example it shall be
        reading.refuse(Problem.UNKNOWN_SUBCOMMAND, piece, suggestion=suggestion)
    reading.refuse(Problem.UNKNOWN_WORD, piece, suggestion=suggestion)


def _nearest_word(reading: Reading, piece: Piece, subcommands: Iterable[str]) -> str | None:
    """What the word may have been meant for: a key only where its value follows."""
    readers = filters.READERS[reading.subcommand]
    if Key.TASK in readers and _BARE_ID.fullmatch(piece.text):
        return f"task={piece.text}"
    ahead = replace(reading, position=reading.position + 1).here
    has_value = ahead is not None and not ahead.is_key
    keys = {word for word, key in KEYS.items() if key in readers and has_value}
    flags = [word for word, key in KEYS.items() if key in readers and key is Key.PUBLIC]
    statuses = STATUSES if Key.STATUS in readers else ()
    words = [*subcommands, *statuses, *flags, *reading.domains]
    found = nearest(piece.text, [*words, *sorted(keys)])
    if found is None or found in words:
        return found
    return f"{KEYS[found].value if found.isascii() else found}="


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
    (Key.URL, lambda _, text: addresses.is_url(text) or addresses.with_protocol(text)),
    (Key.DOMAIN, lambda _, text: addresses.domain(text)),
    (Key.URL, lambda _, text: "/" in text),  # a wrong one
    (Key.DOMAIN, lambda _, text: addresses.looks_like_address(text)),
)
"""How a word is told that follows no key: by the first that fits."""
