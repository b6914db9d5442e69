from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.live.model import StatusFilter
from bot.watch.model import Alarm
from bot.watch.notices import NoticeState
from tests.stored import NOW, SOON, alert, board, opened, sent, subscription, task, tell, told, turn
from tests.stored import watch as watching

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store import Store

pytestmark = pytest.mark.usefixtures("engine")

SOMEWHAT_MORE = timedelta(seconds=0.25)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


async def test_a_subscription_is_found_whole(store: Store) -> None:
    whole = subscription(
        statuses=frozenset({StatusFilter.PENDING, StatusFilter.PRELOADING}),
        group=SOMEWHAT_MORE,
        repeat=timedelta(0),
        muted_until=SOON,
    )
    assert await store.subscriptions.add(whole) is None
    assert await store.subscriptions.find("sub1") == whole
    assert await store.subscriptions.find("sub2") is None


async def test_a_channel_has_one_subscription_to_a_domain(store: Store) -> None:
    first = subscription()
    await store.subscriptions.add(first)
    assert await store.subscriptions.add(subscription("sub2", owner="U2")) == first
    assert await store.subscriptions.all() == (first,)


async def test_of_racing_subscriptions_one_is_stored_and_the_others_are_told_which(
    store: Store,
) -> None:
    added = await asyncio.gather(
        *(store.subscriptions.add(subscription(f"sub{number}")) for number in range(50))
    )
    (stored,) = await store.subscriptions.all()
    assert added.count(None) == 1
    assert added.count(stored) == 49


async def test_subscriptions_are_listed_by_channel_and_by_workspace(store: Store) -> None:
    here = subscription("here", created_at=SOON)
    before = subscription("before", domain="other.example.com")
    beside = subscription("beside", channel_id="C2", created_at=SOON + SOMEWHAT_MORE)
    elsewhere = subscription("elsewhere", team_id="T2", created_at=NOW - SOMEWHAT_MORE)
    for one in (here, before, beside, elsewhere):
        await store.subscriptions.add(one)
    assert await store.subscriptions.of_channel("T1", "C1") == (before, here)
    assert await store.subscriptions.of_team("T1") == (before, here, beside)
    assert await store.subscriptions.all() == (elsewhere, before, here, beside)


async def test_a_subscription_is_muted_and_unmuted(store: Store) -> None:
    await store.subscriptions.add(subscription())
    muted = subscription(muted_until=SOON)
    assert await store.subscriptions.mute("sub1", SOON) == muted
    assert await store.subscriptions.find("sub1") == muted
    assert await store.subscriptions.mute("sub1", None) == subscription()
    assert await store.subscriptions.mute("sub2", None) is None


async def test_a_subscription_tells_other_changes_from_now_on(store: Store) -> None:
    await store.subscriptions.add(subscription())
    statuses = frozenset({StatusFilter.FAILED})
    changed = subscription(statuses=statuses)
    assert await store.subscriptions.change("sub1", statuses) == changed
    assert await store.subscriptions.find("sub1") == changed
    assert await store.subscriptions.change("sub2", statuses) is None


async def test_what_a_removed_subscription_had_still_to_tell_is_dropped(store: Store) -> None:
    await store.subscriptions.add(subscription())
    alarm = Alarm("sub1", task().stream, task(), NOW, SOON)
    await store.ledger.record(turn(told(1), alarms=(alarm,)))
    posted = await sent(store)
    await tell(store, told(2), told(3, source="sub2"))
    assert await store.subscriptions.remove("sub1")
    assert not await store.subscriptions.remove("sub1")
    states = {(one.source, one.state) for one in await store.notices.recent("T1", None, 10)}
    assert states == {
        ("sub1", NoticeState.POSTED),
        ("sub1", NoticeState.DROPPED),
        ("sub2", NoticeState.OPEN),
    }
    assert await store.alarms.of_notice(posted.key) == ()


async def test_a_watch_goes_on_when_a_subscription_is_removed(store: Store) -> None:
    await store.subscriptions.add(subscription())
    one = watching()
    await store.watches.add(one, board(one))
    await tell(store, alert(one))
    await store.subscriptions.remove("sub1")
    assert (await store.notices.counts())["open"] == 2
