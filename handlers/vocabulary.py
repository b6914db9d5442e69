"""The words `/preload` understands: keys, statuses, subcommands, in English and Chinese.

Words are looked up case-folded and without `-`, `_` and spaces (`page-size`, `In Progress`).
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher, get_close_matches
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, TypeVar

from bot.export import Format
from bot.live.model import StatusFilter
from bot.words import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Meaning = TypeVar("Meaning")

_SHORTEST_HINT: Final = 3
_LEAST_LIKENESS: Final = 0.7
_ONE_OF_TWO: Final = 0.5
"""Of a Chinese word of two characters one may be wrong."""
_LEAST_LIKENESS_OF_LABELS: Final = 0.6


class Subcommand(StrEnum):
    """What can be done; the first word of a command, `tasks` if left out."""

    TASKS = "tasks"
    WATCH = "watch"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    LIST = "list"
    DELIVERIES = "deliveries"
    ASK = "ask"
    EXPORT = "export"
    AUDIT = "audit"
    DEFAULT = "default"
    HELP = "help"


class Key(StrEnum):
    """What is written `key=value`: the filters of `/preload tasks`, and what else is settled."""

    DOMAIN = "domain"
    TASK = "task"
    URL = "url"
    STATUS = "status"
    SINCE = "since"
    UNTIL = "until"
    SIZE = "size"
    PAGE = "page"
    PUBLIC = "public"
    IN = "in"
    NAME = "name"
    GROUP = "group"
    REPEAT = "repeat"
    ACCOUNT = "account"
    FORMAT = "format"


class Problem(StrEnum):
    """What can be wrong with a command: the values of `UsageError.problem`.

    After each, the names in `UsageError.values`; beside `key`, `written` if that is how it was
    written.
    """

    UNKNOWN_SUBCOMMAND = "unknown_subcommand"
    """`given`"""
    UNKNOWN_TOPIC = "unknown_topic"
    """`given`: what help was asked on."""
    UNKNOWN_KEY = "unknown_key"
    """`given`"""
    UNKNOWN_WORD = "unknown_word"
    """`given`"""
    UNKNOWN_STATUS = "unknown_status"
    """`given`"""
    NOT_HERE = "not_here"
    """`given`, `subcommand`: a word or a key that does not go with the subcommand; `keys`: those
    that do, or ""."""
    MISSING_VALUE = "missing_value"
    """`key`"""
    REPEATED_KEY = "repeated_key"
    """`key`, `first`, `second`: given twice, with different values."""
    ONE_AT_A_TIME = "one_at_a_time"
    """`key`, `first`, `second`: given a list of values, of which it takes one."""
    BAD_SIZE = "bad_size"
    """`given`, `low`, `high`"""
    BAD_PAGE = "bad_page"
    """`given`"""
    BAD_PUBLIC = "bad_public"
    """`given`: neither yes nor no."""
    BAD_TIME = "bad_time"
    """`key`, `given`"""
    BAD_END = "bad_end"
    """`key`, `given`: not when a watch can end."""
    BAD_SPAN = "bad_span"
    """`key`, `given`, `low`, `high`: neither a duration between the two nor `off`."""
    BAD_COUNT = "bad_count"
    """`given`, `low`, `high`: not so many notices, or entries of the record."""
    BAD_CHANNEL = "bad_channel"
    """`given`: a name that Slack did not turn into a channel, or something else."""
    BAD_DOMAIN = "bad_domain"
    """`given`"""
    BAD_URL = "bad_url"
    """`given`"""
    NO_PROTOCOL = "no_protocol"
    """`given`: a play URL but for its protocol."""
    BAD_TASK = "bad_task"
    """`given`"""
    BAD_ACCOUNT = "bad_account"
    """`given`; `accounts`: those there are."""
    BAD_FORMAT = "bad_format"
    """`given`: neither CSV nor JSON."""
    TOO_MANY_URLS = "too_many_urls"
    """`given` (how many), `most`"""
    MIXED_HOSTS = "mixed_hosts"
    """`first`, `second`: URLs of two hosts, and no domain was given."""
    SINCE_IN_FUTURE = "since_in_future"
    """`given`"""
    SINCE_NOT_BEFORE_UNTIL = "since_not_before_until"
    """`since`, `until`: both with their keys."""
    UNTIL_TOO_OLD = "until_too_old"
    """`given`, `days`, `minutes`: before what is asked of the API, its days less the minutes."""
    UNTIL_IN_PAST = "until_in_past"
    """`given`: the end of a watch."""
    UNTIL_TOO_FAR = "until_too_far"
    """`given`, `days`: the end of a watch."""
    NAME_TOO_LONG = "name_too_long"
    """`given` (how many characters), `most`"""
    TOO_LONG = "too_long"
    """`given` (how many characters), `most`"""
    TOO_MANY_WATCHES = "too_many_watches"
    """`most`: so many are active in the channel already: `handlers.watches`."""
    NO_DOMAIN = "no_domain"
    """None was given, the channel has no default, and no domain is known: `handlers.tasks`."""
    WHICH_DOMAIN = "which_domain"
    """`given` (some of those known): none was given, and none is usual: `handlers.places`."""


_BETWEEN: Final = str.maketrans("", "", "-_ ")


def folded(word: str) -> str:
    """A word as the tables below hold it."""
    return word.casefold().translate(_BETWEEN)


def _spread(table: Mapping[Meaning, str]) -> dict[str, Meaning]:
    return {word: meaning for meaning, words in table.items() for word in words.split()}


SUBCOMMANDS: Final = _spread(
    {
        Subcommand.TASKS: "tasks 任务列表 查询",
        Subcommand.WATCH: "watch 关注",
        Subcommand.SUBSCRIBE: "subscribe sub 订阅",
        Subcommand.UNSUBSCRIBE: "unsubscribe unsub 取消订阅",
        Subcommand.LIST: "list ls unwatch stop mute unmute 列表 取消关注 静音",
        Subcommand.DELIVERIES: "deliveries 通知记录",
        Subcommand.ASK: "ask form 表单",
        Subcommand.EXPORT: "export 导出",
        Subcommand.AUDIT: "audit 审计",
        Subcommand.DEFAULT: "default 默认",
        Subcommand.HELP: "help h ? 帮助",
    }
)

KEYS: Final = _spread(
    {
        Key.DOMAIN: "domain d host 域名",
        Key.TASK: "task id taskid 任务 任务id",
        Key.URL: "url u urls 地址",
        Key.STATUS: "status s state 状态",
        Key.SINCE: "since from last past 最近 从",
        Key.UNTIL: "until to till 到 至",
        Key.SIZE: "size rows pagesize 每页",
        Key.PAGE: "page p 页",
        Key.PUBLIC: "public 公开",
        Key.IN: "in channel 频道",
        Key.NAME: "name 名称",
        Key.GROUP: "group 合并",
        Key.REPEAT: "repeat 重复",
        Key.ACCOUNT: "account 账号",
        Key.FORMAT: "format 格式",
    }
)

STATUSES: Final[dict[str, StatusFilter | None]] = {
    **_spread(
        {
            StatusFilter.COMPLETE: "complete completed done finished success successful succeeded"
            " ok 已完成 完成 成功 预热完成 预热成功",
            StatusFilter.PENDING: "pending waiting wait queued 等待预热 等待 等待中 待预热 排队",
            StatusFilter.PRELOADING: "preloading running processing progress inprogress active"
            " 预热中 正在预热 进行中",
            StatusFilter.FAILED: "failed fail failure failing error errors err broken"
            " 预热失败 失败 错误 出错",
        }
    ),
    **dict.fromkeys(("all", "any", "*", "全部", "所有")),
}
"""Everyday words and the vendor's, to the API's filter; `all` is no filter."""

_MEANT: Final = {"ready": "complete", "就绪": "已完成", "已就绪": "已完成"}
"""What comes nearest to a word of the answers: no filter finds only what is ready."""
FORMATS: Final = _spread({Format.CSV: "csv excel", Format.JSON: "json"})
SWITCHES: Final = _spread({True: "yes true on 1 是", False: "no false off 0 否"})
CLEAR: Final = frozenset({"clear", "none", "remove", "清除"})

EXAMPLES: Final[Mapping[Key | Subcommand, str]] = {
    Key.DOMAIN: marked("/preload domain=live.example.com"),
    Key.TASK: marked("/preload task=1234567"),
    Key.URL: marked("/preload url=rtmp://live.example.com/liveApp/cup_main"),
    Key.STATUS: marked("/preload status=failed"),
    Key.SINCE: marked("/preload since=2h"),
    Key.UNTIL: marked("/preload since=today 18:00 until=20:00"),
    Key.SIZE: marked("/preload status=failed size=20"),
    Key.PAGE: marked("/preload status=failed page=2"),
    Key.PUBLIC: marked("/preload status=failed public"),
    Key.ACCOUNT: marked("/preload domain=live.example.com account=main"),
    Subcommand.TASKS: marked("/preload status=failed since=2h"),
    Subcommand.WATCH: marked('/preload watch status=preloading until=20:00 name="Cup final"'),
    Subcommand.SUBSCRIBE: marked(
        "/preload subscribe domain=live.example.com status=failed,complete"
    ),
    Subcommand.UNSUBSCRIBE: marked("/preload unsubscribe domain=live.example.com"),
    Subcommand.LIST: marked("/preload list all"),
    Subcommand.DELIVERIES: marked("/preload deliveries 20"),
    Subcommand.ASK: marked("/preload ask status=failed"),
    Subcommand.EXPORT: marked("/preload export status=failed since=2h csv"),
    Subcommand.AUDIT: marked("/preload audit 20"),
    Subcommand.DEFAULT: marked("/preload default domain=live.example.com"),
    Subcommand.HELP: marked("/preload help status"),
}
"""For each subcommand, and each filter of `tasks`, one whole command that works, in Chinese too."""

TASK_WORDS: Final = frozenset({"task", "tasks", "任务", "的任务"})
"""What the tasks of a status are called beside it: `failed tasks`, `任务失败`."""

_CHINESE = sorted(
    (word for word in (*SUBCOMMANDS, *KEYS, *STATUSES, *CLEAR, *TASK_WORDS) if not word.isascii()),
    key=len,
    reverse=True,
)
CHINESE_WORD: Final = re.compile("|".join(_CHINESE))
"""Any Chinese word of the tables, the longest first: Chinese needs no spaces between words."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, or what is meant by it; None if none is near."""
    likely = [
        candidate
        for candidate in candidates
        if len(candidate) >= _SHORTEST_HINT or not candidate.isascii()
    ]
    if (meant := _MEANT.get(folded(word))) in likely:
        return meant
    found = get_close_matches(word.casefold(), likely, n=1, cutoff=_LEAST_LIKENESS)
    if not found and not word.isascii():
        short = [one for one in likely if len(one) == len(word) == len("失败")]
        found = get_close_matches(word, short, n=1, cutoff=_ONE_OF_TWO)
    return found[0] if found else None


def nearest_domain(typed: str, known: Iterable[str]) -> str | None:
    """The known domain most like the typed one, by the labels in which the two differ."""

    def likeness(name: str) -> float:
        pairs = zip_longest(*(one.casefold().split(".")[::-1] for one in (typed, name)))
        differing = [pair for pair in pairs if pair[0] != pair[1]][::-1]
        first, second = (".".join(filter(None, labels)) for labels in zip(*differing, strict=True))
        return SequenceMatcher(None, first, second).ratio()

    others = (name for name in known if name != typed.casefold())
    best = max(((likeness(name), name) for name in others), default=(0.0, ""))
    return best[1] if best[0] >= _LEAST_LIKENESS_OF_LABELS else None
