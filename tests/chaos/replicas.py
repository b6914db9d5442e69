"""Several processes on a real PostgreSQL and Valkey, none of which is left in peace.

One after another is killed, stopped for a while or restarted, and so are both servers; commands
come by way of a load balancer. At rest it is judged as where one process was killed.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.live import busiest_second
from tests.chaos.killing import Outcome
from tests.chaos.ordeal import asked_for, comes_to_rest, environment, peopled, play
from tests.chaos.world import Stage, staged, utc_now
from tests.engines import new_database
from tests.servers import Postgres, Valkey, postgres, valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

ROLES = ("web", "web", "worker", "worker")
AWAY_S = 3.0
"""For how long a server that is restarted is away."""
BACK_S = 5.0
"""How long after Valkey is back all share it again."""
STARTS_S = 10.0
"""How long a process may take to start."""
_HEARD_S = 1.5
"""A process that has not acknowledged a request by then may yet: another is given it, too."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the processes are put through.

    Attributes:
        seed: of all that is left to chance.
        tasks: how many tasks change meanwhile.
        lasts_s: for how long they do.
        every_s: so often, on average, a process is dealt with.
        outages: how often each server is restarted.
        rests_s: how long it may take to come to rest.
    """

    seed: int
    tasks: int = 5_000
    lasts_s: float = 240.0
    every_s: float = 1.5
    outages: int = 2
    rests_s: float = 120.0


@dataclass
class Ended(Outcome):
    """How it went.

    Attributes:
        busiest: calls in the busiest second of those in which Valkey was there.
        busiest_ever: in any second.
    """

    busiest: int = 0
    busiest_ever: int = 0


@dataclass
class Replica:
    """A process, and the next one whenever it has ended.

    Attributes:
        role: what it is started as.
        environment: its settings.
        outcome: told what it logs, and when it ends by itself.
        may_fail: whether it may end by itself now, to be started again.
        address: where it listens, while it does.
    """

    role: str
    environment: dict[str, str]
    outcome: Outcome
    may_fail: Callable[[], bool]
    address: str | None = None
    _process: asyncio.subprocess.Process | None = None
    _is_to_end: bool = False

    async def run(self) -> None:
        """Start it, and start it again whenever it was ended."""
        while not self.outcome.ended:
            await self._live()

    def send(self, *signals: Signals) -> bool:
        """Send it signals; whether it is there."""
        process = self._process
        if process is None or process.returncode is not None:
            return False
        self._is_to_end |= bool({SIGKILL, SIGTERM} & {*signals})
        with suppress(ProcessLookupError):
            for one in signals:
                process.send_signal(one)
        return True

    def stop(self, seconds: float) -> bool:
        """Stop it for so long, and no process that may come after it; whether it is there."""
        process = self._process

        def wake() -> None:
            if process is self._process:
                self.send(SIGCONT)

        asyncio.get_running_loop().call_later(seconds, wake)
        return self.send(SIGSTOP)

    async def _live(self) -> None:
        self._is_to_end = False
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "serve", "--role", self.role),
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment},
        )
        try:
            await self._read(process)
            code = await process.wait()
        finally:
            self.address = None
            if process.returncode is None:
                process.kill()
                await process.wait()
        if self._is_to_end:
            return
        if not self.may_fail():
            self.outcome.ended.append(code)
        await asyncio.sleep(1)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode()
            self.outcome.log.append(f"{process.pid} {self.role} {line}")
            if found := re.search(r'"address": "([^"]+)"', line):
                self.address = found[1]


@dataclass
class Servers:
    """Both servers, and when Valkey was away: from when until when, on the monotonic clock."""

    postgres: Postgres
    valkey: Valkey
    away: list[tuple[float, float]] = field(default_factory=list)
    _store_until_s: float = 0.0

    async def restart_postgres(self) -> None:
        self._store_until_s = float("inf")
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.sleep(AWAY_S)
        await asyncio.to_thread(self.postgres.start)
        self._store_until_s = time.monotonic() + STARTS_S

    def store_was_away(self) -> bool:
        """Whether a process that starts now may have found no store."""
        return time.monotonic() < self._store_until_s

    async def restart_valkey(self) -> None:
        since_s = time.monotonic()
        await asyncio.to_thread(self.valkey.stop)
        await asyncio.sleep(AWAY_S)
        await asyncio.to_thread(self.valkey.start)
        self.away.append((since_s, time.monotonic() + BACK_S))

    def was_away(self, at_s: float) -> bool:
        return any(since_s <= at_s <= until_s for since_s, until_s in self.away)


async def tried(
    trial: Trial, folder: Path, *, say: Callable[[str], None] = lambda _: None
) -> Ended:
    """Put the processes through it, and judge what their channels hold then.

    Args:
        trial: what they are put through.
        folder: where the servers keep what they keep.
        say: told how it goes.
    """
    ended = Ended()
    async with AsyncExitStack() as stack:
        servers = Servers(
            stack.enter_context(postgres(folder)), stack.enter_context(valkey(folder))
        )
        stage = await stack.enter_async_context(
            staged(seed=trial.seed, now=utc_now, monotonic=time.monotonic)
        )
        author = peopled(stage, trial.seed)
        settings = environment(stage) | {
            "DATABASE_URL": await new_database(servers.postgres),
            "REDIS_URL": servers.valkey.url,
        }
        replicas = [Replica(role, settings, ended, servers.store_was_away) for role in ROLES]
        balancer = balanced([one for one in replicas if one.role == "web"])
        stage.slack.request_url = await stack.enter_async_context(balancer)
        await stack.enter_async_context(running(replicas))
        scene = await asked_for(stage, author)
        author.start = utc_now()
        say(f"subscribed and watched; {trial.tasks} tasks begin")
        play(author, scene.watched, tasks=trial.tasks, lasts_s=trial.lasts_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(trial.lasts_s), asyncio.TaskGroup() as group:
                group.create_task(_deal(trial, replicas, ended))
                group.create_task(_restart(trial, servers, ended))
                group.create_task(_tell(stage, ended, say))
        for one in replicas:
            one.send(SIGCONT)
        await comes_to_rest(scene, ended, rests_s=trial.rests_s, calm_since=utc_now())
        calls = [(call.at, servers.was_away(call.at)) for call in stage.live.arrivals]
        ended.busiest_ever = busiest_second(at for at, _ in calls)
        ended.busiest = busiest_second(at for at, was_away in calls if not was_away)
    return ended


async def _deal(trial: Trial, replicas: Sequence[Replica], ended: Ended) -> None:
    """Kill a process, or stop it for a while, or restart it, again and again."""
    chance = random.Random(f"{trial.seed}/fate")
    deeds: dict[str, Callable[[Replica], bool]] = {
        "killed": lambda one: one.send(SIGKILL),
        "restarted": lambda one: one.send(SIGTERM, SIGCONT),
        "stopped": lambda one: one.stop(chance.uniform(1, 20)),
        "stopped for a minute": lambda one: one.stop(60),
    }
    while True:
        await asyncio.sleep(chance.expovariate(1 / trial.every_s))
        replica = chance.choice(replicas)
        (deed,) = chance.choices([*deeds], (40, 30, 27, 3))
        if deeds[deed](replica):
            ended.kills.append(f"{replica.role} {deed}")


async def _restart(trial: Trial, servers: Servers, ended: Ended) -> None:
    """Restart PostgreSQL and Valkey in turns."""
    pause_s = trial.lasts_s / (2 * trial.outages + 1)
    for number in range(2 * trial.outages):
        await asyncio.sleep(pause_s - AWAY_S)
        ended.kills.append("valkey restarted" if number % 2 else "postgres restarted")
        await (servers.restart_valkey() if number % 2 else servers.restart_postgres())


async def _tell(stage: Stage, ended: Ended, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(10)
        say(f"{len(ended.kills)} dealt with, {len(stage.slack.messages)} messages")


@asynccontextmanager
async def running(replicas: Sequence[Replica]) -> AsyncIterator[None]:
    running = [asyncio.create_task(one.run()) for one in replicas]
    try:
        yield
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def balanced(replicas: Sequence[Replica]) -> AsyncIterator[str]:
    """A load balancer before them: where Slack is to send its requests."""
    turns = 0

    async def passed_on(request: web.Request) -> web.Response:
        nonlocal turns
        body = await request.read()
        for _ in replicas:
            turns += 1
            address = replicas[turns % len(replicas)].address
            if address is None:
                continue
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(
                    f"{address}{request.path}", data=body, headers=request.headers
                ) as reply:
                    kind = reply.headers.get("Content-Type", "text/plain").partition(";")[0]
                    said = await reply.read()
                    return web.Response(status=reply.status, body=said, content_type=kind)
        return web.Response(status=503)

    application = web.Application()
    application.router.add_post("/slack/events", passed_on)
    timeout = aiohttp.ClientTimeout(total=_HEARD_S)
    async with aiohttp.ClientSession(timeout=timeout) as session, TestServer(application) as server:
        yield str(server.make_url("/slack/events"))
