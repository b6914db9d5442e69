from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.asks import Ask
from bot.live.model import StatusFilter
from bot.watch import changes, telling
from bot.watch.known import Observed
from bot.watch.model import Ending, Followed
from bot.watch.notices import Turn
from tests.seen_tasks import DOMAIN, HOUR, MINUTE, NOW, SECOND, a_task, url_of
from tests.telling_stage import Stage, a_list, a_subscription, a_watch, said

FAILED, COMPLETE = StatusFilter.FAILED, StatusFilter.COMPLETE
PENDING, PRELOADING = StatusFilter.PENDING, StatusFilter.PRELOADING
STREAM = url_of("cup")


@pytest.fixture
def stage() -> Stage:
    return Stage([a_subscription()])


# --- subscriptions ---


def test_a_failure_is_told_at_once_and_other_changes_are_gathered(stage: Stage) -> None:
    turn = stage.sees(a_task("1", "failed", stream="a"), a_task("2", "complete", stream="b"))
    assert said(turn) == ["failures failed 1", "changes completed 2"]
    assert [one.due_at - NOW for one in turn.told] == [timedelta(), 10 * SECOND]
    assert [one.key for one in turn.told] == ["failed:1:0", "completed:2:0"]


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ((FAILED,), ["changes retried 2", "failures failed 3"]),
        ((COMPLETE,), ["changes completed 1", "changes recovered 2"]),
        ((PENDING,), ["changes appeared 1", "changes appeared 2", "changes appeared 3"]),
        ((PRELOADING,), ["changes progressed 1"]),
    ],
)
def test_a_subscription_is_told_what_leads_to_its_statuses(
    statuses: tuple[StatusFilter, ...], told: list[str]
) -> None:
    stage = Stage()
    stage.sees(a_task("0", "failed", stream="b", created=-MINUTE))
    stage.subscriptions["s1"] = a_subscription("s1", *statuses)
    turns = [
        stage.sees(a_task("1", "Success", stream="a", process=0), a_task("2", stream="b")),
        stage.sees(a_task("1", "Success", stream="a", process=1)),
        stage.sees(a_task("1", "Success", stream="a", process=99)),
        stage.sees(a_task("1", "Success", stream="a", process=100)),
        stage.sees(a_task("2", "complete", stream="b"), a_task("3", "failed", stream="c")),
    ]
    assert sorted(line for turn in turns for line in said(turn)) == sorted(told)


def test_what_is_stuck_or_vanished_is_told_at_once_to_who_wants_failures(stage: Stage) -> None:
    still = a_task(status="preloading", start=timedelta(), end=3 * HOUR)
    stage.sees(still)
    stage.sees(still, at=5 * MINUTE)
    turn = stage.waits(5 * MINUTE)
    assert said(turn) == ["changes stuck 1"]
    assert turn.told[0].due_at == NOW + 5 * MINUTE
    assert said(stage.waits(timedelta(days=4))) == ["changes vanished 1"]


def test_windows_are_told_to_who_wants_what_completes(stage: Stage) -> None:
    stage.sees(a_task(status="complete", end=2 * HOUR))
    assert said(stage.waits(HOUR + 45 * MINUTE)) == ["changes window_soon 1"]
    assert said(stage.waits(2 * HOUR)) == ["changes window_over 1"]


def test_what_was_observed_before_a_subscription_began_is_not_told_to_it() -> None:
    stage = Stage([a_subscription(created=SECOND)])
    read = [a_task(status="failed")]
    observed = changes.observed(
        stage.tasks, read, at=NOW, sent_s=0, since=stage.followed.baseline_at
    )
    assert said(stage.takes(observed, stage.followed, 2 * SECOND)) == []
    assert stage.alarms == {}


def test_a_change_is_told_though_the_clock_was_set_back_since_the_subscription() -> None:
    stage = Stage([a_subscription(created=HOUR)])
    assert said(stage.sees(a_task(status="failed"))) == ["failures failed 1"]


def test_a_failure_is_repeated_while_it_lasts_with_those_that_are_due_before_long(
    stage: Stage,
) -> None:
    stage.sees(a_task("1", "failed", stream="a"))
    stage.sees(a_task("2", "failed", stream="b"), at=10 * MINUTE)
    stage.sees(a_task("3", "failed", stream="c"), at=20 * MINUTE)
    assert said(stage.waits(30 * MINUTE - SECOND)) == []
    turn = stage.waits(30 * MINUTE)
    assert said(turn) == ["repeat failed 1", "repeat failed 2"]
    assert [one.change.count for one in turn.told if one.change] == [1, 1]
    assert said(stage.waits(50 * MINUTE)) == [
        "repeat failed 1",
        "repeat failed 2",
        "repeat failed 3",
    ]
    assert said(stage.waits(51 * MINUTE)) == []


def test_what_somebody_has_seen_to_is_not_repeated(stage: Stage) -> None:
    stage.sees(a_task(status="failed"))
    stage.alarms["s1", STREAM] = replace(stage.alarms["s1", STREAM], seen_by="U0002")
    assert said(stage.waits(HOUR)) == []


def test_a_subscription_without_repeats_has_none() -> None:
    stage = Stage([a_subscription(repeat=timedelta())])
    stage.sees(a_task(status="failed"))
    assert said(stage.waits(24 * HOUR)) == []
    assert stage.alarms


def test_what_cannot_be_read_is_not_said_to_fail_still(stage: Stage) -> None:
    stage.sees(a_task(status="failed"))
    assert said(stage.fails(HOUR, at=HOUR)) == []
    assert said(stage.sees(at=HOUR + SECOND)) == ["repeat failed 1"]


def test_an_alarm_is_over_when_its_stream_is_tried_again(stage: Stage) -> None:
    stage.sees(a_task(status="failed"))
    turn = stage.sees(a_task("2", created=MINUTE))
    assert said(turn) == ["changes retried 2"]
    assert turn.quiet == (("s1", STREAM),)
    assert said(stage.waits(HOUR)) == []


def test_an_alarm_is_of_the_newest_failure(stage: Stage) -> None:
    stage.sees(a_task(status="failed"))
    turn = stage.sees(a_task("2", "failed", created=MINUTE))
    assert turn.quiet == ()
    assert [(alarm.task.task_id, alarm.count) for alarm in stage.alarms.values()] == [("2", 1)]


def test_an_alarm_is_over_when_failures_are_not_wanted_any_more(stage: Stage) -> None:
    stage.sees(a_task(status="failed"))
    stage.subscriptions["s1"] = a_subscription("s1", COMPLETE)
    assert stage.waits(MINUTE).quiet == (("s1", STREAM),)


def test_a_muted_subscription_is_told_nothing_and_then_what_fails_still() -> None:
    muted = replace(a_subscription(), muted_until=NOW + HOUR)
    stage = Stage([muted])
    stage.sees(a_task("1", "failed", stream="a"), a_task("2", "complete", stream="b"))
    stage.sees(a_task("3", "failed", stream="c"))
    stage.sees(a_task("4", "complete", stream="c", created=MINUTE))
    assert said(stage.waits(HOUR - SECOND)) == []
    assert stage.told == {}
    turn = stage.waits(HOUR)
    assert said(turn) == ["repeat failed 1"]
    assert [one.change.count for one in turn.told if one.change] == [0]
    assert said(stage.waits(90 * MINUTE)) == ["repeat failed 1"]


def test_a_subscription_that_is_unmuted_early_is_told_then(stage: Stage) -> None:
    stage.subscriptions["s1"] = replace(a_subscription(), muted_until=NOW + HOUR)
    stage.sees(a_task(status="failed"))
    stage.subscriptions["s1"] = a_subscription()
    assert said(stage.waits(MINUTE)) == ["repeat failed 1"]


def test_nothing_is_to_be_written_where_nothing_happens(stage: Stage) -> None:
    stage.sees(a_task(status="failed"))
    assert stage.waits(MINUTE) == Turn(stage.followed)


# --- watches ---


def test_a_board_is_redrawn_when_one_of_its_streams_is_different() -> None:
    stage = Stage(watches=[a_list("a", "b"), a_list("c", name="w2")])
    assert stage.sees(a_task("1", stream="a")).redrawn == {"w1", "w2"}
    assert stage.sees(a_task("1", stream="a")).redrawn == frozenset()
    assert stage.sees(a_task("1", "preloading", stream="a", process=3)).redrawn == {"w1"}
    assert stage.sees(a_task("1", "preloading", stream="a", process=3), at=HOUR).redrawn == set()
    assert stage.sees(a_task("2", stream="x")).redrawn == frozenset()


def test_the_first_failure_calls_the_owner_in_the_thread_once() -> None:
    stage = Stage(watches=[a_list("a", "b", "c")])
    stage.sees(a_task("1", stream="a"))
    turn = stage.sees(a_task("2", "failed", stream="b"))
    assert said(turn) == ["alert failed 2"]
    assert (turn.told[0].thread, turn.told[0].key) == ("board:w1", "first-failure")
    assert said(stage.sees(a_task("1", "failed", stream="a"))) == []


def test_what_had_failed_before_a_watch_began_is_on_its_board_and_calls_nobody() -> None:
    stage = Stage()
    stage.sees(a_task("1", "failed", stream="a"), at=-MINUTE)
    stage.watches["w1"] = a_list("a", "b")
    turn = stage.waits(timedelta())
    assert said(turn) == []
    assert turn.redrawn == {"w1"}


def test_what_the_first_reading_finds_failed_calls_the_owner() -> None:
    stage = Stage(watches=[a_list("a", "b")])
    stage.followed = Followed("main", DOMAIN)
    assert said(stage.sees(a_task("1", "failed", stream="a"))) == ["alert failed 1"]


def test_stuck_streams_and_windows_call_the_owner_once_each() -> None:
    stage = Stage(watches=[a_list("a", "b")])
    still = a_task("1", "preloading", stream="a", start=timedelta(), end=3 * HOUR)
    stage.sees(still, a_task("2", "complete", stream="b", end=2 * HOUR))
    stage.sees(still, at=5 * MINUTE)
    assert said(stage.waits(5 * MINUTE)) == ["alert stuck 1"]
    assert said(stage.waits(105 * MINUTE)) == ["alert window_soon 2"]
    turn = stage.waits(2 * HOUR)
    assert said(turn) == ["alert window_over 2"]
    assert turn.redrawn == {"w1"}
    assert said(stage.waits(3 * HOUR)) == []


def test_a_list_ends_with_its_verdict_when_every_stream_is_finished() -> None:
    stage = Stage(watches=[a_list("a", "b")])
    stage.sees(a_task("1", "complete", stream="a"))
    turn = stage.sees(a_task("2", "complete", stream="b"), at=MINUTE)
    assert said(turn) == ["verdict ready"]
    assert (turn.told[0].key, turn.told[0].thread) == ("verdict", "board:w1")
    assert turn.redrawn == {"w1"}
    ended = stage.watches["w1"]
    assert (ended.ended_at, ended.ending) == (NOW + MINUTE, Ending.FINISHED)


def test_a_list_with_a_failed_stream_is_not_ready() -> None:
    stage = Stage(watches=[a_list("a")])
    assert said(stage.sees(a_task("1", "failed", stream="a"))) == [
        "alert failed 1",
        "verdict not_ready",
    ]


def test_a_list_with_a_stream_without_task_goes_on_until_its_time_is_up() -> None:
    stage = Stage(watches=[a_list("a", "b")])
    assert said(stage.sees(a_task("1", "complete", stream="a", end=9 * HOUR))) == []
    assert said(stage.waits(6 * HOUR - SECOND)) == []
    assert said(stage.waits(6 * HOUR)) == ["verdict not_ready"]
    assert stage.watches["w1"].ending is Ending.UNTIL


def test_there_is_no_verdict_before_all_that_was_there_when_it_began_was_asked_for() -> None:
    stage = Stage()
    stage.sees(a_task("1", "complete", stream="a", created=-MINUTE), at=-MINUTE)
    stage.watches["w1"] = a_list("a")
    stage.unasked = {"w1"}
    assert said(stage.waits(timedelta())) == []
    stage.unasked = set()
    assert said(stage.sees(a_task("2", stream="a"), at=SECOND)) == []
    assert said(stage.sees(a_task("2", "complete", stream="a"), at=MINUTE)) == ["verdict ready"]


def test_there_is_no_verdict_of_what_was_read_before_the_process_was_down() -> None:
    stage = Stage(watches=[a_list("a", "b")])
    stage.sees(a_task("1", "complete", stream="a", end=9 * HOUR))
    stage.restarts()
    late = stage.takes(Observed(), stage.followed, 6 * HOUR)
    assert said(late) == []
    assert said(stage.sees(at=6 * HOUR + SECOND)) == ["verdict not_ready"]


def test_there_is_no_verdict_while_the_domain_cannot_be_read() -> None:
    stage = Stage()
    stage.sees(a_task("1", "complete", stream="a"))
    stage.fails(timedelta(), at=2 * MINUTE)
    stage.watches["w1"] = a_list("a")
    assert said(stage.waits(3 * MINUTE)) == []
    assert said(stage.sees(at=4 * MINUTE)) == ["sight C0001", "verdict ready"]


def test_a_watch_that_ends_while_its_domain_cannot_be_read_ends_unknown() -> None:
    stage = Stage(watches=[a_list("a", "b")])
    stage.sees(a_task("1", "complete", stream="a", end=9 * HOUR))
    stage.fails(5 * HOUR, at=5 * HOUR + 2 * MINUTE)
    assert said(stage.waits(6 * HOUR)) == ["verdict unknown"]


def test_a_filter_takes_in_what_matches_and_keeps_it() -> None:
    stage = Stage()
    stage.sees(a_task("1", "preloading", stream="a"), a_task("2", stream="b"))
    stage.watches["w1"] = a_watch(Ask("main", DOMAIN, status=PRELOADING))
    stage.waits(timedelta())
    assert list(stage.watches["w1"].streams) == [url_of("a")]
    turn = stage.sees(a_task("1", "complete", stream="a"), a_task("2", "preloading", stream="b"))
    assert list(stage.watches["w1"].streams) == [url_of("a"), url_of("b")]
    assert turn.watches == (stage.watches["w1"],)
    stage.sees(a_task("3", "failed", stream="c"), a_task("2", "complete", stream="b"))
    assert list(stage.watches["w1"].streams) == [url_of("a"), url_of("b")]


@pytest.mark.parametrize(
    ("since", "streams"),
    [(None, ["new", "old"]), (HOUR, ["new"]), (NOW - 2 * HOUR, ["new"])],
)
def test_a_filter_takes_in_what_was_created_since(
    since: timedelta | datetime | None, streams: list[str]
) -> None:
    stage = Stage()
    stage.sees(
        a_task("1", stream="old", created=timedelta(days=-2)),
        a_task("2", stream="new", created=-HOUR),
        a_task("3", stream="older", created=timedelta(days=-4)),
    )
    stage.watches["w1"] = a_watch(Ask("main", DOMAIN, since=since))
    stage.waits(timedelta())
    assert sorted(stage.watches["w1"].streams) == [url_of(stream) for stream in streams]


def test_a_filter_that_nothing_matches_ends_unknown() -> None:
    stage = Stage(watches=[a_watch(Ask("main", DOMAIN, status=FAILED))])
    assert said(stage.sees(a_task("1", "complete"))) == []
    assert said(stage.waits(6 * HOUR)) == ["verdict unknown"]


def test_a_filter_goes_on_though_all_it_has_is_finished() -> None:
    stage = Stage(watches=[a_watch(Ask("main", DOMAIN))])
    assert said(stage.sees(a_task("1", "complete", end=9 * HOUR))) == []
    assert said(stage.waits(6 * HOUR)) == ["verdict ready"]


# --- domains that cannot be read ---


def test_a_domain_that_cannot_be_read_is_said_once_to_each_channel_and_so_is_the_end() -> None:
    muted = replace(a_subscription("s3", channel="C0002"), muted_until=NOW + HOUR)
    stage = Stage([a_subscription("s1"), a_subscription("s2"), muted], [a_list("a")])
    stage.waits(timedelta())
    assert said(stage.fails(timedelta(), at=2 * MINUTE - SECOND)) == []
    turn = stage.fails(timedelta(), at=2 * MINUTE)
    assert said(turn) == ["blind C0001", "blind C0002"]
    assert turn.told[0].facts == {
        "failure": "timeout",
        "since": NOW.isoformat(),
        "owner": "U0001",
    }
    assert turn.followed.is_blind
    assert turn.redrawn == {"w1"}
    assert said(stage.fails(timedelta(), at=3 * MINUTE)) == []
    turn = stage.sees(at=4 * MINUTE)
    assert said(turn) == ["sight C0001", "sight C0002"]
    assert turn.redrawn == {"w1"}
    assert not turn.followed.is_blind
    assert said(stage.sees(at=5 * MINUTE)) == []


def test_how_long_is_too_long_is_settable() -> None:
    stage = Stage([a_subscription()])
    failing = replace(stage.followed, failing_since=NOW, failure="timeout")
    turn = telling.turn(
        before=failing,
        followed=failing,
        observed=Observed(),
        tasks=stage.tasks,
        subscriptions=stage.subscriptions.values(),
        watches=(),
        alarms={},
        now=NOW + SECOND,
        blind_after=SECOND,
    )
    assert said(turn) == ["blind C0001"]


def test_boards_are_redrawn_when_their_domain_was_read_for_the_first_time() -> None:
    stage = Stage(watches=[a_list("a")])
    stage.followed = Followed("main", DOMAIN)
    assert stage.sees().redrawn == {"w1"}
    assert stage.sees().redrawn == frozenset()
