"""The failures that go on, and who has seen to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, select, update

from bot.store.database import portions
from bot.store.schema import alarms, notices, subscriptions, told
from bot.watch.model import Alarm, key_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database

_COLUMNS = alarms.c
_FIELDS = tuple(column for column in _COLUMNS if column.name in Alarm.__dataclass_fields__)


class Alarms:
    """Alarms by subscription and stream. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_account(self, account: str) -> tuple[Alarm, ...]:
        """Those of an account's subscriptions, by subscription and stream."""
        of_it = select(subscriptions.c.id).where(subscriptions.c.account == account)
        return await self._read(_COLUMNS.subscription_id.in_(of_it))

    async def of_notice(self, key: str) -> tuple[Alarm, ...]:
        """Those of the failures that a notice told, as far as they go on."""
        return await self._read(_is_told_in(key))

    async def see(self, notice_key: str, by: str) -> int:
        """Someone sees to the failures of a notice: those nobody had seen to. How many.

        A stream that was retried since and failed anew is another failure: it stays unseen.
        """
        statement = update(alarms).where(_is_told_in(notice_key), _COLUMNS.seen_by.is_(None))
        async with self._database.writing() as connection:
            seen = await connection.execute(statement.values(seen_by=by))
        return seen.rowcount

    async def _read(self, *which: ColumnElement[bool]) -> tuple[Alarm, ...]:
        query = select(*_FIELDS).where(*which).order_by(_COLUMNS.subscription_id, _COLUMNS.stream)
        async with self._database.reading() as connection:
            return tuple(Alarm(*row) for row in (await connection.execute(query)).all())


async def record(
    database: Database,
    connection: AsyncConnection,
    alarmed: Collection[Alarm],
    quiet: Collection[tuple[str, str]],
) -> None:
    """Write down alarms that are over, then those that are new or different.

    Of a subscription that was removed meanwhile there are none. Who has seen to a failure is
    written by `Alarms.see` only: a turn may not know yet.
    """
    is_it = and_(_COLUMNS.subscription_id == bindparam("of"), _COLUMNS.stream == bindparam("named"))
    over = [{"of": of, "named": stream} for of, stream in quiet]
    if over:
        await connection.execute(delete(alarms).where(is_it), over)
    subscribed = await _subscribed(connection, {alarm.subscription_id for alarm in alarmed})
    rows = [_row(alarm) for alarm in alarmed if alarm.subscription_id in subscribed]
    if rows:
        of_another_task = _COLUMNS.task_key != bindparam("failed")
        await connection.execute(
            delete(alarms).where(is_it, of_another_task),
            [
                {
                    "of": row["subscription_id"],
                    "named": row["stream"],
                    "failed": row["task_key"],
                }
                for row in rows
            ],
        )
        await connection.execute(database.upsert(alarms, kept={"seen_by"}), rows)


async def _subscribed(connection: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Which of the subscriptions are there."""
    found: set[str] = set()
    for portion in portions(ids):
        query = select(subscriptions.c.id).where(subscriptions.c.id.in_(portion))
        found |= set(await connection.scalars(query))
    return found


def _row(alarm: Alarm) -> dict[str, Any]:
    row = {column.name: getattr(alarm, column.name) for column in _FIELDS}
    return row | {"task_key": key_of(alarm.task)}


def _is_told_in(notice_key: str) -> ColumnElement[bool]:
    is_the_notice = notices.c.key == notice_key
    told_of = (
        select(told.c.task_key)
        .join(notices, told.c.notice_id == func.coalesce(notices.c.changes_of, notices.c.id))
        .where(is_the_notice)
    )
    return and_(
        _COLUMNS.subscription_id == select(notices.c.source).where(is_the_notice).scalar_subquery(),
        _COLUMNS.task_key.in_(told_of),
    )
