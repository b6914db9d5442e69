"""How sweeps grow: 1,000, 10,000 and 50,000 unfinished tasks over twenty domains.

A sweep is as many calls as it takes until every task has stood in a reply. What the smallest costs,
for each task, is the baseline of the others: a ratio of 1 is linear growth.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from bot.sandbox.live import running as simulated
from tests.bench import apps, slack
from tests.bench.figures import Figure
from tests.bench.watching import CALLS_GOAL, CALLS_PER_S, ROWS, Case, Recorded, fill, known, sweeps

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAINS = 20
SIZES = (1_000, 10_000, 50_000)
QUICK_SIZES = (100, 400)
SWEEPS = 3
"""At least so many are looked on."""
LINEAR = 1.25
_LEAST_S = 12.0


@dataclass(frozen=True, slots=True)
class Grown:
    """What it took.

    Attributes:
        tasks: how many there are.
        calls: of a sweep.
        seconds: of a sweep.
        cpu_s: of the bot's process, a sweep.
        mib: of its memory, above what it took before.
    """

    tasks: int
    calls: float
    seconds: float
    cpu_s: float
    mib: float


async def run(*, quick: bool = False) -> list[Figure]:
    """Measure each size."""
    sizes = QUICK_SIZES if quick else SIZES
    found = [await measured(tasks, quick=quick) for tasks in sizes]
    return [figure for one in found for figure in _figures(one, found[0])]


async def measured(tasks: int, *, quick: bool) -> Grown:
    """Subscribe to all, wait until all is known, and look on for some sweeps."""
    domains = 2 if quick else DOMAINS
    case = Case(f"{tasks:,} tasks", domains, tasks // domains, 0.0, 0.0, fresh_s=1 if quick else 10)
    api = Recorded()
    lasting = fill(api, case)
    async with (
        slack.running() as side,
        simulated(api) as endpoint,
        apps.bot(side, endpoint, case.names, rate=10, fresh_s=case.fresh_s) as bot,
    ):
        await side.asks(bot.address, "help")
        process, before_mib = psutil.Process(bot.pid), bot.resident_mib
        for number, domain in enumerate(case.names):
            await side.asks(bot.address, f"subscribe {domain}", channel=f"C{number:04}")
        await known(api, lasting)
        first, began_s, cpu_s = len(api.replies), time.monotonic(), _cpu_s(process)
        swept: list[int] = []
        while len(swept) < SWEEPS or time.monotonic() < began_s + (0 if quick else _LEAST_S):
            await asyncio.sleep(0.1)
            swept = list(sweeps([ids for _, _, ids in api.replies[first:]], lasting))
        took_s, cpu_s = time.monotonic() - began_s, _cpu_s(process) - cpu_s
        calls = statistics.median(swept)
        share = calls / (len(api.replies) - first)  # of one sweep
        return Grown(tasks, calls, took_s * share, cpu_s * share, bot.resident_mib - before_mib)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _figures(found: Grown, least: Grown) -> Iterator[Figure]:
    size, times = f"{found.tasks:,} tasks", found.tasks / least.tasks
    bound = {"ratio_at_most": LINEAR} if found is not least else {}
    of_least = f"{times:g} times that of {least.tasks:,}"
    yield Figure(
        "sweeping",
        f"calls a sweep: {size}",
        found.calls,
        "calls",
        "one for each hundred",
        DOMAINS * -(-found.tasks // DOMAINS // ROWS) if found.tasks >= DOMAINS * ROWS else DOMAINS,
        ratio_at_most=CALLS_GOAL,
    )
    yield Figure(
        "sweeping",
        f"a sweep: {size}",
        found.seconds,
        "s",
        f"its calls at {CALLS_PER_S}/s",
        found.calls / CALLS_PER_S,
    )
    yield Figure(
        "sweeping",
        f"CPU of a sweep: {size}",
        1000 * found.cpu_s,
        "ms",
        of_least,
        1000 * least.cpu_s * times,
        **bound,
    )
    yield Figure(
        "sweeping",
        f"memory for {size}",
        found.mib,
        "MiB",
        of_least,
        least.mib * times,
        **bound,
    )
