"""The README's pictures of the form and of the Home, in both languages.

They are taken anew with `PRELOAD_BOT_SCREENSHOTS=docs/screenshots`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bot.demo import running
from bot.settings import Watching
from tests.end_to_end.browsing import needs_chromium, opened, typed
from tests.end_to_end.people import ANNA, LIWEI
from tests.end_to_end.test_browser_home import go_home

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Page

pytestmark = needs_chromium

SIZE = (1000, 760)


async def taken(page: Page, picture: Path) -> None:
    assert 20_000 < len(await page.screenshot(path=picture)) < 250_000


@pytest.mark.parametrize(
    ("name", "user", "theme", "wrong"),
    [
        ("form", ANNA, "light", "There is no status faild"),
        ("form-zh", LIWEI, "dark", "没有“faild”这个状态"),
    ],
)
async def test_the_pictures_of_the_readme_show_the_form(
    browser: Browser, pictures: Path, *, name: str, user: str, theme: str, wrong: str
) -> None:
    async with running() as demo, opened(browser, demo, user=user, theme=theme, size=SIZE) as page:
        await typed(page, "/preload live.example.com status=faild since=2h")
        await page.get_by_test_id("message").last.locator("[data-action-id='form.open']").click()
        form = page.get_by_test_id("modal")
        domain = form.get_by_role("combobox").first
        await expect(domain).to_have_value("live.example.com")
        await expect(form).to_contain_text(wrong)
        await domain.blur()
        await taken(page, pictures / f"{name}.png")


@pytest.mark.parametrize(
    ("name", "user", "theme", "event", "read"),
    [
        ("home", ANNA, "light", "Cup final", "live.example.com: read"),
        ("home-zh", LIWEI, "dark", "决赛", "live.example.com：读取于"),
    ],
)
async def test_the_pictures_of_the_readme_show_the_home(
    browser: Browser, pictures: Path, *, name: str, user: str, theme: str, event: str, read: str
) -> None:
    async with (
        running(watch=Watching(fresh_s=1)) as demo,
        opened(browser, demo, user=user, theme=theme, size=SIZE) as page,
    ):
        await typed(page, f'/preload watch status=preloading name="{event}"')
        board = page.get_by_test_id("message").nth(1)
        await expect(board).to_contain_text("liveApp/")  # so its domain was read
        await typed(page, "/preload subscribe live.example.com")
        await expect(page.get_by_test_id("message")).to_have_count(3)
        await go_home(page)
        home = page.get_by_test_id("home")
        await expect(home).to_contain_text(event)
        await expect(home).to_contain_text(read)
        await taken(page, pictures / f"{name}.png")
