"""What a reading comes to, written down at once: the state, and what is to be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store import alarms, follows, sightings, watches
from bot.store.queueing import queue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store.database import Database
    from bot.watch.model import Turn


class Ledger:
    """The one door through which turns come in."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def record(self, turn: Turn) -> None:
        """Write down all of the turn, or nothing; doing it again changes nothing more.

        A turn may come of what was so a moment ago: alarms of a subscription that was removed
        since, and changes to a watch that was stopped since, are left out. What it tells of those
        is queued; whoever writes the message finds that nobody wants it.

        Raises:
            StoreUnavailable: nothing was written.
        """
        followed = turn.followed
        async with self._database.writing() as connection:
            await follows.record(self._database, connection, followed)
            await sightings.record(
                self._database, connection, followed.account, followed.domain, turn.seen
            )
            await alarms.record(self._database, connection, turn.alarms, turn.quiet)
            await watches.record(connection, turn.watches, turn.redrawn)
            await queue(connection, turn.told, queued_at=self._now())
