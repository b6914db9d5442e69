"""The bot in this process, on a stage whose clock jumps: it may die at any crossing.

Two subscriptions, a watch, a mute and a flood; whoever asks, asks until there is an answer.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot.app import opened
from bot.serving import listening
from bot.settings import Account, Server, Settings, Slack, StorePlace
from bot.watch.pauses import Pauses
from tests.chaos.border import Border, Crash
from tests.chaos.clock import Clock, epoch
from tests.chaos.judge import Bounds, Report, Subscribed, Watched, judge
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
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

ONE, TWO, THREE = "d1.example.com", "d2.example.com", "d3.example.com"
BOUNDS = Bounds(late_s=75, seen_s=20)


@dataclass
class Theatre:
    """The stage, the bot that lives on it, and what it was asked for.

    Attributes:
        stage: both ends of the sandbox.
        clock: the bot's wall clock; its `step` is the bot's alone.
        border: where it may die.
        author: writes the world's tasks.
        place: the store's file.
        anna: somebody who asks.
        subscribed, watched: what is judged.
        lives: how often it was started.
        listens: set once it first did.
    """

    stage: Stage
    clock: Clock
    border: Border
    author: Author
    place: Path
    anna: Person
    subscribed: dict[str, Subscribed] = field(default_factory=dict)
    watched: list[Watched] = field(default_factory=list)
    lives: int = 0
    listens: asyncio.Event = field(default_factory=asyncio.Event)

    async def subscribe(self, domain: str, channel: str, options: str = "group=4s") -> None:
        """Subscribe the channel; what ends from now on is to be told."""
        await self.anna.gets(
            f"/preload subscribe {domain} {options}", channel, shows=f"is told of {domain}"
        )
        self.subscribed[domain] = Subscribed(channel, domain, self.stage.now())

    async def watch(self, domain: str, channel: str, name: str, streams: int) -> Watched:
        """Watch streams that nobody has preloaded yet; half of them taken in a moment later."""
        names = tuple(self.author.new_name() for _ in range(streams))
        urls = [url_of(domain, one) for one in names]
        some, all_ = ",".join(urls[: streams // 2]), ",".join(urls)
        await self.anna.gets(
            f'/preload watch {some} name="{name}"', channel, shows=f"{name} is watched"
        )
        await self.anna.presses(f"/preload watch {all_}", channel, "watch.widen", shows=name)
        self.watched.append(Watched(channel, name, names))
        return self.watched[-1]

    async def mute(self, domain: str) -> None:
        """Mute the domain's subscription for an hour."""
        subscription = self.subscribed[domain]
        await self._chooses(subscription, "for 1 hour", until=lambda words: "Muted until" in words)
        silence = (self.stage.now(), self.stage.now())
        self.subscribed[domain] = replace(subscription, muted=(*subscription.muted, silence))

    async def unmute(self, domain: str) -> None:
        """Have it told again."""
        subscription = self.subscribed[domain]
        await self._chooses(subscription, "unmute", until=lambda words: "Muted until" not in words)
        *before, (start, _) = subscription.muted
        silences = (*before, (start, self.stage.now()))
        self.subscribed[domain] = replace(subscription, muted=silences)

    async def _chooses(
        self, subscription: Subscribed, option: str, *, until: Callable[[str], bool]
    ) -> None:
        await self.anna.chooses(
            "/preload list", subscription.channel, "sub.mute", option, until=until
        )

    async def until(self, at_s: float) -> None:
        """Wait until so many seconds after the author's start."""
        passed_s = (self.stage.now() - self.author.start).total_seconds()
        await asyncio.sleep(max(0.0, at_s - passed_s))

    def judged(self, bounds: Bounds = BOUNDS) -> Report:
        """How it stands now."""
        return judge(
            self.stage.world.tasks,
            self.stage.slack.messages,
            at=self.stage.now(),
            subscribed=self.subscribed.values(),
            watched=self.watched,
            bounds=bounds,
        )

    async def live_and_die(self) -> None:
        """Live, and live again on the same store after each death; any other end is an error."""
        while True:
            self.border.reborn()
            self.lives += 1
            living = asyncio.create_task(self._live())
            dying = asyncio.create_task(self.border.died.wait())
            try:
                await asyncio.wait({living, dying}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                living.cancel()
                dying.cancel()
                ends = await asyncio.gather(living, return_exceptions=True)
            if not self.border.died.is_set():
                raise AssertionError("the bot ended by itself") from ends[0]

    async def _live(self) -> None:
        now = self.clock.now
        async with (
            opened(
                self._settings(), now=now, clock_s=self.clock.seconds, pauses=Pauses(close_s=0)
            ) as bot,
            listening(bot, socket_mode=False) as to,
        ):
            self.stage.slack.request_url = f"{to}/slack/events"
            self.listens.set()
            await asyncio.Event().wait()

    def _settings(self) -> Settings:
        return Settings(
            slack=Slack(
                bot_token=SecretStr(BOT_TOKEN),
                app_token=SecretStr(APP_TOKEN),
                signing_secret=SecretStr(SIGNING_SECRET),
                api_url=f"{self.stage.page}/api/",
            ),
            accounts={
                "default": Account(
                    access_key_id="testid",
                    access_key_secret=SecretStr("testsecret"),
                    endpoint=self.stage.endpoint,
                    domains=(ONE, TWO, THREE),
                )
            },
            server=Server(host="127.0.0.1", port=0, drain_s=0),
            store=StorePlace(url=SecretStr(f"sqlite:///{self.place}")),
        )


@asynccontextmanager
async def theatre(*, seed: int = 1, border: Border | None = None) -> AsyncIterator[Theatre]:
    """The stage with a little history in its two domains, and the bot alive on it."""
    clock, border = Clock(epoch()), border or Border()
    asyncio.get_running_loop().set_exception_handler(_not_of_the_dead)
    world_clock = Clock(clock.epoch)
    with TemporaryDirectory(prefix="preload-bot-chaos-") as folder, border.around_commits():
        async with staged(seed=seed, now=world_clock.now, monotonic=clock.seconds) as stage:
            stage.guarded_by(border.guard)
            author = Author(stage.world, stage.now(), random.Random(f"{seed}/world"))
            for domain in (ONE, TWO, THREE):
                author.history(domain, 5)
            person = Person(stage.slack)
            place = Path(folder) / "bot.sqlite3"
            played = Theatre(stage, clock, border, author, place, person)
            async with asyncio.TaskGroup() as group:
                living = group.create_task(played.live_and_die())
                await played.listens.wait()
                yield played
                living.cancel()


def _not_of_the_dead(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Nobody asks what became of what a dead process was at."""
    if not isinstance(context.get("exception"), Crash):
        loop.default_exception_handler(context)


async def afternoon(played: Theatre, *, lasts_s: float = 60) -> None:
    """A subscription and a watch, and streams that change from now on; returns at once."""
    author = played.author
    await played.subscribe(ONE, LIVE_OPS)
    watch = await played.watch(ONE, GENERAL, "Cup final", 5)
    await asyncio.sleep(20)
    author.start = played.stage.now()
    for number, name in enumerate(watch.streams):
        at_s = 2 + number * lasts_s / 6
        author.task(ONE, at_s=at_s, lasts_s=8, fails=number == 2, name=name)
    author.flow((ONE,), 24, from_s=2, until_s=lasts_s, lasts_s=(2, 12), fail_rate=0.3)


async def evening(played: Theatre) -> None:
    """The script: subscribing and watching, changes, a flood, a silence.

    What a watch has left is taken up by a subscription; then there is a minute of rest."""
    author = played.author
    author.task(ONE, at_s=-5, lasts_s=40)
    author.task(TWO, at_s=-5, lasts_s=50, fails=True)
    await played.subscribe(ONE, LIVE_OPS)
    await played.subscribe(TWO, CUP_FINAL)
    watch = await played.watch(THREE, GENERAL, "Cup final", 5)
    await asyncio.sleep(12)
    author.start = played.stage.now()
    for number, name in enumerate(watch.streams):
        author.task(THREE, at_s=2 + number, lasts_s=4 + number, fails=number == 2, name=name)
    author.flow(
        (ONE, TWO), 16, from_s=2, until_s=24, lasts_s=(2, 12), fail_rate=0.25, retry_rate=0.4
    )
    for number in range(40):
        author.task(TWO, at_s=20, lasts_s=10, fails=number % 2 == 0)
    for number in range(3):  # when the watch has ended: nobody is told
        author.task(THREE, at_s=30, lasts_s=4, fails=number == 0)
    await played.until(45)
    await played.mute(ONE)
    await played.subscribe(THREE, GENERAL)
    for number in range(3):
        author.task(THREE, at_s=62, lasts_s=6, fails=number == 0)
    for number in range(3):
        author.task(ONE, at_s=47, lasts_s=2, fails=number == 0)
    await played.until(85)
    await played.unmute(ONE)
    await played.until(150)
