"""What arrived when, and whether it was too much. Seconds of a monotonic clock throughout."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.live.refusals import throttled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WINDOW_S = 1.0


@dataclass(slots=True)
class Arrival:
    """A call as it arrived.

    Attributes:
        at: the monotonic time, taken before anything else was done with the request.
        action: the operation asked for, or "".
        parameters: the query's.
        code: what was answered: "" if all was well, the API's code, or the fault's name in
            brackets ("(reset)") where there was no proper reply.
    """

    at: float
    action: str
    parameters: Mapping[str, str]
    code: str = ""


@dataclass
class Meter:
    """A quota for each operation: so many calls admitted in any sliding second."""

    limits: Mapping[str, int]
    _admitted: dict[str, deque[float]] = field(default_factory=dict)

    def admit(self, action: str, at: float) -> None:
        """Count a call that arrived at `at`.

        Raises:
            Refused: the operation's quota is used up; says when a place is free.
        """
        admitted = self._admitted.setdefault(action, deque())
        while admitted and at - admitted[0] >= WINDOW_S:
            admitted.popleft()
        if len(admitted) >= self.limits[action]:
            raise throttled(int((WINDOW_S - (at - admitted[0])) * 1000) + 1)
        admitted.append(at)


def busiest_second(times: Iterable[float]) -> int:
    """The most of `times` in any second, counted half-open: [t, t + 1)."""
    most, inside = 0, deque[float]()
    for time in sorted(times):
        inside.append(time)
        while time - inside[0] >= WINDOW_S:
            inside.popleft()
        most = max(most, len(inside))
    return most
