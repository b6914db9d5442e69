"""How far the reading of each domain has come."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, select

from bot.store.schema import follows
from bot.watch.model import Followed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database


class Follows:
    """Followed domains. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[Followed, ...]:
        """All there are, by account and domain."""
        query = select(follows).order_by(follows.c.account, follows.c.domain)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return tuple(Followed(*row) for row in rows.all())

    async def find(self, account: str, domain: str) -> Followed | None:
        """How far it has come with this domain; None where it is not followed."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(follows).where(_is(account, domain)))
            row = rows.one_or_none()
        return None if row is None else Followed(*row)

    async def forget(self, account: str, domain: str) -> None:
        """Follow it no more; what was seen of it stays. Followed again, it begins anew."""
        async with self._database.writing() as connection:
            await connection.execute(delete(follows).where(_is(account, domain)))


async def record(database: Database, connection: AsyncConnection, followed: Followed) -> None:
    """Write down how far it has come."""
    await connection.execute(database.upsert(follows), asdict(followed))


def _is(account: str, domain: str) -> ColumnElement[bool]:
    return and_(follows.c.account == account, follows.c.domain == domain)
