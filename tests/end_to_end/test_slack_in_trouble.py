"""When Slack itself is in trouble: what is acknowledged, told and logged all the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.demo import Demo, running
from bot.live.client import Timeouts
from bot.sandbox.live import HANG, Refuse
from bot.sandbox.slack import Fault
from bot.settings.model import Server, Settings
from bot.slack.errors import SlackUnavailable
from tests.end_to_end.people import ANNA, LIVE_OPS, LIWEI, Person

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


async def test_a_command_is_answered_though_slack_s_auth_test_fails_from_the_second_on(
    demo: Demo, anna: Person
) -> None:
    await anna.types("/preload help")
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


async def test_while_the_live_api_hangs_what_is_cached_is_answered_and_the_rest_told_so() -> None:
    def few(settings: Settings) -> Settings:  # so many are asked before the first has timed out
        return settings.model_copy(update={"server": Server(max_jobs=20)})

    async with running(timeouts=Timeouts(call_s=3.0, try_s=0.5), adjusted=few) as demo:
        anna = Person(demo)
        assert "13 failed of 140" in await anna.types("/preload status=failed")
        demo.live.faults.inject(HANG)
        for minutes in range(15):  # half of 20 may wait; of the last, some have not begun to
            asked = f"/preload domain=live.example.com since={60 + minutes}m"
            assert (await demo.slack.command(LIWEI, LIVE_OPS, asked)).ok
        said = await anna.types("/preload domain=live.example.com since=59m")
        assert "as many questions as it takes are waiting for the Live API" in said
        assert "13 failed of 140" in await anna.types("/preload status=failed")
        await demo.bot.jobs.idle()
        said = await anna.types("/preload domain=live.example.com since=59m")
        assert "did not answer in time" in said


async def test_an_answer_comes_though_slack_did_not_take_its_announcement(
    demo: Demo, anna: Person
) -> None:
    demo.live.faults.latency_s = 0.4  # two calls, one after the other
    demo.slack.faults.add(Fault("response_url", status=503))
    assert "13 failed of 140" in await anna.types("/preload status=failed")


async def test_a_public_answer_comes_though_its_announcement_cannot_be_taken_away(
    demo: Demo, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_response_url: str) -> None:
        raise SlackUnavailable("http_503", delivered=False)

    monkeypatch.setattr(demo.bot.desk.sender, "delete_original", refuse)
    demo.live.faults.latency_s = 0.4
    assert "13 failed of 140" in await anna.types("/preload public status=failed")


async def test_an_answer_that_slack_refuses_is_told_of_under_the_id_that_the_log_has(
    demo: Demo, anna: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.slack.faults.add(Fault("response_url", error="msg_blocks_too_long"))
    said = await anna.types("/preload help")
    assert "Something went wrong in the bot" in said
    assert said.split("`")[1] in capsys.readouterr().out


async def test_an_explanation_that_slack_does_not_take_is_logged_once_and_tells_no_url(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.live.faults.inject(Refuse("Forbidden.RAM", 403))
    demo.slack.faults.add(Fault("response_url", times=ALWAYS, status=503))
    outcome = await demo.slack.command(ANNA, LIVE_OPS, f"/preload url={SIGNED_URL}")
    assert outcome.ok
    await demo.bot.jobs.idle()
    logged = capsys.readouterr().out
    assert logged.count("answer not taken") == 1
    assert "crash" not in logged
    assert "s3cr3t" not in logged


async def test_blocks_that_slack_refuses_without_the_table_too_do_not_end_all_tables(
    demo: Demo, anna: Person
) -> None:
    demo.slack.faults.add(Fault("response_url", times=2, error="invalid_blocks"))
    assert "Something went wrong" in await anna.types("/preload status=failed")
    await anna.types("/preload status=failed")
    assert len(anna.table()) == 10
