"""Slack's limits: what a message may be, as strict as Slack or a little stricter.

Sources: https://docs.slack.dev/reference/block-kit (blocks, block elements, composition objects),
.../methods/chat.postMessage and .../methods/chat.update. The errors are worded as Slack words
them, with a JSON pointer to the place. Where Slack is silent or vague:

- the sum over a message's blocks is unpublished (`msg_blocks_too_long` is reported from about
  11,000 characters): every string in them counts, and 9,000 is the most;
- a text of nothing but white space is taken for empty;
- only the blocks and elements that the bot draws are known; others are refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

POST_TEXT_CHARS = 40_000
UPDATE_TEXT_CHARS = 4_000
BLOCKS = 50
BLOCKS_CHARS = 9_000
TABLE_CHARS = 10_000
ID_CHARS = 255
URL_CHARS = 3_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Why Slack refuses a message.

    Attributes:
        error: Slack's error, such as `invalid_blocks`.
        what: what is wrong, in Slack's words; "" where the error says it all.
        where: a JSON pointer into the message.
    """

    error: str
    what: str = ""
    where: str = ""

    def __str__(self) -> str:
        return f"[ERROR] {self.what or self.error} [json-pointer:{self.where}]"


Check: TypeAlias = Callable[[Any, str], Iterator[Problem]]


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
        problems.append(Problem("msg_too_long", _fewer(text_chars), "/text"))
    problems += check_blocks(blocks, "/blocks")
    problems += _attachments(attachments, "/attachments")
    known = [*_dicts(blocks), *(b for a in _dicts(attachments) for b in _dicts(a.get("blocks")))]
    problems += _across(known)
    if sum(map(len, _strings(known))) > BLOCKS_CHARS:
        problems.append(Problem("msg_blocks_too_long", "", "/blocks"))
    return problems


def check_blocks(blocks: object, where: str) -> list[Problem]:
    """What is wrong with a list of blocks, each taken by itself."""
    problems = list(_items(_block, least=0, most=BLOCKS)(blocks, where))
    for place, block in enumerate(_dicts(blocks)):
        problems += _action_ids(block, f"{where}/{place}")
    return problems


def _across(blocks: list[dict[str, Any]]) -> Iterator[Problem]:
    """What holds between the blocks of a message."""
    for block_id in _repeated(block.get("block_id") for block in blocks):
        yield _wrong(f'`block_id` "{block_id}" already exists', "/blocks")
    tables = [block for block in blocks if block.get("type") == "table"]
    if len(tables) > 1:
        yield _wrong("only one table is allowed", "/blocks")
    if sum(map(_cells_chars, tables)) > TABLE_CHARS:
        yield _wrong(f"no more than {TABLE_CHARS} characters allowed in a table", "/blocks")


def _action_ids(block: dict[str, Any], where: str) -> Iterator[Problem]:
    elements = _dicts(block.get("elements")) if block.get("type") == "actions" else []
    for action_id in _repeated(element.get("action_id") for element in elements):
        yield _wrong(f'`action_id` "{action_id}" already exists', f"{where}/elements")


def _repeated(values: Iterator[Any]) -> list[str]:
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


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _wrong(what: str, where: str) -> Problem:
    return Problem("invalid_blocks", what, where)


def _fewer(most: int) -> str:
    return f"must be less than {most + 1} characters"


# What a value may be. Each of these makes a check: (value, place) → what is wrong.


def _string(most: int, *, blank: bool = False) -> Check:
    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield _wrong("must be a string", where)
        elif not value or not (blank or value.strip()):
            yield _wrong("must be more than 0 characters", where)
        elif len(value) > most:
            yield _wrong(_fewer(most), where)

    return checked


def _whole(least: int, most: int) -> Check:
    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield _wrong(f"must be an integer from {least} to {most}", where)

    return checked


def _flag(value: object, where: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield _wrong("must be a boolean", where)


def _word(*allowed: str) -> Check:
    def checked(value: object, where: str) -> Iterator[Problem]:
        if value not in allowed:
            yield _wrong(f"must be one of: {', '.join(allowed)}", where)

    return checked


def _items(of: Check, *, least: int = 1, most: int) -> Check:
    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _wrong("must be an array", where)
            return
        if len(value) < least:
            yield _wrong(f"no fewer than {least} items allowed", where)
        if len(value) > most:
            yield _wrong(f"no more than {most} items allowed", where)
        for place, item in enumerate(value):
            yield from of(item, f"{where}/{place}")

    return checked


def _fields(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    known = {**(optional or {}), **required, "type": _anything}

    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _wrong("must provide an object", where)
            return
        for name in required:
            if name not in value:
                yield _wrong(f"missing required field: {name}", where)
        for name, part in value.items():
            if name in known:
                yield from known[name](part, f"{where}/{name}")
            else:
                yield _wrong(f"invalid additional property: {name}", where)

    return checked


def _typed(kinds: Mapping[str, Check]) -> Check:
    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _wrong("must provide an object", where)
        elif "type" not in value:
            yield _wrong("missing required field: type", where)
        elif value["type"] not in kinds:
            yield _wrong(f"unsupported type: {value['type']}", f"{where}/type")
        else:
            yield from kinds[value["type"]](value, where)

    return checked


def _both(first: Check, second: Check) -> Check:
    def checked(value: object, where: str) -> Iterator[Problem]:
        yield from first(value, where)
        if isinstance(value, dict):
            yield from second(value, where)

    return checked


def _anything(_value: object, _where: str) -> Iterator[Problem]:
    return iter(())


# Composition objects.

_ID = _string(ID_CHARS)


def _plain(most: int) -> Check:
    return _typed({"plain_text": _fields({"text": _string(most)}, {"emoji": _flag})})


def _text(most: int) -> Check:
    mrkdwn = _fields({"text": _string(most)}, {"verbatim": _flag})
    plain = _fields({"text": _string(most)}, {"emoji": _flag})
    return _typed({"mrkdwn": mrkdwn, "plain_text": plain})


_CONFIRM = _fields(
    {"title": _plain(100), "text": _text(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": _word("primary", "danger")},
)
_OPTION = _fields({"text": _plain(75), "value": _string(150)}, {"description": _plain(75)})
_GROUP = _fields({"label": _plain(75), "options": _items(_OPTION, most=100)})


# Elements.


def _menu(menu: dict[str, Any], where: str) -> Iterator[Problem]:
    """Either options or groups of them, the initial one among them, each value once."""
    if ("options" in menu) == ("option_groups" in menu):
        yield _wrong("exactly one of options and option_groups is required", where)
    groups = _dicts(menu.get("option_groups"))
    options = [*_dicts(menu.get("options")), *(o for g in groups for o in _dicts(g.get("options")))]
    if "initial_option" in menu and menu["initial_option"] not in options:
        yield _wrong("initial_option is not among the options", f"{where}/initial_option")
    for value in _repeated(option.get("value") for option in options):
        yield _wrong(f'option value "{value}" is repeated', where)


_BUTTON = _fields(
    {"text": _plain(75)},
    {
        "action_id": _ID,
        "value": _string(2_000),
        "url": _string(URL_CHARS),
        "style": _word("primary", "danger"),
        "confirm": _CONFIRM,
        "accessibility_label": _string(75),
    },
)
_SELECT = _both(
    _fields(
        {},
        {
            "placeholder": _plain(150),
            "action_id": _ID,
            "options": _items(_OPTION, most=100),
            "option_groups": _items(_GROUP, most=100),
            "initial_option": _OPTION,
            "confirm": _CONFIRM,
            "focus_on_load": _flag,
        },
    ),
    _menu,
)
_OVERFLOW = _fields({"options": _items(_OPTION, most=5)}, {"action_id": _ID, "confirm": _CONFIRM})
_CONTROL = _typed({"button": _BUTTON, "static_select": _SELECT, "overflow": _OVERFLOW})


# Rich text.

_STYLE = _fields({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), _flag))
_STYLED = {"style": _STYLE}
_ANY = _string(POST_TEXT_CHARS, blank=True)
_INLINE = {
    "text": _fields({"text": _ANY}, _STYLED),
    "link": _fields({"url": _string(URL_CHARS)}, {"text": _ANY, "unsafe": _flag, **_STYLED}),
    "emoji": _fields({"name": _ID}, {"unicode": _ID, "skin_tone": _whole(1, 6)}),
    "user": _fields({"user_id": _ID}, _STYLED),
    "usergroup": _fields({"usergroup_id": _ID}, _STYLED),
    "channel": _fields({"channel_id": _ID}, _STYLED),
    "broadcast": _fields({"range": _word("here", "channel", "everyone")}, _STYLED),
    "date": _fields(
        {"timestamp": _whole(0, 1 << 40), "format": _ID},
        {"url": _string(URL_CHARS), "fallback": _ANY},
    ),
}
_LINES = _items(_typed(_INLINE), least=0, most=1_000)
_LITERAL = _items(_typed({name: _INLINE[name] for name in ("text", "link")}), least=0, most=1_000)
_BORDER = {"border": _whole(0, 1)}
_SECTION_TEXT = _fields({"elements": _LINES})
_RICH = {
    "rich_text_section": _SECTION_TEXT,
    "rich_text_quote": _fields({"elements": _LINES}, _BORDER),
    "rich_text_preformatted": _fields({"elements": _LITERAL}, {**_BORDER, "language": _ID}),
    "rich_text_list": _fields(
        {
            "style": _word("bullet", "ordered"),
            "elements": _items(_typed({"rich_text_section": _SECTION_TEXT}), most=1_000),
        },
        {**_BORDER, "indent": _whole(0, 8), "offset": _whole(0, 1 << 20)},
    ),
}
_PARAGRAPHS = _items(_typed(_RICH), most=1_000)


def _not_empty(cell: dict[str, Any], where: str) -> Iterator[Problem]:
    inline = [one for part in _dicts(cell.get("elements")) for one in _dicts(part.get("elements"))]
    if not any(str(one.get("text", one["type"])).strip() for one in inline if "type" in one):
        yield _wrong("must be more than 0 characters", where)


# Blocks.

_BLOCK_ID = {"block_id": _ID}
_CELL = _typed(
    {
        "raw_text": _fields({"text": _string(TABLE_CHARS)}),
        "rich_text": _both(_fields({"elements": _PARAGRAPHS}, _BLOCK_ID), _not_empty),
    }
)
_COLUMN = _fields({}, {"align": _word("left", "center", "right"), "is_wrapped": _flag})


def _says_something(section: dict[str, Any], where: str) -> Iterator[Problem]:
    if "text" not in section and "fields" not in section:
        yield _wrong("missing required field: text", where)


_block = _typed(
    {
        "section": _both(
            _fields(
                {},
                {
                    "text": _text(3_000),
                    "fields": _items(_text(2_000), most=10),
                    "accessory": _CONTROL,
                    "expand": _flag,
                    **_BLOCK_ID,
                },
            ),
            _says_something,
        ),
        "header": _fields({"text": _plain(150)}, _BLOCK_ID),
        "divider": _fields({}, _BLOCK_ID),
        "context": _fields({"elements": _items(_text(3_000), most=10)}, _BLOCK_ID),
        "actions": _fields({"elements": _items(_CONTROL, most=25)}, _BLOCK_ID),
        "rich_text": _fields({"elements": _PARAGRAPHS}, _BLOCK_ID),
        "table": _fields(
            {"rows": _items(_items(_CELL, most=20), most=100)},
            {"column_settings": _items(_COLUMN, most=20), **_BLOCK_ID},
        ),
    }
)
_attachments = _items(
    _fields(
        {},
        {
            "blocks": _items(_block, most=BLOCKS),
            "fallback": _string(POST_TEXT_CHARS),
            "color": _string(7),
        },
    ),
    least=0,
    most=100,
)
