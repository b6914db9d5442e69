from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.store.schema import exports
from tests.stored import Clock, opened

if TYPE_CHECKING:
    from pathlib import Path


async def test_an_export_is_cancelled_or_ends_whichever_comes_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        assert await store.exports.begin("a", "T1", "U1", most=3)
        assert await store.exports.begin("b", "T1", "U1", most=3)
        assert not await store.exports.is_cancelled("a")
        assert await store.exports.cancel("a", "U1")
        assert await store.exports.is_cancelled("a")
        assert not await store.exports.end("a")
        assert await store.exports.end("b")
        assert not await store.exports.cancel("b", "U1")
        assert not await store.exports.is_cancelled("b")


async def test_a_click_in_another_process_cancels_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        await one.exports.begin("a", "T1", "U1", most=3)
        assert await other.exports.cancel("a", "U1")
        assert await one.exports.is_cancelled("a")


async def test_nobody_cancels_what_is_another_s_or_is_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.exports.begin("a", "T1", "U1", most=3)
        assert not await store.exports.cancel("a", "U2")
        assert not await store.exports.cancel("nothing", "U1")
        assert not await store.exports.is_cancelled("nothing")


async def test_a_person_has_so_many_under_way_and_no_more(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        assert await store.exports.begin("a", "T1", "U1", most=2)
        assert await store.exports.begin("b", "T1", "U1", most=2)
        assert not await store.exports.begin("c", "T1", "U1", most=2)
        assert await store.exports.begin("d", "T1", "U2", most=2)
        await store.exports.cancel("a", "U1")
        assert await store.exports.begin("c", "T1", "U1", most=2)


async def test_one_whose_process_died_is_in_nobody_s_way_for_long(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as store:
        assert await store.exports.begin("a", "T1", "U1", most=1)
        clock.now += timedelta(minutes=31)
        assert await store.exports.begin("b", "T1", "U1", most=1)


async def test_old_ones_are_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as store:
        await store.exports.begin("a", "T1", "U1", most=1)
        clock.now += timedelta(days=31)
        await store.exports.begin("b", "T1", "U1", most=1)
        async with store.database.reading() as connection:
            assert await connection.scalar(select(func.count()).select_from(exports)) == 1
