"""How SQLite, and PostgreSQL, are connected to."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import StoreMissing, StoreUnavailable, StoreUnfit
from bot.store.silence import ping_before_use

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

_POSTGRES = "postgresql+asyncpg"
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": _POSTGRES, "postgres": _POSTGRES}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""Of libpq's `sslmode`, which asyncpg takes as `ssl`."""
_CONNECTIONS = 8
"""How many a process has open to PostgreSQL at most. It keeps them: making one takes longer than
waiting for one."""
_CONNECT_S = 3
_BUSY_S = 0.01
STOPPED_S = 5
"""How long a process may sit in a transaction: a stopped one shall not hold up all others."""

# WAL lets readers pass a writer; with it, NORMAL loses at most the last commits at a power cut and
# never the file (https://www.sqlite.org/pragma.html#pragma_synchronous). Foreign keys are off in
# SQLite unless asked for, on every connection.
_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")


def engine_of(
    url: str, *, busy_timeout_s: float, statement_timeout_s: float | None, as_it_is: bool = False
) -> AsyncEngine:
    """A pool of connections, none of which is made yet; it is to be disposed of.

    What it takes and raises is what `bot.store.database.Database.open` does.
    """
    try:
        engine = create_async_engine(
            _with_driver(url),
            # An error would print the parameters, and with them signed play URLs.
            hide_parameters=True,
            pool_timeout=busy_timeout_s,
            **_options(url, busy_timeout_s, statement_timeout_s),
        )
    except ModuleNotFoundError as error:
        advice = "uv sync --extra postgres, or pip install '.[postgres]'"
        raise StoreUnfit(f"{error.name} is missing", advice) from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite_file(engine, makes=not as_it_is, patience_s=busy_timeout_s)
        if not as_it_is:  # the pragmas are written into the file
            event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "invalidate", _undo)
    else:
        ping_before_use(engine)
    return engine


def _with_driver(url: str) -> URL:
    """The URL as the asynchronous driver takes it (`sqlite:///x` → `sqlite+aiosqlite:///x`).

    Raises:
        StoreUnfit: it asks for something of PostgreSQL that the driver does not know.
    """
    parsed = make_url(url)
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.drivername != _POSTGRES:
        return parsed
    query = dict(parsed.query)
    mode = query.pop("sslmode", None) or query.pop("ssl", None)
    if query:
        problem = f"{next(iter(query))}= in its URL is not understood"
        raise StoreUnfit(problem, "leave out all that stands there but sslmode=")
    if mode not in {None, *_SSL_MODES}:
        raise StoreUnfit("sslmode= in its URL is wrong", f"one of {', '.join(_SSL_MODES)}")
    return parsed.set(query={} if mode is None else {"ssl": mode})


def _options(url: str, busy_timeout_s: float, statement_timeout_s: float | None) -> dict[str, Any]:
    """What the engine is given, by the kind of database."""
    if make_url(url).get_backend_name() == "sqlite":
        # The driver's own transactions are those of `writing`. Plain reads open none.
        return {"connect_args": {"timeout": busy_timeout_s, "isolation_level": "IMMEDIATE"}}
    settings = {
        "application_name": "preload-bot",
        "lock_timeout": f"{busy_timeout_s:.3f}s",
        "idle_in_transaction_session_timeout": f"{STOPPED_S}s",
    }
    return {
        "pool_size": _CONNECTIONS,
        "max_overflow": 0,
        "connect_args": {
            "timeout": _CONNECT_S,
            "command_timeout": statement_timeout_s,
            "server_settings": settings,
        },
    }


def _prepare_sqlite_file(engine: AsyncEngine, *, makes: bool, patience_s: float) -> None:
    path = engine.url.database or ""
    if not makes and not Path(path).exists():
        raise StoreMissing(f"there is no {path}", "`serve` makes it")
    # Signed play URLs stand in it. SQLite's files beside it get the same rights.
    with suppress(OSError):  # SQLite says it better
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    # aiosqlite, where a file cannot be opened, leaves a thread that reports to a loop which may be
    # gone by then: a traceback under our own message. So the first try is without it.
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            if makes:
                _turn_to_wal(connection, patience_s)
    except sqlite3.Error as error:
        raise StoreUnavailable(str(error)) from error


def _turn_to_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    """Have the file in WAL, whatever other process is making the same of it at this moment.

    SQLite does not wait for the others here, however long its own time-out: it asks for the lock
    while it reads, and two who did would wait for each other. What else is wrong, and what takes
    too long, is for the next connection to find.
    """
    ends_s = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY and time.monotonic() < ends_s:
                time.sleep(_BUSY_S)
                continue
        return


def _set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    with ExitStack() as undo:
        undo.callback(connection.close)  # if this fails: the pool drops the connection, open
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        undo.pop_all()


def _undo(connection: DBAPIConnection, *_: object) -> None:
    """End the transaction of a task that was cancelled while the database was at it.

    Closing does not: SQLite keeps a connection, and its lock, while one of its statements is there,
    and that is in the task's traceback, for as long as anybody has it.
    """
    with suppress(asyncio.CancelledError, sqlite3.Error):  # whatever happens, it is closed then
        connection.rollback()
