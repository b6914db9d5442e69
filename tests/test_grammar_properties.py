"""Whatever is typed, the grammar answers with a request or with an error that helps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.live.model import StatusFilter
from handlers.canonical import canonical
from handlers.grammar import parse
from handlers.lexing import normalised
from handlers.requests import (
    DefaultRequest,
    DeliveriesRequest,
    HelpRequest,
    ListRequest,
    Request,
    SubscribeRequest,
    TasksRequest,
    UnsubscribeRequest,
    WatchRequest,
)
from handlers.vocabulary import (
    KEYS,
    STATUSES,
    SUBCOMMANDS,
    TASK_WORDS,
    Key,
    Problem,
    Subcommand,
    folded,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
DOMAINS = ("live.example.com", "cup.example.com")
SECRET = "1795347730-0-0-5ecre7"

FRAGMENTS = [
    *KEYS,
    *STATUSES,
    *TASK_WORDS,
    *SUBCOMMANDS,
    *("=", ":", "＝", "：", ",", "，", "、", " ", "  ", "\u3000", "\u200b", "\u202e", "\ud800"),
    *("-", "--", "—", "–", '"', "“", "'", "`", "<", ">", "|", "&amp;", "&lt;", "?", "/", ".", "@"),
    *("http://", "rtmp://live.example.com/a/b", "://", "<http://live.example.com|", "mailto:"),
    *(
        "live.example.com",
        "直播.中国",
        "2h",
        "18:00",
        "today",
        "昨天",
        "半",
        "小时",
        "第",
        "2",
        "页",
    ),
    *(
        "#live-ops",
        "<#C0001|live-ops>",
        "<#C0001>",
        "#C0001",
        'name="',
        "name='",
        "tomorrow",
        "off",
    ),
    *("faild", "stauts", "hlep", "2026-11-20T19:00Z", "9999", "0", "50", "\x00", "\n", "é", "٢"),
]


def outcome(text: str) -> Request | UsageError:
    try:
        return parse(text, now=NOW, zone=SHANGHAI, domains=DOMAINS, accounts=("default", "main"))
    except UsageError as error:
        return error


def check_it_helps(error: UsageError) -> None:
    assert error.problem in set(Problem)
    assert 0 <= error.start <= error.end <= len(error.text)
    error.text.encode()
    assert not isinstance(outcome(error.example), UsageError)
    assert error.example.startswith("/preload ")
    if error.suggestion is not None:
        mended = error.text[: error.start] + error.suggestion + error.text[error.end :]
        after = outcome(mended)
        if isinstance(after, UsageError):
            assert (after.problem, after.start) != (error.problem, error.start)


def check(text: str) -> None:
    result = outcome(text)
    if isinstance(result, UsageError):
        check_it_helps(result)
    else:
        assert isinstance(result, Request)


@given(st.text())
@example("a" * 8_001)
def test_any_text_is_answered(text: str) -> None:
    check(text)


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())))
def test_any_text_with_broken_unicode_is_answered(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@example("past?'")
@example("成功?,")
@example("status=faild")
@example("status=faild，stauts=faild")
def test_any_mixture_of_what_the_grammar_knows_is_answered(text: str) -> None:
    check(text)


FOLLOWING = st.sampled_from(
    ["watch ", "关注", "subscribe ", "unsubscribe ", "list ", "deliveries "]
)


@given(FOLLOWING, st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@example("watch ", "name='\"'")
@example("watch ", 'name="重复" 重复')
@example("subscribe ", "status=faild,failed")
def test_any_mixture_after_what_is_to_be_followed_is_answered(command: str, text: str) -> None:
    check(command + text)


@given(st.lists(st.sampled_from([*FRAGMENTS, "auth_key", "auth_key=", "&"]), max_size=8))
def test_no_mixture_makes_an_error_show_a_signature(parts: list[str]) -> None:
    result = outcome("".join([*parts, f" rtmp://live.example.com/a?auth_key={SECRET} ", *parts]))
    if isinstance(result, UsageError):
        assert "5ecre7" not in f"{result.text} {result.values} {result.suggestion} {result}"


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_a_normalised_text_is_one_line_without_unseen_characters(text: str) -> None:
    plain = normalised(text)
    assert plain == " ".join(plain.split())
    assert not set(plain) & set("\u200b\u202e\x00\ud800“＝，、")


LABEL = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
HOST = st.builds("{}.{}.com".format, LABEL, LABEL)
PATH = st.from_regex(r"/[A-Za-z0-9_]{1,8}/[A-Za-z0-9_.-]{1,12}", fullmatch=True)
QUERY = st.sampled_from(["", "?auth_key=1-0-0-abc", "?auth_key=1-0-0-abc&x=1", "?a=1:2&b=http"])
PAST = st.datetimes(datetime(2025, 1, 1), NOW.replace(tzinfo=None) - timedelta(days=1)).map(  # noqa: DTZ001 # hypothesis wants naive bounds
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
DURATION = st.integers(1, 3 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
TASK_ID = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{5,20}", fullmatch=True).filter(
    lambda task_id: folded(task_id) not in STATUSES
)


@st.composite
def tasks_requests(draw: st.DrawFn) -> TasksRequest:
    host = draw(HOST)
    scheme = st.sampled_from(["rtmp", "http", "https"])
    url = st.builds(
        lambda scheme, path, query: f"{scheme}://{host}{path}{query}", scheme, PATH, QUERY
    )
    urls = tuple(draw(st.lists(url, max_size=4, unique=True)))
    until = draw(st.none() | st.just(NOW - timedelta(hours=1)))
    return TasksRequest(
        domain=host if urls else draw(st.none() | HOST),
        status=draw(st.none() | st.sampled_from(StatusFilter)),
        task_id=draw(st.none() | TASK_ID),
        urls=urls,
        since=draw(st.none() | PAST if until else st.none() | PAST | DURATION),
        until=until,
        rows=draw(st.none() | st.integers(5, 30)),
        page=draw(st.integers(1, 999)),
        public=draw(st.booleans()),
    )


CHANNEL = st.from_regex(r"[CDG][A-Z0-9]{3,10}", fullmatch=True)
WORD = st.sampled_from(
    ["Cup", "世界杯", "直播频道", "重复", "status", "=", ",", "&", "A/B", "4.5", "–"]
)
NAME = st.lists(WORD.map(normalised).filter(bool), max_size=6).map(" ".join)


@st.composite
def watch_requests(draw: st.DrawFn) -> WatchRequest:
    which = draw(tasks_requests())
    ahead = st.integers(1, 7 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
    return WatchRequest(
        domain=which.domain,
        status=which.status,
        task_id=which.task_id,
        urls=which.urls,
        since=which.since,
        until=draw(st.none() | ahead.map(NOW.__add__)),
        channel_id=draw(st.none() | CHANNEL),
        name=draw(NAME),
    )


def spans(shortest_s: int, longest_s: int) -> st.SearchStrategy[timedelta | None]:
    seconds = st.none() | st.just(0) | st.integers(shortest_s, longest_s)
    return seconds.map(lambda count: None if count is None else timedelta(seconds=count))


REQUESTS = (
    tasks_requests()
    | watch_requests()
    | st.builds(
        SubscribeRequest,
        domain=st.none() | HOST,
        statuses=st.frozensets(st.sampled_from(StatusFilter), min_size=1),
        channel_id=st.none() | CHANNEL,
        group=spans(1, 600),
        repeat=spans(300, 86_400),
    )
    | st.builds(UnsubscribeRequest, st.none() | HOST, st.none() | CHANNEL)
    | st.builds(ListRequest, st.booleans())
    | st.builds(DeliveriesRequest, st.integers(1, 50))
    | st.builds(HelpRequest, st.none() | st.sampled_from([*Key, *Subcommand]).map(str))
    | st.builds(DefaultRequest, st.none() | HOST)
    | st.just(DefaultRequest(clear=True))
)
SYNTAXES = [
    "{}={}",
    "{}:{}",
    "--{}={}",
    "--{} {}",
    "{} {}",
    "{} = {}",
    "{}＝{}",
    "{}：“{}”",
    "-{}={}",
]


@given(REQUESTS, st.sampled_from([SHANGHAI, ZoneInfo("America/New_York"), ZoneInfo("UTC")]))
def test_a_request_written_in_the_documented_way_is_read_back(
    request: Request, zone: ZoneInfo
) -> None:
    assert parse(canonical(request, zone), now=NOW, zone=SHANGHAI) == request


def test_a_duration_before_an_end_is_written_as_the_moment_it_meant() -> None:
    end = NOW - timedelta(hours=2)
    text = canonical(TasksRequest(since=timedelta(hours=4), until=end), SHANGHAI)
    assert outcome(text) == TasksRequest(since=end - timedelta(hours=4), until=end)


@given(tasks_requests(), st.sampled_from(SYNTAXES))
def test_a_request_written_in_any_accepted_syntax_is_read_back(
    request: TasksRequest, syntax: str
) -> None:
    written = []
    for word in canonical(request, SHANGHAI).split():
        key, sign, value = word.partition("=")
        written.append(syntax.format(key, value) if sign else word)
    assert parse(" ".join(written), now=NOW, zone=SHANGHAI) == request
