"""The bot as a process, killed again and again while thousands of tasks change."""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.chaos.judge import Report

if TYPE_CHECKING:
    from aiohttp import web

    from tests.chaos.world import Handler, Stage

LATEST_S = 10.0
"""Slack may accept a post this much later."""


@dataclass(frozen=True, slots=True)
class Ordeal:
    """What the bot is put through.

    Attributes:
        seed: of all that is left to chance.
        kills: how often the process is killed.
        tasks: how many tasks change meanwhile.
        lasts_s: for how long they do.
        late: how many posts Slack accepts late while the bot lives on.
        rests_s: how long it may take to come to rest.
    """

    seed: int
    kills: int = 30
    tasks: int = 2_000
    lasts_s: float = 75.0
    late: int = 2
    rests_s: float = 90.0


@dataclass
class Outcome:
    """How it went: the judge's report, and what was done.

    Attributes:
        report: of the judge.
        kills: at which moment each kill came, in words.
        log: what the processes wrote.
        ended: exit codes of processes that ended without being killed.
        rested_s: how long after the last change all was well; None is never.
    """

    report: Report = field(default_factory=Report)
    kills: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    rested_s: float | None = None


class Executioner:
    """Kills the process, mostly just as a call arrives, has taken effect, or is answered."""

    def __init__(self, ordeal: Ordeal, outcome: Outcome) -> None:
        self._chance = random.Random(f"{ordeal.seed}/kills")
        self._every_s = ordeal.lasts_s / max(ordeal.kills, 1)
        self._outcome = outcome
        self._process: asyncio.subprocess.Process | None = None
        self._mode = ""
        self.left = ordeal.kills

    async def haunt(self, process: asyncio.subprocess.Process) -> None:
        """Let it live for a while, then have it killed; it never outlives `every_s` by much."""
        if not self.left:
            return
        await asyncio.sleep(self._chance.uniform(0.2, 2.0) * self._every_s * 0.7)
        self._process = process
        modes = ("slack arrives", "slack takes effect", "slack answers", "live answers", "any")
        self._mode = self._chance.choices(modes, (25, 20, 25, 20, 10))[0]
        await asyncio.sleep(0 if self._mode == "any" else 2.0)
        self._kill("at any moment")

    async def guard(self, name: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Stand at the border, and strike there."""
        await request.read()  # it has arrived whole
        side = name.split(maxsplit=1)[0]
        if self._mode == f"{side} arrives" and self._kill(f"{name} arrives"):
            late = self._chance.random() < 0.4
            await asyncio.sleep(self._chance.uniform(0.0, LATEST_S) if late else 0.0)
        response = await handler(request)
        if self._mode == f"{side} takes effect":
            self._kill(f"{name} takes effect")
        elif self._mode == f"{side} answers":
            delay_s = self._chance.expovariate(1 / 0.01)
            asyncio.get_running_loop().call_later(delay_s, self._kill, f"{name} answered")
        return response

    def _kill(self, when: str) -> bool:
        process, self._process, self._mode = self._process, None, ""
        if process is None or process.returncode is not None or not self.left:
            return False
        process.kill()
        self.left -= 1
        self._outcome.kills.append(when)
        return True


class Lives:
    """One process after another, until it is over."""

    def __init__(
        self, stage: Stage, environment: dict[str, str], killer: Executioner, outcome: Outcome
    ) -> None:
        self._stage = stage
        self._environment = environment
        self._killer = killer
        self._outcome = outcome
        self.haunted = asyncio.Event()

    async def run(self) -> None:
        """Start it, and start it again whenever it was killed."""
        while not self._outcome.ended:
            await self._live()

    async def _live(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "serve",
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment},
        )
        before = len(self._outcome.kills)
        haunting = asyncio.create_task(self._haunt(process))
        try:
            await self._read(process)
            code = await process.wait()
        finally:
            haunting.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()
        if len(self._outcome.kills) == before:
            self._outcome.ended.append(code)

    async def _haunt(self, process: asyncio.subprocess.Process) -> None:
        await self.haunted.wait()
        await self._killer.haunt(process)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode()
            self._outcome.log.append(line)
            if found := re.search(r'"address": "([^"]+)"', line):
                self._stage.slack.request_url = f"{found[1]}/slack/events"
