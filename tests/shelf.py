"""A Live API in memory, for tests of what is asked: tasks on a shelf, and a list of the calls.

Tests of how it is asked run against the simulated API, over the wire.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import structs

from bot.live.model import LiveDomain, PreloadTask, StatusFilter, TaskPage, TaskQuery, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.errors import LiveError

EVENING = datetime(2026, 11, 22, 19, 42, 10, tzinfo=UTC)
DOMAIN = "live.example.com"

_FILTERS = {
    StatusFilter.FAILED: TaskState.FAILED,
    StatusFilter.PENDING: TaskState.PENDING,
    StatusFilter.PRELOADING: TaskState.PRELOADING,
}


def task(
    number: int,
    *,
    name: str | None = None,
    minutes_ago: float = 0,
    status: str = "complete",
    process: float | None = None,
    window: tuple[float, float] | None = (-30, 180),
) -> PreloadTask:
    """A task of `EVENING`; the window in minutes from then."""
    start, end = (EVENING + timedelta(minutes=m) for m in window) if window else (None, None)
    return PreloadTask(
        task_id=f"task-{number}",
        domain=DOMAIN,
        url=f"rtmp://{DOMAIN}/liveApp/{name or f'cam{number}'}",
        created=EVENING - timedelta(minutes=minutes_ago),
        window_start=start,
        window_end=end,
        status=status,
        process=process,
    )


@dataclass
class Shelf:
    """Answers from `tasks`, newest first as the API seems to."""

    tasks: list[PreloadTask] = field(default_factory=list)
    now: datetime = EVENING
    failing: LiveError | None = None
    calls: list[tuple[TaskQuery, int, int]] = field(default_factory=list)
    newest_first: bool = True
    before_reply: Callable[[], None] = lambda: None
    takes_s: float = 0.0

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        self.calls.append((query, page, page_size))
        if self.failing is not None:
            raise self.failing
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        self.before_reply()
        found_as = StatusFilter(query.status) if query.status else None
        found = [
            structs.replace(one, found_as=found_as) for one in self.tasks if self._is(one, query)
        ]
        if self.newest_first:
            found.sort(key=lambda one: one.created or EVENING, reverse=True)
        begin = (page - 1) * page_size
        return TaskPage(
            tasks=tuple(found[begin : begin + page_size]),
            page=page,
            page_size=page_size,
            total=len(found),
            request_id=f"request-{len(self.calls)}",
            observed_at=self.now,
        )

    async def describe_user_domains(self, *, keyword: str = "") -> tuple[LiveDomain, ...]:
        return (LiveDomain(DOMAIN), LiveDomain(f"{keyword}vip.example.com"))

    def _is(self, one: PreloadTask, query: TaskQuery) -> bool:
        state = one.state(self.now)
        of_status = (
            query.status is None
            or (query.status is StatusFilter.COMPLETE and state.is_complete)
            or _FILTERS.get(StatusFilter(query.status)) is state
        )
        created = one.created or EVENING
        return (
            of_status
            and query.task_id in {None, one.task_id}
            and (not query.urls or one.url in query.urls)
            and (query.start is None or created >= query.start)
            and (query.end is None or created <= query.end)
        )
