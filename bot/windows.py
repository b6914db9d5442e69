"""Which creation times a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import ArgumentRefused, StaleReference
from bot.live.model import HISTORY_DAYS

if TYPE_CHECKING:
    from bot.asks import Ask

_HISTORY = timedelta(days=HISTORY_DAYS)


@dataclass(frozen=True, slots=True)
class Window:
    """Which creation times a question is about, in UTC.

    Attributes:
        start, end: from when to when.
        cut: the API keeps less than was asked for.
        is_past: it ends before now: streams may have newer tasks since.
        has_start: it begins later than what the API keeps. Else no start is asked for, nor an end
            where it is not past: the API's own clock, which the client reckons with, says when
            that is, and this machine's may be wrong.
    """

    start: datetime
    end: datetime
    cut: bool
    is_past: bool
    has_start: bool = False

    def holds(self, created: datetime | None) -> bool:
        """Whether what was created then is in it; of what has no time nobody knows otherwise."""
        if created is None:
            return True
        return (not self.has_start or created >= self.start) and (
            not self.is_past or created < self.end
        )


def window_of(question: Ask, *, now: datetime, end: datetime | None) -> Window:
    """The question's window at `now`, or the one that ended at `end`.

    Raises:
        StaleReference: `end` is so old that the API has nothing of that window any more.
        ArgumentRefused: the question itself is about such a time.
    """
    oldest = now - _HISTORY
    asked = end or question.until or now
    is_past = asked < now
    last = min(asked, now).replace(microsecond=0)
    if last <= oldest:
        if end is not None and question.until is None:
            raise StaleReference
        raise ArgumentRefused(argument="EndTime", allowed=f"within the last {HISTORY_DAYS} days")
    if question.since is None:
        return Window(oldest, last, cut=False, is_past=is_past)
    since = question.since if isinstance(question.since, datetime) else last - question.since
    # The end stands on a whole second, so a beginning 3 days before it may be a fraction too early.
    cut = since < oldest.replace(microsecond=0)
    has_start = since > oldest
    return Window(max(since, oldest), last, cut=cut, is_past=is_past, has_start=has_start)


def may_hide_newest(question: Ask, window: Window) -> bool:
    """Whether a stream's newest task may be missing from the tasks that a question finds.

    A stream that is asked for may have tasks from before the window, too.
    """
    is_of_streams = window.has_start and bool(question.urls)
    return question.is_filtered or window.is_past or is_of_streams
