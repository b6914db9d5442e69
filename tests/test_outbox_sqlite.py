"""Delivery while another process is at the file."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest

from bot.watch.writing import Writer
from tests.delivering import GENERAL, delivering
from tests.test_outbox import POSTED, SENDING, story

if TYPE_CHECKING:
    from pathlib import Path

    from bot.views.limits import Message
    from bot.watch.notices import Notice
    from tests.delivering import Place


def test_a_store_that_locks_while_a_post_is_under_way_learns_of_it_later(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        locked = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)

        class Locking(Writer):
            async def message(self, notice: Notice) -> Message | None:
                message = await super().message(notice)
                locked.execute("BEGIN IMMEDIATE")
                return message

        async def unlocking() -> None:
            await asyncio.sleep(30)
            assert place.posted() == [key]
            assert (await place.notice(key)).state is SENDING
            locked.execute("ROLLBACK")
            locked.close()

        outbox = place.outbox(Locking(place.store, place.people, now=place.clock.now))
        await asyncio.gather(delivering(outbox, 60), unlocking())
        assert place.posted() == [key]
        notice = await place.notice(key)
        assert (notice.state, notice.attempts) == (POSTED, 1)

    story(tmp_path, tell, busy_timeout_s=0.01)


@pytest.mark.parametrize("table", ["notices", "watches", "subscriptions"])
def test_what_cannot_be_read_is_delivered_once_it_can_be(tmp_path: Path, table: str) -> None:
    async def tell(place: Place) -> None:
        key = await place.fail(await place.subscribe(), 1)
        watch = await place.watched(channel_id=GENERAL)
        broken = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)
        broken.execute(f"ALTER TABLE {table} RENAME TO gone")

        async def mending() -> None:
            await asyncio.sleep(30)
            broken.execute(f"ALTER TABLE gone RENAME TO {table}")
            broken.close()

        await asyncio.gather(delivering(place.outbox(), 100), mending())
        assert sorted(place.posted()) == sorted([key, watch.board_key])
        assert set(await place.states()) == {POSTED}

    story(tmp_path, tell)
