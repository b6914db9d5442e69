"""What is followed, what was seen of it, and what is to be told. Values only.

A **subscription** tells a channel each change of a domain. A **watch** keeps one message in a
channel up to date on certain streams. What either has to say is a **notice**: a row in the outbox,
written together with the state it comes from, and posted once.
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


class Verdict(StrEnum):
    """What a watch comes to."""

    READY = "ready"
    """Every stream is ready."""
    NOT_READY = "not_ready"
    UNKNOWN = "unknown"
    """No stream, or one whose state is not known, or the domain cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A stream in a watch.

    Attributes:
        url: its play URL as submitted.
        task: its newest task; None where it has none.
        state: that task's state now; None where there is no task.
        is_stuck: it makes no progress while its window is near or has begun.
    """

    url: str
    task: PreloadTask | None
    state: TaskState | None
    is_stuck: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """What a watch's message shows.

    Attributes:
        watch: the watch.
        lines: its streams, in its order.
        observed_at: when the oldest of them was last read; None where nothing was read yet.
        next_end: the nearest end of a window still to come, of streams that have not failed; None
            where there is none.
        verdict: what it comes to now.
        failing_since, failure: since when and why the domain cannot be read, as in `Followed`.
    """

    watch: Watch
    lines: tuple[Line, ...]
    observed_at: datetime | None
    next_end: datetime | None
    verdict: Verdict
    failing_since: datetime | None = None
    failure: str = ""


class NoticeKind(StrEnum):
    """What a notice is."""

    FAILURES = "failures"
    """Of a subscription: streams failed; at once."""
    REPEAT = "repeat"
    """Of a subscription: streams still failed."""
    CHANGES = "changes"
    """Of a subscription: what else happened, gathered."""
    DETAILS = "details"
    """In the thread of one of these: the changes it had no room for."""
    BOARD = "board"
    """Of a watch: its message."""
    ALERT = "alert"
    """In the thread of a watch's message, mentioning its owner: failed, stuck, window ends."""
    VERDICT = "verdict"
    """In that thread: how the watch ended."""
    BLIND = "blind"
    """To each channel concerned: a domain cannot be read."""
    SIGHT = "sight"
    """It can be read again."""
    PARKED = "parked"
    """To the owner, by direct message: the channel cannot be posted to."""


class NoticeState(StrEnum):
    """How far a notice has come."""

    OPEN = "open"
    """Queued; what happens until it is sent still joins it."""
    SENDING = "sending"
    """Being sent; found so after a crash, it is `UNSURE`."""
    UNSURE = "unsure"
    """Sent, and Slack has not said that it arrived: it is looked for before it is sent again."""
    POSTED = "posted"
    DROPPED = "dropped"
    """Never to be sent: nobody wants it any more, or Slack refuses it for good (`error`)."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to be told in one place: what the outbox is given.

    Attributes:
        kind: of the notice it belongs in.
        source: the ID of the subscription or watch it comes from; `account/domain` of `BLIND` and
            `SIGHT`; a channel's ID of `PARKED`.
        key: unique within source and channel: what was told under it once is never told again.
        team_id, channel_id: where; a user's ID for a direct message.
        seen_at: when it was observed, in UTC.
        due_at: when its notice is to be sent; it joins an open one of its source, channel and kind.
        change: what happened; None where the kind says all.
        facts: more, by name (of `BLIND` and `SIGHT`: `failure`, `since`, `owner`; of `PARKED`:
            `code`, `channel`).
        thread: the key of the notice in whose thread it belongs; None is the channel itself.
    """

    kind: NoticeKind
    source: str
    key: str
    team_id: str
    channel_id: str
    seen_at: datetime
    due_at: datetime
    change: Change | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to be posted, or posted.

    Attributes:
        id: its place in the queue, from 1.
        key: unique; it travels in the message's metadata.
        kind, source, team_id, channel_id, thread: as in `Told`.
        state: how far it has come.
        seen_at: when the first of it was observed.
        queued_at: when it was written down.
        due_at: when it is to be sent.
        changes: what happened, in order.
        facts: as in `Told`; of `DETAILS`, `part` counts from 1.
        attempts: how often it was sent.
        lookups: how often it was looked for since it was last sent.
        first_sent_at, last_sent_at: by Slack's clock, in UTC; None is never.
        retry_at: not before this is it sent, or looked for, again.
        error: the last error's code, or "".
        is_uncertain: it was sent again though it could not be looked for: there may be two.
        ts: the message's `ts` once it is posted.
        posted_at: when that was known, in UTC.
        thread_ts: the `ts` of the message in whose thread it belongs; of a notice that was sent,
            of the one in whose thread it was sent.
    """

    id: int
    key: str
    kind: NoticeKind
    source: str
    team_id: str
    channel_id: str
    state: NoticeState
    seen_at: datetime
    queued_at: datetime
    due_at: datetime
    thread: str | None = None
    changes: tuple[Change, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0
    lookups: int = 0
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    retry_at: datetime | None = None
    error: str = ""
    is_uncertain: bool = False
    ts: str | None = None
    posted_at: datetime | None = None
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A channel that cannot be posted to.

    Attributes:
        team_id, channel_id: which.
        code: why, in Slack's word (`is_archived`, `not_in_channel`, …).
        parked_at: since when, in UTC.
    """

    team_id: str
    channel_id: str
    code: str
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What one reading comes to: written in one transaction, or not at all.

    Attributes:
        followed: the domain's new state.
        seen: tasks that are new or different.
        told: what is to be told.
        alarms: alarms that are new or different.
        quiet: alarms that are over: subscription ID and stream.
        watches: watches whose streams or ending are different.
        redrawn: IDs of the watches whose message is out of date.
    """

    followed: Followed
    seen: tuple[Seen, ...] = ()
    told: tuple[Told, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    quiet: tuple[tuple[str, str], ...] = ()
    watches: tuple[Watch, ...] = ()
    redrawn: frozenset[str] = frozenset()
