"""What was seen, and what was done, is kept for a while, and no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.slack.repeats import REPEATED_WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store import Store

EVERY_S = 3600.0
_REPEATED_WITHIN = timedelta(seconds=REPEATED_WITHIN_S)


class Keeping:
    """Forgets what is older than it is to be kept.

    Args:
        store: what is kept.
        kept: for how long what was seen.
        recorded: for how long who did what.
        now: the wall clock, in UTC.
    """

    def __init__(
        self,
        store: Store,
        *,
        kept: timedelta,
        recorded: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._kept = kept
        self._recorded = recorded
        self._now = now

    async def turn(self) -> float:
        """Forget, in small portions, so that nobody waits long for the store; seconds to the next.

        Raises:
            StoreUnavailable: it is tried again.
        """
        now = self._now()
        for prune, kept in (
            (self._store.sightings.prune, self._kept),
            (self._store.notices.prune, self._kept),
            (self._store.watches.prune, self._kept),
            (self._store.record.prune, self._recorded),
            (self._store.requests.prune, _REPEATED_WITHIN),
        ):
            while await prune(now - kept):
                pass
        return EVERY_S
