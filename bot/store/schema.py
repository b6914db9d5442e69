"""The tables as they are now. How older ones become these is in `bot.store.migrations`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, DateTime, Index, MetaData, String, Table, Text, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, in UTC on the way out (SQLite keeps no zone: it would come out naive)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC.

        Raises:
            ValueError: `value` is naive, so no moment (SQLAlchemy wraps it in StatementError).
        """
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored datetime must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as it was stored, aware."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

asks = Table(
    "asks",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("body", Text, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Index("asks_used_at", "used_at"),
)
"""Questions too long for a button: `Ask.key` → `Ask.to_json()`, and when it was last used."""

channel_defaults = Table(
    "channel_defaults",
    metadata,
    Column("team_id", String(32), primary_key=True),
    Column("channel_id", String(32), primary_key=True),
    Column("domain", String(253), nullable=False),
    Column("set_by", String(32), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)
"""The domain that `/preload` means in a channel, who set it (a Slack user ID) and when."""
