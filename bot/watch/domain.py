"""What the loop keeps of one followed domain: what is known, what was asked, what is due. No I/O.

This is the bookkeeping that planning rests on (`bot.watch.needs`): calls are noted as they are
sent, put back if they fail, and what they did not return is asked for by name.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING

from bot.watch.known import Tasks
from bot.watch.needs import Need, Pending, Why
from bot.watch.sweeping import Sweeping
from bot.watch.url_room import room_for_urls, url_bytes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from datetime import datetime

    from bot.live.model import TaskPage
    from bot.watch.known import Observed
    from bot.watch.model import Followed, Seen
    from bot.watch.needs import Call

_RATE_S = 120.0
"""Over so long a time it is reckoned how many tasks finish a second."""
_LONGEST_BACKOFF_S = 30.0
_APPEARS_WITHIN = timedelta(minutes=1)
"""So old a task may be when it is seen for the first time, and is news all the same."""
_LISTS_SWEPT_EVERY_S = 1800.0
"""Where only certain streams are wanted, all of their tasks are read again so often."""


class Domain:
    """The loop's record of one domain.

    Args:
        followed: how far the reading has come, as it is stored.
        tasks: what is known of its tasks, as it is stored.

    Attributes:
        followed, tasks: likewise, as they are now.
        everything: all of its tasks are wanted, not only certain streams.
        streams: the wanted streams otherwise: key → play URL.
    """

    def __init__(self, followed: Followed, tasks: Tasks) -> None:
        self.followed = followed
        self.tasks = tasks
        self.everything = False
        self.streams: Mapping[str, str] = {}
        self._news_since: datetime | None = None
        self._pending: dict[str, Pending] = {}
        self._unread: dict[str, float] = {}
        self._created_asked_s = -inf
        self._heard_s = -inf
        self._sweeping = Sweeping()
        self._lists_asked_s = -inf
        self._finished: deque[float] = deque()
        self._failures = 0
        self._failing_s: float | None = None
        self._not_before_s = -inf

    @property
    def name(self) -> str:
        """The domain."""
        return self.followed.domain

    # --- what is wanted ---

    def want(
        self, streams: Mapping[str, str], *, everything: bool, news_since: datetime | None
    ) -> bool:
        """Say what is wanted from now on; whether that is other than before.

        Args:
            streams: those of its list watches: key → play URL.
            everything: all of its tasks are.
            news_since: what was created before is history, where not everything was read.
        """
        if not everything and (self.everything or self.followed.baseline_at):
            # What goes on meanwhile is not read: to want everything once more is to begin anew.
            self.followed = replace(self.followed, baseline_at=None)
            self._sweeping = Sweeping()
            self._lists_asked_s = -inf
        is_other = everything != self.everything or streams != self.streams
        if is_other:
            new = streams.keys() - self.streams.keys()
            self.everything, self.streams = everything, dict(streams)
            if not everything:
                # Of the others no more is heard: what is known of them would be taken for the last.
                self.tasks = Tasks(seen for seen in self.tasks if seen.task.stream in streams)
            self._take_up()
            if self.followed.baseline_at is None:
                unknown = [key for key in new if self.tasks.newest(key) is None]
                self._ask_for(unknown)
                if unknown:
                    # They may have tasks with other signatures than they are known by: all is read.
                    self.followed = replace(self.followed, created_until=None)
                    self._created_asked_s = -inf
        self._news_since = news_since
        return is_other

    def _ask_for(self, streams: Iterable[str]) -> None:
        """Have these streams read as far back as the API keeps, if they can be asked for."""
        room = room_for_urls(self.name)
        urls = (self.streams[key] for key in streams)
        self._unread |= {url: -inf for url in urls if 0 < url_bytes(url) <= room}

    def _take_up(self) -> None:
        """Have a record of every unfinished task that is wanted, and of no other."""
        before, self._pending = self._pending, {}
        for known in self.tasks.unfinished():
            seen = known.seen
            if self.wants(seen.task.stream):
                self._pending[seen.key] = before.get(seen.key) or _pending(seen)

    def wants(self, stream: str) -> bool:
        """Whether the tasks of a stream are."""
        return self.everything or stream in self.streams

    @property
    def is_sweeping(self) -> bool:
        """Whether a reading of all its tasks is under way."""
        return self._sweeping.sweep is not None

    @property
    def sweep_begun_s(self) -> float:
        """When the last of these began, on the monotonic clock."""
        return self._sweeping.begun_s

    @property
    def since(self) -> datetime | None:
        """What was created before this and is seen for the first time is history; None is all."""
        return self.followed.baseline_at if self.everything else self._news_since

    @property
    def is_known(self) -> bool:
        """Whether all that is wanted was read once."""
        has_all = self.followed.baseline_at is not None or not self.everything
        return has_all and not self._unread

    def has_asked_since(self, moment_s: float) -> bool:
        """Whether all that was there at a moment, on the monotonic clock, was asked for."""
        return self.is_known and self._heard_s >= moment_s

    def need(self) -> Need:
        """What the planner is to know."""
        return Need(
            account=self.followed.account,
            domain=self.followed.domain,
            everything=self.everything,
            has_baseline=self.followed.baseline_at is not None,
            unfinished=self._pending.values(),
            unread=self._unread,
            created_s=self.tasks.created_s,
            streams=len(self.tasks.streams()),
            created_until=self.followed.created_until,
            created_asked_s=self._created_asked_s,
            sweep=self._sweeping.sweep,
            swept_s=self._sweeping.begun_s,
            changes_per_s=len(self._finished) / _RATE_S,
            not_before_s=self._not_before_s,
        )

    # --- calls ---

    def sent(self, call: Call, now_s: float) -> None:
        """A call is sent: what it is to answer is not due for a while."""
        for pending in call.covers:
            pending.asked_s = now_s
            pending.is_missed = False
        match call.why:
            case Why.CREATED:
                self._created_asked_s = now_s
            case Why.UNREAD:
                self._unread |= dict.fromkeys(call.queries[0].urls, now_s)
            case Why.FULL:
                self._sweeping.sent(call, now_s)

    def put_back(self, call: Call, not_before_s: float) -> None:
        """A call came to nothing: what it asked is due again, after a while."""
        for pending in call.covers:
            pending.asked_s = -inf
        if call.why is Why.CREATED:
            self._created_asked_s = -inf
        elif call.why is Why.UNREAD:
            self._unread |= dict.fromkeys(call.queries[0].urls, -inf)
        else:
            self._sweeping.put_back(call)
        self._not_before_s = not_before_s

    def failed(self, call: Call, reason: str, now_s: float) -> bool:
        """A call failed; whether the one before it had not."""
        self.put_back(call, now_s + min(2.0**self._failures, _LONGEST_BACKOFF_S))
        self._failures += 1
        self.followed = replace(self.followed, failure=reason)
        if self._failing_s is not None:
            return False
        self._failing_s = now_s
        return True

    def reckon(self, now_s: float, now: datetime) -> None:
        """Have what only time makes due be due, and say since when it fails.

        That is reckoned by the clock as it is now: it may have been set.
        """
        if not self.everything and now_s >= self._lists_asked_s + _LISTS_SWEPT_EVERY_S:
            self._ask_for(self.streams)
            self._lists_asked_s = now_s
        if self._failing_s is not None:
            since = now - timedelta(seconds=now_s - self._failing_s)
            self.followed = replace(self.followed, failing_since=since)

    def after(self, call: Call, page: TaskPage, sent_at: datetime, *, is_last: bool) -> Followed:
        """How far the reading will have come with a reply, once that is stored.

        Args:
            call: the question.
            page: the reply.
            sent_at: when the question was sent, by the API's clock as far as that is known.
            is_last: the question has been read to its end with it.
        """
        followed = replace(self.followed, failing_since=None, failure="", is_blind=False)
        if not is_last:
            return followed
        if call.why is Why.CREATED:
            return replace(followed, created_until=sent_at, read_at=page.observed_at)
        if not followed.baseline_at and self._sweeping.ends_with(call, page):
            end = call.queries[0].end
            # What appears only now may have been created a little before, by the API's clock.
            since = end - _APPEARS_WITHIN if end else None
            until = followed.created_until or end
            read_at = followed.read_at or page.observed_at
            return replace(followed, baseline_at=since, created_until=until, read_at=read_at)
        return followed

    def passed(self, followed: Followed, observed: Observed) -> None:
        """What the clock alone has brought about is stored."""
        self.followed = followed
        self.tasks.apply(observed)
        for seen in observed.seen:
            if not self.tasks.is_unfinished(seen.key):
                self._pending.pop(seen.key, None)

    def read(self, followed: Followed, observed: Observed, now_s: float, sent_s: float) -> bool:
        """A reply is stored: from now on it is what is known. Whether reading had failed before."""
        if followed.baseline_at and not self.followed.baseline_at:
            self._unread.clear()
            self._heard_s = self._sweeping.begun_s
        self.followed = followed
        self.tasks.apply(observed)
        had_failed = self._failing_s is not None
        self._failures, self._failing_s, self._not_before_s = 0, None, -inf
        for seen in (*observed.seen, *observed.again):
            if self.wants(seen.task.stream):
                self._note(seen, now_s, sent_s)
        while self._finished and self._finished[0] < now_s - _RATE_S:
            self._finished.popleft()
        return had_failed

    def _note(self, seen: Seen, now_s: float, sent_s: float) -> None:
        if not self.tasks.is_unfinished(seen.key):
            if self._pending.pop(seen.key, None) is not None:
                self._finished.append(now_s)
            return
        pending = self._pending.get(seen.key)
        if pending is None or pending.task != seen.task:
            pending = _pending(seen, pending.asked_s if pending else sent_s)
            self._pending[seen.key] = pending
        pending.asked_s = max(pending.asked_s, sent_s)
        pending.is_missed = False

    def done(self, call: Call, returned: Container[str], page: TaskPage, asked_s: float) -> None:
        """A question was read to its end, and all of it is stored.

        Args:
            call: the question.
            returned: the keys of the tasks in its replies.
            page: the last reply.
            asked_s: when the first call of it was sent, on the monotonic clock.
        """
        if call.why is Why.CREATED:
            self._heard_s = max(self._heard_s, asked_s)
        if not call.is_exact:
            for key in call.keys:
                pending = self._pending.get(key)
                if pending is not None and key not in returned:
                    pending.is_missed = pending.can_be_named
        if call.why is Why.UNREAD:
            for url in call.queries[0].urls:
                self._unread.pop(url, None)
        else:
            self._sweeping.done(call, page)


def _pending(seen: Seen, asked_s: float = -inf) -> Pending:
    return Pending(seen.task, seen.progressed_at, asked_s)
