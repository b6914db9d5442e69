"""What is followed, and what was seen of it. Values only.

A **subscription** tells a channel each change of a domain. A **watch** keeps one message in a
channel up to date on certain streams. What either has to say is a **notice** (`bot.watch.notices`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.live.model import StatusFilter, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.asks import Ask
    from bot.live.model import PreloadTask

DEFAULT_GROUP = timedelta(seconds=10)
DEFAULT_REPEAT = timedelta(minutes=30)
DEFAULT_STATUSES = frozenset({StatusFilter.FAILED, StatusFilter.COMPLETE})
DEFAULT_WATCH = timedelta(hours=6)
"""How long a watch of a filter goes on where nobody says."""
SOON = timedelta(minutes=15)
"""A window that begins or ends within this time does so soon."""
STUCK_AFTER = timedelta(minutes=5)
"""Reads so far apart that show the same progress show a task that is stuck."""


class ChangeKind(StrEnum):
    """What can happen to a task; of a stream, its newest task counts."""

    APPEARED = "appeared"
    PROGRESSED = "progressed"
    """It went to preloading; that its progress grows is no change of its own."""
    COMPLETED = "completed"
    FAILED = "failed"
    RETRIED = "retried"
    """The stream's newest task had failed, and there is a newer one now."""
    RECOVERED = "recovered"
    """A stream that had failed is complete, by a newer task."""
    WINDOW_SOON = "window_soon"
    """It is complete, and its window ends within `SOON`."""
    WINDOW_OVER = "window_over"
    STUCK = "stuck"
    """No progress while its window is near or has begun."""
    VANISHED = "vanished"
    """Unfinished, and older than what the API keeps: how it ended is not known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last that was seen of a task.

    Attributes:
        task: as the API described it.
        observed_at: when, on this machine's clock, in UTC.
        progressed_at: when it was first seen in this status with this progress; where the clock
            was set since, by the new time.
        said: what was said of it already that the clock alone brings about: some of
            `WINDOW_SOON`, `WINDOW_OVER`, `STUCK`, `VANISHED`.
    """

    task: PreloadTask
    observed_at: datetime
    progressed_at: datetime
    said: frozenset[ChangeKind] = frozenset()

    @property
    def key(self) -> str:
        """What names the task among its domain's."""
        return key_of(self.task)

    def is_stuck(self, now: datetime) -> bool:
        """Whether reads showed no progress while its window is near or has begun."""
        start, end = self.task.window_start, self.task.window_end
        return (
            start is not None
            and start - SOON <= now
            and (end is None or now < end)
            and self.observed_at - self.progressed_at >= STUCK_AFTER
            and self.task.state(now) in {TaskState.PENDING, TaskState.PRELOADING}
        )


def key_of(task: PreloadTask) -> str:
    """The task's ID; of one without, a name made of its stream and its creation time."""
    if task.task_id:
        return task.task_id
    created = task.created.isoformat() if task.created else ""
    name = f"{task.stream} {created}".encode(errors="replace")
    return f"-{hashlib.sha256(name).hexdigest()[:30]}"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a task.

    Attributes:
        kind: what.
        task: the task as it is now.
        at: when it was observed, in UTC.
        count: of a repetition, how often it was told before; otherwise 0.
    """

    kind: ChangeKind
    task: PreloadTask
    at: datetime
    count: int = 0

    @property
    def key(self) -> str:
        """The same for the same event, however often it is come upon."""
        return f"{self.kind}:{key_of(self.task)}:{self.count}"


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the reading of one domain has come.

    Attributes:
        account, domain: which.
        baseline_at: when all there was had been read; None while that goes on. What was created
            before is history: it is not announced.
        created_until: tasks created before this have been asked for, by the API's clock as far as
            that is known; None is none yet.
        read_at: when all that is new was last asked for, and answered, on this machine's clock;
            None is never.
        failing_since: since when it cannot be read; None where it can.
        failure: why: an API code or a short word.
        is_blind: its channels were told so.
    """

    account: str
    domain: str
    baseline_at: datetime | None = None
    created_until: datetime | None = None
    read_at: datetime | None = None
    failing_since: datetime | None = None
    failure: str = ""
    is_blind: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """A channel that is told each change of a domain.

    Attributes:
        id: 12 letters and digits.
        team_id, channel_id: where.
        account, domain: of what.
        owner: the Slack user who subscribed; notices are in their language and zone.
        created_at: since when, in UTC.
        statuses: which changes: those that lead to one of these.
        group: how long changes other than failures are gathered into one message.
        repeat: how often a failure is told again while it lasts; zero is never.
        muted_until: told nothing before then; None is not muted.
    """

    id: str
    team_id: str
    channel_id: str
    account: str
    domain: str
    owner: str
    created_at: datetime
    statuses: frozenset[StatusFilter] = DEFAULT_STATUSES
    group: timedelta = DEFAULT_GROUP
    repeat: timedelta = DEFAULT_REPEAT
    muted_until: datetime | None = None

    def is_muted(self, now: datetime) -> bool:
        """Whether it is told nothing now."""
        return self.muted_until is not None and now < self.muted_until


@dataclass(frozen=True, slots=True)
class Alarm:
    """A failed stream that a subscription's channel was told of, until it fails no more.

    Attributes:
        subscription_id, stream: whose, and the stream's key.
        task: its newest task, the failed one.
        since: when the failure was first told.
        repeat_at: when it is told again; None is never.
        count: how often it was told.
        seen_by: the Slack user who has seen to it: it is not told again; None is nobody.
    """

    subscription_id: str
    stream: str
    task: PreloadTask
    since: datetime
    repeat_at: datetime | None
    count: int = 1
    seen_by: str | None = None


class Ending(StrEnum):
    """How a watch came to its end."""

    FINISHED = "finished"
    """Every stream is finished (of a list watch)."""
    UNTIL = "until"
    """Its time was up."""
    STOPPED = "stopped"
    """Someone pressed Stop."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A message in a channel that is kept up to date on certain streams.

    Attributes:
        id: 12 letters and digits.
        team_id, channel_id: where.
        ask: what was asked for; account and domain are its. `ask.until` and `ask.task_id` are
            None: a task is watched by its stream.
        owner: the Slack user who asked: mentioned where it matters; their language and zone.
        created_at: since when, in UTC.
        name: what it was called, or "".
        until: when it ends at the latest.
        streams: the streams in it: key → play URL as submitted, in the order they came in. Of a
            list watch all are there from the start; a filter's are added as tasks match.
        is_read: all its streams were read since it began: what was seen of them when they were
            followed before says nothing of now.
        ended_at, ending: when and how it ended, or None.
        stopped_by: the Slack user who stopped it, or None.
    """

    id: str
    team_id: str
    channel_id: str
    ask: Ask
    owner: str
    created_at: datetime
    until: datetime
    name: str = ""
    streams: Mapping[str, str] = field(default_factory=dict)
    is_read: bool = False
    ended_at: datetime | None = None
    ending: Ending | None = None
    stopped_by: str | None = None

    @property
    def is_list(self) -> bool:
        """Whether its streams are those that were named, and no others."""
        return bool(self.ask.urls)

    @property
    def board_key(self) -> str:
        """The key of the notice that is its message."""
        return f"board:{self.id}"
