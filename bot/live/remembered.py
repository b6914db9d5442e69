"""What was made of a value, remembered: for what is made again and again of the same few."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K")
V = TypeVar("V")


class Remembered(dict[K, V]):
    """`remembered[value]` is `make(value)`, made once.

    An `lru_cache` takes two to three times as long to give what it holds, and a reply of the Live
    API asks for some hundred. This one forgets all when it is full.

    Args:
        make: raises nothing, and always makes the same of the same.
        most: how many are remembered.
    """

    def __init__(self, make: Callable[[K], V], *, most: int) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __repr__(self) -> str:
        return f"<{len(self)} remembered>"  # not what: keys are remembered by their secrets

    def __missing__(self, value: K) -> V:
        if len(self) >= self._most:
            self.clear()
        made = self[value] = self._make(value)
        return made
