"""`python -m tests.load`: 200 people at once for a minute, while 10,000 tasks are swept.

Half of them ask and click again and again what is cached; the other half ask now and then what
nobody has asked, so that the quota of 10 calls a second has places for them. Then once more while
the Live API hangs. The bot is a process of its own; the people, Slack and the API share another.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import random
import statistics
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog

from bot.sandbox.live import HANG, SimulatedLive
from bot.sandbox.live import running as simulated
from tests.bench import apps, slack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.processes import Server
    from tests.bench.slack import Slack

PEOPLE = 200
SECONDS = 60.0
DOMAINS = tuple(f"d{number:02}.example.com" for number in range(20))
EACH = 500
"""Unfinished tasks of each domain, all swept again and again."""
FAILED = 30
"""Tasks of each domain that have failed: three pages."""
CACHED = "status=failed"
OLD = b"Not current"
OFTEN_S, SELDOM = 1.0, 0.6
"""The mean pause of who asks what is cached; how often in all, on average, somebody asks what is
not: that takes three calls."""
SETTLES_S = 10.0
ACKNOWLEDGED_GOAL_S = 0.5
SLACK_WAITS_S = 3.0
"""Slack shows `operation_timeout` for what is not acknowledged by then."""
GROWTH_GOAL = 1.1
SWEPT_GOAL = 5.0


@dataclass
class Seen:
    """What the people saw.

    Attributes:
        acknowledged_s: of each command and click.
        answered_s: from each to its answer, by whether it was cached.
        failures: what went wrong, each by its name.
        told: of what trouble, and how often.
        resident_mib: the bot's memory, once a second.
        swept_per_s: calls that came a second, nearly all of them to sweep; more than half of what
            sweeps may make is to come through.
    """

    acknowledged_s: list[float] = field(default_factory=list)
    answered_s: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    failures: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    resident_mib: list[float] = field(default_factory=list)
    swept_per_s: float = 0.0

    def hear(self, answer: bytes) -> None:
        """Take an answer."""
        if b'"type":"table"' not in answer or OLD in answer:
            self.told[json.loads(answer)["text"]] += 1

    @property
    def p99_s(self) -> float:
        """Of a hundred acknowledgements, the second slowest."""
        return statistics.quantiles(self.acknowledged_s, n=100)[-1]

    @property
    def growth(self) -> float:
        """Its memory in the last ten seconds, against that of the ten after the first ten."""
        first, last = self.resident_mib[10:20], self.resident_mib[-10:]
        return max(last) / max(first)

    def lines(self) -> Iterator[str]:
        """What there is to say, figure by figure."""
        yield f"commands and clicks: {len(self.acknowledged_s)}"
        late = sum(one > SLACK_WAITS_S for one in self.acknowledged_s)
        median_s, longest_s = statistics.median(self.acknowledged_s), max(self.acknowledged_s)
        yield (
            f"acknowledged: p50 {1e3 * median_s:.0f} ms, p99 {1e3 * self.p99_s:.0f} ms, "
            f"longest {1e3 * longest_s:.0f} ms, operation_timeout {late}"
        )
        for is_cached, times in self.answered_s.items():
            if len(times) > 1:
                p99_s = statistics.quantiles(times, n=100)[-1]
                yield (
                    f"answered, {'cached' if is_cached else 'not cached'}: {len(times)}, "
                    f"p50 {1e3 * statistics.median(times):.0f} ms, p99 {1e3 * p99_s:.0f} ms"
                )
        yield f"calls that came to the API: {self.swept_per_s:.1f} a second"
        yield f"told of a trouble: {self.told.total()}"
        for words, times_told in self.told.most_common(4):
            yield f"  {times_told} × {words}"
        yield f"failures: {len(self.failures)} {sorted(set(self.failures))[:3]}"
        if len(self.resident_mib) > 2 * SETTLES_S:
            yield (
                f"resident: {self.resident_mib[10]:.0f} MiB after 10 s, "
                f"{self.resident_mib[-1]:.0f} MiB at the end, ratio {self.growth:.3f}"
            )

    def is_good(self, *, api_hangs: bool) -> bool:
        """Whether people were served as they are to be."""
        level = len(self.resident_mib) <= 2 * SETTLES_S or self.growth <= GROWTH_GOAL
        return (
            not self.failures
            and self.p99_s < ACKNOWLEDGED_GOAL_S
            and max(self.acknowledged_s) <= SLACK_WAITS_S
            and bool(self.told) == api_hangs
            and (api_hangs or self.swept_per_s >= SWEPT_GOAL)
            and level
        )


async def run(*, people: int, seconds: float, each: int, api_hangs: bool) -> Seen:
    """Have so many people ask and click for so long."""
    api = SimulatedLive(tasks=0)
    _fill(api, each)
    seen = Seen()
    async with (
        slack.running() as side,
        simulated(api) as endpoint,
        apps.bot(side, endpoint, DOMAINS, rate=10) as bot,
    ):
        for number, domain in enumerate(DOMAINS):
            await side.asks(bot.address, f"subscribe {domain}", channel=f"C1{number:03}")
        await side.asks(bot.address, f"default domain={DOMAINS[0]}")
        _, answer = await side.asks(bot.address, CACHED)
        await asyncio.sleep(SETTLES_S if seconds > SETTLES_S else 0)
        if api_hangs:
            api.faults.inject(HANG)
        calls = len(api.arrivals)
        crowd = Crowd(side, bot, seen, _button(answer), seconds, time.monotonic() + seconds)
        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.weigh())
            for number in range(people):
                group.create_task(crowd.live(number, is_cached=number % 2 == 0))
        seen.swept_per_s = (len(api.arrivals) - calls) / seconds
    return seen


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people, each of whom has one thing asked at a time.

    Attributes:
        side: from where they ask.
        bot: whom.
        seen: what they see.
        button: what they click.
        seconds: how long they stay.
        ends_s: when they go, on the monotonic clock.
        numbers: makes each question one that nobody has asked.
    """

    side: Slack
    bot: Server
    seen: Seen
    button: dict[str, Any]
    seconds: float
    ends_s: float
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def live(self, number: int, *, is_cached: bool) -> None:
        """One of them."""
        chance, user = random.Random(number), f"U{number:04}"
        pause_s = OFTEN_S if is_cached else self.seconds / SELDOM
        await asyncio.sleep(min(chance.uniform(0, pause_s), self.ends_s - time.monotonic()))
        while (left_s := self.ends_s - time.monotonic()) > 0:
            began_s = time.perf_counter()
            try:
                acknowledged_s, answer = await self._one(chance, user, is_cached=is_cached)
            except (AssertionError, TimeoutError, aiohttp.ClientError) as failure:
                self.seen.failures.append(repr(failure))
            else:
                self.seen.acknowledged_s.append(acknowledged_s)
                self.seen.answered_s[is_cached].append(time.perf_counter() - began_s)
                self.seen.hear(answer)
            await asyncio.sleep(max(0, min(chance.expovariate(1 / pause_s), left_s)))

    async def _one(
        self, chance: random.Random, user: str, *, is_cached: bool
    ) -> tuple[float, bytes]:
        if not is_cached:
            minutes, domain = divmod(next(self.numbers), len(DOMAINS))
            text = f"domain={DOMAINS[domain]} status=failed since={minutes + 60}m"
            return await self.side.asks(self.bot.address, text, user=user)
        if chance.random() < 0.5:
            return await self.side.clicks(self.bot.address, self.button, user=user)
        return await self.side.asks(self.bot.address, CACHED, user=user)

    async def weigh(self) -> None:
        """Look at the bot's memory once a second."""
        while time.monotonic() < self.ends_s:
            self.seen.resident_mib.append(self.bot.resident_mib)
            await asyncio.sleep(1)


def _fill(api: SimulatedLive, each: int) -> None:
    """Tasks that stay unfinished, and some of each domain that have failed."""
    now = datetime.now(UTC)
    for domain in DOMAINS:
        for number in range(each):
            api.world.add(
                f"rtmp://{domain}/live/long{number:04}",
                created=now - timedelta(minutes=5, seconds=number),
                preloading_s=1e5,
            )
        for number in range(FAILED):
            api.world.add(
                f"rtmp://{domain}/live/lost{number:02}",
                created=now - timedelta(minutes=2),
                outcome="failed",
            )


def _button(answer: bytes) -> dict[str, Any]:
    """The button of an answer that leads on to its next page."""
    for block in json.loads(answer)["blocks"]:
        for element in block.get("elements", ()):
            if element.get("type") == "button" and "Next" in element["text"]["text"]:
                return {one: element[one] for one in ("type", "action_id", "value")}
    raise RuntimeError(answer.decode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--each", type=int, default=EACH, help="tasks of each of 20 domains")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    is_good = True
    for api_hangs in (False, True):
        seen = asyncio.run(
            run(people=given.people, seconds=given.seconds, each=given.each, api_hangs=api_hangs)
        )
        is_good &= seen.is_good(api_hangs=api_hangs)
        print("The Live API hangs" if api_hangs else "All is well")  # noqa: T201 - what it is for
        for line in seen.lines():
            print(f"  {line}")  # noqa: T201 - what it is for
    sys.exit(not is_good)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
