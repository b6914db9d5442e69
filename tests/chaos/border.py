"""Where the bot meets what is outside of it, and where it may die: a crossing at a time.

A crossing is a moment before or after a commit, and a call as it arrives or as it has taken
effect. Nothing that the bot does after its death crosses the border any more.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from bot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy.ext.asyncio import AsyncConnection

    from tests.chaos.world import Handler


class Crash(BaseException):
    """The process is gone: nothing that ends well or badly is done any more."""


class Border:
    """Counts crossings; at the one that is fatal the bot dies.

    Args:
        fatal: the number of that crossing, from 1; None lets it live.
        late_s: how long after the death a call takes effect over which it died.

    Attributes:
        crossings: what each crossing was.
        died: set from the death until `reborn`.
    """

    def __init__(self, fatal: int | None = None, *, late_s: float = 0.0) -> None:
        self._fatal = fatal
        self._late_s = late_s
        self.crossings: list[str] = []
        self.died = asyncio.Event()

    def __str__(self) -> str:
        if self._fatal is None or len(self.crossings) < self._fatal:
            return "no death"
        fatal = self.crossings[self._fatal - 1]
        return f"death at crossing {self._fatal}, {fatal}, which takes effect {self._late_s} s late"

    def reborn(self) -> None:
        """A new process starts."""
        self.died.clear()

    def cross(self, what: str) -> bool:
        """Count a crossing; whether the bot is dead."""
        if not self.died.is_set():
            self.crossings.append(what)
            if len(self.crossings) == self._fatal:
                self.died.set()
        return self.died.is_set()

    async def guard(self, name: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a call through, unless the dead sent it."""
        if self.died.is_set():
            return _lost(request)
        await request.read()  # it has arrived whole
        if self.cross(f"{name} arrives"):
            await asyncio.sleep(self._late_s)
            await handler(request)
            return _lost(request)
        response = await handler(request)
        return _lost(request) if self.cross(f"{name} has taken effect") else response

    @contextmanager
    def around_commits(self) -> Iterator[None]:
        """Have every transaction of this process cross the border."""
        writing, border = Database.writing, self

        @asynccontextmanager
        async def crossing(database: Database) -> AsyncIterator[AsyncConnection]:
            async with writing(database) as connection:
                yield connection
                if border.cross("before a commit"):
                    raise Crash
            if border.cross("after a commit"):
                raise Crash

        Database.writing = crossing  # type: ignore[method-assign,assignment] # taken back below
        try:
            yield
        finally:
            Database.writing = writing  # type: ignore[method-assign] # as it was


def _lost(request: web.Request) -> web.Response:
    """No answer ever comes to who sent this."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
