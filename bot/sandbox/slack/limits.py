"""Slack's limits: what a message may be, as strict as Slack or a little stricter.

Sources: https://docs.slack.dev/reference/block-kit (blocks, block elements, composition objects),
.../methods/chat.postMessage and .../methods/chat.update. The errors are worded as Slack words
them, with a JSON pointer to the place. Where Slack is silent or vague:

- the sum over a message's blocks is unpublished (`msg_blocks_too_long` is reported from about
  11,000 characters): every string in them counts, and 9,000 is the most;
- a text of nothing but white space is taken for empty, and a menu's values must differ;
- only the blocks and elements that the bot draws are known; others are refused.
"""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.shapes import (
    Check,
    Problem,
    both,
    fewer,
    fields,
    flag,
    items,
    string,
    typed,
    whole,
    word,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POST_TEXT_CHARS = 40_000
UPDATE_TEXT_CHARS = 4_000
BLOCKS = 50
BLOCKS_CHARS = 9_000
TABLE_CHARS = 10_000
ID_CHARS = 255
URL_CHARS = 3_000


def check(message: Mapping[str, Any], *, text_chars: int = POST_TEXT_CHARS) -> list[Problem]:
    """Everything Slack would refuse in `{"text", "blocks", "attachments"}`, the gravest first.

    `text_chars` is 40,000 for a new message and 4,000 for an update.
    """
    text = message.get("text")
    blocks = message.get("blocks") or []
    attachments = message.get("attachments") or []
    problems: list[Problem] = []
    if not isinstance(text, str) or not text.strip():
        problems.append(Problem("no_text", "missing required field: text", "/text"))
    elif len(text) > text_chars:
        problems.append(Problem("msg_too_long", fewer(text_chars), "/text"))
    problems += items(_block, least=0, most=BLOCKS)(blocks, "/blocks")
    problems += _attachments(attachments, "/attachments")
    known = [*dicts(blocks), *(b for a in dicts(attachments) for b in dicts(a.get("blocks")))]
    problems += across(known)
    if sum(map(len, _strings(known))) > BLOCKS_CHARS:
        problems.append(Problem("msg_blocks_too_long", "", "/blocks"))
    return problems


def across(blocks: list[dict[str, Any]]) -> Iterator[Problem]:
    """What holds between the blocks of a message."""
    for block_id in repeated(block.get("block_id") for block in blocks):
        yield wrong(f'`block_id` "{block_id}" already exists', "/blocks")
    for block in blocks:
        for action_id in repeated(one.get("action_id") for one in dicts(block.get("elements"))):
            yield wrong(f'`action_id` "{action_id}" already exists', "/blocks")
    tables = [block for block in blocks if block.get("type") == "table"]
    if len(tables) > 1:
        yield wrong("only one table is allowed", "/blocks")
    if sum(map(_cells_chars, tables)) > TABLE_CHARS:
        yield wrong(f"no more than {TABLE_CHARS} characters allowed in a table", "/blocks")


def repeated(values: Iterator[Any]) -> list[str]:
    """The strings that stand there more than once."""
    counts = Counter(value for value in values if isinstance(value, str))
    return [value for value, count in counts.items() if count > 1]


def _cells_chars(table: dict[str, Any]) -> int:
    rows = [row for row in _list(table.get("rows")) if isinstance(row, list)]
    return sum(len(text) for text in _strings(rows, only="text"))


def _strings(part: object, only: str | None = None, key: str = "") -> Iterator[str]:
    """Every string in it; with `only`, those of that field."""
    if isinstance(part, str) and only in {None, key}:
        yield part
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from _strings(value, only, name)
    elif isinstance(part, list):
        for value in part:
            yield from _strings(value, only, key)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def dicts(value: object) -> list[dict[str, Any]]:
    """The objects in a list; none where it is no list."""
    return [one for one in _list(value) if isinstance(one, dict)]


# The table: composition objects.


NAME = string(ID_CHARS)


def plain(most: int) -> Check:
    """A plain text object of at most so many characters."""
    return typed({"plain_text": fields({"text": string(most)}, {"emoji": flag})})


def _text(most: int) -> Check:
    mrkdwn = fields({"text": string(most)}, {"verbatim": flag})
    plain = fields({"text": string(most)}, {"emoji": flag})
    return typed({"mrkdwn": mrkdwn, "plain_text": plain})


CONFIRM = fields(
    {"title": plain(100), "text": _text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": word("primary", "danger")},
)
OPTION = fields({"text": plain(75), "value": string(150)}, {"description": plain(75)})


# Elements.


def menu(menu: dict[str, Any], where: str) -> Iterator[Problem]:
    """The initial option is one of the options, and each value stands once."""
    options = dicts(menu.get("options"))
    if "initial_option" in menu and menu["initial_option"] not in options:
        yield wrong("initial_option is not among the options", f"{where}/initial_option")
    for value in repeated(option.get("value") for option in options):
        yield wrong(f'option value "{value}" is repeated', where)


_BUTTON = fields(
    {"text": plain(75)},
    {
        "action_id": NAME,
        "value": string(2_000),
        "url": string(URL_CHARS),
        "style": word("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
SELECT = both(
    fields(
        {"options": items(OPTION, most=100)},
        {
            "placeholder": plain(150),
            "action_id": NAME,
            "initial_option": OPTION,
            "confirm": CONFIRM,
            "focus_on_load": flag,
        },
    ),
    menu,
)
_OVERFLOW = fields({"options": items(OPTION, most=5)}, {"action_id": NAME, "confirm": CONFIRM})
_CONTROL = typed({"button": _BUTTON, "static_select": SELECT, "overflow": _OVERFLOW})


# Rich text.

_STYLE = fields({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), flag))
_STYLED = {"style": _STYLE}
_ANY = string(POST_TEXT_CHARS, blank=True)
_INLINE = {
    "text": fields({"text": _ANY}, _STYLED),
    "link": fields({"url": string(URL_CHARS)}, {"text": _ANY, "unsafe": flag, **_STYLED}),
    "emoji": fields({"name": NAME}, {"unicode": NAME, "skin_tone": whole(1, 6)}),
    "user": fields({"user_id": NAME}, _STYLED),
    "usergroup": fields({"usergroup_id": NAME}, _STYLED),
    "channel": fields({"channel_id": NAME}, _STYLED),
    "broadcast": fields({"range": word("here", "channel", "everyone")}, _STYLED),
    "date": fields(
        {"timestamp": whole(0, 1 << 40), "format": NAME},
        {"url": string(URL_CHARS), "fallback": _ANY},
    ),
}
_LINES = items(typed(_INLINE), least=0, most=1_000)
_LITERAL = items(typed({name: _INLINE[name] for name in ("text", "link")}), least=0, most=1_000)
_BORDER = {"border": whole(0, 1)}
_SECTION_TEXT = fields({"elements": _LINES})
_RICH = {
    "rich_text_section": _SECTION_TEXT,
    "rich_text_quote": fields({"elements": _LINES}, _BORDER),
    "rich_text_preformatted": fields({"elements": _LITERAL}, {**_BORDER, "language": NAME}),
    "rich_text_list": fields(
        {
            "style": word("bullet", "ordered"),
            "elements": items(typed({"rich_text_section": _SECTION_TEXT}), most=1_000),
        },
        {**_BORDER, "indent": whole(0, 8), "offset": whole(0, 1 << 20)},
    ),
}
_PARAGRAPHS = items(typed(_RICH), most=1_000)


def _not_empty(cell: dict[str, Any], where: str) -> Iterator[Problem]:
    inline = [one for part in dicts(cell.get("elements")) for one in dicts(part.get("elements"))]
    if not any(str(one.get("text", one["type"])).strip() for one in inline if "type" in one):
        yield wrong("must be more than 0 characters", where)


# Blocks.

BLOCK_ID = {"block_id": NAME}
_CELL = typed(
    {
        "raw_text": fields({"text": string(TABLE_CHARS)}),
        "rich_text": both(fields({"elements": _PARAGRAPHS}, BLOCK_ID), _not_empty),
    }
)
_COLUMN = fields({}, {"align": word("left", "center", "right"), "is_wrapped": flag})


def _says_something(section: dict[str, Any], where: str) -> Iterator[Problem]:
    if "text" not in section and "fields" not in section:
        yield wrong("missing required field: text", where)


SHOWN: Mapping[str, Check] = MappingProxyType(
    {
        "section": both(
            fields(
                {},
                {
                    "text": _text(3_000),
                    "fields": items(_text(2_000), most=10),
                    "accessory": _CONTROL,
                    "expand": flag,
                    **BLOCK_ID,
                },
            ),
            _says_something,
        ),
        "header": fields({"text": plain(150)}, BLOCK_ID),
        "divider": fields({}, BLOCK_ID),
        "context": fields({"elements": items(_text(3_000), most=10)}, BLOCK_ID),
        "actions": fields({"elements": items(_CONTROL, most=25)}, BLOCK_ID),
        "rich_text": fields({"elements": _PARAGRAPHS}, BLOCK_ID),
        "table": fields(
            {"rows": items(items(_CELL, most=20), most=100)},
            {"column_settings": items(_COLUMN, most=20), **BLOCK_ID},
        ),
    }
)
"""The blocks that show something, by type."""
_block = typed(SHOWN)
_attachments = items(
    fields(
        {},
        {
            "blocks": items(_block, most=BLOCKS),
            "fallback": string(POST_TEXT_CHARS),
            "color": string(7),
        },
    ),
    least=0,
    most=100,
)
