"""Which error is worth another try, how often, and after how long: a table. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import errors

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PAUSE_S = 10.0
"""What the API asks for beyond this is not waited for at once."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How an error is retried.

    Attributes:
        times: how often at most.
        first_pause_s: how long the first pause is at most, and half of it at least; each further
            one is twice as long. 0 is none: what was wrong has been put right.
    """

    times: int
    first_pause_s: float = 0.0


RULES: tuple[tuple[type[errors.LiveError], Rule], ...] = (
    (errors.Throttled, Rule(times=20, first_pause_s=0.5)),
    (errors.Unavailable, Rule(times=3, first_pause_s=0.2)),
    (errors.NonceUsed, Rule(times=1)),
    (errors.ClockSkewed, Rule(times=1)),
    (errors.TokenExpired, Rule(times=1)),
)
"""For calls that only read. A write of unknown outcome is never sent again blindly."""


def pause_s(
    error: errors.LiveError, *, failed_before: int, random: Callable[[], float]
) -> float | None:
    """How long to wait before trying again, in seconds; None is not at all.

    Args:
        error: what went wrong this time.
        failed_before: how often the same kind of error came before in this call.
        random: a number from 0 to 1, to keep callers from coming back all at once.
    """
    rule = next((rule for kind, rule in RULES if isinstance(error, kind)), None)
    if rule is None or failed_before >= rule.times:
        return None
    if isinstance(error, errors.ClockSkewed) and error.server_time_s is None:
        return None  # there is nothing to put the clock right by
    if isinstance(error, errors.Throttled) and error.retry_after_s:
        return min(error.retry_after_s, MAX_PAUSE_S) + 0.1 * random()
    return min(rule.first_pause_s * 2.0**failed_before, MAX_PAUSE_S) * (0.5 + 0.5 * random())


def kind_of(error: errors.LiveError) -> type[errors.LiveError]:
    """The kind that the error counts as, for `failed_before`."""
    return next((kind for kind, _ in RULES if isinstance(error, kind)), type(error))
