"""The places that processes share: one question to Redis (or Valkey), and its answer.

What Redis knows is which places are taken, until when at the latest, who waits where, and which
calls have begun within the last minute. It decides in one script, by its own clock; hosts say only
how long ago or in how long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bot.live.quota import LOWERED_EVERY_S, LOWERED_TO, RAISED_EVERY_S, REST_S, Priority

if TYPE_CHECKING:
    from collections.abc import Mapping

UNREACHABLE = (RedisError, OSError, TimeoutError)
"""How a question fails."""
OPENS_S = 3.0
"""How long all processes have to come by after Redis has lost what it knew: those with calls under
way do so every second."""
SOON_S = 0.05
"""A place is given this long before it is free, so that no call waits for the way to Redis; who
comes meanwhile and is more urgent waits no longer than that for it."""
ANSWER_S = 1.0
"""An answer later than this is none."""
LATE_S = 0.25
"""A place that could not be used this long after it was free has lapsed."""
AGAIN_S = 0.9
"""Who waits asks again after so long at the latest. A place given back rests for longer, so that
each is known in time and nobody has to be woken."""
_GRACE_S = 0.25
"""Who waits and is this late to ask again is passed over."""
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """What a process says, and asks.

    Attributes:
        waiting: for whom, and when they came by Redis's clock, in seconds; the first come first.
        tokens: the names of their places, if they get any; as many.
        others: how many wait besides, behind them.
        taken: in how long each place that it took is free at the latest, in seconds; 0 is now.
        used: how many seconds ago each call has begun that was not told yet, by its place's token.
        throttled: the API said that too many calls come.
        was_alone: it has given out places by itself since it was last here.
    """

    waiting: tuple[tuple[Priority, float], ...] = ()
    tokens: tuple[str, ...] = ()
    others: int = 0
    taken: Mapping[str, float] = field(default_factory=dict)
    used: Mapping[str, float] = field(default_factory=dict)
    throttled: bool = False
    was_alone: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the process gets.

    Attributes:
        since: another number than before if Redis has lost what it was told.
        now_s: what its clock said.
        per_s: places there are now.
        again_s: in how long to ask for those who got none.
        given_s: in how long each place may be used, for the first of those who wait.
    """

    since: int
    now_s: float
    per_s: int
    again_s: float
    given_s: tuple[float, ...]


def redis_at(
    url: str, *, answer_s: float = ANSWER_S, connections: int = 100, turn_s: float = ANSWER_S
) -> Redis:
    """A client which leaves it to who asks whether to try again; it is to be closed.

    Args:
        url: `redis://` or, with TLS, `rediss://`; with the login, if there is one.
        answer_s: an answer later than this is none.
        connections: so many questions at once; others wait for their turn.
        turn_s: for so long at most.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=answer_s,
        socket_connect_timeout=answer_s,
        max_connections=connections,
        timeout=turn_s,
    )
    return Redis.from_pool(pool)


class SharedPlaces:
    """The places of one quota, as one process sees them.

    Args:
        redis: the server, or cluster.
        name: of the quota; the same in all processes that share it.
        process: the name of this process, which no other has.
        per_s: calls in any one second.
        hold_s: how long a call may take to arrive, from when it has its place.
        opens_s: for how long no place is given after Redis has lost what it knew.
    """

    def __init__(
        self, redis: Redis, name: str, process: str, per_s: int, *, hold_s: float, opens_s: float
    ) -> None:
        # One hash slot, as a script may only touch keys of one.
        self._keys = [f"{{{name}}}:{part}" for part in ("taken", "waiters", "state", "used")]
        self._always: dict[str, Any] = {
            "process": process,
            "per_s": per_s,
            "lowered_to": LOWERED_TO,
            "hold": _micro(hold_s + LATE_S + REST_S),
            "opens": _micro(opens_s),
            "soon": _micro(SOON_S),
            "again": _micro(AGAIN_S),
            "grace": _micro(_GRACE_S),
            "raised_every": _micro(RAISED_EVERY_S),
            "lowered_every": _micro(LOWERED_EVERY_S),
        }
        self._ask = redis.register_script(_script("shared_places.lua"))
        self._use = redis.register_script(_script("shared_use.lua"))

    async def ask(self, question: Question) -> Answer:
        """Ask, once.

        Raises:
            RedisError: as OSError and TimeoutError (`UNREACHABLE`): nobody knows what came of it.
        """
        asked = self._always | {
            "waiting": [(priority, _micro(s)) for priority, s in question.waiting],
            "tokens": question.tokens,
            "others": question.others,
            "taken": {token: _micro(s) for token, s in question.taken.items()},
            "used": {token: _micro(s) for token, s in question.used.items()},
            "throttled": question.throttled,
            "was_alone": question.was_alone,
        }
        async with asyncio.timeout(ANSWER_S):
            reply = await self._ask(self._keys, [msgspec.json.encode(asked)])
        since, now, per_s, again, *given = reply
        given_s = tuple(one / _MICRO for one in given)
        return Answer(since, now / _MICRO, per_s, again / _MICRO, given_s)

    async def use(self) -> tuple[int, int]:
        """How many calls of all processes have begun within the last minute, and how many wait.

        Raises:
            RedisError: as `ask`.
        """
        _, waiting, _, used = self._keys
        async with asyncio.timeout(ANSWER_S):
            last_minute, waits = await self._use([used, waiting])
        return last_minute, waits


def _script(name: str) -> str:
    return files("bot.live").joinpath(name).read_text(encoding="utf-8")


def _micro(seconds: float) -> int:
    return round(seconds * _MICRO)
