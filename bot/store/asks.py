"""Questions that buttons and menus refer to by key, kept while they are in use."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cachetools import LRUCache
from sqlalchemy import delete, select

from bot.asks import Ask
from bot.errors import StoreUnavailable
from bot.store.schema import asks

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.store.database import Database

_KEPT_UNUSED = timedelta(days=30)
_USE_NOTED_EVERY = timedelta(days=1)
_PRUNED_AT_ONCE = 100
_KEYS_IN_MEMORY = 4096


class Asks:
    """Asks by key. A use is noted at most once a day; one unused for 30 days may be forgotten."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._noted: LRUCache[str, datetime] = LRUCache(_KEYS_IN_MEMORY)

    async def remember(self, ask: Ask) -> str:
        """Store the ask and return its key; where that was done lately nothing is written.

        Raises:
            StoreUnavailable: it could not be written.
        """
        key, now = ask.key, self._now()
        if not self._is_noted(key, now):
            row = {"key": key, "body": ask.to_json(), "used_at": now}
            async with self._database.writing() as connection:
                await connection.execute(self._database.upsert(asks), row)
                forgotten = (
                    select(asks.c.key)
                    .where(asks.c.used_at < now - _KEPT_UNUSED)
                    .limit(_PRUNED_AT_ONCE)
                )
                await connection.execute(delete(asks).where(asks.c.key.in_(forgotten)))
            self._noted[key] = now
        return key

    async def find(self, key: str) -> Ask | None:
        """The ask of this key, or None if it is forgotten or of a version no longer read.

        Raises:
            StoreUnavailable: it could not be read.
        """
        async with self._database.reading() as connection:
            body = await connection.scalar(select(asks.c.body).where(asks.c.key == key))
        if body is None:
            return None
        try:
            ask = Ask.from_json(body)
        except ValueError:
            return None
        # A store that can be read but not written (a full disk) must not cost a person the answer.
        with suppress(StoreUnavailable):
            await self.remember(ask)
        return ask

    def _is_noted(self, key: str, now: datetime) -> bool:
        noted = self._noted.get(key)
        return noted is not None and now - noted < _USE_NOTED_EVERY
