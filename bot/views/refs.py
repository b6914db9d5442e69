"""What a click brings back: typed, versioned, and short enough for Slack.

A button's value takes 2,000 characters, so it may carry a whole question; a menu option's takes
150, so it carries a choice and the key under which the question is stored (`Ask.key`). Storing
and looking up is the handlers' business: `Message.asks` says what a message refers to by key.

A play URL may carry a signature (`auth_key`), and whoever may read a channel's history may read
its buttons: a question with such a URL is never written into one, but referred to by its key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.asks import Ask
from bot.errors import StaleReference
from bot.reader import Language
from bot.views.mrkdwn import is_bare

BUTTON_VALUE_CHARS = 2_000
OPTION_VALUE_CHARS = 150

ALL = "all"
"""Of the status menu: no filter."""
FIRST = "first"
LAST = "last"
ROWS = "rows-"
"""Of the menu of pages: so many rows a page (`rows-20`)."""
EXPORT = "export"
"""Of the menu of pages: all of them, as a file."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PAGE = "p1"
_POSTED = "p2"
_CHOICE = "c1"
_OPEN = "o1"
_FORM = "f1"


class ReferenceTooLong(ValueError):
    """The reference does not fit where it should go; the control is better left out."""


@dataclass(frozen=True, slots=True)
class PageRef:
    """One page of one question's answer.

    Attributes:
        ask: the question, or None where only its key is known.
        key: the question's stored key (`Ask.key`), or None where the question itself is here.
        offset: how many rows stand before the page.
        end: the window's pinned end, so that turning pages turns pages of one list; None is now.
        total: how many tasks there were when the page was drawn, to notice that rows moved.
        anchor: `anchor_of` the row shown that stands next to the page, for the same.
        posted: the words and the zone that a whole channel sees the message in, which it keeps
            whoever refreshes it; None where only one person does.
    """

    ask: Ask | None
    key: str | None
    offset: int = 0
    end: datetime | None = None
    total: int | None = None
    anchor: str | None = None
    posted: tuple[Language, ZoneInfo] | None = None

    @classmethod
    def to(
        cls,
        ask: Ask,
        *,
        offset: int = 0,
        end: datetime | None = None,
        total: int | None = None,
        anchor: str | None = None,
        posted: tuple[Language, ZoneInfo] | None = None,
    ) -> PageRef:
        """A reference to a page of `ask`."""
        return cls(ask, None, offset=offset, end=end, total=total, anchor=anchor, posted=posted)

    def pack(self, limit: int = BUTTON_VALUE_CHARS) -> str:
        """The reference as text of at most `limit` characters.

        The question is written out if that fits and shows no signature, otherwise its key is.

        Raises:
            ReferenceTooLong: not even the key fits, or there is neither question nor key.
        """
        total = "" if self.total is None else str(self.total)
        head = f"{_PAGE}|{self.offset}|{packed(self.end)}|{total}|{self.anchor or ''}|"
        if self.posted is not None:
            language, zone = self.posted
            head = f"{_POSTED}|{language},{zone.key}|{head.removeprefix(f'{_PAGE}|')}"
        if self.ask is not None and all(map(is_bare, self.ask.urls)):
            text = head + self.ask.to_json()
            if len(text) <= limit:
                return text
        key = self.ask.key if self.ask is not None else self.key
        if not key:
            raise ReferenceTooLong("neither question nor key")
        return fitting(head + key, limit)

    @classmethod
    def unpack(cls, text: str) -> PageRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        posted = None
        try:
            if text.startswith(f"{_POSTED}|"):
                how, text = parts(text, _POSTED, 2)
                language, _, zone = how.partition(",")
                posted = Language(language), ZoneInfo(zone)
                text = f"{_PAGE}|{text}"
            offset, end, total, anchor, question = parts(text, _PAGE, 5)
            inline = question.startswith("{")
            return cls(
                ask=Ask.from_json(question) if inline else None,
                key=None if inline else question,
                offset=int(offset),
                end=unpacked(end),
                total=int(total) if total else None,
                anchor=anchor or None,
                posted=posted,
            )
        except (ValueError, OverflowError, ZoneInfoNotFoundError, OSError) as error:
            raise StaleReference from error


@dataclass(frozen=True, slots=True)
class ChoiceRef:
    """One option of a menu: what it chooses, for which question.

    Attributes:
        key: the question's stored key (`Ask.key`).
        choice: a status filter or `ALL`; `FIRST`, `LAST`, `EXPORT`, or `ROWS` and a number.
        end: the window's pinned end, where there was room for it; None is now.
    """

    key: str
    choice: str
    end: datetime | None = None

    def pack(self, limit: int = OPTION_VALUE_CHARS) -> str:
        """The reference as text; the choice comes last, whole.

        Raises:
            ReferenceTooLong: key and choice do not fit into `limit` characters.
        """
        text = f"{_CHOICE}|{self.key}|{packed(self.end)}|{self.choice}"
        if len(text) <= limit:
            return text
        return fitting(f"{_CHOICE}|{self.key}||{self.choice}", limit)

    @classmethod
    def unpack(cls, text: str) -> ChoiceRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        key, end, choice = parts(text, _CHOICE, 3)
        try:
            return cls(key, choice, end=unpacked(end))
        except (ValueError, OverflowError) as error:
            raise StaleReference from error


@dataclass(frozen=True, slots=True)
class OpenRef:
    """One task to open.

    Attributes:
        key: the stored key of the question that found it, which names account and domain.
        task_id: the task.
    """

    key: str
    task_id: str

    def pack(self, limit: int = OPTION_VALUE_CHARS) -> str:
        """The reference as text; the task ID comes last.

        Raises:
            ReferenceTooLong: it does not fit into `limit` characters.
        """
        return fitting(f"{_OPEN}|{self.key}|{self.task_id}", limit)

    @classmethod
    def unpack(cls, text: str) -> OpenRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        key, task_id = parts(text, _OPEN, 2)
        return cls(key, task_id)


@dataclass(frozen=True, slots=True)
class FormRef:
    """A form to open.

    Attributes:
        key: under which what it is to be filled in with is stored, or "" for an empty one.
    """

    key: str = ""

    def pack(self) -> str:
        """The reference as text."""
        return f"{_FORM}|{self.key}"

    @classmethod
    def unpack(cls, text: str) -> FormRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        return cls(*parts(text, _FORM, 1))


def question_in(text: str) -> Ask | None:
    """The question that a reference of any version holds; None unless all of it is understood."""
    try:
        ask = Ask.from_json(text[text.find("|{") + 1 :])
    except ValueError:
        return None
    return ask if ask.domain and text.endswith(f"|{ask.to_json()}") else None


def anchor_of(task_id: str) -> str:
    """A short name for the task in a row: 8 characters."""
    return hashlib.sha256(task_id.encode(errors="replace")).hexdigest()[:8]


def fitting(text: str, limit: int) -> str:
    """The text as it is.

    Raises:
        ReferenceTooLong: it has more than `limit` characters.
    """
    if len(text) > limit:
        raise ReferenceTooLong(f"{len(text)} characters, {limit} allowed")
    return text


def parts(text: str, version: str, count: int) -> list[str]:
    """What stands in a packed reference after its version: `count` parts, the last one whole.

    Raises:
        StaleReference: the text is of another version, or of none.
    """
    found = text.split("|", count)
    if found[0] != version or len(found) != count + 1:
        raise StaleReference
    return found[1:]


def packed(moment: datetime | None) -> str:
    """A moment as text, to the microsecond; "" for none."""
    return "" if moment is None else str((moment - _EPOCH) // _MICROSECOND)


def unpacked(text: str) -> datetime | None:
    """Read `packed` back.

    Raises:
        ValueError, OverflowError: it is no moment.
    """
    return _EPOCH + int(text) * _MICROSECOND if text else None
