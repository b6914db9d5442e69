"""What one process has taken of places that are shared, and what of it is yet to be told."""

from __future__ import annotations

from collections import deque
from itertools import count, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MINUTE_S = 60


class Ledger:
    """Places by token. Times are those of one monotonic clock, in seconds.

    Args:
        process: a name that no other process has.
    """

    def __init__(self, process: str) -> None:
        self._process = process
        self._numbers = count()
        self._free_at: dict[str, float] = {}
        self._news: set[str] = set()
        self._doubtful: set[str] = set()
        self._telling: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._free_at)

    @property
    def has_news(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._news)

    def token(self) -> str:
        """A name for a place that no other has."""
        return f"{self._process}:{next(self._numbers)}"

    def take(self, token: str, *, free_at: float) -> None:
        """Note when a place is free at the latest, which need not be told."""
        self._free_at[token] = free_at

    def give_back(self, token: str, *, free_at: float) -> None:
        """Note when a place is free, which is to be told."""
        self._free_at[token] = free_at
        self._news.add(token)

    def asked_for(self, tokens: Iterable[str]) -> None:
        """Places of these names may be given: until that is known, they are to be given back."""
        self._doubtful.update(tokens)

    def answered(self, tokens: Iterable[str]) -> None:
        """It is known which of these were given."""
        self._doubtful.difference_update(tokens)

    def all_is_news(self) -> None:
        """Whoever was told has forgotten it."""
        self._news.update(self._free_at)

    def told(self, now: float, *, everything: bool = False) -> dict[str, float]:
        """Tell the news, or everything: in how many seconds places are free at the latest."""
        told = dict.fromkeys(self._doubtful, 0.0)
        for token, free_at in self._free_at.items():
            if token in self._news or (everything and free_at > now):
                told[token] = max(0.0, free_at - now)
        self._telling = self._news | self._doubtful
        self._news, self._doubtful = set(), set()
        self._free_at = {token: at for token, at in self._free_at.items() if at > now}
        return told

    def heard(self, *, is_heard: bool) -> None:
        """Whether what was told last was heard; if not, its news still are."""
        for token in self._telling if not is_heard else ():
            (self._news if token in self._free_at else self._doubtful).add(token)
        self._telling.clear()


class LastMinute:
    """The calls that have begun within the last minute, by their places' tokens. Times as above.

    Args:
        per_s: how many begin in any one second at most.
    """

    def __init__(self, per_s: int) -> None:
        self._begun: deque[tuple[float, str]] = deque(maxlen=_MINUTE_S * per_s)
        self._told_at = float("-inf")

    def add(self, token: str, *, at: float) -> None:
        """A call begins."""
        self._begun.append((at, token))

    def count(self, now: float) -> int:
        """How many there are."""
        return sum(1 for _ in self._since(now - _MINUTE_S))

    def untold(self, now: float) -> dict[str, float]:
        """How many seconds ago each began that has not been told."""
        return {token: now - at for at, token in self._since(max(self._told_at, now - _MINUTE_S))}

    def told(self, at: float) -> None:
        """All that had begun by then are told."""
        self._told_at = at

    def all_is_news(self) -> None:
        """Whoever was told has forgotten it."""
        self._told_at = float("-inf")

    def _since(self, moment: float) -> Iterator[tuple[float, str]]:
        """The newest first."""
        return takewhile(lambda one: one[0] >= moment, reversed(self._begun))
