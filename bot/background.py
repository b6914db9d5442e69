"""What a worker does without being asked: it reads what is followed, tells of it, and forgets."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import structlog

from bot.jobs import Loops
from bot.live.gone import GoneLive
from bot.store.leases import Leases
from bot.watch.heartbeat import Heartbeat
from bot.watch.keeping import Keeping
from bot.watch.loop import Pace, Sweeps
from bot.watch.needs import Freshness
from bot.watch.outbox import Outbox
from bot.watch.reporting import Reporting
from bot.watch.tenure import Tenure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    from bot.live.client import LiveClient
    from bot.metrics import Meter
    from bot.settings import Settings
    from bot.slack.channels import Channels
    from bot.slack.poster import Poster
    from bot.store import Store
    from bot.watch.pauses import Pauses
    from bot.watch.writing import Writer


log = structlog.get_logger(__name__)


@asynccontextmanager
async def working(
    settings: Settings,
    store: Store,
    lives: Mapping[str, LiveClient],
    *,
    poster: Poster,
    writer: Writer,
    channels: Channels,
    now: Callable[[], datetime],
    clock_s: Callable[[], float],
    pauses: Pauses,
    meter: Meter,
) -> AsyncIterator[Callable[[], None]]:
    """Sweep, deliver and keep until the context is left.

    Args:
        settings: the pace, and how long what is kept for how long.
        store: what is followed, and what is to be told.
        lives: the client of each account.
        poster: posts notices.
        writer: draws them.
        channels: who is in which.
        now: the wall clock, in UTC.
        clock_s: a monotonic clock, in seconds.
        pauses: how long delivery waits for what.
        meter: told how it all goes.

    Yields:
        What is to be called when something was stored that there is to do with: it is begun at
        once, not at the next turn.
    """
    async with AsyncExitStack() as stack:
        leases = await stack.enter_async_context(
            Leases(store.database, now=now, clock_s=clock_s, meter=meter)
        )

        def outbox_on(fenced: Store, woken: asyncio.Event) -> Outbox:
            return Outbox(
                fenced,
                poster,
                writer,
                channels,
                now=now,
                clock_s=clock_s,
                pauses=pauses,
                meter=meter,
                is_sure=leases.is_sure,
                woken=woken,
            )

        outbox = await stack.enter_async_context(Tenure(leases, store, outbox_on, pauses=pauses))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        )
        heartbeat = Heartbeat(session, settings.watch.heartbeat_url, store, meter=meter)
        pace = _pace(settings)
        read: dict[str, LiveClient | GoneLive] = {**lives, **await _gone(store, lives, now)}
        woken = {name: asyncio.Event() for name in read}
        sweeps = {
            name: await stack.enter_async_context(
                Sweeps(
                    name,
                    live,
                    store,
                    leases=leases,
                    pace=pace if name in lives else replace(pace, blind_after=timedelta(0)),
                    told=outbox.wake,
                    now=now,
                    clock_s=clock_s,
                    reporting=Reporting(name, meter, heartbeat.worked),
                )
            )
            for name, live in read.items()
        }

        def wake() -> None:
            outbox.wake()
            for event in woken.values():
                event.set()

        keeping = Keeping(
            store,
            kept=timedelta(days=settings.watch.keep_days),
            recorded=timedelta(days=settings.record.keep_days),
            now=now,
        )
        loops = await stack.enter_async_context(Loops())
        loops.start("leases", leases.turn, woken=asyncio.Event())
        loops.start("outbox", outbox.turn, woken=outbox.woken)
        for name, sweep in sweeps.items():
            loops.start(f"sweeps of {name}", sweep.turn, woken=woken[name])
        loops.start("keeping", keeping.turn, woken=asyncio.Event())
        loops.start("heartbeat", heartbeat.turn, woken=asyncio.Event())
        yield wake


async def _gone(
    store: Store, lives: Mapping[str, LiveClient], now: Callable[[], datetime]
) -> dict[str, GoneLive]:
    """By the name of each account that is stored and in the settings no longer, what stands in."""
    names = {one.account for one in await store.subscriptions.all()}
    names |= {one.ask.account for one in await store.watches.active()}
    names |= {one.account for one in await store.follows.all()}
    for name in (gone := sorted(names - lives.keys())):
        log.warning("account gone from the settings", account=name)
    return {name: GoneLive(name, now) for name in gone}


def _pace(settings: Settings) -> Pace:
    return Pace(
        freshness=Freshness(fresh_s=settings.watch.fresh_s),
        calls_per_s=settings.watch.calls_per_s,
    )
