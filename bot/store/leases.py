"""Who does what: work that one process at a time may do, shared out among those on a store.

A process that is gone, or was stopped, loses its leases after a while, and another takes them. If
it comes back it is refused what it writes: its token is not the newest (`bot.store.fence`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, NamedTuple, Self

import structlog
from sqlalchemy import delete, func, select, update

from bot.errors import StoreUnavailable
from bot.metrics import LEASES, UNMETERED
from bot.store.database import portions
from bot.store.fence import Lease
from bot.store.schema import leases, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.metrics import Meter
    from bot.store.database import Database

EVERY_S = 2.0
"""So often leases are confirmed, given up and taken."""
LASTS_S = 10.0
"""A lease that is not confirmed for so long is lost to whoever takes it."""
SURE_S = 7.0
"""For so long after they were confirmed, what nobody else may do can be begun."""
OUTBOX = "outbox"

log = structlog.get_logger(__name__)


def sweep_of(account: str, domain: str) -> str:
    """The name of the work of reading a domain."""
    return f"sweep:{account}:{domain}"


def share(count: int, held: Mapping[str, int], holder: str) -> int:
    """How many leases are a process's.

    What is left over goes to those that hold the most: so as few as can be change hands.

    Args:
        count: how many leases there are.
        held: how many of them each process holds.
        holder: one of these processes.
    """
    ranked = sorted(held, key=lambda one: (-held[one], one))
    each, left_over = divmod(count, len(held))
    return each + (ranked.index(holder) < left_over)


async def processes(database: Database, now: Callable[[], datetime]) -> int:
    """How many processes the work is shared out among.

    Args:
        database: where they are written down.
        now: the wall clock, in UTC.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    async with database.reading() as connection:
        since = await database.time(connection, now) - timedelta(seconds=LASTS_S)
        query = select(func.count()).select_from(workers).where(workers.c.seen_at > since)
        return int((await connection.execute(query)).scalar_one())


class _Row(NamedTuple):
    """A row of `leases`."""

    name: str
    holder: str
    token: int
    until: datetime


class Leases:
    """Those of this process. It is a context: at its end they are free for others at once.

    Where the database is one process's alone, that is taken at its word: a new one has all that the
    last one held, though that may have had no time to let go.

    Args:
        database: where they are written down.
        now: the wall clock, in UTC; PostgreSQL's own is gone by where that is the database.
        clock_s: a monotonic clock, in seconds, that goes on while the process is stopped.
        holder: names this process, and no other.
        meter: told how many are held.

    Attributes:
        held: by name, as last confirmed.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        clock_s: Callable[[], float],
        holder: str | None = None,
        meter: Meter = UNMETERED,
    ) -> None:
        self.held: Mapping[str, Lease] = {}
        self._database = database
        self._now = now
        self._clock_s = clock_s
        self._holder = holder or secrets.token_hex(8)
        self._meter = meter
        self._wanted: dict[str, frozenset[str]] = {}
        self._confirmed_s = -inf
        self._confirming = asyncio.Lock()
        self._is_new = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.held, self._confirmed_s = {}, -inf
        try:
            async with self._database.writing() as connection:
                await self._leave(connection)
        except StoreUnavailable as unavailable:
            log.warning("leases not let go: they run out", error=str(unavailable))

    def is_sure(self) -> bool:
        """Whether those held are held for a while yet: nobody else does what is begun now."""
        if not self._database.is_shared:
            return True
        return self._clock_s() - self._confirmed_s < SURE_S

    async def want(self, of: str, names: Collection[str]) -> bool:
        """Say what there is to do; whether some of it, new since the last time, is ours now.

        Args:
            of: who says so; what others have said stands.
            names: of all the work there is, whoever does it.

        Raises:
            StoreUnavailable: it is taken by a later `turn`.
        """
        before = self._wanted.get(of, frozenset())
        self._wanted[of] = frozenset(names)
        new = self._wanted[of] - before
        if not new:
            return False
        await self._confirm()
        return not new.isdisjoint(self.held)

    def lost(self, lease: Lease) -> None:
        """Say that a write was refused: another process has it."""
        if self.held.get(lease.name) == lease:
            self.held = {name: one for name, one in self.held.items() if name != lease.name}
            log.warning("another process has taken over", lease=lease.name)

    async def turn(self) -> float:
        """Confirm what is held, give up what is too much, take what is free; seconds to the next.

        Raises:
            StoreUnavailable: nothing was confirmed; what is held may be lost meanwhile.
        """
        await self._confirm()
        return EVERY_S

    async def _confirm(self) -> None:
        async with self._confirming:
            asked_s = self._clock_s()
            # Back from where it could not be seen, it lets the others come back, too, before it
            # takes what they do not seem to hold.
            was_away = not self._is_new and asked_s - self._confirmed_s > LASTS_S
            async with self._database.writing() as connection:
                if self._is_new and not self._database.is_shared:
                    await connection.execute(update(leases).values(holder=""))
                    await connection.execute(delete(workers))
                at = await self._database.time(connection, self._now)
                live = await self._live(connection, at)
                rows = {row.name: _Row(*row) for row in await connection.execute(select(leases))}
                mine, others = self._divided(rows, live, at, takes_over=not was_away)
                if changed := [*mine, *others]:
                    await connection.execute(
                        self._database.upsert(leases), [row._asdict() for row in changed]
                    )
            held = {row.name: Lease(row.name, row.token) for row in mine}
            if self._database.is_shared and held != self.held:
                log.info("work is shared out", held=len(held), processes=len(live))
            self.held, self._confirmed_s, self._is_new = held, asked_s, False
            self._meter.level(LEASES, {(): len(held)})

    async def _live(self, connection: AsyncConnection, at: datetime) -> list[str]:
        """The processes that work is shared out among."""
        seen = {"holder": self._holder, "seen_at": at}
        await connection.execute(self._database.upsert(workers), seen)
        live: list[str] = []
        gone: list[str] = []
        for holder, seen_at in await connection.execute(select(workers)):
            (live if at - seen_at < timedelta(seconds=LASTS_S) else gone).append(holder)
        for portion in portions(gone):
            await connection.execute(delete(workers).where(workers.c.holder.in_(portion)))
        return live

    def _divided(
        self, rows: Mapping[str, _Row], live: Sequence[str], at: datetime, *, takes_over: bool
    ) -> tuple[list[_Row], list[_Row]]:
        """What is this process's from now on, and what was and is no more."""
        names = sorted(
            frozenset().union(*self._wanted.values()), key=lambda one: (one != OUTBOX, one)
        )
        until = at + timedelta(seconds=LASTS_S)
        ours: list[_Row] = []
        free: list[_Row] = []
        held = Counter(dict.fromkeys(live, 0))
        for name in names:
            row = rows.get(name, _Row(name, "", 0, at))
            if row.holder == self._holder:
                ours.append(row._replace(until=until))
            elif not row.holder or (takes_over and row.until <= at):
                free.append(row._replace(holder=self._holder, token=row.token + 1, until=until))
            if row.holder in live:
                held[row.holder] += 1
        count = share(len(names), held, self._holder)
        mine = ours[:count]
        mine += free[: count - len(mine)]
        kept = {row.name for row in mine}
        others = [
            row._replace(holder="", until=at)
            for row in rows.values()
            if row.holder == self._holder and row.name not in kept
        ]
        return mine, others

    async def _leave(self, connection: AsyncConnection) -> None:
        is_mine = leases.c.holder == self._holder
        await connection.execute(update(leases).where(is_mine).values(holder=""))
        await connection.execute(delete(workers).where(workers.c.holder == self._holder))
