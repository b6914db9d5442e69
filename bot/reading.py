"""Which calls answer a question: at most four for a first answer.

Up to 300 tasks, three pages of a hundred read everything. Beyond that the API's page that is to be
shown is read, and its total and statuses are counted by calls with one row each
(`bot.filling`). One of the four is kept for looking up the shown streams' newest tasks, wherever
those are not known anyway (`bot.newest`).

A stream's newest task is surely known from all tasks of its domain only, or else by its URL where
no URLs of the domain carry a signature: a signed one is another at every submission.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from msgspec import structs

from bot.errors import AccountGone
from bot.listing import API_ROWS, WHOLE_TASKS, Listing, in_order, is_newest_first, merged
from bot.live.model import (
    MAX_URLS,
    TaskQuery,
    is_signed,
    newest,
    stream_of,
)
from bot.streams import Streams
from bot.windows import may_hide_newest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.asks import Ask
    from bot.live.model import LiveDomain, PreloadTask, TaskPage
    from bot.windows import Window

MAX_CALLS = 4
LOOKUP_QUERY_BYTES = 8_000
"""The gateway's limit is not documented: URLs we add of our own accord stay under this."""


class Live(Protocol):
    """What is needed of `bot.live.client.LiveClient`."""

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        """One page of tasks."""
        ...

    async def describe_user_domains(self, *, keyword: str = "") -> tuple[LiveDomain, ...]:
        """The account's play domains."""
        ...


def live_of(lives: Mapping[str, Live], account: str) -> Live:
    """The account's.

    Raises:
        AccountGone: the settings have no such account any more.
    """
    try:
        return lives[account]
    except KeyError:
        raise AccountGone(account=account) from None


class Counted:
    """A Live API, and how many calls one answer has taken of it.

    Attributes:
        calls: how many.
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self.calls = 0

    @property
    def left(self) -> int:
        """How many more it may take."""
        return max(0, MAX_CALLS - self.calls)

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        """One page of tasks."""
        self.calls += 1
        return await self._live.describe_preload_tasks(query, page=page, page_size=page_size)

    async def describe_user_domains(self, *, keyword: str = "") -> tuple[LiveDomain, ...]:
        """The account's play domains."""
        return await self._live.describe_user_domains(keyword=keyword)


async def page_of(
    live: Live,
    question: Ask,
    window: Window,
    number: int,
    *,
    rows: int = API_ROWS,
    is_pinned: bool = False,
) -> TaskPage:
    """One of the API's pages; `rows` rows of it.

    Where the window ends now, the end is that of the call, unless it `is_pinned`.
    """
    query = TaskQuery(
        domain=question.domain,
        status=question.status,
        task_id=question.task_id,
        urls=question.urls,
        start=window.start if window.has_start else None,
        end=window.end if window.is_past or is_pinned else None,
    )
    return await live.describe_preload_tasks(query, page=number, page_size=rows)


async def read(
    live: Counted,
    question: Ask,
    window: Window,
    *,
    number: int,
    now: datetime,
    everything: Callable[[], Awaitable[Listing | None]],
) -> tuple[Listing, TaskPage]:
    """The question's listing, and the API's page `number`, which was read first.

    Args:
        live: the Live API, and how many calls this answer has taken.
        question: what is asked.
        window: of when.
        number: the page to be shown.
        now: the moment.
        everything: gives all tasks of the domain, if they are to be had; asked where one page does
            not hold all that a filter finds.

    Raises:
        LiveError: a call failed; nothing of the others is kept.
    """
    first = await page_of(live, question, window, number)
    last = -(-first.total // API_ROWS)
    others = [n for n in range(1, last + 1) if n != number] if first.total <= WHOLE_TASKS else []
    tasks: tuple[PreloadTask, ...] | None = None
    if others and question.status is not None:
        tasks = _completed(first, question, window, await everything(), now)
    whole = tasks is not None or (first.total <= WHOLE_TASKS and len(others) <= live.left)
    if tasks is not None or not whole:
        others = []
    (rest,) = await groups([page_of(live, question, window, n) for n in others])
    found, moved = merged(sorted([first, *rest], key=lambda page: page.page))
    tasks = found if tasks is None else tasks
    listing = Listing(
        question=question,
        start=window.start,
        end=window.end,
        cut=window.cut,
        total=len(tasks) if whole else first.total,
        whole=whole,
        tasks=in_order(tasks, now) if whole else (),
        domain_total=None,
        counts={},
        observed_at=min(page.observed_at for page in [first, *rest]),
        request_id=first.request_id,
        moved=moved or any(page.total != first.total for page in rest),
        is_partial=may_hide_newest(question, window),
        as_typed=bool(question.urls),
    )
    return listing, first


def _completed(
    first: TaskPage, question: Ask, window: Window, everything: Listing | None, now: datetime
) -> tuple[PreloadTask, ...] | None:
    """All that a status filter finds, its first page filled up from all tasks of the domain.

    None where the API counts more of them, or fewer, than the tasks' own words do.
    """
    if everything is None or not everything.whole or question.task_id is not None:
        return None
    read = {task.task_id for task in first.tasks}
    more = tuple(
        structs.replace(task, found_as=question.status)
        for task in everything.narrowed(replace(question, status=None), window).tasks
        if task.task_id not in read and task.state(now).filter is question.status
    )
    return (*first.tasks, *more) if len(first.tasks) + len(more) == first.total else None


def as_submitted(question: Ask, tasks: Iterable[PreloadTask]) -> Ask | None:
    """The question with the URLs that its streams were submitted with, as all tasks have them.

    The same where they are none; None where one call cannot ask for them.
    """
    urls = tuple(sorted(_submitted(question, tasks)))
    if not urls:
        return question
    return replace(question, urls=urls) if _fit(urls, question) else None


def as_submitted_lately(question: Ask, latest: Sequence[PreloadTask]) -> Ask:
    """The question with those URLs, too, that its streams were submitted with of late.

    Where one call has no room for them, each stream's newest one stands in the place of the one
    that was asked for.
    """
    of_newest = {stream: task.url for stream, task in newest(tuple(latest)).items()}
    both = _submitted(question, latest).union(question.urls)
    instead = {of_newest.get(stream_of(url), url) for url in question.urls}
    for urls in (tuple(sorted(both)), tuple(sorted(instead))):
        if _fit(urls, question):
            return replace(question, urls=urls)
    return question


def _submitted(question: Ask, tasks: Iterable[PreloadTask]) -> set[str]:
    streams = {stream_of(url) for url in question.urls}
    return {task.url for task in tasks if task.stream in streams}


def _fit(urls: Sequence[str], question: Ask) -> bool:
    """Whether one call can ask for the URLs, in place of those that a person asked for."""
    size, asked = sum(map(_query_bytes, urls)), sum(map(_query_bytes, question.urls))
    most_bytes = max(LOOKUP_QUERY_BYTES, asked)
    return len(urls) <= MAX_URLS and size <= most_bytes and all(map(can_be_asked, urls))


def urls_to_look_up(shown: Iterable[PreloadTask], others: Iterable[PreloadTask]) -> tuple[str, ...]:
    """A URL of each shown stream, filled up to one call with streams likely to be shown next.

    What stands as a URL in an odd task, and would have the whole call refused, is left out, and so
    is one with a signature: `look_up` could not settle it.
    """
    urls = {task.stream: task.url for task in shown if _settles(task.url)}
    size = sum(_query_bytes(url) for url in urls.values())
    for task in filter(lambda task: _settles(task.url), others):
        size += _query_bytes(task.url) if task.stream not in urls else 0
        if len(urls) >= MAX_URLS or size > LOOKUP_QUERY_BYTES:
            break
        urls.setdefault(task.stream, task.url)
    return tuple(urls.values())


async def look_up(
    live: Live,
    domain: str,
    urls: tuple[str, ...],
    seen: Iterable[PreloadTask],
    *,
    signs: bool,
) -> Streams:
    """The newest tasks of the URLs' streams, asked for in one call.

    `seen` are tasks found before; one that is the newest is given as it was seen. A stream is left
    out where the reply was too long to be sure which task is its newest, and where a task of it is
    found by a signed URL, or by any in a domain that `signs`: the API finds URLs exactly as
    submitted, and the next submission of the stream has another signature.
    """
    query = TaskQuery(domain=domain, urls=urls)
    reply = await live.describe_preload_tasks(query, page=1, page_size=API_ROWS)
    sure = {stream_of(url) for url in urls}
    if reply.total > len(reply.tasks):
        sure &= {task.stream for task in reply.tasks if is_newest_first(reply.tasks)}
    found = newest([*seen, *reply.tasks])
    sure -= {stream_of(url) for url in urls if signs or is_signed(url)} & found.keys()
    return Streams({stream: found.get(stream) for stream in sure}, reply.observed_at)


def can_be_asked(url: str) -> bool:
    """Whether it can be asked about a URL: the API takes URLs as a list with commas."""
    return bool(url.strip()) and "," not in url


def _settles(url: str) -> bool:
    return can_be_asked(url) and not is_signed(url)


def _query_bytes(url: str) -> int:
    return len(quote(url, safe="")) + 3  # and an encoded comma


async def groups(
    *groups: Sequence[Coroutine[None, None, TaskPage]],
) -> list[list[TaskPage]]:
    """All calls side by side, their replies grouped as they were; the first error ends the rest."""
    try:
        async with asyncio.TaskGroup() as calls:
            tasks = [[calls.create_task(call) for call in group] for group in groups]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [[task.result() for task in group] for group in tasks]
