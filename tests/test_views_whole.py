# ruff: noqa: E501 - sentences stand here whole, as they are sent
"""A few whole messages, drawn line by line."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from inline_snapshot import snapshot

from bot.asks import Answer, Row, TaskCard
from bot.errors import PermissionRefused, UsageError
from bot.live.model import TaskState
from bot.views import tasks
from bot.views.errors import message
from bot.views.limits import Message
from tests.test_views import ASK, CHINESE, FAILED, NOW, READER, a_task, alone, an_answer, page


def drawn(message: Message) -> list[str]:
    """The summary, then each block's lines, a menu with its lines in brackets."""
    return [message.text, *(line for block in message.blocks for line in lines(block))]


def lines(block: dict[str, Any]) -> Iterator[str]:
    yield f"--- {block['type']}"
    match block["type"]:
        case "table":
            yield from (" | ".join(cell["text"] for cell in row) for row in block["rows"])
        case "actions":
            yield from map(control, block["elements"])
        case "rich_text":
            [section] = block["elements"]
            yield from "".join(part["text"] for part in section["elements"]).splitlines()
        case _:
            parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
            yield from (line for part in parts if part for line in part["text"].splitlines())


def control(element: dict[str, Any]) -> str:
    options = [option["text"]["text"] for option in element.get("options", [])]
    name: str = element.get("text", element.get("placeholder", {"text": "⋯"}))["text"]
    return f"{name} ▾ {options}" if options else f"[{name}]"


def evening() -> Answer:
    """The answer to `/preload status=failed` of the product's description."""
    hd = a_task(1, "cup_main_hd.flv", status="Failed", description="InternalError")
    cam = a_task(2, "cup_cam2.flv", status="Failed", description="InternalError")
    main = a_task(3, "cup_main.flv", status="Failed", description="InternalError")
    return an_answer(
        alone(hd),
        alone(cam),
        Row(main, a_task(4, "cup_main.flv")),
        ask=FAILED,
        streams={TaskState.FAILED: 2, TaskState.READY: 1},
        retried=1,
    )


def test_failed_tasks_in_english() -> None:
    assert drawn(page(evening())) == snapshot(
        [
            "live.example.com: 3 failed of 137 tasks. 2 streams still failed, 1 retried and ready",
            "--- section",
            "*live.example.com: 3 failed of 137 tasks. 2 streams still failed, 1 retried and ready*",
            "--- table",
            "Status | Stream | Window | Created",
            "❌ failed | liveApp/cup_main_hd.flv | 19:30–23:00 | 18:52",
            "❌ failed | liveApp/cup_cam2.flv | 19:30–23:00 | 18:52",
            "↻ failed, retried: ready | liveApp/cup_main.flv | 19:30–23:00 | 18:52",
            "--- context",
            "created 19 Nov 19:42 – 22 Nov 19:42 (the API keeps 3 days) · mainland China · observed 19:42:10 (UTC+8)",
            "--- actions",
            "[Refresh]",
            "Status ▾ ['all statuses', 'complete', 'pending', 'preloading', 'failed']",
            "Open a task ▾ ['❌ liveApp/cup_main_hd.flv · 18:52', '❌ liveApp/cup_cam2.flv · 18:52', '↻ liveApp/cup_main.flv · 18:52']",
            "[Watch]",
            "[Share]",
            "⋯ ▾ ['Export as CSV']",
        ]
    )


def test_failed_tasks_in_chinese() -> None:
    assert drawn(page(evening(), CHINESE)) == snapshot(
        [
            "live.example.com：137 个任务中 3 个预热失败。2 路流仍为预热失败，1 路已重新预热，现为已完成",
            "--- section",
            "*live.example.com：137 个任务中 3 个预热失败。2 路流仍为预热失败，1 路已重新预热，现为已完成*",
            "--- table",
            "状态 | 流 | 预热时段 | 创建时间",
            "❌ 预热失败 | liveApp/cup_main_hd.flv | 19:30–23:00 | 18:52",
            "❌ 预热失败 | liveApp/cup_cam2.flv | 19:30–23:00 | 18:52",
            "↻ 预热失败，已重新预热：已完成 | liveApp/cup_main.flv | 19:30–23:00 | 18:52",
            "--- context",
            "创建于 11月19日 19:42 – 11月22日 19:42（接口只保留 3 天） · 中国内地 · 查询于 19:42:10 (UTC+8)",
            "--- actions",
            "[刷新]",
            "状态 ▾ ['全部状态', '已完成', '等待预热', '预热中', '预热失败']",
            "查看任务 ▾ ['❌ liveApp/cup_main_hd.flv · 18:52', '❌ liveApp/cup_cam2.flv · 18:52', '↻ liveApp/cup_main.flv · 18:52']",
            "[关注]",
            "[分享]",
            "⋯ ▾ ['导出为 CSV']",
        ]
    )


def test_failed_tasks_as_a_list_where_slack_takes_no_table() -> None:
    assert drawn(page(evening(), table=False))[3:9] == snapshot(
        [
            "--- rich_text",
            "❌ failed liveApp/cup_main_hd.flv",
            "      19:30–23:00 · created 18:52",
            "❌ failed liveApp/cup_cam2.flv",
            "      19:30–23:00 · created 18:52",
            "↻ failed, retried: ready liveApp/cup_main.flv",
        ]
    )


def test_a_middle_page_in_chinese() -> None:
    over = a_task(1, window_start=NOW, window_end=NOW)
    answer = an_answer(alone(over), alone(a_task(2)), offset=10, total=12, moved=True)
    streams = {TaskState.READY: 11, TaskState.WINDOW_OVER: 1}
    assert drawn(page(replace(answer, streams=streams, cut=True), CHINESE)) == snapshot(
        [
            "live.example.com：12 路流。1 个预热时段已结束，11 个已完成",
            "--- section",
            "*live.example.com：12 路流。1 个预热时段已结束，11 个已完成*",
            "--- table",
            "状态 | 流 | 预热时段 | 创建时间",
            "⚠️ 已完成，预热时段已于 19:42 结束 | liveApp/cup_main.flv | 19:42–19:42 | 18:52",
            "✅ 已完成，至 23:00 | liveApp/cup_main.flv | 19:30–23:00 | 18:52",
            "--- context",
            "第 11–12 个任务，共 12 个 · 创建于 11月19日 19:42 – 11月22日 19:42（接口只保留 3 天） · 中国内地 · 查询于 19:42:10 (UTC+8)",
            "--- context",
            "翻页期间任务有变化，行的位置可能移动。",
            "查询时间已截短到接口保留的 3 天内。",
            "--- actions",
            "[‹ 上一页]",
            "[刷新]",
            "状态 ▾ ['全部状态', '已完成', '等待预热', '预热中', '预热失败']",
            "查看任务 ▾ ['⚠️ liveApp/cup_main.flv · 18:52', '✅ liveApp/cup_main.flv · 18:52']",
            "[关注]",
            "[分享]",
            "⋯ ▾ ['首页', '每页 5 行', '每页 20 行', '每页 30 行', '导出为 CSV']",
        ]
    )


def test_a_card_in_chinese() -> None:
    failed = a_task(1, status="Failed", description="InternalError", process=None)
    card = TaskCard(replace(ASK, task_id="t"), Row(failed, a_task(2)), NOW, "REQUEST-1")
    assert drawn(tasks.card(card, CHINESE, now=NOW)) == snapshot(
        [
            "liveApp/cup_main.flv：↻ 预热失败，已重新预热：已完成",
            "--- section",
            "*↻ 预热失败，已重新预热：已完成*\u3000liveApp/cup_main.flv",
            "--- section",
            "该流有更新的任务：✅ 已完成，至 23:00，创建于 18:52，`0a1b2c3d-0000-4000-8000-000000000002`",
            "--- section",
            "`http://live.example.com/liveApp/cup_main.flv?…`",
            "*预热时段*",
            "19:30–23:00",
            "*创建时间*",
            "11月22日 18:52",
            "*预热区域*",
            "中国内地",
            "*进度*",
            "–",
            "*接口返回的状态*",
            "Failed",
            "*描述*",
            "InternalError（接口未说明具体原因）",
            "*域名*",
            "live.example.com",
            "*任务 ID*",
            "0a1b2c3d-0000-4000-8000-000000000001",
            "--- context",
            "查询于 19:42:10 (UTC+8) · 请求 ID `REQUEST-1`",
            "--- actions",
            "[刷新]",
            "[关注]",
            "[该流的全部任务]",
        ]
    )


def test_a_mistyped_status_in_chinese() -> None:
    error = UsageError(
        "unknown_status", "状态=faild", 3, 8, {"given": "faild"}, suggestion="failed"
    )
    assert drawn(message(error, CHINESE)) == snapshot(
        [
            "没有“faild”这个状态，可用的是：complete（已完成）、pending（等待预热）、preloading（预热中）、failed（预热失败）。您是不是想写 `failed`？",
            "--- section",
            "*没有“faild”这个状态，可用的是：complete（已完成）、pending（等待预热）、preloading（预热中）、failed（预热失败）。*",
            "```/preload 状态=faild",
            "         \u3000\u3000 ^^^^^```",
            "您是不是想写 `failed`？",
            "例如：`/preload 状态=预热失败` · 完整用法：`/preload help`",
        ]
    )


def test_a_missing_permission_in_english() -> None:
    error = PermissionRefused("Forbidden.RAM", "User not authorized", 403, "REQUEST-1")
    assert drawn(message(error, READER, ask=ASK)) == snapshot(
        [
            "The account's key may not read these tasks. Ask its administrator to allow `live:DescribeLiveStreamPreloadTasks` on `acs:cdn:*:*:domain/live.example.com` in RAM.",
            "--- section",
            "*The account's key may not read these tasks.*",
            "> User not authorized",
            "Ask its administrator to allow `live:DescribeLiveStreamPreloadTasks` on `acs:cdn:*:*:domain/live.example.com` in RAM.",
            "--- context",
            "code `Forbidden.RAM` · HTTP 403 · request ID `REQUEST-1`",
            "--- actions",
            "[Open the form]",
        ]
    )
