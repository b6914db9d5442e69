"""What a process may send by itself while nobody can say what others send."""

from __future__ import annotations

from enum import StrEnum

from bot.live.quota import Places

SURELY_AWAY_S = 2.0
"""An outage last noticed longer ago may be over: the process was paused."""


class Sharing(StrEnum):
    """How a process takes part in a quota."""

    SHARED = "shared"
    WAITING = "waiting"
    ALONE = "alone"


class Outage:
    """Nothing at first, then a share. Times are those of one monotonic clock, in seconds.

    Args:
        share_per_s: calls a second that the process may send by itself.
        wait_s: how long after it was noticed all that was given before has passed.
    """

    def __init__(self, share_per_s: int, *, wait_s: float) -> None:
        self.share_per_s = share_per_s
        self.wait_s = wait_s
        self.share: Places | None = None
        self._since: float | None = None
        self._noticed_at = float("-inf")

    @property
    def state(self) -> Sharing:
        """How far it has come."""
        if self._since is None:
            return Sharing.SHARED
        return Sharing.WAITING if self.share is None else Sharing.ALONE

    def limits(self, now: float) -> tuple[int, int] | None:
        """Calls a second from the share now, and while the API does not throttle; None without one.

        Nothing while it waits.
        """
        if self.share is not None:
            return self.share.limit(now), self.share.per_s
        return None if self._since is None else (0, 0)

    def noticed(self, now: float) -> None:
        """It begins, or goes on."""
        self._noticed_at = now
        if self._since is None:
            self._since = now
        elif self.share is None and now - self._since >= self.wait_s:
            self.share = Places(self.share_per_s)

    def over(self) -> None:
        """It is over, or there was none."""
        self._since = self.share = None

    def take(self, now: float) -> Places | None:
        """Take a place of the share, if there is one; returns the share that it is from."""
        if self.share is None or now - self._noticed_at >= SURELY_AWAY_S:
            return None
        return self.share if self.share.take(now) else None
