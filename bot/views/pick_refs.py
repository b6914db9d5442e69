"""What comes back where a menu asks for what a question lacks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot.errors import StaleReference
from bot.views.refs import OPTION_VALUE_CHARS, ChoiceRef, fitting, parts

_PICK = "k2"
_PICK_BEFORE = "k1"


@dataclass(frozen=True, slots=True)
class PickRef:
    """One domain or account to pick for a question that lacks it, and how to answer then.

    Attributes:
        key, choice: the question's stored key (`Ask.key`), and a domain or an account.
        page, public: the page of the answer, from 1; and whether it is for everyone in the channel.
        asked_in: the channel it was asked in, whose grants count wherever it is answered; "" is in
            none.
    """

    key: str
    choice: str
    page: int = 1
    public: bool = False
    asked_in: str = ""

    def pack(self, limit: int = OPTION_VALUE_CHARS) -> str:
        """The reference as text; the choice comes last, whole.

        Raises:
            ReferenceTooLong: it does not fit into `limit` characters.
        """
        public = "public" * self.public
        head = f"{_PICK}|{self.key}|{self.page}|{public}|{self.asked_in}|"
        return fitting(head + self.choice, limit)

    @classmethod
    def unpack(cls, text: str) -> PickRef:
        """Read `pack` back, or what stood in its place before.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        with suppress(StaleReference):
            before = ChoiceRef.unpack(text)
            return cls(before.key, before.choice)
        asked_in = ""
        if text.startswith(_PICK_BEFORE):
            key, page, public, choice = parts(text, _PICK_BEFORE, 4)
        else:
            key, page, public, asked_in, choice = parts(text, _PICK, 5)
        if not page.isdecimal():
            raise StaleReference
        return cls(key, choice, page=int(page), public=bool(public), asked_in=asked_in)


def asked_in(text: str) -> str:
    """The channel whose grants count for what a reference is about; "" is where it stands."""
    try:
        return PickRef.unpack(text).asked_in
    except StaleReference:
        return ""
