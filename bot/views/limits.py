"""Slack's numbers, and the fitting to them.

Sources: https://docs.slack.dev/reference/block-kit, .../reference/views/modal-views and
.../methods/chat.update. The limit on the sum over a message's blocks (`msg_blocks_too_long`) is
unpublished: reported failing from about 11,000 characters of text, containers counting too. Here
every string counts, types and values as well (`weight`), and 9,000 is the most.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from bot.views.mrkdwn import NOTHING, clipped
from bot.views.refs import BUTTON_VALUE_CHARS, OPTION_VALUE_CHARS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.asks import Ask

Block: TypeAlias = dict[str, Any]
"""A block, or a part of one, as Slack takes it: the border to Slack's JSON."""

BLOCKS = 50
MESSAGE_WEIGHT = 9_000
MESSAGE_TEXT_CHARS = 4_000
"""What chat.update takes; chat.postMessage takes ten times as much."""
SECTION_CHARS = 3_000
FIELDS = 10
FIELD_CHARS = 2_000
HEADER_CHARS = 150
CONTEXT_ELEMENTS = 10
CONTEXT_CHARS = 2_000
ACTIONS = 25
BUTTON_CHARS = 75
OPTIONS = 100
OVERFLOW_OPTIONS = 5
OPTION_CHARS = 75
PLACEHOLDER_CHARS = 150
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARS = 10_000
TABLE_CELL_CHARS = 1_000
VIEW_BLOCKS = 100
VIEW_TITLE_CHARS = 24
"""Its buttons' words take no more either."""
LABEL_CHARS = 2_000
"""Of an input, and its hint likewise."""
INPUT_CHARS = 3_000
PICKED_S = range(10**9, 10**10)
"""The moments that a picker can be set to, in Unix seconds: of ten digits."""

_CUT_MARKUP = re.compile(r"(?:<[^<>]*|&[a-z]*)(…)$")


@dataclass(frozen=True)
class Message:
    """What is sent to Slack.

    Attributes:
        text: a summary of one or two sentences: what screen readers read and phones notify.
        blocks: what is drawn; empty where the text is all.
        asks: the questions that the controls name by key (`Ask.key`): to be stored before the
            message is sent.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    asks: tuple[Ask, ...] = ()

    @cached_property
    def blocks_json(self) -> bytes:
        """The blocks as they are sent, written once however many are sent them.

        Half a surrogate pair, which UTF-8 does not know, stands there as an escape.
        """
        try:
            return msgspec.json.encode(self.blocks)
        except UnicodeEncodeError:
            return json.dumps(self.blocks).encode()


def fitted(message: Message) -> Message:
    """The message within Slack's limits: long texts cut, what cannot be cut left out.

    A view that has more to say than fits cuts its own rows first, and says so; this is the net.
    """
    blocks: list[Block] = []
    left = MESSAGE_WEIGHT
    for block in message.blocks:
        fitting = _FITTING.get(block["type"], _as_it_is)(block)
        if fitting is None:
            continue
        left -= weight(fitting)
        if left < 0 or len(blocks) == BLOCKS:
            break
        blocks.append(fitting)
    text = _cut(message.text, MESSAGE_TEXT_CHARS).strip() or NOTHING
    return replace(message, text=text, blocks=tuple(blocks))


def fitted_view(blocks: Iterable[Block]) -> list[Block]:
    """As many blocks as a view takes, each within Slack's limits: as `fitted`, the net."""
    fitting = (_FITTING.get(block["type"], _as_it_is)(block) for block in blocks)
    return list(islice((block for block in fitting if block is not None), VIEW_BLOCKS))


def weight(part: object) -> int:
    """What a block, or several, count towards `MESSAGE_WEIGHT`: every string in them."""
    total, waiting = 0, [part]
    while waiting:
        this = waiting.pop()
        if isinstance(this, str):
            total += len(this)
        elif isinstance(this, dict):
            waiting += this.values()
        elif isinstance(this, list | tuple):
            waiting += this
    return total


def _cut(text: str, limit: int) -> str:
    """Mrkdwn cut at its end, never inside an escape or a `<…>`."""
    return text if len(text) <= limit else _CUT_MARKUP.sub(r"\1", clipped(text, limit))


def _text(part: Block, limit: int) -> Block | None:
    """A text object within `limit`; None if it says nothing."""
    text = part["text"]
    if not text.strip():
        return None
    if len(text) <= limit:
        return part
    cut = _cut(text, limit) if part["type"] == "mrkdwn" else clipped(text, limit)
    return {**part, "text": cut}


def _as_it_is(block: Block) -> Block:
    return block


def _section(block: Block) -> Block | None:
    fitting = dict(block)
    text = _text(block["text"], SECTION_CHARS) if "text" in block else None
    fields = [_text(part, FIELD_CHARS) for part in block.get("fields", [])[:FIELDS]]
    fitting |= {"text": text, "fields": [part for part in fields if part]}
    fitting = {key: value for key, value in fitting.items() if value}
    return fitting if "text" in fitting or "fields" in fitting else None


def _header(block: Block) -> Block | None:
    text = _text(block["text"], HEADER_CHARS)
    return {**block, "text": text} if text else None


def _context(block: Block) -> Block | None:
    parts = [_text(part, CONTEXT_CHARS) for part in block["elements"][:CONTEXT_ELEMENTS]]
    kept = [part for part in parts if part]
    return {**block, "elements": kept} if kept else None


def _actions(block: Block) -> Block | None:
    parts = [_CONTROLS[part["type"]](part) for part in block["elements"][:ACTIONS]]
    kept = [part for part in parts if part]
    return {**block, "elements": kept} if kept else None


def _button(part: Block) -> Block | None:
    """A button; None if its value is too long: half a reference would lead elsewhere."""
    text = _text(part["text"], BUTTON_CHARS)
    if text is None or not _is_value(part["value"], BUTTON_VALUE_CHARS):
        return None
    return {**part, "text": text}


def _select(part: Block) -> Block | None:
    options = _options(part, OPTIONS)
    if not options:
        return None
    fitting = {**part, "options": options}
    if part.get("initial_option") not in options:
        fitting.pop("initial_option", None)
    placeholder = _text(part["placeholder"], PLACEHOLDER_CHARS)
    return {**fitting, "placeholder": placeholder} if placeholder else None


def _overflow(part: Block) -> Block | None:
    options = _options(part, OVERFLOW_OPTIONS)
    return {**part, "options": options} if options else None


def _options(part: Block, count: int) -> list[Block]:
    """The options that fit; of those with the same value the first."""
    options: dict[str, Block] = {}
    for option in part["options"]:
        text, value = _text(option["text"], OPTION_CHARS), option["value"]
        if text is not None and _is_value(value, OPTION_VALUE_CHARS):
            options.setdefault(value, {**option, "text": text})
    return list(options.values())[:count]


def _is_value(value: str, limit: int) -> bool:
    return len(value) <= limit and bool(value.strip())


def _table(block: Block) -> Block | None:
    """A table with as many of its rows as its 10,000 characters take."""
    rows: list[list[Block]] = []
    left = TABLE_CHARS
    for row in block["rows"][:TABLE_ROWS]:
        cells = [_cell(cell) for cell in row[:TABLE_COLUMNS]]
        left -= sum(len(cell.get("text", "")) for cell in cells)
        if left < 0:
            break
        rows.append(cells)
    return {**block, "rows": rows} if rows else None


def _cell(cell: Block) -> Block:
    return _text(cell, TABLE_CELL_CHARS) or {**cell, "text": NOTHING}


_FITTING = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "table": _table,
}
_CONTROLS = {"button": _button, "static_select": _select, "overflow": _overflow}
