"""What a click on an export's message brings back. As `bot.views.refs`: typed and versioned."""

from __future__ import annotations

from dataclasses import dataclass

from bot.views.refs import BUTTON_VALUE_CHARS, fitting, parts

_EXPORT = "x1"


@dataclass(frozen=True, slots=True)
class ExportRef:
    """An export that is under way, by its ID in the store."""

    id: str

    def pack(self, limit: int = BUTTON_VALUE_CHARS) -> str:
        """The reference as text.

        Raises:
            ReferenceTooLong: it does not fit into `limit` characters.
        """
        return fitting(f"{_EXPORT}|{self.id}", limit)

    @classmethod
    def unpack(cls, text: str) -> ExportRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        [known_as] = parts(text, _EXPORT, 1)
        return cls(known_as)
