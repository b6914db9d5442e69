"""The stage: both ends of the sandbox, what happens in the account, and who stands at the border.

Every request of the bot passes the border twice: as it arrives, and as its answer leaves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from bot.sandbox import live as live_sandbox
from bot.sandbox import slack as slack_sandbox
from bot.sandbox.live import Domain, SimulatedLive
from bot.sandbox.slack import LocalSlack

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Sequence

    from bot.sandbox.live import World

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Guard: TypeAlias = Callable[[str, web.Request, Handler], Awaitable[web.StreamResponse]]
"""Lets a call of that name through, or not: `await handler(request)` carries it out."""

ANNA, LIWEI = "U0001", "U0002"
LIVE_OPS, GENERAL, CUP_FINAL = "C0001", "C0002", "C0003"
BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-chaos", "xapp-chaos", "chaos-signing-secret"
WINDOW = timedelta(hours=6)


def utc_now() -> datetime:
    return datetime.now(UTC)


async def _through(_name: str, request: web.Request, handler: Handler) -> web.StreamResponse:
    return await handler(request)


class GuardedLive(SimulatedLive):
    """An account with nothing in it, each call of which passes `guard`."""

    def __init__(
        self, *, seed: int, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        super().__init__(seed=seed, tasks=0, now=now, monotonic=monotonic)
        self.world.tasks.clear()
        self.world.account.clear()
        self.guard: Guard = _through

    def application(self) -> web.Application:
        application = super().application()

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.guard("live", request, handler)

        application.middlewares.append(guarded)
        return application


class GuardedSlack(LocalSlack):
    """A local Slack, each call of whose Web API passes `guard`."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        super().__init__(
            signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN, app_token=APP_TOKEN, now=now
        )
        self.joined.add(CUP_FINAL)
        self.guard: Guard = _through

    def application(self) -> web.Application:
        application = super().application()

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            method = request.match_info.get("method")
            if method is None:
                return await handler(request)
            return await self.guard(f"slack {method}", request, handler)

        application.middlewares.append(guarded)
        return application


@dataclass(frozen=True)
class Stage:
    """Both ends of the sandbox, running.

    Attributes:
        live, slack: the ends.
        endpoint: the simulated Live API's address.
        page: the local Slack's.
        now: the world's clock, which is Slack's and the API's.
    """

    live: GuardedLive
    slack: GuardedSlack
    endpoint: str
    page: str
    now: Callable[[], datetime]

    @property
    def world(self) -> World:
        """What the account holds."""
        return self.live.world

    def guarded_by(self, guard: Guard) -> None:
        """Let every call pass this one from now on."""
        self.live.guard = self.slack.guard = guard


@asynccontextmanager
async def staged(
    *, seed: int, now: Callable[[], datetime], monotonic: Callable[[], float]
) -> AsyncIterator[Stage]:
    """Build the stage; the world is empty."""
    live, slack = GuardedLive(seed=seed, now=now, monotonic=monotonic), GuardedSlack(now=now)
    async with live_sandbox.running(live) as endpoint, slack_sandbox.running(slack) as page:
        yield Stage(live, slack, endpoint, page, now)


@dataclass
class Author:
    """Writes tasks into the world, each of a stream of its own unless it is named again.

    Attributes:
        world: the world.
        start: what times are counted from.
        chance: what is left to it.
    """

    world: World
    start: datetime
    chance: random.Random
    _named: int = 0

    def new_name(self) -> str:
        """A stream's name never given before."""
        self._named += 1
        return f"s{self._named:05}x"

    def task(
        self,
        domain: str,
        *,
        at_s: float,
        lasts_s: float,
        fails: bool = False,
        name: str | None = None,
    ) -> str:
        """Preload a stream `at_s` seconds from the start; returns its name."""
        name = name or self.new_name()
        created = self.start + timedelta(seconds=at_s)
        pending_s = lasts_s * self.chance.uniform(0.1, 0.3)
        self.world.add(
            url_of(domain, name),
            created=created,
            pending_s=pending_s,
            preloading_s=lasts_s - pending_s,
            outcome="failed" if fails else "complete",
            window=(created, created + WINDOW),
            stops_at=self.chance.randint(3, 96),
        )
        return name

    def history(self, domain: str, tasks: int) -> None:
        """What is over before anybody asks."""
        self.world.account.setdefault(domain, Domain(domain))
        for number in range(tasks):
            ago_s = self.chance.uniform(600, 7_200)
            self.task(domain, at_s=-ago_s, lasts_s=60, fails=number % 3 == 0)

    def flow(
        self,
        domains: Sequence[str],
        tasks: int,
        *,
        from_s: float,
        until_s: float,
        lasts_s: tuple[float, float],
        fail_rate: float = 0.08,
        retry_rate: float = 0.0,
    ) -> None:
        """Streams that are preloaded one after another, and now and then once more."""
        for number in range(tasks):
            domain = domains[number % len(domains)]
            at_s = self.chance.uniform(from_s, until_s)
            took_s = self.chance.uniform(*lasts_s)
            fails = self.chance.random() < fail_rate
            name = self.task(domain, at_s=at_s, lasts_s=took_s, fails=fails)
            if fails and self.chance.random() < retry_rate:
                again_s = at_s + took_s + self.chance.uniform(1, 20)
                self.task(domain, at_s=again_s, lasts_s=took_s, name=name)


def url_of(domain: str, name: str) -> str:
    """The play URL of a stream."""
    return f"rtmp://{domain}/liveApp/{name}"
