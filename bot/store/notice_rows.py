"""Notices as they are read: a row of theirs, and the changes they tell."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.store.database import portions
from bot.store.schema import notices, told
from bot.watch.model import Change
from bot.watch.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_FIELDS = tuple(
    column.name for column in notices.columns if column.name in Notice.__dataclass_fields__
)


def notice_of(row: Row[Any], **more: Any) -> Notice:  # noqa: ANN401 - a notice's fields
    """The notice in a row of `notices`, with more of its fields than stand there."""
    return Notice(**{name: getattr(row, name) for name in _FIELDS} | more)


async def with_changes(
    connection: AsyncConnection, rows: Collection[Row[Any]]
) -> tuple[Notice, ...]:
    """The notices in rows of `notices`, with their changes in the order they were told.

    Those of `DETAILS` are its parent's.
    """
    changes: defaultdict[int, list[Change]] = defaultdict(list)
    fields = (told.c.change, told.c.task, told.c.at, told.c.count)
    for ids in portions({row.changes_of or row.id for row in rows}):
        query = (
            select(told.c.notice_id, *fields)
            .where(told.c.notice_id.in_(ids), told.c.change.is_not(None))
            .order_by(told.c.id)
        )
        for notice_id, *change in (await connection.execute(query)).all():
            changes[notice_id].append(Change(*change))
    return tuple(notice_of(row, changes=tuple(changes[row.changes_of or row.id])) for row in rows)
