"""Which requests have been taken already, by this process or by another.

An event that was not acknowledged in time is sent again, signed anew and to whichever process; and
whatever stands between Slack and the bot may send anything twice.

Sources: Slack's "The Events API" (retries, `event_id`), "Using Socket Mode" (any connection may get
a payload), and its reference of interaction payloads (`trigger_id`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Protocol, Self

import structlog

from bot.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from types import TracebackType


REPEATED_WITHIN_S = 601
"""A signature is good for 300 s before and after its timestamp; the last retry of an event comes 5
minutes after the one before it."""
REST_S = 5.0
"""For how long a store that failed is not asked again."""
_ANSWERED = "view_submission"
"""What Slack waits for the answer to, and never sends again: an empty one would be the answer."""
_HARMLESS = "block_suggestion"
"""What changes nothing, and is the same byte for byte when the same letters are typed again."""

log = structlog.get_logger(__name__)


def identity(fields: Mapping[str, Any], delivery: str) -> str:
    """What a request has in common with its repetitions and no other: 64 characters, no secret.

    Args:
        fields: what it says.
        delivery: what names this delivery of it (its signature, its envelope), for requests that
            have no name of their own.
    """
    name = delivery
    if fields.get("type") != _ANSWERED:
        name = str(fields.get("event_id") or fields.get("trigger_id") or delivery)
    # aiohttp keeps header bytes that are not UTF-8 as surrogates.
    return hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()


async def is_repeat(repeats: Repeats, fields: Mapping[str, Any], delivery: str) -> bool:
    """Whether a request has been taken before; from now on it has. Args as `identity`.

    What only asks for a menu's options is answered however often it comes.
    """
    if fields.get("type") == _HARMLESS:
        return False
    return await repeats.is_repeat(identity(fields, delivery))


class Repeats(Protocol):
    """Which requests have been seen."""

    async def is_repeat(self, key: str) -> bool:
        """Whether `key` (an `identity`) has been asked about before; from now on it has."""
        ...


class RepeatsInMemory:
    """Remembers the requests of one process for as long as they may come again.

    Past `max_entries` the oldest are forgotten: memory stays bounded, and only requests that Slack
    has signed ever take a place.
    """

    def __init__(self, *, now: Callable[[], datetime], max_entries: int = 32_768) -> None:
        self._now = now
        self._max_entries = max_entries
        self._seen: OrderedDict[str, float] = OrderedDict()  # when, in Unix seconds

    async def is_repeat(self, key: str) -> bool:
        """Whether `key` has been asked about before; from now on it has."""
        now_s, seen = self._now().timestamp(), self._seen
        while seen and next(iter(seen.values())) <= now_s - REPEATED_WITHIN_S:
            seen.popitem(last=False)
        if key in seen:
            return True
        if len(seen) >= self._max_entries:
            seen.popitem(last=False)
        seen[key] = now_s
        return False


class Seen(Protocol):
    """Which requests several processes have seen (`bot.store.requests`)."""

    async def note(self, key: str) -> bool:
        """Note a request; whether it is new.

        Raises:
            StoreUnavailable: it could not be noted.
        """
        ...


class RepeatsInStore:
    """Remembers the requests of all processes that share the store.

    The acknowledgement waits for it: where the store does not say within `patience_s`, what this
    process remembers will have to do, and the store is left alone for `REST_S`. Leaving the context
    ends what is under way.

    Args:
        requests: what all processes have seen.
        memory: what this one has.
        clock_s: a monotonic clock, in seconds.
        patience_s: how long to wait for the store.
    """

    def __init__(
        self,
        requests: Seen,
        memory: Repeats,
        *,
        clock_s: Callable[[], float],
        patience_s: float = 0.5,
    ) -> None:
        self._requests = requests
        self._memory = memory
        self._clock_s = clock_s
        self._patience_s = patience_s
        self._asked: set[asyncio.Task[bool]] = set()
        self._rests_until_s = float("-inf")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asked = tuple(self._asked)
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    async def is_repeat(self, key: str) -> bool:
        """Whether `key` has been asked about before; from now on it has. Raises nothing."""
        if await self._memory.is_repeat(key):
            return True
        if self._clock_s() < self._rests_until_s:
            return False
        # Not cancelled when it takes too long: that, with a server that hangs, takes seconds more.
        asked = asyncio.create_task(self._is_new(key), name="request noted")
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        done, _ = await asyncio.wait({asked}, timeout=self._patience_s)
        if not done:
            self._rest("no answer in time")
        return bool(done) and not asked.result()

    async def _is_new(self, key: str) -> bool:
        try:
            return await self._requests.note(key)
        except StoreUnavailable as error:
            self._rest(str(error))
            return True

    def _rest(self, because: str) -> None:
        if self._clock_s() >= self._rests_until_s:
            log.warning("repeated requests are told by memory only", error=because)
        self._rests_until_s = self._clock_s() + REST_S
