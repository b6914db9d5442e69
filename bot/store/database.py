"""The database: transactions, and the border where its errors become ours.

What differs between SQLite and PostgreSQL is here, and in `bot.store.engine`, and nowhere else.
"""

from __future__ import annotations

import asyncio
import copy
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import exc, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import StoreUnavailable
from bot.store.columns import UtcDateTime
from bot.store.engine import engine_of
from bot.store.fence import insist
from bot.store.silence import Silence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Insert, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.store.fence import Lease

_AT_ONCE = 500
"""How many values a statement is given: databases limit that, SQLite of old to 999."""
T = TypeVar("T")

_WRITERS_LOCK = 5_203_170_613_471
"""The advisory lock of PostgreSQL that a transaction of ours holds; the number means nothing."""
_STATEMENT_S = 10.0


class Database:
    """An engine behind two doors, `reading` and `writing`, through which no driver error leaves."""

    def __init__(self, engine: AsyncEngine, busy_timeout_s: float) -> None:
        self._engine = engine
        self._busy_timeout_s = busy_timeout_s
        # There is one writer at a time. Those of this process queue here, in order and without a
        # connection; those of others are waited for at the database.
        self._writer = asyncio.Lock()
        self._silence = Silence()
        self._lease: Lease | None = None

    @property
    def is_shared(self) -> bool:
        """Whether it is made for several processes; a file is one's alone."""
        return not self._is_sqlite

    @property
    def _is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        busy_timeout_s: float,
        statement_timeout_s: float | None = _STATEMENT_S,
        as_it_is: bool = False,
    ) -> AsyncIterator[Database]:
        """Hold a pool of connections for as long as the context lasts.

        Args:
            url: as `store.url` in the settings.
            busy_timeout_s: how long to wait for another process's lock, or a free connection.
            statement_timeout_s: how long PostgreSQL may take over a statement; None is for ever.
            as_it_is: make no file, and change nothing about one by opening it.

        Raises:
            StoreUnavailable: there is no such database, nor can (or may) one be made.
        """
        engine = engine_of(
            url,
            busy_timeout_s=busy_timeout_s,
            statement_timeout_s=statement_timeout_s,
            as_it_is=as_it_is,
        )
        try:
            yield cls(engine, busy_timeout_s)
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read from.

        Raises:
            StoreUnavailable: the database does not answer as it should.
        """
        with _translated(), self._silence.heard():
            async with self._engine.connect() as connection, _dropped(connection):
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the context's end, undone if an error leaves it.

        There is one at a time: within it, open no other.

        Raises:
            StoreUnavailable: the database does not answer as it should; nothing was written.
            StaleLease: it is `fenced`, and another process has the lease; nothing was written.
        """
        async with self._turn(), self._begun() as connection:
            # The lock is taken at once, not at the first change: what is read before that must
            # still be so when it is changed. (And in SQLite a reader that turns writer cannot
            # wait for the lock, it fails on the spot.)
            if self._is_sqlite:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await connection.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))
            if self._lease is not None:
                await insist(connection, self._lease)
            yield connection

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Be this process's only writer.

        Raises:
            StoreUnavailable: another one takes too long: it may be that PostgreSQL says nothing.
        """
        try:
            async with asyncio.timeout(None if self._is_sqlite else self._busy_timeout_s):
                await self._writer.acquire()
        except TimeoutError as error:
            raise StoreUnavailable("another writer takes too long") from error
        try:
            yield
        finally:
            self._writer.release()

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the context's end."""
        with _translated(), self._silence.heard():
            async with self._engine.begin() as connection, _dropped(connection):
                yield connection

    def fenced(self, lease: Lease) -> Database:
        """The same, but that `writing` raises StaleLease once another process has the lease."""
        fenced = copy.copy(self)
        fenced._lease = lease  # noqa: SLF001 - its own kind
        return fenced

    async def time(self, connection: AsyncConnection, now: Callable[[], datetime]) -> datetime:
        """The time by the clock that all who use it go by: PostgreSQL's own.

        Args:
            connection: of `writing`.
            now: this machine's clock, which SQLite's users share.
        """
        if self._is_sqlite:
            return now()
        at: datetime = (
            await connection.scalars(select(func.clock_timestamp(type_=UtcDateTime)))
        ).one()
        return at

    async def add(self, table: Table, row: Mapping[str, object]) -> bool:
        """Insert a row, unless one like it is there; whether it was inserted.

        In PostgreSQL it waits for no other writer: one statement is a transaction by itself.

        Raises:
            StoreUnavailable: the database does not answer as it should.
        """
        if self._is_sqlite:
            async with self.writing() as connection:
                added = await connection.execute(self.insert_new(table), row)
        else:
            async with self._begun() as connection:
                added = await connection.execute(self.insert_new(table), row)
        return added.rowcount == 1

    async def ping(self) -> None:
        """Read one value.

        Raises:
            StoreUnavailable: not even that works.
        """
        async with self.reading() as connection:
            await connection.execute(select(1))

    def upsert(self, table: Table, *, kept: Collection[str] = ()) -> Insert:
        """A statement that inserts the row or rows it is executed with; each names every column.

        Where a row with the primary key is there already it is updated, but for the `kept` columns.
        """
        statement = self._insert(table)
        keys = [column.name for column in table.primary_key]
        changed = {
            column.name: statement.excluded[column.name]
            for column in table.columns
            if column.name not in keys and column.name not in kept
        }
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)

    def insert_new(self, table: Table) -> Insert:
        """A statement that inserts a row, unless one like it is there: then `rowcount` is 0."""
        return self._insert(table).on_conflict_do_nothing()

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        return (sqlite.insert if self._is_sqlite else postgresql.insert)(table)


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """The values, as many at a time as a statement may name."""
    left = iter(values)
    while portion := list(islice(left, _AT_ONCE)):
        yield portion


@asynccontextmanager
async def _dropped(connection: AsyncConnection) -> AsyncIterator[None]:
    """Let a connection that did not answer go: to undo its transaction would take its answer."""
    try:
        yield
    except TimeoutError:
        await connection.invalidate()
        raise


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        said = str(error.orig)
        # asyncpg's come with the name of their class before them.
        raise StoreUnavailable(said.partition(">: ")[2] or said) from error
    except exc.TimeoutError as error:
        raise StoreUnavailable("every connection is in use") from error
    except TimeoutError as error:
        raise StoreUnavailable("the database did not answer in time") from error
    except OSError as error:  # PostgreSQL is not there: the driver leaves it as it is
        raise StoreUnavailable(error.strerror or type(error).__name__) from error
