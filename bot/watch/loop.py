"""The sweeps of one account: plan, read, and write down what it comes to.

What a reply comes to, the new state and what is to be told of it, is written in one transaction;
only then is it what is known. So whatever dies when, it is read again or it is told.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Self

import structlog

from bot.errors import LiveError, StoreUnavailable
from bot.live.model import MAX_PAGE_SIZE
from bot.live.quota import Priority
from bot.watch import changes, telling
from bot.watch.agenda import Agenda
from bot.watch.following import Following
from bot.watch.known import Observed
from bot.watch.model import Followed, key_of
from bot.watch.needs import Freshness, Why
from bot.watch.notices import Turn
from bot.watch.pauses import Steps
from bot.watch.reporting import Reporting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime
    from types import TracebackType

    from bot.live.client import LiveClient
    from bot.live.gone import GoneLive
    from bot.live.model import TaskPage
    from bot.store import Store
    from bot.store.leases import Leases
    from bot.watch.domain import Domain
    from bot.watch.needs import Call

_STORE_PAUSE_S = 2.0
REDRAWN_S = 120.0
"""A message in which nothing changes is drawn anew so often: it says when that was observed."""
_TIDIED_EVERY_S = 3600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how much.

    Attributes:
        freshness: how old what is known may be.
        calls_per_s: how many calls a second at most, evenly spaced.
        at_once: how many calls may wait for their replies.
        longest_pause_s: so long at most it takes until what was stored elsewhere is noticed.
        blind_after: a domain that cannot be read for so long is said to be.
    """

    freshness: Freshness = field(default_factory=Freshness)
    calls_per_s: float = 8.0
    at_once: int = 16
    longest_pause_s: float = 1.0
    blind_after: timedelta = timedelta(minutes=2)


class Sweeps:
    """Reads what is followed of one account.

    Leaving the context ends the calls under way.

    Args:
        account: its name in the settings.
        live: its client, or what stands in for it.
        store: where all is written.
        leases: what of it is this process's to do.
        pace: how fast.
        told: called when something was written that is to be told.
        now: the wall clock, in UTC.
        clock_s: a monotonic clock, in seconds.
        sleep: how to pause between calls.
        reporting: told how it goes.
    """

    def __init__(
        self,
        account: str,
        live: LiveClient | GoneLive,
        store: Store,
        *,
        leases: Leases,
        pace: Pace,
        told: Callable[[], None],
        now: Callable[[], datetime],
        clock_s: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        reporting: Reporting | None = None,
    ) -> None:
        self._live = live
        self._pace = pace
        self._told = told
        self._now = now
        self._clock_s = clock_s
        self._steps = Steps(1 / pace.calls_per_s, clock_s, sleep)
        self._agenda = Agenda(pace.freshness, pace.calls_per_s, clock_s)
        self._reporting = reporting or Reporting(account)
        self._following = Following(account, store, leases=leases, now=now, clock_s=clock_s)
        self._writing = asyncio.Lock()
        self._drawn_s: dict[str, float] = {}  # when a turn that knew of the watch last redrew it
        self._reading: set[asyncio.Task[None]] = set()
        self._tidied_s = clock_s()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for reading in self._reading:
            reading.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)

    async def turn(self) -> float:
        """Send the calls of about a second; in how many seconds there is more to do.

        Raises:
            StoreUnavailable: the store does not say what is followed.
        """
        async with self._writing:
            if await self._following.look_up():
                self._agenda.put_aside()
        for domain in [*self._following.domains.values()]:
            await self._pass_time(domain)
        self._reporting.follows(self._following.domains.values())
        self._tidy()
        free = self._pace.at_once - len(self._reading)
        if free <= 0:
            await asyncio.wait(self._reading, return_when=asyncio.FIRST_COMPLETED)
            return 0.0
        calls = self._agenda.take(
            (domain.need() for domain in self._following.domains.values()),
            now=self._live.gateway_time(),
            most=max(1, min(free, round(self._pace.calls_per_s))),
        )
        for call in calls:
            await self._steps.next()
            self._start(call)
        return min(max(self._agenda.next_at_s - self._clock_s(), 0.0), self._pace.longest_pause_s)

    # --- turns ---

    async def _pass_time(self, domain: Domain) -> None:
        """Write down what the clock alone has brought about."""
        now = self._now()
        async with self._writing:
            if not self._following.is_followed(domain):
                return
            domain.reckon(self._clock_s(), now)
            observed = changes.elapsed(domain.tasks, now=now) if domain.is_known else Observed()
            turn = self._turn(domain, domain.followed, observed)
            if turn != Turn(domain.followed):
                await self._write(domain, turn)
            domain.passed(turn.followed, observed)

    def _turn(self, domain: Domain, followed: Followed, observed: Observed) -> Turn:
        watches = self._following.watches[domain.name]
        turn = telling.turn(
            before=domain.followed,
            followed=followed,
            observed=observed,
            tasks=domain.tasks,
            subscriptions=self._following.subscriptions[domain.name],
            watches=watches,
            alarms=self._following.alarms,
            now=self._now(),
            is_known=domain.is_known,
            unmatched={watch.id for watch in watches} - self._drawn_s.keys(),
            unasked=self._following.unasked(domain),
            blind_after=self._pace.blind_after,
        )
        if followed.failing_since is None:
            now_s = self._clock_s()
            old = (one.id for one in watches if now_s >= self._drawn_s.get(one.id, inf) + REDRAWN_S)
            turn = replace(turn, redrawn=turn.redrawn.union(old))
        return turn

    async def _write(self, domain: Domain, turn: Turn) -> None:
        """Write it down in one transaction; from then on it is so, unless another reads it now.

        Raises:
            StoreUnavailable: nothing was written.
        """
        if not await self._following.record(domain, turn):
            return
        watches = self._following.watches[domain.name]
        self._following.changed(domain, turn)
        drawn = turn.redrawn | {one.id for one in watches if one.id not in self._drawn_s}
        self._drawn_s |= dict.fromkeys(drawn, self._clock_s())
        if turn.told or turn.redrawn:
            self._told()

    def _tidy(self) -> None:
        """Forget now and then what is of no use any more."""
        if self._clock_s() < self._tidied_s + _TIDIED_EVERY_S:
            return
        self._tidied_s = self._clock_s()
        all_watches = self._following.watches.values()
        active = {watch.id for watches in all_watches for watch in watches}
        self._drawn_s = {id_: at_s for id_, at_s in self._drawn_s.items() if id_ in active}
        self._following.tidy()

    async def idle(self) -> None:
        """Wait until no call is under way."""
        while self._reading:
            await asyncio.wait(self._reading)

    # --- calls ---

    def _start(self, call: Call) -> None:
        domain = self._following.domains.get(call.domain)
        if domain is None:  # another process reads it by now
            return
        domain.sent(call, self._clock_s())
        reading = asyncio.create_task(self._read(domain, call), name=f"sweep {call.domain}")
        self._reading.add(reading)
        reading.add_done_callback(lambda reading: self._end(reading, domain, call))

    def _end(self, reading: asyncio.Task[None], domain: Domain, call: Call) -> None:
        self._reading.discard(reading)
        error = None if reading.cancelled() else reading.exception()
        if error is not None and domain.failed(call, type(error).__name__, self._clock_s()):
            # A fault of ours. What cannot be taken is not known, and that is said like any other.
            log.error("reading crashed", domain=domain.name, exc_info=error)

    async def _read(self, domain: Domain, call: Call) -> None:
        """Ask a question to its end, and write down each reply."""
        sent_at, asked_s = self._live.gateway_time(), self._clock_s()
        unasked = self._following.unasked(domain)
        returned: set[str] = set()
        try:
            async for page, sent_s, is_last in self._replies(call):
                returned.update(map(key_of, page.tasks))
                async with self._writing:
                    if not self._following.is_followed(domain):
                        return
                    followed = domain.after(call, page, sent_at, is_last=is_last)
                    await self._take(domain, followed, page, sent_s)
                    if is_last and self._following.is_followed(domain):
                        domain.done(call, returned, page, asked_s)
                        self._reporting.read(domain, call, self._clock_s())
            if unasked != self._following.unasked(domain):
                await self._pass_time(domain)  # there are watches that waited for it
        except LiveError as error:
            if domain.failed(call, error.code or type(error).__name__, self._clock_s()):
                log.warning("domain not read", domain=domain.name, error=str(error))
        except StoreUnavailable as error:
            domain.put_back(call, self._clock_s() + _STORE_PAUSE_S)
            log.warning("reading not stored", domain=domain.name, error=str(error))

    async def _replies(self, call: Call) -> AsyncIterator[tuple[TaskPage, float, bool]]:
        """Each reply, when its call was sent, and whether it is the last."""
        for query in call.queries:
            for number in count(call.page):
                if number > call.page or query is not call.queries[0]:
                    await self._steps.next()
                sent_s = self._clock_s()
                page = await self._live.describe_preload_tasks(
                    query, page=number, page_size=MAX_PAGE_SIZE, priority=Priority.BACKGROUND
                )
                is_end = (
                    call.why is Why.FULL or not page.tasks or number * MAX_PAGE_SIZE >= page.total
                )
                yield page, sent_s, is_end and query is call.queries[-1]
                if is_end:
                    break

    async def _take(
        self, domain: Domain, followed: Followed, page: TaskPage, sent_s: float
    ) -> None:
        """Take a reply for what is known, once it is written down.

        Raises:
            StoreUnavailable: it could not be.
        """
        is_watched = bool(self._following.watches[domain.name])
        observed = changes.observed(
            domain.tasks,
            [task for task in page.tasks if domain.everything or domain.wants(task.stream)],
            at=page.observed_at,
            sent_s=sent_s,
            since=domain.since,
            kept_fresh=changes.KEPT_FRESH_WATCHED if is_watched else changes.KEPT_FRESH,
        )
        turn = self._turn(domain, followed, observed)
        await self._write(domain, turn)
        if domain.read(turn.followed, observed, self._clock_s(), sent_s):
            log.info("domain read again", domain=domain.name)
