"""What outlives a restart. All SQL lives here; `Store` is the door.

async with Store.open("sqlite:///preload-bot.sqlite3") as store:
    key = await store.asks.remember(ask)
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.store.alarms import Alarms
from bot.store.asks import Asks
from bot.store.database import Database
from bot.store.defaults import ChannelDefaults
from bot.store.drafts import Drafts
from bot.store.exports import Exports
from bot.store.follows import Follows
from bot.store.ledger import Ledger
from bot.store.notices import Notices
from bot.store.parking import Parking
from bot.store.preferences import PeoplesPreferences
from bot.store.record import Record
from bot.store.requests import Requests
from bot.store.sightings import Sightings
from bot.store.subscriptions import Subscriptions
from bot.store.upgrade import Revision, Upgraded, revision, upgrade
from bot.store.watches import Watches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.store.fence import Lease

__all__ = ["Revision", "Store", "utc_now"]


def utc_now() -> datetime:
    """This machine's clock, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Store:
    """Everything stored, one attribute per kind of thing, and the wall clock that it goes by."""

    now: Callable[[], datetime]
    database: Database
    asks: Asks
    defaults: ChannelDefaults
    subscriptions: Subscriptions
    watches: Watches
    sightings: Sightings
    follows: Follows
    alarms: Alarms
    notices: Notices
    parking: Parking
    preferences: PeoplesPreferences
    ledger: Ledger
    record: Record
    exports: Exports
    drafts: Drafts
    requests: Requests

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        now: Callable[[], datetime] = utc_now,
        busy_timeout_s: float = 5.0,
        upgrade_timeout_s: float = 30.0,
    ) -> AsyncIterator[Store]:
        """Open the store, its tables brought up to date, for as long as the context lasts.

        Args:
            url: as `store.url` in the settings: `sqlite:///path/to/file`.
            now: the wall clock, aware.
            busy_timeout_s: how long to wait for another process's lock, or a free connection.
            upgrade_timeout_s: the same, while the tables are brought up to date: longer, as one
                that is stopped in a transaction holds up the others for seconds.

        Raises:
            StoreUnavailable: it cannot be opened, or was written by a newer version of the bot.
        """
        await cls.migrate(url, busy_timeout_s=upgrade_timeout_s)
        async with Database.open(url, busy_timeout_s=busy_timeout_s) as database:
            yield cls._on(database, now)

    @classmethod
    @asynccontextmanager
    async def as_it_is(
        cls, url: str, *, now: Callable[[], datetime] = utc_now, busy_timeout_s: float = 5.0
    ) -> AsyncIterator[tuple[Store, Revision]]:
        """Open the store and leave it as it is, for versions that run on it; and its revision.

        Where that is an older one, what came later is not there to be read.

        Args:
            url: as for `open`.
            now: as for `open`.
            busy_timeout_s: as for `open`.

        Raises:
            StoreUnavailable: as for `open`; or the file is not there.
        """
        opened = Database.open(url, busy_timeout_s=busy_timeout_s, as_it_is=True)
        async with opened as database:
            async with database.reading() as connection:
                found = await connection.run_sync(revision)
            yield cls._on(database, now), found

    @classmethod
    def _on(cls, database: Database, now: Callable[[], datetime]) -> Store:
        return cls(
            now=now,
            database=database,
            asks=Asks(database, now),
            defaults=ChannelDefaults(database, now),
            subscriptions=Subscriptions(database),
            watches=Watches(database, now),
            sightings=Sightings(database),
            follows=Follows(database),
            alarms=Alarms(database),
            notices=Notices(database, now),
            parking=Parking(database, now),
            preferences=PeoplesPreferences(database, now),
            ledger=Ledger(database, now),
            record=Record(database),
            exports=Exports(database, now),
            drafts=Drafts(database, now),
            requests=Requests(database, now),
        )

    def fenced(self, lease: Lease) -> Store:
        """The same, for whoever holds the lease: writing raises StaleLease once another has it."""
        return self._on(self.database.fenced(lease), self.now)

    @staticmethod
    async def migrate(url: str, *, busy_timeout_s: float = 60.0) -> Upgraded:
        """Bring a store's tables up to date, and do no more.

        Args:
            url: as for `open`.
            busy_timeout_s: how long to wait for other processes, which may be at it.

        Raises:
            StoreUnavailable: as for `open`.
        """
        async with (
            Database.open(url, busy_timeout_s=busy_timeout_s, statement_timeout_s=None) as database,
            database.writing() as connection,
        ):
            return await connection.run_sync(upgrade)

    async def ping(self) -> None:
        """Read something.

        Raises:
            StoreUnavailable: nothing can be read now.
        """
        await self.database.ping()
