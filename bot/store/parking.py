"""Which channels cannot be posted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store.queueing import queue
from bot.store.schema import parking
from bot.watch.notices import Parked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store.database import Database
    from bot.watch.notices import Told


class Parking:
    """Parked channels: their notices wait. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def park(
        self, team_id: str, channel_id: str, code: str, at: datetime, told: tuple[Told, ...]
    ) -> bool:
        """Park the channel, and queue what is to be told of that; False: it is parked already."""
        row = {"team_id": team_id, "channel_id": channel_id, "code": code, "parked_at": at}
        async with self._database.writing() as connection:
            added = await connection.execute(self._database.insert_new(parking), row)
            if not added.rowcount:
                return False
            await queue(connection, told, queued_at=self._now())
        return True

    async def all(self) -> tuple[Parked, ...]:
        """All there are, the longest parked first."""
        query = select(parking).order_by(parking.c.parked_at, parking.c.channel_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return tuple(Parked(*row) for row in rows.all())

    async def unpark(self, team_id: str, channel_id: str) -> bool:
        """Let its notices go on; whether it was parked."""
        statement = delete(parking).where(
            parking.c.team_id == team_id, parking.c.channel_id == channel_id
        )
        async with self._database.writing() as connection:
            gone = await connection.execute(statement)
        return gone.rowcount > 0
