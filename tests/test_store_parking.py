from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.watch.notices import NoticeKind, Parked
from tests.stored import NOW, SOON, opened, told

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("engine")


async def test_a_channel_is_parked_once_and_its_owner_told_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        parked = told(kind=NoticeKind.PARKED, source="C1", channel_id="U1", change=None)
        tries = await asyncio.gather(
            *(store.parking.park("T1", "C1", "is_archived", NOW, (parked,)) for _ in range(20))
        )
        assert tries.count(True) == 1
        assert await store.parking.all() == (Parked("T1", "C1", "is_archived", NOW),)
        (notice,) = await store.notices.recent("T1", None, 10)
        assert (notice.kind, notice.channel_id) == (NoticeKind.PARKED, "U1")


async def test_a_channel_parked_no_more_may_be_parked_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.parking.park("T1", "C2", "not_in_channel", SOON, ())
        await store.parking.park("T1", "C1", "is_archived", NOW, ())
        assert [one.channel_id for one in await store.parking.all()] == ["C1", "C2"]
        assert await store.parking.unpark("T1", "C1")
        assert not await store.parking.unpark("T1", "C1")
        assert await store.parking.park("T1", "C1", "not_in_channel", SOON, ())
        assert [one.code for one in await store.parking.all()] == ["not_in_channel"] * 2
