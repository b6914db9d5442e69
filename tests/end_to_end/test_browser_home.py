"""The app's Home on the local Slack's page, with a small app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.end_to_end.browsing import (
    DESKTOP,
    PHONE,
    is_as_wide_as_the_window,
    needs_chromium,
    opened,
)
from tests.end_to_end.people import ANNA, LIWEI
from tests.end_to_end.small_app import Json, SmallApp, field_of, installed, modal, option, plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

pytestmark = needs_chromium


def home(said: str) -> Json:
    stop = {"type": "button", "text": plain("Stop"), "action_id": "stop", "value": "w1"}
    languages = [option("English", "en"), option("中文", "zh")]
    menu = {"type": "static_select", "action_id": "language", "options": languages}
    text = {"type": "mrkdwn", "text": said}
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": plain("My watches")},
            {"type": "section", "block_id": "watch", "text": text, "accessory": stop},
            {"type": "actions", "block_id": "settings", "elements": [menu]},
        ],
    }


@pytest.fixture
async def app() -> AsyncIterator[SmallApp]:
    async with installed() as app:
        app.home = home("Cup final: 7 of 12 ready")
        yield app


async def go_home(page: Page) -> None:
    if await page.get_by_test_id("menu-toggle").is_visible():
        await page.get_by_test_id("menu-toggle").click()
    await page.get_by_test_id("channel").filter(has_text="Preload").click()


async def test_the_apps_entry_opens_its_home_beside_its_messages(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        await go_home(page)
        assert (await app.told("app_home_opened"))["tab"] == "home"
        await expect(page.get_by_test_id("home")).to_contain_text("Cup final: 7 of 12 ready")
        await expect(page.get_by_test_id("composer")).to_be_hidden()
        tabs = page.get_by_role("tab")
        await expect(tabs).to_have_text(["Home", "Messages"])
        await expect(tabs.first).to_have_attribute("aria-selected", "true")
        await tabs.first.focus()
        await page.keyboard.press("ArrowRight")
        await expect(tabs.last).to_be_focused()
        await expect(page.get_by_test_id("home")).to_be_hidden()
        await expect(page.get_by_test_id("composer")).to_be_visible()


async def test_a_button_of_the_home_reaches_the_app_and_shows_what_it_publishes(
    browser: Browser, app: SmallApp
) -> None:
    async def stop(payload: Json) -> None:
        app.home = home("Cup final: stopped")
        await app.publishes(payload)

    app.answers["block_actions"] = stop
    async with opened(browser, app) as page:
        await go_home(page)
        await page.get_by_role("button", name="Stop").click()
        await expect(page.get_by_test_id("home")).to_contain_text("Cup final: stopped")
        await expect(page.get_by_role("button", name="Stop")).to_be_focused()
        clicked = await app.told("block_actions")
        assert clicked["container"] == {"type": "view", "view_id": clicked["view"]["id"]}
        assert clicked["actions"][0]["value"] == "w1"


async def test_a_menu_of_the_home_says_what_was_chosen(browser: Browser, app: SmallApp) -> None:
    async with opened(browser, app) as page:
        await go_home(page)
        await page.locator("[data-action-id='language']").click()
        await page.get_by_role("option", name="中文").click()
        action = (await app.told("block_actions"))["actions"][0]
        assert action["selected_option"]["value"] == "zh"
        await expect(page.locator("[data-action-id='language']")).to_have_text("中文")


async def test_a_home_opens_a_modal_and_has_the_focus_back_after_it(
    browser: Browser, app: SmallApp
) -> None:
    app.modal = modal(field_of("name", {"type": "plain_text_input"}))
    app.answers["block_actions"] = app.opens
    async with opened(browser, app) as page:
        await go_home(page)
        await page.get_by_role("button", name="Stop").click()
        await expect(page.get_by_role("dialog").get_by_label("name")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Stop")).to_be_focused()


async def test_an_app_that_fails_is_said_in_the_home(browser: Browser, app: SmallApp) -> None:
    async def broken(_payload: Json) -> None:
        raise RuntimeError("down")

    app.answers["block_actions"] = broken
    async with opened(browser, app) as page:
        await go_home(page)
        await page.get_by_role("button", name="Stop").click()
        await expect(page.get_by_test_id("home").get_by_role("alert")).to_contain_text(
            "Something went wrong"
        )


async def test_before_the_app_published_one_the_home_says_so(
    browser: Browser, app: SmallApp
) -> None:
    del app.answers["app_home_opened"]
    async with opened(browser, app) as page:
        await go_home(page)
        await expect(page.get_by_test_id("home")).to_contain_text("nothing to show here yet")


async def test_a_reload_and_another_person_stay_at_the_home(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        await go_home(page)
        assert (await app.told("app_home_opened"))["user"] == ANNA
        await page.reload()
        await expect(page.get_by_test_id("home")).to_contain_text("Cup final: 7 of 12 ready")
        assert (await app.told("app_home_opened"))["user"] == ANNA
        await page.get_by_test_id("switch-user").click()
        await page.get_by_role("menuitem", name="李伟").click()
        await expect(page.get_by_role("tab").first).to_have_text("主页")
        assert (await app.told("app_home_opened"))["user"] == LIWEI
        await expect(page.get_by_test_id("home")).to_contain_text("Cup final: 7 of 12 ready")


async def test_a_message_that_comes_while_the_home_is_looked_at_is_marked_as_new(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        await go_home(page)
        await app.client.chat_postMessage(channel=ANNA, text="Your export is here")
        await expect(page.get_by_test_id("tab-messages")).to_have_class("plain unread")
        await page.get_by_test_id("tab-messages").click()
        await expect(page.get_by_test_id("message")).to_contain_text("Your export is here")
        await expect(page.get_by_test_id("tab-messages")).to_have_class("plain")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_home_is_as_wide_as_the_window_and_scrolls_down(
    browser: Browser, app: SmallApp, size: tuple[int, int]
) -> None:
    words = {"type": "mrkdwn", "text": "word " * 100 + "x" * 400}
    app.home = {"type": "home", "blocks": [{"type": "section", "text": words}] * 30}
    async with opened(browser, app, size=size) as page:
        await go_home(page)
        last = page.get_by_test_id("home").locator(".block").last
        await last.scroll_into_view_if_needed()
        await expect(last).to_be_in_viewport()
        assert await is_as_wide_as_the_window(page)
