from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bot.asks import Ask
from bot.live.model import StatusFilter, TaskState
from bot.watch.boards import Verdict, board
from bot.watch.changes import elapsed, observed
from bot.watch.model import ChangeKind, Subscription, Watch
from bot.watch.notices import NoticeKind
from tests.lives import Life, Story, rank, stories
from tests.seen_tasks import DOMAIN, HOUR, MINUTE, NOW, url_of
from tests.telling_stage import Stage, a_list, a_subscription, a_watch

if TYPE_CHECKING:
    from collections.abc import Iterator

FINISHES = {ChangeKind.COMPLETED, ChangeKind.RECOVERED, ChangeKind.FAILED}
TOLD_UNDER = {
    "failed": {ChangeKind.FAILED, ChangeKind.STUCK, ChangeKind.VANISHED, ChangeKind.RETRIED},
    "complete": {
        ChangeKind.COMPLETED,
        ChangeKind.RECOVERED,
        ChangeKind.WINDOW_SOON,
        ChangeKind.WINDOW_OVER,
    },
    "pending": {ChangeKind.APPEARED},
    "preloading": {ChangeKind.PROGRESSED},
}


def played(story: Story, stage: Stage) -> Iterator[timedelta]:
    """Play a story; the wall clock after each of its events, as a time after `NOW`."""
    ahead = timedelta()
    for event in story.events:
        if event.kind == "set clock":
            ahead += event.hours * HOUR
        at = event.at * MINUTE + ahead
        if event.kind == "crash":
            stage.restarts()
        if event.kind == "read":
            stage.sees(*story.read(event), at=at, sent_s=event.sent * 60.0)
        else:
            stage.waits(at)
        yield at


@given(stories())
def test_whatever_is_read_when_each_end_is_found_once_and_nothing_is_undone(story: Story) -> None:
    stage = Stage()
    reached: Counter[str] = Counter()
    for _ in played(story, stage):
        for seen in stage.tasks:
            here = rank(seen.task.state(NOW))
            assert here >= reached[seen.key]
            reached[seen.key] = here
    changes = [change for found, _ in stage.turns for change in found]
    assert max(Counter(change.key for change in changes).values(), default=1) == 1
    ended = Counter(change.task.task_id for change in changes if change.kind in FINISHES)
    assert stage.followed.baseline_at is not None
    for life in story.lives:
        seen_last = stage.tasks.of(life.task_id)
        assert seen_last is not None
        state = seen_last.task.state(NOW)
        assert life.outcome == ("failed" if state is TaskState.FAILED else "complete")
        assert ended[life.task_id] <= 1
    for those in story.newest().values():
        ids = {life.task_id for life in those}
        told = [one for one in changes if one.kind in FINISHES and one.task.task_id in ids]
        is_news = NOW + those[0].created * MINUTE >= stage.followed.baseline_at
        if is_news or (len(those) == 1 and _first_read(story, those[0]) < those[0].begins):
            has_failed = any(life.outcome == "failed" for life in those)
            assert (told[-1].kind is ChangeKind.FAILED) == has_failed
            assert len(told) <= len(those)


def _first_read(story: Story, life: Life) -> int:
    """When the call was sent that told of it first."""
    return next(
        event.sent
        for event in story.events
        if life.task_id in {task.task_id for task in story.read(event)}
    )


@given(stories())
def test_what_could_not_be_stored_is_found_again_as_it_was(story: Story) -> None:
    stage = Stage()
    for at in played(story, stage):
        everything = [
            task for life in story.lives if (task := life.read(200, by_filter=True)) is not None
        ]
        before = list(stage.tasks)
        reads = [
            observed(stage.tasks, everything, at=NOW + at, sent_s=1e6, since=NOW) for _ in "12"
        ]
        waits = [elapsed(stage.tasks, now=NOW + at + 99 * HOUR) for _ in "12"]
        assert reads[0] == reads[1]
        assert waits[0] == waits[1]
        assert list(stage.tasks) == before


def subscribers() -> st.SearchStrategy[list[Subscription]]:
    """Subscriptions to various things, some of them muted for a while."""
    statuses = st.sets(st.sampled_from(list(StatusFilter)), min_size=1)
    silences = st.none() | st.integers(0, 300)
    return st.lists(st.tuples(statuses, silences), max_size=3).map(
        lambda drawn: [
            replace(
                a_subscription(f"s{number}", *statuses),
                muted_until=None if silence is None else NOW + silence * MINUTE,
            )
            for number, (statuses, silence) in enumerate(drawn)
        ]
    )


@given(stories(), subscribers())
def test_each_change_is_told_once_to_whom_it_matters_and_alarms_last_as_failures_do(
    story: Story, subscriptions: list[Subscription]
) -> None:
    stage = Stage(subscriptions)
    failed: set[str] = set()
    for at in played(story, stage):
        changes, turn = stage.turns[-1]
        failed |= {one.task.task_id for one in changes if one.kind is ChangeKind.FAILED}
        for subscription in subscriptions:
            wanted = {
                change.key
                for change in changes
                if any(change.kind in TOLD_UNDER[status] for status in subscription.statuses)
                and not subscription.is_muted(NOW + at)
            }
            told = [
                one.key
                for one in turn.told
                if one.source == subscription.id and one.kind is not NoticeKind.REPEAT
            ]
            assert sorted(told) == sorted(wanted)
        failing = {
            stream
            for stream in stage.tasks.streams()
            if (newest := stage.tasks.newest(stream)) is not None
            and newest.key in failed
            and newest.task.state(NOW) is TaskState.FAILED
        }
        assert stage.alarms.keys() == {
            (subscription.id, stream)
            for subscription in subscriptions
            if StatusFilter.FAILED in subscription.statuses
            for stream in failing
        }
    keys = Counter((one.source, one.key) for _, turn in stage.turns for one in turn.told)
    assert max(keys.values(), default=1) == 1


WATCHES = (a_list("a"), a_list("a", "b"), a_watch(Ask("main", DOMAIN)), a_list("c"))


@given(stories(), st.sampled_from(WATCHES))
def test_a_watch_is_green_only_where_all_is_ready_and_calls_for_the_first_failure_once(
    story: Story, watch: Watch
) -> None:
    stage = Stage(watches=[replace(watch, until=NOW + 99 * HOUR)])  # however the clock is set
    for at in played(story, stage):
        now, watch = NOW + at, stage.watches[watch.id]
        newest = {
            stream: seen
            for stream in watch.streams
            if (seen := stage.tasks.newest(stream)) is not None
        }
        shown = board(watch, newest, stage.followed, now)
        ready = {stream for stream, seen in newest.items() if seen.task.state(now).is_ready}
        is_green = bool(watch.streams) and ready == watch.streams.keys()
        assert (shown.verdict is Verdict.READY) == is_green
        assert watch.streams or shown.verdict is Verdict.UNKNOWN
    kinds = Counter(one.key for one in stage.told.values())
    assert kinds["first-failure"] <= 1
    assert kinds["verdict"] == (stage.watches[watch.id].ended_at is not None)
    if not watch.is_list:
        assert watch.streams.keys() == {url_of(stream) for stream in story.newest()}
