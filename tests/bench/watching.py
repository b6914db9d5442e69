"""Being told: calls a sweep, from a change to the channel, and whether people wait for it.

The simulated API and a stand-in for Slack run here; the bot is a process of its own. A sweep is as
many calls as it takes until every unfinished task has stood in a reply. Its baseline is what
PRODUCT's unit of work comes to: a call for each hundred unfinished and each hundred changed tasks.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.live import Arrival, SimulatedLive, Task
from bot.sandbox.live import running as simulated
from tests.bench import apps, slack
from tests.bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.bench.processes import Server
    from tests.bench.slack import Slack

CALLS_PER_S = 8
ROWS = 100
CALLS_GOAL = 1.25
LATENCY_GOAL = 1.3
WAIT_GOAL_MS = 250.0
SMALL_LATENCY_GOAL_S = 12.0
SMALL_RATE_GOAL = 1.0
PERSON = "person.example.com"
"""The domain that a person asks about meanwhile; nobody is subscribed to it."""


@dataclass(frozen=True, slots=True)
class Case:
    """How much is watched.

    Attributes:
        name: what it is called.
        domains: how many; each tells a channel of its own.
        unfinished: how many tasks of each are unfinished all the time.
        changes_per_s: how many more of all finish each second.
        seconds: how long is measured.
        fresh_s: how fresh what moves is to be, in seconds.
    """

    name: str
    domains: int
    unfinished: int
    changes_per_s: float
    seconds: float
    fresh_s: int = 10

    @property
    def names(self) -> list[str]:
        """The domains."""
        return [f"d{number:02}.example.com" for number in range(self.domains)]


LARGE = Case("10,000 tasks of 20 domains", 20, 500, 3.0, 90.0)
SMALL = Case("200 tasks of 3 domains", 3, 67, 0.5, 60.0)
QUICK = Case("60 tasks of 2 domains", 2, 30, 1.0, 6.0, fresh_s=1)


class Recorded(SimulatedLive):
    """A simulated API that remembers which tasks stood in which reply."""

    def __init__(self) -> None:
        super().__init__(tasks=0)
        self.replies: list[tuple[float, str, frozenset[str]]] = []

    def _operate(self, arrival: Arrival, at: datetime) -> dict[str, Any]:
        reply = super()._operate(arrival, at)
        rows = reply.get("PreloadTasks", {}).get("PreloadTask", [])
        domain = arrival.parameters.get("DomainName", "")
        self.replies.append((arrival.at, domain, frozenset(row["TaskId"] for row in rows)))
        return reply


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a case.

    Attributes:
        sweep_calls: calls of each sweep.
        needed_calls: what they come to at a call for each hundred.
        latencies_s: from each change to its post.
        waits_ms: from a person's command to the arrival of its call.
        calls_per_s: all calls but the person's.
    """

    sweep_calls: list[int]
    needed_calls: float
    latencies_s: list[float]
    waits_ms: list[float]
    calls_per_s: float


async def run(*, quick: bool = False) -> list[Figure]:
    """Measure each case, the people's waits also while nothing is watched."""
    if quick:
        found = await measured(QUICK)
        return list(_figures(QUICK, found, found))
    alone = await measured(Case("nothing", 0, 0, 0.0, 20.0))
    return [
        *_figures(LARGE, await measured(LARGE), alone),
        *_small_figures(await measured(SMALL)),
    ]


async def measured(case: Case) -> Measured:
    """Subscribe, wait until all is known, then look on for a while."""
    api, chance = Recorded(), random.Random(1)
    lasting = fill(api, case)
    api.world.add(f"rtmp://{PERSON}/live/s", pending_s=0, preloading_s=0)
    names = (*case.names, PERSON)
    async with (
        slack.running() as side,
        simulated(api) as endpoint,
        apps.bot(side, endpoint, names, rate=10, fresh_s=case.fresh_s) as bot,
    ):
        for number, domain in enumerate(case.names):
            command = f"subscribe {domain} status=failed,complete group=0s"
            _, answer = await side.asks(bot.address, command, channel=f"C{number:04}")
            assert b"is told of" in answer, answer
        await known(api, lasting)
        began_s, first = time.monotonic(), len(api.replies)
        changing = _change(api, case, chance)
        waits_ms = [wait async for wait in _asked(side, bot, api, chance, case.seconds)]
        ended_s, replies = time.monotonic(), api.replies[first:]
        watching = [reply for reply in replies if reply[1] != PERSON]
        latencies_s = [late async for late in _posted(side, changing)]
        swept = list(sweeps([ids for _, _, ids in watching], lasting))
        changed = len(changing) / max(1, len(swept)) / max(1, case.domains)
        needed = case.domains * (-(-case.unfinished // ROWS) + (-(-changed // ROWS)))
        return Measured(swept, needed, latencies_s, waits_ms, len(watching) / (ended_s - began_s))


def fill(api: Recorded, case: Case) -> frozenset[str]:
    """Tasks that stay unfinished, their windows near; their IDs.

    Yet not so near that they come to be stuck while it is looked on: that each is told of costs.
    """
    now = datetime.now(UTC)
    window = (now + timedelta(minutes=29), now + timedelta(hours=4))
    tasks = [
        api.world.add(
            f"rtmp://{domain}/live/long{number:04}",
            created=now - timedelta(seconds=5 + number),
            pending_s=1e5 * (number % 2),
            preloading_s=1e5,
            window=window,
        )
        for domain in case.names
        for number in range(case.unfinished)
    ]
    return frozenset(task.task_id for task in tasks)


def _change(api: Recorded, case: Case, chance: random.Random) -> list[Task]:
    """Tasks that finish at any time while it is looked on; already there at its beginning."""
    tasks = []
    for number in range(int(case.changes_per_s * case.seconds)):
        domain = case.names[number % case.domains]
        tasks.append(
            api.world.add(
                f"rtmp://{domain}/live/chg{number:05}x",
                pending_s=1,
                preloading_s=case.fresh_s * 1.5 + chance.uniform(0, case.seconds * 0.8),
                outcome="failed" if chance.random() < 0.5 else "complete",
            )
        )
    return tasks


async def known(api: Recorded, lasting: frozenset[str]) -> None:
    """Wait until each task has stood in a reply."""
    known: set[str] = set()
    seen = 0
    while not lasting <= known:
        await asyncio.sleep(0.1)
        for _, _, ids in api.replies[seen:]:
            known |= ids
        seen = len(api.replies)
    await asyncio.sleep(2)


async def _asked(
    side: Slack, bot: Server, api: Recorded, chance: random.Random, seconds: float
) -> AsyncIterator[float]:
    """Milliseconds from a command to its call, about once a second at random."""
    ends_s = time.monotonic() + seconds
    number = 0
    while time.monotonic() < ends_s:
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        number += 1
        at_s, before = time.monotonic(), len(api.arrivals)
        await side.asks(bot.address, f"domain={PERSON} since={number}m")
        calls = [one for one in api.arrivals[before:] if one.parameters["DomainName"] == PERSON]
        yield 1_000 * (calls[0].at - at_s)


async def _posted(side: Slack, changing: list[Task]) -> AsyncIterator[float]:
    """Seconds from each change to the first post that names its stream."""
    patience_s = time.monotonic() + 60
    for task in changing:
        name = task.url.rpartition("/")[2]
        while (at := side.first_post(name)) is None:
            if time.monotonic() > patience_s:
                raise RuntimeError(f"{name} was never announced")
            await asyncio.sleep(0.1)
        yield at - task.finished.timestamp()


def sweeps(replies: list[frozenset[str]], lasting: frozenset[str]) -> Iterator[int]:
    """How many calls it takes, again and again, until each task has stood in a reply."""
    left, calls = set(lasting), 0
    for ids in replies:
        calls += 1
        left -= ids
        if not left:
            yield calls
            left, calls = set(lasting), 0


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def _figures(case: Case, found: Measured, alone: Measured) -> Iterator[Figure]:
    calls = statistics.median(found.sweep_calls)
    yield Figure(
        "watching",
        f"calls a sweep: {case.name}",
        calls,
        "calls",
        "one for each hundred",
        found.needed_calls,
        ratio_at_most=CALLS_GOAL,
    )
    yield Figure(
        "watching",
        f"from a change to the channel, p95: {case.name}",
        _p95(found.latencies_s),
        "s",
        "a sweep at 8 calls/s",
        calls / CALLS_PER_S,
        ratio_at_most=LATENCY_GOAL,
    )
    yield Figure(
        "watching",
        f"a person's wait for a call, p95: {case.name}",
        _p95(found.waits_ms),
        "ms",
        "nothing watched",
        _p95(alone.waits_ms),
        at_most=WAIT_GOAL_MS,
    )


def _small_figures(found: Measured) -> Iterator[Figure]:
    yield Figure(
        "watching",
        f"from a change to the channel, p95: {SMALL.name}",
        _p95(found.latencies_s),
        "s",
        "a sweep",
        statistics.median(found.sweep_calls) / found.calls_per_s,
        at_most=SMALL_LATENCY_GOAL_S,
    )
    yield Figure(
        "watching",
        f"calls a second: {SMALL.name}",
        found.calls_per_s,
        "calls/s",
        "one for each hundred every 10 s",
        found.needed_calls / 10,
        at_most=SMALL_RATE_GOAL,
    )
