"""What the Live API speaks of, and what counts as what.

Parsed once, by `bot.live.pages`; frozen from then on. All times are aware and in UTC.

Source: the vendor's reference of DescribeLiveStreamPreloadTasks (API version 2016-11-01). Its
`Status` is documented as `Success | Failed`, while its filter takes `complete | pending |
preloading | failed`: both vocabularies are accepted here, and an unknown value is kept as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import msgspec

MAX_URLS = 100
MAX_PAGE_SIZE = 100
HISTORY_DAYS = 3
"""The API knows tasks of the last 3 days only, and takes windows of at most 3 days."""


class StatusFilter(StrEnum):
    """The values the `Status` parameter takes."""

    COMPLETE = "complete"
    PENDING = "pending"
    PRELOADING = "preloading"
    FAILED = "failed"


_FILTER_WORDS = {word.value: word for word in StatusFilter}
_DONE_PERCENT = 100


class TaskState(StrEnum):
    """What a task is at a moment: the product's words, from the API's fields and the clock.

    Only `READY` and `READY_LATER` may ever be shown green.
    """

    READY = "ready"
    """Complete, and its window is now."""
    READY_LATER = "ready_later"
    """Complete, and its window is still to come."""
    WINDOW_OVER = "window_over"
    """Complete, but its window has ended."""
    WINDOW_UNKNOWN = "window_unknown"
    """Complete, but the API named no (whole) window."""
    PRELOADING = "preloading"
    PENDING = "pending"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """A status this bot does not know, or `Success` without progress: no more than created."""

    @property
    def is_ready(self) -> bool:
        """Whether the green tick may be shown."""
        return self in {TaskState.READY, TaskState.READY_LATER}

    @property
    def is_complete(self) -> bool:
        """Whether the preload itself is done, whatever its window."""
        return self.is_ready or self in {TaskState.WINDOW_OVER, TaskState.WINDOW_UNKNOWN}

    @property
    def is_finished(self) -> bool:
        """Whether the API will change the task no more."""
        return self.is_complete or self is TaskState.FAILED

    @property
    def filter(self) -> StatusFilter | None:
        """The API's filter that finds tasks in it; None where that cannot be told."""
        return StatusFilter.COMPLETE if self.is_complete else _FILTER_WORDS.get(self.value)


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """The parameters of DescribeLiveStreamPreloadTasks, without the page.

    Attributes:
        domain: one streaming (play) domain.
        status: only tasks the API's filter finds so; a `StatusFilter` or its plain word.
        task_id: only this task.
        urls: only tasks of these play URLs, exactly as submitted; at most 100.
        start: created at or after; None is as far back as the API keeps (3 days).
        end: created before; None, and any time still to come, is now.
        region_id: the vendor's RegionId; rarely needed.
    """

    domain: str
    status: StatusFilter | str | None = None
    task_id: str | None = None
    urls: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    region_id: str | None = None


class PreloadTask(msgspec.Struct, frozen=True, gc=False):
    """One task, as the API described it. A Struct, as replies hold up to a hundred of them.

    Attributes:
        task_id: unique; every URL submitted gets a task ID of its own. "" if the API named none.
        domain: the play domain.
        url: the play URL as submitted, query string included. It may carry a signature
            (`auth_key`): mask it before it is shown or logged (`bot.views.mrkdwn.masked`).
        created: when the task was created, or None.
        area: `domestic`, `overseas`, `global`, another word as it came, or "".
        window_start: from when the stream is kept warm, or None.
        window_end: until when (exclusive), or None.
        process: progress in percent, 0-100, or None.
        status: the API's word as it came, or "".
        description: `Successfully`, `InternalError`, another word as it came, or "".
        found_as: the status filter of the query that returned it, or None. The filter's word
            settles what a bare `Success` cannot.
    """

    task_id: str
    domain: str
    url: str
    created: datetime | None = None
    area: str = ""
    window_start: datetime | None = None
    window_end: datetime | None = None
    process: float | None = None
    status: str = ""
    description: str = ""
    found_as: StatusFilter | None = None

    @property
    def stream(self) -> str:
        """The stream's key: the play URL without its signature (see `stream_of`)."""
        return stream_of(self.url)

    def state(self, now: datetime) -> TaskState:
        """What the task is at `now`. Nothing unknown or contradictory ever comes out complete."""
        progress = _progress(self)
        if progress is not StatusFilter.COMPLETE:
            return TaskState.UNKNOWN if progress is None else TaskState(progress.value)
        if self.window_end is not None and now >= self.window_end:
            return TaskState.WINDOW_OVER
        if self.window_start is None or self.window_end is None:
            return TaskState.WINDOW_UNKNOWN
        return TaskState.READY if now >= self.window_start else TaskState.READY_LATER


def _progress(task: PreloadTask) -> StatusFilter | None:
    """The task's status in the filter's words; None where the API left it open."""
    word = task.status.strip().lower()
    if word in _FILTER_WORDS:
        named = _FILTER_WORDS[word]
        return (task.found_as or named) if named is StatusFilter.COMPLETE else named
    if word not in {"success", ""}:
        return None
    if word == "success" and task.process is not None:
        # Success says "created"; only the progress, or the filter, says how far it is, and where
        # the two disagree the less finished one stands.
        if task.process < _DONE_PERCENT:
            return StatusFilter.PRELOADING if task.process > 0 else StatusFilter.PENDING
        return task.found_as or StatusFilter.COMPLETE
    return task.found_as


@lru_cache(maxsize=1 << 14)
def stream_of(url: str) -> str:
    """The key under which tasks of one stream meet: the play URL without `auth_key`.

    Protocol and suffix count (`rtmp://…/cup` and `…/cup.flv` are two streams), and so does any
    other query parameter; the signature, new at every submission, does not.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url.strip()
    query = "&".join(
        pair for pair in parts.query.split("&") if pair and not pair.lower().startswith("auth_key=")
    )
    key = urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, query, ""))
    return key.strip()


def is_signed(url: str) -> bool:
    """Whether a play URL may be another at the stream's next submission: it has a query string."""
    return "?" in url


class TaskPage(msgspec.Struct, frozen=True):
    """One reply of DescribeLiveStreamPreloadTasks.

    Attributes:
        tasks: in the API's own order.
        page: the page number, from 1.
        page_size: rows a page, 1-100.
        total: how many tasks match in all (`TotalNum`).
        request_id: the API's request ID, or "".
        observed_at: when the reply arrived, on this machine's clock.
    """

    tasks: tuple[PreloadTask, ...]
    page: int
    page_size: int
    total: int
    request_id: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class LiveDomain:
    """A domain of the account, as DescribeLiveUserDomains describes it.

    `status` is `online`, `offline`, `configuring` or another word as it came.
    """

    name: str
    status: str = ""
    region: str = ""
    description: str = ""


def newest(tasks: tuple[PreloadTask, ...] | list[PreloadTask]) -> dict[str, PreloadTask]:
    """Each stream's newest task by CreateTime.

    Of those of one second, and of one without a time, any may be the newest: then the one that is
    the furthest from being ready counts. Of the same task the first that is given.
    """
    found: dict[str, PreloadTask] = {}
    undated: dict[str, PreloadTask] = {}
    for task in tasks:
        of_its_kind = undated if task.created is None else found
        known = of_its_kind.get(task.stream)
        if known is None or _is_newer(task, known):
            of_its_kind[task.stream] = task
    for stream, task in undated.items():
        if stream not in found or readiness(task) < readiness(found[stream]):
            found[stream] = task
    return found


def _is_newer(task: PreloadTask, known: PreloadTask) -> bool:
    if task.created is not None and known.created is not None and task.created != known.created:
        return task.created > known.created
    return task.task_id != known.task_id and readiness(task) < readiness(known)


def readiness(task: PreloadTask) -> tuple[int, datetime]:
    """What is greater the nearer a task is to being ready."""
    return _NEARER_TO_READY.index(_progress(task)), task.window_end or _NEVER


_NEARER_TO_READY: Final = (
    StatusFilter.FAILED,
    None,
    StatusFilter.PENDING,
    StatusFilter.PRELOADING,
    StatusFilter.COMPLETE,
)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
