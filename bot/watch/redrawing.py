"""The messages of watches, kept as they are wanted: one update at a time, fairly."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import structlog

from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.watch.parking import OF_TOKEN, parks
from bot.watch.writing import plainer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.slack.poster import Poster
    from bot.store import Store
    from bot.store.watches import Outdated
    from bot.views.limits import Message
    from bot.watch.parking import Parking
    from bot.watch.pauses import Pauses
    from bot.watch.writing import Writer

_LOST = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""The message is gone, or takes no more updates: another one takes its place."""
_AT_ONCE = 100

log = structlog.get_logger(__name__)


class Redrawing:
    """Updates one message a turn, the one that was drawn the longest ago.

    Args:
        store: says which are outdated.
        poster, writer: update them.
        parking: takes channels that cannot be posted to.
        now: the wall clock, in UTC.
        clock_s: a monotonic clock, in seconds.
        pauses: the pace.
        is_sure: whether nobody else draws by now: this process may have been stopped for long.
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
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._poster = poster
        self._writer = writer
        self._parking = parking
        self._now = now
        self._clock_s = clock_s
        self._pauses = pauses
        self._is_sure = is_sure
        self._tried_s: dict[str, float] = {}
        self._crashed: Counter[str] = Counter()  # who raises here comes after all others

    async def turn(self) -> float:
        """Draw the one whose turn it is; seconds until another may be, 0 where none is wanted.

        Raises:
            StoreUnavailable: the store cannot be read or written; it is drawn again later.
        """
        outdated = await self._store.watches.outdated(_AT_ONCE)
        if not outdated:
            return 0.0
        active = await self._store.watches.active()
        since_s = self._clock_s() - self._pauses.between_redraws(len(active))
        self._tried_s = {id_: at for id_, at in self._tried_s.items() if at > since_s}
        rested = [one for one in outdated if one.watch.id not in self._tried_s]
        if not rested:
            return min(self._tried_s.values()) - since_s
        one = min(rested, key=lambda one: self._crashed[one.watch.id])  # of equals the first
        self._tried_s[one.watch.id] = self._clock_s()
        self._crashed[one.watch.id] += 1
        pause_s = await self._draw(one)
        del self._crashed[one.watch.id]
        return pause_s

    async def _draw(self, one: Outdated) -> float:
        watch = one.watch
        message = await self._writer.board(watch)
        if not self._is_sure():
            return self._pauses.update_s
        try:
            await self._update(one, message)
        except SlackUnavailable as error:
            log.info("board not drawn", watch=watch.id, error=str(error))
            return self._pauses.update_s if error.retry_after_s is None else error.retry_after_s
        except SlackRefused as error:
            if error.code in _LOST:
                log.info("board lost", watch=watch.id, code=error.code)
                await self._store.watches.lost(watch.id)
                return self._pauses.update_s
            if parks(one.channel_id, error.code):
                await self._parking.park(watch.team_id, one.channel_id, error.code)
                return self._pauses.update_s
            if error.code in OF_TOKEN:
                return self._pauses.mend_s
            log.warning("board given up", watch=watch.id, code=error.code)
        await self._store.watches.drawn(watch.id, one.wanted, self._now())
        return self._pauses.update_s

    async def _update(self, one: Outdated, message: Message) -> None:
        *drawn, plainest = plainer(message)
        for message_so in drawn:
            try:
                return await self._poster.update(one.channel_id, one.ts, message_so)
            except SlackRefused as error:
                if error.code in _LOST | OF_TOKEN or parks(one.channel_id, error.code):
                    raise
                log.warning("board refused as drawn", watch=one.watch.id, code=error.code)
        return await self._poster.update(one.channel_id, one.ts, plainest)
