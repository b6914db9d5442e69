"""What is lived through in earnest: subscribed, watched, killed, and judged at rest."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.sandbox.slack import Fault
from tests.chaos.judge import Bounds, Report, Subscribed, Watched, judge
from tests.chaos.killing import LATEST_S, Executioner, Lives, Ordeal, Outcome
from tests.chaos.people import Person
from tests.chaos.world import (
    APP_TOKEN,
    BOT_TOKEN,
    CUP_FINAL,
    GENERAL,
    LIVE_OPS,
    SIGNING_SECRET,
    Author,
    Stage,
    staged,
    url_of,
    utc_now,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

CHANNELS = {"d1.example.com": LIVE_OPS, "d2.example.com": GENERAL, "d3.example.com": CUP_FINAL}
DOMAINS = tuple(CHANNELS)
WATCHED = 12
"""Streams in the watch."""
IN_MOTION = 6
HISTORY = 20
SEEN_S = 25.0
QUIET_S = 6.0
"""At the end all must have been well for this long."""


@dataclass(frozen=True)
class Scene:
    """Who was asked to be told of what, on which stage."""

    stage: Stage
    subscribed: tuple[Subscribed, ...]
    watched: Watched

    @property
    def over_at(self) -> datetime:
        """When nothing changes any more, and the bot may have seen it."""
        return max(task.finished for task in self.stage.world.tasks) + timedelta(seconds=SEEN_S)

    def judged(self, *, late_s: float, calm_since: datetime | None = None) -> Report:
        """How it stands now (`Bounds`)."""
        return judge(
            self.stage.world.tasks,
            self.stage.slack.messages,
            at=self.stage.now(),
            subscribed=self.subscribed,
            watched=[self.watched],
            bounds=Bounds(late_s=late_s, seen_s=SEEN_S, calm_since=calm_since),
        )


async def endured(
    ordeal: Ordeal, folder: Path, *, say: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Put the bot through it, and judge what its channels hold then.

    Args:
        ordeal: what it is put through.
        folder: where its store is.
        say: told how it goes.
    """
    outcome = Outcome()
    killer = Executioner(ordeal, outcome)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            staged(seed=ordeal.seed, now=utc_now, monotonic=time.monotonic)
        )
        author = peopled(stage, ordeal.seed)
        stage.guarded_by(killer.guard)
        settings = environment(stage) | {"DATABASE_URL": f"sqlite:///{folder / 'bot.sqlite3'}"}
        lives = Lives(stage, settings, killer, outcome)
        await stack.enter_async_context(_running(lives))
        scene = await asked_for(stage, author)
        author.start = utc_now()
        say(f"subscribed and watched; {ordeal.tasks} tasks begin")
        play(author, scene.watched, tasks=ordeal.tasks, lasts_s=ordeal.lasts_s)
        lives.haunted.set()
        _accept_late(stage, ordeal)
        while killer.left and not outcome.ended:
            await asyncio.sleep(5)
            say(f"{len(outcome.kills)} kills, {len(stage.slack.messages)} messages")
        await comes_to_rest(scene, outcome, rests_s=ordeal.rests_s, calm_since=utc_now())
    return outcome


@asynccontextmanager
async def _running(lives: Lives) -> AsyncIterator[None]:
    running = asyncio.create_task(lives.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def peopled(stage: Stage, seed: int) -> Author:
    """Who writes the world's tasks, with what there is before anybody asks."""
    author = Author(stage.world, utc_now(), random.Random(f"{seed}/world"))
    for domain in DOMAINS:
        author.history(domain, HISTORY)
        for _ in range(IN_MOTION):
            author.task(domain, at_s=-5, lasts_s=author.chance.uniform(30, 60))
    return author


def environment(stage: Stage) -> dict[str, str]:
    """The settings of a process, but for its store."""
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{stage.page}/api/",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "testid",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testsecret",
        "PRELOAD_BOT_ENDPOINT": stage.endpoint,
        "PRELOAD_BOT_DOMAINS": ",".join(DOMAINS),
        "PRELOAD_BOT_HOST": "127.0.0.1",
        "PORT": "0",
    }


async def asked_for(stage: Stage, author: Author) -> Scene:
    """Somebody subscribes and watches; returns once the bot has read what there was before."""
    anna = Person(stage.slack)
    subscribed = []
    for domain, channel in CHANNELS.items():
        await anna.gets(
            f"/preload subscribe {domain} group=4s", channel, shows=f"is told of {domain}"
        )
        subscribed.append(Subscribed(channel, domain, utc_now()))
    names = tuple(author.new_name() for _ in range(WATCHED))
    urls = ",".join(url_of(DOMAINS[0], name) for name in names)
    await anna.gets(
        f'/preload watch {urls} name="Cup final"', GENERAL, shows="Cup final is watched"
    )
    await anna.gets("/preload list all", GENERAL, shows="Cup final")
    asked = {call.parameters.get("DomainName") for call in stage.live.arrivals}
    while asked < set(DOMAINS):
        await asyncio.sleep(0.2)
        asked = {call.parameters.get("DomainName") for call in stage.live.arrivals}
    await asyncio.sleep(3)  # in earnest: pages of what there was are read
    return Scene(stage, tuple(subscribed), Watched(GENERAL, "Cup final", names))


def play(author: Author, watched: Watched, *, tasks: int, lasts_s: float) -> None:
    """Have so many tasks change within that time, those of the watch among them."""
    for number, name in enumerate(watched.streams):
        at_s = author.chance.uniform(2, lasts_s / 2)
        author.task(DOMAINS[0], at_s=at_s, lasts_s=20, fails=number == 3, name=name)
    author.flow(DOMAINS, tasks, from_s=2, until_s=lasts_s, lasts_s=(2, 12), retry_rate=0.3)


def _accept_late(stage: Stage, ordeal: Ordeal) -> None:
    chance = random.Random(f"{ordeal.seed}/late")
    loop = asyncio.get_running_loop()
    for _ in range(ordeal.late):
        fault = Fault("chat.postMessage", accepted_after_s=chance.uniform(1, LATEST_S))
        loop.call_later(chance.uniform(0, ordeal.lasts_s), stage.slack.faults.add, fault)


async def comes_to_rest(
    scene: Scene, outcome: Outcome, *, rests_s: float, calm_since: datetime | None = None
) -> None:
    """Wait until the world is over, and all has been well for a while; or it takes too long.

    Args:
        scene: what is judged.
        outcome: told how it stands.
        rests_s: how long it may take, and each notice.
        calm_since: when the last blow fell (`Bounds`).
    """
    now = scene.stage.now
    await asyncio.sleep(max(0.0, (scene.over_at - now()).total_seconds()))
    over_at, well_at = now(), None
    while (now() - over_at).total_seconds() < rests_s and not outcome.ended:
        await asyncio.sleep(1)
        outcome.report = scene.judged(late_s=rests_s, calm_since=calm_since)
        if not outcome.report.is_clean:
            well_at = None
        elif well_at is None:
            well_at = now()
            outcome.rested_s = (well_at - over_at).total_seconds()
        elif (now() - well_at).total_seconds() > QUIET_S:
            return
    outcome.rested_s = None
