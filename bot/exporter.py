"""Reads a whole answer for a file, from places in the quota behind those for people."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.exporting import read
from bot.live.quota import Priority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from bot.asks import Ask
    from bot.export import Export, Step
    from bot.live.model import LiveDomain, TaskPage, TaskQuery
    from bot.live.quota import Place, Quota, Use
    from bot.reading import Live


class Background:
    """A quota's places, behind those for people, and how many calls were sent from them."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self.sent = 0

    @asynccontextmanager
    async def place(self, priority: Priority, *, by_s: float | None = None) -> AsyncIterator[Place]:
        """Wait for a place as what goes on in the background does, whatever `priority` says."""
        del priority
        async with self._quota.place(Priority.BACKGROUND, by_s=by_s) as place:
            try:
                yield place
            finally:
                self.sent += place.deadline_s is not None  # without one nothing was sent

    def throttled(self) -> None:
        """The API said that the account is over its quota."""
        self._quota.throttled()

    def use(self) -> Use:
        """How much of it all use now."""
        return self._quota.use()

    async def use_of_all(self) -> Use:
        """How much of it all processes use now."""
        return await self._quota.use_of_all()


class Noting:
    """A Live API that notes the request IDs of its replies."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.request_ids: list[str] = []

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        """One page of tasks."""
        reply = await self._live.describe_preload_tasks(query, page=page, page_size=page_size)
        self.request_ids.append(reply.request_id)
        return reply

    async def describe_user_domains(self, *, keyword: str = "") -> tuple[LiveDomain, ...]:
        """The account's play domains."""
        return await self._live.describe_user_domains(keyword=keyword)


class Exporter:
    """Reads whole answers.

    Args:
        quota_of: the quota of an account, by its name.
        opened: opens a client of an account which takes its places from the given quota.
        now: the wall clock, in UTC.
    """

    def __init__(
        self,
        quota_of: Callable[[str], Quota],
        opened: Callable[[str, Quota], AbstractAsyncContextManager[Live]],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._quota_of = quota_of
        self._opened = opened
        self._now = now

    async def read(
        self,
        ask: Ask,
        turn: Callable[[Step], Awaitable[None]],
        *,
        spent: Callable[[int], None] = lambda _: None,
    ) -> Export:
        """All tasks that `ask` finds, as far as a file holds them.

        Args:
            ask: the question.
            turn: called between two calls; what it raises ends the reading.
            spent: told at the end, however it comes, how many calls of the API it took.

        Raises:
            LiveError: the API did not answer; nothing is kept of what it answered before.
        """
        places = Background(self._quota_of(ask.account))
        try:
            async with self._opened(ask.account, places) as live:
                noting = Noting(live)
                export = await read(noting, ask.question(), turn, now=self._now)
        finally:
            spent(places.sent)
        return replace(export, calls=places.sent, request_ids=tuple(noting.request_ids))
