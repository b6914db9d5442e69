from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.asks import Ask
from bot.live.model import StatusFilter
from bot.store import Store

if TYPE_CHECKING:
    from pathlib import Path

LONG = Ask(
    account="default",
    domain="live.example.com",
    status=StatusFilter.FAILED,
    urls=tuple(f"rtmp://live.example.com/liveApp/cup_{n}?auth_key={n}" for n in range(100)),
    since=timedelta(hours=2),
    until=datetime(2026, 11, 22, 20, 0, tzinfo=UTC),
    rows=20,
)


def ask(number: int) -> Ask:
    return Ask(account="default", domain="live.example.com", task_id=str(number))


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 19, 42, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


def rows(file: Path, query: str = "SELECT key, used_at FROM asks ORDER BY key") -> list[object]:
    with closing(sqlite3.connect(file)) as reader:
        return reader.execute(query).fetchall()


async def test_an_ask_is_found_whole_under_its_key(url: str) -> None:
    async with Store.open(url) as store:
        key = await store.asks.remember(LONG)
        assert key == LONG.key
        assert await store.asks.find(key) == LONG


async def test_an_unknown_key_finds_nothing(url: str) -> None:
    async with Store.open(url) as store:
        assert await store.asks.find("0123456789abcdef") is None


async def test_an_ask_of_another_version_counts_as_forgotten(url: str, file: Path) -> None:
    async with Store.open(url) as store:
        with closing(sqlite3.connect(file)) as newer, newer:
            newer.execute("INSERT INTO asks VALUES ('k', '[1]', '2026-11-22 00:00:00.000000')")
        assert await store.asks.find("k") is None


async def test_remembering_again_the_same_day_writes_nothing(
    url: str, file: Path, clock: Clock
) -> None:
    async with Store.open(url, now=clock, busy_timeout_s=0.01) as store:
        key = await store.asks.remember(LONG)
        before = rows(file)
        clock.pass_days(0.9)
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")  # a write would fail here
            assert await store.asks.remember(LONG) == key
        assert rows(file) == before


async def test_two_processes_may_remember_the_same_ask(url: str, file: Path) -> None:
    async with Store.open(url) as one, Store.open(url) as other:
        assert await one.asks.remember(LONG) == await other.asks.remember(LONG)
    assert len(rows(file)) == 1


async def test_an_ask_unused_for_30_days_is_forgotten_at_a_later_write(
    url: str, clock: Clock
) -> None:
    async with Store.open(url, now=clock) as store:
        old = await store.asks.remember(ask(1))
        clock.pass_days(29)
        young = await store.asks.remember(ask(2))
        assert await store.asks.find(old) == ask(1)
        clock.pass_days(29.5)
        await store.asks.remember(ask(3))
        assert await store.asks.find(old) == ask(1)  # its use was noted on the 29th day
        clock.pass_days(30.5)
        await store.asks.remember(ask(4))
        assert await store.asks.find(young) is None


async def test_an_ask_remembered_every_day_is_never_forgotten(url: str, clock: Clock) -> None:
    async with Store.open(url, now=clock) as store:
        key = await store.asks.remember(LONG)
        for day in range(40):
            clock.pass_days(1)
            await store.asks.remember(LONG)
            await store.asks.remember(ask(day))
        assert await store.asks.find(key) == LONG


async def test_one_write_forgets_a_bounded_number(url: str, file: Path, clock: Clock) -> None:
    long_ago = "2026-01-01 00:00:00.000000"
    async with Store.open(url, now=clock) as store:
        with closing(sqlite3.connect(file)) as other, other:
            other.executemany(
                "INSERT INTO asks VALUES (?, '{}', ?)", [(f"old{n}", long_ago) for n in range(250)]
            )
        left = []
        for number in range(3):
            await store.asks.remember(ask(number))
            left.append(rows(file, "SELECT count(*) FROM asks WHERE key LIKE 'old%'"))
    assert left == [[(150,)], [(50,)], [(0,)]]


async def test_the_search_for_forgotten_asks_uses_the_index(url: str, file: Path) -> None:
    async with Store.open(url):
        pass
    plan = rows(file, "EXPLAIN QUERY PLAN SELECT key FROM asks WHERE used_at < '2026' LIMIT 100")
    assert "USING INDEX asks_used_at" in str(plan)


async def test_finding_works_while_the_store_cannot_be_written(
    url: str, file: Path, clock: Clock
) -> None:
    async with Store.open(url, now=clock, busy_timeout_s=0.01) as store:
        key = await store.asks.remember(LONG)
        clock.pass_days(2)
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await store.asks.find(key) == LONG
