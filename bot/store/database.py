"""The database: connections, transactions, and the border where its errors become ours.

What differs between databases is here and nowhere else. PostgreSQL fits behind the same methods.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, exc, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from sqlalchemy import URL, Insert, Table
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

_DRIVERS = {"sqlite": "sqlite+aiosqlite"}

# WAL lets readers pass a writer; with it, NORMAL loses at most the last commits at a power cut and
# never the file (https://www.sqlite.org/pragma.html#pragma_synchronous). Foreign keys are off in
# SQLite unless asked for, on every connection.
_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")


class Database:
    """An engine behind two doors, `reading` and `writing`, through which no driver error leaves."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, busy_timeout_s: float) -> AsyncIterator[Database]:
        """Hold a pool of connections for as long as the context lasts.

        Raises:
            StoreUnavailable: there is no such database, nor can one be made.
        """
        engine = create_async_engine(
            _with_driver(url),
            # An error would print the parameters, and with them signed play URLs.
            hide_parameters=True,
            pool_timeout=busy_timeout_s,
            connect_args={
                "timeout": busy_timeout_s,
                # A transaction that writes takes its lock at once: one that read first could not
                # wait for the lock, SQLite fails it on the spot. Plain reads open no transaction.
                "isolation_level": "IMMEDIATE",
            },
        )
        if engine.dialect.name == "sqlite":
            _prepare_sqlite_file(engine)
            event.listen(engine.sync_engine, "connect", _set_pragmas)
        try:
            yield cls(engine)
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read from.

        Raises:
            StoreUnavailable: the database does not answer as it should.
        """
        with _translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the context's end, undone if an error leaves it.

        Raises:
            StoreUnavailable: the database does not answer as it should; nothing was written.
        """
        with _translated():
            async with self._engine.begin() as connection:
                yield connection

    async def ping(self) -> None:
        """Read one value.

        Raises:
            StoreUnavailable: not even that works.
        """
        async with self.reading() as connection:
            await connection.execute(select(1))

    def upsert(self, table: Table, row: Mapping[str, Any]) -> Insert:
        """A statement that inserts `row`, or updates the row that has its primary key."""
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(table).values(**row)
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in row if name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def _with_driver(url: str) -> URL:
    """The URL with the asynchronous driver named (`sqlite:///x` → `sqlite+aiosqlite:///x`)."""
    parsed = make_url(url)
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _prepare_sqlite_file(engine: AsyncEngine) -> None:
    path = engine.url.database or ""
    # Signed play URLs stand in it. SQLite's files beside it get the same rights.
    with suppress(OSError):  # SQLite says it better
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    # aiosqlite, where a file cannot be opened, leaves a thread that reports to a loop which may be
    # gone by then: a traceback under our own message. So the first try is without it.
    try:
        sqlite3.connect(path).close()
    except sqlite3.Error as error:
        raise StoreUnavailable(str(error)) from error


def _set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    with ExitStack() as undo:
        undo.callback(connection.close)  # if this fails: the pool drops the connection, open
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        undo.pop_all()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        raise StoreUnavailable(str(error.orig)) from error
    except exc.TimeoutError as error:
        raise StoreUnavailable("every connection is in use") from error
