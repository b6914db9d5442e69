"""The person an answer is for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


class Language(StrEnum):
    """The languages the bot speaks."""

    ENGLISH = "en"
    CHINESE = "zh"


@dataclass(frozen=True, slots=True)
class Reader:
    """The person an answer is for: times and words are theirs.

    Attributes:
        user_id: who, as Slack says.
        language: of words.
        zone: of times.
        rows: how many rows a page they have chosen; None is as the settings say.
    """

    user_id: str
    language: Language
    zone: ZoneInfo
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a person wants answers; None is as Slack or the settings say."""

    language: Language | None = None
    zone: ZoneInfo | None = None
    rows: int | None = None

    def over(self, reader: Reader) -> Reader:
        """The reader, with what they have chosen."""
        if self == _NOTHING:
            return reader
        return replace(
            reader,
            language=self.language or reader.language,
            zone=self.zone or reader.zone,
            rows=self.rows,
        )


_NOTHING = Preferences()
