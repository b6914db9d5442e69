"""One notice's next step: sent once, looked for where Slack may have it, sent again if it has not.

What may have arrived is never sent again before it was looked for, twice, by its key. So a notice
is there once, whatever fails and whenever the process ends: what a crash leaves in `SENDING` is
`UNSURE` at the next start.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.errors import StoreUnavailable
from bot.metrics import TOLD, UNCERTAIN, UNMETERED
from bot.slack.errors import HistoryForbidden, SlackRefused, SlackUnavailable
from bot.watch.notices import NoticeState
from bot.watch.parking import OF_TOKEN, is_direct, parks
from bot.watch.pauses import Seldom
from bot.watch.writing import plainer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.metrics import Meter
    from bot.slack.poster import Poster
    from bot.store import Store
    from bot.views.limits import Message
    from bot.watch.notices import Notice
    from bot.watch.parking import Parking
    from bot.watch.pauses import Pauses
    from bot.watch.writing import Writer

_NO_THREAD = frozenset({"thread_not_found", "cannot_reply_to_message"})
_CRASHES = 3

log = structlog.get_logger(__name__)


class Delivery:
    """Takes notices a step further.

    Args:
        store: where notices are, and how far each is.
        poster, writer: post them.
        parking: takes channels that cannot be posted to.
        now: the wall clock, in UTC.
        clock_s: a monotonic clock, in seconds.
        sleep: how to wait for the store.
        chance: a random number from 0 to 1, so that channels do not all try at the same moment.
        pauses: the pace.
        is_sure: whether nobody else delivers by now: this process may have been stopped for long.
        meter: told how long notices take, and which are uncertain.
    """

    def __init__(
        self,
        store: Store,
        poster: Poster,
        writer: Writer,
        parking: Parking,
        *,
        now: Callable[[], datetime],
        clock_s: Callable[[], float],
        pauses: Pauses,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        is_sure: Callable[[], bool] = lambda: True,
        meter: Meter = UNMETERED,
    ) -> None:
        self._store = store
        self._poster = poster
        self._writer = writer
        self._parking = parking
        self._now = now
        self._clock_s = clock_s
        self._pauses = pauses
        self._sleep = sleep
        self._chance = chance
        self._is_sure = is_sure
        self._meter = meter
        self._seldom = Seldom(pauses.tell_again_s, clock_s)
        self._sent_s: dict[int, float] = {}
        self._crashes: Counter[int] = Counter()

    async def attend(self, notice: Notice) -> float:
        """Do what is next; for how many seconds its channel is to be left alone then.

        Args:
            notice: whose turn it is in its channel, as `store.notices.due` gave it.
        """
        try:
            if notice.state is NoticeState.UNSURE:
                return await self._look(notice)
            return await self._send(notice)
        except SlackUnavailable as error:  # before anything was sent
            log.info("slack not reached", channel=notice.channel_id, error=str(error))
            return self._wait_s(error, self._pauses.look_failed_s)

    async def crashed(self, notice: Notice) -> float:
        """`attend` has raised what it should not: what becomes of the notice.

        It may have been sent, so it is looked for; at the third time it is given up.
        """
        self._crashes[notice.id] += 1
        if self._crashes[notice.id] < _CRASHES:
            await self._written(lambda: self._store.notices.unsure(notice.id, self._now()))
            return self._pauses.crash_s
        log.error("notice given up", key=notice.key, kind=notice.kind.value, code="crash")
        await self._written(lambda: self._store.notices.dropped(notice.id, "crash"))
        return 0.0

    async def _send(self, notice: Notice) -> float:
        claimed_s = self._clock_s()
        claimed = await self._claimed(notice)
        if claimed is None:
            return self._pauses.idle_s
        try:
            message = await self._writer.message(claimed)
        except StoreUnavailable as error:
            return await self._again(claimed, self._pauses.store_s, type(error).__name__)
        if message is None:
            await self._drop(claimed, "unwanted")
            return 0.0
        self._sent_s[claimed.id] = self._clock_s()
        try:
            ts = await self._post(claimed, message, claimed_s)
        except SlackUnavailable as error:
            return await self._not_taken(claimed, error)
        except SlackRefused as error:
            return await self._refused(claimed, error.code)
        return await self._posted(claimed, ts)

    async def _claimed(self, notice: Notice) -> Notice | None:
        sent_at = await self._poster.slack_time()
        try:
            return await self._store.notices.claim(notice.id, sent_at)
        except StoreUnavailable:
            # Perhaps it is claimed all the same. If not, this does nothing.
            await self._written(lambda: self._store.notices.unsure(notice.id, self._now()))
            return None

    async def _post(self, notice: Notice, message: Message, claimed_s: float) -> str:
        """Post the message, or what is plainer; each is sent once, as Slack has refused the last.

        Raises:
            SlackRefused: it won't have any of them.
            SlackUnavailable: it has not said, or was not asked.
        """
        thread_ts = notice.thread_ts
        *drawn, plainest = plainer(message)
        for message_so in drawn:
            self._insist(claimed_s)
            try:
                return await self._poster.post(
                    notice.channel_id, message_so, key=notice.key, thread_ts=thread_ts
                )
            except SlackRefused as error:
                if self._is_closed(notice, error.code):
                    raise
                log.warning("notice refused as drawn", key=notice.key, code=error.code)
                thread_ts = None if error.code in _NO_THREAD else thread_ts
        self._insist(claimed_s)
        return await self._poster.post(
            notice.channel_id, plainest, key=notice.key, thread_ts=thread_ts
        )

    def _insist(self, claimed_s: float) -> None:
        """See right before a post that nobody else may send it before it is there, or not at all.

        Whoever takes over looks for it by the time of its claim; in vain, they send it.
        """
        longest_s = self._pauses.second_look_s - self._pauses.first_look_s
        if not self._is_sure() or self._clock_s() - claimed_s > longest_s:
            raise SlackUnavailable("not_sure", delivered=False, retry_after_s=self._pauses.idle_s)

    async def _not_taken(self, notice: Notice, error: SlackUnavailable) -> float:
        """Slack has not said that it has it: what next, and when."""
        if not error.delivered:
            backoff_s = self._pauses.after_unreached(notice.attempts, self._chance())
            return await self._again(notice, self._wait_s(error, backoff_s), error.reason)
        log.info("notice of unknown outcome", key=notice.key, error=error.reason)
        wait_s = max(0.0, self._look_after_s(lookups=0) - await self._sent_ago_s(notice))
        await self._written(lambda: self._store.notices.unsure(notice.id, self._then(wait_s)))
        return wait_s

    async def _look(self, notice: Notice) -> float:
        wait_s = self._look_after_s(notice.lookups) - await self._sent_ago_s(notice)
        if wait_s > 0:
            return wait_s
        is_hidden = False
        ts = None
        try:
            ts = await self._poster.find(
                notice.channel_id,
                notice.key,
                oldest=notice.first_sent_at or notice.queued_at,
                thread_ts=notice.thread_ts,
            )
        except SlackRefused as error:
            if not isinstance(error, HistoryForbidden) and self._is_closed(notice, error.code):
                return await self._kept_from(notice, error.code)
            is_hidden = True
            self._tell_hidden(notice, error.code)
        if ts is not None:
            return await self._posted(notice, ts)
        if notice.lookups == 0:
            wait_s = max(0.0, self._look_after_s(lookups=1) - await self._sent_ago_s(notice))
            await self._written(lambda: self._store.notices.looked(notice.id, self._then(wait_s)))
            return wait_s
        if is_hidden:
            await self._written(lambda: self._store.notices.uncertain(notice.id))
            self._meter.count(UNCERTAIN)
            counts = await self._store.notices.counts()
            log.warning("notice may come twice", key=notice.key, such_so_far=counts["uncertain"])
        return await self._send(notice)

    async def _posted(self, notice: Notice, ts: str) -> float:
        details = self._writer.details(notice)
        at = self._now()
        await self._written(lambda: self._store.notices.posted(notice, ts, at, details))
        self._meter.took(TOLD, (at - notice.seen_at).total_seconds(), notice.kind.value)
        self._forget(notice)
        return self._pauses.post_s

    async def _refused(self, notice: Notice, code: str) -> float:
        """Slack won't have it now, or never."""
        if self._is_closed(notice, code):
            await self._again(notice, 0.0, code)
            return await self._kept_from(notice, code)
        log.error("notice dropped", key=notice.key, kind=notice.kind.value, code=code)
        await self._drop(notice, code)
        return self._pauses.post_s

    def _is_closed(self, notice: Notice, code: str) -> bool:
        """Whether people must mend something before this notice, or any, can be posted there."""
        return code in OF_TOKEN or parks(notice.channel_id, code)

    async def _kept_from(self, notice: Notice, code: str) -> float:
        """The channel cannot be posted to, or read, until people mend it; the notice waits."""
        if not parks(notice.channel_id, code):
            return self._pauses.mend_s
        await self._written(lambda: self._parking.park(notice.team_id, notice.channel_id, code))
        return 0.0

    async def _again(self, notice: Notice, wait_s: float, error: str) -> float:
        await self._written(lambda: self._store.notices.again(notice.id, self._then(wait_s), error))
        return wait_s

    async def _drop(self, notice: Notice, error: str) -> None:
        await self._written(lambda: self._store.notices.dropped(notice.id, error))
        self._forget(notice)

    async def _written(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write it down however long the store takes to answer: what was done must be known."""
        is_told = False
        while True:
            try:
                await write()
            except StoreUnavailable as error:
                if not is_told:
                    log.warning("delivery waits for the store", error=str(error))
                is_told = True
                await self._sleep(self._pauses.store_s)
            else:
                return

    async def _sent_ago_s(self, notice: Notice) -> float:
        """How long ago it was sent: by another process, as Slack's clock has it."""
        sent_s = self._sent_s.get(notice.id)
        if sent_s is not None:
            return self._clock_s() - sent_s
        sent_at = notice.last_sent_at or notice.queued_at
        return (await self._poster.slack_time() - sent_at).total_seconds()

    def _look_after_s(self, lookups: int) -> float:
        """How long after it was sent a post is looked for."""
        pause_s = self._pauses.second_look_s if lookups else self._pauses.first_look_s
        return self._poster.timeout_s + pause_s

    def _wait_s(self, error: SlackUnavailable, otherwise_s: float) -> float:
        return otherwise_s if error.retry_after_s is None else error.retry_after_s

    def _then(self, wait_s: float) -> datetime:
        return self._now() + timedelta(seconds=wait_s)

    def _forget(self, notice: Notice) -> None:
        self._sent_s.pop(notice.id, None)
        self._crashes.pop(notice.id, None)

    def _tell_hidden(self, notice: Notice, code: str) -> None:
        scopes = "im:history" if is_direct(notice.channel_id) else "channels:history,groups:history"
        if self._seldom.is_worth(scopes):
            log.warning("a post may be there twice: history is closed", code=code, scopes=scopes)
