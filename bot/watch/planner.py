"""What is watched → the fewest calls that keep it fresh, in order. Pure.

Every unfinished task has an interval, by how likely it is to move and how much it matters
(`Freshness`). A task, the search for new ones, and a sweep through everything are each due when
their interval is over; what is most late by its own interval comes first, so that nothing starves.
How calls are shared within a domain is `bot.watch.covering`'s; how they are paced is the loop's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from heapq import nlargest
from itertools import accumulate, chain
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING

from bot.live.model import HISTORY_DAYS, TaskQuery
from bot.live.protocol import SAFETY
from bot.watch.covering import Covering
from bot.watch.needs import Call, Plan, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.watch.covering import Late
    from bot.watch.needs import Freshness, Need

_HISTORY = timedelta(days=HISTORY_DAYS)
_SWEEP_LASTS = timedelta(minutes=15)
"""So long a sweep may last: its window begins so much later than what the API still knows."""
_FIRST_SWEEP = 5  # times as urgent as a task: nothing is told before it is over
_TRIED = 300  # to fill up one call
_NOT_YET = 0.999_999  # due
_NOTHING = -1.0  # is due


def plan(
    needs: Iterable[Need], *, now_s: float, now: datetime, freshness: Freshness, most: int
) -> Plan:
    """The calls that are to be made now.

    Args:
        needs: every followed domain of one account.
        now_s: the monotonic clock's time, by which the needs' monotonic times are.
        now: the wall clock's time, in UTC.
        freshness: how old what is known may be.
        most: calls to plan at most. Only the first question may take more, as every question is
            asked to its end.
    """
    domains = [_domain(need, now_s, now, freshness) for need in needs]
    domains.sort(key=lambda domain: -domain.late)
    asked: list[tuple[Call, _Domain]] = []
    next_s = min([now_s + freshness.hot_s, *(domain.next_s for domain in domains)])
    for domain in domains:
        # No call is later than its domain, so that the rest need not be looked into.
        if sum(call.cost for call, _ in asked if call.late >= domain.late) >= most:
            next_s = now_s
            break
        asked += [(call, domain) for call in domain.calls()]
    asked.sort(key=lambda one: -one[0].late)
    costs = accumulate(call.cost for call, _ in asked)
    chosen = asked[: max(1, sum(cost <= most for cost in costs))]
    return Plan(_filled(chosen), next_s if len(chosen) == len(asked) else now_s)


@dataclass(frozen=True, slots=True)
class _Domain:
    """What is due in one domain, and what is not.

    Attributes:
        covering: reckons for it.
        late: how late the latest of all is; below 0 if nothing is due.
        next_s: when something else is due.
        due, others: its unfinished tasks.
        kin: those of the others that come due as often as any that is due.
        new_late: how late the call for new tasks is.
        unread, unread_late: URLs that are to be asked for, and how late they are.
        full: the calls of the sweep through everything.
    """

    covering: Covering
    late: float
    next_s: float
    due: Sequence[Late] = ()
    others: Sequence[Late] = ()
    kin: Sequence[Late] = ()
    new_late: float = 0.0
    unread: Sequence[str] = ()
    unread_late: float = 0.0
    full: Sequence[Call] = ()

    def calls(self) -> list[Call]:
        """The calls that are due."""
        return [
            *self.full,
            *self.covering.cheapest(self.due, self.kin, new_late=self.new_late),
            *self.covering.unread(self.unread, self.unread_late),
        ]


def _filled(asked: Sequence[tuple[Call, _Domain]]) -> tuple[Call, ...]:
    """The calls, those by URLs filled up with what is due soonest."""
    covered = {pending for call, _ in asked for pending in call.covers}
    calls = []
    for call, domain in asked:
        full = call
        if call.why is Why.URLS:
            rest = [late for late in (*domain.due, *domain.others) if late[1] not in covered]
            full = domain.covering.filled(call, nlargest(_TRIED, rest, key=itemgetter(0)))
            covered.update(full.covers)
        calls.append(full)
    return tuple(calls)


def _domain(need: Need, now_s: float, now: datetime, freshness: Freshness) -> _Domain:
    covering = Covering(need, now, freshness)
    if now_s < need.not_before_s:
        return _Domain(covering, _NOTHING, need.not_before_s)
    # Of a domain wanted wholly, the first sweep says from when on tasks are new; of another, the
    # first call for new ones does, before the streams are read: nothing comes in between.
    is_begun = need.created_until is not None
    new_asked_s = need.created_asked_s if is_begun or not need.everything else inf
    unread = need.unread if is_begun or need.everything else {}

    due, kin, others, task_at_s = _ages(need, now_s, now.timestamp(), freshness)
    full, full_at_s = _full(need, now_s, now, freshness)
    new_late = _late(new_asked_s, freshness.hot_s, now_s)
    ages = {url: _late(asked_s, freshness.hot_s, now_s) for url, asked_s in unread.items()}
    unread_late = max(ages.values(), default=0.0)
    lates = [new_late, unread_late, max(map(itemgetter(0), due), default=0.0)]
    next_asked_s = min(
        (at_s for at_s in (new_asked_s, *unread.values()) if at_s + freshness.hot_s > now_s),
        default=inf,
    )
    return _Domain(
        covering,
        late=max(
            [call.late for call in full] + [late for late in lates if late >= 1], default=_NOTHING
        ),
        next_s=min(task_at_s, full_at_s, next_asked_s + freshness.hot_s),
        due=due,
        others=others,
        kin=kin,
        new_late=new_late,
        unread=[url for url, late in ages.items() if late >= 1],
        unread_late=unread_late,
        full=full,
    )


def _late(asked_s: float, interval_s: float, now_s: float) -> float:
    """How late something is: due from 1 on, and exactly when its time has come."""
    late = (now_s - asked_s) / interval_s
    return max(late, 1.0) if asked_s + interval_s <= now_s else min(late, _NOT_YET)


def _ages(
    need: Need, now_s: float, now_at_s: float, freshness: Freshness
) -> tuple[list[Late], list[Late], list[Late], float]:
    """The unfinished tasks that are due, the others of their kin, all others, and when those are.

    Written to go through fifty thousand tasks in a few hundredths of a second.
    """
    near_s = now_at_s + freshness.near.total_seconds()
    lately_s = now_at_s - freshness.lately.total_seconds()
    still_s = now_at_s - freshness.still.total_seconds()
    hot_s, warm_s, idle_s = freshness.hot_s, freshness.warm_s, freshness.idle_s
    due: list[Late] = []
    waiting: dict[float, list[Late]] = {hot_s: [], warm_s: [], idle_s: []}
    shortest_s, next_s = 0.0, inf
    for task in need.unfinished:
        if (
            task.progressed_s >= lately_s
            or task.created_s >= lately_s
            or (task.opens_s <= near_s and now_at_s < task.closes_s)
        ):
            interval_s = hot_s
        else:
            interval_s = idle_s if task.progressed_s < still_s else warm_s
        if task.is_missed:
            if task.can_be_named:
                due.append((inf, task))
            continue
        late, at_s = (now_s - task.asked_s) / interval_s, task.asked_s + interval_s
        if at_s > now_s:
            waiting[interval_s].append((late, task))
            if at_s < next_s:  # noqa: PLR1730 - twice as fast
                next_s = at_s
        elif task.can_be_named:
            due.append((late if late > 1 else 1.0, task))
            if not shortest_s or interval_s < shortest_s:
                shortest_s = interval_s
    kin = [late for often_s, lates in waiting.items() if often_s <= shortest_s for late in lates]
    return due, kin, [*chain.from_iterable(waiting.values())], next_s


def _full(
    need: Need, now_s: float, now: datetime, freshness: Freshness
) -> tuple[list[Call], float]:
    """The pages of everything that are due, and when the next is that is not.

    The first sweep takes what the others leave, more the longer it waits; a later one goes page by
    page through its interval.
    """
    if not need.everything:
        return [], inf
    sweep, whole_s = need.sweep, freshness.sweep_s
    oldest = now - _HISTORY + SAFETY
    if sweep is None or (sweep.left and sweep.start < oldest):
        at_s = need.swept_s + whole_s if need.has_baseline and sweep is None else now_s
        if at_s > now_s:
            return [], at_s
        lasts = timedelta(seconds=whole_s if need.has_baseline else 0.0) + _SWEEP_LASTS
        query = TaskQuery(need.domain, start=oldest + lasts, end=now)
        late = (now_s - at_s) / whole_s if need.has_baseline else inf
        return [Call(need.account, Why.FULL, (query,), (), late)], inf
    query = TaskQuery(need.domain, start=sweep.start, end=sweep.end)
    since_s = now_s - sweep.asked_s
    if not need.has_baseline:
        late = since_s * _FIRST_SWEEP / freshness.hot_s
        return [
            Call(need.account, Why.FULL, (query,), (), late / place, page=page)
            for place, page in enumerate(sweep.left, 1)
        ], inf
    at_s = sweep.asked_s + whole_s / sweep.pages
    if not sweep.left or at_s > now_s:
        return [], at_s if sweep.left else inf
    return [Call(need.account, Why.FULL, (query,), (), since_s / whole_s, page=sweep.left[0])], inf
