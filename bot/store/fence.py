"""A lease: what a write is allowed by where several processes could do the same work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from bot.errors import StaleLease
from bot.store.schema import leases

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Lease(NamedTuple):
    """That some work is this process's to do.

    Attributes:
        name: of the work.
        token: grows with each process that takes it over: whoever has an older one is too late.
    """

    name: str
    token: int


async def insist(connection: AsyncConnection, lease: Lease) -> None:
    """See, in the transaction of a write, that nobody else has taken the work over.

    A lease that is over, but was taken by nobody, is good.

    Raises:
        StaleLease: somebody has.
    """
    newest = await connection.scalar(select(leases.c.token).where(leases.c.name == lease.name))
    if newest != lease.token:
        raise StaleLease(lease.name)
