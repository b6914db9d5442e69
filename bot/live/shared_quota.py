"""The quota of several processes, which share it through Redis; each alone while that is away.

Places are those of `bot.live.quota`: free again one second after the reply, or after the deadline.
Redis knows which are taken, and gives each to whoever waits in front of all processes. It says so a
moment before the place is free, so that the call is sent on time.

When Redis is away, nobody knows what the others send. So a process first gives out nothing until
all that Redis had given has passed, then no more than its share, and tells Redis of it as it
returns. Redis gives out nothing meanwhile, until all have had time to return. Where only some
processes lose Redis, those send their shares beside what the others get: the API may throttle.
"""

from __future__ import annotations

import asyncio
import heapq
import secrets
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self

import structlog

from bot.live.ledger import LastMinute, Ledger
from bot.live.outage import Outage, Sharing
from bot.live.quota import REST_S, Place, Use
from bot.live.shared_places import LATE_S, OPENS_S, SOON_S, UNREACHABLE, Question, SharedPlaces
from bot.live.waiters import Given, Waiters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from redis.asyncio import Redis

    from bot.live.quota import Priority
    from bot.live.shared_places import Answer

_RETRY_S = 0.5
_BUSY_BEAT_S = 1.0
_IDLE_BEAT_S = 5.0

log = structlog.get_logger(__name__)


class SharedQuota:
    """A quota that several processes share.

        async with SharedQuota(redis, "describe", 10, max_processes=4, hold_s=8.0) as quota:
            async with quota.place(Priority.PERSON) as place: ...

    People come before the background in all processes together, and who came first comes first.

    Args:
        redis: a client of the server, which should not retry by itself; it stays open.
        name: of the quota: the same in all processes that share it.
        per_s: calls in any one second, of all processes.
        max_processes: how many processes there are at most: while Redis is away, each uses
            `per_s // max_processes`, but at least 1.
        hold_s: how long a call may take to arrive, from when it has its place: its deadline.
        opens_s: for how long Redis gives out nothing after it has lost what it knew.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        per_s: int,
        *,
        max_processes: int,
        hold_s: float,
        opens_s: float = OPENS_S,
    ) -> None:
        self._name = name
        self._per_s = per_s
        self._lasts_s = hold_s + LATE_S + REST_S
        self._outage = Outage(max(1, per_s // max_processes), wait_s=SOON_S + self._lasts_s)
        process = secrets.token_hex(8)
        self._places = SharedPlaces(redis, name, process, per_s, hold_s=hold_s, opens_s=opens_s)
        self._ledger = Ledger(process)
        self._waiters = Waiters()
        self._given: list[Given] = []
        self._used = LastMinute(per_s)
        self._limit = per_s
        self._throttled = False
        self._since: int | None = None
        self._ahead_s = 0.0  # Redis's clock, of ours
        self._ask_at_s = float("-inf")
        self._to_ask = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None
        self._is_closing = False

    async def __aenter__(self) -> Self:
        self._asking = asyncio.create_task(self._ask_again_and_again(), name=f"quota {self._name}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give all back. The task is not cancelled: redis-py may lose that on its way."""
        self._is_closing = True
        self._waiters.send_away()
        self._give()
        self._to_ask.set()
        if self._asking is not None:
            await self._asking

    @property
    def state(self) -> Sharing:
        """How this process takes part now."""
        return self._outage.state

    def use(self) -> Use:
        """How much of it this process uses now; of its share while it is alone."""
        now = _now()
        limit, full = self._outage.limits(now) or (self._limit, self._per_s)
        return Use(self._used.count(now), len(self._waiters), limit, full)

    async def use_of_all(self) -> Use:
        """How much of it all processes use now; this one alone where Redis does not say."""
        if self.state is Sharing.SHARED:
            with suppress(*UNREACHABLE):
                last_minute, waiting = await self._places.use()
                return Use(last_minute, waiting, self._limit, self._per_s, is_of_all=True)
        return self.use()

    @asynccontextmanager
    async def place(self, priority: Priority, *, by_s: float | None = None) -> AsyncIterator[Place]:
        """Wait for a place and hold it."""
        async with asyncio.timeout_at(by_s):
            given = await self._granted(priority)
        place = Place()
        try:
            yield place
        finally:
            self._give_back(given, free_at=place.free_at(_now()))
            self._give()

    def throttled(self) -> None:
        """Lower the rate of all processes; it recovers by itself."""
        if self._outage.share is not None:
            self._outage.share.lower(_now())
        self._throttled = True
        self._tell()

    async def _granted(self, priority: Priority) -> Given:
        """Wait for a place."""
        waiter = self._waiters.come(priority, came_s=_now() + self._ahead_s)
        while True:
            self._tell()
            self._give()
            try:
                given = await waiter.given
            except asyncio.CancelledError:
                if not waiter.given.cancelled():  # given in the tick it was cancelled in
                    self._give_back(waiter.given.result(), free_at=_now())
                self._tell()
                self._give()
                raise
            now = _now()
            if now <= given.until_s:
                self._used.add(given.token, at=now)
                return given
            self._give_back(given, free_at=now)
            self._waiters.come_back(waiter)

    def _give_back(self, given: Given, *, free_at: float) -> None:
        """Let others have the place from `free_at` on."""
        if given.share is not None:
            given.share.give_back(_now(), free_at=free_at)
            self._ledger.take(given.token, free_at=free_at)
        if given.share is None or given.share is not self._outage.share:
            self._ledger.give_back(given.token, free_at=free_at)
            self._tell()

    def _tell(self) -> None:
        """Ask Redis at once; while it is away, when that is due."""
        if self.state is Sharing.SHARED:
            self._to_ask.set()

    def _give(self) -> None:
        """Give out what may be used, and wake up when more may be."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = _now()
        while self._waiters.anybody():
            given = self._next(now)
            if given is None:
                change = self._next_change(now)
                if change is not None:
                    self._timer = asyncio.get_running_loop().call_at(change, self._give)
                return
            self._waiters.give(given)
        for unwanted in self._given:
            self._give_back(unwanted, free_at=max(now, unwanted.at_s))
        self._given.clear()

    def _next(self, now: float) -> Given | None:
        """A place that may be used now."""
        while self._given and self._given[0].at_s <= now:
            given = heapq.heappop(self._given)
            if now <= given.until_s:
                return given
            self._give_back(given, free_at=now)
        share = self._outage.take(now)
        if share is None:
            return None
        token = self._ledger.token()
        self._ledger.take(token, free_at=now + self._lasts_s)
        return Given(now, now + LATE_S, token, share)

    def _next_change(self, now: float) -> float | None:
        """When a place may be there; None if only Redis or a reply can bring one."""
        times = [share.next_change(now) if (share := self._outage.share) is not None else None]
        times += [given.at_s for given in self._given[:1]]
        return min((time for time in times if time is not None), default=None)

    async def _ask_again_and_again(self) -> None:
        """Ask when there is something to say, and when it is time; at the end give all back."""
        loop = asyncio.get_running_loop()
        is_last = False
        while not is_last:
            timer = loop.call_at(self._ask_at_s, self._to_ask.set)
            await self._to_ask.wait()
            timer.cancel()
            is_last = self._is_closing
            await self._ask()
            self._give()

    async def _ask(self) -> None:
        self._to_ask.clear()
        asked_s = _now()
        question = self._question(asked_s)
        try:
            answer = await self._places.ask(question)
        except UNREACHABLE as error:
            self._miss(error)
        else:
            self._learn(question, answer, asked_s)

    def _question(self, now: float) -> Question:
        """What there is to say and to ask; while Redis is away, nobody asks for a place."""
        is_away = self.state is not Sharing.SHARED
        taken = self._ledger.told(now, everything=is_away)
        # The first of those who wait are to get what has been given already.
        waiting = [] if is_away else self._waiters.in_order()[len(self._given) :]
        first = waiting[: self._per_s]
        tokens = tuple(self._ledger.token() for _ in first)
        self._ledger.asked_for(tokens)
        throttled, self._throttled = self._throttled, False
        return Question(
            waiting=tuple((waiter.priority, waiter.came_s) for waiter in first),
            tokens=tokens,
            others=len(waiting) - len(first),
            taken=taken,
            used=self._used.untold(now),
            throttled=throttled,
            was_alone=self.state is Sharing.ALONE,
        )

    def _learn(self, question: Question, answer: Answer, asked_s: float) -> None:
        """Take what was given."""
        now = _now()
        self._ledger.heard(is_heard=True)
        self._ledger.answered(question.tokens)
        self._used.told(asked_s)
        for token, in_s in zip(question.tokens, answer.given_s, strict=False):
            self._ledger.take(token, free_at=now + in_s + self._lasts_s)
            heapq.heappush(self._given, Given(now + in_s, asked_s + in_s + LATE_S, token))
        if self.state is Sharing.ALONE or self._since not in {None, answer.since}:
            self._ledger.all_is_news()
            self._used.all_is_news()
        if self.state is not Sharing.SHARED:
            self._outage.over()
            log.info("quota shared again", quota=self._name)
        self._since, self._limit = answer.since, answer.per_s
        self._ahead_s = answer.now_s - now
        waits = len(question.waiting) > len(answer.given_s)
        if self._ledger.has_news or (not waits and len(self._waiters) > len(self._given)):
            self._to_ask.set()  # there is more to say, or more of those who wait
        pause_s = answer.again_s if waits else _BUSY_BEAT_S if self._ledger else _IDLE_BEAT_S
        self._ask_at_s = now + pause_s

    def _miss(self, error: BaseException) -> None:
        """Get along without Redis, and look again in a while."""
        now = _now()
        self._ledger.heard(is_heard=False)
        self._to_ask.clear()
        self._ask_at_s = now + _RETRY_S
        if self.state is Sharing.SHARED:
            then = {"wait_s": self._outage.wait_s, "then_per_s": self._outage.share_per_s}
            log.warning("quota not shared", quota=self._name, error=type(error).__name__, **then)
        self._outage.noticed(now)


def _now() -> float:
    return asyncio.get_running_loop().time()
