"""Whose turn it is in each channel: the order of the outbox, as queries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, not_, null, or_, select

from bot.store.columns import UtcDateTime
from bot.store.schema import notices, parking, watches
from bot.watch.notices import NoticeKind, NoticeState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select

_COLUMNS = notices.c
SENT = (NoticeState.SENDING, NoticeState.UNSURE)
"""Slack may have it."""
LIVE = (NoticeState.OPEN, *SENT)
_CLOCKS_DIFFER = timedelta(seconds=1)
_LONGEST_RETRY = timedelta(minutes=10)
"""Nothing is put off for longer: what is, was put off before the clock was set back."""

_parent = notices.alias("parent")
ANCHOR = case(
    (_COLUMNS.thread.is_(None), null()),
    (
        _COLUMNS.kind.in_((NoticeKind.ALERT, NoticeKind.VERDICT)),
        select(watches.c.ts).where(watches.c.id == _COLUMNS.source).scalar_subquery(),
    ),
    else_=select(_parent.c.ts).where(_parent.c.key == _COLUMNS.thread).scalar_subquery(),
)
"""The `ts` of the message in whose thread a notice belongs; of a watch the one it has now."""
HAS_ITS_THREAD = or_(_COLUMNS.thread.is_(None), ANCHOR.is_not(None))
_IS_PARKED = exists().where(
    parking.c.team_id == _COLUMNS.team_id, parking.c.channel_id == _COLUMNS.channel_id
)
# In a channel what Slack may have comes first, then what it surely has not but was tried.
_TURN = case(
    (_COLUMNS.state == NoticeState.SENDING, 0),
    (_COLUMNS.state == NoticeState.UNSURE, 1),
    (_COLUMNS.attempts > 0, 2),
    else_=3,
)


def due(now: datetime, limit: int) -> Select[Any]:
    """Rows of `notices` and each one's `anchor`; what they are is said at `Notices.due`."""
    is_due = or_(_COLUMNS.due_at <= now, _COLUMNS.queued_at > now + _CLOCKS_DIFFER)
    in_turn = func.row_number().over(
        partition_by=(_COLUMNS.team_id, _COLUMNS.channel_id),
        order_by=(_TURN, _COLUMNS.due_at, _COLUMNS.id),
    )
    waiting = and_(is_due, HAS_ITS_THREAD)
    candidates = (
        select(notices, ANCHOR.label("anchor"), in_turn.label("place"))
        .where(
            _COLUMNS.state.in_(LIVE),
            or_(_COLUMNS.state.in_(SENT), waiting),
            not_(_IS_PARKED),
        )
        .subquery()
    )
    found = candidates.c
    return (
        select(candidates)
        .where(
            found.place == 1,
            found.state != NoticeState.SENDING,
            or_(
                found.retry_at.is_(None),
                found.retry_at <= now,
                found.retry_at > now + _LONGEST_RETRY,
            ),
        )
        .order_by(found.due_at, found.id)
        .limit(limit)
    )


def overdue(now: datetime) -> Select[int, datetime | None]:
    """How many are due, or perhaps sent, where channels are not parked; since when the first is."""
    oldest = func.min(_COLUMNS.due_at, type_=UtcDateTime)
    return select(func.count(), oldest).where(
        _COLUMNS.state.in_(LIVE), _COLUMNS.due_at <= now, not_(_IS_PARKED)
    )


def next_due(now: datetime) -> Select[tuple[datetime | None]]:
    """The next moment at which `due` may find more than now, by the clock alone."""
    retry_at = func.coalesce(_COLUMNS.retry_at, _COLUMNS.due_at, type_=UtcDateTime)
    at = case(
        (_COLUMNS.state == NoticeState.UNSURE, _COLUMNS.retry_at),
        (retry_at > _COLUMNS.due_at, retry_at),
        else_=_COLUMNS.due_at,
    )
    return select(func.min(at, type_=UtcDateTime)).where(
        _COLUMNS.state.in_((NoticeState.OPEN, NoticeState.UNSURE)), at > now, not_(_IS_PARKED)
    )
