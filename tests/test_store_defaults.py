from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.store import Store
from bot.store.defaults import ChannelDefault
from tests.engines import url_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("engine")

NOW = datetime(2026, 11, 22, 19, 42, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store.open(url_in(tmp_path), now=lambda: NOW) as store:
        yield store


async def test_a_channel_has_no_default_until_one_is_set(store: Store) -> None:
    assert await store.defaults.get("T1", "C1") is None


async def test_a_default_is_remembered_with_who_set_it_and_when(store: Store) -> None:
    await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
    found = await store.defaults.get("T1", "C1")
    assert found == ChannelDefault("live.example.com", set_by="U1", set_at=NOW)


async def test_a_second_default_takes_the_firsts_place(store: Store) -> None:
    await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
    await store.defaults.set("T1", "C1", domain="cup.example.com", set_by="U2")
    found = await store.defaults.get("T1", "C1")
    assert found == ChannelDefault("cup.example.com", set_by="U2", set_at=NOW)


async def test_a_default_is_of_one_channel_in_one_workspace(store: Store) -> None:
    await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
    assert await store.defaults.get("T1", "C2") is None
    assert await store.defaults.get("T2", "C1") is None


async def test_clearing_says_whether_there_was_a_default(store: Store) -> None:
    await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
    await store.defaults.set("T1", "C2", domain="live.example.com", set_by="U1")
    assert await store.defaults.clear("T1", "C1")
    assert not await store.defaults.clear("T1", "C1")
    assert await store.defaults.get("T1", "C1") is None
    assert await store.defaults.get("T1", "C2") is not None


async def test_a_default_that_was_not_there_before_counts_at_once(store: Store) -> None:
    assert await store.defaults.get("T1", "C1") is None
    await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
    assert await store.defaults.get("T1", "C1") is not None


async def test_what_another_process_sets_counts_soon(tmp_path: Path) -> None:
    url, clock = url_in(tmp_path), Clock()
    async with Store.open(url, now=clock) as store, Store.open(url, now=clock) as other:
        assert await store.defaults.get("T1", "C1") is None
        await other.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
        assert await store.defaults.get("T1", "C1") is None
        clock.time += timedelta(seconds=5)
        assert await store.defaults.get("T1", "C1") is not None


async def test_what_was_read_while_another_was_set_is_not_kept(store: Store) -> None:
    await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
    reads = [asyncio.create_task(store.defaults.get("T1", "C1")) for _ in range(5)]
    await store.defaults.set("T1", "C1", domain="cup.example.com", set_by="U2")
    await asyncio.gather(*reads)
    found = await store.defaults.get("T1", "C1")
    assert found is not None
    assert found.domain == "cup.example.com"
