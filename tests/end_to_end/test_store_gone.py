"""PostgreSQL is restarted, or hangs, under a running bot."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from bot.sandbox.slack.printed import printed
from tests.end_to_end.people import ANNA, GENERAL, Person
from tests.end_to_end.replicas import both_ends
from tests.servers import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bot.sandbox.slack import Message
    from tests.end_to_end.replicas import Ends

QUIET = "quiet.example.com"
CUP = f"rtmp://{QUIET}/liveApp/cup"
TOLD_WITHIN_S = 60.0
"""Far longer than it takes: this only ends a test that would never."""


class Wire:
    """What lies between the bot and PostgreSQL. Cut, it says nothing of it to either."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._whole = asyncio.Event()
        self._whole.set()
        self._carrying: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", self._port)
        for ends in ((reader, there[1]), (there[0], writer)):
            carrying = asyncio.create_task(self._carry(*ends))
            self._carrying.add(carrying)
            carrying.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while said := await reader.read(65_536):
                await self._whole.wait()
                writer.write(said)
                await writer.drain()
        writer.close()

    async def end(self) -> None:
        for carrying in self._carrying:
            carrying.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)


@asynccontextmanager
async def wire_to(server: Postgres) -> AsyncIterator[tuple[Wire, str]]:
    """A wire, and the URL of the database at its end."""
    wire = Wire(server.port)
    listening = await asyncio.start_server(wire.take, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield wire, server.url.replace(str(server.port), str(port))
    finally:
        listening.close()
        await wire.end()


@pytest.fixture
def server() -> Iterator[Postgres]:
    """One of its own: it is stopped and started."""
    with TemporaryDirectory(prefix="postgres-") as folder, postgres(Path(folder)) as server:
        yield server


def says(*words: str) -> Callable[[Message], bool]:
    """Whether a message that all can see says all of that."""

    def does(message: Message) -> bool:
        said = printed(message, zone="UTC")
        return message.only_visible_to is None and all(word in said for word in words)

    return does


async def follow(ends: Ends, anna: Person) -> None:
    """Have #general told of a domain, all of which has been read then."""
    await anna.types(f"/preload subscribe {QUIET}")
    mark = ends.slack.messages.mark
    await anna.types(f"/preload watch {CUP}")
    await ends.slack.settled(ANNA, after=mark, until=says("0 of 1 ready"), timeout_s=TOLD_WITHIN_S)


async def fails_unseen(ends: Ends, anna: Person) -> None:
    """While the store is away a stream fails, and people ask this and that."""
    now = datetime.now(UTC)
    ends.live.world.add(
        CUP,
        outcome="failed",
        pending_s=0.0,
        preloading_s=0.3,
        window=(now, now + timedelta(hours=3)),
    )
    asked = "/preload domain=live.example.com status=failed"
    assert re.search(r"1\d failed of 140", await anna.types(asked))
    for text in ("/preload", f"/preload subscribe {QUIET}", "/preload list"):
        assert "store cannot be reached" in await anna.types(text), text


async def is_told_once(ends: Ends, anna: Person, mark: int) -> None:
    """What failed meanwhile is told, and all is as before."""
    told = says("1 stream failed", "liveApp/cup")
    await ends.slack.settled(ANNA, after=mark, until=told, timeout_s=TOLD_WITHIN_S)
    assert QUIET in await anna.types("/preload list")
    standing = ends.slack.messages.seen_by(ANNA, GENERAL)
    assert sum(map(told, standing)) == 1


async def test_while_postgresql_is_gone_questions_are_answered_and_what_happened_is_told_after(
    server: Postgres,
) -> None:
    async with both_ends(server.url) as ends, ends.bot() as demo:
        anna = Person(demo, channel=GENERAL)
        await follow(ends, anna)
        mark = ends.slack.messages.mark
        await asyncio.to_thread(server.stop)
        try:
            await fails_unseen(ends, anna)
            assert ends.slack.request_url
            address = ends.slack.request_url.replace("/slack/events", "/readyz")
            async with ClientSession() as session, session.get(address) as reply:
                assert reply.status == 200  # or no load balancer would send anybody here
                assert (await reply.json())["store"].startswith("unavailable")
        finally:
            await asyncio.to_thread(server.start)
        await is_told_once(ends, anna, mark)


@pytest.mark.long
async def test_while_postgresql_says_nothing_acknowledgements_do_not_wait_for_it(
    server: Postgres,
) -> None:
    async with (
        wire_to(server) as (wire, url),
        both_ends(url) as ends,
        ends.bot() as demo,
    ):
        anna = Person(demo, channel=GENERAL)
        await follow(ends, anna)
        mark = ends.slack.messages.mark
        wire.cut()
        await fails_unseen(ends, anna)
        wire.mend()
        await is_told_once(ends, anna, mark)
