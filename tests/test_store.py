from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, func, insert, literal, select
from sqlalchemy.exc import StatementError

from bot.asks import Ask
from bot.errors import StoreUnavailable
from bot.store import Store
from bot.store.columns import UtcDateTime
from bot.store.schema import asks, channel_defaults, metadata
from bot.store.upgrade import VERSION_TABLE
from tests.engines import url_in

if TYPE_CHECKING:
    from pathlib import Path

ASK = Ask(account="default", domain="live.example.com")
SHORT_S = 0.01
AT = datetime(2026, 11, 20, tzinfo=UTC)
FIRST_VERSION = """
CREATE TABLE preload_bot_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO preload_bot_version VALUES ('0001');
CREATE TABLE asks (
    key VARCHAR(16) NOT NULL PRIMARY KEY, body TEXT NOT NULL, used_at DATETIME NOT NULL
);
CREATE INDEX asks_used_at ON asks (used_at);
CREATE TABLE channel_defaults (
    team_id VARCHAR(32) NOT NULL, channel_id VARCHAR(32) NOT NULL, domain VARCHAR(253) NOT NULL,
    set_by VARCHAR(32) NOT NULL, set_at DATETIME NOT NULL, PRIMARY KEY (team_id, channel_id)
);
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


async def test_what_is_stored_is_there_after_a_restart(url: str) -> None:
    async with Store.open(url) as store:
        key = await store.asks.remember(ASK)
    async with Store.open(url) as store:
        assert await store.asks.find(key) == ASK


@pytest.mark.usefixtures("engine")
async def test_the_migrations_end_in_the_schema_that_the_code_uses(tmp_path: Path) -> None:
    def differences(connection: Connection) -> list[object]:
        opts = {"version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, metadata))

    async with Store.open(url_in(tmp_path)) as store, store.database.reading() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.usefixtures("engine")
async def test_several_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    async def opened() -> Ask | None:
        async with Store.open(url_in(tmp_path)) as store:
            return await store.asks.find(await store.asks.remember(ASK))

    assert set(await asyncio.gather(*(opened() for _ in range(4)))) == {ASK}


async def test_a_new_file_that_another_process_writes_to_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    with closing(sqlite3.connect(file, check_same_thread=False)) as writer:
        writer.executescript("CREATE TABLE of_others (x); BEGIN IMMEDIATE")
        leaving = threading.Timer(0.05, writer.rollback)
        leaving.start()
        async with Store.open(f"sqlite:///{file}") as store:
            assert await store.asks.find(await store.asks.remember(ASK)) == ASK
        leaving.join()


async def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(
    url: str, file: Path
) -> None:
    async with Store.open(url) as store:
        key = await store.asks.remember(ASK)
    with closing(sqlite3.connect(file)) as newer, newer:
        newer.execute("UPDATE preload_bot_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=r"newer version \(revision 9999\)"):
        async with Store.open(url):
            pass
    with closing(sqlite3.connect(file)) as newer:
        assert newer.execute("SELECT key FROM asks").fetchall() == [(key,)]


async def test_a_store_of_the_first_version_keeps_what_is_in_it(url: str, file: Path) -> None:
    long_ago = "2026-11-22 00:00:00.000000"
    with closing(sqlite3.connect(file)) as older, older:
        older.executescript(FIRST_VERSION)
        older.execute("INSERT INTO asks VALUES (?, ?, ?)", (ASK.key, ASK.to_json(), long_ago))
        default = ("T1", "C1", "live.example.com", "U1", long_ago)
        older.execute("INSERT INTO channel_defaults VALUES (?, ?, ?, ?, ?)", default)
    async with Store.open(url) as store:
        assert await store.asks.find(ASK.key) == ASK
        kept = await store.defaults.get("T1", "C1")
        assert kept is not None
        assert (kept.domain, kept.set_by) == ("live.example.com", "U1")
        assert await store.subscriptions.all() == ()


def test_migrate_says_from_which_revision_to_which(url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as older, older:
        older.executescript(FIRST_VERSION)
    command, environment = (sys.executable, "-m", "bot", "migrate"), {"DATABASE_URL": url}
    first, second = (
        subprocess.run(
            command, env=os.environ | environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert re.fullmatch(r"The store is brought from revision 0001 to \d{4}\.\n", first)
    assert re.fullmatch(r"The store is up to date: revision \d{4}\.\n", second)


async def test_a_migration_that_fails_leaves_nothing_behind(url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE channel_defaults (anything)")
    with pytest.raises(StoreUnavailable, match="channel_defaults already exists"):
        async with Store.open(url):
            pass
    with closing(sqlite3.connect(file)) as other:
        tables = other.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert tables.fetchall() == [("channel_defaults",)]


async def test_sqlite_is_set_up_for_readers_beside_a_writer(url: str) -> None:
    async with Store.open(url) as store, store.database.reading() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,  # NORMAL
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


async def test_a_reader_is_not_held_up_by_another_processs_writing(url: str, file: Path) -> None:
    async with Store.open(url, busy_timeout_s=SHORT_S) as store:
        key = await store.asks.remember(ASK)
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await store.asks.find(key) == ASK


async def test_a_lock_that_another_process_holds_makes_the_store_unavailable(
    url: str, file: Path
) -> None:
    async with Store.open(url, busy_timeout_s=SHORT_S) as store:
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="database is locked") as caught:
                await store.asks.remember(ASK)
        assert caught.value.__cause__ is not None
        assert await store.asks.find(await store.asks.remember(ASK)) == ASK


async def test_a_lock_held_at_the_start_makes_the_store_unavailable(url: str, file: Path) -> None:
    async with Store.open(url):
        pass
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="database is locked"):
            async with Store.open(url, upgrade_timeout_s=SHORT_S):
                pass


async def test_a_full_disk_makes_the_store_unavailable_but_readable(url: str) -> None:
    long = Ask(
        account="default",
        domain="live.example.com",
        urls=tuple(f"https://live.example.com/liveApp/{n}.flv?auth_key=s3cret" for n in range(100)),
    )
    async with Store.open(url) as store:
        key = await store.asks.remember(ASK)
        async with store.database.reading() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar()
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable, match="database or disk is full") as caught:
            await store.asks.remember(long)
        assert await store.asks.find(key) == ASK
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__}"


async def test_a_folder_that_is_not_there_makes_the_store_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open database file"):
        async with Store.open(f"sqlite:///{tmp_path}/missing/store.sqlite3"):
            pass


async def test_a_file_that_is_no_database_makes_the_store_unavailable(url: str, file: Path) -> None:
    with file.open("wb") as other:
        other.write(b"not a database, but long enough to have a header " * 100)
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        async with Store.open(url):
            pass


async def test_a_damaged_file_makes_the_store_unavailable(url: str, file: Path) -> None:
    async with Store.open(url):
        pass
    with file.open("r+b") as damaged:
        damaged.seek(100)  # after the header: the page that lists the tables
        damaged.write(b"\xff" * 4000)
    with pytest.raises(StoreUnavailable, match="malformed"):
        async with Store.open(url):
            pass


async def test_a_store_that_may_only_be_read_says_so_when_it_is_written(url: str) -> None:
    async with Store.open(url) as store:
        key = await store.asks.remember(ASK)
        async with store.database.reading() as connection:
            await connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(StoreUnavailable, match="readonly"):
            await store.asks.remember(Ask(account="default", domain="other.example.com"))
        assert await store.asks.find(key) == ASK


async def test_running_out_of_connections_makes_the_store_unavailable(url: str) -> None:
    async with Store.open(url, busy_timeout_s=SHORT_S) as store, AsyncExitStack() as held:
        for _ in range(15):  # SQLAlchemy's own bound: a pool of 5, and 10 beyond it
            await held.enter_async_context(store.database.reading())
        with pytest.raises(StoreUnavailable, match="every connection is in use"):
            await store.ping()


async def test_ping_reads_from_the_open_store(url: str) -> None:
    async with Store.open(url) as store:
        await store.ping()


async def test_a_moment_comes_back_as_the_same_moment_in_utc(url: str) -> None:
    shanghai = datetime(2026, 11, 22, 19, 42, tzinfo=timezone(timedelta(hours=8)))
    async with Store.open(url) as store:
        async with store.database.writing() as connection:
            await connection.execute(insert(asks).values(key="k", body="{}", used_at=shanghai))
        async with store.database.reading() as connection:
            found = await connection.scalar(select(asks.c.used_at))
    assert found == shanghai
    assert found is not None
    assert found.tzinfo is UTC


async def test_no_moment_comes_back_as_none(url: str) -> None:
    async with Store.open(url) as store, store.database.reading() as connection:
        assert await connection.scalar(select(literal(None, UtcDateTime))) is None


async def test_a_naive_datetime_is_refused(url: str) -> None:
    naive = datetime(2026, 11, 22, 19, 42)  # noqa: DTZ001 - the mistake under test
    async with Store.open(url) as store, store.database.writing() as connection:
        with pytest.raises(StatementError, match="must be aware"):
            await connection.execute(insert(asks).values(key="k", body="{}", used_at=naive))


async def test_an_error_inside_a_transaction_undoes_it(url: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    async with Store.open(url) as store:
        row = insert(asks).values(key="k", body="{}", used_at=now)
        with pytest.raises(StoreUnavailable, match="UNIQUE constraint failed"):  # noqa: PT012 - the error leaves the transaction, not the statement
            async with store.database.writing() as connection:
                await connection.execute(row)
                await connection.execute(row)
        async with store.database.reading() as connection:
            assert (await connection.execute(select(asks))).all() == []


async def test_many_writers_wait_for_each_other_and_not_for_a_lock(url: str) -> None:
    async with Store.open(url, busy_timeout_s=SHORT_S) as store:
        writers = (store.defaults.set("T1", f"C{n}", domain="d", set_by="U1") for n in range(200))
        await asyncio.gather(*writers)
        async with store.database.reading() as connection:
            count = await connection.scalar(select(func.count()).select_from(channel_defaults))
    assert count == 200


@pytest.mark.parametrize("at", ["BEGIN", "INSERT"])
async def test_a_writer_cancelled_while_the_database_is_at_it_lets_others_write(
    url: str, file: Path, at: str
) -> None:
    async def write() -> None:
        row = {"team_id": "T1", "channel_id": "C1", "domain": "d", "set_by": "U1", "set_at": AT}
        statement = insert(channel_defaults).returning(channel_defaults.c.domain)
        async with store.database.writing() as connection:
            await connection.execute(statement, row)

    def cancel(_connection: Connection, _cursor: object, sql: str, *_: object) -> None:
        if sql.startswith(at):
            asyncio.get_running_loop().call_soon(writing.cancel)

    async with Store.open(url) as store:
        writing = asyncio.create_task(write())
        event.listen(Engine, "before_cursor_execute", cancel)
        try:
            (end,) = await asyncio.gather(writing, return_exceptions=True)
        finally:
            event.remove(Engine, "before_cursor_execute", cancel)
        assert isinstance(end, asyncio.CancelledError)  # and it has all that was at hand
        with closing(sqlite3.connect(file, timeout=SHORT_S)) as other:
            other.execute("BEGIN IMMEDIATE")


async def test_what_a_transaction_reads_first_is_still_so_when_it_writes(
    url: str, file: Path
) -> None:
    async with Store.open(url) as store, store.database.writing() as connection:
        await connection.execute(select(asks))
        with (
            closing(sqlite3.connect(file, timeout=SHORT_S)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")


def rights_in(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps other rights")
async def test_the_file_in_which_signed_urls_stand_is_for_the_bot_s_own_user(
    tmp_path: Path,
) -> None:
    async with Store.open(f"sqlite:///{tmp_path / 'bot.sqlite3'}") as store:
        await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")
        rights = rights_in(tmp_path)
    assert rights["bot.sqlite3"] == 0o600
    assert set(rights.values()) == {0o600}
