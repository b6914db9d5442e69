"""Checking a message's streams, and the Home, through the local Slack's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bot.demo import running
from tests.end_to_end.browsing import (
    DESKTOP,
    PHONE,
    is_as_wide_as_the_window,
    needs_chromium,
    opened,
    typed,
)
from tests.end_to_end.people import LIWEI
from tests.end_to_end.test_browser_home import go_home

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from bot.demo import Demo

pytestmark = needs_chromium

RUNSHEET = (
    "Stream,URL\nmain,rtmp://live.example.com/liveApp/cup_main\nb,rtmp://live.example.com/x/b"
)


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running() as demo:
        yield demo


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_an_attached_list_is_checked_and_watched(
    browser: Browser, demo: Demo, size: tuple[int, int]
) -> None:
    async with opened(browser, demo, size=size) as page:
        file = {"name": "cup.csv", "mimeType": "text/csv", "buffer": RUNSHEET.encode()}
        await page.get_by_test_id("attach-file").set_input_files(file)  # type: ignore[arg-type] # a FilePayload
        await page.get_by_test_id("send").click()
        message = page.get_by_test_id("message").first
        await message.hover()
        await message.get_by_test_id("message-menu").click()
        await page.get_by_role("menuitem", name="Check these streams").click()
        answer = page.get_by_test_id("message").last
        await expect(answer).to_contain_text("1 of 2 ready · 1 without a task")
        await expect(answer.get_by_test_id("only-visible")).to_be_visible()
        await expect(answer.locator("tr").nth(1)).to_contain_text("no task")
        assert await is_as_wide_as_the_window(page)
        await answer.locator("[data-action-id='check.watch']").click()
        await expect(page.get_by_text("is watched in")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_home_is_shown_and_speaks_the_language_that_is_chosen_there(
    browser: Browser, demo: Demo, size: tuple[int, int]
) -> None:
    async with opened(browser, demo, user=LIWEI, size=size) as page:
        await typed(page, "/preload subscribe domain=live.example.com")
        await expect(page.get_by_test_id("message")).to_have_count(1)
        await go_home(page)
        home = page.get_by_test_id("home")
        await expect(home).to_contain_text("我的订阅")
        await home.locator("[data-action-id='home.language']").click()
        await page.get_by_role("option", name="English", exact=True).click()
        await expect(home).to_contain_text("My subscriptions")
        await expect(home).to_contain_text("live.example.com, told in #live-ops")
        assert await is_as_wide_as_the_window(page)
        await home.locator("[data-action-id='home.unsubscribe']").click()
        await page.get_by_role("dialog").get_by_role("button", name="Unsubscribe").click()
        await expect(home).to_contain_text("You follow nothing yet")
        await home.locator("[data-action-id='form.open']").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Preload tasks")
