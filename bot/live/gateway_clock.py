"""The time by the gateway's clock, which judges the dates and times of calls."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

AGREE_S = 30.0
"""Clocks that are no further apart agree: replies take a while, and say whole seconds."""
_NO_TIME = timedelta(0)
_SECOND = timedelta(seconds=1)


class GatewayClock:
    """Ours until the gateway has refused a time; from then on what it said, whatever ours does.

    Args:
        now: our wall clock, in UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._heard: tuple[datetime, float] | None = None
        self._second = datetime.min.replace(tzinfo=UTC)

    def time(self) -> datetime:
        """The time, in UTC."""
        if self._heard is None:
            return self._now()
        at, at_s = self._heard
        return at + timedelta(seconds=asyncio.get_running_loop().time() - at_s)

    def second(self) -> datetime:
        """The time without its fraction of a second, in UTC.

        While it lasts it is the same object: what is remembered by it is found at once.
        """
        now = self.time()
        if not _NO_TIME <= now - self._second < _SECOND:
            self._second = now.replace(microsecond=0)
        return self._second

    @property
    def skew(self) -> timedelta:
        """How far it is ahead of ours."""
        return self.time() - self._now()

    def agrees_with(self, server_time_s: float) -> bool:
        """Whether a reply of this moment, in Unix seconds, says about the same time."""
        return abs(server_time_s - self.time().timestamp()) < AGREE_S

    def hear(self, server_time_s: float) -> None:
        """Believe what a reply of this moment says, in Unix seconds."""
        at = datetime.fromtimestamp(server_time_s, UTC)
        self._heard = at, asyncio.get_running_loop().time()
