"""What was found of the streams that a message names. Values only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.live.model import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.asks import Ask
    from bot.errors import BotError
    from bot.live.model import PreloadTask

MOST_FILES: Final = 5
MOST_FILE_BYTES: Final = 1 << 20


class Hindrance(StrEnum):
    """Why an attached file was not read."""

    TOO_MANY = "too_many"
    """More than `MOST_FILES` are attached."""
    TOO_LARGE = "too_large"
    """It has more than `MOST_FILE_BYTES`."""
    NOT_TEXT = "not_text"
    FORBIDDEN = "forbidden"
    """The app lacks the scope `files:read`, or is in no channel that the file is in."""
    GONE = "gone"
    """It has been deleted."""
    UNAVAILABLE = "unavailable"
    """Slack does not give it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An attached file that was not read: its name, which others may have too, and why."""

    name: str
    why: Hindrance


@dataclass(frozen=True, slots=True)
class Source:
    """What was read of a message.

    Attributes:
        urls: the play URLs to be asked for, each once.
        odd: what is written like an address and is no play URL. It may hold a signature.
        without_protocol: what would be one but for its protocol, likewise: which of several
            streams that means is not known.
        count_odd: how many these two are, where they are not known any more.
        left_out: how many URLs there are beyond those.
        unread: the attached files that were not read.
        count_unread: how many these are, where their names are not known any more.
    """

    urls: tuple[str, ...]
    odd: tuple[str, ...] = ()
    without_protocol: tuple[str, ...] = ()
    count_odd: int = 0
    left_out: int = 0
    unread: tuple[Unread, ...] = ()
    count_unread: int = 0


class Unsettled(StrEnum):
    """What there is to say of a stream instead of its task's state."""

    NO_TASK = "no_task"
    """It surely has none."""
    NOT_FOUND = "not_found"
    """None was found by its URL as it is written; it may have some with another signature."""
    UNSURE = "unsure"
    """A task of it is complete; whether it has a newer one with another signature is not known."""
    NOT_CHECKED = "not_checked"
    """Nothing is known of it."""
    WAS_READY = "was_ready"
    """It was ready when last seen, and could not be seen now."""


Finding: TypeAlias = TaskState | Unsettled


@dataclass(frozen=True, slots=True)
class Line:
    """A stream that the message names.

    Attributes:
        url: its play URL, as it was written first.
        ask: all tasks of its domain.
        task: its newest task; None where it has none, or that is not known.
        is_known: whether it was found out, now or (`is_old`) before.
        is_old: it could not be read again, and is as it was seen last.
        is_sure: no task with another signature can have been missed.
    """

    url: str
    ask: Ask
    task: PreloadTask | None = None
    is_known: bool = True
    is_old: bool = False
    is_sure: bool = True

    def finding(self, now: datetime) -> Finding:
        """What is found of it; ready only what is known to be so now."""
        if not self.is_known:
            return Unsettled.NOT_CHECKED
        if self.task is None:
            if self.is_old:
                return Unsettled.NOT_CHECKED
            return Unsettled.NO_TASK if self.is_sure else Unsettled.NOT_FOUND
        state = self.task.state(now)
        if not self.is_sure and state.is_ready:
            return Unsettled.UNSURE
        return Unsettled.WAS_READY if self.is_old and state.is_ready else state


GRAVEST_FIRST: Final[tuple[Finding, ...]] = (
    Unsettled.NO_TASK,
    Unsettled.NOT_FOUND,
    TaskState.FAILED,
    TaskState.WINDOW_OVER,
    TaskState.WINDOW_UNKNOWN,
    TaskState.UNKNOWN,
    Unsettled.UNSURE,
    Unsettled.NOT_CHECKED,
    Unsettled.WAS_READY,
    TaskState.PENDING,
    TaskState.PRELOADING,
    TaskState.READY_LATER,
    TaskState.READY,
)
_RANKS: Final = {finding: rank for rank, finding in enumerate(GRAVEST_FIRST)}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a message's streams.

    Attributes:
        question: all its URLs, of whatever domains: what its controls refer to.
        source: what was read of the message.
        lines: its streams of known domains, each once, as they stand there.
        failures: by domain, why (some of) its streams could not be read now.
        strangers: by domain that no account has, how many URLs there are.
        observed_at: when the oldest of it was observed; None where nothing was.
        picked: by domain that is of several accounts, the one that was picked.
    """

    question: Ask
    source: Source
    lines: tuple[Line, ...]
    failures: Mapping[str, BotError]
    strangers: Mapping[str, int]
    observed_at: datetime | None
    picked: Mapping[str, str] = field(default_factory=dict)

    def ranked(self, now: datetime) -> list[Line]:
        """The streams, those without a task first, then problems, ready ones last."""
        return sorted(self.lines, key=lambda line: _RANKS[line.finding(now)])

    def counts(self, now: datetime) -> Counter[Finding]:
        """How many streams there are of each finding."""
        return Counter(line.finding(now) for line in self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether all that the message names was looked up."""
        source = self.source
        odd = (source.odd, source.without_protocol, source.count_odd)
        left = (source.left_out, source.count_unread, source.unread)
        return not any((self.failures, self.strangers, *odd, *left))
