"""The fields of a modal on the local Slack's page, each as Slack sends it; with a small app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.end_to_end.browsing import needs_chromium, opened
from tests.end_to_end.people import ANNA, LIWEI
from tests.end_to_end.small_app import SmallApp, field_of, installed, modal, opened_form, option

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

pytestmark = needs_chromium

TEXT = {"type": "plain_text_input"}


@pytest.fixture
async def app() -> AsyncIterator[SmallApp]:
    async with installed() as app:
        yield app


async def test_every_kind_of_field_is_sent_as_slack_does(browser: Browser, app: SmallApp) -> None:
    options = [option("One", "1"), option("Two", "2")]
    current = {"type": "conversations_select", "default_to_current_conversation": True}
    app.modal = modal(
        field_of("lines", {**TEXT, "multiline": True}),
        field_of("menu", {"type": "static_select", "options": options}),
        field_of("radio", {"type": "radio_buttons", "options": options}),
        field_of("ticks", {"type": "checkboxes", "options": options, "initial_options": options}),
        field_of("current", current, optional=True),
        field_of("other", {"type": "conversations_select"}),
        field_of("empty", TEXT, optional=True),
    )
    async with opened(browser, app, channel="C0002") as page:
        form = await opened_form(page)
        await form.get_by_label("lines").fill("a\nb")
        await form.get_by_role("button", name="menu").click()
        await page.get_by_role("option", name="Two").click()
        await form.get_by_role("radiogroup", name="radio").get_by_label("One").check()
        await form.get_by_role("group", name="ticks").get_by_label("One").uncheck()
        await expect(form.get_by_role("button", name="current")).to_have_text("#general")
        await form.get_by_role("button", name="other").click()
        await page.get_by_role("option", name="#cup-final").click()
        await form.get_by_test_id("modal-submit").click()
        values = await app.submitted()
    assert values["lines"] == {"type": "plain_text_input", "value": "a\nb"}
    assert values["menu"] == {"type": "static_select", "selected_option": options[1]}
    assert values["radio"] == {"type": "radio_buttons", "selected_option": options[0]}
    assert values["ticks"] == {"type": "checkboxes", "selected_options": [options[1]]}
    assert values["current"]["selected_conversation"] == "C0002"
    assert values["other"]["selected_conversation"] == "C0003"
    assert values["empty"]["value"] is None


async def test_half_a_date_is_said_and_not_taken_for_none(browser: Browser, app: SmallApp) -> None:
    app.modal = modal(field_of("since", {"type": "datetimepicker"}, optional=True))
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await form.get_by_label("since").focus()
        await page.keyboard.type("11")
        await form.get_by_test_id("modal-submit").click()
        await expect(form).to_contain_text("The date or the time is not complete.")
        assert app.sent["view_submission"].empty()
        await form.get_by_label("since").fill("2026-11-22T20:30")
        await form.get_by_test_id("modal-submit").click()
        assert (await app.submitted())["since"]["selected_date_time"] == 1_795_379_400


async def test_what_was_chosen_in_an_optional_menu_can_be_cleared(
    browser: Browser, app: SmallApp
) -> None:
    current = {"type": "conversations_select", "default_to_current_conversation": True}
    app.modal = modal(field_of("where", current, optional=True))
    async with opened(browser, app) as page:
        form = await opened_form(page)
        await form.get_by_role("button", name="where").click()
        await page.get_by_role("option", name="Clear the selection").click()
        await expect(form.get_by_role("button", name="where")).to_have_text("Choose an option")
        await form.get_by_test_id("modal-submit").click()
        assert (await app.submitted())["where"]["selected_conversation"] is None


@pytest.mark.parametrize(
    ("user", "zone", "shown", "sent"),
    [
        (ANNA, "Europe/London", "2026-11-22T19:00", 1_795_379_400),
        (LIWEI, "Asia/Shanghai", "2026-11-23T03:00", 1_795_350_600),
    ],
)
async def test_a_moment_is_picked_in_the_persons_own_zone(
    browser: Browser, app: SmallApp, *, user: str, zone: str, shown: str, sent: int
) -> None:
    first = {"type": "datetimepicker", "initial_date_time": 1_795_374_000}
    app.modal = modal(field_of("since", first))
    async with opened(browser, app, user=user) as page:
        form = await opened_form(page)
        since = form.get_by_label("since")
        await expect(since).to_have_value(shown)
        await expect(form).to_contain_text(zone)
        await since.fill("2026-11-22T20:30")
        await form.get_by_test_id("modal-submit").click()
        assert (await app.submitted())["since"]["selected_date_time"] == sent
