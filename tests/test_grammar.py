"""Commands as people type and paste them, and what they come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UsageError
from bot.live.model import StatusFilter
from bot.reader import Language
from bot.words import words
from handlers.grammar import parse
from handlers.requests import DefaultRequest, HelpRequest, Request, TasksRequest, WatchRequest
from handlers.vocabulary import EXAMPLES, STATUSES, Problem, Subcommand, nearest_domain

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)  # 19:42:10 in Shanghai
DOMAINS = ("live.example.com", "cup.example.com")

LIVE = "live.example.com"
CUP = "rtmp://live.example.com/liveApp/cup_main"
SIGNED = f"{CUP}?auth_key=1795347730-0-0-5ecre7&x=1,2:3"
CAM = "http://live.example.com/liveApp/cam2.flv"


def asked(text: str) -> Request:
    return parse(text, now=NOW, zone=SHANGHAI, domains=DOMAINS, accounts=("default", "main"))


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        asked(text)
    return caught.value


def shanghai(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def test_an_empty_command_asks_for_all_tasks() -> None:
    assert asked("") == asked(" \u200b ") == asked("tasks") == asked("/preload") == TasksRequest()


@pytest.mark.parametrize(
    "text",
    [
        "domain=live.example.com status=failed since=2h",
        "tasks domain=live.example.com status=failed since=2h",
        "/preload domain=live.example.com status=failed since=2h",
        "live.example.com failed 2h",
        "domain:live.example.com status:failed since:2h",
        "--domain live.example.com --status failed --since 2h",
        "--domain=live.example.com --status=failed --since=2h",
        "—domain live.example.com –status failed ––since=2h",
        "-d live.example.com -s failed 2h",
        "d=live.example.com s=failed from=2h",
        "domain = live.example.com, status = error, since = 2 hours",
        "domain live.example.com status failed since 2h",
        "DOMAIN=Live.Example.COM. Status=FAILED Last 2 Hours",
        "domain=<http://live.example.com|live.example.com> status=“failed” since=‘2h’",
        "`domain=live.example.com` 'failed' \"2 hours\"",
        "domain=http://live.example.com/ broken 120min",
        "http://live.example.com:8080 err 2hrs",
        "domain＝live.example.com，status：failed、since＝２h",
        "域名=live.example.com 状态=失败 最近=2小时",
        "域名live.example.com 状态失败 最近2小时",
        "live.example.com\u3000预热失败\u00a0最近2小时",
        "预热失败最近两小时 live.example.com",
        "live.example.com预热失败最近2小时。",
        "live.example.com failed 2h!",
        "查询 live.example.com 出错 2小时内",
        "\ufeffli\u00adve.exam\u200bple.com \u202afailed\u202c 2\u200dh",
        "domain=live.example.com domain=live.example.com failed status=error 2h",
    ],
)
def test_every_way_to_write_a_filter_is_read_alike(text: str) -> None:
    two_hours = timedelta(hours=2)
    assert asked(text) == TasksRequest(domain=LIVE, status=StatusFilter.FAILED, since=two_hours)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("complete", StatusFilter.COMPLETE),
        ("done", StatusFilter.COMPLETE),
        ("ok", StatusFilter.COMPLETE),
        ("finished", StatusFilter.COMPLETE),
        ("已完成", StatusFilter.COMPLETE),
        ("waiting", StatusFilter.PENDING),
        ("等待预热", StatusFilter.PENDING),
        ("running", StatusFilter.PRELOADING),
        ("in progress", StatusFilter.PRELOADING),
        ("in-progress", StatusFilter.PRELOADING),
        ("预热中", StatusFilter.PRELOADING),
        ("error", StatusFilter.FAILED),
        ("预热失败", StatusFilter.FAILED),
        ("all", None),
        ("全部", None),
    ],
)
@pytest.mark.parametrize("form", ["{}", "status={}", "--status {}", "状态={}", 's="{}"'])
def test_everyday_and_vendor_words_name_a_status(
    form: str, word: str, status: StatusFilter | None
) -> None:
    assert asked(form.format(word)) == TasksRequest(status=status)


def test_ready_is_no_status_because_no_filter_finds_only_what_is_ready() -> None:
    assert "ready" not in STATUSES
    assert refused("status=ready").problem == Problem.UNKNOWN_STATUS


@pytest.mark.parametrize(
    "text",
    [
        "task failed",
        "tasks failed",
        "failed task",
        "failed tasks",
        "status=failed tasks",
        "任务失败",
        "失败任务",
        "失败的任务",
        "状态=失败的任务",
    ],
)
def test_the_word_task_beside_a_status_is_no_key(text: str) -> None:
    assert asked(text) == TasksRequest(status=StatusFilter.FAILED)
    watched = asked(f"watch {text}")
    assert isinstance(watched, WatchRequest)
    assert (watched.status, watched.task_id) == (StatusFilter.FAILED, None)


def test_the_word_task_beside_a_status_still_names_the_task_whose_id_follows() -> None:
    failed = TasksRequest(status=StatusFilter.FAILED, task_id="12345")
    assert asked("failed task 12345") == asked("失败 任务 12345") == failed
    two_hours = TasksRequest(status=StatusFilter.FAILED, since=timedelta(hours=2))
    assert asked("failed task 2h") == asked("失败任务最近2小时") == two_hours
    assert asked("failed task size=20") == TasksRequest(status=StatusFilter.FAILED, rows=20)
    assert asked("all tasks") == TasksRequest()
    assert refused("failed tasks oops").values["given"] == "oops"
    assert refused("domain=live.example.com tasks").problem == Problem.UNKNOWN_WORD


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("task=failed", "task=failed", "status=failed"),
        ("id failed", "id failed", "status=failed"),
        ("--task done", "--task done", "status=complete"),
        ("task=in progress", "task=in progress", "status=preloading"),
        ("任务id=预热失败", "任务id=预热失败", "status=failed"),
        ("task=any", "task=any", "status=all"),
    ],
)
def test_a_status_is_no_task_id(text: str, wrong: str, suggestion: str) -> None:
    error = refused(text)
    assert (error.problem, error.suggestion) == (Problem.BAD_TASK, suggestion)
    assert error.text[error.start : error.end] == wrong


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (CUP, (CUP,)),
        (f"url={SIGNED}", (SIGNED,)),
        (SIGNED, (SIGNED,)),
        (f"url:{SIGNED}", (SIGNED,)),
        (f"<{SIGNED.replace('&', '&amp;')}>", (SIGNED,)),
        (f"url=<{CAM}|{CAM}>", (CAM,)),
        (f"<{CAM}|the second camera>", (CAM,)),
        (f"url={SIGNED},{CAM}", (SIGNED, CAM)),
        (f"url={CUP}, {CAM}", (CUP, CAM)),
        (f'url="{CUP}、{SIGNED}" u={CAM}', (CUP, SIGNED, CAM)),
        (f"地址＝{CUP}，{CAM}，{CUP}", (CUP, CAM)),
        (f"{CUP} {CAM} {CUP}", (CUP, CAM)),
        (f"url={CUP}。", (CUP,)),
        (f"{SIGNED}！ {CAM}；", (SIGNED, CAM)),
        (f"地址={CUP}。{CAM}？", (CUP, CAM)),
    ],
)
def test_urls_are_kept_as_given_each_once_and_name_the_domain(
    text: str, urls: tuple[str, ...]
) -> None:
    assert asked(text) == TasksRequest(domain=LIVE, urls=urls)


def test_a_filter_after_a_signed_url_is_not_part_of_it() -> None:
    request = asked(f"{SIGNED},status=failed")
    assert request == TasksRequest(domain=LIVE, urls=(SIGNED,), status=StatusFilter.FAILED)


def test_a_given_domain_goes_before_the_hosts_of_the_urls() -> None:
    other = "rtmp://push.example.org/a/b"
    assert asked(f"{CUP} {other} domain=cup.example.com") == TasksRequest(
        domain="cup.example.com", urls=(CUP, other)
    )


def test_a_url_given_as_the_domain_means_its_host() -> None:
    assert asked(f"domain={CUP}") == TasksRequest(domain=LIVE)


def test_a_chinese_domain_is_written_in_punycode() -> None:
    assert (
        asked("域名直播.中国")
        == asked("直播.中国")
        == TasksRequest(domain="xn--z6ut02b.xn--fiqs8s")
    )


def test_the_rest_of_the_filters() -> None:
    assert asked("task=a1:b-2 size=20 page=3 public") == TasksRequest(
        task_id="a1:b-2", rows=20, page=3, public=True
    )
    assert asked("任务 12 第3页 每页20条 公开") == TasksRequest(
        task_id="12", rows=20, page=3, public=True
    )
    assert asked("每页 5 行") == asked("每页5行") == asked("每页=5条") == TasksRequest(rows=5)
    assert asked("昨晚失败") == TasksRequest(status=StatusFilter.FAILED, since=shanghai(21, 18))
    assert asked("--public") == asked("public=yes") == asked("公开=是") == TasksRequest(public=True)
    assert asked("public=off") == TasksRequest()


def test_a_page_however_far_past_the_end_is_a_page() -> None:
    assert asked("page=007") == TasksRequest(page=7)
    assert asked(f"page={'9' * 5_000}") == asked("page=9999999")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("today 18:00", shanghai(22, 18), None),
        ('since="today 18:00"', shanghai(22, 18), None),
        ("since=yesterday", shanghai(21), None),
        ("since=18:00", shanghai(22, 18), None),
        ("since=20:00", shanghai(21, 20), None),
        ("since=18:00 until=20:00", shanghai(22, 18), shanghai(22, 20)),
        ("since=20:00 until=21:00", shanghai(21, 20), shanghai(21, 21)),
        ("since=22:00 until=02:00", shanghai(21, 22), shanghai(22, 2)),
        ("until=19:00 since=18:00", shanghai(22, 18), shanghai(22, 19)),
        ("从昨天20:00到今天8点", shanghai(21, 20), shanghai(22, 8)),
        ("since=yesterday 8pm to 9 pm", shanghai(21, 20), shanghai(21, 21)),
        ("since=4h until=2h", NOW - timedelta(hours=4), NOW - timedelta(hours=2)),
        ("until=2h since=4h", NOW - timedelta(hours=4), NOW - timedelta(hours=2)),
        ("since=1h until=now", NOW - timedelta(hours=1), NOW),
        ("since=4h until=18:00", NOW - timedelta(hours=4), shanghai(22, 18)),
        ("since=4h", timedelta(hours=4), None),
        ("until=71h57m", None, NOW - timedelta(hours=71, minutes=57)),
    ],
)
def test_a_window_is_read_in_the_readers_zone(
    text: str, since: datetime | timedelta, until: datetime | None
) -> None:
    assert asked(text) == TasksRequest(since=since, until=until)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("help", HelpRequest()),
        ("帮助", HelpRequest()),
        ("--help", HelpRequest()),
        ("?", HelpRequest()),
        ("help 状态", HelpRequest("status")),
        ("help default", HelpRequest("default")),
        ("default", DefaultRequest()),
        ("default domain=live.example.com", DefaultRequest(LIVE)),
        ("默认 域名=live.example.com", DefaultRequest(LIVE)),
        ("default <http://live.example.com|live.example.com>", DefaultRequest(LIVE)),
        ("default clear", DefaultRequest(clear=True)),
        ("默认清除", DefaultRequest(clear=True)),
    ],
)
def test_subcommands(text: str, request_: Request) -> None:
    assert asked(text) == request_


@pytest.mark.parametrize(
    ("text", "problem", "wrong", "suggestion"),
    [
        ("hlep", Problem.UNKNOWN_SUBCOMMAND, "hlep", "help"),
        ("帮主", Problem.UNKNOWN_SUBCOMMAND, "帮主", "帮助"),
        ("状态=失贝", Problem.UNKNOWN_STATUS, "失贝", "失败"),
        ("状态=未知", Problem.UNKNOWN_STATUS, "未知", None),
        ("status=ready", Problem.UNKNOWN_STATUS, "ready", "complete"),
        ("ready", Problem.UNKNOWN_WORD, "ready", "complete"),
        ("watch 就绪", Problem.UNKNOWN_WORD, "就绪", "已完成"),
        ("start", Problem.UNKNOWN_WORD, "start", None),
        ("statu failed", Problem.UNKNOWN_WORD, "statu", "status="),
        ("failed pubilc", Problem.UNKNOWN_WORD, "pubilc", "public"),
        ("3874923749237429", Problem.UNKNOWN_WORD, "3874923749237429", "task=3874923749237429"),
        ("failed 12345", Problem.UNKNOWN_WORD, "12345", "task=12345"),
        ("unsubscribe 12345", Problem.UNKNOWN_WORD, "12345", None),
        ("domain=test_.example.com", Problem.BAD_DOMAIN, "test_.example.com", None),
        (f"{LIVE} liveApp/cup_main", Problem.BAD_URL, "liveApp/cup_main", CUP),
        (f"{LIVE} liveApp/cam2.flv", Problem.BAD_URL, "liveApp/cam2.flv", CAM),
        ("liveApp/cup_main", Problem.BAD_URL, "liveApp/cup_main", None),
        ("live.example.com/liveApp/cup_main", Problem.NO_PROTOCOL, CUP[7:], CUP),
        (f"url={CUP},live.example.com/liveApp/cam2.flv", Problem.NO_PROTOCOL, CAM[7:], CAM),
        (f"url=<{CAM}|{CAM[7:]}>", Problem.NO_PROTOCOL, CAM[7:], CAM),
        (f"watch <http://{CUP[7:]}|{CUP[7:]}>", Problem.NO_PROTOCOL, CUP[7:], CUP),
        (f"{CUP[7:]}?x=5ecre7", Problem.NO_PROTOCOL, f"{CUP[7:]}?…", f"{CUP}?…"),
        ("help statsu", Problem.UNKNOWN_TOPIC, "statsu", "status"),
        ("stauts=failed", Problem.UNKNOWN_KEY, "stauts", "status"),
        ("--stauts failed", Problem.UNKNOWN_KEY, "--stauts", "status"),
        ("auth_key=5ecre7", Problem.UNKNOWN_KEY, "auth_key", None),
        ("2h faild", Problem.UNKNOWN_WORD, "faild", "failed"),
        ("预热失拜", Problem.UNKNOWN_WORD, "预热失拜", "预热失败"),
        ("失败了", Problem.UNKNOWN_WORD, "了", None),
        ("status=faild", Problem.UNKNOWN_STATUS, "faild", "failed"),
        ("stat=failed", Problem.UNKNOWN_KEY, "stat", "status"),
        ("row=20", Problem.UNKNOWN_KEY, "row", "size"),
        ("default status=failed", Problem.NOT_HERE, "status", None),
        ("default clear live.example.com", Problem.NOT_HERE, "clear", None),
        ("domain= status=failed", Problem.MISSING_VALUE, "", None),
        ("failed since", Problem.MISSING_VALUE, "", None),
        ("status=failed status=done", Problem.REPEATED_KEY, "done", None),
        ("failed all", Problem.REPEATED_KEY, "all", None),
        ("status=complete,failed", Problem.ONE_AT_A_TIME, "complete,failed", None),
        ('status="complete, failed"', Problem.ONE_AT_A_TIME, "complete, failed", None),
        ("状态＝失败、完成", Problem.ONE_AT_A_TIME, "失败, 完成", None),
        (
            "domain=a.example.com,b.example.com",
            Problem.ONE_AT_A_TIME,
            "a.example.com,b.example.com",
            None,
        ),
        ("status=failed, status=done", Problem.REPEATED_KEY, "done", None),
        ("live.example.com domain=cup.example.com", Problem.REPEATED_KEY, "cup.example.com", None),
        ("size=4", Problem.BAD_SIZE, "4", "5"),
        ("size=500", Problem.BAD_SIZE, "500", "30"),
        ("size=many", Problem.BAD_SIZE, "many", None),
        ("page=0", Problem.BAD_PAGE, "0", "1"),
        ("page=-1", Problem.BAD_PAGE, "-1", None),
        ("public=perhaps", Problem.BAD_PUBLIC, "perhaps", None),
        ("since=25:00", Problem.BAD_TIME, "25:00", None),
        ("until=soon", Problem.BAD_TIME, "soon", None),
        ("domain=live", Problem.BAD_DOMAIN, "live", LIVE),
        ("live_example.com", Problem.BAD_DOMAIN, "live_example.com", LIVE),
        ("live.example.com直播", Problem.BAD_DOMAIN, "live.example.com直播", LIVE),
        ("成功?,", Problem.UNKNOWN_WORD, "成功?", "成功"),
        ("since=11:00 until=10:00", Problem.SINCE_NOT_BEFORE_UNTIL, "10:00", None),
        ("domain=1.2.3.4", Problem.BAD_DOMAIN, "1.2.3.4", None),
        ("url=http://live.example.com", Problem.BAD_URL, "http://live.example.com", None),
        ("rtmp://[live/a", Problem.BAD_URL, "rtmp://[live/a", None),
        ("task=不是", Problem.BAD_TASK, "不是", None),
        (f"{CUP} rtmp://b.example.org/x", Problem.MIXED_HOSTS, "rtmp://b.example.org/x", None),
        ("since=2026-12-01", Problem.SINCE_IN_FUTURE, "2026-12-01", None),
        ("since=tomorrow", Problem.SINCE_IN_FUTURE, "tomorrow", None),
        ("since=2h until=3h", Problem.SINCE_NOT_BEFORE_UNTIL, "3h", None),
        ("since=2h until=2h", Problem.SINCE_NOT_BEFORE_UNTIL, "2h", None),
        ("until=71h59m", Problem.UNTIL_TOO_OLD, "71h59m", None),
        ("until=3d", Problem.UNTIL_TOO_OLD, "3d", None),
        ("since=11-01 until=11-02 18:00", Problem.UNTIL_TOO_OLD, "11-02 18:00", None),
        (
            "since=today until=11-20 18:00",
            Problem.SINCE_NOT_BEFORE_UNTIL,
            "11-20 18:00",
            None,
        ),
    ],
)
def test_a_mistake_is_named_underlined_and_corrected(
    text: str, problem: Problem, wrong: str, suggestion: str | None
) -> None:
    error = refused(text)
    assert (error.problem, error.text[error.start : error.end]) == (problem, wrong)
    assert error.suggestion == suggestion


@pytest.mark.parametrize("text", ["since=now", "从现在", "since=now until=tomorrow"])
def test_nothing_is_created_since_now(text: str) -> None:
    later = NOW + timedelta(milliseconds=300)
    with pytest.raises(UsageError) as caught:
        parse(text, now=later, zone=SHANGHAI)
    assert caught.value.problem == Problem.SINCE_IN_FUTURE
    watched = parse("watch since=now", now=later, zone=SHANGHAI)
    assert isinstance(watched, WatchRequest)
    assert watched.since == NOW


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("stauts=x", {"given": "stauts"}),
        ("default page=2", {"given": "page", "subcommand": "default", "keys": ""}),
        ("domain=", {"key": "domain"}),
        ("failed s=ok", {"key": "status", "written": "s", "first": "failed", "second": "ok"}),
        (
            "状态=失败 状态=完成",
            {"key": "status", "written": "状态", "first": "失败", "second": "完成"},
        ),
        ("每页 4", {"key": "size", "written": "每页", "given": "4", "low": "5", "high": "30"}),
        ("最近=", {"key": "since", "written": "最近"}),
        ("2h 到3h", {"key": "until", "written": "到", "since": "since=2h", "until": "到=3h"}),
        ("size=4", {"key": "size", "given": "4", "low": "5", "high": "30"}),
        ("until=soon", {"key": "until", "given": "soon"}),
        (
            f"{CUP} rtmp://b.example.org/x rtmp://c.example.org/x",
            {"key": "url", "first": LIVE, "second": "b.example.org"},
        ),
        (
            "since=today until=yesterday",
            {"key": "until", "since": "since=today", "until": "until=yesterday"},
        ),
        ("x" * 20_001, {"given": "20001", "most": "20000"}),
    ],
)
def test_a_usage_error_carries_what_its_sentence_names(text: str, values: dict[str, str]) -> None:
    assert refused(text).values == values


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("nosuch.example.com", None),
        ("lvie.example.com", LIVE),
        ("live.exmaple.com", LIVE),
        ("live.example.con", LIVE),
        ("cup2.example.com", "cup.example.com"),
        ("live.example.com", None),
        ("www.live.example.com", None),
    ],
)
def test_a_domain_is_like_another_by_the_labels_that_differ(
    typed: str, nearest: str | None
) -> None:
    assert nearest_domain(typed, DOMAINS) == nearest


def test_the_place_of_a_missing_value_is_where_it_would_stand() -> None:
    error = refused("domain= status=failed")
    assert error.text[: error.start] == "domain= "


def test_a_hundred_urls_are_taken_and_the_next_is_underlined() -> None:
    urls = [f"rtmp://live.example.com/a/{number}" for number in range(101)]
    request = asked(" ".join([*urls[:100], urls[0]]))
    assert isinstance(request, TasksRequest)
    assert request.urls == tuple(urls[:100])
    error = refused(",".join(urls))
    assert error.problem == Problem.TOO_MANY_URLS
    assert error.text[error.start : error.end] == urls[100]
    assert (error.values["given"], error.values["most"]) == ("101", "100")


def test_a_text_too_long_is_not_echoed_whole() -> None:
    error = refused("失败 " * 10_000)
    assert error.problem == Problem.TOO_LONG
    assert len(error.text) <= 100


@pytest.mark.parametrize(
    "text",
    [
        f"{SIGNED} oops",
        f"url={SIGNED} status=faild",
        f"{SIGNED},rtmp://other.example.org/a?auth_key=5ecre7",
        f'default "{SIGNED}" clear',
        "rtmp://?auth_key=5ecre7",
        "AUTH_KEY = 5ecre7",
        'url=rtmp://a.example.com/b?x=1&auth_key="5ecre7" oops',
        "rtmp://a.example.com/b?auth_key= 5ecre7",
        "rtmp://user:5ecre7@a.example.com/b",
        f"help {SIGNED}",
        f"task={SIGNED}",
        f"{SIGNED} " * 400,
    ],
)
def test_no_error_shows_a_signature_or_a_password(text: str) -> None:
    error = refused(text)
    assert "5ecre7" not in f"{error.text} {error.values} {error.suggestion} {error}"


def test_the_place_is_right_after_masking() -> None:
    error = refused(f"{SIGNED} {SIGNED} oops {SIGNED}")
    assert error.text[error.start : error.end] == "oops"
    error = refused(f"{SIGNED} rtmp://other.example.org/a?auth_key=5ecre7,{CUP}")
    assert error.text[error.start : error.end].startswith("rtmp://other.example.org/a?")
    assert error.text[error.end :] == f",{CUP}"


def test_every_example_is_a_command_that_works() -> None:
    chinese = words(Language.CHINESE)
    for about, example in EXAMPLES.items():
        request = asked(example)
        assert type(asked(chinese.as_it_is(example))) is type(request)
        assert not chinese.as_it_is(example).isascii()
        assert example.startswith("/preload ")
        if about in set(Subcommand):
            assert type(request).__name__.removesuffix("Request").lower() == about.value
        else:
            assert isinstance(request, TasksRequest)
