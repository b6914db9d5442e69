"""When Slack itself is in trouble: what is acknowledged, told and logged all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.demo import Demo, running
from bot.live.client import Timeouts
from bot.sandbox.slack import Fault
from tests.end_to_end.people import Person

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
