"""Whatever the API sends, Slack takes the message, and nothing in it is falsely green."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
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
from bot.views import boards, following, notices, tasks, told, watching
from bot.views import errors as error_views
from bot.views import help as help_view
from bot.views.limits import MESSAGE_TEXT_CHARS, Message
from bot.views.pick_refs import PickRef
from bot.views.refs import PageRef
from bot.views.usage import SENTENCES
from bot.watch.boards import Board, Line, Verdict
from bot.watch.model import Change, ChangeKind, Ending, Subscription, Watch
from bot.watch.notices import Notice, NoticeKind, NoticeState
from bot.watch.widening import Wish
from tests.test_views import MAY_ALL

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
        st.sampled_from(sorted(SENTENCES)) | texts,
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

# What is followed has IDs that the bot and Slack made; everything else is from outside.
ids = st.text("0123456789abcdef", min_size=12, max_size=12)
people = st.just("U0001")
places = st.sampled_from(["C0001", "D0001", "0", "<!channel>", ""])
spans = st.integers(0, 10**5).map(lambda s: timedelta(seconds=s))
changes = st.builds(Change, st.sampled_from(ChangeKind), task_values, moments)
subscriptions = st.builds(
    Subscription,
    ids,
    st.just("T0001"),
    places,
    typed,
    typed,
    people,
    moments,
    statuses=st.frozensets(st.sampled_from(StatusFilter), min_size=1),
    group=spans,
    repeat=spans,
    muted_until=st.none() | moments,
)
watches = st.builds(
    Watch,
    ids,
    st.just("T0001"),
    places,
    asks,
    people,
    moments,
    moments,
    name=texts,
    streams=st.dictionaries(texts, texts, max_size=3),
    ended_at=st.none() | moments,
    ending=st.none() | st.sampled_from(Ending),
    stopped_by=st.none() | people,
)
streams = st.builds(
    lambda task, url, is_stuck: (
        Line(url, None, None) if task is None else Line(task.url, task, task.state(NOW), is_stuck)
    ),
    st.none() | task_values,
    urls,
    st.booleans(),
)
watched = st.builds(
    Board,
    watches,
    st.lists(streams, max_size=12).map(tuple)
    | st.builds(lambda line, count: (line,) * count, streams, st.integers(50, 200)),
    st.none() | moments,
    st.none() | moments,
    st.sampled_from(Verdict),
    failing_since=st.none() | moments,
    failure=texts,
)
facts = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("part", "failure", "since", "code", "channel"), texts)
)
told_notices = st.builds(
    Notice,
    st.just(1),
    ids | texts,
    st.sampled_from(NoticeKind),
    texts,
    st.just("T0001"),
    places,
    st.sampled_from(NoticeState),
    moments,
    moments,
    moments,
    changes=st.lists(changes, max_size=8).map(tuple)
    | st.builds(lambda change, count: (change,) * count, changes, st.integers(50, 400)),
    facts=facts | st.just({"part": "2"}) | st.just({"part": "4"}),
    attempts=st.integers(0, 9),
    error=texts,
    is_uncertain=st.booleans(),
    posted_at=st.none() | moments,
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
        assert not re.search(r"<(?!!date\^|#C|@U0)", text)
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


@given(answers, readers, ways)
def test_any_answer_makes_a_message_that_slack_takes(
    answer: Answer, reader: Reader, how: dict[str, Any]
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
        lambda: tasks.pick_domain(ask, domains, reader, PickRef("", "")),
        lambda: notices.default_set(text, text, reader),
        lambda: notices.default_shown(text, text, reader),
        lambda: notices.default_cleared(reader),
        lambda: error_views.crashed(reader, text),
        lambda: help_view.message(text, reader, MAY_ALL),
        lambda: help_view.message("since", reader, MAY_ALL),
        lambda: notices.by_direct_message(tasks.fetching(ask, reader), "C1", reader),
    ]
    for draw in drawn:
        accepted(draw())


@given(told_notices, subscriptions, readers, st.none() | people)
def test_any_notice_of_what_is_followed_makes_a_message_that_slack_takes(
    notice: Notice, subscription: Subscription, reader: Reader, seen_by: str | None
) -> None:
    drawn: list[Callable[[], Message]] = [
        lambda: told.failures(notice, subscription, reader, now=NOW, seen_by=seen_by),
        lambda: told.repeat(notice, subscription, reader, now=NOW, seen_by=seen_by),
        lambda: told.changes(notice, subscription, reader, now=NOW),
        lambda: told.details(notice, subscription, reader, now=NOW),
        lambda: told.details(notice, None, reader, now=NOW),
        lambda: told.blind(notice, reader, NOW),
        lambda: told.sight(notice, reader, NOW),
        lambda: told.parked(notice, reader, NOW),
        lambda: following.deliveries([notice] * 20, {}, reader, MAY_ALL, now=NOW),
    ]
    for draw in drawn:
        accepted(draw())


@given(watched, told_notices, readers)
def test_any_board_makes_messages_that_slack_takes_and_green_only_if_all_is_ready(
    shown: Board, notice: Notice, reader: Reader
) -> None:
    accepted(boards.alert(notice, shown.watch, reader, now=NOW))
    message = boards.board(shown, reader, now=NOW)
    accepted(message)
    reply = boards.verdict(notice, shown, reader, now=NOW)
    accepted(reply)
    known = shown.observed_at is not None and shown.failing_since is None
    green = known and shown.verdict is Verdict.READY
    assert message.text.count("✅") == int(green)
    assert reply.text.count("✅") == int(green)
    ready = [line for line in shown.lines if line.state is not None and line.state.is_ready]
    assert ticks(message) <= int(green) + (len(ready) if known else 0)
    assert shown.watch.ask in message.asks


@settings(max_examples=40)
@given(
    st.lists(subscriptions, max_size=4) | subscriptions.map(lambda one: [one] * 40),
    st.lists(watches, max_size=4) | watches.map(lambda one: [one] * 60),
    told_notices,
    readers,
)
def test_any_answer_about_what_is_followed_makes_a_message_that_slack_takes(
    told_to: list[Subscription], shown: list[Watch], notice: Notice, reader: Reader
) -> None:
    accepted(following.listed(told_to, shown, reader, MAY_ALL, now=NOW))
    for one, of in product(told_to[:2], shown[:2]):
        unknown = one.channel_id, one.domain
        accepted(following.listed(told_to, shown, reader, MAY_ALL, now=NOW, unknown=unknown))
        accepted(watching.already_watched(of, Wish(of.ask, NOW, one.domain), reader, now=NOW))
    for one in told_to[:4]:
        accepted(following.subscribed(one, reader, now=NOW))
        accepted(following.already_covered(one, frozenset(StatusFilter), reader, now=NOW))
        accepted(following.unsubscribed(one, reader))
        accepted(following.not_in_channel(one.channel_id, reader))
        accepted(following.archived(one.channel_id, reader))
    for watch in shown[:4]:
        accepted(watching.watching(watch, reader, now=NOW))
        accepted(watching.was_widened(watch, reader, now=NOW))
        accepted(watching.over(watch, Wish(watch.ask), reader, now=NOW))
        accepted(watching.already_watched(watch, Wish(shown[0].ask), reader, now=NOW))
        of_watch = replace(notice, source=watch.id)
        accepted(following.deliveries([of_watch], {watch.id: watch}, reader, MAY_ALL, now=NOW))
