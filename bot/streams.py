"""What is known of streams' newest tasks. Values only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.listing import count_states, in_order
from bot.live.model import TaskState, newest, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.listing import Listing
    from bot.live.model import PreloadTask


@dataclass(frozen=True, slots=True)
class Streams:
    """What is known of streams' newest tasks.

    Attributes:
        newest: by stream, its newest task; None where it surely has none.
        observed_at: when the oldest of this was observed.
        ordered: all tasks of the listing this is about, in the order they are shown in; empty
            where not all its streams' newest tasks were found at once.
    """

    newest: Mapping[str, PreloadTask | None]
    observed_at: datetime
    ordered: tuple[PreloadTask, ...] = ()

    def and_those(self, more: Streams) -> Streams:
        """What is known, and what was looked up besides: the newer of two tasks."""
        both = dict(self.newest)
        for stream, task in more.newest.items():
            before = both.get(stream)
            if task is None or before is None:
                both[stream] = task or before
            else:
                both |= newest((task, before))
        observed_at = min(self.observed_at, more.observed_at)
        return Streams(both, observed_at, self.ordered)

    def ordering(self, listing: Listing) -> Streams:
        """The same with the listing's order, if it is whole and all its streams are known."""
        if not all(task.stream in self.newest for task in listing.tasks):
            return self
        return replace(self, ordered=in_order(listing.tasks, self.observed_at, self.newest))

    def newest_of(self, task: PreloadTask) -> PreloadTask | None:
        """The newest task of a task's stream, if it is known."""
        return self.newest.get(task.stream)

    def states(self, tasks: Iterable[PreloadTask], now: datetime) -> dict[TaskState, int]:
        """How many of the tasks' streams are in each state, as far as they are known."""
        found = {task.stream: self.newest_of(task) for task in tasks}
        return count_states((task for task in found.values() if task), now)

    def retried(self, tasks: Iterable[PreloadTask], now: datetime) -> int:
        """How many of the tasks' streams have a failed task and a newer one since."""
        return len(
            {
                task.stream
                for task in tasks
                if task.state(now) is TaskState.FAILED
                and (latest := self.newest_of(task)) is not None
                and latest.task_id != task.task_id
            }
        )

    def unknown(self, tasks: Iterable[PreloadTask]) -> int:
        """How many of the tasks' streams have a newest task that is not known."""
        return len({task.stream for task in tasks} - self.newest.keys())

    def without_task(self, urls: Iterable[str]) -> tuple[str, ...]:
        """The URLs whose stream surely has no task, in their order."""
        return tuple(url for url in urls if self.newest.get(stream_of(url), self) is None)

    def outside(self, urls: Iterable[str], tasks: Iterable[PreloadTask]) -> tuple[PreloadTask, ...]:
        """The newest tasks of those of the URLs' streams that none of the tasks is of."""
        streams = {task.stream for task in tasks}
        asked = dict.fromkeys(map(stream_of, urls))
        known = (self.newest.get(stream) for stream in asked if stream not in streams)
        return tuple(task for task in known if task is not None)
