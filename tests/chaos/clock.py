"""An event loop with sockets and a database in it whose clock jumps where nobody is at work.

Time-outs of minutes pass in milliseconds, and still in their order: the clock stands while the
database is asked (its threads answer in real time), and while anything is to be read from a
socket. On loopback what is sent is there to be read at once.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

import aiosqlite.core

from bot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy.ext.asyncio import AsyncConnection

    Use = Callable[[Database], AbstractAsyncContextManager[AsyncConnection]]

T = TypeVar("T")

GRACE_S = 0.000_2
"""For which time, in earnest, sockets are listened to before the clock jumps."""
HANGS_S = 10.0
"""No answer of the database takes that long."""


class _Threads:
    """How many answers are awaited of the threads that databases are used in."""

    def __init__(self) -> None:
        self.busy = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count them, whatever they are asked for: aiosqlite has a queue to each of its threads.

        PostgreSQL is at the other end of a socket: there each use of a database counts.
        """
        threads = self

        class Counting(SimpleQueue[Any]):
            def put_nowait(self, item: Any) -> None:  # noqa: ANN401 - aiosqlite's own
                future = item[0]
                if future is not None:
                    threads.busy += 1
                    future.add_done_callback(threads.answered)
                super().put_nowait(item)

        def counting(use: Use) -> Use:
            @asynccontextmanager
            async def counted(database: Database) -> AsyncIterator[AsyncConnection]:
                threads.busy += 1
                try:
                    async with use(database) as connection:
                        yield connection
                finally:
                    threads.busy -= 1

            return counted

        with (
            mock.patch.object(aiosqlite.core, "SimpleQueue", Counting),
            mock.patch.object(Database, "reading", counting(Database.reading)),
            mock.patch.object(Database, "writing", counting(Database.writing)),
        ):
            yield

    def answered(self, _: object) -> None:
        self.busy -= 1


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, threads: _Threads) -> None:
        super().__init__()
        self.now_s = 0.0
        self._threads = threads

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        hangs_at = time.monotonic() + HANGS_S
        while self._threads.busy and time.monotonic() < hangs_at:
            if ready := super().select(0.01):
                return ready
        if timeout is None:
            return super().select(HANGS_S)
        if ready := super().select(GRACE_S):
            return ready
        self.now_s += timeout
        return ready


class ChaosLoop(asyncio.SelectorEventLoop):
    """Hours pass in seconds."""

    def __init__(self, threads: _Threads) -> None:
        self._jumping = _JumpingSelector(threads)
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


class Clock:
    """The wall clock of a run, which goes with its loop's; `step` sets it, as an operator would."""

    def __init__(self, epoch: datetime) -> None:
        self.epoch = epoch
        self.step = timedelta()

    def seconds(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return self.epoch + timedelta(seconds=self.seconds()) + self.step


def epoch() -> datetime:
    """A whole second about now."""
    return datetime.now(UTC).replace(microsecond=0)


def run(main: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run `main` in a loop of its own whose clock jumps."""
    threads = _Threads()
    with threads.counted(), asyncio.Runner(loop_factory=lambda: ChaosLoop(threads)) as runner:
        return runner.run(main())
