"""The reading of everything in a domain, page by page: which are asked, which are left. No I/O."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, inf
from typing import TYPE_CHECKING

from bot.live.model import MAX_PAGE_SIZE
from bot.watch.needs import Sweep, Why

if TYPE_CHECKING:
    from bot.live.model import TaskPage
    from bot.watch.needs import Call


class Sweeping:
    """One sweep after the other of one domain.

    Attributes:
        sweep: the one under way; None between two.
        begun_s: monotonic time when the last began; one that came to nothing did not.
    """

    def __init__(self) -> None:
        self.sweep: Sweep | None = None
        self.begun_s = -inf
        self._under_way = 0  # pages that were asked for and not yet read

    def sent(self, call: Call, now_s: float) -> None:
        """A page is asked for; with a window of its own, it begins another sweep.

        Raises:
            ValueError: its window is not pinned.
        """
        start, end = call.queries[0].start, call.queries[0].end
        if start is None or end is None:
            raise ValueError("a sweep's window is pinned at both ends")
        if self.sweep is None or (start, end) != (self.sweep.start, self.sweep.end):
            self.sweep = Sweep(start, end, pages=1, left=(), asked_s=now_s)
            self.begun_s = now_s
            self._under_way = 0
        left = tuple(page for page in self.sweep.left if page != call.page)
        self.sweep = replace(self.sweep, left=left, asked_s=now_s)
        self._under_way += 1

    def put_back(self, call: Call) -> None:
        """A page was not read: it is left; without the first it is not known how many there are."""
        sweep = self._of(call)
        if sweep is None:
            return
        self._under_way -= 1
        if call.page == 1:
            self.sweep, self.begun_s = None, -inf
        else:
            self.sweep = replace(sweep, left=(*sweep.left, call.page))

    def ends_with(self, call: Call, page: TaskPage) -> bool:
        """Whether all of it has been read with this reply."""
        sweep = self._of(call)
        if sweep is None:
            return False
        left = _pages(page) - 1 if call.page == 1 else len(sweep.left)
        return not left and self._under_way == 1

    def done(self, call: Call, page: TaskPage) -> None:
        """A page was read, and is stored."""
        sweep = self._of(call)
        if sweep is None:
            return
        self._under_way -= 1
        if call.page == 1:
            pages = _pages(page)
            sweep = replace(sweep, pages=pages, left=tuple(range(2, pages + 1)))
        self.sweep = sweep if sweep.left or self._under_way else None

    def _of(self, call: Call) -> Sweep | None:
        """The sweep under way, if the call is a page of it, not of one that was given up."""
        query, sweep = call.queries[0], self.sweep
        if call.why is not Why.FULL or sweep is None:
            return None
        return sweep if (query.start, query.end) == (sweep.start, sweep.end) else None


def _pages(page: TaskPage) -> int:
    return max(1, ceil(page.total / MAX_PAGE_SIZE))
