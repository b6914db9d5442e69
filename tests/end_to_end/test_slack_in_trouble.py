"""When Slack itself is in trouble: what is acknowledged, told and logged all the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.demo import Demo, running
from bot.live.client import Timeouts
from bot.sandbox.slack import Fault
from tests.end_to_end.people import ANNA, LIVE_OPS, Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ALWAYS = 1_000
SIGNED_URL = "rtmp://live.example.com/liveApp/cup?token=s3cr3t-0f-a-url"


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running(timeouts=Timeouts(call_s=1.5, try_s=0.5)) as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    return Person(demo)


async def test_a_command_is_answered_though_slack_s_auth_test_fails(
    demo: Demo, anna: Person
) -> None:
    demo.slack.faults.add(Fault("auth.test", times=ALWAYS, status=503))
    assert "13 failed of 140" in await anna.types("/preload status=failed")


async def test_telling_that_the_bot_is_busy_does_not_delay_the_acknowledgement(
    demo: Demo, anna: Person
) -> None:
    gate = asyncio.Event()
    people = demo.bot.desk.people
    reader = people.reader

    async def wait() -> None:
        await gate.wait()

    async def slow_reader(user_id: str) -> object:
        await gate.wait()
        return await reader(user_id)

    people.reader = slow_reader  # type: ignore[method-assign,assignment] # Slack takes its time
    for _ in range(demo.bot.settings.server.max_jobs):
        demo.bot.jobs.start("waiting", wait())
    outcome = await demo.slack.command(ANNA, LIVE_OPS, "/preload status=failed")
    assert outcome.ok, outcome.error
    gate.set()
    await demo.bot.jobs.idle()
    assert "busy" in anna.sees()[-1]
