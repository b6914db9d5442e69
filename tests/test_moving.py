"""From one database to another."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot.cli import main
from bot.errors import StoreUnavailable
from bot.store import Store
from bot.store.moving import SourceUnavailable, move
from bot.store.schema import metadata
from bot.store.upgrade import VERSION_TABLE
from tests.engines import url_in
from tests.stored import board, subscription, tell, told, watch

if TYPE_CHECKING:
    from pathlib import Path


async def fill(url: str) -> None:
    """Something of most kinds."""
    async with Store.open(url) as store:
        await store.subscriptions.add(subscription("sub1"))
        await store.watches.add(watch("watch1"), board(watch("watch1")))
        for number in range(3):
            await tell(store, told(number, source="sub1"))
        await store.defaults.set("T1", "C1", domain="live.example.com", set_by="U1")


async def all_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    async with Store.open(url) as store, store.database.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in await connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


@pytest.mark.usefixtures("engine")
async def test_all_that_is_stored_goes_along_and_numbers_go_on(tmp_path: Path) -> None:
    source, target = f"sqlite:///{tmp_path / 'before.sqlite3'}", url_in(tmp_path)
    await fill(source)
    copied = await move(source, target)
    assert (copied["subscriptions"], copied["watches"], copied["channel_defaults"]) == (1, 1, 1)
    assert copied["notices"] >= 2
    assert await all_of(target) == await all_of(source)
    async with Store.open(target) as store:
        before = {one.id for one in await store.notices.recent("T1", None, 100)}
        await store.watches.add(watch("watch2"), board(watch("watch2")))
        (newest, *_) = await store.notices.recent("T1", None, 1)
    assert newest.id > max(before)


@pytest.mark.usefixtures("engine")
async def test_where_there_is_something_nothing_is_copied(tmp_path: Path) -> None:
    source, target = f"sqlite:///{tmp_path / 'before.sqlite3'}", url_in(tmp_path)
    await fill(source)
    async with Store.open(target) as store:
        await store.defaults.set("T2", "C2", domain="cup.example.com", set_by="U2")
    before = await all_of(target)
    with pytest.raises(StoreUnavailable, match="empty"):
        await move(source, target)
    assert await all_of(target) == before


@pytest.mark.usefixtures("engine")
async def test_a_source_that_is_not_there_is_neither_made_nor_copied(tmp_path: Path) -> None:
    mistyped = tmp_path / "befroe.sqlite3"
    with pytest.raises(SourceUnavailable):
        await move(f"sqlite:///{mistyped}", url_in(tmp_path))
    assert not mistyped.exists()


async def test_nor_is_one_in_which_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite3").touch()
    with pytest.raises(SourceUnavailable, match="there is nothing in it"):
        await move(f"sqlite:///{tmp_path / 'empty.sqlite3'}", f"sqlite:///{tmp_path / 'after'}")
    assert (tmp_path / "empty.sqlite3").read_bytes() == b""


async def test_an_older_source_is_left_as_it_is_and_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "before.sqlite3"
    await fill(f"sqlite:///{source}")
    with closing(sqlite3.connect(source)) as file, file:
        file.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0001'")  # noqa: S608 - our own table
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'after.sqlite3'}")
    monkeypatch.chdir(tmp_path)
    arguments = ["migrate", "--from", f"sqlite:///{source}"]
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert result.exit_code == 1
    assert "--from: it is of revision 0001, not " in result.output
    assert "run `preload-bot migrate` first" in result.output
    with closing(sqlite3.connect(source)) as file:
        said = file.execute(f"SELECT * FROM {VERSION_TABLE}")  # noqa: S608 - our own table
        assert said.fetchall() == [("0001",)]


async def test_the_command_says_what_was_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"sqlite:///{tmp_path / 'before.sqlite3'}"
    await fill(source)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'after.sqlite3'}")
    monkeypatch.chdir(tmp_path)
    result = await asyncio.to_thread(CliRunner().invoke, main, ["migrate", "--from", source])
    assert result.exit_code == 0
    assert "1 subscriptions" in result.output
    result = await asyncio.to_thread(CliRunner().invoke, main, ["migrate", "--from", source])
    assert result.exit_code == 1
    assert "empty" in result.output


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/srv/before.sqlite3", "sqlite:///path/to/file, or postgresql://"),
        ("mysql://x/y", "sqlite:///path/to/file, or postgresql://"),
        (
            "sqlite:///nope.sqlite3",
            "no nope.sqlite3: name the store that the bot has used",
        ),
    ],
)
def test_a_source_that_is_none_is_refused_with_what_it_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'after.sqlite3'}")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["migrate", "--from", source])
    assert result.exit_code in {1, 2}
    assert said in " ".join(result.output.split())
    assert not (tmp_path / "nope.sqlite3").exists()
