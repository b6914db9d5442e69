"""How each person wants answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cachetools import TTLCache
from sqlalchemy import delete, select

from bot.reader import Preferences
from bot.store.schema import preferences

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database

_KEPT_S = 5.0
"""How long a person's are not read again: another process may change them."""
_PEOPLE_IN_MEMORY = 4_096
_COLUMNS = preferences.c


class PeoplesPreferences:
    """Preferences by person. Every method may raise StoreUnavailable.

    What this process sets counts here at once, what another one sets within 5 seconds. A person is
    known by their ID alone: of somebody who is in several workspaces Slack's payloads name now the
    one, now the other.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._known: TTLCache[str, Preferences] = TTLCache(
            _PEOPLE_IN_MEMORY, ttl=_KEPT_S, timer=lambda: now().timestamp()
        )
        self._changes = 0

    def at_hand(self, user_id: str) -> Preferences | None:
        """The person's, if they were read within these seconds."""
        known: Preferences | None = self._known.get(user_id)
        return known

    async def get(self, user_id: str) -> Preferences:
        """The person's."""
        known = self.at_hand(user_id)
        if known is not None:
            return known
        changes_before = self._changes
        async with self._database.reading() as connection:
            found = await _read(connection, user_id)
        if changes_before == self._changes:  # else what was read may be what stood there before
            self._known[user_id] = found
        return found

    async def set(self, team_id: str, user_id: str, **chosen: Any) -> Preferences:  # noqa: ANN401 - the fields of Preferences
        """Change some of the person's, the others stay; all of them then."""
        async with self._database.writing() as connection:
            changed = replace(await _read(connection, user_id), **chosen)
            elsewhere = _COLUMNS.team_id != team_id, _COLUMNS.user_id == user_id
            await connection.execute(delete(preferences).where(*elsewhere))
            row = {
                "team_id": team_id,
                "user_id": user_id,
                "language": changed.language,
                "zone": None if changed.zone is None else changed.zone.key,
                "rows": changed.rows,
            }
            await connection.execute(self._database.upsert(preferences), row)
        self._changes += 1
        self._known.pop(user_id, None)
        return changed


async def _read(connection: AsyncConnection, user_id: str) -> Preferences:
    query = select(_COLUMNS.language, _COLUMNS.zone, _COLUMNS.rows)
    row = (await connection.execute(query.where(_COLUMNS.user_id == user_id))).first()
    return Preferences() if row is None else Preferences(row.language, _zone(row.zone), row.rows)


def _zone(name: str | None) -> ZoneInfo | None:
    """The zone; None of a name that this machine does not know (any more)."""
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
