"""Questions to Slack that are under way: who asks the same joins them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType


class Lookups:
    """Holds lookups, of each name one at a time; they go on though nobody waits any more.

    Leaving the context ends those that are under way.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        lookups = tuple(self._under_way.values())
        for lookup in lookups:
            lookup.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)

    def lookup(
        self, name: str, look: Callable[[], Coroutine[object, object, None]]
    ) -> asyncio.Task[None]:
        """The lookup of that name that is under way, else one that begins now."""
        if name not in self._under_way:
            self._under_way[name] = asyncio.create_task(look(), name=name)
            self._under_way[name].add_done_callback(lambda _: self._under_way.pop(name, None))
        return self._under_way[name]
