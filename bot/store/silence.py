"""A PostgreSQL that says nothing: told from one that is slow, and not waited for by everybody.

Where a server's machine is gone, or the network to it, nothing refuses a connection, and nothing
ends one: each use of it would wait for its own time-out.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError

from bot.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from sqlalchemy.engine.interfaces import AdaptedConnection
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

PING_S = 2.0
"""How long a connection may take to answer before it is used."""
REST_S = 5.0
"""For how long after the server said nothing it is left alone."""


class Silence:
    """Whether the server says nothing.

    From then on one use of it, every `rest_s`, waits to see whether it answers again; all others
    fail at once.

    Args:
        clock_s: a monotonic clock, in seconds.
        rest_s: how long it is left alone.
    """

    def __init__(
        self, clock_s: Callable[[], float] = time.monotonic, *, rest_s: float = REST_S
    ) -> None:
        self._clock_s = clock_s
        self._rest_s = rest_s
        self._until_s: float | None = None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Use the server.

        Raises:
            StoreUnavailable: it says nothing, as far as is known.
            TimeoutError: it does now.
        """
        if self._until_s is not None:
            if self._clock_s() < self._until_s:
                raise StoreUnavailable("the database does not answer")
            self._until_s = self._clock_s() + self._rest_s
        try:
            yield
        except TimeoutError:
            self._until_s = self._clock_s() + self._rest_s
            raise
        self._until_s = None


def ping_before_use(engine: AsyncEngine) -> None:
    """Have a connection answer before it is used, or be replaced, with all others of its age.

    SQLAlchemy's own `pool_pre_ping` asks in a transaction, three times to and fro, and waits as
    long as for any statement.
    """
    asyncpg: Any = engine.dialect.loaded_dbapi.asyncpg
    # The last is raised where the server ends a connection in the middle of something.
    failures = (
        OSError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    )

    async def answered(connection: Any) -> None:  # noqa: ANN401 - asyncpg's is not typed
        try:
            await connection.fetchrow(";", timeout=PING_S)
        except TimeoutError:
            connection.terminate()  # to end it well would take its answer
            raise

    def ping(connection: AdaptedConnection, record: ConnectionPoolEntry, _: object) -> None:
        is_new = not record.info
        record.info["is_used"] = True
        if is_new:  # just made
            return
        try:
            connection.run_async(answered)
        except failures as error:
            raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkout", ping)
