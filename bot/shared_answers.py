"""Answers that processes share by way of Redis: what one has asked the others need not ask.

An answer is there for as long as it is good. Who finds none takes the question, and the others wait
for what comes of it, without asking again and again: until it is there, or whoever took it is gone.

What stands in Redis are tasks, with the signed URLs that they were submitted with; keys are hashes.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog

from bot.asking import Found
from bot.live.shared_places import UNREACHABLE, redis_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from redis.asyncio import Redis

    from bot.asking import Kind

V = TypeVar("V")

QUICK_S = 0.2
"""An answer of Redis later than this is none: a person waits."""
TAKEN_S = 2.0
"""Who is gone holds a question up for so long."""
LISTENS_S = 1.0
"""Who waits listens anew after so long, and finds out by that whether Redis is still there."""
CONNECTIONS = 20
"""Through which all ask for what is there: many at once, made for a rush, would be late."""
TURN_S = 1.0
"""Who of them has no turn after so long asks the API."""
MOST_WAITING = 10_000
"""Each has a connection of its own; there are no more jobs."""
AWAY_S = 5.0
"""For so long Redis is not asked again after it did not answer."""
MOST_BYTES = 1 << 20
"""What is longer is not shared."""
_LANDED_S = 10
_GIVE_UP = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

log = structlog.get_logger(__name__)


class SharedAnswers:
    """The answers that processes have in common.

    Args:
        quick: asked for what is there at once.
        patient: waits for what others have asked.
        clock_s: a monotonic clock, in seconds.
    """

    def __init__(self, quick: Redis, patient: Redis, *, clock_s: Callable[[], float]) -> None:
        self._quick = quick
        self._patient = patient
        self._clock_s = clock_s
        self._is_away = False
        self._away_until_s = float("-inf")
        self._holding: set[asyncio.Task[None]] = set()

    async def asked(
        self, kind: Kind[V], key: object, ask: Callable[[], Awaitable[V]], *, anew: bool = False
    ) -> Found[V]:
        """See `bot.asking.Asking`."""
        name, found, token = _name(kind, key), None, None
        if self._clock_s() >= self._away_until_s:
            try:
                found, token = await self._found_or_taken(kind, name, anew=anew)
            except UNREACHABLE as error:
                self._miss(error)
            else:
                self._reach()
        if found is not None:
            return found
        if token is None:
            return Found(await ask(), 0.0)
        return Found(await self._ask(kind, name, token, ask), 0.0)

    async def put(self, kind: Kind[V], key: object, value: V) -> None:
        """See `bot.asking.Asking`."""
        if self._clock_s() < self._away_until_s:
            return
        if len(written := kind.written(value)) > MOST_BYTES:
            return
        try:
            await self._quick.set(_name(kind, key), written, px=_ms(kind.kept_s(value)))
        except UNREACHABLE as error:
            self._miss(error)

    async def _found_or_taken(
        self, kind: Kind[V], name: str, *, anew: bool
    ) -> tuple[Found[V] | None, str | None]:
        """The answer, or the token to ask with; neither where another has asked in vain."""
        if not anew and (found := await self._there(kind, name)) is not None:
            return found, None
        token = secrets.token_hex(8)
        while True:
            pipe = self._quick.pipeline(transaction=True)
            pipe.get(name)
            pipe.pttl(name)
            pipe.set(_asked(name), token, nx=True, px=_ms(TAKEN_S))
            written, left_ms, is_taken = await pipe.execute()
            found = None if anew else _read(kind, written, left_ms)
            if is_taken and found is not None:  # it has come in between
                await self._quick.eval(_GIVE_UP, 1, _asked(name), token)
            if is_taken or found is not None:
                return found, token if found is None else None
            other: bytes | None = await self._quick.get(_asked(name))  # type: ignore[assignment] # never str: nothing is decoded
            if other is None:
                continue
            # Nothing is heard of who is gone, or takes its time: then it is still taken.
            stream = _landing(name, other.decode())
            heard: Any = await self._patient.xread({stream: "0"}, block=_ms(LISTENS_S))
            for _, ((_, said), *_) in heard:
                return await self._there(kind, name) if b"got" in said else None, None

    async def _there(self, kind: Kind[V], name: str) -> Found[V] | None:
        """The answer, if it is there."""
        pipe = self._quick.pipeline(transaction=True)
        pipe.get(name)
        pipe.pttl(name)
        return _read(kind, *await pipe.execute())

    async def _ask(
        self, kind: Kind[V], name: str, token: str, ask: Callable[[], Awaitable[V]]
    ) -> V:
        """Ask, and let those who wait for it know what came of it."""
        done = asyncio.Event()
        holding = asyncio.create_task(self._hold(_asked(name), done))
        self._holding.add(holding)
        holding.add_done_callback(self._holding.discard)
        written, kept_s = None, 0.0
        try:
            value = await ask()
            written, kept_s = kind.written(value), kind.kept_s(value)
            return value
        finally:
            done.set()
            await self._land(name, token, written, kept_s)

    async def _hold(self, asked: str, done: asyncio.Event) -> None:
        """Keep a question taken until its answer is there."""
        while not done.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(TAKEN_S / 3):
                    await done.wait()
                return
            with suppress(*UNREACHABLE):
                await self._quick.pexpire(asked, _ms(TAKEN_S))

    async def _land(self, name: str, token: str, written: bytes | None, kept_s: float) -> None:
        pipe = self._quick.pipeline(transaction=True)
        if has_got := written is not None and len(written) <= MOST_BYTES:
            pipe.set(name, written, px=_ms(kept_s))
        stream = _landing(name, token)
        pipe.xadd(stream, {"got" if has_got else "nothing": ""})
        pipe.pexpire(stream, _ms(_LANDED_S))
        pipe.eval(_GIVE_UP, 1, _asked(name), token)
        try:
            await pipe.execute()
        except UNREACHABLE as error:
            self._miss(error)

    def _miss(self, error: BaseException) -> None:
        """Get along without Redis for a while."""
        if not self._is_away:
            log.warning("answers not shared", error=type(error).__name__)
        self._is_away, self._away_until_s = True, self._clock_s() + AWAY_S

    def _reach(self) -> None:
        """Redis has answered."""
        if self._is_away:
            log.info("answers shared again")
        self._is_away = False


@asynccontextmanager
async def answers_at(url: str, *, clock_s: Callable[[], float]) -> AsyncIterator[SharedAnswers]:
    """The answers shared by way of the Redis of that URL."""
    async with (
        redis_at(url, answer_s=QUICK_S, connections=CONNECTIONS, turn_s=TURN_S) as quick,
        redis_at(url, answer_s=2 * LISTENS_S, connections=MOST_WAITING) as patient,
    ):
        yield SharedAnswers(quick, patient, clock_s=clock_s)


def _read(kind: Kind[V], written: bytes | None, left_ms: int) -> Found[V] | None:
    """What was written, if anything was that can be read."""
    if written is None:
        return None
    try:
        value = kind.read(written)
    except msgspec.DecodeError:
        return None
    return Found(value, max(0.0, kind.kept_s(value) - left_ms / 1000))


def _name(kind: Kind[V], key: object) -> str:
    return f"preload-bot:{kind.name}:{hashlib.sha256(repr(key).encode()).hexdigest()}"


def _asked(name: str) -> str:
    return f"{name}:asked"


def _landing(name: str, token: str) -> str:
    return f"{name}:{token}"


def _ms(seconds: float) -> int:
    return max(1, round(1000 * seconds))
