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
from itertools import accumulate
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
_TRIED = 300  # to fill up one call
_NOT_YET = 0.999_999


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
    domains = [_due(need, now_s, now, freshness) for need in needs]
    asked = [(call, domain) for domain in domains for call in domain.calls]
    asked.sort(key=lambda one: -one[0].late)
    costs = accumulate(call.cost for call, _ in asked)
    count = max(1, sum(cost <= most for cost in costs))
    next_s = min([now_s + freshness.hot_s, *(domain.next_s for domain in domains)])
    return Plan(_filled(asked[:count]), next_s if count >= len(asked) else now_s)


@dataclass(frozen=True, slots=True)
class _Due:
    """What is due in one domain, when something else is, and who might come along."""

    covering: Covering
    calls: list[Call]
    next_s: float
    tasks: list[Late]


def _filled(asked: Sequence[tuple[Call, _Due]]) -> tuple[Call, ...]:
    """The calls, those by URLs filled up with what is due soonest."""
    covered = {pending for call, _ in asked for pending in call.covers}
    calls = []
    for call, domain in asked:
        full = call
        if call.why is Why.URLS:
            others = [late for late in domain.tasks if late[1] not in covered]
            full = domain.covering.filled(call, nlargest(_TRIED, others, key=itemgetter(0)))
            covered.update(full.covers)
        calls.append(full)
    return tuple(calls)


def _due(need: Need, now_s: float, now: datetime, freshness: Freshness) -> _Due:
    covering = Covering(need, now, freshness)
    if now_s < need.not_before_s:
        return _Due(covering, [], need.not_before_s, [])
    tasks, next_s = _ages(need, now_s, now.timestamp(), freshness)
    calls, full_at_s = _full(need, now_s, now, freshness)
    asked_s = [need.created_asked_s] if need.created_until or not need.everything else []
    # The streams' own baseline waits until it is known from when on new tasks are looked for.
    unread = need.unread if need.created_until or need.everything else {}
    next_s = min(
        [
            next_s,
            full_at_s,
            *(
                at_s + freshness.hot_s
                for at_s in (*asked_s, *unread.values())
                if at_s + freshness.hot_s > now_s
            ),
        ]
    )
    calls += covering.cheapest(
        [late for late in tasks if late[0] >= 1 and late[1].can_be_named],
        new_late=max((_late(at_s, freshness.hot_s, now_s) for at_s in asked_s), default=0.0),
    )
    urls = {url: _late(at_s, freshness.hot_s, now_s) for url, at_s in unread.items()}
    calls += covering.unread(
        [url for url, late in urls.items() if late >= 1], max(urls.values(), default=0.0)
    )
    return _Due(covering, calls, next_s, tasks)


def _late(asked_s: float, interval_s: float, now_s: float) -> float:
    """How late something is: due from 1 on, and exactly when its time has come."""
    late = (now_s - asked_s) / interval_s
    return max(late, 1.0) if asked_s + interval_s <= now_s else min(late, _NOT_YET)


def _ages(
    need: Need, now_s: float, now_at_s: float, freshness: Freshness
) -> tuple[list[Late], float]:
    """Each unfinished task with its lateness, and when the next of those not due is.

    Written for ten thousand tasks a second.
    """
    near_s = now_at_s + freshness.near.total_seconds()
    lately_s = now_at_s - freshness.lately.total_seconds()
    still_s = now_at_s - freshness.still.total_seconds()
    hot_s, warm_s, idle_s = freshness.hot_s, freshness.warm_s, freshness.idle_s
    tasks: list[Late] = []
    next_s = inf
    for task in need.unfinished:
        if (
            (task.opens_s <= near_s and now_at_s < task.closes_s)
            or task.progressed_s >= lately_s
            or task.created_s >= lately_s
        ):
            interval_s = hot_s
        else:
            interval_s = idle_s if task.progressed_s < still_s else warm_s
        asked_s = task.asked_s
        at_s = asked_s + interval_s
        if task.is_missed:
            tasks.append((inf, task))
        elif at_s <= now_s:
            tasks.append((max((now_s - asked_s) / interval_s, 1.0), task))
        else:
            tasks.append((min((now_s - asked_s) / interval_s, _NOT_YET), task))
            next_s = min(next_s, at_s)
    return tasks, next_s


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
        late = since_s / freshness.hot_s
        return [
            Call(need.account, Why.FULL, (query,), (), late / place, page=page)
            for place, page in enumerate(sweep.left, 1)
        ], inf
    at_s = sweep.asked_s + whole_s / sweep.pages
    if not sweep.left or at_s > now_s:
        return [], at_s if sweep.left else inf
    return [Call(need.account, Why.FULL, (query,), (), since_s / whole_s, page=sweep.left[0])], inf
