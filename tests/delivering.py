"""An outbox on a real store, and a local Slack at the other end, in a loop whose clock jumps."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.jobs import Loops
from bot.sandbox.slack import LocalSlack, running
from bot.slack.channels import Channels
from bot.slack.people import People
from bot.slack.poster import Poster
from bot.store import Store
from bot.watch.model import Followed
from bot.watch.notices import NoticeKind, Turn
from bot.watch.outbox import Outbox
from bot.watch.pauses import Pauses
from bot.watch.writing import Writer
from tests.chaos.clock import Clock, epoch
from tests.engines import url_in
from tests.stored import DOMAIN, subscription, tell, told, watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from bot.sandbox.slack import Message
    from bot.watch.model import Subscription, Watch
    from bot.watch.notices import Notice, NoticeState, Told

TOKEN = "xoxb-local"
TEAM = "T0001"
ANNA, LIWEI = "U0001", "U0002"
LIVE_OPS, GENERAL, CUP_FINAL = "C0001", "C0002", "C0003"
EVENT = "preload_bot_notice"
RARELY = Pauses(idle_s=20)
"""As the bot waits, but that it seldom looks for what nobody woke it for."""


@dataclass
class Place:
    """Both ends.

    Attributes:
        slack: the local Slack; its clock goes with the loop's.
        store: the store.
        clock: this machine's clock; a step of it is not Slack's.
        client: Slack's client.
        people: who reads.
        start: when it began.
    """

    slack: LocalSlack
    store: Store
    clock: Clock
    client: AsyncWebClient
    people: People
    start: datetime

    def outbox(self, writer: Writer | None = None, pauses: Pauses | None = None) -> Outbox:
        """A new one, that knows what is stored and no more."""
        clocks: dict[str, Any] = {"now": self.clock.now, "clock_s": self.clock.seconds}
        return Outbox(
            self.store,
            Poster(self.client, **clocks),
            writer or Writer(self.store, self.people, now=self.clock.now),
            Channels(self.client),
            **clocks,
            chance=lambda: 1.0,
            pauses=pauses or RARELY,
        )

    async def subscribe(self, channel_id: str = LIVE_OPS, **more: Any) -> Subscription:  # noqa: ANN401 - a subscription's fields
        of = subscription(f"sub{channel_id}", team_id=TEAM, channel_id=channel_id, owner=ANNA)
        of = replace(of, **more)
        assert await self.store.subscriptions.add(of) is None
        return of

    def failures(self, of: Subscription, *numbers: int) -> tuple[Told, ...]:
        """Failures of streams, for a subscription; those told in one go are one notice."""
        now = self.clock.now()
        plain = [told(number, source=of.id, team_id=TEAM) for number in numbers]
        return tuple(
            replace(one, channel_id=of.channel_id, seen_at=now, due_at=now) for one in plain
        )

    async def fail(self, of: Subscription, *numbers: int) -> str:
        """Queue a notice of failures; its key."""
        await tell(self.store, *self.failures(of, *numbers))
        (newest,) = await self.store.notices.recent(TEAM, of.channel_id, 1)
        return newest.key

    async def queue(self, of: Subscription, count: int) -> list[str]:
        """Queue so many notices, none of which joins another; their keys, in order."""
        now = self.clock.now()
        for number in range(count):
            source = f"{of.id}x{number}"
            other = replace(of, id=source, domain=f"d{number}.example.com")
            await self.store.subscriptions.add(other)
            one = told(number, source=source, team_id=TEAM, channel_id=of.channel_id)
            await tell(self.store, replace(one, seen_at=now, due_at=now))
        return [one.key for one in await self.notices(of.channel_id)]

    async def watched(self, id_: str = "watch1", channel_id: str = LIVE_OPS) -> Watch:
        """A watch whose message is queued."""
        of = replace(watch(id_), team_id=TEAM, channel_id=channel_id, owner=ANNA)
        now = self.clock.now()
        told_so = told(kind=NoticeKind.BOARD, source=id_, key=of.board_key, change=None)
        of_there = replace(told_so, team_id=TEAM, channel_id=channel_id, seen_at=now, due_at=now)
        await self.store.watches.add(of, of_there)
        return of

    async def outdate(self, watch_id: str) -> None:
        """Have a watch's message drawn anew."""
        nothing = Followed("default", DOMAIN)
        await self.store.ledger.record(Turn(nothing, redrawn=frozenset({watch_id})))

    async def notices(self, channel_id: str | None = None) -> list[Notice]:
        """All there are, the oldest first."""
        return list(reversed(await self.store.notices.recent(TEAM, channel_id, 1000)))

    async def notice(self, key: str) -> Notice:
        found = await self.store.notices.by_key(key)
        assert found is not None
        return found

    async def states(self, channel_id: str | None = None) -> list[NoticeState]:
        return [notice.state for notice in await self.notices(channel_id)]

    def posted(self, channel_id: str | None = None) -> list[str]:
        """The keys that stand in the channels, in order; a key as often as its message."""
        return [key_of(one) for one in self.messages(channel_id)]

    def messages(self, channel_id: str | None = None) -> list[Message]:
        """The bot's messages, in order."""
        return [
            one for one in self.slack.messages if one.metadata and channel_id in {None, one.channel}
        ]

    def after_s(self, message: Message) -> float:
        """When a message was posted, in seconds from the start."""
        return round(float(message.ts) - self.start.timestamp(), 3)

    def called(self, method: str) -> int:
        """How often the bot called a method."""
        return sum(call.method == method for call in self.slack.calls)


def key_of(message: Message) -> str:
    assert message.metadata is not None
    assert message.metadata["event_type"] == EVENT
    return str(message.metadata["event_payload"]["key"])


@asynccontextmanager
async def placed(folder: Path, *, busy_timeout_s: float = 5.0) -> AsyncIterator[Place]:
    """Both ends, with nothing in them."""
    start = epoch()
    world, clock = Clock(start), Clock(start)
    slack = LocalSlack(
        signing_secret="secret", bot_token=TOKEN, app_token="xapp-local", now=world.now
    )
    async with AsyncExitStack() as stack:
        base_url = await stack.enter_async_context(running(slack))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client = AsyncWebClient(
            TOKEN, base_url=f"{base_url}/api/", session=session, retry_handlers=[]
        )
        store = await stack.enter_async_context(
            Store.open(
                url_in(folder),
                now=clock.now,
                busy_timeout_s=busy_timeout_s,
            )
        )
        people = await stack.enter_async_context(People(client))
        yield Place(slack, store, clock, client, people, start)


async def delivering(outbox: Outbox, seconds: float) -> None:
    """Let it work for so long, and leave it as a shutdown does."""
    async with outbox, Loops() as loops:
        loops.start("outbox", outbox.turn, woken=outbox.woken)
        await asyncio.sleep(seconds)


async def dying(outbox: Outbox, seconds: float) -> None:
    """Let it work for so long, and leave it as a crash does."""
    async with Loops() as loops:
        loops.start("outbox", outbox.turn, woken=outbox.woken)
        await asyncio.sleep(seconds)
    for lane in outbox._lanes.values():
        if lane.task is not None:
            lane.task.cancel()
            await asyncio.gather(lane.task, return_exceptions=True)
