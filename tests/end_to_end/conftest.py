from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, async_playwright

from bot.demo import Demo, running
from bot.live.client import Timeouts
from tests.end_to_end.browsing import CHROMIUM, FLAGS
from tests.end_to_end.people import LIWEI, Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=["http", "socket_mode"])
async def demo(request: pytest.FixtureRequest) -> AsyncIterator[Demo]:
    """The bot between both ends of the sandbox, by HTTP and by Socket Mode."""
    timeouts = Timeouts(call_s=1.5, try_s=0.5)
    is_socket_mode = request.param == "socket_mode"
    async with running(socket_mode=is_socket_mode, timeouts=timeouts) as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    return Person(demo)


@pytest.fixture
def liwei(demo: Demo) -> Person:
    return Person(demo, LIWEI)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield browser
        await browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go: nowhere lasting, unless one asks."""
    folder = Path(os.environ.get("PRELOAD_BOT_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
