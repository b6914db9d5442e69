"""What `preload-bot` says, in a line, of what cannot be done."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.record import Deed, Entry
from bot.store import Store
from tests.stored import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "testid", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testsecret"}


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=KEYS)


def test_the_record_of_a_store_that_is_not_there_is_refused_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    audit = ran("audit")
    assert (audit.exit_code, audit.stdout) == (1, "")
    assert audit.stderr == (
        "Error: store.url [DATABASE_URL]: there is no preload-bot.sqlite3: `serve` makes it\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_record_of_a_database_with_nothing_in_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "preload-bot.sqlite3").touch()
    audit = ran("audit")
    assert (audit.exit_code, audit.stdout) == (1, "")
    assert audit.stderr == (
        "Error: store.url [DATABASE_URL]: it is empty: `serve` or `migrate` makes its tables\n"
    )
    assert (tmp_path / "preload-bot.sqlite3").read_bytes() == b""


def test_the_record_of_an_older_store_is_printed_and_the_store_left_for_that_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def kept() -> None:
        async with Store.open("sqlite:///preload-bot.sqlite3") as store:
            await store.record.begin(Entry(0, NOW, "T1", "C1", "U1", Deed.SUBSCRIBE))

    monkeypatch.chdir(tmp_path)
    asyncio.run(kept())
    with closing(sqlite3.connect("preload-bot.sqlite3")) as older, older:
        older.executescript(
            "DROP TABLE requests_seen; UPDATE preload_bot_version SET version_num = '0004'"
        )
    audit = ran("audit")
    assert audit.exit_code == 0
    assert '"deed":"subscribe"' in audit.stdout
    with closing(sqlite3.connect("preload-bot.sqlite3")) as older:
        assert older.execute("SELECT * FROM preload_bot_version").fetchall() == [("0004",)]


@pytest.mark.parametrize(
    "url", ["http://x", "bot.example.com", "https://bot.example.com/slack/events"]
)
def test_an_address_that_slack_would_not_call_is_refused_in_a_line(url: str) -> None:
    manifest = ran("manifest", "--url", url)
    assert (manifest.exit_code, manifest.stdout) == (1, "")
    assert manifest.stderr == (
        "Error: --url: an https address without a path: https://bot.example.com\n"
    )
