from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from bot.store.schema import drafts
from tests.stored import NOW, Clock, opened

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store import Store

either = pytest.mark.usefixtures("engine")

TYPED = {"domain": "live.example.com", "url": "rtmp://live.example.com/app/杯?auth_key=1-s3cret"}


async def kept(store: Store) -> int:
    async with store.database.reading() as connection:
        return int(await connection.scalar(select(func.count()).select_from(drafts)) or 0)


@either
async def test_a_draft_is_found_whole_under_its_key(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        key = await store.drafts.keep(TYPED)
    async with opened(tmp_path) as store:
        assert await store.drafts.find(key) == TYPED


@either
async def test_an_unknown_key_finds_no_draft(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        assert await store.drafts.find("0123456789abcdef") is None


@either
async def test_the_same_draft_is_kept_once_and_an_empty_one_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        again = dict(reversed(TYPED.items()))
        assert await store.drafts.keep(TYPED) == await store.drafts.keep(again)
        assert await store.drafts.find(await store.drafts.keep({})) == {}
        assert await kept(store) == 2


@either
async def test_a_key_tells_nothing_of_what_was_typed(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        key = await store.drafts.keep(TYPED)
        assert len(key) == 16
        assert set(key) <= set("0123456789abcdef")


@either
async def test_a_draft_is_forgotten_after_7_days_unless_it_was_typed_again(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as store:
        old = await store.drafts.keep({"status": "faild"})
        again = await store.drafts.keep({"status": "pendng"})
        clock.now = NOW + timedelta(days=6)
        await store.drafts.keep({"status": "pendng"})
        assert await store.drafts.find(old) is not None
        clock.now = NOW + timedelta(days=7, minutes=1)
        await store.drafts.keep(TYPED)
        assert await store.drafts.find(old) is None
        assert await store.drafts.find(again) is not None


@either
async def test_one_write_forgets_a_bounded_number_of_drafts_the_oldest_first(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as store:
        for number in range(150):
            clock.now = NOW + timedelta(seconds=number)
            await store.drafts.keep({"task": str(number)})
        clock.now = NOW + timedelta(days=8)
        key = await store.drafts.keep(TYPED)
        assert await kept(store) == 51
        await store.drafts.keep(TYPED)
        assert await kept(store) == 1
        assert await store.drafts.find(key) == TYPED


async def test_the_search_for_old_drafts_uses_the_index(tmp_path: Path) -> None:
    statement = text(
        "EXPLAIN QUERY PLAN SELECT key FROM drafts WHERE made_at < '2026' ORDER BY made_at LIMIT 9"
    )
    async with opened(tmp_path) as store, store.database.reading() as connection:
        plan = [str(row) for row in await connection.execute(statement)]
    assert "USING INDEX drafts_made_at" in plan[0]
