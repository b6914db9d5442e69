"""The last that was seen of each task, kept longer than the API keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, not_, or_, select, tuple_, update

from bot.store.database import portions
from bot.store.schema import sightings
from bot.watch.known import newest_of
from bot.watch.model import Seen

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database

_COLUMNS = sightings.c
_FIELDS = (_COLUMNS.task, _COLUMNS.observed_at, _COLUMNS.progressed_at, _COLUMNS.said)
_PRUNED_AT_ONCE = 1000


class Sightings:
    """Tasks as last seen, by account, domain and key. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_domain(
        self, account: str, domain: str, *, since: datetime | None = None
    ) -> tuple[Seen, ...]:
        """A domain's, the oldest task first; with `since` those unfinished, or observed since."""
        query = select(*_FIELDS).where(_is(account, domain))
        if since is not None:
            query = query.where(or_(not_(_COLUMNS.is_finished), _COLUMNS.observed_at >= since))
        async with self._database.reading() as connection:
            rows = await connection.execute(
                query.order_by(_COLUMNS.created_at.nulls_first(), _COLUMNS.key)
            )
            return tuple(Seen(*row) for row in rows.all())

    async def newest(self, account: str, domain: str, streams: Collection[str]) -> dict[str, Seen]:
        """Of each of the streams that has a task the newest one, by stream."""
        by_age = func.rank().over(
            partition_by=_COLUMNS.stream, order_by=_COLUMNS.created_at.desc().nulls_last()
        )
        latest: dict[str, list[Seen]] = {}
        async with self._database.reading() as connection:
            for portion in portions(streams):
                ranked = (
                    select(_COLUMNS.stream, *_FIELDS, by_age.label("place"))
                    .where(_is(account, domain), _COLUMNS.stream.in_(portion))
                    .subquery()
                )
                rows = await connection.execute(select(ranked).where(ranked.c.place == 1))
                for stream, *fields, _ in rows.all():
                    latest.setdefault(stream, []).append(Seen(*fields))
        return {stream: newest_of(those) for stream, those in latest.items()}

    async def prune(self, before: datetime) -> int:
        """Forget some of those last observed before then: as many as are counted."""
        keys = (_COLUMNS.account, _COLUMNS.domain, _COLUMNS.key)
        old = select(*keys).where(_COLUMNS.observed_at < before).limit(_PRUNED_AT_ONCE)
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(sightings).where(tuple_(*keys).in_(old)))
        return gone.rowcount


async def record(
    database: Database,
    connection: AsyncConnection,
    account: str,
    domain: str,
    seen: Collection[Seen],
) -> None:
    """Write down what was seen of a domain's tasks, in place of what was before."""
    if seen:
        rows = [_row(account, domain, one) for one in seen]
        await connection.execute(database.upsert(sightings), rows)


async def keep(
    connection: AsyncConnection, account: str, domain: str, again: Collection[Seen]
) -> None:
    """Write down when tasks that are as they were were observed: only that, as it is cheap."""
    if again:
        is_it = and_(_is(account, domain), _COLUMNS.key == bindparam("of_key"))
        await connection.execute(
            update(sightings)
            .where(is_it)
            .values(observed_at=bindparam("observed_at"), progressed_at=bindparam("progressed_at")),
            [
                {
                    "of_key": one.key,
                    "observed_at": one.observed_at,
                    "progressed_at": one.progressed_at,
                }
                for one in again
            ],
        )


def _row(account: str, domain: str, seen: Seen) -> dict[str, Any]:
    task = seen.task
    return {
        "account": account,
        "domain": domain,
        "key": seen.key,
        "stream": task.stream,
        "created_at": task.created,
        "is_finished": task.state(seen.observed_at).is_finished,
        "observed_at": seen.observed_at,
        "progressed_at": seen.progressed_at,
        "said": seen.said,
        "task": task,
    }


def _is(account: str, domain: str) -> ColumnElement[bool]:
    return and_(_COLUMNS.account == account, _COLUMNS.domain == domain)
