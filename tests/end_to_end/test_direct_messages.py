"""Answers that come by direct message: one message for each, whatever becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.demo import Demo, running
from bot.live.client import Timeouts
from bot.sandbox.live.faults import HANG, UNAVAILABLE, Fault, Refuse
from bot.sandbox.slack.printed import printed
from tests.end_to_end.people import ANNA
from tests.end_to_end.test_export import ARCHIVE, QUIET, begun_by_a_click, files, preloaded
from tests.end_to_end.test_form import Filler
from tests.end_to_end.test_home import opens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.slack import Message

DIRECT = "D0001"
NOWHERE: dict[str, Any] = {"in": None, "public": "no"}


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running(timeouts=Timeouts(call_s=1.5, try_s=1.5)) as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Filler:
    return Filler(demo, channel=DIRECT)


def said(demo: Demo) -> list[str]:
    """What the bot says in the direct messages, but for what comes with a file."""
    messages = demo.slack.messages.seen_by(ANNA, DIRECT)
    return [printed(one, zone="UTC") for one in messages if one.user == "U0BOT" and not one.files]


async def by_shortcut(anna: Filler, **values: object) -> None:
    """Open the form from nowhere, and send it."""
    outcome = await anna.demo.slack.shortcut(ANNA, "form")
    assert outcome.ok, outcome.error
    await anna.demo.bot.jobs.idle()
    outcome = await anna.submits(**NOWHERE, **values)
    assert outcome.ok, outcome.errors


async def started(anna: Filler, mark: int) -> Message:
    """The first that is said."""
    return await anna.demo.slack.settled(ANNA, after=mark)


async def test_the_answer_takes_the_place_of_what_says_that_it_is_being_fetched(
    demo: Demo, anna: Filler
) -> None:
    demo.live.faults.latency_s = 0.8
    mark = demo.slack.messages.mark
    await by_shortcut(anna, domain=ARCHIVE)
    assert "Asking the Live API" in (await started(anna, mark)).text
    await demo.bot.jobs.idle()
    [answer] = said(demo)
    assert f"{ARCHIVE}: " in answer


async def test_so_does_the_reason_why_there_is_none(demo: Demo, anna: Filler) -> None:
    demo.live.faults.inject(HANG)
    await by_shortcut(anna, domain=ARCHIVE)
    await demo.bot.jobs.idle()
    [answer] = said(demo)
    assert "did not answer in time" in answer


async def test_an_export_by_the_form_is_one_message_from_its_begin_to_its_end(
    demo: Demo, anna: Filler
) -> None:
    preloaded(demo, 650)
    demo.live.faults.latency_s = 0.3
    mark = demo.slack.messages.mark
    await by_shortcut(anna, domain=QUIET, format="csv")
    begun = await started(anna, mark)
    await demo.bot.jobs.idle()
    [end] = said(demo)
    assert "650 tasks exported" in end
    assert "Cancel" not in end
    updates = [call for call in demo.slack.calls if call.method == "chat.update"]
    assert len(updates) > 2
    assert {call.arguments["ts"] for call in updates} == {begun.ts}


async def test_an_export_by_a_button_says_in_one_direct_message_how_far_it_is(
    demo: Demo, anna: Filler
) -> None:
    anna.channel = "C0001"
    preloaded(demo, 650)
    await anna.types(f"/preload {QUIET}")
    before = anna.sees()
    demo.live.faults.latency_s = 0.3
    begun = await begun_by_a_click(demo, anna)
    assert begun.channel == DIRECT
    await demo.bot.jobs.idle()
    [end] = said(demo)
    assert "650 tasks exported" in end
    assert len([call for call in demo.slack.calls if call.method == "chat.update"]) > 2
    assert anna.sees() == before
    assert len(files(demo)) == 1


async def test_it_is_cancelled_in_the_message_that_says_so(demo: Demo, anna: Filler) -> None:
    anna.channel = "C0001"
    await anna.types(f"/preload {ARCHIVE}")
    demo.live.faults.latency_s = 0.3
    anna.read = await begun_by_a_click(demo, anna)
    await anna.clicks("export.cancel")
    [end] = said(demo)
    assert "is cancelled" in end
    assert files(demo) == []


@pytest.mark.parametrize("fault", [UNAVAILABLE, Refuse("Forbidden.RAM", 403)])
async def test_where_the_api_does_not_even_count_the_tasks_that_is_said_there(
    demo: Demo, anna: Filler, fault: Fault
) -> None:
    anna.channel = "C0001"
    await anna.types(f"/preload {ARCHIVE}")
    before = anna.sees()
    demo.live.faults.latency_s = 0.8
    demo.live.faults.inject(fault)
    await begun_by_a_click(demo, anna)
    await demo.bot.jobs.idle()
    [end] = said(demo)
    assert "could not be finished" in end
    assert anna.sees() == before


async def test_open_in_the_home_says_at_once_that_it_asks(demo: Demo, anna: Filler) -> None:
    anna.channel = "C0001"
    await anna.types(f"/preload watch {ARCHIVE} status=preloading")
    await opens(anna)
    demo.live.faults.inject(HANG)
    mark = demo.slack.messages.mark
    outcome = await demo.slack.click_in_view(ANNA, "home.open")
    assert outcome.ok, outcome.error
    first = await started(anna, mark)
    assert first.channel == DIRECT
    assert "Asking the Live API" in first.text
    await demo.bot.jobs.idle()
    [answer] = said(demo)
    assert "did not answer in time" in answer


async def test_pages_are_turned_in_the_message_and_not_shared_with_oneself(
    demo: Demo, anna: Filler
) -> None:
    await by_shortcut(anna, domain="live.example.com")
    await demo.bot.jobs.idle()
    [anna.read] = [one for one in demo.slack.messages.seen_by(ANNA, DIRECT) if one.user == "U0BOT"]
    assert "page.share" not in anna.controls()
    await anna.clicks("page.next")
    [answer] = said(demo)
    assert "tasks 11–20" in answer
    assert "page.share" not in anna.controls()
    await anna.clicks("page.refresh")
    [answer] = said(demo)
    assert "tasks 11–20" in answer
