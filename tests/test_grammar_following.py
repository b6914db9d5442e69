"""What people type to be told: watches, subscriptions, lists and deliveries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UsageError
from bot.live.model import StatusFilter
from bot.watch.model import DEFAULT_STATUSES
from handlers.grammar import parse
from handlers.requests import (
    DeliveriesRequest,
    ListRequest,
    Request,
    SubscribeRequest,
    UnsubscribeRequest,
    WatchRequest,
)
from handlers.vocabulary import Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)  # 19:42:10 in Shanghai
DOMAINS = ("live.example.com", "cup.example.com")

LIVE = "live.example.com"
CUP = "rtmp://live.example.com/liveApp/cup_main"
SIGNED = f"{CUP}?auth_key=1795347730-0-0-5ecre7"
FAILED, COMPLETE = StatusFilter.FAILED, StatusFilter.COMPLETE


def asked(text: str) -> Request:
    return parse(text, now=NOW, zone=SHANGHAI, domains=DOMAINS, accounts=("default", "main"))


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        asked(text)
    return caught.value


def shanghai(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    [
        "watch live.example.com preloading",
        "watch domain=live.example.com status=preloading",
        "/preload watch --domain <http://live.example.com|live.example.com> in progress",
        "关注 live.example.com 预热中",
        "关注live.example.com预热中",
        "关注 域名＝live.example.com，状态：预热中",
        "WATCH live.example.com running",
    ],
)
def test_every_way_to_ask_for_a_watch_is_read_alike(text: str) -> None:
    assert asked(text) == WatchRequest(domain=LIVE, status=StatusFilter.PRELOADING)


def test_a_watch_takes_the_filters_of_a_query() -> None:
    assert asked(f"watch {CUP}、{SIGNED}") == WatchRequest(domain=LIVE, urls=(CUP, SIGNED))
    assert asked("watch task=12") == WatchRequest(task_id="12")
    assert asked("watch failed since=2h") == WatchRequest(status=FAILED, since=timedelta(hours=2))
    assert asked("关注 预热失败 最近2小时") == asked("watch failed 2h")
    assert asked("watch") == asked("关注") == WatchRequest()


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("watch until=20:00", shanghai(22, 20)),
        ("watch until=18:00", shanghai(23, 18)),
        ("watch until=2h", NOW + timedelta(hours=2)),
        ("watch failed until tomorrow 9:00", shanghai(23, 9)),
        ('watch until="11-24 20:00"', shanghai(24, 20)),
        ("关注到今晚8点", shanghai(22, 20)),
        ("关注 预热中 到 明天18:00", shanghai(23, 18)),
        ("watch until=7d", NOW + timedelta(days=7)),
    ],
)
def test_a_watch_ends_at_a_time_to_come_in_the_readers_zone(text: str, end: datetime) -> None:
    request = asked(text)
    assert isinstance(request, WatchRequest)
    assert request.until == end


@pytest.mark.parametrize(
    "text",
    [
        "watch in=<#C0001|live-ops>",
        "watch in=<#C0001>",
        "watch in <#C0001|>",
        "watch <#C0001|直播频道>",
        "watch --channel #C0001",
        "watch in=C0001",
        "关注 频道＝<#C0001|重复-live>",
    ],
)
def test_a_channel_is_read_as_slack_writes_it(text: str) -> None:
    assert asked(text) == WatchRequest(channel_id="C0001")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('watch name="Cup final"', "Cup final"),
        ("watch name=“Cup final”", "Cup final"),
        ("watch name=「世界杯 决赛」", "世界杯 决赛"),
        ("watch name='Bob’s cup'", "Bob's cup"),
        ('watch --name "Cup, final"', "Cup, final"),
        ("watch name: “status=failed 2h”", "status=failed 2h"),
        ('watch name "Cup final"', "Cup final"),
        ("watch name=Cup", "Cup"),
        ("watch name=status", "status"),
        ("关注名称“直播频道 重复 第2页”", "直播频道 重复 第2页"),
        ("watch name='Cup' ", "Cup"),
        ('watch name="A &amp; B"', "A & B"),
        ('watch name="  Cup   final "', "Cup final"),
        (f'watch name="{"x" * 80}"', "x" * 80),
    ],
)
def test_a_name_in_quotes_is_one_value(text: str, name: str) -> None:
    assert asked(text) == WatchRequest(name=name)


def test_what_follows_a_name_is_read_on() -> None:
    assert asked('watch name="Cup final" failed until=20:00 in=<#C0001|x>') == WatchRequest(
        status=FAILED, until=shanghai(22, 20), channel_id="C0001", name="Cup final"
    )
    assert asked("关注名称“决赛”预热中") == WatchRequest(
        status=StatusFilter.PRELOADING, name="决赛"
    )


def test_a_name_shows_no_signature() -> None:
    request = asked(f'watch name="{SIGNED}"')
    assert isinstance(request, WatchRequest)
    assert "5ecre7" not in request.name


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("subscribe live.example.com", DEFAULT_STATUSES),
        ("sub live.example.com status=failed", {FAILED}),
        ("subscribe live.example.com status=failed,complete", {FAILED, COMPLETE}),
        ("subscribe live.example.com status=failed status=done", {FAILED, COMPLETE}),
        ("subscribe live.example.com failed, in progress", {FAILED, StatusFilter.PRELOADING}),
        ("subscribe live.example.com all", set(StatusFilter)),
        ("subscribe live.example.com status=failed,all", set(StatusFilter)),
        ("订阅live.example.com", DEFAULT_STATUSES),
        ("订阅 live.example.com 预热失败、已完成", {FAILED, COMPLETE}),
    ],
)
def test_a_subscription_is_of_a_domain_and_some_statuses(
    text: str, statuses: frozenset[StatusFilter]
) -> None:
    assert asked(text) == SubscribeRequest(LIVE, frozenset(statuses))


@pytest.mark.parametrize(
    ("text", "group_s", "repeat_s"),
    [
        ("subscribe group=30s repeat=1h", 30, 3600),
        ("subscribe group=0s repeat=off", 0, 0),
        ("subscribe group=0 repeat=no", 0, 0),
        ("subscribe group 10 minutes repeat 1 day", 600, 86_400),
        ("subscribe group=1s", 1, None),
        ("订阅 合并=1分钟 重复=5分钟", 60, 300),
        ("订阅重复＝否", None, 0),
    ],
)
def test_how_long_changes_are_gathered_and_how_often_failures_are_repeated(
    text: str, group_s: int | None, repeat_s: int | None
) -> None:
    group = None if group_s is None else timedelta(seconds=group_s)
    repeat = None if repeat_s is None else timedelta(seconds=repeat_s)
    assert asked(text) == SubscribeRequest(group=group, repeat=repeat)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("subscribe in=<#C0003|cup-final>", SubscribeRequest(channel_id="C0003")),
        ("unsubscribe", UnsubscribeRequest()),
        ("unsub live.example.com", UnsubscribeRequest(LIVE)),
        ("取消订阅live.example.com", UnsubscribeRequest(LIVE)),
        ("unsubscribe live.example.com <#C0003|>", UnsubscribeRequest(LIVE, "C0003")),
        ("list", ListRequest()),
        ("ls all", ListRequest(everywhere=True)),
        ("列表全部", ListRequest(everywhere=True)),
        ("取消关注", ListRequest()),
        ("unwatch", ListRequest()),
        ("stop", ListRequest()),
        ("静音", ListRequest()),
        ("unmute all", ListRequest(everywhere=True)),
        ("deliveries", DeliveriesRequest(10)),
        ("deliveries 50", DeliveriesRequest(50)),
        ("通知记录20条", DeliveriesRequest(20)),
    ],
)
def test_the_other_subcommands(text: str, request_: Request) -> None:
    assert asked(text) == request_


@pytest.mark.parametrize(
    ("text", "problem", "wrong", "suggestion"),
    [
        ("wach failed", Problem.UNKNOWN_SUBCOMMAND, "wach", "watch"),
        ("subscibe live.example.com", Problem.UNKNOWN_SUBCOMMAND, "subscibe", "subscribe"),
        ("delivries", Problem.UNKNOWN_SUBCOMMAND, "delivries", "deliveries"),
        ("取消订约", Problem.UNKNOWN_SUBCOMMAND, "取消订约", "取消订阅"),
        ("watch until=now", Problem.UNTIL_IN_PAST, "now", None),
        ("watch until=today 18:00", Problem.UNTIL_IN_PAST, "today 18:00", None),
        ("watch until=2h ago", Problem.UNTIL_IN_PAST, "2h ago", None),
        ("watch until=8d", Problem.UNTIL_TOO_FAR, "8d", None),
        ("watch until=11-30", Problem.UNTIL_TOO_FAR, "11-30", None),
        ("watch until=soon", Problem.BAD_END, "soon", None),
        ("watch since=tomorrow", Problem.SINCE_IN_FUTURE, "tomorrow", None),
        ("watch in=#live-ops", Problem.BAD_CHANNEL, "#live-ops", None),
        ("watch #live-ops", Problem.BAD_CHANNEL, "#live-ops", None),
        ("watch in=<@U0001>", Problem.BAD_CHANNEL, "<@U0001>", None),
        ("watch in=", Problem.MISSING_VALUE, "", None),
        ('watch name=""', Problem.MISSING_VALUE, "", None),
        ("watch name=Cup final", Problem.UNKNOWN_WORD, "final", 'name="Cup final"'),
        ('watch name="Cup final', Problem.UNKNOWN_WORD, "final", 'name="Cup final"'),
        (f'watch name="{"x " * 50}"', Problem.NAME_TOO_LONG, ("x " * 50).strip(), None),
        ("watch name=A name=B", Problem.REPEATED_KEY, "B", None),
        ("watch size=10", Problem.NOT_HERE, "size", None),
        ("watch public", Problem.NOT_HERE, "public", None),
        ("watch utnil=20:00", Problem.UNKNOWN_KEY, "utnil", "until"),
        (
            f"watch {CUP} rtmp://b.example.org/x",
            Problem.MIXED_HOSTS,
            "rtmp://b.example.org/x",
            None,
        ),
        ("failed name=x", Problem.NOT_HERE, "name", None),
        ("failed #C0001", Problem.NOT_HERE, "#C0001", None),
        ("subscribe 2h", Problem.NOT_HERE, "2h", None),
        (f"subscribe {CUP}", Problem.NOT_HERE, CUP, None),
        ("subscribe status=faild", Problem.UNKNOWN_STATUS, "faild", "failed"),
        ("subscribe group=11m", Problem.BAD_SPAN, "11m", "10m"),
        ("subscribe repeat=1 minute", Problem.BAD_SPAN, "1 minute", "5m"),
        ("subscribe repeat=sometimes", Problem.BAD_SPAN, "sometimes", None),
        ("unsubscribe failed", Problem.NOT_HERE, "failed", None),
        ("list failed", Problem.NOT_HERE, "failed", None),
        ("list status=failed", Problem.NOT_HERE, "status", None),
        ("取消关注 预热中", Problem.NOT_HERE, "预热中", None),
        ("deliveries 51", Problem.BAD_COUNT, "51", "50"),
        ("deliveries 0", Problem.BAD_COUNT, "0", "1"),
        ("deliveries many", Problem.BAD_COUNT, "many", None),
        ("deliveries 5 6", Problem.NOT_HERE, "6", None),
        ("deliveries page=2", Problem.NOT_HERE, "page", None),
    ],
)
def test_a_mistake_is_named_underlined_and_corrected(
    text: str, problem: Problem, wrong: str, suggestion: str | None
) -> None:
    error = refused(text)
    assert (error.problem, error.text[error.start : error.end]) == (problem, wrong)
    assert error.suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("watch until=8d", {"key": "until", "given": "8d", "days": "7"}),
        ("watch in=#ops", {"key": "in", "given": "#ops"}),
        (f"watch name={'x' * 81}", {"key": "name", "given": "81", "most": "80"}),
        ("subscribe group=1d", {"key": "group", "given": "1d", "low": "0s", "high": "10m"}),
        ("subscribe repeat=1s", {"key": "repeat", "given": "1s", "low": "5m", "high": "24h"}),
        ("deliveries 99", {"given": "99", "low": "1", "high": "50"}),
        (
            "subscribe page=2",
            {
                "given": "page",
                "subcommand": "subscribe",
                "keys": "domain, account, status, in, group, repeat",
            },
        ),
        ("list page=2", {"given": "page", "subcommand": "list", "keys": ""}),
    ],
)
def test_a_usage_error_carries_what_its_sentence_names(text: str, values: dict[str, str]) -> None:
    assert refused(text).values == values


def test_the_example_is_of_what_the_person_wants_done() -> None:
    assert refused("watch until=now").example.startswith("/preload watch ")
    assert refused("subscribe domain=").example.startswith("/preload subscribe ")
    assert refused("deliveries x").example.startswith("/preload deliveries ")
    assert refused("wacth failed").example.startswith("/preload watch ")
