"""What a turn rests on, and what it comes to while it is put together. See `bot.watch.telling`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.watch.known import Observed, Tasks
    from bot.watch.model import Alarm, Followed, Seen, Watch
    from bot.watch.notices import Told


@dataclass(frozen=True, slots=True)
class Basis:
    """What a turn rests on.

    Attributes:
        followed: the domain's state now.
        was_blind: whether it was blind before.
        is_known: all that is wanted of it was read once.
        observed: what was observed, not yet applied to `tasks`.
        tasks: what was known before.
        now: the wall clock.
    """

    followed: Followed
    was_blind: bool
    is_known: bool
    observed: Observed
    tasks: Tasks
    now: datetime

    def newest(self, stream: str) -> Seen | None:
        """A stream's newest task as it is now."""
        return self.observed.newest.get(stream) or self.tasks.newest(stream)


@dataclass(slots=True)
class Outcome:
    """What a turn comes to, as it is written."""

    told: list[Told] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    quiet: list[tuple[str, str]] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    redrawn: set[str] = field(default_factory=set)
