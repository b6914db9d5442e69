"""What the local Slack's page offers round messages: shortcuts, files, people, times."""

from __future__ import annotations

from pathlib import Path
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
from tests.end_to_end.people import LIVE_OPS, LIWEI
from tests.end_to_end.small_app import Json, SmallApp, field_of, installed, modal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, FilePayload

pytestmark = needs_chromium

RUNSHEET = "time,url\n19:30,rtmp://live.example.com/liveApp/cup_main\n<script>alert(1)</script>,x\n"


@pytest.fixture
async def app() -> AsyncIterator[SmallApp]:
    async with installed() as app:
        app.modal = modal(field_of("name", {"type": "plain_text_input"}))
        yield app


def picked(name: str = "runsheet.csv", content: str = RUNSHEET) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content.encode()}


@pytest.mark.parametrize("way", ["pointer", "keyboard"])
async def test_a_messages_menu_lists_its_shortcuts_and_takes_one(
    browser: Browser, app: SmallApp, way: str
) -> None:
    async with opened(browser, app, user=LIWEI) as page:
        app.slack.say(LIWEI, LIVE_OPS, "Tonight: rtmp://live.example.com/liveApp/cup")
        message = page.get_by_test_id("message")
        more = message.get_by_test_id("message-menu")
        if way == "pointer":
            await message.hover()
            await more.click()
            await page.get_by_role("menuitem", name="Check these streams").click()
        else:
            await more.focus()
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("menuitem")).to_be_focused()
            await page.keyboard.press("Enter")
        sent = await app.told("message_action")
        assert sent["callback_id"] == "check"
        assert sent["user"]["id"] == LIWEI
        assert "liveApp/cup" in sent["message"]["text"]
        await expect(page.get_by_role("dialog")).to_be_visible()


async def test_a_tap_on_a_message_shows_its_menu(browser: Browser, app: SmallApp) -> None:
    app.slack.say(LIWEI, LIVE_OPS, "Tonight")
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True
    )
    page = await context.new_page()
    await page.goto(f"{app.page}/?channel={LIVE_OPS}")
    await page.get_by_test_id("message").get_by_text("Tonight").tap()
    await page.get_by_test_id("message-menu").tap()
    await page.get_by_role("menuitem", name="Check these streams").tap()
    assert (await app.told("message_action"))["callback_id"] == "check"
    await context.close()


async def test_what_only_one_person_sees_has_no_menu(browser: Browser, app: SmallApp) -> None:
    async with opened(browser, app, user=LIWEI) as page:
        await app.client.chat_postEphemeral(channel=LIVE_OPS, user=LIWEI, text="For you")
        await expect(page.get_by_test_id("message")).to_contain_text("For you")
        await expect(page.get_by_test_id("message-menu")).to_have_count(0)


async def test_a_shortcut_that_fails_is_said_at_its_message(
    browser: Browser, app: SmallApp
) -> None:
    async def broken(_payload: Json) -> None:
        raise RuntimeError("down")

    app.answers["message_action"] = broken
    async with opened(browser, app) as page:
        app.slack.say(LIWEI, LIVE_OPS, "Tonight")
        await page.get_by_test_id("message").hover()
        await page.get_by_test_id("message-menu").click()
        await page.get_by_role("menuitem").click()
        alert = page.get_by_test_id("message").get_by_role("alert")
        await expect(alert).to_contain_text("Something went wrong")


async def test_a_file_is_attached_sent_and_seen_by_the_other_person(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as anna, opened(browser, app, user=LIWEI) as liwei:
        await anna.get_by_test_id("attach-file").set_input_files(picked())
        await expect(anna.get_by_test_id("attached")).to_contain_text("runsheet.csv")
        await anna.get_by_test_id("composer").fill("For tonight")
        await anna.get_by_test_id("composer").press("Enter")
        await expect(anna.get_by_test_id("attached")).to_be_hidden()
        for page in (anna, liwei):
            await expect(page.get_by_test_id("message")).to_contain_text("For tonight")
            card = page.get_by_test_id("file")
            await expect(card).to_contain_text("runsheet.csv")
            await expect(card).to_contain_text("text/csv · 84")
            await expect(card).to_contain_text("<script>alert(1)</script>,x")
        async with liwei.expect_download() as download:
            await liwei.get_by_role("link", name="runsheet.csv").click()
        saved = await (await download.value).path()
        assert Path(saved).read_text() == RUNSHEET  # noqa: ASYNC240 - a small file that is there


async def test_a_file_needs_no_words_and_can_be_taken_back(browser: Browser, app: SmallApp) -> None:
    async with opened(browser, app) as page:
        await expect(page.get_by_test_id("send")).to_be_disabled()
        await page.get_by_test_id("attach-file").set_input_files(picked("first.csv"))
        await expect(page.get_by_test_id("send")).to_be_enabled()
        await page.get_by_role("button", name="Do not send first.csv").click()
        await expect(page.get_by_test_id("attached")).to_be_hidden()
        await expect(page.get_by_test_id("send")).to_be_disabled()
        await page.get_by_test_id("attach-file").set_input_files(picked("second.csv"))
        await page.get_by_test_id("send").click()
        await expect(page.get_by_test_id("file")).to_have_count(1)
        await expect(page.get_by_test_id("file")).to_contain_text("second.csv")


async def test_a_file_that_the_server_refuses_stays_attached(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        await page.route("**/local/upload", lambda route: route.fulfill(status=413, body="too big"))
        await page.get_by_test_id("attach-file").set_input_files(picked())
        await page.get_by_test_id("composer").fill("For tonight")
        await page.get_by_test_id("send").click()
        await expect(page.get_by_role("alert")).to_contain_text("too big")
        await expect(page.get_by_test_id("attached")).to_contain_text("runsheet.csv")
        await expect(page.get_by_test_id("composer")).to_have_value("For tonight")


async def test_the_app_shares_a_file_that_the_page_shows_at_once(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        await app.client.files_upload_v2(
            channel=LIVE_OPS, filename="export.csv", content=RUNSHEET, initial_comment="Here it is"
        )
        await expect(page.get_by_test_id("message")).to_contain_text("Here it is")
        await expect(page.get_by_test_id("file")).to_contain_text("export.csv")


async def test_everybody_else_can_be_switched_to_and_guests_are_called_so(
    browser: Browser, app: SmallApp
) -> None:
    async with opened(browser, app) as page:
        await page.get_by_test_id("switch-user").click()
        people = page.get_by_role("menuitem")
        await expect(people).to_have_count(3)
        await expect(people.filter(has_text="Gus Gast")).to_contain_text("Guest")
        await expect(people.filter(has_text="Eva Extern")).to_contain_text("another workspace")
        await people.filter(has_text="Eva Extern").click()
        await expect(page.get_by_test_id("switch-user")).to_contain_text("Eva Extern")
        await expect(page.locator("html")).to_have_attribute("lang", "en-US")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_wide_file_scrolls_in_its_own_card(
    browser: Browser, app: SmallApp, size: tuple[int, int]
) -> None:
    async with opened(browser, app, size=size) as page:
        await page.get_by_test_id("attach-file").set_input_files(
            picked(f"{'long' * 40}.csv", "wide," * 200)
        )
        await expect(page.get_by_test_id("composer")).to_be_in_viewport(ratio=1)
        await page.get_by_test_id("send").click()
        await expect(page.get_by_role("link", name="Download")).to_be_in_viewport(ratio=1)
        assert await is_as_wide_as_the_window(page)


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        ("Asia/Shanghai", "2026-11-22T19:00", "2026-11-22T11:00:00.000Z"),
        ("Europe/London", "2026-03-30T00:10", "2026-03-29T23:10:00.000Z"),
        ("Europe/London", "2026-10-25T01:30", "2026-10-25T00:30:00.000Z"),  # the first of two
        ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:30:00.000Z"),  # skipped there
        ("America/New_York", "2026-03-08T12:00", "2026-03-08T16:00:00.000Z"),
    ],
)
async def test_a_wall_clock_is_read_in_its_zone(
    browser: Browser, app: SmallApp, *, zone: str, wall: str, utc: str
) -> None:
    async with opened(browser, app) as page:
        seconds = await page.evaluate(
            """async ([wall, zone]) => (await import("/static/times.js")).secondsOf(wall, zone)""",
            [wall, zone],
        )
        assert await page.evaluate("s => new Date(s * 1000).toISOString()", seconds) == utc
