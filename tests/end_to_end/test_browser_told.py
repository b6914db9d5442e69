"""Being told, on the local Slack's page in a real browser.

The READMEs' pictures of it are taken here: set `PRELOAD_BOT_SCREENSHOTS=docs/screenshots`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from bot.demo import Demo, running
from bot.settings import Watching
from tests.end_to_end.browsing import (
    DESKTOP,
    PHONE,
    is_as_wide_as_the_window,
    needs_chromium,
    opened,
    typed,
)
from tests.end_to_end.people import ANNA, LIWEI

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Locator, Page

    from bot.sandbox.live.world import Task

QUIET = "quiet.example.com"
_WORK_S = 280.0
SOON_MS = 20_000
"""Far longer than a look at the domain takes: this only ends a test that would never."""

pytestmark = needs_chromium


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running(watch=Watching(fresh_s=1)) as demo:
        yield demo


@dataclass(frozen=True)
class Said:
    """What a person reads, in their language."""

    user: str
    subscribed: str
    failed: str
    for_an_hour: str
    muted: str
    told_no_more: str
    none_ready: str
    some_ready: str
    all_ready: str
    stopped: str
    replies: str


ENGLISH = Said(
    user=ANNA,
    subscribed=f"is told of {QUIET} from now on",
    failed=f"{QUIET}: 1 stream failed",
    for_an_hour="for 1 hour",
    muted="Muted until",
    told_no_more=f"is told nothing of {QUIET} any more",
    none_ready="Cup final: 0 of 2 ready",
    some_ready="Cup final: 1 of 2 ready",
    all_ready="Cup final: all 2 streams ready",
    stopped="Stopped by @Anna Wright",
    replies="1 reply",
)
CHINESE = Said(
    user=LIWEI,
    subscribed=f"从现在起接收 {QUIET} 的通知",
    failed=f"{QUIET}：1 路流预热失败",
    for_an_hour="1 小时",
    muted="静音至",
    told_no_more=f"不再接收 {QUIET} 的通知",
    none_ready="Cup final：2 路中 0 路已完成",
    some_ready="Cup final：2 路中 1 路已完成",
    all_ready="Cup final：2 路流全部已完成",
    stopped="停止",
    replies="1 条回复",
)
in_both_languages = pytest.mark.parametrize("said", [ENGLISH, CHINESE], ids=["en", "zh"])


def under_way(demo: Demo, name: str, domain: str = QUIET, *, percent: int = 0) -> Task:
    """Submit a stream that is preloading until it is made to finish.

    Of one that is under way already it is pretended that it was submitted before: not so long
    before that nobody looks there for what is new.
    """
    now = demo.bot.now()
    return demo.live.world.add(
        f"rtmp://{domain}/liveApp/{name}",
        created=now - timedelta(seconds=_WORK_S * percent / 100),
        pending_s=0.0,
        preloading_s=_WORK_S,
        window=(now, now + timedelta(hours=3)),
    )


def finish(demo: Demo, task: Task, outcome: Literal["complete", "failed"] = "complete") -> None:
    """Have it complete, or fail, now."""
    tasks = demo.live.world.tasks
    tasks[tasks.index(task)] = replace(task, outcome=outcome, finished=demo.bot.now())


def message(page: Page, says: str) -> Locator:
    """The channel's message that says so."""
    return page.locator("#log").get_by_test_id("message").filter(has_text=says)


async def shows(page: Page, says: str) -> Locator:
    """Wait for the message that says so."""
    found = message(page, says)
    await expect(found).to_have_count(1, timeout=SOON_MS)
    return found


async def watched(page: Page, said: Said, *tasks: Task) -> Locator:
    """Have them watched; the watch's message once it has been read."""
    urls = " ".join(task.url for task in tasks)
    await typed(page, f'/preload watch {urls} name="Cup final"')
    await shows(page, said.none_ready)
    # by what it can do: what it says changes
    return page.get_by_test_id("message").filter(has=page.locator("[data-action-id='board.open']"))


async def confirmed(page: Page, control: Locator, *, yes: bool) -> None:
    """Press what asks first, and answer it."""
    await control.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await dialog.locator(f"button[value='{'yes' if yes else 'no'}']").click()
    await expect(dialog).to_have_count(0)


@in_both_languages
async def test_a_failure_arrives_and_is_muted_and_unsubscribed_from(
    browser: Browser, demo: Demo, said: Said
) -> None:
    task = under_way(demo, "cup_main")
    async with opened(browser, demo, user=said.user) as page:
        await typed(page, f"/preload subscribe {QUIET}")
        await shows(page, said.subscribed)
        await watched(page, said, task, under_way(demo, "cup_cam1"))
        finish(demo, task, "failed")
        notice = await shows(page, said.failed)
        await expect(notice).to_contain_text("liveApp/cup_main")
        await expect(notice.locator(".mention.mine")).to_have_count(1)

        mute = notice.locator("[data-action-id='notice.mute']")
        await mute.click()
        await page.get_by_role("option", name=said.for_an_hour).click()
        await expect(mute).to_contain_text(said.muted)

        unsubscribe = notice.locator("[data-action-id='notice.unsubscribe']")
        await confirmed(page, unsubscribe, yes=False)
        await expect(message(page, said.told_no_more)).to_have_count(0)
        await confirmed(page, unsubscribe, yes=True)
        await shows(page, said.told_no_more)


async def test_a_failure_that_one_person_has_seen_says_so_on_both_pages(
    browser: Browser, demo: Demo
) -> None:
    task = under_way(demo, "cup_main")
    async with opened(browser, demo) as anna, opened(browser, demo, user=LIWEI) as liwei:
        await typed(anna, f"/preload subscribe {QUIET}")
        await watched(anna, ENGLISH, task, under_way(demo, "cup_cam1"))
        finish(demo, task, "failed")
        notice = await shows(liwei, ENGLISH.failed)
        await notice.locator("[data-action-id='notice.seen']").click()
        for page in (anna, liwei):
            await expect(message(page, ENGLISH.failed)).to_contain_text("seen by @李伟")
            await expect(page.locator("[data-action-id='notice.seen']")).to_have_count(0)


@pytest.mark.parametrize(
    ("said", "size"), [(ENGLISH, DESKTOP), (CHINESE, PHONE)], ids=["desktop-en", "phone-zh"]
)
async def test_a_watch_counts_up_to_its_verdict_which_stands_in_its_thread(
    browser: Browser, demo: Demo, said: Said, size: tuple[int, int]
) -> None:
    first, second = under_way(demo, "cup_main"), under_way(demo, "cup_cam1")
    async with opened(browser, demo, user=said.user, size=size) as page:
        board = await watched(page, said, first, second)
        finish(demo, first)
        await expect(board).to_contain_text(said.some_ready, timeout=SOON_MS)
        finish(demo, second)
        await expect(board).to_contain_text(said.all_ready, timeout=SOON_MS)
        await expect(board.locator("[data-action-id='board.stop']")).to_have_count(0)

        await board.get_by_text(said.replies).click()
        verdict = page.locator("#thread").get_by_test_id("message").last
        await expect(verdict).to_contain_text(said.all_ready)
        await expect(verdict.locator(".mention.mine")).to_have_count(1)
        await expect(verdict).to_be_in_viewport(ratio=1)
        assert await is_as_wide_as_the_window(page)


@in_both_languages
async def test_a_watch_is_stopped_when_that_is_confirmed(
    browser: Browser, demo: Demo, said: Said
) -> None:
    async with opened(browser, demo, user=said.user) as page:
        board = await watched(page, said, under_way(demo, "a"), under_way(demo, "b"))
        stop = board.locator("[data-action-id='board.stop']")
        await confirmed(page, stop, yes=False)
        await expect(stop).to_be_visible()
        await confirmed(page, stop, yes=True)
        await expect(stop).to_have_count(0)
        await expect(board).to_contain_text(said.stopped)


async def test_a_stream_opens_from_the_watch_for_the_clicker_alone(
    browser: Browser, demo: Demo
) -> None:
    task = under_way(demo, "cup_main")
    async with opened(browser, demo) as page:
        board = await watched(page, ENGLISH, task, under_way(demo, "cup_cam1"))
        await board.locator("[data-action-id='board.open']").click()
        await page.get_by_role("option", name="cup_main").click()
        card = await shows(page, task.task_id)
        await expect(card.get_by_test_id("only-visible")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "user", "theme", "event", "counted", "failed"),
    [
        ("told", ANNA, "light", "Cup final", "{event}: {ready} of 10 ready", "1 stream failed"),
        ("told-zh", LIWEI, "dark", "决赛", "{event}：10 路中 {ready} 路已完成", "1 路流预热失败"),
    ],
)
async def test_the_pictures_of_the_readme_show_what_is_told(
    browser: Browser,
    demo: Demo,
    pictures: Path,
    *,
    name: str,
    user: str,
    theme: str,
    event: str,
    counted: str,
    failed: str,
) -> None:
    async with opened(browser, demo, user=user, theme=theme, size=(1000, 640)) as page:
        await typed(page, "/preload subscribe live.example.com")
        await expect(page.get_by_test_id("message")).to_have_count(1)
        tasks = [
            under_way(demo, f"final_cam{number}", "live.example.com", percent=6 * number)
            for number in range(1, 10)
        ]
        urls = " ".join(task.url for task in tasks)
        missing = "rtmp://live.example.com/liveApp/final_backup"
        await typed(page, f'/preload watch {urls} {missing} name="{event}"')
        await shows(page, counted.format(event=event, ready=0))
        finish(demo, tasks[0], "failed")
        await shows(page, failed)
        for task in tasks[1:7]:
            finish(demo, task)
        await shows(page, counted.format(event=event, ready=6))
        await page.get_by_test_id("composer").blur()
        picture = pictures / f"{name}.png"
        await page.screenshot(path=picture)
        assert 20_000 < picture.stat().st_size < 250_000
