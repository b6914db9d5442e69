"""What may stand in a setting, in Chinese: by what the setting itself says of it in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD: Final = ("设置", "默认值", "环境变量", "可填写的内容")
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "the app's bot token: xoxb-…": "应用的机器人令牌：xoxb-…",
    "an app-level token with connections:write, for Socket Mode: xapp-…": (
        "带 connections:write 的应用级令牌，用于 Socket Mode：xapp-…"
    ),
    "the app's signing secret, for HTTP": "应用的签名密钥（signing secret），用于 HTTP",
    "an https:// address; http:// only for this machine (127.0.0.1)": (
        "https:// 地址；http:// 只能指向本机（127.0.0.1）"
    ),
    '"static" or "chain"': '"static" 或 "chain"',
    "an access key ID": "AccessKey ID",
    "the access key's secret": "AccessKey Secret",
    "an STS token": "STS Token",
    "a region: cn-shanghai": "地域：cn-shanghai",
    "play domains: live.example.com": "播放域名：live.example.com",
    "calls in any one second, 1-1000": "任意一秒内的调用次数，1-1000",
    "rows a page, 5-30": "每页行数，5-30",
    '"en" or "zh"': '"en" 或 "zh"',
    "a time zone: UTC, Asia/Shanghai": "时区：UTC、Asia/Shanghai",
    "an address of this machine": "本机的地址",
    "a port, 0-65535 (0: any free one)": "端口，0-65535（0：任意空闲端口）",
    "answers in the making, 1-10000": "同时处理的请求数，1-10000",
    "seconds to finish running answers at the end, 0-600": "停止时等待未完成回答的秒数，0-600",
    "seconds between two looks at what moves, 1-300": (
        "对尚未结束的任务，两次查看之间的秒数，1-300"
    ),
    "calls a second of each account at most, 1-1000": "每个账号每秒最多的调用次数，1-1000",
    "days, 4-3650": "天数，4-3650",
    "an http(s):// address that is called while what is followed is read": (
        "http(s):// 地址；只要所关注的内容仍能读到，就会定期访问它"
    ),
    "a list of everyone, admins, guests, others and of IDs in Slack: "
    "U0123ABCD a person, S0123ABCD a user group, C0123ABCD a channel": (
        "列表：everyone（所有正式成员）、admins（管理员和所有者）、guests（访客）、others（其他工作区的人），"
        "以及 Slack 中的 ID：U0123ABCD 是人，S0123ABCD 是用户组，C0123ABCD 是频道"
    ),
    "a list of query, watch, subscribe, administer": (
        "列表：query（查询）、watch（关注）、subscribe（订阅）、administer（管理）"
    ),
    "play domains, live.example.com; left out: all": "播放域名，live.example.com；不写则为全部",
    "days, 1-3650": "天数，1-3650",
    "sqlite:///path/to/file, or postgresql://user:password@host/database": (
        "sqlite:///文件路径，或 postgresql://user:password@host/database"
    ),
    "redis://:password@host:6379/0, or rediss:// with TLS; left out: none": (
        "redis://:password@host:6379/0，使用 TLS 则为 rediss://；不写则不用"
    ),
    "processes at most, 1-1000; each has its part while Redis is away": (
        "最多有多少个进程，1-1000；Redis 不可用时，每个进程只用自己的一份配额"
    ),
    "debug, info, warning, error": "debug、info、warning、error",
}
