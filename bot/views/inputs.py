"""The inputs of a form as the bot draws them, each fitted to Slack's limits.

Source: https://docs.slack.dev/reference/block-kit/blocks/input-block and .../block-elements. What
stands in them is literal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import blocks
from bot.views.limits import INPUT_CHARS, LABEL_CHARS, OPTION_CHARS, OPTIONS, PICKED_S
from bot.views.mrkdwn import clipped, plain
from bot.views.refs import OPTION_VALUE_CHARS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.views.limits import Block


def field(
    name: str, label: str, element: Block, hint: str = "", *, is_optional: bool = False
) -> Block:
    """A labelled input; its block and its element are both called `name`."""
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "element": {**element, "action_id": name},
        "optional": is_optional,
    }
    return {**block, "hint": _plain(clipped(hint, LABEL_CHARS))} if hint else block


def text(value: str, placeholder: str, *, is_long: bool = False) -> Block:
    """A line to type, or several."""
    element: Block = {
        "type": "plain_text_input",
        "multiline": is_long,
        "max_length": INPUT_CHARS,
        "placeholder": _plain(placeholder),
    }
    fitting = value[:INPUT_CHARS] if is_long else clipped(" ".join(value.split()), INPUT_CHARS)
    return {**element, "initial_value": fitting} if fitting.strip() else element


def menu(options: Sequence[Block], chosen: str) -> Block:
    """A menu of which one option is always chosen."""
    initial = next((one for one in options if one["value"] == chosen), options[0])
    return {"type": "static_select", "options": list(options), "initial_option": initial}


def radio(options: Sequence[Block], chosen: str) -> Block:
    """The same, with all options in sight."""
    return {**menu(options, chosen), "type": "radio_buttons"}


def searched(placeholder: str, chosen: str) -> Block:
    """A menu whose options are asked for as one types (`choices`)."""
    element: Block = {
        "type": "external_select",
        "min_query_length": 0,
        "placeholder": _plain(placeholder),
    }
    initial = choices([chosen])
    return {**element, "initial_option": initial[0]} if initial else element


def choices(values: Iterable[str]) -> list[Block]:
    """Options that say what they stand for, as many as a menu takes; too long ones left out."""
    fitting = (value for value in values if value.strip() and len(value) <= OPTION_VALUE_CHARS)
    return [blocks.option(plain(value, OPTION_CHARS), value) for value in fitting][:OPTIONS]


def moment(chosen: datetime | None) -> Block:
    """A day and a time to the minute, in the zone that Slack is set to."""
    element: Block = {"type": "datetimepicker"}
    at_s = 0 if chosen is None else int(chosen.timestamp()) // 60 * 60
    return {**element, "initial_date_time": at_s} if at_s in PICKED_S else element


def conversation(chosen: str) -> Block:
    """A channel or direct messages, where an answer goes: "" is the one that is looked at."""
    element: Block = {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "response_url_enabled": True,
    }
    return {**element, "initial_conversation": chosen} if chosen else element


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
