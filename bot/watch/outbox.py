"""The outbox: which notice is next in which channel, and that each channel goes at its own pace."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import structlog

from bot.errors import StaleLease, StoreUnavailable
from bot.metrics import UNMETERED
from bot.watch.delivery import Delivery
from bot.watch.parking import Parking
from bot.watch.pauses import Pauses
from bot.watch.redrawing import Redrawing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from datetime import datetime
    from types import TracebackType

    from bot.metrics import Meter
    from bot.slack.channels import Channels
    from bot.slack.poster import Poster
    from bot.store import Store
    from bot.watch.notices import Notice
    from bot.watch.writing import Writer

_READ_AT_ONCE = 200
_TICK_S = 0.01
"""No pause is shorter: what is due in less might be found not to be due yet, again and again."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Lane:
    """What is done one thing after another: a channel's notices, or a chore.

    Attributes:
        free_s: not before this, on the monotonic clock, is the next begun.
        task: what is being done.
        notice: the notice it is about.
    """

    free_s: float = 0.0
    task: asyncio.Task[float] | None = None
    notice: Notice | None = None


class Outbox:
    """Delivers what `store.notices` holds and redraws what `store.watches` wants redrawn.

    Each `turn` begins what is due, at most one thing a channel, and does not wait for it. Leaving
    the context waits a little for what is under way; what is not recorded by then is looked up
    after the next start.

    Args:
        store: what is to be told, and how far it is.
        poster, writer, channels: Slack's side.
        now: the wall clock, in UTC.
        clock_s: a monotonic clock, in seconds.
        sleep: how to wait for the store.
        chance: a random number from 0 to 1.
        pauses: the pace.
        at_once: how many channels are posted to at a time.
        meter: told how delivery goes.
        is_sure: whether nobody else delivers by now: this process may have been stopped for long.
        woken: to be set; without it the outbox has its own.

    Attributes:
        woken: set when there may be something to do before the turn that was due.
    """

    def __init__(
        self,
        store: Store,
        poster: Poster,
        writer: Writer,
        channels: Channels,
        *,
        now: Callable[[], datetime],
        clock_s: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        pauses: Pauses = Pauses(),  # noqa: B008 - frozen
        at_once: int = 20,
        meter: Meter = UNMETERED,
        is_sure: Callable[[], bool] = lambda: True,
        woken: asyncio.Event | None = None,
    ) -> None:
        self.woken = woken or asyncio.Event()
        self._store = store
        self._now = now
        self._clock_s = clock_s
        self._pauses = pauses
        self._at_once = at_once
        parking = Parking(store, channels, now=now, pauses=pauses)
        redrawing = Redrawing(
            store,
            poster,
            writer,
            parking,
            now=now,
            clock_s=clock_s,
            pauses=pauses,
            is_sure=is_sure,
        )
        self._delivery = Delivery(
            store,
            poster,
            writer,
            parking,
            now=now,
            clock_s=clock_s,
            pauses=pauses,
            sleep=sleep,
            chance=chance,
            is_sure=is_sure,
            meter=meter,
        )
        self._chores = ((_Lane(), redrawing.turn), (_Lane(), parking.turn))
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._has_begun = False
        self._store_failed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        lanes = (*self._lanes.values(), *(lane for lane, _ in self._chores))
        tasks = [lane.task for lane in lanes if lane.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self._pauses.close_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Say that there is something new: to be called when notices were queued."""
        self.woken.set()

    async def turn(self) -> float:
        """Begin what is due; seconds until there is more, unless `woken` is set before that.

        Raises:
            StaleLease: another process delivers now.
        """
        self._settle()
        try:
            await self._begin()
            pause_s = await self._pause_s()
        except StoreUnavailable as error:
            self._tell_store(error)
            return self._pauses.store_s
        if self._store_failed:
            log.info("the outbox has its store again")
        self._store_failed = False
        return pause_s

    async def _begin(self) -> None:
        notices = self._store.notices
        if not self._has_begun:
            interrupted = await notices.interrupted()
            self._has_begun = True
            if interrupted:
                log.info("posts of unknown outcome from before the start", count=interrupted)
        for lane, chore in self._chores:
            if self._is_free(lane):
                self._start(lane, chore())
        held = {place: lane for place, lane in self._lanes.items() if not self._is_free(lane)}
        self._lanes = held
        for notice in await notices.due(self._now(), limit=_READ_AT_ONCE):
            place = notice.team_id, notice.channel_id
            lane = self._lanes.setdefault(place, _Lane())
            busy = sum(lane.task is not None for lane in self._lanes.values())
            if busy < self._at_once and self._is_free(lane):
                self._start(lane, self._delivery.attend(notice), notice)

    async def _pause_s(self) -> float:
        now, now_s = self._now(), self._clock_s()
        next_due = await self._store.notices.next_due(now)
        lanes = (*self._lanes.values(), *(lane for lane, _ in self._chores))
        pauses_s = [self._pauses.idle_s, *(lane.free_s - now_s for lane in lanes if not lane.task)]
        if next_due is not None:
            pauses_s.append((next_due - now).total_seconds())
        return max(_TICK_S, min(one for one in pauses_s if one > 0))

    def _start(
        self, lane: _Lane, work: Coroutine[object, object, float], notice: Notice | None = None
    ) -> None:
        lane.notice = notice
        lane.task = asyncio.create_task(work, name=f"notice {notice.key}" if notice else "chore")
        lane.task.add_done_callback(lambda task: self._wake_after(task, lane))

    def _wake_after(self, task: asyncio.Task[float], lane: _Lane) -> None:
        """Something was done, and there may be more; a chore that found nothing to do is none."""
        if lane.notice or task.cancelled() or task.exception() or task.result() > 0:
            self.wake()

    def _settle(self) -> None:
        """Take what has come of what was begun."""
        for lane in (*self._lanes.values(), *(lane for lane, _ in self._chores)):
            if lane.task is not None and lane.task.done():
                self._end(lane, lane.task)

    def _end(self, lane: _Lane, task: asyncio.Task[float]) -> None:
        notice, lane.task, lane.notice = lane.notice, None, None
        error = task.exception()
        if error is None:
            pause_s = task.result()
            lane.free_s = self._clock_s() + (max(pause_s, _TICK_S) if pause_s else 0.0)
        elif isinstance(error, StaleLease):
            raise error
        elif isinstance(error, StoreUnavailable):
            self._tell_store(error)
            lane.free_s = self._clock_s() + self._pauses.store_s
        else:
            log.error("delivery crashed", work=task.get_name(), exc_info=error)
            lane.free_s = self._clock_s() + self._pauses.crash_s
            if notice is not None:
                self._start(lane, self._delivery.crashed(notice))

    def _is_free(self, lane: _Lane) -> bool:
        return lane.task is None and lane.free_s <= self._clock_s()

    def _tell_store(self, error: StoreUnavailable) -> None:
        if not self._store_failed:
            log.warning("the outbox waits for the store", error=str(error))
        self._store_failed = True
