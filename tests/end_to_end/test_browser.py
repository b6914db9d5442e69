"""The local Slack's page in a real browser, as the two people use it.

The pictures of the README are taken here: set `PRELOAD_BOT_SCREENSHOTS=docs/screenshots`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bot.demo import Demo, running
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

    from playwright.async_api import Browser

pytestmark = needs_chromium

FAILED = re.compile(r"1\d failed of 140 tasks")
"""13 at first, and more a quarter of a minute later."""


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running() as demo:
        yield demo


async def test_the_command_is_offered_completed_and_answered_with_a_table(
    browser: Browser, demo: Demo
) -> None:
    async with opened(browser, demo) as page:
        composer = page.get_by_test_id("composer")
        await composer.press_sequentially("/")
        await expect(page.get_by_test_id("command-hint")).to_contain_text("/preload")
        await composer.press("Tab")
        await expect(composer).to_have_value("/preload ")
        await composer.press_sequentially("status=failed")
        await composer.press("Enter")
        message = page.get_by_test_id("message").last
        await expect(message).to_contain_text(FAILED)
        await expect(message.get_by_test_id("only-visible")).to_be_visible()
        await expect(message.get_by_test_id("block-table").locator("tr")).to_have_count(11)


async def test_buttons_turn_the_page_and_a_task_opens_beside_the_answer(
    browser: Browser, demo: Demo
) -> None:
    async with opened(browser, demo) as page:
        await typed(page, "/preload status=failed")
        answer = page.get_by_test_id("message").first
        await answer.locator("[data-action-id='page.next']").click()
        await expect(answer).to_contain_text("11–13 of 13")
        await answer.locator("[data-action-id='page.open']").click()
        await page.get_by_role("option").first.click()
        card = page.get_by_test_id("message").last
        await expect(card).to_contain_text("Task ID")
        await expect(answer).to_contain_text("11–13 of 13")


async def test_menus_filter_and_jump(browser: Browser, demo: Demo) -> None:
    async with opened(browser, demo) as page:
        await typed(page, "/preload")
        answer = page.get_by_test_id("message").first
        await answer.locator("[data-action-id='page.status']").click()
        await page.get_by_role("option", name="pending").click()
        await expect(answer).to_contain_text("pending of 140 tasks")
        await answer.locator("[data-action-id='page.status']").click()
        await page.get_by_role("option", name="all statuses").click()
        await expect(answer).to_contain_text("134 streams")
        await answer.locator("[data-action-id='page.more']").click()
        await page.get_by_role("menuitem", name="Last page").click()
        await expect(answer).to_contain_text("131–140 of 140")


async def test_a_bad_argument_is_underlined(browser: Browser, demo: Demo) -> None:
    async with opened(browser, demo) as page:
        await typed(page, "/preload status=faild")
        message = page.get_by_test_id("message").last
        await expect(message).to_contain_text("^^^^^")
        await expect(message).to_contain_text("Did you mean")


async def test_what_is_shared_arrives_at_the_other_person_at_once(
    browser: Browser, demo: Demo
) -> None:
    async with opened(browser, demo) as anna, opened(browser, demo, user=LIWEI) as liwei:
        await typed(anna, "/preload status=failed")
        answer = anna.get_by_test_id("message").first
        await answer.locator("[data-action-id='page.share']").click()
        await expect(liwei.get_by_test_id("message")).to_have_count(1)
        shared = liwei.get_by_test_id("message").first
        await expect(shared.get_by_test_id("only-visible")).to_have_count(0)
        await shared.locator("[data-action-id='page.next']").click()
        copy = liwei.get_by_test_id("message").last
        await expect(copy).to_contain_text("预热失败")
        await expect(copy.get_by_test_id("only-visible")).to_be_visible()


async def test_a_refresh_of_what_is_shared_changes_it_on_both_pages(
    browser: Browser, demo: Demo
) -> None:
    async with opened(browser, demo) as anna, opened(browser, demo, user=LIWEI) as liwei:
        await typed(anna, "/preload status=failed public")
        for page in (anna, liwei):
            await expect(page.get_by_test_id("message")).to_contain_text(FAILED)
            await expect(
                page.get_by_text("(edited)").or_(page.get_by_text("(已编辑)"))
            ).to_be_hidden()
        await liwei.locator("[data-action-id='page.refresh']").click()
        await expect(liwei.get_by_text("(已编辑)")).to_be_visible()
        await expect(anna.get_by_text("(edited)")).to_be_visible()
        for page in (anna, liwei):
            await expect(page.get_by_test_id("message")).to_have_count(1)


async def test_the_page_changes_person_language_and_theme(browser: Browser, demo: Demo) -> None:
    async with opened(browser, demo) as page:
        await typed(page, "/preload status=failed")
        await expect(page.get_by_test_id("only-visible")).to_have_text("Only visible to you")
        await page.get_by_test_id("theme").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await page.get_by_test_id("switch-user").click()
        await page.get_by_role("menuitem", name="李伟").click()
        await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        await page.wait_for_selector("body[data-ready]")
        await expect(page.get_by_test_id("message")).to_have_count(0)
        await typed(page, "/preload 预热失败")
        answer = page.get_by_test_id("message")
        await expect(answer).to_contain_text("140 个任务中 13 个预热失败")
        await expect(answer.get_by_test_id("only-visible")).to_have_text("仅对你可见")
        await page.reload()
        await expect(answer).to_contain_text("13 个预热失败")
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_everything_can_be_done_with_the_keyboard(browser: Browser, demo: Demo) -> None:
    async with opened(browser, demo) as page:
        keyboard = page.keyboard
        await page.get_by_test_id("composer").focus()
        await keyboard.type("/pre")
        await keyboard.press("Tab")
        await keyboard.type("status=failed")
        await keyboard.press("Enter")
        answer = page.get_by_test_id("message").first
        for control in ("more", "share", "watch", "open", "status", "refresh", "next"):
            await expect(answer.locator(f"[data-action-id='page.{control}']")).to_be_visible()
            await keyboard.press("Shift+Tab")
            await expect(answer.locator(f"[data-action-id='page.{control}']")).to_be_focused()
        await keyboard.press("Enter")
        await expect(answer).to_contain_text("11–13 of 13")
        # once the page has given the focus back to the message that was redrawn
        await expect(answer).to_be_focused()
        opener = answer.locator("[data-action-id='page.open']")
        while not await opener.evaluate("node => node === document.activeElement"):
            await keyboard.press("Tab")
        await keyboard.press("Enter")
        await expect(page.get_by_role("listbox", name="Open a task")).to_be_visible()
        await keyboard.press("Escape")
        await expect(opener).to_be_focused()
        await keyboard.press("ArrowDown")
        await keyboard.press("ArrowDown")
        await keyboard.press("Enter")
        await expect(page.get_by_test_id("message").last).to_contain_text("Task ID")


@pytest.mark.parametrize("size", [DESKTOP, PHONE, (360, 740)], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("command", ["/preload", "/preload help", "/preload 预热失败 预热"])
async def test_no_width_scrolls_the_page_sideways_and_the_composer_stays_in_reach(
    browser: Browser, demo: Demo, size: tuple[int, int], command: str
) -> None:
    async with opened(browser, demo, size=size) as page:
        await typed(page, command)
        await expect(page.get_by_test_id("message")).to_have_count(1)
        assert await is_as_wide_as_the_window(page)
        await expect(page.get_by_test_id("composer")).to_be_in_viewport(ratio=1)


async def test_on_a_phone_each_row_says_which_stream_it_is_without_scrolling(
    browser: Browser, demo: Demo
) -> None:
    async with opened(browser, demo, size=PHONE) as page:
        await typed(page, "/preload status=failed")
        cell = page.get_by_test_id("block-table").locator("tr").nth(1).locator("td").nth(1)
        box = await cell.bounding_box()
        assert box is not None
        assert box["x"] + 0.6 * box["width"] <= PHONE[0]


async def test_a_table_wider_than_the_phone_scrolls_in_a_box_of_its_own(
    browser: Browser, demo: Demo
) -> None:
    async with opened(browser, demo, size=PHONE) as page:
        await page.get_by_test_id("composer").fill("/preload")
        await page.get_by_test_id("send").click()
        table = page.get_by_test_id("block-table")
        await expect(table.locator("th").last).not_to_be_in_viewport()
        await table.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
        await expect(table.locator("tr").last.locator("td").last).to_be_in_viewport(ratio=0.9)
        assert await is_as_wide_as_the_window(page)


@pytest.mark.parametrize(
    ("name", "user", "theme", "size", "command"),
    [
        ("answer", ANNA, "light", DESKTOP, "/preload"),
        ("answer-zh", LIWEI, "dark", DESKTOP, "/preload"),
        ("phone", ANNA, "light", PHONE, "/preload status=failed size=6"),
        ("phone-zh", LIWEI, "dark", PHONE, "/preload 预热失败 每页6条"),
    ],
)
async def test_the_pictures_of_the_readme_can_be_taken(
    browser: Browser,
    demo: Demo,
    *,
    pictures: Path,
    name: str,
    user: str,
    theme: str,
    size: tuple[int, int],
    command: str,
) -> None:
    async with opened(browser, demo, user=user, theme=theme, size=size) as page:
        await typed(page, command)
        await expect(page.get_by_test_id("block-table")).to_be_visible()
        if size == DESKTOP:  # with a warning among the rows
            await expect(page.get_by_test_id("block-table")).to_contain_text("⚠️")
        await expect(page.get_by_test_id("block-table")).to_contain_text("❌")
        await page.get_by_test_id("composer").blur()
        picture = pictures / f"{name}.png"
        await page.screenshot(path=picture)
        assert 20_000 < picture.stat().st_size < 250_000
