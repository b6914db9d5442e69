"""Several bots on one store: who does what."""

from __future__ import annotations

import json
import re
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession
from click.testing import CliRunner

from bot.app import opened
from bot.cli import main
from bot.duty import Duty
from bot.errors import SettingsError
from bot.sandbox.slack.printed import printed
from bot.sandbox.slack.requests import event_payload
from bot.serving import listening
from bot.slack.guard import signed
from tests.end_to_end.people import ANNA, GENERAL, Person
from tests.end_to_end.replicas import SIGNING_SECRET, both_ends
from tests.engines import new_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.sandbox.slack import Message
    from tests.end_to_end.replicas import Ends
    from tests.servers import Postgres

QUIET = "quiet.example.com"


@pytest.fixture
async def ends(postgres_server: Postgres) -> AsyncIterator[Ends]:
    async with both_ends(await new_database(postgres_server)) as ends:
        yield ends


def says(*words: str) -> Callable[[Message], bool]:
    """Whether a message that all can see says all of that."""

    def does(message: Message) -> bool:
        said = printed(message, zone="UTC")
        return message.only_visible_to is None and all(word in said for word in words)

    return does


@pytest.mark.parametrize("socket_mode", [False, True])
async def test_what_is_asked_of_a_web_process_a_worker_follows_and_tells(
    ends: Ends, *, socket_mode: bool
) -> None:
    async with ends.bot(Duty.WEB, socket_mode=socket_mode) as web, ends.bot(Duty.WORKER):
        anna = Person(web, channel=GENERAL)
        mark = ends.slack.messages.mark
        await anna.types(f"/preload watch rtmp://{QUIET}/liveApp/cup")
        await ends.slack.settled(ANNA, after=mark, until=says("0 of 1 ready"), timeout_s=60)
        now = web.bot.now()
        ends.live.world.add(
            f"rtmp://{QUIET}/liveApp/cup",
            outcome="failed",
            pending_s=0.0,
            preloading_s=0.3,
            window=(now, now + timedelta(hours=3)),
        )
        await ends.slack.settled(
            ANNA, after=mark, until=says("liveApp/cup", "failed"), timeout_s=60
        )


async def test_a_worker_serves_its_health_and_takes_no_requests(ends: Ends) -> None:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())
        bot = await stack.enter_async_context(opened(ends.settings, duty=Duty.WORKER))
        for socket_mode in (False, True):
            address = await stack.enter_async_context(listening(bot, socket_mode=socket_mode))
            assert (await session.get(f"{address}/readyz")).status == 200
            assert (await session.post(f"{address}/slack/events", data=b"{}")).status == 404
        assert not len(ends.slack.sockets)


async def test_a_web_process_asks_the_api_nothing_by_itself_and_posts_nothing(ends: Ends) -> None:
    async with ends.bot(Duty.WEB) as web:
        anna = Person(web, channel=GENERAL)
        await anna.types(f"/preload subscribe {QUIET}")
        arrived = len(ends.live.arrivals)
        anna.channel = "C0001"
        assert re.search(
            r"1\d failed of 140", await anna.types("/preload domain=live.example.com status=failed")
        )
        asked = {call.parameters["DomainName"] for call in ends.live.arrivals[arrived:]}
    assert asked == {"live.example.com"}


async def sent_again(addresses: list[str]) -> list[int]:
    """The statuses of one event that is sent to each, signed anew as Slack does."""
    event = event_payload({"type": "app_home_opened", "user": ANNA, "tab": "home"}, at_s=1)
    body, statuses = json.dumps(event).encode(), []
    async with ClientSession() as session:
        for delay_s, address in enumerate(addresses):
            timestamp = str(int(time.time()) + delay_s)
            headers = {
                "Content-Type": "application/json",
                "X-Slack-Request-Timestamp": timestamp,
                "X-Slack-Signature": signed(timestamp, body, secret=SIGNING_SECRET),
            }
            async with session.post(address, data=body, headers=headers) as reply:
                statuses.append(reply.status)
    return statuses


def published(ends: Ends) -> int:
    """How often a Home was drawn."""
    return sum(call.method == "views.publish" for call in ends.slack.calls)


async def test_an_event_that_another_process_has_taken_is_acknowledged_and_no_more(
    ends: Ends,
) -> None:
    async with AsyncExitStack() as stack:
        webs, addresses = [], []
        for _ in range(2):
            webs.append(await stack.enter_async_context(ends.bot(Duty.WEB)))
            assert ends.slack.request_url
            addresses.append(ends.slack.request_url)
        for taken in (1, 2):
            assert await sent_again(addresses) == [200, 200]
            for web in webs:
                await web.bot.jobs.idle()
            assert published(ends) == taken


async def test_an_event_that_comes_over_two_connections_is_taken_once(ends: Ends) -> None:
    async with (
        ends.bot(Duty.WEB, socket_mode=True) as one,
        ends.bot(Duty.WEB, socket_mode=True) as other,
    ):
        event = event_payload({"type": "app_home_opened", "user": ANNA, "tab": "home"}, at_s=1)
        for _ in range(4):  # the connections take turns
            assert await ends.slack.sockets.send(event) == {}
        for web in (one, other):
            await web.bot.jobs.idle()
        assert published(ends) == 1


@pytest.mark.parametrize("duty", [Duty.WEB, Duty.WORKER])
async def test_a_part_of_the_duties_needs_a_store_that_others_share(
    duty: Duty, tmp_path: Path
) -> None:
    async with both_ends(f"sqlite:///{tmp_path / 'bot.sqlite3'}") as ends:
        with pytest.raises(SettingsError, match=r"store\.url \[DATABASE_URL\]: postgresql://"):
            async with opened(ends.settings, duty=duty):
                pass


async def test_a_web_process_says_whether_anybody_follows_and_tells(ends: Ends) -> None:
    async def said() -> tuple[int, str]:
        assert ends.slack.request_url
        address = ends.slack.request_url.replace("/slack/events", "/readyz")
        async with ClientSession() as session, session.get(address) as reply:
            return reply.status, (await reply.json())["workers"]

    async with ends.bot(Duty.WEB):
        assert await said() == (200, "none: nobody is told anything")
        async with ends.bot(Duty.WORKER):
            while await said() != (200, "ok"):
                pass
        assert await said() == (200, "none: nobody is told anything")


def test_a_worker_is_not_sent_anything_by_socket_mode() -> None:
    refused = CliRunner().invoke(main, ["serve", "--role", "worker", "--socket-mode"])
    assert refused.exit_code == 2
    assert "a worker is not sent anything" in refused.output
