"""Work that goes on in the background: jobs, which end, and loops, which do not.

Jobs are held, bounded, logged, drained. A loop outlives its bad turns.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import structlog
from structlog.contextvars import bind_contextvars

from bot.errors import Busy, StoreUnavailable
from bot.logs import new_request_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from types import TracebackType

log = structlog.get_logger(__name__)


class Jobs:
    """Runs jobs until they end or it is closed.

    Each job has a request ID, which stands on every line it logs (`bot.logs.request_id` tells it
    inside the job). Leaving the context drains.

    Args:
        limit: how many may run at a time.
        spare: how many more may, of those that tell people that there is no room.
        drain_timeout_s: how long leaving the context waits for them.
        cancel_grace_s: how long those cancelled then may take to tidy up.
        new_id: makes request IDs.
    """

    def __init__(
        self,
        *,
        limit: int = 200,
        spare: int = 20,
        drain_timeout_s: float = 10.0,
        cancel_grace_s: float = 1.0,
        new_id: Callable[[], str] = new_request_id,
    ) -> None:
        self._limit = limit
        self._spare = spare
        self._drain_timeout_s = drain_timeout_s
        self._cancel_grace_s = cancel_grace_s
        self._new_id = new_id
        self._running: set[asyncio.Task[None]] = set()
        self._is_open = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.drain(self._drain_timeout_s)

    def __len__(self) -> int:
        return len(self._running)

    def start(
        self,
        name: str,
        work: Coroutine[object, object, None],
        *,
        on_crash: Callable[[str], Awaitable[None]] | None = None,
        is_excuse: bool = False,
    ) -> str:
        """Start `work` and return its request ID at once.

        Args:
            name: what the job is, for the log.
            work: what is to be done; closed unstarted if there is no room for it.
            on_crash: called with the request ID if `work` raises, so that whoever waits for it
                can be told the ID under which the log has the reason.
            is_excuse: it tells that there is no room, and may take one of the spare places.

        Raises:
            Busy: as many jobs are running as may, or no more are taken before a shutdown.
        """
        limit = self._limit + (self._spare if is_excuse else 0)
        if not self._is_open or len(self._running) >= limit:
            work.close()
            raise Busy
        request_id = self._new_id()
        task = asyncio.create_task(self._run(name, work, request_id, on_crash), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return request_id

    async def idle(self) -> None:
        """Wait until none is running, those started meanwhile included."""
        while self._running:
            await asyncio.wait(self._running)

    async def drain(self, timeout_s: float) -> int:
        """Take no more jobs, wait for those that run, cancel the rest.

        Returns:
            How many had to be cancelled.
        """
        self._is_open = False
        if not self._running:
            return 0
        _, late = await asyncio.wait(self._running, timeout=timeout_s)
        for task in late:
            log.warning("job cancelled by the shutdown", job=task.get_name())
            task.cancel()
        if late:
            _, stuck = await asyncio.wait(late, timeout=self._cancel_grace_s)
            for task in stuck:
                log.warning("job outlives its cancellation", job=task.get_name())
        return len(late)

    async def _run(
        self,
        name: str,
        work: Coroutine[object, object, None],
        request_id: str,
        on_crash: Callable[[str], Awaitable[None]] | None,
    ) -> None:
        bind_contextvars(job=name, request_id=request_id)  # they end with the task's own context
        if not await self._survived(work, "job crashed") and on_crash is not None:
            await self._survived(on_crash(request_id), "could not tell of the crash")

    async def _survived(self, work: Awaitable[None], otherwise: str) -> bool:
        """Await `work`; if it raises, log `otherwise` with the traceback and return False."""
        try:
            await work
        except Exception:
            log.exception(otherwise)
            return False
        return True


LONGEST_PAUSE_S = 30.0
STORE_PAUSE_S = 2.0
"""How long a loop waits for a store that is away: soon after its return all goes on."""


class Loops:
    """Loops that go on until the context is left, which ends and awaits them."""

    def __init__(self) -> None:
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for loop in self._running:
            loop.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def start(
        self, name: str, turn: Callable[[], Awaitable[float]], *, woken: asyncio.Event
    ) -> None:
        """Take turns, the first at once; one that raises is logged, and the next comes later.

        That the store is away is logged once, until it is there again.

        Args:
            name: what the loop is, for the log.
            turn: does what is due and returns in how many seconds there is more to do.
            woken: set by whoever knows that there is something to do before that.
        """
        self._running.append(asyncio.create_task(_turns(name, turn, woken), name=name))


async def _turns(name: str, turn: Callable[[], Awaitable[float]], woken: asyncio.Event) -> None:
    failed, waits = 0, False
    while True:
        woken.clear()
        try:
            pause_s = await turn()
            if waits:
                log.info("the store is there again", loop=name)
            failed, waits = 0, False
        except StoreUnavailable as error:
            if not waits:
                log.warning("waiting for the store", loop=name, error=str(error))
            pause_s, waits = STORE_PAUSE_S, True
        except Exception:
            log.exception("turn failed", loop=name)
            pause_s = min(2.0**failed, LONGEST_PAUSE_S)
            failed += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await woken.wait()
