from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from bot.reader import Language, Reader
from bot.views.limits import Message
from bot.watch.model import ChangeKind, Followed, Seen
from bot.watch.notices import NoticeKind, Turn
from bot.watch.writing import Writer, plainer
from tests.stored import (
    DOMAIN,
    NOW,
    Clock,
    alert,
    board,
    change,
    opened,
    sent,
    subscription,
    task,
    tell,
    told,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store import Store
    from bot.watch.notices import Notice, Told

TEAM, CHANNEL, OWNER, LIWEI = "T1", "C1", "U1", "U2"
SOURCE = f"default/{DOMAIN}"
LONDON = ZoneInfo("Europe/London")


class Someone:
    """Everybody reads English, but one."""

    async def reader(self, user_id: str) -> Reader:
        language = Language.CHINESE if user_id == LIWEI else Language.ENGLISH
        return Reader(user_id, language, LONDON)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


@pytest.fixture
def writer(store: Store) -> Writer:
    return Writer(store, Someone(), now=Clock())


async def notice_of(store: Store, *all_: Told) -> Notice:
    """What is told, as a notice that is being sent."""
    await tell(store, *all_)
    (newest,) = await store.notices.recent(TEAM, None, 1)
    claimed = await store.notices.claim(newest.id, NOW)
    assert claimed is not None
    return claimed


def without_change(kind: NoticeKind, **more: Any) -> Told:  # noqa: ANN401 - a Told's fields
    return replace(told(kind=kind, source=SOURCE, change=None), **more)


async def written(writer: Writer, notice: Notice) -> str:
    message = await writer.message(notice)
    assert message is not None
    return message.text


@pytest.mark.parametrize(
    ("kind", "changed", "said"),
    [
        (NoticeKind.FAILURES, ChangeKind.FAILED, "1 stream failed"),
        (NoticeKind.REPEAT, ChangeKind.FAILED, "1 stream still failed"),
        (NoticeKind.CHANGES, ChangeKind.COMPLETED, "1 completed"),
    ],
)
async def test_a_subscriptions_notice_says_what_happened(
    store: Store, writer: Writer, kind: NoticeKind, changed: ChangeKind, said: str
) -> None:
    await store.subscriptions.add(subscription())
    notice = await notice_of(store, told(kind=kind, change=change(1, changed)))
    assert said in await written(writer, notice)


async def test_a_notice_is_in_the_language_of_who_subscribed(store: Store, writer: Writer) -> None:
    await store.subscriptions.add(subscription(owner=LIWEI))
    assert "失败" in await written(writer, await notice_of(store, told()))


async def test_what_a_messages_controls_refer_to_is_stored_before_it_is_sent(
    store: Store, writer: Writer
) -> None:
    await store.subscriptions.add(subscription())
    message = await writer.message(await notice_of(store, told()))
    assert message is not None
    assert message.asks
    for ask in message.asks:
        assert await store.asks.find(ask.key) == ask


async def test_of_a_subscription_that_is_gone_nothing_is_said(store: Store, writer: Writer) -> None:
    assert await writer.message(await notice_of(store, told())) is None


async def test_what_was_queued_before_a_subscription_was_muted_is_said(
    store: Store, writer: Writer
) -> None:
    muted = subscription(muted_until=NOW + timedelta(hours=1))
    await store.subscriptions.add(muted)
    assert "1 stream failed" in await written(writer, await notice_of(store, told()))


async def test_details_say_what_their_notice_had_no_room_for(store: Store, writer: Writer) -> None:
    await store.subscriptions.add(subscription())
    notice = await notice_of(store, *(told(number) for number in range(20)))
    assert writer.details(notice) == ("1",)
    await store.notices.posted(notice, "1.0", NOW, writer.details(notice))
    (due,) = await store.notices.due(NOW, limit=1)
    part = await store.notices.claim(due.id, NOW)
    assert part is not None
    assert (part.kind, part.thread_ts) == (NoticeKind.DETAILS, "1.0")
    assert "16–20 of 20" in await written(writer, part)
    assert writer.details(part) == ()


async def test_a_board_shows_the_streams_as_they_are_now(store: Store, writer: Writer) -> None:
    one = watch(name="Cup final", is_read=True)
    await store.watches.add(one, board(one))
    assert "Cup final" in await written(writer, await claimed(store))
    window = {"window_start": NOW, "window_end": NOW + timedelta(hours=1)}
    ready = task(1, status="complete", process=100.0, **window)
    seen = Seen(ready, NOW, NOW)
    followed = Followed("default", DOMAIN, baseline_at=NOW, created_until=NOW, read_at=NOW)
    await store.ledger.record(Turn(followed, seen=(seen,)))
    assert "1 stream ready, until 20:42" in (await writer.board(one)).text


async def test_an_alert_and_a_verdict_mention_who_asked(store: Store, writer: Writer) -> None:
    one = watch(name="Cup final")
    await store.watches.add(one, board(one))
    await sent(store)
    assert f"<@{OWNER}>" in await written(writer, await notice_of(store, alert(one)))
    await tell(store, replace(alert(one), kind=NoticeKind.VERDICT, key="verdict", change=None))
    verdict, *_ = await store.notices.recent(TEAM, CHANNEL, 9)
    assert verdict.kind is NoticeKind.VERDICT
    message = await writer.message(verdict)
    assert message is not None
    assert f"<@{OWNER}>" in str(message.blocks)


@pytest.mark.parametrize("kind", [NoticeKind.ALERT, NoticeKind.VERDICT])
async def test_of_a_watch_that_was_stopped_only_its_message_is_wanted(
    store: Store, writer: Writer, kind: NoticeKind
) -> None:
    one = watch()
    await store.watches.add(one, board(one))
    await sent(store)
    await store.watches.stop(one.id, OWNER, NOW)
    late = await notice_of(store, replace(alert(one), kind=kind))  # of a turn that began before
    assert await writer.message(late) is None
    assert (await writer.board(one)).text


async def test_of_a_watch_that_is_gone_nothing_is_said(store: Store, writer: Writer) -> None:
    one = watch()
    await store.watches.add(one, board(one))
    notice = replace(await claimed(store), source="another")
    assert await writer.message(notice) is None


@pytest.mark.parametrize("kind", [NoticeKind.BLIND, NoticeKind.SIGHT])
async def test_who_follows_a_domain_is_told_whether_it_can_be_read(
    store: Store, writer: Writer, kind: NoticeKind
) -> None:
    notice = await notice_of(store, without_change(kind, key="blind:1"))
    assert await writer.message(notice) is None
    one = watch()
    await store.watches.add(one, board(one))
    in_english = await written(writer, notice)
    assert DOMAIN in in_english
    await store.subscriptions.add(subscription(owner=LIWEI))
    in_chinese = await written(writer, notice)
    assert DOMAIN in in_chinese
    assert not in_chinese.isascii()
    assert in_chinese != in_english


async def test_an_owner_is_told_that_a_channel_is_parked_while_it_is(
    store: Store, writer: Writer
) -> None:
    facts = {"code": "is_archived", "channel": CHANNEL}
    parked = without_change(NoticeKind.PARKED, source=CHANNEL, channel_id=OWNER, facts=facts)
    notice = await notice_of(store, parked)
    assert await writer.message(notice) is None
    await store.parking.park(TEAM, CHANNEL, "is_archived", NOW, ())
    assert f"<#{CHANNEL}>" in await written(writer, notice)


def test_a_plainer_message_says_the_same_with_less() -> None:
    table, section = {"type": "table", "rows": []}, {"type": "section"}
    drawn = Message("3 failed", (table, section))
    assert [one.blocks for one in plainer(drawn)] == [(table, section), (section,), ()]
    assert {one.text for one in plainer(drawn)} == {"3 failed"}
    assert [one.blocks for one in plainer(Message("-", (table,)))] == [(table,), ()]
    assert [one.blocks for one in plainer(Message("-"))] == [()]


async def claimed(store: Store) -> Notice:
    (due,) = await store.notices.due(NOW, limit=1)
    notice = await store.notices.claim(due.id, NOW)
    assert notice is not None
    return notice
