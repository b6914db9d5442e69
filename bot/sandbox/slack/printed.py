"""A message, a modal or a Home as text on a terminal: what the page draws, line by line."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from bot.sandbox.slack import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.views import View

_DATE = re.compile(r"<!date\^(\d+)\^([^^>|]*)(?:\^[^>|]*)?(?:\|([^>]*))?>")
_MENTION = re.compile(r"<([#@])([A-Z0-9]+)>")
_NAMED = re.compile(r"<[^<>|]+\|([^<>]*)>")
_BARE = re.compile(r"<([^<>|!]+)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


class _Reader(NamedTuple):
    """Who reads it: their zone, and whether dates are written in Chinese."""

    zone: ZoneInfo
    is_chinese: bool

    def day(self, at: datetime, *, year: bool = False) -> str:
        """`22 Nov 2026`, `2026年11月22日`; without the year unless that is wanted."""
        if self.is_chinese:
            return f"{f'{at.year}年' if year else ''}{at.month}月{at.day}日"
        return f"{at:%d %b %Y}" if year else f"{at:%d %b}"


def printed(message: Message, *, zone: str, locale: str = "en-US") -> str:
    """The message, times in the reader's zone. Controls stand in brackets, menus with a ▾."""
    reader = _Reader(ZoneInfo(zone), locale.startswith("zh"))
    lines = [line for block in message.all_blocks for line in _block(block, reader)]
    lines = lines or message.text.splitlines()
    forwarded = [one.get("text", "") for one in message.attachments if "blocks" not in one]
    lines += [f"│ {line}" for text in forwarded for line in text.splitlines()]
    lines += [line for file in message.files for line in _file(file)]
    if message.only_visible_to:
        lines.insert(0, "(only visible to you)")
    return "\n".join(lines)


def printed_view(view: View, *, zone: str, locale: str = "en-US") -> str:
    """The modal or Home likewise, each field with what stands in it and what is wrong with it."""
    reader = _Reader(ZoneInfo(zone), locale.startswith("zh"))
    lines = [view.title] if view.title else []
    for block in view.blocks:
        if block["type"] == "input":
            lines += _field(block, view, reader)
        else:
            lines += _block(block, reader)
    buttons = [view.given[name] for name in ("submit", "close") if view.given.get(name)]
    lines += [" ".join(f"[{_text(one, reader)}]" for one in buttons)] if buttons else []
    return "\n".join(lines)


def _file(file: Mapping[str, Any]) -> Iterator[str]:
    """The file's name and size, and how it begins if that can be read."""
    yield f"📎 {file['name']} ({file['size']:,} bytes)"
    preview = file["preview"] + "…" * file["preview_is_truncated"]
    yield from (f"  {line}" for line in preview.splitlines())


def _field(block: Mapping[str, Any], view: View, reader: _Reader) -> Iterator[str]:
    state = view.values[block["block_id"]][block["element"]["action_id"]]
    said = " · ".join(_standing(state, reader)) or "-"
    yield from f"{_text(block['label'], reader)}: {said}".splitlines()
    if "hint" in block:
        yield from (f"  {line}" for line in _text(block["hint"], reader).splitlines())
    if block["block_id"] in view.errors:
        yield f"  ❗ {view.errors[block['block_id']]}"


def _standing(state: Mapping[str, Any], reader: _Reader) -> Iterator[str]:
    """What stands in a field: the one of its kinds of value that is there."""
    if state.get("selected_date_time"):
        at = datetime.fromtimestamp(state["selected_date_time"], reader.zone)
        yield f"{reader.day(at, year=True)} {at:%H:%M}"
    for option in [state.get("selected_option"), *state.get("selected_options", ())]:
        if option:
            yield _text(option["text"], reader)
    if place := workspace.channel(state.get("selected_conversation")):
        yield place.name if place.is_im else f"#{place.name}"
    if state.get("value"):
        yield state["value"]


def _block(block: Mapping[str, Any], reader: _Reader) -> Iterator[str]:
    match block["type"]:
        case "divider":
            yield "─" * 60
        case "table":
            yield from _table([[_plain(cell, reader) for cell in row] for row in block["rows"]])
        case "context" | "actions":
            separator = " " if block["type"] == "actions" else " · "
            yield separator.join(_control(one, reader) for one in block["elements"])
        case "rich_text":
            yield from _plain(block, reader).splitlines()
        case _:
            texts = [block.get("text"), *block.get("fields", ())]
            for text in filter(None, texts):
                yield from _text(text, reader).splitlines()
            if "accessory" in block:
                yield _control(block["accessory"], reader)


def _control(element: Mapping[str, Any], reader: _Reader) -> str:
    match element["type"]:
        case "button":
            return f"[{_text(element['text'], reader)}]"
        case "static_select":
            shown = element.get("initial_option", {}).get("text") or element.get("placeholder")
            return f"[{_text(shown, reader)} ▾]" if shown else "[▾]"
        case "overflow":
            return f"[⋯ {' · '.join(_text(one['text'], reader) for one in element['options'])}]"
        case _:
            return _text(element, reader)


def _text(text: Mapping[str, Any], reader: _Reader) -> str:
    """A text object: mrkdwn with dates, links and entities as a reader sees them."""
    said = str(text["text"])
    if text["type"] != "mrkdwn":
        return said
    said = _DATE.sub(lambda date: _dated(date, reader), said)
    said = _MENTION.sub(_called, said)
    said = _BARE.sub(r"\1", _NAMED.sub(r"\1", said))
    for entity, character in _ENTITIES:
        said = said.replace(entity, character)
    return said


def _called(mention: re.Match[str]) -> str:
    """`#live-ops`, `@anna`; whom the workspace does not know by their ID."""
    sign, name = mention.groups()
    found = workspace.channel(name) if sign == "#" else workspace.user(name)
    return f"{sign}{found.name if found else name}"


def _dated(date: re.Match[str], reader: _Reader) -> str:
    at = datetime.fromtimestamp(int(date[1]), reader.zone)
    said = date[2].replace("{time_secs}", f"{at:%H:%M:%S}").replace("{time}", f"{at:%H:%M}")
    return re.sub(r"\{date\w*\}", reader.day(at), said)


def _plain(part: object, reader: _Reader) -> str:
    """The text inside rich text; sections and list items stand on lines of their own."""
    if not isinstance(part, dict):
        return ""
    if "elements" in part:
        separator = "\n" if part["type"] in {"rich_text", "rich_text_list"} else ""
        return separator.join(_plain(one, reader) for one in part["elements"])
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
