"""Modals on the local Slack's page: filled in, sent, refused, closed; with a small app."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.end_to_end.browsing import (
    DESKTOP,
    PHONE,
    is_as_wide_as_the_window,
    needs_chromium,
    opened,
)
from tests.end_to_end.small_app import (
    Json,
    SmallApp,
    field_of,
    installed,
    modal,
    opened_form,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

pytestmark = needs_chromium

TEXT = {"type": "plain_text_input"}
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"


@pytest.fixture
async def app() -> AsyncIterator[SmallApp]:
    async with installed() as app:
        yield app


def refusing(errors: dict[str, str]) -> Any:  # noqa: ANN401 - what `answers` takes
    async def answer(_payload: Json) -> Json:
        return {"response_action": "errors", "errors": errors}

    return answer


async def test_a_form_shows_labels_hints_and_what_stands_in_it_and_takes_the_focus(
    browser: Browser, app: SmallApp
) -> None:
    app.modal = modal(
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Before* the fields"}},
        field_of("name", {**TEXT, "initial_value": "Cup final"}, hint=plain("As people say it")),
        field_of("note", {**TEXT, "multiline": True}, optional=True),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "observed 19:42"}]},
    )
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await expect(form).to_have_accessible_name("A form")
        name = form.get_by_label("name")
        await expect(name).to_be_focused()
        await expect(name).to_have_value("Cup final")
        await expect(name).to_have_accessible_description("As people say it")
        await expect(form.get_by_label("note (optional)")).to_have_value("")
        await expect(form).to_contain_text("Before the fields")
        await expect(form).to_contain_text("observed 19:42")
        await expect(form.get_by_role("button", name="Send it")).to_be_visible()
        await expect(form.get_by_role("button", name="Leave it")).to_be_visible()


async def test_what_is_wrong_is_said_at_its_field_until_it_is_mended(
    browser: Browser, app: SmallApp
) -> None:
    app.modal = modal(field_of("first", TEXT), field_of("second", TEXT))
    app.answers["view_submission"] = refusing({"second": f"{HOSTILE} is no task"})
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await form.get_by_label("first").fill("kept")
        second = form.get_by_label("second")
        await second.fill("x")
        await second.press("Enter")
        await expect(second).to_have_attribute("aria-invalid", "true")
        await expect(second).to_have_accessible_description(f"{HOSTILE} is no task")
        await expect(second).to_be_focused()
        await expect(form.locator(".wrong:visible")).to_have_count(1)
        await expect(form.get_by_label("first")).to_have_value("kept")
        await second.fill("1234567")
        await expect(form.locator(".wrong:visible")).to_have_count(0)
        del app.answers["view_submission"]
        await form.get_by_test_id("modal-submit").click()
        await expect(form).to_be_hidden()
        await expect(page.locator("img")).to_have_count(0)
        await app.told("view_submission")
        values = await app.submitted()
        assert [values[name]["value"] for name in ("first", "second")] == ["kept", "1234567"]


async def test_a_needed_field_left_empty_is_said_without_asking_the_app(
    browser: Browser, app: SmallApp
) -> None:
    app.modal = modal(field_of("needed", TEXT), field_of("free", TEXT, optional=True))
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await form.get_by_label("free").fill("here")
        await form.get_by_test_id("modal-submit").click()
        needed = form.get_by_label("needed")
        await expect(needed).to_have_accessible_description("Please fill in this field.")
        await expect(needed).to_be_focused()
        assert app.sent["view_submission"].empty()


async def test_the_button_shows_that_an_answer_is_awaited_and_sends_once(
    browser: Browser, app: SmallApp
) -> None:
    may_answer = asyncio.Event()

    async def late(_payload: Json) -> None:
        await may_answer.wait()

    app.modal = modal(field_of("name", TEXT))
    app.answers["view_submission"] = late
    async with opened(browser, app) as page:
        form = await opened_form(page)
        name = form.get_by_label("name")
        await name.fill("Cup final")
        await name.press("Enter")
        await expect(form.get_by_test_id("modal-submit")).to_have_attribute("aria-busy", "true")
        await name.press("Enter")
        await app.told("view_submission")
        may_answer.set()
        await expect(form).to_be_hidden()
        assert app.sent["view_submission"].empty()


async def test_an_app_that_fails_is_said_and_what_was_filled_in_stays(
    browser: Browser, app: SmallApp
) -> None:
    async def broken(_payload: Json) -> None:
        raise RuntimeError("down")

    app.modal = modal(field_of("name", TEXT))
    app.answers["view_submission"] = broken
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await form.get_by_label("name").fill("Cup final")
        await form.get_by_test_id("modal-submit").click()
        await expect(form.get_by_role("alert")).to_contain_text("Something went wrong")
        await expect(form.get_by_label("name")).to_have_value("Cup final")
        await expect(form.get_by_test_id("modal-submit")).not_to_have_attribute("aria-busy", "true")


@pytest.mark.parametrize("how", ["Escape", "modal-close", "modal-cross"])
async def test_closing_tells_the_app_and_gives_the_focus_back(
    browser: Browser, app: SmallApp, how: str
) -> None:
    app.modal = modal(field_of("name", TEXT), notify_on_close=True)
    async with opened(browser, app) as page:
        form = await opened_form(page)
        if how == "Escape":
            await page.keyboard.press("Escape")
        else:
            await form.get_by_test_id(how).click()
        await expect(form).to_be_hidden()
        await expect(page.get_by_test_id("shortcuts")).to_be_focused()
        closed = await app.told("view_closed")
        assert closed["view"]["callback_id"] == "form"
        await page.reload()
        await page.wait_for_selector("body[data-ready]")
        await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_the_tab_key_walks_within_the_modal(browser: Browser, app: SmallApp) -> None:
    app.modal = modal(field_of("name", TEXT))
    async with opened(browser, app) as page:
        form = await opened_form(page)
        stops = [form.get_by_test_id(one) for one in ("modal-close", "modal-submit", "modal-cross")]
        for stop in (*stops, form.get_by_label("name")):
            await page.keyboard.press("Tab")
            await expect(stop).to_be_focused()
        for _ in range(2):
            await page.keyboard.press("Shift+Tab")
        await expect(form.get_by_test_id("modal-submit")).to_be_focused()


async def test_what_was_filled_in_stays_when_the_app_changes_the_form(
    browser: Browser, app: SmallApp
) -> None:
    press = {
        "type": "actions",
        "elements": [{"type": "button", "text": plain("More"), "action_id": "more"}],
    }

    async def add(payload: Json) -> None:
        more = modal(*app.modal["blocks"], field_of("added", TEXT))
        await app.client.views_update(view_id=payload["view"]["id"], view=more)

    app.modal = modal(field_of("name", TEXT), press)
    app.answers["block_actions"] = add
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await form.get_by_label("name").fill("Cup final")
        await form.get_by_role("button", name="More").click()
        await expect(form.get_by_label("added")).to_be_visible()
        await expect(form.get_by_label("name")).to_have_value("Cup final")
        clicked = await app.told("block_actions")
        assert clicked["container"]["type"] == "view"


async def test_one_modal_upon_another_uncovers_it_when_it_is_closed(
    browser: Browser, app: SmallApp
) -> None:
    async def push(_payload: Json) -> Json:
        upper = modal(field_of("upper", TEXT), title=plain("The upper one"))
        return {"response_action": "push", "view": upper}

    app.modal = modal(field_of("lower", TEXT))
    app.answers["view_submission"] = push
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await form.get_by_label("lower").fill("kept")
        await form.get_by_label("lower").press("Enter")
        await expect(form.get_by_label("upper")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(form.get_by_label("lower")).to_be_visible()
        await expect(form).to_have_accessible_name("A form")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_long_form_scrolls_between_its_title_and_its_buttons(
    browser: Browser, app: SmallApp, size: tuple[int, int]
) -> None:
    app.modal = modal(*(field_of(f"field {n}", TEXT, hint=plain("word " * 60)) for n in range(30)))
    async with opened(browser, app, size=size) as page:
        form = await opened_form(page)
        await form.get_by_label("field 29").focus()
        await expect(form.get_by_label("field 29")).to_be_in_viewport(ratio=1)
        await expect(form.get_by_role("heading")).to_be_in_viewport(ratio=1)
        await expect(form.get_by_test_id("modal-submit")).to_be_in_viewport(ratio=1)
        assert await is_as_wide_as_the_window(page)
