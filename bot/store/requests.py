"""Which of Slack's requests the processes that share the store have taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store.schema import requests_seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store.database import Database

_PRUNED_AT_ONCE = 500
_COLUMNS = requests_seen.c


class Requests:
    """Requests by key (`bot.slack.repeats.identity`). Every method may raise StoreUnavailable."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def note(self, key: str) -> bool:
        """Note a request; whether it is new: of those who note the same, one is told so."""
        return await self._database.add(requests_seen, {"key": key, "seen_at": self._now()})

    async def prune(self, before: datetime) -> int:
        """Forget some of what was noted before that; returns how many, 0 when all is done."""
        old = select(_COLUMNS.key).where(_COLUMNS.seen_at < before).limit(_PRUNED_AT_ONCE)
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(requests_seen).where(_COLUMNS.key.in_(old)))
        return gone.rowcount
