"""Slack's blocks as the bot draws them.

Source: https://docs.slack.dev/reference/block-kit. What is called `mrkdwn` here has its values
escaped already, everything else is literal (see `bot.views.mrkdwn`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.views.limits import Block

_SECTION_CHARS = 3_000


def section(mrkdwn: str, fields: Sequence[str] = (), accessory: Block | None = None) -> Block:
    """A paragraph, beneath it fields in two columns, and beside it a control."""
    block: Block = {"type": "section", "text": _mrkdwn(mrkdwn)}
    if fields:
        block["fields"] = [_mrkdwn(field) for field in fields]
    if accessory is not None:
        block["accessory"] = accessory
    return block


def header(text: str) -> Block:
    """A heading; literal."""
    return {"type": "header", "text": _plain(text)}


def divider() -> Block:
    """A line between what belongs apart."""
    return {"type": "divider"}


def sections(lines: Iterable[str]) -> Iterator[Block]:
    """Lines, in as few paragraphs as take them."""
    waiting: list[str] = []
    for line in lines:
        if sum(map(len, waiting)) + len(waiting) + len(line) > _SECTION_CHARS:
            yield section("\n".join(waiting))
            waiting = []
        waiting.append(line)
    if waiting:
        yield section("\n".join(waiting))


def context(mrkdwn: str) -> Block:
    """A small grey line, or several."""
    return {"type": "context", "elements": [_mrkdwn(mrkdwn)]}


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack makes no links, channels or people of its own out of what stands there
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def table(rows: Iterable[Sequence[str]]) -> Block:
    """A table; its first row is the head.

    The first two columns wrap, so that a phone shows both of them side by side.
    """
    cells = [[{"type": "raw_text", "text": text} for text in row] for row in rows]
    return {"type": "table", "column_settings": [{"is_wrapped": True}] * 2, "rows": cells}


def listing(rows: Iterable[tuple[str, str]]) -> Block:
    """What a table would say where Slack takes none: for each row a bold word, then the rest."""
    elements: list[Block] = []
    for bold, rest in rows:
        elements.append({"type": "text", "text": bold, "style": {"bold": True}})
        elements.append({"type": "text", "text": f" {rest}\n"})
    paragraph = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [paragraph]}


def actions(elements: Sequence[Block]) -> Block:
    """A row of controls."""
    return {"type": "actions", "elements": list(elements)}


def button(action_id: str, text: str, value: str) -> Block:
    """A button; its value comes back with the click."""
    return {"type": "button", "action_id": action_id, "text": _plain(text), "value": value}


def confirmed(button: Block, title: str, text: str, *, yes: str, no: str) -> Block:
    """The button, asking before it does anything: at most 100, 300, 30 and 30 characters."""
    asked = {"title": title, "text": text, "confirm": yes, "deny": no}
    return {**button, "confirm": {name: _plain(words) for name, words in asked.items()}}


def option(text: str, value: str) -> Block:
    """A line of a menu."""
    return {"text": _plain(text), "value": value}


def select(
    action_id: str, placeholder: str, options: list[Block], initial: Block | None = None
) -> Block:
    """A menu; `initial` is one of its options."""
    menu = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": _plain(placeholder),
        "options": options,
    }
    return menu if initial is None else {**menu, "initial_option": initial}


def overflow(action_id: str, options: list[Block]) -> Block:
    """The menu behind the three dots, of at most 5 options."""
    return {"type": "overflow", "action_id": action_id, "options": options}
