"""The domain a channel means when it names none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, select

from bot.store.schema import channel_defaults

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class ChannelDefault:
    """A channel's default domain, the Slack user who set it, and when (UTC)."""

    domain: str
    set_by: str
    set_at: datetime


class ChannelDefaults:
    """Default domains by workspace and channel. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def get(self, team_id: str, channel_id: str) -> ChannelDefault | None:
        """The channel's default, if it has one."""
        columns = channel_defaults.c
        query = select(columns.domain, columns.set_by, columns.set_at)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.where(_is(team_id, channel_id)))
            row = rows.one_or_none()
        return None if row is None else ChannelDefault(*row)

    async def set(self, team_id: str, channel_id: str, *, domain: str, set_by: str) -> None:
        """Make `domain` the channel's default, in place of any other."""
        row = {
            "team_id": team_id,
            "channel_id": channel_id,
            "domain": domain,
            "set_by": set_by,
            "set_at": self._now(),
        }
        async with self._database.writing() as connection:
            await connection.execute(self._database.upsert(channel_defaults, row))

    async def clear(self, team_id: str, channel_id: str) -> bool:
        """Take the channel's default away; whether there was one."""
        async with self._database.writing() as connection:
            gone = await connection.execute(
                delete(channel_defaults).where(_is(team_id, channel_id))
            )
        return gone.rowcount > 0


def _is(team_id: str, channel_id: str) -> ColumnElement[bool]:
    columns = channel_defaults.c
    return and_(columns.team_id == team_id, columns.channel_id == channel_id)
