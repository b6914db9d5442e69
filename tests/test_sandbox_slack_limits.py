"""The local Slack's limits: accepted at the bound, refused one past it, at the right place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack import check

if TYPE_CHECKING:
    from collections.abc import Callable

Part = dict[str, Any]


def plain(length: int) -> Part:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Part:
    return {"type": "mrkdwn", "text": "x" * length}


def button(**more: object) -> Part:
    return {"type": "button", "action_id": "a", "text": plain(1), **more}


def option(value: int = 1, text: int = 1, name: str = "v") -> Part:
    return {"text": plain(text), "value": name * value}


def options(count: int) -> list[Part]:
    return [{"text": plain(1), "value": str(place)} for place in range(count)]


def select(**more: object) -> Part:
    return {"type": "static_select", "action_id": "a", "options": options(1), **more}


def overflow(count: int) -> Part:
    return {"type": "overflow", "action_id": "a", "options": options(count)}


def actions(*elements: Part) -> Part:
    return {"type": "actions", "elements": list(elements)}


def section(**more: object) -> Part:
    return {"type": "section", **more}


def cell(length: int = 1) -> Part:
    return {"type": "raw_text", "text": "x" * length}


def table(rows: int = 1, columns: int = 1, length: int = 1) -> Part:
    return {"type": "table", "rows": [[cell(length)] * columns for _ in range(rows)]}


def rich(*inline: Part) -> Part:
    paragraph = {"type": "rich_text_section", "elements": list(inline)}
    return {"type": "rich_text", "elements": [paragraph]}


def confirm(title: int, text: int, answer: int) -> Part:
    words = {"title": plain(title), "text": plain(text)}
    return button(confirm={**words, "confirm": plain(answer), "deny": plain(answer)})


def problems(*blocks: Part) -> list[str]:
    """What is wrong with the blocks, but for their sum, which many a bound is past."""
    found = check({"text": "summary", "blocks": list(blocks)})
    return [str(one) for one in found if one.error != "msg_blocks_too_long"]


BOUNDS: dict[str, tuple[Callable[[int], Part], int, str]] = {
    "section text": (lambda n: section(text=mrkdwn(n)), 3_000, "/blocks/0/text/text"),
    "field": (lambda n: section(fields=[mrkdwn(n)]), 2_000, "/blocks/0/fields/0/text"),
    "fields": (lambda n: section(fields=[mrkdwn(1)] * n), 10, "/blocks/0/fields"),
    "header": (lambda n: {"type": "header", "text": plain(n)}, 150, "/blocks/0/text/text"),
    "context elements": (
        lambda n: {"type": "context", "elements": [mrkdwn(1)] * n},
        10,
        "/blocks/0/elements",
    ),
    "actions elements": (
        lambda n: actions(*(button(action_id=str(place)) for place in range(n))),
        25,
        "/blocks/0/elements",
    ),
    "button text": (
        lambda n: actions(button(text=plain(n))),
        75,
        "/blocks/0/elements/0/text/text",
    ),
    "button value": (
        lambda n: actions(button(value="x" * n)),
        2_000,
        "/blocks/0/elements/0/value",
    ),
    "action_id": (
        lambda n: actions(button(action_id="x" * n)),
        255,
        "/blocks/0/elements/0/action_id",
    ),
    "block_id": (lambda n: {"type": "divider", "block_id": "x" * n}, 255, "/blocks/0/block_id"),
    "select options": (
        lambda n: actions(select(options=options(n))),
        100,
        "/blocks/0/elements/0/options",
    ),
    "option text": (
        lambda n: actions(select(options=[option(text=n)])),
        75,
        "/blocks/0/elements/0/options/0/text/text",
    ),
    "option value": (
        lambda n: actions(select(options=[option(value=n)])),
        150,
        "/blocks/0/elements/0/options/0/value",
    ),
    "overflow options": (lambda n: actions(overflow(n)), 5, "/blocks/0/elements/0/options"),
    "placeholder": (
        lambda n: actions(select(placeholder=plain(n))),
        150,
        "/blocks/0/elements/0/placeholder/text",
    ),
    "confirm title": (
        lambda n: actions(confirm(n, 1, 1)),
        100,
        "/blocks/0/elements/0/confirm/title/text",
    ),
    "confirm text": (
        lambda n: actions(confirm(1, n, 1)),
        300,
        "/blocks/0/elements/0/confirm/text/text",
    ),
    "confirm button": (
        lambda n: actions(confirm(1, 1, n)),
        30,
        "/blocks/0/elements/0/confirm/confirm/text",
    ),
    "table rows": (lambda n: table(rows=n), 100, "/blocks/0/rows"),
    "table columns": (lambda n: table(columns=n), 20, "/blocks/0/rows/0"),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_is_accepted_and_one_more_is_refused_at_its_place(name: str) -> None:
    made, most, where = BOUNDS[name]
    assert problems(made(most)) == []
    refused = problems(made(most + 1))
    assert refused
    assert f"[json-pointer:{where}]" in refused[0]


def test_a_text_past_its_bound_is_refused_in_slacks_words() -> None:
    blocks = [{"type": "divider"}, actions(button(value="x" * 2_001))]
    (problem,) = check({"text": "t", "blocks": blocks})
    assert problem.error == "invalid_blocks"
    assert str(problem) == (
        "[ERROR] must be less than 2001 characters [json-pointer:/blocks/1/elements/0/value]"
    )


def test_a_message_has_at_most_fifty_blocks() -> None:
    assert problems(*[{"type": "divider"}] * 50) == []
    assert problems(*[{"type": "divider"}] * 51) == [
        "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
    ]


@pytest.mark.parametrize("most", [40_000, 4_000])
def test_a_text_may_be_as_long_as_the_method_takes(most: int) -> None:
    assert check({"text": "x" * most}, text_chars=most) == []
    (problem,) = check({"text": "x" * (most + 1)}, text_chars=most)
    assert problem.error == "msg_too_long"


def test_the_strings_of_all_blocks_may_be_nine_thousand_characters_together() -> None:
    full = section(text=mrkdwn(3_000))
    labels = 3 * len("sectionmrkdwn") + len("headerplain_text")
    last, left = section(text=mrkdwn(2_900)), 9_000 - 2 * 3_000 - 2_900 - labels

    def blocks(length: int) -> list[Part]:
        return [full, full, last, {"type": "header", "text": plain(length)}]

    assert check({"text": "t", "blocks": blocks(left)}) == []
    (problem,) = check({"text": "t", "blocks": blocks(left + 1)})
    assert problem.error == "msg_blocks_too_long"


def test_a_table_may_have_ten_thousand_characters() -> None:
    assert problems(table(rows=10, columns=1, length=1_000)) == []
    too_long = table(rows=10, columns=1, length=1_000)
    too_long["rows"].append([cell()])
    assert "10000 characters" in problems(too_long)[0]


@pytest.mark.parametrize("payload", [{}, {"text": ""}, {"text": " \n"}, {"blocks": [section()]}])
def test_a_message_without_text_is_refused(payload: Part) -> None:
    assert check(payload)[0].error == "no_text"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (section(text=mrkdwn(0)), "more than 0 characters [json-pointer:/blocks/0/text/text]"),
        (section(text={"type": "mrkdwn", "text": "  "}), "more than 0 characters"),
        (section(), "missing required field: text"),
        (section(fields=[]), "no fewer than 1 items allowed [json-pointer:/blocks/0/fields]"),
        ({"type": "header", "text": mrkdwn(1)}, "unsupported type: mrkdwn"),
        ({"type": "input"}, "unsupported type: input [json-pointer:/blocks/0/type]"),
        ({"type": ["a"]}, "unsupported type"),
        ({"text": plain(1)}, "missing required field: type"),
        ({"type": "divider", "colour": "red"}, "invalid additional property: colour"),
        (actions(), "no fewer than 1 items"),
        (actions(button(style="blue")), "must be one of: primary, danger"),
        (actions(button(value="")), "more than 0 characters"),
        (actions(button(), button()), '`action_id` "a" already exists'),
        (actions(overflow(0)), "no fewer than 1 items"),
        (actions(select(options=[{**option(), "type": "x"}])), "additional property: type"),
        (actions(select(options=[1])), "must provide an object"),
        (actions(button(value=1)), "must be a string"),
        (rich({"type": "date", "timestamp": "1", "format": "x"}), "must be an integer"),
        (actions(select(options=[option(), option()])), 'option value "v" is repeated'),
        (actions(select(initial_option=option(name="w"))), "not among the options"),
        (table(length=0), "more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]"),
        ({"type": "table", "rows": [[plain(1)]]}, "unsupported type: plain_text"),
        ({"type": "table", "rows": [[rich({"type": "text", "text": " "})]]}, "more than 0"),
        (rich({"type": "mrkdwn", "text": "x"}), "unsupported type: mrkdwn"),
        (rich({"type": "text", "text": "x", "style": {"bold": "yes"}}), "must be a boolean"),
        (rich({"type": "text", "text": ""}), "more than 0 characters"),
        ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "unsupported type"),
    ],
)
def test_a_block_that_is_not_what_it_should_be_is_refused(block: Part, said: str) -> None:
    assert any(said in one for one in problems(block)), problems(block)


def test_what_the_bot_draws_is_accepted() -> None:
    cells = [cell(), rich({"type": "link", "url": "https://a.example", "text": "a"})]
    blocks = [
        {"type": "header", "text": plain(5)},
        section(text=mrkdwn(5), fields=[mrkdwn(1), plain(1)], accessory=overflow(2)),
        {"type": "context", "elements": [{**mrkdwn(3), "verbatim": True}]},
        {
            "type": "table",
            "rows": [cells, cells],
            "column_settings": [{"align": "right"}, {"is_wrapped": True}],
        },
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [
                        {
                            "type": "rich_text_section",
                            "elements": [
                                {"type": "text", "text": "x", "style": {"bold": True}},
                                {"type": "emoji", "name": "tada"},
                                {"type": "user", "user_id": "U0001"},
                                {"type": "date", "timestamp": 1, "format": "{time}"},
                            ],
                        }
                    ],
                },
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]},
                {"type": "rich_text_quote", "elements": [{"type": "text", "text": "x"}]},
            ],
        },
        actions(
            button(style="primary"),
            select(action_id="b", initial_option=options(1)[0]),
            {**overflow(5), "action_id": "c"},
        ),
        {"type": "divider"},
    ]
    assert check({"text": "t", "blocks": blocks}) == []


def test_a_block_id_stands_once_in_a_message_and_an_action_id_once_in_a_block() -> None:
    twice = [{"type": "divider", "block_id": "a"}] * 2
    assert problems(*twice) == ['[ERROR] `block_id` "a" already exists [json-pointer:/blocks]']
    assert problems(actions(button()), actions(button())) == []


def test_a_message_has_one_table_wherever_it_stands() -> None:
    assert "only one table" in problems(table(), table())[0]
    attached = {"attachments": [{"blocks": [table()]}]}
    assert check({"text": "t", **attached}) == []
    both = check({"text": "t", "blocks": [table()], **attached})
    assert "only one table" in both[0].what


def test_blocks_in_an_attachment_are_held_to_the_same_limits() -> None:
    (problem,) = check({"text": "t", "attachments": [{"blocks": [section(text=mrkdwn(3_001))]}]})
    assert problem.where == "/attachments/0/blocks/0/text/text"


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "rows", "options", "accessory"]),
            inner | st.sampled_from(["section", "actions", "table", "rich_text", "static_select"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(blocks=_ANYTHING, attachments=_ANYTHING)
def test_any_json_at_all_gets_an_answer(blocks: object, attachments: object) -> None:
    for one in check({"text": "t", "blocks": blocks, "attachments": attachments}):
        assert one.where.startswith(("/blocks", "/attachments"))
