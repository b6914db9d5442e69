"""The local Slack's limits of modals and Homes: accepted at the bound, refused one past it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.views import View

from bot.sandbox.slack.view_limits import check_options, check_view

if TYPE_CHECKING:
    from collections.abc import Callable

Part = dict[str, Any]
DIVIDER = {"type": "divider"}


def plain(length: int) -> Part:
    return {"type": "plain_text", "text": "x" * length}


def options(count: int) -> list[Part]:
    return [{"text": plain(1), "value": str(place)} for place in range(count)]


def typing(**more: object) -> Part:
    return {"type": "plain_text_input", "action_id": "a", **more}


def picking(kind: str, **more: object) -> Part:
    return {"type": kind, "action_id": "a", **more}


def field(element: Part, **more: object) -> Part:
    return {"type": "input", "label": plain(1), "element": element, **more}


def modal(*blocks: Part, **more: object) -> Part:
    words = {"title": plain(1), "submit": plain(1)}
    return {"type": "modal", **words, "blocks": list(blocks or [DIVIDER]), **more}


def home(*blocks: Part, **more: object) -> Part:
    return {"type": "home", "blocks": list(blocks or [DIVIDER]), **more}


def problems(view: Part) -> list[str]:
    return [str(one) for one in check_view(view)]


BOUNDS: dict[str, tuple[Callable[[int], Part], int, str]] = {
    "modal blocks": (lambda n: modal(*[DIVIDER] * n), 100, "/blocks"),
    "home blocks": (lambda n: home(*[DIVIDER] * n), 100, "/blocks"),
    "title": (lambda n: modal(title=plain(n)), 24, "/title/text"),
    "submit": (lambda n: modal(submit=plain(n)), 24, "/submit/text"),
    "close": (lambda n: modal(close=plain(n)), 24, "/close/text"),
    "private_metadata": (lambda n: modal(private_metadata="x" * n), 3_000, "/private_metadata"),
    "home private_metadata": (
        lambda n: home(private_metadata="x" * n),
        3_000,
        "/private_metadata",
    ),
    "callback_id": (lambda n: modal(callback_id="x" * n), 255, "/callback_id"),
    "label": (lambda n: modal(field(typing(), label=plain(n))), 2_000, "/blocks/0/label/text"),
    "hint": (lambda n: modal(field(typing(), hint=plain(n))), 2_000, "/blocks/0/hint/text"),
    "block_id": (lambda n: modal(field(typing(), block_id="x" * n)), 255, "/blocks/0/block_id"),
    "action_id": (
        lambda n: modal(field(typing(action_id="x" * n))),
        255,
        "/blocks/0/element/action_id",
    ),
    "placeholder": (
        lambda n: modal(field(typing(placeholder=plain(n)))),
        150,
        "/blocks/0/element/placeholder/text",
    ),
    "initial_value": (
        lambda n: modal(field(typing(initial_value="x" * n))),
        3_000,
        "/blocks/0/element/initial_value",
    ),
    "initial_value of a shorter input": (
        lambda n: modal(field(typing(initial_value="x" * n, max_length=10))),
        10,
        "/blocks/0/element/initial_value",
    ),
    "max_length": (
        lambda n: modal(field(typing(max_length=n))),
        3_000,
        "/blocks/0/element/max_length",
    ),
    "min_length": (
        lambda n: modal(field(typing(min_length=n))),
        3_000,
        "/blocks/0/element/min_length",
    ),
    "select options": (
        lambda n: modal(field(picking("static_select", options=options(n)))),
        100,
        "/blocks/0/element/options",
    ),
    "radio options": (
        lambda n: modal(field(picking("radio_buttons", options=options(n)))),
        10,
        "/blocks/0/element/options",
    ),
    "checkboxes": (
        lambda n: modal(field(picking("checkboxes", options=options(n)))),
        10,
        "/blocks/0/element/options",
    ),
    "option text": (
        lambda n: modal(
            field(picking("static_select", options=[{"text": plain(n), "value": "v"}]))
        ),
        75,
        "/blocks/0/element/options/0/text/text",
    ),
    "option value": (
        lambda n: modal(
            field(picking("external_select", initial_option={"text": plain(1), "value": "x" * n}))
        ),
        150,
        "/blocks/0/element/initial_option/value",
    ),
    "initial_date_time": (
        lambda n: modal(field(picking("datetimepicker", initial_date_time=n))),
        9_999_999_999,
        "/blocks/0/element/initial_date_time",
    ),
}
THE_SDK_KNOWS = {
    "modal blocks",
    "home blocks",
    "title",
    "submit",
    "close",
    "private_metadata",
    "home private_metadata",
    "callback_id",
    "label",
    "hint",
    "block_id",
    "action_id",
    "placeholder",
    "select options",
    "initial_date_time",
}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_is_accepted_and_one_more_is_refused_at_its_place(name: str) -> None:
    made, most, where = BOUNDS[name]
    assert problems(made(most)) == []
    refused = problems(made(most + 1))
    assert refused
    assert f"[json-pointer:{where}]" in refused[0]


@pytest.mark.parametrize("name", sorted(THE_SDK_KNOWS))
def test_slacks_own_sdk_draws_the_same_bounds(name: str) -> None:
    made, most, _ = BOUNDS[name]
    View(**made(most)).to_dict()
    with pytest.raises(SlackObjectFormationError):
        View(**made(most + 1)).to_dict()


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ({}, "missing required field: type"),
        (modal(type="sheet"), "unsupported type: sheet"),
        ({"type": "modal", "blocks": [DIVIDER]}, "missing required field: title"),
        (modal(title={"type": "mrkdwn", "text": "x"}), "unsupported type: mrkdwn"),
        ({"type": "home"}, "missing required field: blocks"),
        ({"type": "home", "blocks": []}, "no fewer than 1 items"),
        (home(title=plain(1)), "invalid additional property: title"),
        (modal(colour="red"), "invalid additional property: colour"),
        (
            {"type": "modal", "title": plain(1), "blocks": [field(typing())]},
            "missing required field: submit",
        ),
        (modal({"type": "table", "rows": []}), "unsupported type: table"),
        (modal({"type": "input", "label": plain(1)}), "missing required field: element"),
        (modal(field({"type": "button", "text": plain(1)})), "unsupported type: button"),
        (modal(field(typing(), label={"type": "mrkdwn", "text": "x"})), "unsupported type"),
        (modal(field(typing(), optional="yes")), "must be a boolean"),
        (modal(field(typing(initial_value="a\nb"))), "must be a single line"),
        (modal(field(picking("static_select"))), "missing required field: options"),
        (modal(field(picking("datetimepicker", initial_date_time=1))), "must be an integer"),
        (modal(field(picking("external_select", options=options(1)))), "additional property"),
        (
            modal(field(picking("conversations_select", filter={"include": ["people"]}))),
            "must be one of: im, mpim, private, public",
        ),
        (
            modal(
                field(
                    picking(
                        "radio_buttons",
                        options=options(1),
                        initial_option={"text": plain(1), "value": "z"},
                    )
                )
            ),
            "initial_option is not among the options",
        ),
    ],
)
def test_a_view_that_is_not_what_it_should_be_is_refused(view: Part, said: str) -> None:
    assert any(said in one for one in problems(view)), problems(view)


def test_no_two_blocks_and_no_two_inputs_have_the_same_name() -> None:
    twice = modal({**DIVIDER, "block_id": "a"}, field(typing(), block_id="a"))
    assert problems(twice) == ['[ERROR] `block_id` "a" already exists [json-pointer:/blocks]']
    twice = modal(field(typing(), block_id="a"), field(typing(), block_id="b"))
    assert problems(twice) == ['[ERROR] `action_id` "a" already exists [json-pointer:/blocks]']
    assert problems(modal(field(typing()), field(typing(action_id="b")))) == []


def test_every_element_of_a_form_is_accepted() -> None:
    one = options(1)[0]
    elements = [
        typing(multiline=True, initial_value="a\nb", min_length=1, focus_on_load=True),
        picking("static_select", options=options(2), initial_option=one),
        picking("external_select", initial_option=one, min_query_length=0),
        picking(
            "conversations_select",
            default_to_current_conversation=True,
            response_url_enabled=True,
            filter={"include": ["public", "im"], "exclude_bot_users": True},
        ),
        picking("datetimepicker", initial_date_time=1_795_347_730),
        picking("radio_buttons", options=options(2), initial_option=one),
        picking("checkboxes", options=options(2), initial_options=[one]),
    ]
    blocks = [
        field({**element, "action_id": str(place)}, optional=True, hint=plain(1))
        for place, element in enumerate(elements)
    ]
    view = modal(*blocks, close=plain(1), notify_on_close=True, clear_on_close=False)
    assert problems(view) == []
    assert len(View(**view).to_dict()["blocks"]) == len(elements)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"options": options(101)}, "no more than 100 items"),
        ({"options": [{"text": plain(76), "value": "v"}]}, "less than 76 characters"),
        ({"options": [{"text": plain(1), "value": "x" * 151}]}, "less than 151 characters"),
        ({"option_groups": [{"label": plain(1), "options": []}]}, "no fewer than 1 items"),
        ({"option_groups": [{"label": plain(76), "options": options(1)}]}, "less than 76"),
        ({}, "missing required field: options"),
    ],
)
def test_what_a_menu_is_offered_is_held_to_the_limits_too(answer: Part, said: str) -> None:
    assert any(said in str(one) for one in check_options(answer))


def test_a_menu_may_be_offered_nothing_or_groups() -> None:
    assert check_options({"options": []}) == []
    groups = [{"label": plain(75), "options": options(100)}]
    assert check_options({"option_groups": groups}) == []


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "element", "elements", "options", "initial_value", "label"]
            ),
            inner | st.sampled_from(["input", "actions", "plain_text_input", "radio_buttons"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(kind=st.sampled_from(["modal", "home"]), blocks=_ANYTHING, title=_ANYTHING)
def test_any_json_at_all_gets_an_answer(kind: str, blocks: object, title: object) -> None:
    for one in check_view({"type": kind, "title": title, "blocks": blocks}):
        assert one.where == "" or one.where.startswith("/")
