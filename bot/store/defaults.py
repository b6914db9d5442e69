"""The domain a channel means when it names none."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache
from sqlalchemy import and_, delete, select

from bot.store.schema import channel_defaults

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from bot.store.database import Database

_KEPT_S = 5.0
"""How long a channel's default is not read again: another process may change it."""
_CHANNELS_IN_MEMORY = 4096


@dataclass(frozen=True, slots=True)
class ChannelDefault:
    """A channel's default domain, the Slack user who set it, and when (UTC).

    `account` is the one it is of, where that was said.
    """

    domain: str
    set_by: str
    set_at: datetime
    account: str | None = None


class ChannelDefaults:
    """Default domains by workspace and channel. Every method may raise StoreUnavailable.

    What this process sets counts here at once, what another one sets within 5 seconds.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._known: TTLCache[tuple[str, str], ChannelDefault | None] = TTLCache(
            _CHANNELS_IN_MEMORY, ttl=_KEPT_S, timer=lambda: now().timestamp()
        )
        self._changes = 0

    async def get(self, team_id: str, channel_id: str) -> ChannelDefault | None:
        """The channel's default, if it has one."""
        key = team_id, channel_id
        with suppress(KeyError):
            return self._known[key]
        changes_before = self._changes
        found = await self._read(team_id, channel_id)
        if changes_before == self._changes:  # else what was read may be what stood there before
            self._known[key] = found
        return found

    async def channels(self) -> dict[str, str]:
        """Every channel that has one, by its ID, and which domain that is."""
        columns = channel_defaults.c
        query = select(columns.channel_id, columns.domain).order_by(columns.channel_id)
        async with self._database.reading() as connection:
            return {row.channel_id: row.domain for row in await connection.execute(query)}

    async def _read(self, team_id: str, channel_id: str) -> ChannelDefault | None:
        columns = channel_defaults.c
        query = select(columns.domain, columns.set_by, columns.set_at, columns.account)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.where(_is(team_id, channel_id)))
            row = rows.one_or_none()
        return None if row is None else ChannelDefault(*row)

    async def set(
        self, team_id: str, channel_id: str, *, domain: str, set_by: str, account: str | None = None
    ) -> None:
        """Make `domain` the channel's default, in place of any other."""
        row = {
            "team_id": team_id,
            "channel_id": channel_id,
            "domain": domain,
            "set_by": set_by,
            "set_at": self._now(),
            "account": account,
        }
        async with self._database.writing() as connection:
            await connection.execute(self._database.upsert(channel_defaults), row)
        self._forget(team_id, channel_id)

    async def clear(self, team_id: str, channel_id: str) -> bool:
        """Take the channel's default away; whether there was one."""
        async with self._database.writing() as connection:
            gone = await connection.execute(
                delete(channel_defaults).where(_is(team_id, channel_id))
            )
        self._forget(team_id, channel_id)
        return gone.rowcount > 0

    def _forget(self, team_id: str, channel_id: str) -> None:
        self._changes += 1
        self._known.pop((team_id, channel_id), None)


def _is(team_id: str, channel_id: str) -> ColumnElement[bool]:
    columns = channel_defaults.c
    return and_(columns.team_id == team_id, columns.channel_id == channel_id)
