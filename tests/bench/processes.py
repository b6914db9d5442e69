"""Servers in processes of their own, so that their CPU time is theirs."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ADDRESS = re.compile(r"https?://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens.

    Attributes:
        address: such as `http://127.0.0.1:8099`.
        pid: of its process.
    """

    address: str
    pid: int

    @property
    def resident_mib(self) -> float:
        """Its resident memory."""
        return float(psutil.Process(self.pid).memory_info().rss) / (1 << 20)


@asynccontextmanager
async def serving(
    module: str, *arguments: str, says: str = "", **environment: str
) -> AsyncIterator[Server]:
    """Run `python -m module` until the context ends.

    Args:
        module: what to run; it prints or logs its address when it listens.
        arguments: for it.
        says: a word that stands on the line with the address.
        environment: variables beside this process's own.

    Raises:
        RuntimeError: it ended before it listened; with what it had printed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    reading: asyncio.Task[bytes] | None = None
    try:
        address = await _address(process.stdout, says)
        reading = asyncio.create_task(process.stdout.read())  # a full pipe would stop it
        yield Server(address, process.pid)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if reading is not None:
            await reading


async def _address(output: asyncio.StreamReader, says: str) -> str:
    said = []
    async for line in output:
        said.append(line.decode())
        if says in said[-1] and (found := _ADDRESS.search(said[-1])):
            return found[0]
    raise RuntimeError("".join(said))
