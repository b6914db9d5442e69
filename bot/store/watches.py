"""Which messages are kept up to date, and how far they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, insert, not_, or_, select, update

from bot.store.database import portions
from bot.store.queueing import queue
from bot.store.schema import notices, parking, watches
from bot.watch.model import Ending, Watch
from bot.watch.notices import NoticeKind, NoticeState, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database

_COLUMNS = watches.c
_FIELDS = tuple(column for column in _COLUMNS if column.name in Watch.__dataclass_fields__)
_IS_ACTIVE = _COLUMNS.ended_at.is_(None)
_PRUNED_AT_ONCE = 100


class Outdated(NamedTuple):
    """A message that is to be drawn anew.

    Attributes:
        watch: what it shows.
        wanted: the version to draw, for `Watches.drawn`.
        ts, channel_id: the message.
    """

    watch: Watch
    wanted: int
    ts: str
    channel_id: str


class Watches:
    """Watches by ID. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def add(
        self,
        watch: Watch,
        told: Told,
        *,
        in_the_way: Callable[[tuple[Watch, ...]], Watch | None] = lambda _: None,
    ) -> Watch | None:
        """Store the watch and queue its message; or, stored nothing, the one that is in the way.

        Args:
            watch: the watch.
            told: a `BOARD` with the key `board_key`.
            in_the_way: which of its channel's active ones is, if any; asked in the transaction, so
                that of two that come at once one is in the other's way. What it raises is raised.
        """
        now = self._now()
        new = {"boards_lost": 0, "wanted": 0, "drawn": 0, "drawn_at": now}
        async with self._database.writing() as connection:
            active = await _read(connection, *_of_channel(watch.team_id, watch.channel_id))
            if (other := in_the_way(active)) is not None:
                return other
            await connection.execute(insert(watches), _row(watch) | new)
            await queue(connection, [told], queued_at=now)
        return None

    async def widen(self, id_: str, widened: Callable[[Watch], Watch]) -> Watch | None:
        """Have it show more, or longer, or under another name; None: there is no such watch.

        Args:
            id_: its ID.
            widened: makes of it, as it is now, what it shall be. What it raises is raised.

        Returns:
            It as it is then; one that had ended, as that was.
        """
        is_it = _COLUMNS.id == id_
        async with self._database.writing() as connection:
            found = await _read(connection, is_it)
            if not found or found[0].ended_at is not None:
                return found[0] if found else None
            watch = widened(found[0])
            changed = {name: getattr(watch, name) for name in ("name", "until", "ask", "is_read")}
            changed["streams"] = dict(watch.streams)
            # New streams are shown once they are read: until then it is as true as it was.
            wanted = _COLUMNS.wanted + int(watch.is_read)
            await connection.execute(update(watches).where(is_it).values(wanted=wanted, **changed))
        return watch

    async def find(self, id_: str) -> Watch | None:
        """The one of this ID, ended or not."""
        found = await self._read(_COLUMNS.id == id_)
        return found[0] if found else None

    async def named(self, ids: Collection[str]) -> dict[str, Watch]:
        """Those of these IDs, by ID, ended or not."""
        return {watch.id: watch for watch in await self._read(_COLUMNS.id.in_(ids))}

    async def active(self) -> tuple[Watch, ...]:
        """All that have not ended, in the order they were made; so are those of the next two."""
        return await self._read(_IS_ACTIVE)

    async def of_channel(self, team_id: str, channel_id: str) -> tuple[Watch, ...]:
        """A channel's active ones."""
        return await self._read(*_of_channel(team_id, channel_id))

    async def of_team(self, team_id: str) -> tuple[Watch, ...]:
        """A workspace's active ones."""
        return await self._read(_IS_ACTIVE, _COLUMNS.team_id == team_id)

    async def stop(self, id_: str, by: str, at: datetime) -> Watch | None:
        """End it: its message is outdated, alerts not yet sent are dropped. None: ended already."""
        ended = (
            update(watches)
            .where(_COLUMNS.id == id_, _IS_ACTIVE)
            .values(ended_at=at, ending=Ending.STOPPED, stopped_by=by, wanted=_COLUMNS.wanted + 1)
            .returning(*_FIELDS)
        )
        alerts = and_(
            notices.c.state == NoticeState.OPEN,
            notices.c.source == id_,
            notices.c.kind == NoticeKind.ALERT,
        )
        async with self._database.writing() as connection:
            row = (await connection.execute(ended)).one_or_none()
            if row is None:
                return None
            await connection.execute(
                update(notices).where(alerts).values(state=NoticeState.DROPPED)
            )
        return _watch(row)

    async def outdated(self, limit: int) -> list[Outdated]:
        """Messages that are posted and not as wanted, in channels that can be posted to.

        The one that was drawn the longest ago comes first: so each gets its turn.
        """
        is_parked = exists().where(
            parking.c.team_id == _COLUMNS.team_id, parking.c.channel_id == _COLUMNS.channel_id
        )
        query = (
            select(_COLUMNS.wanted, _COLUMNS.ts, *_FIELDS)
            .where(_COLUMNS.wanted > _COLUMNS.drawn, _COLUMNS.ts.is_not(None), not_(is_parked))
            .order_by(_COLUMNS.drawn_at, _COLUMNS.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [Outdated(_watch(row), row.wanted, row.ts, row.channel_id) for row in rows]

    async def unsettled(self, account: str) -> frozenset[str]:
        """The account's domains with ended watches of which there is still something to show."""
        is_told = exists().where(
            notices.c.source == _COLUMNS.id,
            notices.c.state.not_in((NoticeState.POSTED, NoticeState.DROPPED)),
        )
        is_drawn = and_(_COLUMNS.wanted > _COLUMNS.drawn, _COLUMNS.ts.is_not(None))
        found = await self._read(_COLUMNS.ended_at.is_not(None), or_(is_told, is_drawn))
        return frozenset(one.ask.domain for one in found if one.ask.account == account)

    async def drawn(self, id_: str, wanted: int, at: datetime) -> None:
        """Its message shows the version that was `wanted`; a newer one may be wanted by now."""
        statement = update(watches).where(_COLUMNS.id == id_, _COLUMNS.drawn <= wanted)
        async with self._database.writing() as connection:
            await connection.execute(statement.values(drawn=wanted, drawn_at=at))

    async def lost(self, id_: str) -> bool:
        """Its message is gone: queue another; False where that was done, or there is no watch.

        The new notice's key is `board_key:n`. Until it is posted nothing is posted in the watch's
        thread; after that all is posted in the new one's.
        """
        now = self._now()
        statement = (
            update(watches)
            .where(_COLUMNS.id == id_, _COLUMNS.ts.is_not(None))
            .values(ts=None, boards_lost=_COLUMNS.boards_lost + 1)
            .returning(_COLUMNS.boards_lost, *_FIELDS)
        )
        async with self._database.writing() as connection:
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                return False
            board = Told(
                kind=NoticeKind.BOARD,
                source=id_,
                key=f"{_watch(row).board_key}:{row.boards_lost}",
                team_id=row.team_id,
                channel_id=row.channel_id,
                seen_at=now,
                due_at=now,
            )
            await queue(connection, [board], queued_at=now)
        return True

    async def prune(self, before: datetime) -> int:
        """Forget some of those that ended before then: as many as are told."""
        old = select(_COLUMNS.id).where(_COLUMNS.ended_at < before).limit(_PRUNED_AT_ONCE)
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(watches).where(_COLUMNS.id.in_(old)))
        return gone.rowcount

    async def _read(self, *which: ColumnElement[bool]) -> tuple[Watch, ...]:
        async with self._database.reading() as connection:
            return await _read(connection, *which)


async def record(
    connection: AsyncConnection, changed: Collection[Watch], redrawn: Collection[str]
) -> frozenset[str]:
    """Write down streams, readings and endings; and which messages are outdated.

    Of a watch that has ended meanwhile (someone stopped it) nothing is changed. One that was
    widened meanwhile takes in the streams that were found; whether it is read, and finished, is
    for a turn to say that knows all of it.

    Returns:
        The IDs of those that were to end and, widened, did not.
    """
    going_on: set[str] = set()
    if changed:
        stored = {
            watch.id: watch
            for watch in await _read(connection, _COLUMNS.id.in_([one.id for one in changed]))
        }
        written = []
        for watch in changed:
            now = stored.get(watch.id, watch)
            if (now.ask, now.until) == (watch.ask, watch.until):
                written.append(watch)
                continue
            written.append(replace(now, streams={**now.streams, **watch.streams}))
            if watch.ended_at is not None and now.ended_at is None:
                going_on.add(watch.id)
        statement = update(watches).where(_COLUMNS.id == bindparam("watch_id"), _IS_ACTIVE)
        names = ("streams", "is_read", "ended_at", "ending")
        await connection.execute(
            statement.values({name: bindparam(name) for name in names}),
            [
                {
                    "watch_id": watch.id,
                    "streams": dict(watch.streams),
                    "is_read": watch.is_read,
                    "ended_at": watch.ended_at,
                    "ending": watch.ending,
                }
                for watch in written
            ],
        )
    for ids in portions(redrawn):
        statement = update(watches).where(_COLUMNS.id.in_(ids))
        await connection.execute(statement.values(wanted=_COLUMNS.wanted + 1))
    return frozenset(going_on)


def _of_channel(team_id: str, channel_id: str) -> tuple[ColumnElement[bool], ...]:
    """Those that are active in a channel."""
    return _IS_ACTIVE, _COLUMNS.team_id == team_id, _COLUMNS.channel_id == channel_id


async def _read(connection: AsyncConnection, *which: ColumnElement[bool]) -> tuple[Watch, ...]:
    query = select(*_FIELDS).where(*which).order_by(_COLUMNS.created_at, _COLUMNS.id)
    return tuple(_watch(row) for row in (await connection.execute(query)).all())


def _row(watch: Watch) -> dict[str, Any]:
    row = {column.name: getattr(watch, column.name) for column in _FIELDS}
    return row | {"streams": dict(watch.streams)}


def _watch(row: Any) -> Watch:  # noqa: ANN401 - a row's columns are what the query selects
    return Watch(**{column.name: getattr(row, column.name) for column in _FIELDS})
