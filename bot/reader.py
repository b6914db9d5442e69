"""The person an answer is for."""

from __future__ import annotations

from dataclasses import dataclass
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
    """The person an answer is for: times and words are theirs."""

    user_id: str
    language: Language
    zone: ZoneInfo
