import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.limits import check
from bot.views import blocks, limits
from bot.views.limits import Message, fitted, weight

texts = st.text(max_size=40) | st.text(min_size=1, max_size=4).map(lambda text: text * 3_000)
options = st.lists(st.builds(blocks.option, texts, texts), max_size=120)
controls = st.lists(
    st.builds(blocks.button, st.just("page.next"), texts, texts)
    | st.builds(blocks.select, st.just("page.open"), texts, options)
    | st.builds(blocks.overflow, st.just("page.more"), options),
    max_size=30,
    unique_by=lambda control: str(control["action_id"]),
)
any_block = (
    st.builds(blocks.section, texts, st.lists(texts, max_size=12))
    | st.builds(blocks.context, texts)
    | st.builds(blocks.actions, controls)
)
tables = st.builds(blocks.table, st.lists(st.lists(texts, min_size=1, max_size=25), max_size=120))


def sent(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}


@given(texts, st.lists(any_block, max_size=60), st.none() | tables)
def test_any_message_is_fitted_to_what_slack_takes(
    text: str, found: list[limits.Block], table: limits.Block | None
) -> None:
    message = fitted(Message(text, (*found, *([table] if table else []))))
    assert check(sent(message), text_chars=limits.MESSAGE_TEXT_CHARS) == []
    assert weight(message.blocks) <= limits.MESSAGE_WEIGHT


@given(st.lists(any_block, max_size=4))
def test_what_fits_already_stays_as_it_is(found: list[limits.Block]) -> None:
    once = fitted(Message("x", tuple(found)))
    assert fitted(once) == once


def test_a_text_is_never_cut_inside_an_escape_or_a_date() -> None:
    for markup in ("&amp;", "<!date^1^{time}|now>"):
        for place in range(len(markup)):
            text = "x" * (limits.SECTION_CHARS - place) + markup
            [section] = fitted(Message("x", (blocks.section(text),))).blocks
            assert section["text"]["text"].rstrip("x…") in {"", markup}
            assert len(section["text"]["text"]) <= limits.SECTION_CHARS


def test_a_value_too_long_for_its_button_takes_the_button_away() -> None:
    kept = blocks.button("page.next", "Next", "v")
    lost = blocks.button("page.prev", "Prev", "v" * 2_001)
    [row] = fitted(Message("x", (blocks.actions([kept, lost]),))).blocks
    assert row["elements"] == [kept]


def test_a_menu_offers_each_value_once() -> None:
    menu = blocks.select("page.open", "Open", [blocks.option("a", "1"), blocks.option("b", "1")])
    [row] = fitted(Message("x", (blocks.actions([menu]),))).blocks
    assert [option["text"]["text"] for option in row["elements"][0]["options"]] == ["a"]


def test_a_menu_whose_first_choice_does_not_fit_starts_without_one() -> None:
    long, short = blocks.option("a", "v" * 151), blocks.option("b", "v")
    menu = blocks.select("page.status", "Status", [long, short], long)
    [row] = fitted(Message("x", (blocks.actions([menu]),))).blocks
    assert row["elements"] == [blocks.select("page.status", "Status", [short])]


def test_an_empty_cell_shows_a_dash() -> None:
    [table] = fitted(Message("x", (blocks.table([["Status", " "]]),))).blocks
    assert table["rows"][0][1]["text"] == "–"


@pytest.mark.parametrize("kind", ["header", "rich_text"])
def test_other_blocks_are_fitted_too(kind: str) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "h" * 200}}
    block = header if kind == "header" else blocks.listing([("bold", "rest")])
    assert check(sent(fitted(Message("x", (block,))))) == []


def test_an_empty_summary_becomes_a_dash() -> None:
    assert fitted(Message(" ")).text == "–"


@given(st.text())
def test_blocks_stand_in_json_whatever_their_text(text: str) -> None:
    message = Message("", ({"type": "section", "text": {"type": "mrkdwn", "text": text}},))
    assert tuple(json.loads(message.blocks_json)) == message.blocks


def test_half_a_surrogate_pair_in_a_block_is_an_escape() -> None:
    message = Message("", ({"type": "divider", "block_id": "cup\ud83d 比赛"},))
    assert tuple(json.loads(message.blocks_json)) == message.blocks
