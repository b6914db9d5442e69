"""Slack's blocks as the bot draws them.

Source: https://docs.slack.dev/reference/block-kit. What is called `mrkdwn` here has its values
escaped already, everything else is literal (see `bot.views.mrkdwn`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.views.limits import Block


def section(mrkdwn: str, fields: Sequence[str] = ()) -> Block:
    """A paragraph, and beneath it fields in two columns."""
    block: Block = {"type": "section", "text": _mrkdwn(mrkdwn)}
    if fields:
        block["fields"] = [_mrkdwn(field) for field in fields]
    return block


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
