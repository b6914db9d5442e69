"""Answers that processes share, on a real Valkey."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest
from structlog.testing import capture_logs

from bot import shared_answers
from bot.asking import Kind
from bot.errors import TimedOut
from bot.shared_answers import AWAY_S, MOST_BYTES, SharedAnswers, answers_at
from tests.servers import Valkey, valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

KEPT_S = 30.0
WORDS = Kind("words", str.encode, bytes.decode, lambda _: KEPT_S)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, a Redis that is there is not taken to be away, nor who asks."""
    monkeypatch.setattr(shared_answers, "QUICK_S", 10.0)
    monkeypatch.setattr(shared_answers, "TURN_S", 60.0)
    monkeypatch.setattr(shared_answers, "TAKEN_S", 60.0)
    monkeypatch.setattr(shared_answers, "LISTENS_S", 5.0)


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """What no other test asks."""
    return str(request.node.name)


@asynccontextmanager
async def processes(server: Valkey, count: int = 2) -> AsyncIterator[list[SharedAnswers]]:
    """What as many processes would have."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(answers_at(server.url, clock_s=time.monotonic))
            for _ in range(count)
        ]


@contextmanager
def hanging(server: Valkey) -> Iterator[None]:
    """A server that takes what it is told, and says nothing."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


class Api:
    """Answers when it may, and counts how often it was asked."""

    def __init__(self, *, says: str = "ready") -> None:
        self.says = says
        self.calls = 0
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def ask(self) -> str:
        self.calls += 1
        self.asked.set()
        await self.may_answer.wait()
        return f"{self.says} {self.calls}"


async def test_what_one_has_asked_is_there_for_the_others(running: Valkey, key: str) -> None:
    api = Api()
    async with processes(running) as (one, other):
        assert (await one.asked(WORDS, key, api.ask)).value == "ready 1"
        found = await other.asked(WORDS, key, api.ask)
    assert found.value == "ready 1"
    assert 0.0 <= found.age_s < KEPT_S


async def test_an_answer_is_as_old_as_redis_says(running: Valkey, key: str) -> None:
    old = WORDS._replace(kept_s=lambda _: KEPT_S + 20)
    async with processes(running) as (one, other):
        await one.asked(WORDS, key, Api().ask)
        assert (await other.asked(old, key, Api().ask)).age_s >= 20


async def test_an_answer_is_gone_when_it_is_good_no_more(running: Valkey, key: str) -> None:
    api, brief = Api(), WORDS._replace(kept_s=lambda _: 0.001)
    async with processes(running) as (one, other):
        await one.asked(brief, key, api.ask)
        await asyncio.to_thread(time.sleep, 0.01)
        assert (await other.asked(brief, key, api.ask)).value == "ready 2"


async def test_what_many_ask_at_once_is_asked_once(running: Valkey, key: str) -> None:
    api = Api()
    api.may_answer.clear()
    async with processes(running, 4) as all_:
        asking = [asyncio.create_task(one.asked(WORDS, key, api.ask)) for one in all_]
        await api.asked.wait()
        done, _ = await asyncio.wait(asking, timeout=0.1)
        assert not done
        api.may_answer.set()
        assert {found.value for found in await asyncio.gather(*asking)} == {"ready 1"}
    assert api.calls == 1


async def test_a_hundred_and_more_may_ask_and_wait_at_once(running: Valkey, key: str) -> None:
    api = Api()
    api.may_answer.clear()
    keys = [f"{key} {number}" for number in range(120)]
    async with processes(running) as both:
        asking = [
            asyncio.create_task(one.asked(WORDS, name, api.ask)) for one in both for name in keys
        ]
        await asyncio.wait(asking, timeout=0.5)
        api.may_answer.set()
        await asyncio.gather(*asking)
    assert api.calls == len(keys)


async def test_who_wants_it_anew_asks_though_it_is_there(running: Valkey, key: str) -> None:
    api = Api()
    async with processes(running) as (one, other):
        await one.asked(WORDS, key, api.ask)
        assert (await other.asked(WORDS, key, api.ask, anew=True)).value == "ready 2"
        assert (await one.asked(WORDS, key, api.ask)).value == "ready 2"


async def test_who_wants_it_anew_joins_who_is_asking(running: Valkey, key: str) -> None:
    api = Api()
    api.may_answer.clear()
    async with processes(running) as (one, other):
        first = asyncio.create_task(one.asked(WORDS, key, api.ask))
        await api.asked.wait()
        second = asyncio.create_task(other.asked(WORDS, key, api.ask, anew=True))
        await asyncio.wait([second], timeout=0.1)
        api.may_answer.set()
        assert (await first).value == (await second).value == "ready 1"


async def test_where_one_asks_in_vain_the_others_ask_themselves(running: Valkey, key: str) -> None:
    asked = asyncio.Event()
    may_fail = asyncio.Event()

    async def fail() -> str:
        asked.set()
        await may_fail.wait()
        raise TimedOut(message="no reply in time")

    api = Api()
    async with processes(running, 3) as (one, *others):
        first = asyncio.create_task(one.asked(WORDS, key, fail))
        await asked.wait()
        rest = [asyncio.create_task(other.asked(WORDS, key, api.ask)) for other in others]
        await asyncio.wait(rest, timeout=0.1)
        may_fail.set()
        with pytest.raises(TimedOut):
            await first
        answers = Counter([found.value for found in await asyncio.gather(*rest)])
    assert answers == {"ready 1": 1, "ready 2": 1}


async def test_who_is_gone_holds_nobody_up_for_long(
    running: Valkey, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_answers, "LISTENS_S", 0.1)
    api = Api()
    async with processes(running) as (one, other):
        name = shared_answers._name(WORDS, key)
        await one._quick.set(f"{name}:asked", "gone", px=200)
        assert (await other.asked(WORDS, key, api.ask)).value == "ready 1"


async def test_who_takes_its_time_is_waited_for(
    running: Valkey, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_answers, "TAKEN_S", 0.6)
    monkeypatch.setattr(shared_answers, "LISTENS_S", 0.5)
    api = Api()
    api.may_answer.clear()
    async with processes(running) as both:
        asking = [asyncio.create_task(one.asked(WORDS, key, api.ask)) for one in both]
        await asyncio.wait(asking, timeout=1.5)
        api.may_answer.set()
        await asyncio.gather(*asking)
    assert api.calls == 1


async def test_what_cannot_be_read_is_asked(running: Valkey, key: str) -> None:
    api = Api()
    async with processes(running) as (one, other):
        await one.put(WORDS, key, "of another version")
        numbers = Kind("words", msgspec.json.encode, msgspec.json.decode, lambda _: KEPT_S)
        assert (await other.asked(numbers, key, api.ask)).value == "ready 1"


async def test_what_is_very_long_is_not_shared(running: Valkey, key: str) -> None:
    api = Api(says="x" * MOST_BYTES)
    async with processes(running) as (one, other):
        await one.asked(WORDS, key, api.ask)
        await other.asked(WORDS, key, api.ask)
    assert api.calls == 2


async def test_without_redis_each_asks_and_nobody_waits_for_it(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api()
    async with answers_at("redis://127.0.0.1:9/0", clock_s=time.monotonic) as one:
        assert (await one.asked(WORDS, key, api.ask)).value == "ready 1"
        monkeypatch.delattr(one, "_quick")  # for a while it is not even tried
        assert (await one.asked(WORDS, key, api.ask)).value == "ready 2"
        await one.put(WORDS, key, "ready")


async def test_who_waits_while_redis_hangs_asks(
    running: Valkey, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_answers, "QUICK_S", 0.2)
    monkeypatch.setattr(shared_answers, "LISTENS_S", 0.1)
    api = Api()
    api.may_answer.clear()
    async with processes(running) as both:
        asking = [asyncio.create_task(one.asked(WORDS, key, api.ask)) for one in both]
        await api.asked.wait()
        with hanging(running):
            await asyncio.wait(asking, timeout=0.5)
            api.may_answer.set()
            await asyncio.gather(*asking)
    assert api.calls == 2


async def test_redis_is_tried_again_when_it_may_be_back(running: Valkey, key: str) -> None:
    api, clock = Api(), [0.0]
    running.stop()
    async with (
        answers_at(running.url, clock_s=lambda: clock[0]) as one,
        answers_at(running.url, clock_s=time.monotonic) as other,
    ):
        with capture_logs() as logs:
            for clock[0] in (0.0, 1.0, AWAY_S):
                await one.asked(WORDS, key, api.ask)
            running.start()
            clock[0] = 2 * AWAY_S
            await one.asked(WORDS, key, api.ask)
        assert (await other.asked(WORDS, key, api.ask)).value == "ready 4"
    assert [entry["event"] for entry in logs] == ["answers not shared", "answers shared again"]


async def test_an_answer_that_redis_missed_is_given_all_the_same(running: Valkey, key: str) -> None:
    api = Api()
    api.may_answer.clear()
    async with processes(running, 1) as (one,):
        asking = asyncio.create_task(one.asked(WORDS, key, api.ask))
        await api.asked.wait()
        running.stop()
        api.may_answer.set()
        assert (await asking).value == "ready 1"
        running.start()
