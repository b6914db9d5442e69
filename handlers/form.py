"""Asking by a form instead of by a line of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import BotError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(eq=False)
class Misfilled(BotError):
    """A form cannot be taken as it was filled in.

    Attributes:
        fields: what is wrong, in the reader's language, by the `block_id` of the field.
    """

    fields: Mapping[str, str]
