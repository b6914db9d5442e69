"""What a reading comes to, written down at once: the state, and what is to be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store import alarms, follows, sightings, watches
from bot.store.queueing import queue
from bot.watch.notices import NoticeKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store.database import Database
    from bot.watch.notices import Turn


class Ledger:
    """The one door through which turns come in."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def record(self, turn: Turn) -> None:
        """Write down all of the turn, or nothing; doing it again changes nothing more.

        A turn may come of what was so a moment ago: alarms of a subscription that was removed
        since, and changes to a watch that was stopped since, are left out. What it tells of those
        is queued; whoever writes the message finds that nobody wants it. That a watch has ended
        which was widened since is not told: it goes on.

        Raises:
            StoreUnavailable: nothing was written.
        """
        followed = turn.followed
        async with self._database.writing() as connection:
            await follows.record(self._database, connection, followed)
            domain = followed.account, followed.domain
            await sightings.record(self._database, connection, *domain, turn.seen)
            await sightings.keep(connection, *domain, turn.again)
            await alarms.record(self._database, connection, turn.alarms, turn.quiet)
            going_on = await watches.record(connection, turn.watches, turn.redrawn)
            told = [
                one
                for one in turn.told
                if one.kind is not NoticeKind.VERDICT or one.source not in going_on
            ]
            await queue(connection, told, queued_at=self._now())
