"""What people had typed where a question went wrong, kept until they mend it in a form."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store.schema import drafts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.store.database import Database

_KEPT = timedelta(days=7)
_PRUNED_AT_ONCE = 100


class Drafts:
    """Drafts by key: texts by the name of their field. One of 7 days may be forgotten."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def keep(self, fields: Mapping[str, str]) -> str:
        """Store the draft and return its key, the same for the same draft: 16 characters.

        Raises:
            StoreUnavailable: it could not be written.
        """
        key, now = _key(fields), self._now()
        row = {"key": key, "fields": dict(fields), "made_at": now}
        async with self._database.writing() as connection:
            await connection.execute(self._database.upsert(drafts), row)
            forgotten = (
                select(drafts.c.key)
                .where(drafts.c.made_at < now - _KEPT)
                .order_by(drafts.c.made_at)
                .limit(_PRUNED_AT_ONCE)
            )
            await connection.execute(delete(drafts).where(drafts.c.key.in_(forgotten)))
        return key

    async def find(self, key: str) -> dict[str, str] | None:
        """The draft of this key, or None if it is forgotten.

        Raises:
            StoreUnavailable: it could not be read.
        """
        async with self._database.reading() as connection:
            found: dict[str, str] | None = await connection.scalar(
                select(drafts.c.fields).where(drafts.c.key == key)
            )
        return found

    async def has(self, fields: Mapping[str, str]) -> bool:
        """Whether this draft is kept.

        Raises:
            StoreUnavailable: it could not be read.
        """
        return await self.find(_key(fields)) is not None


def _key(fields: Mapping[str, str]) -> str:
    written = json.dumps(fields, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]
