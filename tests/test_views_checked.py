"""What a message's streams look like once they are looked up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.asks import Ask
from bot.checking import Checked, Hindrance, Line, Source, Unread
from bot.errors import ArgumentRefused, BotError, TimedOut, WhichAccount
from bot.roles import NotAllowed, Right, Standing
from bot.views import checked as views
from bot.views import left_out
from bot.views.check_refs import CheckRef, pick_of
from bot.views.refs import OpenRef
from tests.test_views import ASK, CHINESE, HOUR, NOW, READER, Anything, a_task, mrkdwn, table
from tests.test_views_any import task_values, texts, urls
from tests.test_views_told import controls, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.live.model import PreloadTask
    from bot.reader import Reader
    from bot.views.limits import Message

OTHER = Ask("main", "cup.example.com")
READY = a_task(1, "ready.flv")
LATER = a_task(2, "later.flv", window_start=NOW + HOUR)
OVER = a_task(3, "over.flv", window_end=NOW - HOUR)
FAILED = a_task(4, "failed.flv", status="failed")
PENDING = a_task(5, "pending.flv", status="pending")


def a_line(task: PreloadTask, **fields: Anything) -> Line:
    return replace(Line(task.url, ASK, task), **fields)


def without_task(name: str) -> Line:
    return Line(f"rtmp://live.example.com/liveApp/{name}", ASK)


def found(*lines: Line, **fields: Anything) -> Checked:
    urls = tuple(line.url for line in lines)
    plain = Checked(
        question=Ask("", "", urls=urls),
        source=Source(urls),
        lines=lines,
        failures={},
        strangers={},
        observed_at=NOW,
    )
    return replace(plain, **fields)


def drawn(checked: Checked, reader: Reader = READER, **how: Anything) -> Message:
    return taken(views.checked(checked, reader, now=NOW, **how))


def streams(message: Message) -> list[str]:
    return [row[1] for row in table(message)]


def test_streams_without_a_task_stand_first_then_failures_and_ready_ones_last() -> None:
    lines = (READY, PENDING, LATER, FAILED, OVER)
    message = drawn(found(*map(a_line, lines), without_task("none")))
    assert streams(message) == [
        "liveApp/none",
        "liveApp/failed.flv",
        "liveApp/over.flv",
        "liveApp/pending.flv",
        "liveApp/later.flv",
        "liveApp/ready.flv",
    ]
    assert [row[0] for row in table(message)][:3] == [
        "❔ no task",
        "❌ failed",
        "⚠️ complete, window ended 18:42",
    ]


def test_what_may_have_a_task_with_another_signature_is_neither_green_nor_without_a_task() -> None:
    unsure = [a_line(READY, is_sure=False), replace(without_task("none"), is_sure=False)]
    message = drawn(found(*unsure, a_line(FAILED, is_sure=False)))
    assert [row[0] for row in table(message)] == [
        "❔ not found as typed",
        "❌ failed",
        "❔ complete, newer tasks not checked",
    ]
    assert message.text == (
        "0 of 3 ready, 1 not found as typed, 1 failed, 1 complete, newer tasks not checked"
    )
    assert "a signed URL is found only with the signature" in mrkdwn(message)
    assert "按所写地址未找到" in drawn(found(*unsure), CHINESE).text


def test_the_headline_counts_in_the_product_s_words() -> None:
    lines = (READY, LATER, FAILED, OVER, PENDING)
    message = drawn(found(*map(a_line, lines), without_task("a"), without_task("b")))
    assert message.text == "2 of 7 ready, 2 without a task, 1 failed, 1 window ended, 1 pending"
    assert "*2 of 7 ready* · 2 without a task · 1 failed" in mrkdwn(message)
    chinese = drawn(found(a_line(READY), without_task("a")), CHINESE)
    assert chinese.text == "2 路中 1 路已完成，1 个无预热任务"


def test_all_ready_is_said_so_and_until_when() -> None:
    message = drawn(found(a_line(READY), a_line(LATER)))
    assert message.text == "✅ All 2 streams ready"
    assert "next window end 23:00" in mrkdwn(message)
    assert drawn(found(a_line(READY)), CHINESE).text == "✅ 1 路流全部已完成"


@pytest.mark.parametrize(
    "gap",
    [
        {"failures": {"cup.example.com": TimedOut()}},
        {"strangers": {"docs.example.org": 1}},
        {"source": Source((READY.url,), left_out=3)},
        {"source": Source((READY.url,), odd=("rtmp://live.example.com",))},
        {"source": Source((READY.url,), unread=(Unread("b.csv", Hindrance.TOO_LARGE),))},
        {"source": Source((READY.url,), count_unread=1)},
    ],
)
def test_nothing_is_all_ready_that_was_not_all_looked_up(gap: dict[str, Anything]) -> None:
    message = drawn(found(a_line(READY), **gap))
    assert message.text.startswith("1 of 1 ready. ")
    assert not message.text.startswith("✅")


def test_a_stream_that_could_not_be_read_again_is_not_green() -> None:
    failures: dict[str, BotError] = {"live.example.com": TimedOut()}
    message = drawn(found(a_line(READY, is_old=True), failures=failures))
    assert message.text.startswith("0 of 1 ready, 1 ready when last seen. live.example.com: could")
    assert table(message)[0][0] == "❔ ready when last seen"
    assert "✅" not in str(message.blocks)


def test_a_domain_that_does_not_answer_costs_the_others_nothing() -> None:
    unanswered = Line("rtmp://cup.example.com/a/b", OTHER, is_known=False)
    failures: dict[str, BotError] = {"cup.example.com": TimedOut()}
    message = drawn(found(a_line(READY), unanswered, failures=failures))
    assert "*1 of 2 ready* · 1 not looked up" in mrkdwn(message)
    assert "cup.example.com: could not be read now. The Live API did not answer" in mrkdwn(message)
    assert streams(message) == ["cup.example.com/a/b", "live.example.com/liveApp/ready.flv"]


def ambiguous(count: int) -> dict[str, BotError]:
    names = [f"cup{number}.example.com" for number in range(count)]
    return {name: WhichAccount(name, ("one", "two")) for name in names}


def menus(message: Message) -> list[Anything]:
    return [block["accessory"] for block in message.blocks if "accessory" in block]


def test_a_domain_of_several_accounts_asks_which_and_an_option_keeps_the_earlier_picks() -> None:
    source = Source((READY.url,), left_out=3)
    picked = {"live.example.com": "one"}
    message = drawn(found(a_line(READY), source=source, failures=ambiguous(2), picked=picked))
    assert "cup0.example.com is of several accounts. Which one?" in message.text
    assert "could not be read now" not in mrkdwn(message)
    assert [len(menu["options"]) for menu in menus(message)] == [2, 2]
    option = menus(message)[1]["options"][1]
    assert option["text"]["text"] == "two"
    picks = {pick_of("live.example.com", "one"), pick_of("cup1.example.com", "two")}
    key = found(a_line(READY)).question.key
    assert CheckRef.unpack(option["value"]) == CheckRef(key, 0, 3, picked=frozenset(picks))
    for control in ("check.refresh", "check.watch"):
        ref = CheckRef.unpack(controls(message)[control]["value"])
        assert ref.picked == {pick_of("live.example.com", "one")}
    assert "live.example.com (one) · observed" in mrkdwn(message)


def test_what_is_asked_of_no_account_yet_cannot_be_watched() -> None:
    unasked = Line("rtmp://cup0.example.com/a/b", Ask("", "cup0.example.com"), is_known=False)
    assert "check.watch" not in controls(drawn(found(unasked, failures=ambiguous(1))))


def test_where_no_more_picks_have_room_the_account_is_to_be_typed() -> None:
    picked = {f"box{number}.example.com": "one" for number in range(20)}
    message = drawn(found(a_line(READY), failures=ambiguous(1), picked=picked))
    assert menus(message) == []
    assert "is of several accounts: `one`, `two`" in mrkdwn(message)
    assert "/preload domain=cup0.example.com account=one" in mrkdwn(message)


def test_domains_that_no_account_has_are_named() -> None:
    message = drawn(found(strangers={"docs.example.org": 2, "cdn.example.net": 1}))
    assert message.text == (
        "❔ No stream of a known domain in this message. "
        "3 URLs are of no domain that an account has: docs.example.org, cdn.example.net"
    )
    assert set(controls(message)) == {"check.refresh"}


@pytest.mark.parametrize("reader", [READER, CHINESE])
def test_however_many_domains_are_not_watched_slack_takes_the_list(reader: Reader) -> None:
    failures: dict[str, BotError] = {
        "vip.example.com": NotAllowed(Right.WATCH, "vip.example.com", Standing.MEMBER),
        "<!channel>.example.com": ArgumentRefused("InvalidDomain.NotFound", argument="DomainName"),
        **ambiguous(400),
    }
    message = taken(left_out.unwatched(failures, reader))
    assert "vip.example.com" in message.text
    assert "<!channel>" not in mrkdwn(message)
    assert "cup0.example.com" in mrkdwn(message)


def test_what_was_left_out_is_said() -> None:
    source = Source(
        (READY.url,),
        odd=("rtmp://live.example.com?auth_key=s3cret",),
        without_protocol=("live.example.com/a/cup?auth_key=s3cret", "live.example.com/a/cam"),
        left_out=12,
        unread=(
            Unread("plan.xlsx", Hindrance.NOT_TEXT),
            Unread("six.csv", Hindrance.TOO_MANY),
            Unread("huge.csv", Hindrance.TOO_LARGE),
            Unread("secret.csv", Hindrance.FORBIDDEN),
            Unread("late.csv", Hindrance.UNAVAILABLE),
        ),
    )
    body = mrkdwn(drawn(found(a_line(READY), source=source)))
    assert "1 address is no play URL: `rtmp://live.example.com?…`" in body
    assert "2 addresses were not looked up, as they are written without their protocol" in body
    assert "`live.example.com/a/cup?…`, `live.example.com/a/cam`" in body
    assert "s3cret" not in body
    assert "12 URLs more were left out" in body
    assert "`plan.xlsx`: not read, not a text file; save a spreadsheet as CSV" in body
    assert "`six.csv`: not read, only the first 5 files are read" in body
    assert "`huge.csv`: not read, larger than 1 MiB" in body
    assert (
        "`secret.csv`: not read, Slack does not show it to the bot: type `/invite @preload`" in body
    )
    assert "`late.csv`: not read, Slack does not give it" in body


@pytest.mark.parametrize(
    "source",
    [
        Source((READY.url,), odd=("rtmp://live.example.com",)),
        Source((READY.url,), without_protocol=("live.example.com/a/cup",)),
        Source((READY.url,), count_odd=1),
    ],
)
def test_not_all_is_ready_beside_what_is_no_play_url_as_it_is_written(source: Source) -> None:
    said = mrkdwn(drawn(found(a_line(READY), source=source)))
    assert "*1 of 1 ready*" in said
    assert "❔ 1 address " in said


def test_a_long_list_is_paged_and_each_control_knows_what_was_left_out() -> None:
    lines = [a_line(a_task(number, f"cup_{number:02}.flv")) for number in range(45)]
    source = Source(
        tuple(line.url for line in lines),
        odd=("rtmp://live.example.com",),
        without_protocol=("live.example.com/a/cup",),
        left_out=3,
        unread=(Unread("a", Hindrance.TOO_MANY),),
    )
    checked = found(*lines, source=source)
    first = drawn(checked)
    assert len(table(first)) == 20
    assert "streams 1–20 of 45" in mrkdwn(first)
    assert "check.prev" not in controls(first)
    ref = CheckRef.unpack(controls(first)["check.next"]["value"])
    assert ref == CheckRef(checked.question.key, 20, left_out=3, unread=1, odd=2)
    assert checked.question in first.asks
    last = drawn(checked, offset=40)
    assert len(table(last)) == 5
    assert "check.next" not in controls(last)
    assert CheckRef.unpack(controls(last)["check.prev"]["value"]).offset == 20
    assert streams(drawn(checked, offset=400)) == streams(last)


def test_a_task_can_be_opened_from_its_line() -> None:
    message = drawn(found(a_line(READY), without_task("none")))
    [option] = controls(message)["page.open"]["options"]
    assert option["text"]["text"] == "✅ liveApp/ready.flv"
    ref = OpenRef.unpack(option["value"])
    assert ref.task_id == READY.task_id
    assert ref.key in {ask.key for ask in message.asks}


def test_where_slack_takes_no_tables_the_rows_are_a_list() -> None:
    message = drawn(found(a_line(READY), without_task("none")), table=False)
    assert "❔ no task" in str(message.blocks)
    assert not [block for block in message.blocks if block["type"] == "table"]


@pytest.mark.parametrize("reader", [READER, CHINESE])
def test_a_message_without_urls_is_told_how_to_write_them(reader: Reader) -> None:
    source = Source((), unread=(Unread("plan.xlsx", Hindrance.NOT_TEXT),))
    message = taken(views.nothing(source, reader))
    assert "rtmp://live.example.com/app/stream" in mrkdwn(message)
    assert "plan.xlsx" in mrkdwn(message)


def test_a_watch_of_some_of_a_domain_s_urls_is_called_after_them() -> None:
    part = replace(ASK, urls=tuple(f"rtmp://live.example.com/a/{n}" for n in range(40)))
    assert views.name_of(part, 100, 140, READER) == "live.example.com, URLs 101–140 of 140"
    assert views.name_of(part, 0, 40, READER) == ""


def shown(part: Anything) -> Iterator[str]:
    """All strings but the values that controls bring back."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from shown(value) if name != "value" else ()
    elif isinstance(part, list | tuple):
        for one in part:
            yield from shown(one)


some_lines = st.builds(
    Line,
    urls,
    st.sampled_from([ASK, OTHER]),
    st.none() | task_values,
    is_known=st.booleans(),
    is_old=st.booleans(),
)
some_sources = st.builds(
    Source,
    st.just((READY.url,)),
    odd=st.lists(texts, max_size=5).map(tuple),
    left_out=st.integers(0, 90_000),
    unread=st.lists(st.builds(Unread, texts, st.sampled_from(Hindrance)), max_size=8).map(tuple),
    count_unread=st.integers(0, 9),
)


names = st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), min_size=2, unique=True)
some_found = st.builds(
    lambda lines, source, **fields: found(*lines, source=source, **fields),
    st.lists(some_lines, max_size=45),
    some_sources,
    strangers=st.dictionaries(texts, st.integers(1, 400), max_size=5),
    failures=st.dictionaries(
        texts, st.builds(TimedOut, texts, texts) | st.builds(WhichAccount, texts, names), max_size=5
    ),
    picked=st.dictionaries(texts, st.sampled_from(["main", "backup"]), max_size=15),
)


@settings(max_examples=60, deadline=timedelta(seconds=2))
@given(some_found, st.sampled_from([READER, CHINESE]), st.booleans(), st.integers(0, 60))
def test_whatever_is_found_slack_takes_it_and_green_is_only_what_is_ready(
    checked: Checked, reader: Reader, is_table: bool, offset: int
) -> None:
    message = drawn(checked, reader, table=is_table, offset=offset)
    said = " ".join([message.text, *shown(message.blocks)])
    is_any_ready = any(
        line.task is not None
        and line.is_known
        and not line.is_old
        and line.task.state(NOW).is_ready
        for line in checked.lines
    )
    assert is_any_ready or "✅" not in said
    assert "5ecre7" not in f"{message.text} {message.blocks}"
