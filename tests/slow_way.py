"""A way to a server that takes its time: what is sent arrives later, each connection in order."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@asynccontextmanager
async def slowed(address: str, *, delay_s: Callable[[int], float]) -> AsyncIterator[str]:
    """Yields an address that leads to `address`.

    Args:
        address: of an HTTP server on this machine.
        delay_s: by how much a request is held up, in seconds, by its number on its connection
            (from 0).
    """
    to = urlsplit(address)
    ways: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        ways.add(task)
        there, back = await asyncio.open_connection(to.hostname, to.port)
        answering = asyncio.create_task(_carried(there, writer))
        number = 0
        try:
            while sent := await reader.read(1 << 16):
                await asyncio.sleep(delay_s(number))
                number += 1
                back.write(sent)
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            answering.cancel()
            back.close()
            writer.close()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways)


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while received := await reader.read(1 << 16):
        writer.write(received)
