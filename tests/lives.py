"""Tasks that live: what becomes of them, and what a reader sees of it, when. For hypothesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hypothesis import strategies as st

from bot.live.model import PreloadTask, StatusFilter, TaskState
from tests.seen_tasks import HOUR, MINUTE, a_task

if TYPE_CHECKING:
    from collections.abc import Sequence

SPAN_MINUTES = 120
"""How long a story is; its minutes count from `NOW`."""

Outcome = Literal["complete", "failed"]
Vocabulary = Literal["filter", "documented", "bare"]


@dataclass(frozen=True)
class Life:
    """A task: its minutes are those at which it is created, goes on, and ends."""

    task_id: str
    stream: str
    created: int
    begins: int
    ends: int
    outcome: Outcome
    vocabulary: Vocabulary

    def phase(self, minute: int) -> StatusFilter:
        """What it truly is at a minute."""
        if minute >= self.ends:
            return StatusFilter(self.outcome)
        return StatusFilter.PRELOADING if minute >= self.begins else StatusFilter.PENDING

    def read(self, minute: int, *, by_filter: bool) -> PreloadTask | None:
        """The task as a call that is answered at this minute returns it."""
        if minute < self.created:
            return None
        phase = self.phase(minute)
        percent = {StatusFilter.PENDING: 0.0, StatusFilter.PRELOADING: 50.0}.get(phase, 100.0)
        word = "Failed" if phase is StatusFilter.FAILED else "Success"
        return a_task(
            self.task_id,
            phase.value if self.vocabulary == "filter" else word,
            stream=self.stream,
            created=self.created * MINUTE,
            start=HOUR / 2,
            end=48 * HOUR,
            process=None if self.vocabulary == "bare" else percent,
            found_as=phase if by_filter else None,
        )


@dataclass(frozen=True)
class Event:
    """Something that happens at a minute of true time."""

    kind: Literal["read", "crash", "set clock", "wait"]
    at: int
    sent: int = 0
    tasks: frozenset[int] = frozenset()
    by_filter: bool = False
    hours: int = 0


@dataclass(frozen=True)
class Story:
    """Tasks and what happens to who reads them."""

    lives: tuple[Life, ...]
    events: tuple[Event, ...]

    def read(self, event: Event) -> list[PreloadTask]:
        """What a read returns: the tasks as they were when it was answered."""
        chosen = [self.lives[one] for one in sorted(event.tasks)]
        found = [life.read(event.sent, by_filter=event.by_filter) for life in chosen]
        return [task for task in found if task is not None]

    def newest(self) -> dict[str, list[Life]]:
        """Each stream's newest task; several where they are of one moment."""
        found: dict[str, list[Life]] = {}
        for life in sorted(self.lives, key=lambda life: life.created):
            before = found.get(life.stream, [])
            is_of_their_moment = any(other.created == life.created for other in before)
            found[life.stream] = [*before, life] if is_of_their_moment else [life]
        return found


@st.composite
def lives(draw: st.DrawFn) -> tuple[Life, ...]:
    """A few tasks of fewer streams; some are created at one moment."""
    created = draw(st.lists(st.integers(-60, SPAN_MINUTES // 2), min_size=1, max_size=5))
    found = []
    for number, minute in enumerate(created):
        begins = minute + draw(st.integers(0, 60))
        found.append(
            Life(
                task_id=str(number),
                stream=draw(st.sampled_from("ab")),
                created=minute,
                begins=begins,
                ends=begins + draw(st.integers(0, 60)),
                outcome=draw(st.sampled_from(("complete", "failed"))),
                vocabulary=draw(st.sampled_from(("filter", "documented", "bare"))),
            )
        )
    return tuple(found)


def events(tasks: int) -> st.SearchStrategy[Event]:
    """Reads that take their time, time that passes, crashes, and a clock that is set."""
    minutes = st.integers(0, SPAN_MINUTES)
    reads = st.builds(
        lambda sent, delay, chosen, by_filter: Event(
            "read", sent + delay, sent, frozenset(chosen), by_filter
        ),
        minutes,
        st.sampled_from((0, 0, 0, 1, 5, 30)),
        st.sets(st.integers(0, tasks - 1), min_size=1),
        st.booleans(),
    )
    return st.one_of(
        reads,
        reads,
        reads,
        st.builds(lambda at: Event("wait", at), minutes),
        st.builds(lambda at: Event("crash", at), minutes),
        st.builds(
            lambda at, hours: Event("set clock", at, hours=hours),
            minutes,
            st.sampled_from((-1, 1)),
        ),
    )


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A story in the order its events happen: replies overtake each other, crashes lose some."""
    cast = draw(lives())
    drawn: Sequence[Event] = draw(st.lists(events(len(cast)), max_size=30))
    happening, crashed = [], -1
    for event in sorted(drawn, key=lambda event: event.at):
        if event.kind == "crash":
            crashed = event.at
        if event.kind != "read" or event.sent >= crashed:
            happening.append(event)
    end = 3 * SPAN_MINUTES
    everything = frozenset(range(len(cast)))
    return Story(cast, (*happening, Event("read", end, end, everything, by_filter=True)))


def rank(state: TaskState) -> int:
    """How far a task has come."""
    if state.is_finished:
        return 3
    return {TaskState.PRELOADING: 2, TaskState.PENDING: 1}.get(state, 0)
