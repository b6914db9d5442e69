"""What there is to be told, how far it has come, and what a reading comes to. Values only.

A **notice** is a message to be posted: a row in the outbox, written together with the state it
comes from, and posted once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.watch.model import Alarm, Change, Followed, Seen, Watch


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
        again: tasks of which nothing is new but when they were observed.
    """

    followed: Followed
    seen: tuple[Seen, ...] = ()
    told: tuple[Told, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    quiet: tuple[tuple[str, str], ...] = ()
    watches: tuple[Watch, ...] = ()
    redrawn: frozenset[str] = frozenset()
    again: tuple[Seen, ...] = ()
