"""Slack's limits of modals and Homes, as `limits` has those of messages.

Sources: https://docs.slack.dev/reference/views and .../reference/block-kit/blocks/input-block, with
the elements that go into one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.elements import TYPED_CHARS
from bot.sandbox.slack.limits import (
    BLOCK_ID,
    CONFIRM,
    NAME,
    OPTION,
    SELECT,
    SHOWN,
    URL_CHARS,
    across,
    dicts,
    menu,
    plain,
    repeated,
)
from bot.sandbox.slack.shapes import (
    Check,
    Problem,
    both,
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

BLOCKS = 100
METADATA_CHARS = 3_000
MOMENTS_S = (1_000_000_000, 9_999_999_999)
"""What a datetime picker takes: Unix seconds of ten digits."""

_ACTION = {"action_id": NAME}
_ASKED = {**_ACTION, "placeholder": plain(150), "focus_on_load": flag}


def check_view(view: Mapping[str, Any]) -> list[Problem]:
    """Everything Slack would refuse in a view."""
    problems = list(_view(dict(view), ""))
    blocks = dicts(view.get("blocks"))
    problems += across(blocks)
    inputs = (block["element"] for block in blocks if isinstance(block.get("element"), dict))
    for action_id in repeated(one.get("action_id") for one in inputs):
        problems.append(wrong(f'`action_id` "{action_id}" already exists', "/blocks"))
    has_input = any(block.get("type") == "input" for block in blocks)
    if view.get("type") == "modal" and has_input and "submit" not in view:
        problems.append(wrong("missing required field: submit", "/submit"))
    return problems


def check_options(answer: Mapping[str, Any]) -> list[Problem]:
    """Everything Slack would refuse in the answer to what a person types into a menu."""
    return list((_GROUPS if "option_groups" in answer else _OFFERED)(answer, ""))


def _typing(element: dict[str, Any], where: str) -> Iterator[Problem]:
    """What stands there at first fits."""
    value, most = element.get("initial_value"), element.get("max_length", TYPED_CHARS)
    if isinstance(value, str) and isinstance(most, int) and len(value) > most:
        yield wrong(f"must be less than {most + 1} characters", f"{where}/initial_value")
    if isinstance(value, str) and "\n" in value and not element.get("multiline"):
        yield wrong("must be a single line", f"{where}/initial_value")


_OFFERED = fields({"options": items(OPTION, least=0, most=100)})
_GROUP = fields({"label": plain(75), "options": items(OPTION, most=100)})
_GROUPS = fields({"option_groups": items(_GROUP, least=0, most=100)})
_OPTIONS = {"options": items(OPTION, most=10)}
_INPUTS: dict[str, Check] = {
    "plain_text_input": both(
        fields(
            {},
            {
                **_ASKED,
                "initial_value": string(TYPED_CHARS, blank=True),
                "multiline": flag,
                "min_length": whole(0, TYPED_CHARS),
                "max_length": whole(1, TYPED_CHARS),
            },
        ),
        _typing,
    ),
    "static_select": SELECT,
    "external_select": fields(
        {},
        {
            **_ASKED,
            "initial_option": OPTION,
            "min_query_length": whole(0, 1 << 20),
            "confirm": CONFIRM,
        },
    ),
    "conversations_select": fields(
        {},
        {
            **_ASKED,
            "initial_conversation": NAME,
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": fields(
                {},
                {
                    "include": items(word("im", "mpim", "private", "public"), most=4),
                    "exclude_bot_users": flag,
                    "exclude_external_shared_channels": flag,
                },
            ),
        },
    ),
    "datetimepicker": fields(
        {}, {**_ACTION, "initial_date_time": whole(*MOMENTS_S), "focus_on_load": flag}
    ),
    "radio_buttons": both(
        fields(_OPTIONS, {**_ACTION, "initial_option": OPTION, "focus_on_load": flag}), menu
    ),
    "checkboxes": fields(
        _OPTIONS,
        {**_ACTION, "initial_options": items(OPTION, most=10), "focus_on_load": flag},
    ),
}
_BLOCKS = {
    **{kind: check for kind, check in SHOWN.items() if kind != "table"},
    "input": fields(
        {"label": plain(2_000), "element": typed(_INPUTS)},
        {"hint": plain(2_000), "optional": flag, "dispatch_action": flag, **BLOCK_ID},
    ),
}
_NAMED = {
    "callback_id": NAME,
    "private_metadata": string(METADATA_CHARS, blank=True),
    "external_id": string(URL_CHARS),
}
_view = typed(
    {
        "modal": fields(
            {"title": plain(24), "blocks": items(typed(_BLOCKS), most=BLOCKS)},
            {
                "submit": plain(24),
                "close": plain(24),
                "clear_on_close": flag,
                "notify_on_close": flag,
                **_NAMED,
            },
        ),
        "home": fields({"blocks": items(typed(_BLOCKS), most=BLOCKS)}, _NAMED),
    }
)
