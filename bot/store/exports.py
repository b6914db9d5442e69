"""Exports that are under way: so that any process takes a click on Cancel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, select, update

from bot.store.schema import exports

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Update

    from bot.store.database import Database

GIVEN_UP_AFTER = timedelta(minutes=30)
"""One that has not ended by then never will: its process died."""
_KEPT = timedelta(days=30)
_PRUNED_AT_ONCE = 100


class Exports:
    """Exports by ID. Every method may raise StoreUnavailable.

    An export is either cancelled or ends by itself, whichever comes first: so nobody is sent a
    file that they were told was cancelled.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def begin(self, id_: str, team_id: str, user_id: str, *, most: int) -> bool:
        """Write down that it begins; False where the person has `most` under way already."""
        now, table = self._now(), exports.c
        mine = and_(table.team_id == team_id, table.user_id == user_id)
        active = _is_open() & (table.started_at > now - GIVEN_UP_AFTER)
        old = select(table.id).where(table.started_at < now - _KEPT).limit(_PRUNED_AT_ONCE)
        row = {"id": id_, "team_id": team_id, "user_id": user_id, "started_at": now}
        async with self._database.writing() as connection:
            await connection.execute(delete(exports).where(table.id.in_(old)))
            under_way = await connection.scalar(select(func.count()).where(mine, active))
            if (under_way or 0) >= most:
                return False
            await connection.execute(insert(exports), row)
        return True

    async def cancel(self, id_: str, user_id: str) -> bool:
        """Cancel one's own; False where it has ended, is cancelled already, or is none."""
        mine = exports.c.user_id == user_id
        return await self._changed(
            update(exports)
            .where(exports.c.id == id_, mine, _is_open())
            .values(cancelled_at=self._now())
        )

    async def end(self, id_: str) -> bool:
        """It ends by itself; False where it was cancelled before that."""
        return await self._changed(
            update(exports).where(exports.c.id == id_, _is_open()).values(ended_at=self._now())
        )

    async def is_cancelled(self, id_: str) -> bool:
        """Whether it is to end without a file."""
        async with self._database.reading() as connection:
            query = select(exports.c.cancelled_at).where(exports.c.id == id_)
            return await connection.scalar(query) is not None

    async def _changed(self, statement: Update) -> bool:
        async with self._database.writing() as connection:
            return (await connection.execute(statement)).rowcount > 0


def _is_open() -> ColumnElement[bool]:
    """Neither cancelled nor ended."""
    return and_(exports.c.cancelled_at.is_(None), exports.c.ended_at.is_(None))
