"""The fewest calls that bring what is due in one domain.

A call returns a hundred tasks, chosen by their URLs, by when they were created, or by their status.
Which way is cheapest depends on how long the URLs are, how much else was created meanwhile, and how
much is due: each is reckoned, and the cheapest taken.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil, inf
from typing import TYPE_CHECKING, TypeAlias

from bot.live.model import (
    HISTORY_DAYS,
    MAX_PAGE_SIZE,
    MAX_URLS,
    StatusFilter,
    TaskQuery,
    TaskState,
)
from bot.watch.needs import Call, Pending, Why
from bot.watch.url_room import end_of_lot, room_for_urls, url_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.watch.needs import Freshness, Need

Late: TypeAlias = tuple[float, Pending]
"""A task, and how late it is: its age by its interval, so that it is due from 1 on."""

_SPARE_ROWS = 5  # that may have come since: they are not to need another page
_EDGE = timedelta(days=HISTORY_DAYS) - timedelta(hours=2)
"""What is older may soon be forgotten: it is asked for without a start, as clocks may differ."""


@dataclass(frozen=True, slots=True)
class Covering:
    """Reckons for one domain at one moment (`now`, in UTC)."""

    need: Need
    now: datetime
    freshness: Freshness

    def cheapest(
        self, due: Sequence[Late], kin: Sequence[Late] = (), *, new_late: float
    ) -> list[Call]:
        """Calls that cover what is due, at the lowest cost.

        Args:
            due: the tasks that are due, in any order.
            kin: others that come due as often. If all are cheaper to be had at once than by their
                URLs, they are, though some be early: from then on they come due together.
            new_late: how late the call for new tasks is: due from 1 on, and only then made.
        """
        new = [self._new_tasks(due, new_late)] if new_late >= 1 else []
        rest = _without(due, new)
        if not rest:
            return new
        named = [*new, *self._by_name(rest)]
        if not self._is_known:
            return named
        all_due = [*due, *kin]
        rest = _without(all_due, new)
        ways = [
            [*new, *self._by_name(rest)] if kin else named,
            self._by_creation(all_due, new_late),
            [*new, *self._by_status(rest)],
        ]
        best = min(ways, key=lambda calls: sum(call.cost for call in calls))
        return named if best is ways[0] else best

    def unread(self, urls: Iterable[str], late: float) -> list[Call]:
        """Calls for URLs that were never read, as far back as the API keeps.

        A URL that cannot be asked for is left out.
        """
        sized = [(url, url_bytes(url)) for url in urls]
        there = [(url, size) for url, size in sized if 0 < size <= self._room]
        ends = [0]
        while ends[-1] < len(there):
            ends.append(end_of_lot(there, ends[-1], self._room))
        lots = [dict(there[begin:end]) for begin, end in pairwise(ends)]
        return [self._call(Why.UNREAD, [], late, urls=lot) for lot in lots]

    def filled(self, call: Call, others: Iterable[Late]) -> Call:
        """A call by URLs with as many more tasks as fit into it: they cost nothing.

        Args:
            call: one of `cheapest`.
            others: tasks that no call is to cover, the most welcome first.
        """
        covers = list(call.covers)
        urls = {pending.task.url: pending.url_bytes for pending in covers}
        room = self._room - sum(urls.values())
        newest_s = max(pending.created_s for pending in covers)
        oldest_s = min(pending.created_s for pending in covers)
        for _, pending in others:
            if len(covers) == MAX_PAGE_SIZE:
                break
            url = pending.task.url
            size = 0 if url in urls else pending.url_bytes
            if not pending.url_bytes or size > room or len(urls) + bool(size) > MAX_URLS:
                continue
            span = max(newest_s, pending.created_s), min(oldest_s, pending.created_s)
            if self._rows(*span, urls=len(urls) + bool(size)) > MAX_PAGE_SIZE * call.cost:
                continue
            newest_s, oldest_s = span
            room -= size
            urls[url] = pending.url_bytes
            covers.append(pending)
        return self._by_urls([(call.late, pending) for pending in covers])

    # --- the three ways ---

    def _by_name(self, due: Iterable[Late]) -> list[Call]:
        """By URLs, in lots of similar age, so that no long time brings back what is over."""
        room = self._room
        listed = [late for late in due if 0 < late[1].url_bytes <= room]
        listed.sort(key=lambda late: -late[1].created_s)
        urls = [(pending.task.url, pending.url_bytes) for _, pending in listed]
        calls, begin = [], 0
        while begin < len(listed):
            end = self._end_of_page(listed, begin, end_of_lot(urls, begin, room))
            calls.append(self._by_urls(listed[begin:end]))
            begin = end
        others = [late for late in due if not 0 < late[1].url_bytes <= room]
        return calls + [
            self._call(Why.TASK, [pending], late, task_id=pending.task.task_id)
            for late, pending in others
            if pending.task.task_id
        ]

    def _by_creation(self, due: Sequence[Late], new_late: float) -> list[Call]:
        """All that was created since the oldest; those that were missed so, by name."""
        oldest_s = min(pending.created_s for _, pending in due)
        call = self._created_since(oldest_s - self._overlap_s, due, new_late)
        return [call, *self._by_name(_without(due, [call]))]

    def _by_status(self, due: Sequence[Late]) -> list[Call]:
        """All that is pending, then all that is preloading; the others by name."""
        states = (TaskState.PENDING, TaskState.PRELOADING)
        covers = [
            pending
            for pending in self.need.unfinished
            if pending.state in states and not pending.is_missed
        ]
        count = Counter(pending.state for pending in covers)
        changed = self.need.changes_per_s * self.freshness.fresh_s
        call = self._call(
            Why.STATUS,
            covers,
            _latest(due, covers),
            since_s=min((pending.created_s for pending in covers), default=-inf) - self._overlap_s,
            cost=sum(max(1, _pages(count[state])) for state in states) + _pages(changed),
        )
        status = (StatusFilter.PENDING, StatusFilter.PRELOADING)
        queries = tuple(replace(call.queries[0], status=word) for word in status)
        return [replace(call, queries=queries), *self._by_name(_without(due, [call]))]

    # --- calls ---

    def _new_tasks(self, due: Sequence[Late], late: float) -> Call:
        """What was created since it was last asked, and as much before as fits the same pages."""
        if self.need.created_until is None and not self.need.everything:
            # Of wanted streams that are new, all tasks there are, whatever their signatures.
            return self._created_since(-inf, due, late)
        until = min(self.need.created_until or self.now, self.now)
        since_s = until.timestamp() - self._overlap_s
        if self._is_known and self.need.unfinished:
            created_s = self.need.created_s
            room = self._pages_since(since_s) * MAX_PAGE_SIZE - _SPARE_ROWS
            # CreateTime has whole seconds: those of the first second that does not fit stay out.
            fitting_s = created_s[-room - 1] + 1 if len(created_s) > room else -inf
            oldest_s = min(pending.created_s for pending in self.need.unfinished)
            since_s = min(since_s, max(fitting_s, oldest_s - self._overlap_s))
        return self._created_since(since_s, due, late)

    def _created_since(self, since_s: float, due: Sequence[Late], late: float) -> Call:
        covers = [
            pending
            for pending in self.need.unfinished
            if pending.created_s >= since_s and not pending.is_missed
        ]
        return self._call(
            Why.CREATED,
            covers,
            max(late, _latest(due, covers)),
            since_s=since_s,
            cost=self._pages_since(since_s),
        )

    def _by_urls(self, lot: Sequence[Late]) -> Call:
        covers = [pending for _, pending in lot]
        newest_s = max(pending.created_s for pending in covers)
        oldest_s = min(pending.created_s for pending in covers)
        urls = dict.fromkeys(pending.task.url for pending in covers)
        since_s, until_s = self._span(newest_s, oldest_s)
        return self._call(
            Why.URLS,
            covers,
            max(late for late, _ in lot),
            urls=urls,
            since_s=since_s,
            until_s=until_s,
            cost=max(1, _pages(self._rows(newest_s, oldest_s, urls=len(urls)))),
        )

    def _call(
        self,
        why: Why,
        covers: Iterable[Pending],
        late: float,
        *,
        urls: Iterable[str] = (),
        task_id: str | None = None,
        since_s: float = -inf,
        until_s: float = inf,
        cost: int = 1,
    ) -> Call:
        # A clock that was set back has tasks in the future, and no start may lie there.
        latest = self.now - self.freshness.overlap
        query = TaskQuery(
            domain=self.need.domain,
            task_id=task_id,
            urls=tuple(urls),
            start=min(_moment(since_s), latest) if since_s > self._edge_s else None,
            end=_moment(until_s) if until_s < self.now.timestamp() else None,
        )
        return Call(self.need.account, why, (query,), tuple(covers), late, cost)

    # --- figures ---

    @property
    def _is_known(self) -> bool:
        """Whether it is known how much there is in the domain besides what is wanted."""
        return self.need.everything and self.need.has_baseline

    @property
    def _edge_s(self) -> float:
        return (self.now - _EDGE).timestamp()

    @property
    def _overlap_s(self) -> float:
        return self.freshness.overlap.total_seconds()

    @property
    def _room(self) -> int:
        return room_for_urls(self.need.domain)

    def _pages_since(self, since_s: float) -> int:
        created_s = self.need.created_s
        return _pages(len(created_s) - bisect_left(created_s, since_s) + _SPARE_ROWS)

    def _span(self, newest_s: float, oldest_s: float) -> tuple[float, float]:
        """The creation times to ask for; both ends open where the start has to be."""
        if oldest_s - self._overlap_s <= self._edge_s:
            return -inf, inf
        return oldest_s - self._overlap_s, newest_s + self._overlap_s

    def _rows(self, newest_s: float, oldest_s: float, *, urls: int) -> int:
        """How many rows so many URLs can be expected to bring: their share of what there is."""
        since_s, until_s = self._span(newest_s, oldest_s)
        created_s = self.need.created_s
        there = bisect_right(created_s, until_s) - bisect_left(created_s, since_s)
        return ceil(there * min(1.0, urls / max(1, self.need.streams)))

    def _end_of_page(self, listed: Sequence[Late], begin: int, end: int) -> int:
        """Up to which of the tasks, the newest first, a call brings no more than a page of rows."""

        def rows(end: int) -> int:
            span = listed[begin][1].created_s, listed[end - 1][1].created_s
            return max(end - begin, self._rows(*span, urls=end - begin))

        return begin + max(1, bisect_right(range(begin + 1, end + 1), MAX_PAGE_SIZE, key=rows))


def _latest(due: Iterable[Late], covers: Iterable[Pending]) -> float:
    covered = set(covers)
    return max((late for late, pending in due if pending in covered), default=0.0)


def _without(due: Iterable[Late], calls: Iterable[Call]) -> list[Late]:
    covered = {pending for call in calls for pending in call.covers}
    return [late for late in due if late[1] not in covered]


def _pages(rows: float) -> int:
    return ceil(rows / MAX_PAGE_SIZE)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
