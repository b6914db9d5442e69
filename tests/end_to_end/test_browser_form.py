"""The form in a real browser: from a typo to the answer, in both languages, wide and narrow."""

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

    from playwright.async_api import Browser, Locator

pytestmark = needs_chromium

FAILED = re.compile(r"live.example.com: 1\d failed")
WORDS: dict[str, tuple[str, str | re.Pattern[str], str, str]] = {
    ANNA: ("only me", FAILED, "This is still to come", "failed"),
    LIWEI: ("仅自己", "预热失败", "这个时间还没有到", "预热失败"),
}


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running() as demo:
        yield demo


def field(form: Locator, name: str) -> Locator:
    return form.locator(f"[data-block-id='{name}']")


@pytest.mark.parametrize(("user", "size"), [(ANNA, DESKTOP), (LIWEI, PHONE)])
async def test_a_typo_is_mended_in_the_form_and_answered(
    browser: Browser, demo: Demo, pictures: Path, user: str, size: tuple[int, int]
) -> None:
    only_me, answer, to_come, failed = WORDS[user]
    picture = f"form-{'en' if user == ANNA else 'zh'}-{size[0]}"
    async with opened(browser, demo, user=user, size=size) as page:
        await typed(page, "/preload status=faild since=2d blue")
        await page.get_by_test_id("message").last.locator("[data-action-id='form.open']").click()
        form = page.get_by_test_id("modal")
        await expect(field(form, "status")).to_contain_text("faild")
        await expect(form).to_contain_text("blue")
        await expect(field(form, "public")).to_contain_text(only_me)
        await expect(field(form, "in")).to_contain_text("#live-ops")
        assert await is_as_wide_as_the_window(page)
        await page.screenshot(path=pictures / f"{picture}-top.png")

        domain = field(form, "domain").get_by_role("combobox")
        await domain.press_sequentially("live")
        await page.get_by_role("option", name="live.example.com", exact=True).click()
        await field(form, "status").get_by_role("button").click()
        await page.get_by_role("option", name=failed, exact=True).click()
        since = field(form, "since").locator("input")
        before = await since.input_value()
        await since.fill("2030-01-01T00:00")
        await page.get_by_test_id("modal-submit").click()
        await expect(field(form, "since")).to_contain_text(to_come)
        await page.screenshot(path=pictures / f"{picture}-wrong.png")

        await since.fill(before)
        await page.get_by_test_id("modal-submit").click()
        await expect(form).to_be_hidden()
        await expect(page.get_by_test_id("message").last).to_contain_text(answer)
        await page.screenshot(path=pictures / f"{picture}-answer.png")
