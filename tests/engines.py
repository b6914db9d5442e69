"""The databases that the store's tests run on: SQLite, and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.servers import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = "store.url"


def url_in(folder: Path) -> str:
    """The store of a folder: of the kind that the test runs on, a file of SQLite's else."""
    named = folder / _NAME
    return named.read_text() if named.exists() else f"sqlite:///{folder / 'store.sqlite3'}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One for all tests of a process; each has a database of its own there."""
    # Not in pytest's own folder: another run of pytest's would close that to all but its user.
    with TemporaryDirectory(prefix="postgres-") as folder, postgres(Path(folder)) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Has the test run on each kind of database; which one it is."""
    return prepared(request, tmp_path)


def prepared(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What a fixture does whose parameters are kinds of databases."""
    kind = str(request.param)
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        (tmp_path / _NAME).write_text(asyncio.run(new_database(server)))
    return kind


async def new_database(server: Postgres) -> str:
    """The URL of a database that nobody has used."""
    name = f"test_{secrets.token_hex(8)}"
    connection = await asyncpg.connect(server.url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return server.url.removesuffix("postgres") + name
