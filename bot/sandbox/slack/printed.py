"""A message, a modal or a Home as text on a terminal: what the page draws, line by line."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.sandbox.slack import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.views import View

_DATE = re.compile(r"<!date\^(\d+)\^([^^>|]*)(?:\^[^>|]*)?(?:\|([^>]*))?>")
_NAMED = re.compile(r"<[^<>|]+\|([^<>]*)>")
_BARE = re.compile(r"<([^<>|!]+)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def printed(message: Message, *, zone: str) -> str:
    """The message, times in the reader's zone. Controls stand in brackets, menus with a ▾."""
    lines = [line for block in message.all_blocks for line in _block(block, ZoneInfo(zone))]
    lines = lines or message.text.splitlines()
    forwarded = [one.get("text", "") for one in message.attachments if "blocks" not in one]
    lines += [f"│ {line}" for text in forwarded for line in text.splitlines()]
    lines += [line for file in message.files for line in _file(file)]
    if message.only_visible_to:
        lines.insert(0, "(only visible to you)")
    return "\n".join(lines)


def printed_view(view: View, *, zone: str) -> str:
    """The modal or Home likewise, each field with what stands in it and what is wrong with it."""
    here, lines = ZoneInfo(zone), [view.title] if view.title else []
    for block in view.blocks:
        if block["type"] == "input":
            lines += _field(block, view, here)
        else:
            lines += _block(block, here)
    buttons = [view.given[name] for name in ("submit", "close") if view.given.get(name)]
    lines += [" ".join(f"[{_text(one, here)}]" for one in buttons)] if buttons else []
    return "\n".join(lines)


def _file(file: Mapping[str, Any]) -> Iterator[str]:
    """The file's name and size, and how it begins if that can be read."""
    yield f"📎 {file['name']} ({file['size']:,} bytes)"
    preview = file["preview"] + "…" * file["preview_is_truncated"]
    yield from (f"  {line}" for line in preview.splitlines())


def _field(block: Mapping[str, Any], view: View, zone: ZoneInfo) -> Iterator[str]:
    state = view.values[block["block_id"]][block["element"]["action_id"]]
    said = " · ".join(_standing(state, zone)) or "-"
    yield from f"{_text(block['label'], zone)}: {said}".splitlines()
    if "hint" in block:
        yield from (f"  {line}" for line in _text(block["hint"], zone).splitlines())
    if block["block_id"] in view.errors:
        yield f"  ❗ {view.errors[block['block_id']]}"


def _standing(state: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    """What stands in a field: the one of its kinds of value that is there."""
    if state.get("selected_date_time"):
        yield f"{datetime.fromtimestamp(state['selected_date_time'], zone):%d %b %Y %H:%M}"
    for option in [state.get("selected_option"), *state.get("selected_options", ())]:
        if option:
            yield _text(option["text"], zone)
    if place := workspace.channel(state.get("selected_conversation")):
        yield place.name if place.is_im else f"#{place.name}"
    if state.get("value"):
        yield state["value"]


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
            if "accessory" in block:
                yield _control(block["accessory"], zone)


def _control(element: Mapping[str, Any], zone: ZoneInfo) -> str:
    match element["type"]:
        case "button":
            return f"[{_text(element['text'], zone)}]"
        case "static_select":
            shown = element.get("initial_option", {}).get("text") or element.get("placeholder")
            return f"[{_text(shown, zone)} ▾]" if shown else "[▾]"
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
