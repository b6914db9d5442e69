"""Whatever the API sends, Slack takes the message, and nothing in it is falsely green."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot import errors
from bot.asks import Answer, Ask, Row, TaskCard
from bot.live.model import PreloadTask, StatusFilter, TaskState
from bot.reader import Language, Reader
from bot.sandbox.slack.limits import check
from bot.views import errors as error_views
from bot.views import help as help_view
from bot.views import notices, tasks
from bot.views.limits import MESSAGE_TEXT_CHARS, Message
from bot.views.refs import PageRef

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
ODD = [
    "<!channel> <@U1> <http://x|y>",
    "✅ ready",
    ":white_check_mark:",
    "*bold* _it_ ~no~ `code` ```block```",
    "line\nline\r\n\u2028line",
    "\u202eright to left\u200b\u2066",
    "🏆⚽️👨‍👩‍👧",
    "世界杯决赛",
    "&amp;" * 20,
    "%s {name} {0.__class__}",
    "\ud800",
    "\x00\x1b[31m",
]
signed = "http://live.example.com/liveApp/{}.flv?auth_key=5ecre7-{}"
odd = st.sampled_from(["", " ", *ODD]) | st.text(st.characters(), max_size=30)
texts = odd | st.builds(str.__mul__, st.sampled_from("a<&世_ "), st.integers(60, 10_000))
urls = (
    texts
    | st.builds(signed.format, texts, texts)
    | st.builds("rtmp://live.example.com/liveApp/cup_{}".format, st.integers(0, 20))
)
moments = st.datetimes(timezones=st.just(UTC)) | st.integers(-9_000, 9_000).map(
    lambda minutes: NOW + timedelta(minutes=minutes)
)
task_values = st.builds(
    PreloadTask,
    texts | st.integers(0, 5).map(str),
    texts,
    urls,
    created=st.none() | moments,
    area=st.sampled_from(["domestic", "overseas", "global", ""]) | texts,
    window_start=st.none() | moments,
    window_end=st.none() | moments,
    process=st.none() | st.floats(0, 100),
    status=st.sampled_from(["complete", "Success", "Failed", "pending", "preloading"]) | texts,
    description=texts,
    found_as=st.none() | st.sampled_from(StatusFilter),
)
rows = st.builds(Row, task_values, st.none() | task_values) | task_values.map(
    lambda task: Row(task, task)
)
# A domain, an account, a URL in a question came out of the grammar, as text that UTF-8 can carry.
typed = texts.map(lambda text: text.encode(errors="replace").decode())
asks = st.builds(
    Ask,
    typed,
    st.just("live.example.com") | typed,
    status=st.none() | st.sampled_from(StatusFilter),
    task_id=st.none() | typed,
    urls=st.lists(typed, max_size=3).map(tuple)
    | st.just(tuple(signed.format(n, n) for n in range(100))),
    since=st.none() | st.just(timedelta(hours=2)) | st.just(NOW),
    until=st.none() | st.just(NOW),
    rows=st.integers(5, 30),
)
live_errors = st.sampled_from(
    [
        errors.LiveError,
        errors.Throttled,
        errors.Unavailable,
        errors.TimedOut,
        errors.MalformedReply,
        errors.NonceUsed,
        errors.ClockSkewed,
        errors.TokenExpired,
        errors.CredentialsRefused,
        errors.PermissionRefused,
    ]
)
refusals: st.SearchStrategy[errors.BotError] = (
    st.builds(
        lambda kind, *fields: kind(*fields),
        live_errors,
        texts,
        texts,
        st.none() | st.integers(100, 599),
        texts,
    )
    | st.builds(errors.ArgumentRefused, texts, texts, argument=texts, allowed=texts)
    | st.builds(
        errors.UsageError,
        st.sampled_from(sorted(error_views.USAGE)) | texts,
        texts,
        st.integers(-10, 10_000),
        st.integers(-10, 10_000),
        st.dictionaries(st.sampled_from(["given", "key", "first", "low"]), texts),
        st.none() | texts,
    )
    | st.sampled_from([errors.StaleReference(), errors.Busy(), errors.StoreUnavailable()])
    | st.builds(errors.SettingsError, texts, texts)
)
states = st.dictionaries(st.sampled_from(TaskState), st.integers(0, 10**6))
counts = st.dictionaries(st.sampled_from(StatusFilter), st.integers(0, 10**6))
totals = st.integers(0, 10**9)
answers = st.builds(
    Answer,
    asks,
    moments,
    moments,
    st.lists(rows, max_size=30).map(tuple),
    totals,
    totals,
    st.booleans(),
    states,
    counts,
    states,
    moments,
    texts,
    cut=st.booleans(),
    domain_total=st.none() | totals,
    retried=totals,
    without_task=st.lists(urls, max_size=100).map(tuple),
    moved=st.booleans(),
    stale=st.none() | refusals,
    unchecked=st.none() | refusals,
)
readers = st.builds(
    Reader,
    st.just("U1"),
    st.sampled_from(Language),
    st.sampled_from(["Asia/Shanghai", "UTC", "America/St_Johns"]).map(ZoneInfo),
)
ways = st.fixed_dictionaries(
    {"table": st.booleans(), "shared": st.booleans(), "refreshing": st.booleans()}
)


def accepted(message: Message) -> None:
    """What both judges of payloads take, and what no value may bring about."""
    sent = {"text": message.text, "blocks": list(message.blocks)}
    assert check(sent, text_chars=MESSAGE_TEXT_CHARS) == []
    for block in message.blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict()["type"] == block["type"]
    shown = [message.text, *strings(message.blocks, {"text"})]
    for text in [*strings(message.blocks, {"mrkdwn"}), message.text]:
        assert not re.search(r"<(?!!date\^|#C)", text)
    for text in shown:
        assert "5ecre7" not in text
        assert not set(text) & {"\u202e", "\u2066", "\u2028", "\x00", "\x1b", "\ud800"}


def strings(part: object, kinds: set[str]) -> list[str]:
    """Texts of the blocks: with `mrkdwn`, those that Slack reads as markup; else all."""
    if isinstance(part, dict):
        own = part.get("text")
        wanted = isinstance(own, str) and ("text" in kinds or part.get("type") in kinds)
        found = [own] if wanted and isinstance(own, str) else []
        return found + [text for value in part.values() for text in strings(value, kinds)]
    if isinstance(part, list | tuple):
        return [text for value in part for text in strings(value, kinds)]
    return []


def ticks(message: Message) -> int:
    return sum(text.count("✅") for text in strings(message.blocks, {"raw_text"}))


@settings(max_examples=150)
@given(answers, readers, ways)
def test_any_answer_makes_a_message_that_slack_takes(
    answer: Answer, reader: Reader, how: dict[str, bool]
) -> None:
    message = tasks.page(answer, reader, now=NOW, **how)
    accepted(message)
    assert answer.ask in message.asks


@given(answers, readers)
def test_no_more_rows_are_green_than_are_ready(answer: Answer, reader: Reader) -> None:
    message = tasks.page(answer, reader, now=NOW)
    ready = [
        row
        for row in answer.rows
        if row.task.state(NOW).is_ready
        and row.newest is not None
        and (row.newest.state(NOW).is_ready or row.newest.task_id == row.task.task_id != "")
    ]
    assert ticks(message) <= (0 if answer.stale else len(ready))


@given(answers, readers)
def test_rows_that_do_not_fit_are_reachable(answer: Answer, reader: Reader) -> None:
    whole = replace(answer, offset=0, total=len(answer.rows))
    message = tasks.page(whole, reader, now=NOW)
    found: list[dict[str, Any]] = [block for block in message.blocks if block["type"] == "table"]
    shown = len(found[0]["rows"]) - 1 if found else 0
    values = {
        control["action_id"]: control["value"]
        for block in message.blocks
        if block["type"] == "actions"
        for control in block["elements"]
        if control["type"] == "button"
    }
    assert shown or not answer.rows
    if shown < len(answer.rows):
        assert PageRef.unpack(values["page.next"]).offset == shown
    else:
        assert "page.next" not in values


@given(st.builds(TaskCard, asks, rows, moments, texts, st.none() | refusals), readers)
def test_any_card_makes_a_message_that_slack_takes(card: TaskCard, reader: Reader) -> None:
    accepted(tasks.card(card, reader, now=NOW))


@given(refusals, readers, st.none() | asks, st.none() | texts)
def test_any_error_makes_a_message_that_slack_takes(
    error: errors.BotError, reader: Reader, ask: Ask | None, suggestion: str | None
) -> None:
    accepted(error_views.message(error, reader, ask=ask, suggestion=suggestion))


@given(asks, st.lists(typed, max_size=120), texts, readers)
def test_any_notice_makes_a_message_that_slack_takes(
    ask: Ask, domains: list[str], text: str, reader: Reader
) -> None:
    drawn: list[Callable[[], Message]] = [
        lambda: tasks.fetching(ask, reader),
        lambda: tasks.pick_domain(ask, domains, reader),
        lambda: notices.default_set(text, reader),
        lambda: notices.default_shown(text, reader),
        lambda: notices.default_cleared(reader),
        lambda: error_views.crashed(reader, text),
        lambda: help_view.message(text, reader),
        lambda: help_view.message("since", reader),
        lambda: notices.by_direct_message(tasks.fetching(ask, reader), "C1", reader),
    ]
    for draw in drawn:
        accepted(draw())
