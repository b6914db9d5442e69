"""The outbox: what is to be posted, in which order, and how far each is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, func, insert, literal, or_, select, update

from bot.store import order
from bot.store.columns import UtcDateTime
from bot.store.notice_rows import notice_of, with_changes
from bot.store.queueing import new_notice
from bot.store.schema import notices, watches
from bot.watch.notices import NoticeKind, NoticeState, Told

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Update

    from bot.store.database import Database
    from bot.watch.notices import Notice

_COLUMNS = notices.c
_PRUNED_AT_ONCE = 100


class Notices:
    """Notices by their ID, their place in the queue. Every method may raise StoreUnavailable.

    A change of state that is not possible any more (`posted` of a notice that was dropped) does
    nothing.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def due(self, now: datetime, *, limit: int) -> tuple[Notice, ...]:
        """Of each channel the notice whose turn it is, if it can be sent or looked for now.

        The turn is by (`due_at`, `id`). A notice whose thread's message is not posted waits without
        holding others up. One that is being sent or put off until `retry_at` holds its channel up,
        and one that may have been sent comes before all others. Parked channels are left out. What
        was queued in the future (the clock was set back) is due.

        `changes` of an open notice are left empty: they are not settled before `claim` gives them.
        """
        async with self._database.reading() as connection:
            rows = (await connection.execute(order.due(now, limit))).all()
            settled = [row for row in rows if row.state is not NoticeState.OPEN]
            unsure = {one.id: one for one in await with_changes(connection, settled)}
        return tuple(unsure.get(row.id) or notice_of(row, thread_ts=row.anchor) for row in rows)

    async def next_due(self, now: datetime) -> datetime | None:
        """The next moment at which `due` may find more than now, by the clock alone."""
        async with self._database.reading() as connection:
            soonest: datetime | None = await connection.scalar(order.next_due(now))
        return soonest

    async def overdue(self, now: datetime) -> tuple[int, datetime | None]:
        """How many wait that could be posted by now, and since when the first of them is due."""
        async with self._database.reading() as connection:
            count, since = (await connection.execute(order.overdue(now))).one()
        return count, since

    async def claim(self, id_: int, sent_at: datetime) -> Notice | None:
        """Take the notice for sending it now; None: it is another's, done, or has no thread yet.

        From here on its changes are settled. One that may have been sent goes, while its thread's
        message is lost, where it went before: waiting for another it would hold its channel up.

        Args:
            id_: as `due` gave it.
            sent_at: now, by Slack's clock.
        """
        statement = (
            update(notices)
            .where(
                _COLUMNS.id == id_,
                or_(
                    _COLUMNS.state == NoticeState.UNSURE,
                    and_(_COLUMNS.state == NoticeState.OPEN, order.HAS_ITS_THREAD),
                ),
            )
            .values(
                state=NoticeState.SENDING,
                attempts=_COLUMNS.attempts + 1,
                lookups=0,
                first_sent_at=func.coalesce(_COLUMNS.first_sent_at, literal(sent_at, UtcDateTime)),
                last_sent_at=sent_at,
                retry_at=None,
                thread_ts=func.coalesce(order.ANCHOR, _COLUMNS.thread_ts),
            )
            .returning(notices)
        )
        async with self._database.writing() as connection:
            rows = (await connection.execute(statement)).all()
            claimed = await with_changes(connection, rows)
        return claimed[0] if claimed else None

    async def posted(
        self, notice: Notice, ts: str, at: datetime, details: tuple[str, ...] = ()
    ) -> None:
        """Slack has it, as `ts`: of a `BOARD` it is now the watch's message.

        Args:
            notice: the notice.
            ts: the message's.
            at: when that is known.
            details: parts to be queued in its thread, each a notice `DETAILS` with this one's
                changes and the facts `of` (this one's key) and `part`.
        """
        async with self._database.writing() as connection:
            statement = _change(notice.id, order.SENT)
            done = await connection.execute(
                statement.values(state=NoticeState.POSTED, ts=ts, posted_at=at, retry_at=None)
            )
            if not done.rowcount:
                return
            if notice.kind is NoticeKind.BOARD:
                board = update(watches).where(watches.c.id == notice.source)
                await connection.execute(board.values(ts=ts, drawn_at=at))
            if details:
                told = (_detail(notice, part, at) for part in details)
                now, of = self._now(), {"changes_of": notice.id}
                rows = [new_notice(one.key, one, queued_at=now) | of for one in told]
                await connection.execute(insert(notices), rows)

    async def unsure(self, id_: int, retry_at: datetime) -> None:
        """It was sent, but who knows whether Slack has it: look for it then."""
        await self._set(id_, (NoticeState.SENDING,), state=NoticeState.UNSURE, retry_at=retry_at)

    async def looked(self, id_: int, retry_at: datetime) -> None:
        """It was looked for in vain: look again then."""
        lookups = _COLUMNS.lookups + 1
        await self._set(id_, (NoticeState.UNSURE,), lookups=lookups, retry_at=retry_at)

    async def again(self, id_: int, retry_at: datetime, error: str) -> None:
        """Slack surely did not take it: send it again then. No more changes join it."""
        await self._set(id_, order.SENT, state=NoticeState.OPEN, retry_at=retry_at, error=error)

    async def dropped(self, id_: int, error: str) -> None:
        """It will never be sent."""
        await self._set(id_, order.LIVE, state=NoticeState.DROPPED, retry_at=None, error=error)

    async def uncertain(self, id_: int) -> None:
        """It is sent again though it could not be looked for."""
        await self._set(id_, order.LIVE, is_uncertain=True)

    async def interrupted(self) -> int:
        """At the start: what was being sent when the process ended may have arrived. How many."""
        statement = update(notices).where(_COLUMNS.state == NoticeState.SENDING)
        async with self._database.writing() as connection:
            done = await connection.execute(statement.values(state=NoticeState.UNSURE))
        return done.rowcount

    async def recent(self, team_id: str, channel_id: str | None, count: int) -> tuple[Notice, ...]:
        """The last ones of a channel, or of all the workspace's, the newest first."""
        query = select(notices).where(_COLUMNS.team_id == team_id)
        if channel_id is not None:
            query = query.where(_COLUMNS.channel_id == channel_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(_COLUMNS.id.desc()).limit(count))
            return await with_changes(connection, rows.all())

    async def by_key(self, key: str) -> Notice | None:
        """The one of this key, if it is not forgotten."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(notices).where(_COLUMNS.key == key))
            found = await with_changes(connection, rows.all())
        return found[0] if found else None

    async def counts(self) -> dict[str, int]:
        """How many there are in each state, and under "uncertain" how many may be there twice."""
        twice = func.count(case((_COLUMNS.is_uncertain, 1)))
        query = select(_COLUMNS.state, func.count(), twice).group_by(_COLUMNS.state)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        counts = dict.fromkeys(NoticeState, 0) | {state: count for state, count, _ in rows}
        return {
            **{state.value: count for state, count in counts.items()},
            "uncertain": sum(uncertain for _, _, uncertain in rows),
        }

    async def prune(self, before: datetime) -> int:
        """Forget some of those queued before then, with what they told: as many as are counted.

        Those not sent since then are given up with them, as their channel is still parked; only
        those that may have been sent stay.
        """
        old = (
            select(_COLUMNS.id)
            .where(_COLUMNS.queued_at < before, _COLUMNS.state.not_in(order.SENT))
            .limit(_PRUNED_AT_ONCE)
        )
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(notices).where(_COLUMNS.id.in_(old)))
        return gone.rowcount

    async def _set(self, id_: int, states: tuple[NoticeState, ...], **changed: Any) -> None:  # noqa: ANN401 - values of any column
        async with self._database.writing() as connection:
            await connection.execute(_change(id_, states).values(**changed))


def _change(id_: int, states: tuple[NoticeState, ...]) -> Update:
    return update(notices).where(_COLUMNS.id == id_, _COLUMNS.state.in_(states))


def _detail(notice: Notice, part: str, at: datetime) -> Told:
    return Told(
        kind=NoticeKind.DETAILS,
        source=notice.source,
        key=f"{notice.key}:{part}",
        team_id=notice.team_id,
        channel_id=notice.channel_id,
        seen_at=notice.seen_at,
        due_at=at,
        facts={"of": notice.key, "part": part},
        thread=notice.key,
    )
