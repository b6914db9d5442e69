"""What Prometheus, and a dead-man's switch, see of a bot at work."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from math import isnan
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.app import opened
from bot.demo import Demo
from bot.manifest import EVENTS_PATH
from bot.sandbox.slack import Fault
from bot.sandbox.slack.printed import printed
from bot.serving import listening
from tests.end_to_end.people import ANNA, GENERAL, Person
from tests.end_to_end.replicas import both_ends

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.sandbox.slack import Message
    from tests.end_to_end.replicas import Ends

QUIET = "quiet.example.com"


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    async with both_ends(f"sqlite:///{tmp_path / 'bot.sqlite3'}") as ends:
        yield ends


class Seen:
    """A bot, and what is read of it."""

    def __init__(self, demo: Demo, address: str, session: ClientSession) -> None:
        self.demo = demo
        self._address = address
        self._session = session

    async def text(self) -> tuple[int, str]:
        async with self._session.get(f"{self._address}/metrics") as reply:
            return reply.status, await reply.text()

    async def value(self, name: str, /, **labels: str) -> float:
        """The sum of the samples of this name with these labels; of none it is 0."""
        _, text = await self.text()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"preload_bot_{name}" and labels.items() <= sample.labels.items()
        )

    async def comes(self, name: str, /, *, above: float = 0.0, **labels: str) -> None:
        """Look until there is more."""
        while await self.value(name, **labels) <= above:
            pass


@asynccontextmanager
async def seen(ends: Ends) -> AsyncIterator[Seen]:
    async with (
        ClientSession() as session,
        opened(ends.settings) as bot,
        listening(bot, socket_mode=False) as address,
    ):
        ends.slack.request_url = address + EVENTS_PATH
        yield Seen(Demo(ends.live, ends.slack, bot, ends.page), address, session)


async def test_what_people_ask_is_counted_by_its_name_and_what_came_of_it(ends: Ends) -> None:
    async with seen(ends) as bot:
        anna = Person(bot.demo, channel=GENERAL)
        await anna.types(f"/preload {QUIET}")
        await anna.types(f"/preload {QUIET}")
        await anna.types("/preload frobnicate now")
        told = {"kind": "command", "name": "tasks", "outcome": "ok"}
        assert await bot.value("answers_total", **told) == 2
        assert await bot.value("answers_total", outcome="UsageError") == 1
        assert await bot.value("answer_seconds_count", kind="command") == 3
        assert await bot.value("ack_seconds_count", way="http") >= 3
        assert await bot.value("cache_lookups_total", outcome="hit") == 1
        assert await bot.value("cache_lookups_total", outcome="miss") == 1
        assert await bot.value("live_calls_total", priority="person", code="ok") >= 1
        assert await bot.value("quota_wait_seconds_count", priority="person") >= 1
        assert await bot.value("quota_full_places", account="default") == 10
        assert await bot.value("info", role="all") == 1


async def test_without_the_extra_there_is_a_word_instead(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    async with seen(ends) as bot:
        status, text = await bot.text()
    assert status == 404
    assert "uv sync --extra metrics" in text


async def test_what_is_followed_is_seen_from_being_read_to_being_told(ends: Ends) -> None:
    async with seen(ends) as bot:
        anna = Person(bot.demo, channel=GENERAL)
        mark = ends.slack.messages.mark
        await anna.types(f"/preload subscribe {QUIET}")
        ends.slack.faults.add(Fault("chat.postMessage", status=429, retry_after_s=0))
        begun_s = bot.demo.bot.now().timestamp()
        now = bot.demo.bot.now()
        await bot.comes("domain_read_timestamp_seconds", above=begun_s, domain=QUIET)
        ends.live.world.add(
            f"rtmp://{QUIET}/liveApp/cup",
            outcome="failed",
            pending_s=0.0,
            preloading_s=0.3,
            window=(now, now + timedelta(hours=3)),
        )
        await ends.slack.settled(ANNA, after=mark, until=says("liveApp/cup"), timeout_s=60)
        await bot.comes("told_seconds_count")
        assert await bot.value("told_seconds_sum") > 0
        assert await bot.value("sweep_seconds", account="default", domain=QUIET) > 0
        assert await bot.value("live_calls_total", priority="background", code="ok") >= 2
        assert await bot.value("slack_throttled_total", method="chat.postMessage") == 1
        assert await bot.value("outbox_notices") == 0
        assert await bot.value("store_up") == 1
        assert await bot.value("leases_held") == 2


def changed(folder: Path, statement: str) -> None:
    """The bot's store, behind its back."""
    with closing(sqlite3.connect(folder / "bot.sqlite3")) as store:
        store.execute(statement)


async def test_what_the_store_does_not_say_is_not_repeated_as_if_it_were_so(
    ends: Ends, tmp_path: Path
) -> None:
    async with seen(ends) as bot:
        assert await bot.value("outbox_notices") == 0
        await asyncio.to_thread(changed, tmp_path, "ALTER TABLE parking RENAME TO gone")
        assert await bot.value("store_up") == 0
        for name in ("outbox_notices", "outbox_oldest_seconds", "parked_channels"):
            assert isnan(await bot.value(name))
        await asyncio.to_thread(changed, tmp_path, "ALTER TABLE gone RENAME TO parking")
        assert await bot.value("store_up") == 1
        assert await bot.value("outbox_notices") == 0


async def test_a_dead_mans_switch_hears_of_the_bot(ends: Ends) -> None:
    heard = asyncio.Event()

    async def answer(_request: web.Request) -> web.Response:
        heard.set()
        return web.Response()

    application = web.Application()
    application.router.add_get("/ping/0123", answer)
    async with TestServer(application) as switch:
        url = SecretStr(str(switch.make_url("/ping/0123")))
        watch = ends.settings.watch.model_copy(update={"heartbeat_url": url})
        settings = ends.settings.model_copy(update={"watch": watch})
        async with seen(replace(ends, settings=settings)) as bot:
            await heard.wait()
            await bot.comes("heartbeats_total", outcome="ok")


def says(words: str) -> Callable[[Message], bool]:
    """Whether a message says so."""
    return lambda message: words in printed(message, zone="UTC")
