"""Which channel is told the changes of which domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, select, update

from bot.store.schema import alarms, notices, subscriptions
from bot.watch.model import Subscription
from bot.watch.notices import NoticeState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from bot.live.model import StatusFilter
    from bot.store.database import Database

_COLUMNS = subscriptions.c


class Subscriptions:
    """Subscriptions by ID, at most one for a domain of an account in a channel.

    Every method may raise StoreUnavailable. Listed ones stand in the order they were made.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, subscription: Subscription) -> Subscription | None:
        """Store it; or, stored nothing, the one the channel has for the domain already."""
        row = {column.name: getattr(subscription, column.name) for column in _COLUMNS}
        is_same = and_(
            _COLUMNS.team_id == subscription.team_id,
            _COLUMNS.channel_id == subscription.channel_id,
            _COLUMNS.account == subscription.account,
            _COLUMNS.domain == subscription.domain,
        )
        async with self._database.writing() as connection:
            added = await connection.execute(self._database.insert_new(subscriptions), row)
            if added.rowcount:
                return None
            rows = await connection.execute(select(subscriptions).where(is_same))
            return Subscription(*rows.one())

    async def find(self, id_: str) -> Subscription | None:
        """The one of this ID, if it is there still."""
        found = await self._read(_COLUMNS.id == id_)
        return found[0] if found else None

    async def of_channel(self, team_id: str, channel_id: str) -> tuple[Subscription, ...]:
        """A channel's."""
        return await self._read(_COLUMNS.team_id == team_id, _COLUMNS.channel_id == channel_id)

    async def of_team(self, team_id: str) -> tuple[Subscription, ...]:
        """A workspace's."""
        return await self._read(_COLUMNS.team_id == team_id)

    async def all(self) -> tuple[Subscription, ...]:
        """All there are."""
        return await self._read()

    async def remove(self, id_: str) -> bool:
        """Take it away, with its alarms and what it had still to tell; whether it was there."""
        unsent = and_(notices.c.state == NoticeState.OPEN, notices.c.source == id_)
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(subscriptions).where(_COLUMNS.id == id_))
            await connection.execute(delete(alarms).where(alarms.c.subscription_id == id_))
            await connection.execute(
                update(notices).where(unsent).values(state=NoticeState.DROPPED)
            )
        return gone.rowcount > 0

    async def mute(self, id_: str, until: datetime | None) -> Subscription | None:
        """Mute it until then, or unmute it; as it is now, or None if it is gone."""
        return await self._update(id_, muted_until=until)

    async def change(self, id_: str, statuses: frozenset[StatusFilter]) -> Subscription | None:
        """Have it tell these changes; as it is now, or None if it is gone."""
        return await self._update(id_, statuses=statuses)

    async def _read(self, *which: ColumnElement[bool]) -> tuple[Subscription, ...]:
        query = select(subscriptions).where(*which).order_by(_COLUMNS.created_at, _COLUMNS.id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(Subscription(*row) for row in rows)

    async def _update(self, id_: str, **changed: Any) -> Subscription | None:  # noqa: ANN401 - values of any column
        statement = update(subscriptions).where(_COLUMNS.id == id_).values(**changed)
        async with self._database.writing() as connection:
            rows = await connection.execute(statement.returning(subscriptions))
            row = rows.one_or_none()
        return None if row is None else Subscription(*row)
