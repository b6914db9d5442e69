"""A message as text on a terminal: what the page draws, in a column of lines."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.sandbox.slack.messages import Message

_DATE = re.compile(r"<!date\^(\d+)\^([^^>|]*)(?:\^[^>|]*)?(?:\|([^>]*))?>")
_NAMED = re.compile(r"<[^<>|]+\|([^<>]*)>")
_BARE = re.compile(r"<([^<>|!]+)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def printed(message: Message, *, zone: str) -> str:
    """The message, times in the reader's zone. Controls stand in brackets, menus with a ▾."""
    lines = [line for block in message.all_blocks for line in _block(block, ZoneInfo(zone))]
    lines = lines or message.text.splitlines()
    if message.only_visible_to:
        lines.insert(0, "(only visible to you)")
    return "\n".join(lines)


def _block(block: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    match block["type"]:
        case "divider":
            yield "─" * 60
        case "table":
            yield from _table([[_plain(cell, zone) for cell in row] for row in block["rows"]])
        case "context" | "actions":
            separator = " " if block["type"] == "actions" else " · "
            yield separator.join(_control(one, zone) for one in block["elements"])
        case "rich_text":
            yield from _plain(block, zone).splitlines()
        case _:
            texts = [block.get("text"), *block.get("fields", ())]
            for text in filter(None, texts):
                yield from _text(text, zone).splitlines()


def _control(element: Mapping[str, Any], zone: ZoneInfo) -> str:
    match element["type"]:
        case "button":
            return f"[{_text(element['text'], zone)}]"
        case "static_select":
            return f"[{_text(element['placeholder'], zone)} ▾]"
        case "overflow":
            return f"[⋯ {' · '.join(_text(one['text'], zone) for one in element['options'])}]"
        case _:
            return _text(element, zone)


def _text(text: Mapping[str, Any], zone: ZoneInfo) -> str:
    """A text object: mrkdwn with dates, links and entities as a reader sees them."""
    said = str(text["text"])
    if text["type"] != "mrkdwn":
        return said
    said = _DATE.sub(lambda date: _dated(date, zone), said)
    said = _BARE.sub(r"\1", _NAMED.sub(r"\1", said))
    for entity, character in _ENTITIES:
        said = said.replace(entity, character)
    return said


def _dated(date: re.Match[str], zone: ZoneInfo) -> str:
    at = datetime.fromtimestamp(int(date[1]), zone)
    said = date[2].replace("{time_secs}", f"{at:%H:%M:%S}").replace("{time}", f"{at:%H:%M}")
    return re.sub(r"\{date\w*\}", f"{at:%d %b}", said)


def _plain(part: object, zone: ZoneInfo) -> str:
    """The text inside rich text; sections and list items stand on lines of their own."""
    if not isinstance(part, dict):
        return ""
    if "elements" in part:
        separator = "\n" if part["type"] in {"rich_text", "rich_text_list"} else ""
        return separator.join(_plain(one, zone) for one in part["elements"])
    if part["type"] == "emoji":
        return f":{part['name']}:"
    return str(part.get("text") or part.get("url") or part.get("fallback") or "")


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = (
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("─" * width for width in widths)


def _width(text: str) -> int:
    """How many columns a terminal takes for it."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    flat = sum(unicodedata.combining(character) > 0 or character == "\ufe0f" for character in text)
    return len(text) + wide - flat
