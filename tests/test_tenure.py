"""Delivery by several processes on one store: one at a time, taken over from, or stopped."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import Loops
from bot.slack.channels import Channels
from bot.slack.poster import Poster
from bot.store.database import Database
from bot.store.leases import LASTS_S, OUTBOX, Leases
from bot.watch.notices import NoticeState
from bot.watch.outbox import Outbox
from bot.watch.pauses import Pauses
from bot.watch.tenure import Tenure
from bot.watch.writing import Writer
from tests.chaos.clock import run
from tests.delivering import LIVE_OPS, placed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.store import Store
    from bot.views.limits import Message
    from bot.watch.notices import Notice
    from tests.delivering import Place

PAUSES = Pauses()
TAKEOVER_S = 15
LOOKED_FOR_S = 120
"""So long, and a little, a post of unknown outcome is looked for."""


@dataclass
class Process:
    """What one process has."""

    leases: Leases
    tenure: Tenure

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Let it work; at the end it is stopped, as by SIGSTOP."""
        async with Loops() as loops:
            loops.start("leases", self.leases.turn, woken=asyncio.Event())
            loops.start("outbox", self.tenure.turn, woken=self.tenure.woken)
            yield

    async def goes_on(self, seconds: float) -> None:
        async with self.going_on():
            await asyncio.sleep(seconds)


class Slow(Writer):
    """Draws when it may."""

    may_go_on: asyncio.Event
    draws: asyncio.Event

    async def message(self, notice: Notice) -> Message | None:
        self.draws.set()
        await self.may_go_on.wait()
        return await super().message(notice)


def process(place: Place, writer: Callable[..., Writer] = Writer) -> Process:
    clocks: dict[str, Any] = {"now": place.clock.now, "clock_s": place.clock.seconds}
    leases = Leases(place.store.database, **clocks)

    def outbox(store: Store, woken: asyncio.Event) -> Outbox:
        return Outbox(
            store,
            Poster(place.client, **clocks),
            writer(store, place.people, now=place.clock.now),
            Channels(place.client),
            **clocks,
            is_sure=leases.is_sure,
            woken=woken,
        )

    return Process(leases, Tenure(leases, place.store, outbox, pauses=PAUSES))


@pytest.fixture(autouse=True)
def _as_where_several_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file as if it were no process's alone: its clock is the test's."""
    monkeypatch.setattr(Database, "is_shared", True)


def story(folder: Path, tell: Callable[[Place], Awaitable[None]]) -> None:
    async def told() -> None:
        async with placed(folder) as place:
            await tell(place)

    run(told)


def test_of_several_one_delivers_and_each_notice_once(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 10)
        both = [process(place), process(place)]
        await asyncio.gather(*(one.goes_on(30) for one in both))
        assert place.posted(LIVE_OPS) == keys
        assert sorted(OUTBOX in one.leases.held for one in both) == [False, True]

    story(tmp_path, tell)


def test_one_that_is_stopped_is_taken_over_from_and_does_no_harm_when_it_wakes(
    tmp_path: Path,
) -> None:
    async def tell(place: Place) -> None:
        subscription = await place.subscribe()
        keys = await place.queue(subscription, 10)
        stopped, other = process(place), process(place)
        await stopped.goes_on(4.5)
        assert 0 < len(place.posted(LIVE_OPS)) < 10
        await other.goes_on(TAKEOVER_S + 10)
        assert place.posted(LIVE_OPS) == keys
        keys.append(await place.fail(subscription, 1))
        async with stopped.going_on():
            await other.goes_on(LOOKED_FOR_S)
        assert place.posted(LIVE_OPS) == keys
        assert {notice.state for notice in await place.notices()} == {NoticeState.POSTED}

    story(tmp_path, tell)


def test_one_that_ends_well_hands_over_at_once(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        keys = await place.queue(await place.subscribe(), 6)
        first, second = process(place), process(place)
        async with first.leases, first.tenure:
            await first.goes_on(2.5)
        await second.goes_on(LASTS_S - 1)
        assert place.posted(LIVE_OPS) == keys
        at_s = [place.after_s(message) for message in place.messages(LIVE_OPS)]
        assert all(after - before >= PAUSES.post_s for before, after in pairwise(at_s))

    story(tmp_path, tell)


def test_one_that_was_stopped_when_it_was_about_to_post_does_not_post(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        Slow.may_go_on, Slow.draws = asyncio.Event(), asyncio.Event()
        key = await place.fail(await place.subscribe(), 1)
        stopped, other = process(place, Slow), process(place)
        async with stopped.going_on():
            await Slow.draws.wait()
        assert (await place.notice(key)).state is NoticeState.SENDING
        await other.goes_on(LOOKED_FOR_S)
        assert place.posted(LIVE_OPS) == [key]
        Slow.may_go_on.set()
        await stopped.goes_on(LOOKED_FOR_S)
        assert place.posted(LIVE_OPS) == [key]

    story(tmp_path, tell)


def test_what_was_claimed_long_ago_is_claimed_anew_before_it_is_posted(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        Slow.may_go_on, Slow.draws = asyncio.Event(), asyncio.Event()
        key = await place.fail(await place.subscribe(), 1)
        async with process(place, Slow).going_on():
            await Slow.draws.wait()
            await asyncio.sleep(PAUSES.second_look_s)
            Slow.may_go_on.set()
            await asyncio.sleep(PAUSES.idle_s * 2)
        assert place.posted(LIVE_OPS) == [key]
        assert (await place.notice(key)).attempts == 2

    story(tmp_path, tell)


def test_one_that_was_stopped_and_is_not_sure_waits_until_it_is(tmp_path: Path) -> None:
    async def tell(place: Place) -> None:
        Slow.may_go_on, Slow.draws = asyncio.Event(), asyncio.Event()
        key = await place.fail(await place.subscribe(), 1)
        stopped = process(place, Slow)
        async with stopped.going_on():
            await Slow.draws.wait()
        await asyncio.sleep(LASTS_S)
        Slow.may_go_on.set()
        await asyncio.sleep(1)
        assert place.posted(LIVE_OPS) == []
        await stopped.goes_on(10)  # nobody has taken it meanwhile
        assert place.posted(LIVE_OPS) == [key]
        assert (await place.notice(key)).attempts == 2

    story(tmp_path, tell)
