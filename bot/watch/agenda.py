"""The calls that are to be made next, planned often, but never most of the time.

Planning goes through all that is followed, so each plan costs more the more that is, while calls
are made at the same pace. A plan that took long is therefore followed for longer: what planning
costs in all grows as the calls do.
"""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING

from bot.watch import planner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.watch.needs import Call, Freshness, Need

PLANNING_SHARE = 0.02
"""Of the time, at most so much is spent on planning."""


class Agenda:
    """The calls of the last plan that are still to be made.

    Args:
        freshness: how old what is known may be.
        calls_per_s: how fast calls are made.
        clock_s: a monotonic clock, in seconds.

    Attributes:
        next_at_s: monotonic time when there is more to be made, unless something happens before.
    """

    def __init__(
        self, freshness: Freshness, calls_per_s: float, clock_s: Callable[[], float]
    ) -> None:
        self._freshness = freshness
        self._calls_per_s = calls_per_s
        self._clock_s = clock_s
        self._left: tuple[Call, ...] = ()
        self._planning_s = 0.0  # what the last plan took
        self._until_s = -inf  # when it is over
        self._next_at_s = -inf
        self.next_at_s = -inf

    def put_aside(self) -> None:
        """What is wanted has changed: the plan is over."""
        self._until_s = -inf

    def take(self, needs: Iterable[Need], *, now: datetime, most: int) -> tuple[Call, ...]:
        """The next questions, the most urgent first: at most so many.

        Args:
            needs: every followed domain of the account. Not looked into where the last plan is
                still followed.
            now: the wall clock's time, in UTC.
            most: calls to make at most; the first question may take more.
        """
        now_s = self._clock_s()
        if now_s >= self._until_s:
            lasts_s = self._planning_s / PLANNING_SHARE
            ahead = ceil(lasts_s * self._calls_per_s)
            plan = planner.plan(
                needs, now_s=now_s, now=now, freshness=self._freshness, most=max(most, ahead)
            )
            self._planning_s = self._clock_s() - now_s
            if plan.next_at_s <= now_s:  # more is due: nobody shall wait when these are made
                costs = sum(call.cost for call in plan.calls)
                lasts_s = min(lasts_s, costs / self._calls_per_s)
            self._until_s = now_s + lasts_s
            self._left, self._next_at_s = plan.calls, plan.next_at_s
        taken, self._left = self._left[:most], self._left[most:]
        self.next_at_s = now_s if self._left else max(self._next_at_s, self._until_s)
        return taken
