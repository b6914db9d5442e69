"""All tasks of a question as a file: CSV for a spreadsheet, JSON for a program. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.live.model import stream_of

if TYPE_CHECKING:
    from datetime import datetime

    from bot.asks import Ask, Row
    from bot.errors import LiveError

MOST_TASKS: Final = 20_000
"""How many tasks a file holds: 200 calls, twenty seconds of the account's whole quota."""


class Format(StrEnum):
    """What the file is."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Step:
    """How far the reading is.

    Attributes:
        total: how many tasks match.
        read: how many of those that the file will hold are read.
        calls_to_come: how many more calls are needed, as far as is known.
        again: they are being read once more, as they may have changed places the first time.
    """

    total: int
    read: int
    calls_to_come: int
    again: bool = False

    @property
    def goal(self) -> int:
        """How many tasks the file will hold."""
        return min(self.total, MOST_TASKS)


@dataclass(frozen=True, slots=True)
class Found:
    """A task of the file: as a row of an answer, and when it was read."""

    row: Row
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Export:
    """What a question found, as far as a file holds it.

    Attributes:
        question: what was asked.
        start, end: the window of creation times, in UTC; pinned while pages were read.
        cut: the window was cut to the API's 3 days.
        total: how many tasks match, as the API said last.
        found: the tasks, each once, in the order they are shown in.
        is_sure: none is missing because tasks changed places while they were read.
        is_newest_first: of more tasks than a file holds, these are the newest.
        observed_from, observed_at: when the oldest and the latest of it were read.
        unchecked: why streams' newer tasks could not be looked up, if they could not.
        as_typed: the domain has too many tasks for that: it was asked for the URLs just as typed,
            and not for those that their streams were submitted with otherwise.
        calls: how many calls of the API it took, those that failed included.
        request_ids: of the replies, in order.
    """

    question: Ask
    start: datetime
    end: datetime
    cut: bool
    total: int
    found: tuple[Found, ...]
    is_sure: bool
    is_newest_first: bool
    observed_from: datetime
    observed_at: datetime
    unchecked: LiveError | None = None
    as_typed: bool = False
    calls: int = 0
    request_ids: tuple[str, ...] = ()

    @property
    def is_capped(self) -> bool:
        """There are more tasks than a file holds."""
        return self.total > MOST_TASKS

    @property
    def without_match(self) -> tuple[str, ...]:
        """The URLs that were asked about and of which no task was found, in their order.

        Where the file may lack tasks that match, none is called so.
        """
        if self.is_capped or not self.is_sure:
            return ()
        streams = {found.row.task.stream for found in self.found}
        return tuple(url for url in self.question.urls if stream_of(url) not in streams)

    @property
    def streams_unchecked(self) -> int:
        """Of how many streams it is not known whether they have newer tasks."""
        rows = [found.row for found in self.found]
        return len({row.task.stream for row in rows if row.newest is None})
