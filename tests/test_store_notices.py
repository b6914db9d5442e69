from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.watch.model import ChangeKind
from bot.watch.notices import NoticeKind, NoticeState
from tests.stored import NOW, SOON, Clock, alert, board, change, opened, sent, tell, told, watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from bot.store import Store
    from bot.watch.notices import Notice, Told

pytestmark = pytest.mark.usefixtures("engine")

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with opened(tmp_path, clock) as store:
        yield store


async def due(store: Store, at: datetime = NOW) -> list[tuple[str, NoticeKind]]:
    found = await store.notices.due(at, limit=10)
    return [(notice.channel_id, notice.kind) for notice in found]


async def claimed(store: Store, at: datetime = NOW) -> Notice:
    first, *_ = await store.notices.due(at, limit=10)
    notice = await store.notices.claim(first.id, at)
    assert notice is not None
    return notice


def gathered(number: int, **more: object) -> Told:
    """A change that waits 10 s for others."""
    completed = change(number, ChangeKind.COMPLETED)
    return told(
        number, **({"kind": NoticeKind.CHANGES, "change": completed, "due_at": SOON} | more)
    )


def tasks(notice: Notice) -> list[str]:
    return [one.task.task_id for one in notice.changes]


async def test_changes_of_one_place_share_a_notice_in_the_order_they_came(store: Store) -> None:
    await tell(store, told(2), told(1))
    await tell(store, told(3))
    notice = await claimed(store)
    assert notice.changes == (change(2), change(1), change(3))
    assert await due(store) == []


@pytest.mark.parametrize(
    "other",
    [
        told(2, channel_id="C2"),
        told(2, source="sub2"),
        told(2, kind=NoticeKind.REPEAT),
        told(2, thread="failures:of-another-place"),
    ],
    ids=["channel", "source", "kind", "thread"],
)
async def test_changes_of_two_places_share_none(store: Store, other: Told) -> None:
    await tell(store, told(1), other)
    notices = await store.notices.recent("T1", None, 10)
    assert sorted(tasks(notice) for notice in notices) == [["task-1"], ["task-2"]]


async def test_what_was_told_once_is_not_told_again(store: Store) -> None:
    await tell(store, told(1), told(1))
    await sent(store)
    await tell(store, told(1), told(2))
    assert tasks(await claimed(store)) == ["task-2"]


async def test_the_same_key_in_another_channel_is_another_thing(store: Store) -> None:
    await tell(store, told(1), told(1, channel_id="C2"), told(1, source="sub2"))
    assert len(await store.notices.recent("T1", None, 10)) == 3


async def test_a_notice_is_due_when_the_first_of_its_changes_is(store: Store) -> None:
    await tell(store, gathered(1))
    await tell(store, gathered(2, due_at=SOON + HOUR, seen_at=NOW - HOUR))
    assert await due(store) == []
    notice = await claimed(store, SOON)
    assert tasks(notice) == ["task-1", "task-2"]
    assert (notice.due_at, notice.seen_at) == (SOON, NOW - HOUR)
    await tell(store, gathered(3))
    await tell(store, gathered(4, due_at=NOW))
    await store.notices.posted(notice, "1", NOW)
    assert tasks(await claimed(store)) == ["task-3", "task-4"]


async def test_what_is_no_change_stays_alone_and_in_order(store: Store) -> None:
    blind = {"source": "default/live.example.com", "change": None}
    await tell(store, told(1, kind=NoticeKind.BLIND, facts={"since": "a"}, **blind))
    await tell(store, told(2, kind=NoticeKind.SIGHT, **blind))
    await tell(store, told(3, kind=NoticeKind.BLIND, facts={"since": "b"}, **blind))
    found = [await sent(store) for _ in range(3)]
    assert [(one.kind, one.facts) for one in found] == [
        (NoticeKind.BLIND, {"since": "a"}),
        (NoticeKind.SIGHT, {}),
        (NoticeKind.BLIND, {"since": "b"}),
    ]


async def test_facts_told_with_changes_are_joined_the_first_staying(store: Store) -> None:
    await tell(store, told(1, facts={"a": "first"}))
    await tell(store, told(2, facts={"a": "second", "b": "second"}))
    assert (await claimed(store)).facts == {"a": "first", "b": "second"}


async def test_changes_join_no_notice_that_is_being_sent(store: Store) -> None:
    await tell(store, told(1))
    first = await claimed(store)
    await tell(store, told(2))
    await store.notices.posted(first, "1", NOW)
    assert tasks(await claimed(store)) == ["task-2"]


async def test_changes_join_no_notice_that_was_sent_before(store: Store) -> None:
    await tell(store, told(1))
    await store.notices.again((await claimed(store)).id, NOW, "ratelimited")
    await tell(store, told(2))
    again = await claimed(store)
    assert (tasks(again), again.attempts, again.error) == (["task-1"], 2, "ratelimited")


async def test_a_claimed_notice_knows_when_it_was_sent_first_and_last(store: Store) -> None:
    await tell(store, told(1))
    first = await claimed(store)
    assert (first.state, first.attempts, first.first_sent_at) == (NoticeState.SENDING, 1, NOW)
    await store.notices.unsure(first.id, NOW)
    await store.notices.looked(first.id, NOW)
    second = await claimed(store, SOON)
    assert (second.attempts, second.lookups) == (2, 0)
    assert (second.first_sent_at, second.last_sent_at) == (NOW, SOON)


async def test_of_racing_claims_one_succeeds(store: Store) -> None:
    await tell(store, told(1))
    notice, *_ = await store.notices.due(NOW, limit=1)
    claims = await asyncio.gather(*(store.notices.claim(notice.id, NOW) for _ in range(50)))
    assert len([claim for claim in claims if claim is not None]) == 1


async def test_each_channel_has_its_turn_and_no_more_than_asked_for(store: Store) -> None:
    await tell(store, told(1), told(2, channel_id="C2", due_at=NOW - SECOND), gathered(3))
    assert await due(store, SOON) == [("C2", NoticeKind.FAILURES), ("C1", NoticeKind.FAILURES)]
    assert len(await store.notices.due(SOON, limit=1)) == 1


async def test_a_channels_notices_come_by_when_they_are_due_then_as_they_came(
    store: Store,
) -> None:
    await tell(store, told(1, source="late", due_at=SOON))
    await tell(store, told(2, source="one"), told(3, source="two"))
    assert [(await sent(store, SOON)).source for _ in range(3)] == ["one", "two", "late"]


async def test_a_notice_being_sent_holds_its_channel_up_and_no_other(store: Store) -> None:
    await tell(store, told(1), told(2, channel_id="C2"))
    await claimed(store)
    await tell(store, told(3, source="sub2"))
    assert await due(store) == [("C2", NoticeKind.FAILURES)]


async def test_an_unsure_notice_holds_its_channel_up_until_it_is_looked_for(store: Store) -> None:
    await tell(store, told(1), told(2, source="sub2", due_at=NOW - HOUR))
    unsure = await claimed(store)
    await store.notices.unsure(unsure.id, SOON)
    await tell(store, told(3, source="sub3", due_at=NOW - 2 * HOUR))
    assert await store.notices.due(NOW, limit=10) == ()
    assert await store.notices.next_due(NOW) == SOON
    (found,) = await store.notices.due(SOON, limit=10)
    assert (found.id, found.state) == (unsure.id, NoticeState.UNSURE)
    await store.notices.looked(unsure.id, SOON + SECOND)
    assert await store.notices.due(SOON, limit=10) == ()
    (found,) = await store.notices.due(SOON + SECOND, limit=10)
    assert (found.id, found.lookups) == (unsure.id, 1)


async def test_a_notice_put_off_holds_its_channel_up(store: Store) -> None:
    await tell(store, told(1))
    first = await claimed(store)
    await store.notices.again(first.id, SOON, "ratelimited")
    await tell(store, told(2, source="sub2", due_at=NOW - HOUR))
    assert await due(store) == []
    assert await store.notices.next_due(NOW) == SOON
    (found,) = await store.notices.due(SOON, limit=10)
    assert found.id == first.id


async def test_a_parked_channels_notices_wait_until_it_is_parked_no_more(store: Store) -> None:
    await tell(store, told(1), told(2, channel_id="C2"), gathered(3))
    await store.parking.park("T1", "C1", "is_archived", NOW, ())
    assert await due(store) == [("C2", NoticeKind.FAILURES)]
    assert await store.notices.next_due(NOW) is None
    await store.parking.unpark("T1", "C1")
    assert ("C1", NoticeKind.FAILURES) in await due(store)
    assert await store.notices.next_due(NOW) == SOON


async def test_what_was_queued_before_the_clock_was_set_back_is_due(
    store: Store, clock: Clock
) -> None:
    clock.now = NOW + HOUR
    await tell(store, gathered(1, due_at=NOW + HOUR + timedelta(minutes=5)))
    assert await due(store) == [("C1", NoticeKind.CHANGES)]
    first = await claimed(store)
    await store.notices.again(first.id, NOW + HOUR, "ratelimited")
    assert await due(store) == [("C1", NoticeKind.CHANGES)]
    await store.notices.unsure((await claimed(store)).id, NOW + HOUR)
    assert await due(store) == [("C1", NoticeKind.CHANGES)]


async def test_a_clock_a_moment_slow_makes_nothing_due_early(store: Store, clock: Clock) -> None:
    clock.now = NOW + SECOND
    await tell(store, gathered(1))
    assert await due(store) == []


async def test_a_reply_waits_for_its_watchs_message_and_holds_nothing_up(store: Store) -> None:
    one = watch()
    await store.watches.add(one, board(one))
    await tell(store, alert(one))
    waiting = (await store.notices.recent("T1", "C1", 1))[0]
    assert await store.notices.claim(waiting.id, NOW) is None
    await store.notices.again((await claimed(store)).id, NOW, "internal_error")
    await tell(store, told(1))
    assert [(await sent(store)).kind for _ in range(3)] == [
        NoticeKind.BOARD,
        NoticeKind.ALERT,
        NoticeKind.FAILURES,
    ]


async def test_a_reply_goes_to_the_message_the_watch_has_now(store: Store) -> None:
    one = watch()
    await store.watches.add(one, board(one))
    first_board = await sent(store)
    await tell(store, alert(one, 1))
    unsure = await claimed(store)
    assert unsure.thread_ts == first_board.key
    await store.notices.unsure(unsure.id, NOW)
    await store.watches.lost(one.id)
    (found,) = await store.notices.due(NOW, limit=1)
    assert (found.id, found.thread_ts) == (unsure.id, first_board.key)  # where it may stand
    await store.notices.again(unsure.id, NOW, "thread_not_found")
    assert (await sent(store)).key == "board:watch1:1"
    (found,) = await store.notices.due(NOW, limit=1)
    assert (found.id, found.thread_ts) == (unsure.id, "board:watch1:1")
    assert (await sent(store)).thread_ts == "board:watch1:1"


async def test_a_reply_that_may_have_been_sent_goes_where_it_went_while_the_message_is_lost(
    store: Store,
) -> None:
    one = watch()
    await store.watches.add(one, board(one))
    await sent(store)
    await tell(store, alert(one))
    await store.notices.unsure((await claimed(store)).id, NOW)
    await store.watches.lost(one.id)
    again = await sent(store)
    assert (again.kind, again.thread_ts) == (NoticeKind.ALERT, one.board_key)
    assert (await sent(store)).kind is NoticeKind.BOARD


async def test_an_unsure_notice_is_looked_for_with_its_changes(store: Store) -> None:
    await tell(store, told(1), told(2))
    unsure = await claimed(store)
    await store.notices.unsure(unsure.id, NOW)
    (found,) = await store.notices.due(NOW, limit=10)
    assert found.changes == unsure.changes == (change(1), change(2))


async def test_details_follow_in_the_thread_with_the_changes_of_their_notice(store: Store) -> None:
    await tell(store, told(1), told(2))
    notice = await claimed(store)
    await store.notices.posted(notice, "1.5", SOON, ("1", "2"))
    assert await due(store) == []
    details = [await sent(store, SOON) for _ in range(2)]
    assert [one.facts for one in details] == [
        {"of": notice.key, "part": "1"},
        {"of": notice.key, "part": "2"},
    ]
    assert {one.changes for one in details} == {notice.changes}
    assert {(one.kind, one.thread, one.thread_ts) for one in details} == {
        (NoticeKind.DETAILS, notice.key, "1.5")
    }


async def test_a_notice_is_posted_once(store: Store) -> None:
    await tell(store, told(1))
    notice = await claimed(store)
    await store.notices.posted(notice, "1", NOW, ("1",))
    await store.notices.posted(notice, "2", SOON, ("1",))
    await store.notices.again(notice.id, NOW, "late")
    await store.notices.dropped(notice.id, "late")
    found = await store.notices.by_key(notice.key)
    assert found is not None
    assert (found.state, found.ts, found.posted_at, found.error) == (
        NoticeState.POSTED,
        "1",
        NOW,
        "",
    )


async def test_a_dropped_notice_is_never_due_and_says_why(store: Store) -> None:
    await tell(store, told(1))
    notice = await claimed(store)
    await store.notices.dropped(notice.id, "invalid_blocks")
    await store.notices.posted(notice, "1", NOW)
    found = await store.notices.by_key(notice.key)
    assert found is not None
    assert (found.state, found.error) == (NoticeState.DROPPED, "invalid_blocks")
    assert await due(store) == []


async def test_what_was_being_sent_when_the_process_ended_is_unsure(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await tell(store, told(1), told(2, channel_id="C2"))
        await claimed(store)
    async with opened(tmp_path) as store:
        assert await store.notices.interrupted() == 1
        assert await store.notices.interrupted() == 0
        states = {one.channel_id: one.state for one in await store.notices.due(NOW, limit=10)}
    assert states == {"C1": NoticeState.UNSURE, "C2": NoticeState.OPEN}


async def test_the_latest_come_first_among_the_recent(store: Store) -> None:
    await tell(store, told(1), told(2, source="sub2"), told(3, channel_id="C2"))
    await tell(store, told(4, team_id="T2"))

    async def recent(channel_id: str | None, count: int) -> list[list[str]]:
        found = await store.notices.recent("T1", channel_id, count)
        return [tasks(notice) for notice in found]

    assert await recent(None, 10) == [["task-3"], ["task-2"], ["task-1"]]
    assert await recent("C1", 10) == [["task-2"], ["task-1"]]
    assert await recent("C1", 1) == [["task-2"]]


async def test_an_unknown_key_names_no_notice(store: Store) -> None:
    assert await store.notices.by_key("failures:0") is None


async def test_notices_are_counted_by_state_and_uncertainty(store: Store) -> None:
    await tell(store, told(1))
    first = await claimed(store)
    await store.notices.uncertain(first.id)
    await store.notices.posted(first, "1", NOW)
    await tell(store, told(2), told(3, channel_id="C2"))
    await claimed(store)
    assert await store.notices.counts() == {
        "open": 1,
        "sending": 1,
        "unsure": 0,
        "posted": 1,
        "dropped": 0,
        "uncertain": 1,
    }


async def test_old_notices_are_forgotten_but_for_those_that_may_have_been_sent(
    store: Store, clock: Clock
) -> None:
    await tell(store, told(1))
    await sent(store)
    await tell(store, told(2), told(3, channel_id="C2"))
    await store.notices.unsure((await claimed(store)).id, NOW)
    clock.now = SOON
    await tell(store, told(4, channel_id="C3"))
    assert await store.notices.prune(SOON) == 2
    assert await store.notices.prune(SOON) == 0
    left = await store.notices.recent("T1", None, 10)
    assert [tasks(notice) for notice in left] == [["task-4"], ["task-2"]]


async def test_the_place_of_a_forgotten_notice_is_not_given_again(
    store: Store, clock: Clock
) -> None:
    await tell(store, told(1))
    first = await sent(store)
    clock.now = SOON
    await store.notices.prune(SOON)
    await tell(store, told(2))
    assert (await claimed(store)).id > first.id


async def test_the_next_moment_is_that_of_the_first_notice_still_to_come(store: Store) -> None:
    assert await store.notices.next_due(NOW) is None
    await tell(store, told(1), gathered(2), gathered(3, source="sub2", due_at=SOON + HOUR))
    assert await store.notices.next_due(NOW) == SOON
    assert await store.notices.next_due(SOON) == SOON + HOUR
    assert await store.notices.next_due(SOON + HOUR) is None
