"""The local Slack's page, opened in a real browser."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.end_to_end.people import ANNA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = (1280, 800)
PHONE = (390, 844)

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no chromium: apt-get install it"
)


class Shown(Protocol):
    """What has a page in the local Slack."""

    @property
    def page(self) -> str:
        """Its address."""


@asynccontextmanager
async def opened(
    browser: Browser,
    demo: Shown,
    *,
    user: str = ANNA,
    channel: str = "C0001",
    theme: str = "light",
    size: tuple[int, int] = DESKTOP,
) -> AsyncIterator[Page]:
    """The page, once it shows all there is; a script error in it fails the test."""
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{demo.page}/?user={user}&channel={channel}&theme={theme}")
    await page.wait_for_selector("body[data-ready]")
    yield page
    await context.close()
    assert errors == []


async def typed(page: Page, text: str) -> None:
    """Type a command and send it with the keyboard."""
    composer = page.get_by_test_id("composer")
    await composer.fill(text)
    await composer.press("Escape")
    await composer.press("Enter")


async def is_as_wide_as_the_window(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
