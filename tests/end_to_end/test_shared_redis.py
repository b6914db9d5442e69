"""Several bots with one Redis: what they share, and what becomes of it while that is away."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from bot import shared_answers
from bot.app import opened
from bot.asks import Answer, Ask, Place
from bot.live.client import Timeouts
from bot.live.model import StatusFilter, TaskQuery
from bot.live.protocol import DESCRIBE_TASKS
from bot.serving import listening
from bot.settings import RedisPlace, StorePlace
from tests.end_to_end.replicas import both_ends
from tests.servers import Valkey, valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.app import Bot
    from tests.end_to_end.replicas import Ends

QUERY = TaskQuery("live.example.com")
ALL = Ask(account="default", domain="live.example.com")
FAILED = Ask(account="default", domain="live.example.com", status=StatusFilter.FAILED)
LARGE = Ask(account="default", domain="archive.example.com")
TIMEOUTS = Timeouts(call_s=20, try_s=0.5)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, a Redis that is there is not taken to be away."""
    monkeypatch.setattr(shared_answers, "QUICK_S", 10.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    with valkey(tmp_path) as server:
        yield server


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    async with both_ends(f"sqlite:///{tmp_path / 'store.sqlite3'}") as ends:
        yield ends


@asynccontextmanager
async def bots(
    ends: Ends, server: Valkey, folder: Path, count: int = 2
) -> AsyncIterator[list[Bot]]:
    """Bots with a store of their own each, that share what Redis holds."""
    redis = RedisPlace(url=SecretStr(server.url), max_processes=count)
    async with AsyncExitStack() as stack:
        all_ = []
        for number in range(count):
            store = StorePlace(url=SecretStr(f"sqlite:///{folder / f'{number}.sqlite3'}"))
            settings = ends.settings.model_copy(update={"store": store, "redis": redis})
            all_.append(await stack.enter_async_context(opened(settings, timeouts=TIMEOUTS)))
        yield all_


async def calls(bot: Bot, count: int) -> None:
    live = bot.lives["default"]
    await asyncio.gather(*(live.describe_preload_tasks(QUERY) for _ in range(count)))


async def told(bot: Bot) -> tuple[int, str]:
    """What the bot's readiness is, and what it says of its quota."""
    async with (
        listening(bot, socket_mode=False) as address,
        ClientSession() as session,
        session.get(f"{address}/readyz") as reply,
    ):
        return reply.status, json.loads(await reply.text())["quota of default"]


async def test_all_together_send_ten_calls_a_second_at_most(
    ends: Ends, server: Valkey, tmp_path: Path
) -> None:
    async with bots(ends, server, tmp_path) as both:
        await asyncio.gather(*(calls(bot, 12) for bot in both))
        assert [await told(bot) for bot in both] == [(200, "ok")] * 2
    assert sum(call.action == DESCRIBE_TASKS for call in ends.live.arrivals) == 24
    assert ends.live.busiest_second(DESCRIBE_TASKS) == 10


def said(answer: Answer) -> tuple[object, ...]:
    """What does not change while time passes."""
    return answer.rows, answer.total, answer.start, answer.end, answer.observed_at


async def test_what_one_has_read_the_other_shows_without_a_call(
    ends: Ends, server: Valkey, tmp_path: Path
) -> None:
    async with bots(ends, server, tmp_path) as (one, other):
        for ask in (ALL, FAILED, LARGE):
            first = await one.desk.queries.page(ask)
            calls = len(ends.live.arrivals)
            answer = await other.desk.queries.page(ask)
            turned = await other.desk.queries.page(ask, Place(offset=10, end=first.end))
            assert said(answer) == said(first)
            assert turned.observed_at == first.observed_at
            assert len(ends.live.arrivals) == calls
        await other.desk.queries.page(ALL, Place(refresh=True))
        assert len(ends.live.arrivals) > calls


async def test_what_people_ask_of_both_at_once_is_asked_once(
    ends: Ends, server: Valkey, tmp_path: Path
) -> None:
    ends.live.faults.latency_s = 0.3
    async with bots(ends, server, tmp_path) as both:
        answers = await asyncio.gather(*(bot.desk.queries.page(ALL) for bot in both * 3))
    assert len({answer.observed_at for answer in answers}) == 1
    alone = len(ends.live.arrivals)
    async with opened(ends.settings, timeouts=TIMEOUTS) as bot:
        await bot.desk.queries.page(ALL)
    assert len(ends.live.arrivals) == 2 * alone


@pytest.mark.long
async def test_without_redis_each_sends_its_part_and_says_so_and_comes_back(
    ends: Ends, server: Valkey, tmp_path: Path
) -> None:
    async with bots(ends, server, tmp_path) as both:
        await asyncio.gather(*(calls(bot, 1) for bot in both))
        server.stop()
        await asyncio.gather(*(calls(bot, 6) for bot in both))
        assert {await told(bot) for bot in both} == {
            (200, "not shared: Redis is away; this process uses its part")
        }
        assert both[0].desk.quotas["default"].use().full_per_s == 5
        server.start()
        async with asyncio.timeout(30):
            while {await told(bot) for bot in both} != {(200, "ok")}:
                await asyncio.gather(*(calls(bot, 1) for bot in both))
        await asyncio.gather(*(calls(bot, 6) for bot in both))
    assert ends.live.busiest_second(DESCRIBE_TASKS) == 10
