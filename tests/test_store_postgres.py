"""What is PostgreSQL's own; all else of the store is tested on both databases (`tests.engines`)."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import asyncpg
import pytest

from bot.asks import Ask
from bot.errors import StoreUnavailable, StoreUnfit
from bot.store import Store, engine
from tests.engines import new_database
from tests.servers import Postgres, free_port, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


ASK = Ask("default", "live.example.com")


@pytest.fixture
async def url(postgres_server: Postgres) -> str:
    return await new_database(postgres_server)


@asynccontextmanager
async def beside(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def back(store: Store) -> None:
    """Wait until the store can be read again."""
    while True:
        with suppress(StoreUnavailable):
            return await store.ping()
        await asyncio.sleep(0)


async def test_a_store_of_a_newer_version_is_refused(url: str) -> None:
    async with Store.open(url):
        pass
    async with beside(url) as newer:
        await newer.execute("UPDATE preload_bot_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=r"newer version \(revision 9999\)"):
        async with Store.open(url):
            pass


async def test_two_processes_never_write_at_once(url: str) -> None:
    async with Store.open(url, busy_timeout_s=0.05) as one, Store.open(url) as other:
        async with other.database.writing():
            with pytest.raises(StoreUnavailable, match="lock timeout"):
                await one.asks.remember(ASK)
        assert await one.asks.find(await one.asks.remember(ASK)) == ASK


async def test_a_request_is_noted_while_another_process_writes(url: str) -> None:
    async with Store.open(url) as one, Store.open(url) as other, other.database.writing():
        assert await one.requests.note("a")
        assert not await one.requests.note("a")


async def test_a_reader_is_not_held_up_by_another_processs_writing(url: str) -> None:
    async with Store.open(url) as one, Store.open(url) as other:
        key = await one.asks.remember(ASK)
        async with other.database.writing():
            assert await one.asks.find(key) == ASK


async def test_a_process_stopped_in_a_transaction_holds_up_the_others_for_seconds_only(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Store.open(url) as one:
        monkeypatch.setattr(engine, "STOPPED_S", 1)
        async with Store.open(url) as stopped:
            with pytest.raises(StoreUnavailable):
                async with stopped.database.writing():
                    await one.asks.remember(ASK)  # until the server ends that
            assert await one.asks.find(ASK.key) == ASK


async def test_a_process_starts_though_another_was_stopped_in_a_transaction(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "STOPPED_S", 1)
    is_started = False
    async with Store.open(url) as stopped:
        with suppress(StoreUnavailable):  # in the end: the server ends that transaction
            async with stopped.database.writing(), Store.open(url, busy_timeout_s=0.5):
                is_started = True
    assert is_started


async def test_a_server_that_goes_makes_the_store_unavailable_until_it_is_back() -> None:
    with TemporaryDirectory(prefix="postgres-") as folder, postgres(Path(folder)) as server:
        async with Store.open(server.url) as store:
            key = await store.asks.remember(ASK)
            server.stop()
            with pytest.raises(StoreUnavailable):
                await store.asks.find(key)
            with pytest.raises(StoreUnavailable):
                await store.ping()
            server.start()
            assert await store.asks.find(key) == ASK


async def test_a_server_that_is_restarted_again_and_again_is_never_more_than_unavailable() -> None:
    async def use(store: Store, name: str) -> None:
        for number in count():
            with suppress(StoreUnavailable):
                await store.asks.remember(Ask("default", f"{name}{number}.example.com"))
                await store.requests.note(f"{name}{number}")
                await store.ping()
            await asyncio.sleep(0)

    with TemporaryDirectory(prefix="postgres-") as folder, postgres(Path(folder)) as server:
        async with Store.open(server.url) as store:
            using = [asyncio.create_task(use(store, f"at-{number}-")) for number in range(12)]
            for _ in range(5):
                await store.requests.note(secrets.token_hex(8))
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
                await back(store)
            for one in using:
                one.cancel()
            ended = await asyncio.gather(*using, return_exceptions=True)
    assert {type(one) for one in ended} == {asyncio.CancelledError}


async def test_where_no_server_is_the_store_is_unavailable_and_no_password_is_told() -> None:
    url = f"postgresql://bot:s3cret@127.0.0.1:{free_port()}/bot"
    with pytest.raises(StoreUnavailable) as caught:
        async with Store.open(url):
            pass
    assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


async def test_a_wrong_name_is_told_as_the_server_tells_it(postgres_server: Postgres) -> None:
    url = postgres_server.url.removesuffix("/postgres") + "/nowhere"
    with pytest.raises(StoreUnavailable, match='database "nowhere" does not exist'):
        async with Store.open(url):
            pass


async def test_the_way_a_provider_writes_that_tls_is_wanted_is_understood(url: str) -> None:
    async with Store.open(f"{url}?sslmode=prefer") as store:
        await store.ping()
    with pytest.raises(StoreUnavailable):  # this server has none
        async with Store.open(f"{url}?sslmode=require"):
            pass


@pytest.mark.parametrize("asked", ["sslmode=perhaps", "channel_binding=require", "user=s3cret"])
async def test_what_else_stands_in_the_url_is_refused_by_its_name(url: str, asked: str) -> None:
    with pytest.raises(StoreUnfit, match=asked.partition("=")[0]) as refused:
        async with Store.open(f"{url}?{asked}"):
            pass
    assert asked.partition("=")[2] not in str(refused.value)
