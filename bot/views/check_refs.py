"""What a click on a check of a message's streams brings back; as `bot.views.refs`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from bot.errors import StaleReference
from bot.views.refs import BUTTON_VALUE_CHARS, fitting, parts

_CHECK = "k2"


@dataclass(frozen=True, slots=True)
class CheckRef:
    """A page of what was found of a message's streams.

    Attributes:
        key: the stored key of the question with all its URLs, of whatever domains.
        offset: how many streams stand before the page.
        left_out: how many URLs of the message were left out.
        unread: how many of its files were not read.
        odd: how many of its addresses are no play URLs as they are written.
        picked: `pick_of` each domain of several accounts that one was picked for.
    """

    key: str
    offset: int = 0
    left_out: int = 0
    unread: int = 0
    odd: int = 0
    picked: frozenset[str] = frozenset()

    def picking(self, domain: str, account: str) -> CheckRef:
        """The same with an account picked for one more domain."""
        return replace(self, picked=self.picked | {pick_of(domain, account)})

    def pack(self, limit: int = BUTTON_VALUE_CHARS) -> str:
        """The reference as text; the key and what was picked come last.

        Raises:
            ReferenceTooLong: it does not fit into `limit` characters.
        """
        counts = (self.offset, self.left_out, self.unread, self.odd)
        text = "|".join((_CHECK, *map(str, counts), self.key, *sorted(self.picked)))
        return fitting(text, limit)

    @classmethod
    def unpack(cls, text: str) -> CheckRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        *counts, rest = parts(text, _CHECK, 5)
        key, *picked = rest.split("|")
        try:
            offset, left_out, unread, odd = map(int, counts)
        except ValueError as error:
            raise StaleReference from error
        return cls(key, offset, left_out, unread, odd, frozenset(picked))


def pick_of(domain: str, account: str) -> str:
    """A short name for an account's being picked for a domain: 8 characters.

    A menu's option has room for a dozen of them, where it had none for the domains themselves.
    """
    return hashlib.sha256(f"{domain} {account}".encode(errors="replace")).hexdigest()[:8]
