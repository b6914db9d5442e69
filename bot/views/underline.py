"""The line a person typed, with the wrong part marked beneath it."""

from __future__ import annotations

import unicodedata

_COMMAND = "/preload "
_BEFORE = 40
_AFTER = 60
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "ˋ", "✅": "✓"})


def underlined(text: str, start: int, end: int) -> str:
    """Two lines for a block of code, escaped: the command, and `^^^^` under `text[start:end]`.

    A long line is cut round the marked part. Beneath a wide (Chinese) character stand wide marks,
    so that the two lines agree in any font.
    """
    start = min(max(start, 0), len(text))
    end = min(max(end, start), len(text))
    first, last = max(0, start - _BEFORE), min(len(text), start + _AFTER)
    left = "…" if first else _COMMAND
    right = "…" if last < len(text) else ""
    before, marked_part = text[first:start], text[start : min(end, last)]
    line = left + "".join(map(_shown, before + text[start:last])) + right
    gap = " " * len(left) + "".join(_mark(character, " ", "　") for character in before)
    marks = "".join(_mark(character, "^", "＾") for character in marked_part) or "^"
    return f"{line.translate(_ESCAPES)}\n{gap}{marks}"


def _shown(character: str) -> str:
    return character if character.isprintable() else " "


def _mark(character: str, narrow: str, wide: str) -> str:
    if unicodedata.combining(character):
        return ""
    return wide if unicodedata.east_asian_width(character) in "WF" else narrow
