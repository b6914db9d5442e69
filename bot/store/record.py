"""The audit record: what was begun, by whom, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select, update

from bot.record import Entry
from bot.store.schema import record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from datetime import datetime

    from sqlalchemy import Select

    from bot.record import Outcome
    from bot.store.database import Database

_PRUNED_AT_ONCE: Final = 500
_READ_AT_ONCE: Final = 500
_COLUMNS = record.c


class Record:
    """Entries in the order they were begun. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, entry: Entry) -> int:
        """Write down what is about to be done; returns its number."""
        columns = (column.name for column in _COLUMNS if column.name != "id")
        row = {name: getattr(entry, name) for name in columns} | {"about": dict(entry.about)}
        async with self._database.writing() as connection:
            added = await connection.execute(insert(record).returning(_COLUMNS.id), row)
            return int(added.scalar_one())

    async def end(self, id_: int, outcome: Outcome, about: Mapping[str, str]) -> None:
        """Write down what came of it, and to what it was done as far as that is known now."""
        statement = update(record).where(_COLUMNS.id == id_)
        async with self._database.writing() as connection:
            await connection.execute(statement.values(outcome=outcome, about=dict(about)))

    async def all(self) -> AsyncIterator[Entry]:
        """Every entry of every workspace, the earliest first; read a few at a time."""
        query, last = select(record).order_by(_COLUMNS.id), 0
        while entries := await self._read(query.where(_COLUMNS.id > last)):
            for entry in entries:
                yield entry
            last = entries[-1].id

    async def latest(self, team_id: str) -> AsyncGenerator[Entry]:
        """A workspace's entries, the latest first; read a few at a time."""
        query = select(record).where(_COLUMNS.team_id == team_id).order_by(_COLUMNS.id.desc())
        entries = await self._read(query)
        while entries:
            for entry in entries:
                yield entry
            entries = await self._read(query.where(_COLUMNS.id < entries[-1].id))

    async def _read(self, query: Select[Any]) -> tuple[Entry, ...]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.limit(_READ_AT_ONCE))).all()
        return tuple(Entry(*row) for row in rows)

    async def prune(self, before: datetime) -> int:
        """Forget some of what was begun before that; returns how many, 0 when all is done."""
        old = select(_COLUMNS.id).where(_COLUMNS.at < before).limit(_PRUNED_AT_ONCE)
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(record).where(_COLUMNS.id.in_(old)))
        return gone.rowcount
