from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.record import Deed, Entry, Outcome
from bot.watch.keeping import Keeping
from tests.stored import NOW, Clock, opened

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store import Store

pytestmark = pytest.mark.usefixtures("engine")

ABOUT = {"domain": "live.example.com", "status": "failed"}


def entry(**more: Any) -> Entry:  # noqa: ANN401 - an entry's fields
    return replace(Entry(0, NOW, "T1", "C1", "U1", Deed.SUBSCRIBE, ABOUT), **more)


async def latest(store: Store, team_id: str = "T1") -> list[Entry]:
    return [one async for one in store.record.latest(team_id)]


async def test_what_is_begun_is_there_before_it_is_done(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        number = await store.record.begin(entry())
    async with opened(tmp_path) as store:  # as after a crash
        assert await latest(store) == [entry(id=number)]
        assert [one.outcome async for one in store.record.all()] == [Outcome.BEGUN]


async def test_what_came_of_it_stands_in_the_same_entry(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        first = await store.record.begin(entry())
        other = await store.record.begin(entry(deed=Deed.MUTE))
        await store.record.end(first, Outcome.DONE, {"domain": "cup.example.com"})
        done = entry(id=first, outcome=Outcome.DONE, about={"domain": "cup.example.com"})
        assert await latest(store) == [entry(id=other, deed=Deed.MUTE), done]


async def test_a_workspace_reads_its_own_entries_the_latest_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        of_both = [await store.record.begin(entry(team_id=f"T{n % 2}")) for n in range(1_100)]
        assert [one.id for one in await latest(store)] == of_both[1::2][::-1]
        assert await latest(store, "T3") == []


async def test_all_entries_are_read_in_the_order_they_were_begun(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        numbers = [await store.record.begin(entry(team_id=f"T{n % 2}")) for n in range(501)]
        assert [one.id async for one in store.record.all()] == numbers


async def test_what_is_older_than_is_kept_is_forgotten(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.record.begin(entry(at=NOW - timedelta(days=2)))
        kept = await store.record.begin(entry())
        assert await store.record.prune(NOW - timedelta(days=1)) == 1
        assert await store.record.prune(NOW - timedelta(days=1)) == 0
        assert [one.id async for one in store.record.all()] == [kept]


async def test_the_record_is_kept_for_a_time_of_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        for days in (9, 11):
            await store.record.begin(entry(at=NOW - timedelta(days=days)))
        week, ten = timedelta(days=7), timedelta(days=10)
        await Keeping(store, kept=week, recorded=ten, now=Clock()).turn()
        assert [one.at async for one in store.record.all()] == [NOW - timedelta(days=9)]


async def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        first = await store.record.begin(entry())
        await store.record.prune(NOW + timedelta(days=1))
        assert await store.record.begin(entry()) > first
