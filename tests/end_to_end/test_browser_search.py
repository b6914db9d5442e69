"""The menu on the local Slack's page whose options the app is asked for while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.end_to_end.browsing import needs_chromium, opened
from tests.end_to_end.small_app import (
    Json,
    SmallApp,
    field_of,
    installed,
    modal,
    opened_form,
    option,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Locator, Page

pytestmark = needs_chromium

DOMAINS = ("live.example.com", "quiet.example.com", "busy.example.com")
SEARCH = {"type": "external_select", "min_query_length": 0}


@pytest.fixture
async def app() -> AsyncIterator[SmallApp]:
    async with installed() as app:

        async def find(payload: Json) -> Json:
            found = [one for one in DOMAINS if payload["value"] in one]
            return {"options": [option(one, one) for one in found]}

        app.answers["block_suggestion"] = find
        app.modal = modal(field_of("domain", SEARCH, optional=True))
        yield app


async def box(page: Page) -> Locator:
    return (await opened_form(page)).get_by_role("combobox", name="domain")


async def sent(app: SmallApp) -> Json | None:
    """The option that the next submission says was chosen."""
    chosen: Json | None = (await app.submitted())["domain"]["selected_option"]
    return chosen


async def test_typing_shows_options_and_the_keyboard_takes_one(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        domain = await box(page)
        await domain.press_sequentially("qui")
        await expect(page.get_by_role("option")).to_have_text(["quiet.example.com"])
        await domain.press("ArrowDown")
        await expect(page.get_by_role("option")).to_have_attribute("aria-selected", "true")
        await domain.press("Enter")
        await expect(domain).to_have_value("quiet.example.com")
        await expect(page.get_by_role("listbox")).to_have_count(0)
        await domain.press("Enter")
        chosen = await sent(app)
    assert chosen == option("quiet.example.com", "quiet.example.com")


async def test_keys_pressed_in_one_go_are_one_question(browser: Browser, app: SmallApp) -> None:
    async with opened(browser, app) as page:
        domain = await box(page)
        await domain.press_sequentially("busy")
        await expect(page.get_by_role("option")).to_have_text(["busy.example.com"])
        assert (await app.told("block_suggestion"))["value"] == "busy"


async def test_the_pointer_takes_an_option_too(browser: Browser, app: SmallApp) -> None:
    async with opened(browser, app) as page:
        domain = await box(page)
        await domain.click()
        await page.get_by_role("option", name="live.example.com").click()
        await expect(domain).to_have_value("live.example.com")
        await expect(domain).to_be_focused()


async def test_escape_closes_the_options_and_leaves_the_form_open(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        domain = await box(page)
        await domain.press("ArrowDown")
        await expect(page.get_by_role("option")).to_have_count(len(DOMAINS))
        await domain.press("Escape")
        await expect(page.get_by_role("listbox")).to_have_count(0)
        await expect(page.get_by_role("dialog")).to_be_visible()
        await domain.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_that_nothing_was_found_is_said_and_half_a_word_chooses_nothing(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        domain = await box(page)
        await domain.fill("nowhere")
        await expect(page.get_by_role("status").last).to_have_text("No options found")
        await domain.press("Tab")
        await expect(domain).to_have_value("")
        await page.get_by_test_id("modal-submit").click()
        assert await sent(app) is None


async def test_an_app_that_does_not_answer_is_said_in_the_menu(
    browser: Browser, app: SmallApp
) -> None:
    async def broken(_payload: Json) -> None:
        raise RuntimeError("down")

    app.answers["block_suggestion"] = broken
    async with opened(browser, app) as page:
        domain = await box(page)
        await domain.fill("live")
        await expect(page.get_by_text("The options could not be loaded")).to_be_visible()


async def test_fewer_characters_than_the_app_wants_ask_nothing(
    browser: Browser, app: SmallApp
) -> None:
    app.modal = modal(field_of("domain", {"type": "external_select"}, optional=True))
    async with opened(browser, app) as page:
        domain = await box(page)
        await domain.press_sequentially("li")
        await expect(page.get_by_text("Type at least 3 characters")).to_be_visible()
        assert app.sent["block_suggestion"].empty()
        await domain.press_sequentially("v")
        await expect(page.get_by_role("option")).to_have_text(["live.example.com"])


async def test_emptying_the_box_clears_what_was_chosen(browser: Browser, app: SmallApp) -> None:
    chosen = option("live.example.com", "live.example.com")
    app.modal = modal(field_of("domain", {**SEARCH, "initial_option": chosen}, optional=True))
    async with opened(browser, app) as page:
        domain = await box(page)
        await expect(domain).to_have_value("live.example.com")
        await domain.fill("")
        await domain.press("Tab")
        await page.get_by_test_id("modal-submit").click()
        assert await sent(app) is None
