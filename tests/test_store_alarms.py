from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.watch.model import Alarm, Change, ChangeKind
from tests.stored import NOW, SOON, opened, sent, subscription, task, told, turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store import Store
    from bot.watch.notices import Notice

pytestmark = pytest.mark.usefixtures("engine")

RETRIED = replace(
    told(9, key="failed:retried"),
    change=Change(ChangeKind.FAILED, task(9, url=task(1).url), NOW),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        await store.subscriptions.add(subscription())
        yield store


def alarm(number: int = 1, **more: Any) -> Alarm:  # noqa: ANN401 - its fields
    plain = Alarm("sub1", task(number).stream, task(number), since=NOW, repeat_at=SOON)
    return replace(plain, **more)


async def alarms(store: Store) -> tuple[Alarm, ...]:
    return await store.alarms.of_account("default")


async def failed(store: Store, *numbers: int) -> Notice:
    """These streams fail, and the channel is told."""
    await store.ledger.record(turn(*map(told, numbers), alarms=tuple(map(alarm, numbers))))
    return await sent(store)


async def test_an_alarm_is_found_whole_and_changes(store: Store) -> None:
    await store.ledger.record(turn(alarms=(alarm(), alarm(2, repeat_at=None))))
    assert await alarms(store) == (alarm(), alarm(2, repeat_at=None))
    again = alarm(count=2, repeat_at=SOON + timedelta(hours=1))
    await store.ledger.record(turn(alarms=(again,)))
    assert await alarms(store) == (again, alarm(2, repeat_at=None))


async def test_alarms_are_those_of_the_accounts_subscriptions(store: Store) -> None:
    elsewhere = subscription("sub2", account="second", domain="other.example.com")
    await store.subscriptions.add(elsewhere)
    await store.ledger.record(turn(alarms=(alarm(), alarm(subscription_id="sub2"))))
    assert await alarms(store) == (alarm(),)
    assert len(await store.alarms.of_account("second")) == 1


async def test_an_alarm_that_is_over_is_gone(store: Store) -> None:
    await store.ledger.record(turn(alarms=(alarm(1), alarm(2))))
    await store.ledger.record(turn(quiet=(("sub1", task(1).stream), ("sub2", task(2).stream))))
    assert await alarms(store) == (alarm(2),)


async def test_a_stream_that_failed_anew_in_the_same_turn_has_the_new_alarm(store: Store) -> None:
    await store.ledger.record(turn(alarms=(alarm(),)))
    anew = alarm(task=task(9))
    await store.ledger.record(turn(quiet=(("sub1", alarm().stream),), alarms=(anew,)))
    assert await alarms(store) == (anew,)


async def test_a_subscription_that_was_removed_meanwhile_has_no_alarms(store: Store) -> None:
    await store.subscriptions.remove("sub1")
    await store.ledger.record(turn(alarms=(alarm(),)))
    await store.subscriptions.add(subscription())
    assert await alarms(store) == ()


async def test_who_sees_to_a_notice_sees_to_its_failures_nobody_had_seen_to(store: Store) -> None:
    first, second = await failed(store, 1, 2), await failed(store, 3)
    assert await store.alarms.see(first.key, "U1") == 2
    assert await store.alarms.see(first.key, "U2") == 0
    assert [one.seen_by for one in await alarms(store)] == ["U1", "U1", None]
    assert [one.seen_by for one in await store.alarms.of_notice(second.key)] == [None]


async def test_seeing_to_a_notice_of_another_subscription_leaves_its_failures(
    store: Store,
) -> None:
    await store.subscriptions.add(subscription("sub2", channel_id="C2"))
    await failed(store, 1)
    theirs = replace(told(1), source="sub2", channel_id="C2")
    await store.ledger.record(turn(theirs, alarms=(alarm(subscription_id="sub2"),)))
    other = await sent(store)
    assert await store.alarms.see(other.key, "U1") == 1
    assert [one.seen_by for one in await alarms(store)] == [None, "U1"]


async def test_details_are_of_their_notices_failures(store: Store) -> None:
    await store.ledger.record(turn(told(1), alarms=(alarm(),)))
    (due,) = await store.notices.due(NOW, limit=1)
    notice = await store.notices.claim(due.id, NOW)
    assert notice is not None
    await store.notices.posted(notice, "1", NOW, ("1",))
    assert await store.alarms.see(f"{notice.key}:1", "U1") == 1


async def test_a_turn_that_does_not_know_yet_forgets_nobody_who_saw_to_it(store: Store) -> None:
    notice = await failed(store, 1)
    await store.alarms.see(notice.key, "U1")
    await store.ledger.record(turn(alarms=(alarm(count=2),)))
    assert await alarms(store) == (alarm(count=2, seen_by="U1"),)


async def test_a_stream_that_failed_anew_is_unseen_whatever_is_seen_of_before(
    store: Store,
) -> None:
    notice = await failed(store, 1)
    await store.alarms.see(notice.key, "U1")
    anew = alarm(task=task(9, url=task(1).url))
    await store.ledger.record(turn(RETRIED, alarms=(anew,)))
    assert await alarms(store) == (anew,)
    assert await store.alarms.of_notice(notice.key) == ()
    assert await store.alarms.see(notice.key, "U2") == 0
    assert await alarms(store) == (anew,)
