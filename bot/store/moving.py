"""Moving to another database: all that is stored, written into a store where nothing is yet."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError
from sqlalchemy import Integer, func, insert, select

from bot.errors import StoreMissing, StoreUnavailable
from bot.settings.model import StorePlace
from bot.store import Store
from bot.store.schema import leases, metadata, requests_seen, workers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection


class SourceUnavailable(StoreUnavailable):
    """The store to copy from cannot be read."""


_AT_ONCE = 1_000
_NAME_IT = "name the store that the bot has used"
_PASSING = frozenset({leases, workers, requests_seen})
"""What is of the processes that run, and of no use to others."""


async def move(source: str, target: str) -> dict[str, int]:
    """Copy a store in one transaction. Nobody may be at work.

    Args:
        source: the URL of the one that is left, which is up to date; it stays as it is.
        target: the URL of the other, which is brought up to date.

    Returns:
        How many rows there were, by table.

    Raises:
        SourceUnavailable: `source` cannot be read, or is not up to date.
        StoreUnavailable: `target` cannot be opened, or there is something in it; then nothing was
            copied.
    """
    async with (
        _source(source) as before,
        Store.open(target) as after,
        before.database.reading() as reading,
        after.database.writing() as writing,
    ):
        tables = [table for table in metadata.sorted_tables if table not in _PASSING]
        for table in tables:
            if await writing.scalar(select(func.count()).select_from(table)):
                raise StoreUnavailable("there is something in it: move into one that is empty")
        return {table.name: await _copied(table, reading, writing) for table in tables}


@asynccontextmanager
async def _source(url: str) -> AsyncIterator[Store]:
    try:
        StorePlace(url=SecretStr(url))
    except ValidationError:
        raise SourceUnavailable(str(StorePlace.model_fields["url"].description)) from None
    async with AsyncExitStack() as stack:
        try:
            store, revision = await stack.enter_async_context(Store.as_it_is(url))
        except StoreMissing as error:
            raise SourceUnavailable(f"{error.problem}: {_NAME_IT}") from error
        except StoreUnavailable as error:
            raise SourceUnavailable(str(error)) from error
        if revision.found is None:
            raise SourceUnavailable(f"there is nothing in it: {_NAME_IT}")
        if revision.found != revision.needed:
            raise SourceUnavailable(
                f"it is of revision {revision.found}, not {revision.needed}: with it as "
                "store.url [DATABASE_URL] run `preload-bot migrate` first"
            )
        yield store


async def _copied(table: Table, reading: AsyncConnection, writing: AsyncConnection) -> int:
    rows = await reading.stream(select(table).order_by(*table.primary_key))
    count = 0
    async for some in rows.mappings().partitions(_AT_ONCE):
        await writing.execute(insert(table), [dict(row) for row in some])
        count += len(some)
    await _count_on(table, writing)
    return count


async def _count_on(table: Table, writing: AsyncConnection) -> None:
    """Have PostgreSQL number what comes next after what was copied."""
    (key, *more) = table.primary_key
    if writing.dialect.name == "sqlite" or more or not isinstance(key.type, Integer):
        return
    sequence = func.pg_get_serial_sequence(table.name, key.name)
    last = await writing.scalar(select(func.max(key)))
    if last is not None:
        await writing.execute(select(func.setval(sequence, last)))
