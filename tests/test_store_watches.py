from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from bot.asks import Ask
from bot.errors import StaleReference
from bot.live.model import StatusFilter
from bot.watch.model import Ending
from bot.watch.notices import NoticeKind, NoticeState
from tests.stored import (
    DOMAIN,
    NOW,
    SOON,
    Clock,
    alert,
    board,
    opened,
    sent,
    task,
    tell,
    told,
    turn,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.store import Store
    from bot.watch.model import Watch

pytestmark = pytest.mark.usefixtures("engine")

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with opened(tmp_path, clock) as store:
        yield store


async def add(store: Store, *watches: Watch, posted: bool = True) -> None:
    for one in watches:
        await store.watches.add(one, board(one))
        if posted:
            await sent(store)


async def outdated(store: Store, limit: int = 10) -> list[tuple[str, int]]:
    return [(one.watch.id, one.wanted) for one in await store.watches.outdated(limit)]


async def test_a_watch_is_found_whole_its_streams_in_their_order(store: Store) -> None:
    streams = {task(number).stream: task(number).url for number in (3, 1, 2)}
    ask = Ask("default", "live.example.com", status=StatusFilter.FAILED, since=HOUR)
    whole = replace(watch(), name="Cup final ⚽", ask=ask, streams=streams)
    await add(store, whole, posted=False)
    found = await store.watches.find("watch1")
    assert found == whole
    assert list(found.streams) == list(streams)
    assert await store.watches.find("watch2") is None


async def test_a_watch_comes_with_its_message_queued(store: Store) -> None:
    await add(store, watch(), posted=False)
    (notice,) = await store.notices.due(NOW, limit=10)
    assert (notice.key, notice.kind) == (watch().board_key, NoticeKind.BOARD)


async def test_active_watches_are_listed_by_channel_and_by_workspace(store: Store) -> None:
    beside = watch("beside", channel_id="C2", created_at=SOON)
    elsewhere = watch("elsewhere", team_id="T2", created_at=SOON + HOUR)
    await add(store, watch("ended"), watch("here"), beside, elsewhere)
    await store.watches.stop("ended", "U2", SOON)
    assert await store.watches.of_channel("T1", "C1") == (watch("here"),)
    assert await store.watches.of_team("T1") == (watch("here"), beside)
    assert await store.watches.active() == (watch("here"), beside, elsewhere)


async def test_a_watch_is_stopped_once_however_many_press_the_button(store: Store) -> None:
    await add(store, watch())
    stops = await asyncio.gather(
        *(store.watches.stop("watch1", f"U{number}", SOON) for number in range(50))
    )
    (stopped,) = [one for one in stops if one is not None]
    assert (stopped.ending, stopped.ended_at) == (Ending.STOPPED, SOON)
    assert await store.watches.find("watch1") == stopped
    assert await outdated(store) == [("watch1", 1)]


async def test_a_stopped_watch_alerts_no_more_but_says_its_verdict(store: Store) -> None:
    await add(store, watch())
    verdict = told(kind=NoticeKind.VERDICT, source="watch1", thread="board:watch1", change=None)
    other = told(5, source="sub1")
    await tell(store, alert(watch(), 4), replace(verdict, key="verdict"), other)
    await store.watches.stop("watch1", "U2", SOON)
    states = {one.kind: one.state for one in await store.notices.recent("T1", None, 3)}
    assert states == {
        NoticeKind.ALERT: NoticeState.DROPPED,
        NoticeKind.VERDICT: NoticeState.OPEN,
        NoticeKind.FAILURES: NoticeState.OPEN,
    }


async def test_a_message_is_outdated_until_the_newest_version_is_drawn(store: Store) -> None:
    await add(store, watch())
    redrawn = turn(redrawn=frozenset({"watch1"}))
    assert await outdated(store) == []
    await store.ledger.record(redrawn)
    await store.ledger.record(redrawn)
    assert await outdated(store) == [("watch1", 2)]
    await store.ledger.record(redrawn)
    await store.watches.drawn("watch1", 2, SOON)
    assert await outdated(store) == [("watch1", 3)]
    await store.watches.drawn("watch1", 3, SOON)
    assert await outdated(store) == []


async def test_an_outdated_message_comes_with_what_is_needed_to_draw_it(store: Store) -> None:
    await add(store, watch())
    await store.ledger.record(turn(redrawn=frozenset({"watch1"})))
    assert await store.watches.outdated(1) == [(watch(), 1, "board:watch1", "C1")]


async def test_each_outdated_message_gets_its_turn(store: Store) -> None:
    all_ = frozenset({"one", "two", "three"})
    await add(store, *(watch(id_) for id_ in sorted(all_)))
    turns = []
    for second in range(1, 7):
        await store.ledger.record(turn(redrawn=all_))
        ((id_, wanted),) = await outdated(store, 1)
        await store.watches.drawn(id_, wanted, NOW + timedelta(seconds=second))
        turns.append(id_)
    assert turns == ["one", "three", "two"] * 2


async def test_a_message_that_is_not_posted_or_cannot_be_changed_is_not_drawn(
    store: Store,
) -> None:
    await add(store, watch("parked", channel_id="C2"))
    await add(store, watch("unposted"), posted=False)
    await store.parking.park("T1", "C2", "is_archived", NOW, ())
    await store.ledger.record(turn(redrawn=frozenset({"parked", "unposted"})))
    assert await outdated(store) == []
    await sent(store)
    assert await outdated(store) == [("unposted", 1)]


async def test_a_lost_message_is_posted_anew_and_drawn_there(store: Store, clock: Clock) -> None:
    await add(store, watch())
    for number in (1, 2):
        clock.now = NOW + number * HOUR
        assert await store.watches.lost("watch1")
        assert not await store.watches.lost("watch1")
        await store.ledger.record(turn(redrawn=frozenset({"watch1"})))
        assert await outdated(store) == []
        assert (await sent(store, clock.now)).key == f"board:watch1:{number}"
        assert [one.ts for one in await store.watches.outdated(1)] == [f"board:watch1:{number}"]
    assert not await store.watches.lost("watch2")


async def test_an_ended_watch_is_unsettled_until_all_of_it_is_told_and_drawn(store: Store) -> None:
    await add(store, watch(), watch("another"))
    verdict = told(kind=NoticeKind.VERDICT, source="watch1", thread="board:watch1", change=None)
    ended = replace(watch(), ended_at=SOON, ending=Ending.FINISHED)
    await store.ledger.record(turn(verdict, watches=(ended,), redrawn={"watch1"}))
    assert await store.watches.unsettled("default") == {DOMAIN}
    assert await store.watches.unsettled("another") == frozenset()
    await sent(store)
    assert await store.watches.unsettled("default") == {DOMAIN}
    await store.watches.drawn("watch1", 1, SOON)
    assert await store.watches.unsettled("default") == frozenset()


async def test_a_turn_adds_streams_and_ends_a_watch(store: Store) -> None:
    await add(store, watch())
    streams = {**watch().streams, task(2).stream: task(2).url}
    ended = replace(watch(), streams=streams, ended_at=SOON, ending=Ending.FINISHED)
    await store.ledger.record(turn(watches=(ended,)))
    assert await store.watches.find("watch1") == ended
    assert await store.watches.stop("watch1", "U2", SOON) is None
    assert await store.watches.active() == ()


async def test_a_turn_that_came_too_late_does_not_undo_a_stop(store: Store) -> None:
    await add(store, watch())
    stopped = await store.watches.stop("watch1", "U2", SOON)
    late = replace(watch(), ended_at=SOON + HOUR, ending=Ending.UNTIL)
    await store.ledger.record(turn(watches=(watch(),)))
    await store.ledger.record(turn(watches=(late,)))
    assert await store.watches.find("watch1") == stopped


async def test_of_many_watches_that_are_in_each_others_way_one_is_stored(store: Store) -> None:
    def first(active: tuple[Watch, ...]) -> Watch | None:
        return active[0] if active else None

    adding = (watch(f"watch{number}") for number in range(20))
    outcomes = await asyncio.gather(
        *(store.watches.add(one, board(one), in_the_way=first) for one in adding)
    )
    (stored,) = await store.watches.active()
    assert outcomes.count(None) == 1
    assert outcomes.count(stored) == 19
    assert len(await store.notices.recent("T1", None, 9)) == 1


async def test_only_what_is_active_in_the_channel_is_in_the_way(store: Store) -> None:
    await add(store, watch("ended"), watch("elsewhere", channel_id="C2"), watch("here"))
    await store.watches.stop("ended", "U2", SOON)
    asked: list[tuple[Watch, ...]] = []
    one = watch("another")
    assert await store.watches.add(one, board(one), in_the_way=asked.append) is None
    assert asked == [(watch("here"),)]


def refusing(_: object) -> NoReturn:
    raise StaleReference


async def test_what_is_refused_is_not_stored(store: Store) -> None:
    await add(store, watch())
    with pytest.raises(StaleReference):
        await store.watches.add(watch("other"), board(watch("other")), in_the_way=refusing)
    with pytest.raises(StaleReference):
        await store.watches.widen("watch1", refusing)
    assert await store.watches.active() == (watch(),)


def longer(of: Watch) -> Watch:
    return replace(of, name="Longer", until=of.until + HOUR)


def larger(of: Watch) -> Watch:
    streams = {**of.streams, task(2).stream: task(2).url}
    ask = replace(of.ask, urls=tuple(streams.values()))
    return replace(of, ask=ask, streams=streams, is_read=False)


async def test_a_watch_is_widened_and_its_message_is_drawn_anew(store: Store) -> None:
    await add(store, replace(watch(), is_read=True))
    wider = longer(replace(watch(), is_read=True))
    assert await store.watches.widen("watch1", longer) == wider
    assert await store.watches.find("watch1") == wider
    assert await outdated(store) == [("watch1", 1)]


async def test_new_streams_are_drawn_once_they_are_read(store: Store) -> None:
    await add(store, replace(watch(), is_read=True))
    assert await store.watches.widen("watch1", larger) == larger(watch())
    assert await outdated(store) == []


async def test_a_watch_that_is_over_is_not_widened(store: Store) -> None:
    await add(store, watch())
    stopped = await store.watches.stop("watch1", "U2", SOON)
    assert await store.watches.widen("watch1", longer) == stopped
    assert await store.watches.find("watch1") == stopped
    assert await store.watches.widen("watch2", longer) is None


@pytest.mark.parametrize("wider", [longer, larger])
async def test_a_turn_that_does_not_know_of_a_widening_does_not_undo_it_or_end_the_watch(
    store: Store, wider: Callable[[Watch], Watch]
) -> None:
    await add(store, watch())
    verdict = told(kind=NoticeKind.VERDICT, source="watch1", thread="board:watch1", change=None)
    ended = replace(watch(), is_read=True, ended_at=SOON, ending=Ending.FINISHED)
    await store.watches.widen("watch1", wider)
    await store.ledger.record(turn(verdict, alert(watch(), 4), watches=(ended,)))
    assert await store.watches.find("watch1") == wider(watch())
    (notice,) = await store.notices.due(NOW, limit=10)
    assert notice.kind is NoticeKind.ALERT


async def test_what_a_filter_found_is_kept_though_it_was_widened_meanwhile(store: Store) -> None:
    filtered = replace(watch(), ask=Ask("default", DOMAIN, status=StatusFilter.FAILED))
    await add(store, filtered)
    found = replace(filtered, streams={**filtered.streams, task(2).stream: task(2).url})
    await store.watches.widen("watch1", longer)
    await store.ledger.record(turn(watches=(found,)))
    assert await store.watches.find("watch1") == longer(found)


async def test_watches_are_found_by_name_ended_or_not(store: Store) -> None:
    await add(store, watch("one"), watch("two"), watch("three"))
    stopped = await store.watches.stop("one", "U2", SOON)
    named = await store.watches.named({"one", "two", "none"})
    assert named == {"one": stopped, "two": watch("two")}


async def test_watches_that_ended_long_ago_are_forgotten(store: Store) -> None:
    await add(store, watch("old"), watch("new"), watch("active"))
    await store.watches.stop("old", "U1", NOW)
    await store.watches.stop("new", "U1", SOON)
    assert await store.watches.prune(SOON) == 1
    assert await store.watches.find("old") is None
    assert await store.watches.find("new") is not None
    assert await store.watches.find("active") is not None
