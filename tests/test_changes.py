from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.live.model import PreloadTask, StatusFilter, TaskState
from bot.watch.changes import elapsed, observed
from bot.watch.known import Tasks
from bot.watch.model import ChangeKind
from tests.seen_tasks import DAY, HOUR, MINUTE, NOW, SECOND, a_task, url_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.watch.known import Observed
    from bot.watch.model import Seen

STREAM = url_of("cup")
COMPLETE, PENDING = StatusFilter.COMPLETE, StatusFilter.PENDING


class Reading:
    """A domain as it is read: what is observed is applied at once, as if it had been stored."""

    def __init__(self, since: timedelta | None = -HOUR) -> None:
        self.tasks = Tasks()
        self.rows: dict[str, Seen] = {}
        self.since = None if since is None else NOW + since

    def sees(
        self, *found: PreloadTask, at: timedelta = timedelta(), sent_s: float | None = None
    ) -> list[str]:
        """What happened, by a reply at a time after `NOW`."""
        sent_s = at.total_seconds() if sent_s is None else sent_s
        return self.took(observed(self.tasks, found, at=NOW + at, sent_s=sent_s, since=self.since))

    def waits(self, until: timedelta) -> list[str]:
        """What happened by the clock alone."""
        return self.took(elapsed(self.tasks, now=NOW + until))

    def took(self, found: Observed) -> list[str]:
        self.tasks.apply(found)
        self.rows.update({seen.key: seen for seen in (*found.seen, *found.kept)})
        return [f"{change.kind} {change.task.task_id}" for change in found.changes]

    def restarts(self) -> None:
        self.tasks = Tasks(self.rows.values())

    def state(self, key: str = "1") -> TaskState:
        seen = self.tasks.of(key)
        assert seen is not None
        return seen.task.state(NOW)


@pytest.fixture
def reading() -> Reading:
    return Reading()


def test_a_task_appears_goes_on_and_is_complete(reading: Reading) -> None:
    assert reading.sees(a_task()) == ["appeared 1"]
    assert reading.sees(a_task()) == []
    assert reading.sees(a_task(status="preloading", process=5)) == ["progressed 1"]
    assert reading.sees(a_task(status="preloading", process=60)) == []
    assert reading.sees(a_task(status="complete", process=100)) == ["completed 1"]
    assert reading.sees(a_task(status="complete", process=100)) == []


def test_the_documented_vocabulary_says_the_same(reading: Reading) -> None:
    assert reading.sees(a_task(status="Success", process=0)) == ["appeared 1"]
    assert reading.sees(a_task(status="Success", process=30)) == ["progressed 1"]
    assert reading.sees(a_task(status="Success", process=100)) == ["completed 1"]
    assert reading.sees(a_task("2", "Failed", stream="cam")) == ["appeared 2", "failed 2"]


def test_what_is_first_seen_finished_has_appeared_and_ended(reading: Reading) -> None:
    assert reading.sees(a_task(status="complete")) == ["appeared 1", "completed 1"]


def test_the_baseline_is_recorded_in_silence() -> None:
    reading = Reading(since=None)
    assert reading.sees(a_task(), a_task("2", "failed", stream="cam")) == []
    assert len(reading.tasks) == 2


def test_what_was_known_before_a_baseline_began_anew_goes_on_through_it() -> None:
    reading = Reading(since=None)
    reading.sees(a_task())
    reading.restarts()
    assert reading.sees(a_task(status="failed"), at=MINUTE) == ["failed 1"]


def test_what_was_created_before_the_baseline_is_history_but_what_becomes_of_it_is_not(
    reading: Reading,
) -> None:
    assert reading.sees(a_task(created=-2 * HOUR)) == []
    assert reading.sees(a_task(status="failed", created=-2 * HOUR)) == ["failed 1"]


def test_a_task_without_a_creation_time_is_new(reading: Reading) -> None:
    assert reading.sees(a_task(created=None)) == ["appeared 1"]


def test_a_window_that_was_over_before_is_history_and_one_that_ends_since_is_not() -> None:
    reading = Reading(since=None)
    reading.sees(
        a_task(status="complete", start=-3 * HOUR, end=-HOUR),
        a_task("2", "complete", stream="cam", start=-HOUR, end=HOUR),
    )
    assert reading.waits(MINUTE) == []
    assert reading.waits(46 * MINUTE) == ["window_soon 2"]
    reading.restarts()
    assert reading.waits(2 * HOUR) == ["window_over 2"]


def test_a_failed_stream_is_retried_and_recovers(reading: Reading) -> None:
    reading.sees(a_task(status="failed"))
    assert reading.sees(a_task("2", created=MINUTE)) == ["appeared 2", "retried 2"]
    assert reading.sees(a_task("2", "complete", created=MINUTE)) == ["recovered 2"]
    assert reading.sees(a_task("3", created=HOUR)) == ["appeared 3"]
    assert reading.sees(a_task("3", "complete", created=HOUR)) == ["completed 3"]


def test_a_stream_that_fails_again_has_failed_twice(reading: Reading) -> None:
    reading.sees(a_task(status="failed"))
    retried = a_task("2", "failed", created=MINUTE)
    assert reading.sees(retried) == ["appeared 2", "retried 2", "failed 2"]


def test_only_a_streams_newest_task_counts(reading: Reading) -> None:
    reading.sees(a_task("2", created=MINUTE))
    assert reading.sees(a_task("1", "pending")) == []
    assert reading.sees(a_task("1", "failed")) == []
    newest = reading.tasks.newest(STREAM)
    assert newest is not None
    assert newest.key == "2"


def test_a_stream_submitted_twice_in_one_second_is_as_far_as_the_task_that_is_behind(
    reading: Reading,
) -> None:
    reading.sees(a_task("1"), a_task("2"))
    assert reading.sees(a_task("1"), a_task("2", "complete")) == []
    assert reading.sees(a_task("1", "preloading"), a_task("2", "complete")) == ["progressed 1"]
    assert reading.sees(a_task("1", "complete"), a_task("2", "complete")) == ["completed 1"]
    assert reading.sees(a_task("1", "complete"), a_task("2", "complete")) == []


@pytest.mark.parametrize(("first", "last"), [("1", "2"), ("2", "1")])
def test_the_last_of_two_of_one_second_completes_their_stream_whichever_window_ends_first(
    reading: Reading, first: str, last: str
) -> None:
    reading.sees(a_task(first, end=2 * HOUR), a_task(last, end=3 * HOUR))
    assert reading.sees(a_task(first, "complete", end=2 * HOUR)) == []
    assert reading.sees(a_task(last, "complete", end=3 * HOUR)) == [f"completed {last}"]
    newest = reading.tasks.newest(STREAM)
    assert newest is not None
    assert newest.key == first


def test_of_two_of_one_second_a_failed_one_counts_whatever_its_id(reading: Reading) -> None:
    reading.sees(a_task("1"), a_task("2"))
    assert reading.sees(a_task("1", "failed"), a_task("2", "preloading")) == ["failed 1"]
    assert reading.sees(a_task("1", "failed"), a_task("2", "complete")) == []
    newest = reading.tasks.newest(STREAM)
    assert newest is not None
    assert newest.key == "1"


def test_one_that_is_found_late_beside_one_that_is_complete_is_waited_for(
    reading: Reading,
) -> None:
    assert reading.sees(a_task("1", "complete")) == ["appeared 1", "completed 1"]
    assert reading.sees(a_task("2")) == ["appeared 2"]
    assert reading.sees(a_task("2", "complete")) == ["completed 2"]


def test_of_two_tasks_in_one_reply_the_newer_counts_whatever_their_order(
    reading: Reading,
) -> None:
    found = [a_task("2", created=MINUTE), a_task("1", "failed")]
    assert reading.sees(*found) == ["appeared 2"]
    other = Reading()
    assert other.sees(*reversed(found)) == ["appeared 2"]


def test_a_read_that_was_sent_earlier_undoes_nothing(reading: Reading) -> None:
    reading.sees(a_task(status="preloading", process=50), sent_s=20)
    assert reading.sees(a_task(status="preloading", process=10), sent_s=10) == []
    seen = reading.tasks.of("1")
    assert seen is not None
    assert seen.task.process == 50


def test_an_unchanged_read_makes_earlier_ones_stale_too(reading: Reading) -> None:
    reading.sees(a_task(), sent_s=10)
    reading.sees(a_task(), sent_s=20)
    assert reading.sees(a_task(status="preloading"), sent_s=15) == []


@pytest.mark.parametrize(
    "read",
    [
        a_task(status="Success"),
        a_task(status="Success", process=40),
        a_task(status="preloading", process=99),
        a_task(status="something new"),
    ],
)
def test_what_is_finished_stays_finished(reading: Reading, read: PreloadTask) -> None:
    reading.sees(a_task(status="Success", found_as=COMPLETE))
    assert reading.sees(read) == []
    assert reading.state() is TaskState.READY_LATER


def test_what_the_api_calls_failed_after_all_is_not_green(reading: Reading) -> None:
    reading.sees(a_task(status="complete"))
    assert reading.sees(a_task(status="failed")) == ["failed 1"]
    assert reading.state() is TaskState.FAILED


def test_what_a_filter_found_is_not_unknown_in_a_bare_reply(reading: Reading) -> None:
    reading.sees(a_task(status="Success", found_as=PENDING))
    assert reading.sees(a_task(status="Success")) == []
    assert reading.state() is TaskState.PENDING


def test_fields_that_a_reply_lacks_stay_known(reading: Reading) -> None:
    reading.sees(a_task())
    bare = PreloadTask(task_id="1", domain="", url="", status="complete")
    assert reading.sees(bare) == ["completed 1"]
    assert reading.state() is TaskState.READY_LATER


def test_a_window_is_over_soon_and_then_over_once_each(reading: Reading) -> None:
    reading.sees(a_task(status="complete", end=2 * HOUR))
    assert reading.waits(2 * HOUR - 15 * MINUTE - SECOND) == []
    assert reading.waits(2 * HOUR - 15 * MINUTE) == ["window_soon 1"]
    assert reading.waits(2 * HOUR - 14 * MINUTE) == []
    reading.restarts()
    assert reading.waits(2 * HOUR) == ["window_over 1"]
    assert reading.waits(3 * HOUR) == []


def test_a_window_that_ended_meanwhile_was_not_over_soon(reading: Reading) -> None:
    reading.sees(a_task(status="complete", end=2 * HOUR))
    assert reading.waits(4 * HOUR) == ["window_over 1"]
    assert reading.waits(5 * HOUR) == []


def test_a_window_shorter_than_soon_is_only_over(reading: Reading) -> None:
    reading.sees(a_task(status="complete", start=HOUR, end=HOUR + 14 * MINUTE))
    assert reading.waits(HOUR + MINUTE) == []
    assert reading.waits(HOUR + 14 * MINUTE) == ["window_over 1"]


def test_the_window_of_a_task_that_is_not_complete_or_not_the_newest_is_not_told(
    reading: Reading,
) -> None:
    reading.sees(a_task(status="failed"))
    reading.sees(a_task("2", "complete", stream="cam"), a_task("3", stream="cam", created=MINUTE))
    assert reading.waits(4 * HOUR) == []


def test_a_task_without_progress_is_stuck_once_its_window_is_near(reading: Reading) -> None:
    for minute in range(44):
        reading.sees(a_task(status="preloading", process=7), at=minute * MINUTE)
        assert reading.waits(minute * MINUTE) == []
    reading.sees(a_task(status="preloading", process=7), at=45 * MINUTE)
    assert reading.waits(45 * MINUTE) == ["stuck 1"]
    reading.sees(a_task(status="preloading", process=7), at=46 * MINUTE)
    assert reading.waits(46 * MINUTE) == []


def test_a_task_in_its_window_is_stuck_after_five_minutes_of_reads(reading: Reading) -> None:
    late = a_task(start=timedelta(), end=HOUR)
    for minute in range(5):
        reading.sees(late, at=minute * MINUTE)
        assert reading.waits(minute * MINUTE) == []
    reading.sees(late, at=5 * MINUTE)
    assert reading.waits(5 * MINUTE) == ["stuck 1"]


def test_what_cannot_be_read_is_not_called_stuck(reading: Reading) -> None:
    reading.sees(a_task(start=timedelta()))
    assert reading.waits(HOUR) == []
    reading.restarts()
    assert reading.waits(HOUR) == []


def test_a_task_is_not_stuck_because_the_clock_was_set(reading: Reading) -> None:
    late = a_task(start=timedelta(), end=10 * HOUR)
    reading.sees(late, at=timedelta(), sent_s=0)
    reading.sees(late, at=HOUR, sent_s=10)
    assert reading.waits(HOUR) == []
    for minute in range(5):
        reading.sees(late, at=minute * MINUTE, sent_s=20 + minute * 60)
        assert reading.waits(minute * MINUTE) == []
    reading.sees(late, at=5 * MINUTE, sent_s=320)
    assert reading.waits(5 * MINUTE) == ["stuck 1"]


def test_nothing_is_stuck_after_its_window(reading: Reading) -> None:
    short = a_task(start=timedelta(), end=2 * MINUTE)
    reading.sees(short)
    reading.sees(short, at=6 * MINUTE)
    assert reading.waits(6 * MINUTE) == []


def test_an_unfinished_task_older_than_the_history_and_not_seen_has_vanished(
    reading: Reading,
) -> None:
    reading.sees(a_task())
    reading.sees(a_task(), at=3 * DAY + MINUTE)
    assert reading.waits(3 * DAY + 10 * MINUTE) == []
    assert reading.waits(3 * DAY + 11 * MINUTE) == ["vanished 1"]
    assert list(reading.tasks.unfinished()) == []
    reading.restarts()
    assert reading.waits(4 * DAY) == []
    assert list(reading.tasks.unfinished()) == []


def test_a_task_that_had_vanished_and_is_seen_again_ends_as_any(reading: Reading) -> None:
    reading.sees(a_task())
    assert reading.waits(4 * DAY) == ["vanished 1"]
    assert reading.sees(a_task(status="complete"), at=4 * DAY) == ["completed 1"]


def test_a_superseded_task_vanishes_in_silence(reading: Reading) -> None:
    reading.sees(a_task(), a_task("2", "complete", created=MINUTE, end=None))
    assert reading.waits(4 * DAY) == []
    assert list(reading.tasks.unfinished()) == []


def test_what_could_not_be_stored_is_found_again(reading: Reading) -> None:
    reading.sees(a_task(end=2 * HOUR))
    read = [a_task(status="complete", end=2 * HOUR)]
    first = observed(reading.tasks, read, at=NOW, sent_s=5, since=reading.since)
    assert observed(reading.tasks, read, at=NOW, sent_s=5, since=reading.since) == first
    reading.took(first)
    by_clock = elapsed(reading.tasks, now=NOW + 2 * HOUR)
    assert [change.kind for change in by_clock.changes] == [ChangeKind.WINDOW_OVER]
    assert elapsed(reading.tasks, now=NOW + 2 * HOUR) == by_clock


def test_only_what_is_different_is_stored_and_the_rest_every_five_minutes(reading: Reading) -> None:
    reading.sees(a_task(), a_task("2", "complete", stream="cam"))
    found = [a_task(), a_task("2", "complete", stream="cam")]

    def stored(at: timedelta) -> Iterable[str]:
        read = observed(reading.tasks, found, at=NOW + at, sent_s=99, since=reading.since)
        reading.took(read)
        return [seen.key for seen in (*read.seen, *read.kept)]

    assert stored(299 * SECOND) == []
    assert stored(300 * SECOND) == ["1"]
    assert stored(330 * SECOND) == []
    assert stored(-HOUR) == ["1"]  # the clock was set: what is stored is of another time


def test_tasks_know_the_unfinished_and_when_tasks_were_created(reading: Reading) -> None:
    reading.sees(
        a_task("1", "complete", created=-MINUTE),
        a_task("2", created=timedelta()),
        a_task("3", stream="cam", created=MINUTE),
    )
    assert [known.seen.key for known in reading.tasks.unfinished()] == ["2", "3"]
    assert not reading.tasks.is_unfinished("1")
    assert reading.tasks.is_unfinished("2")
    moments = [NOW - MINUTE, NOW, NOW + MINUTE]
    assert reading.tasks.created_s == [moment.timestamp() for moment in moments]
    assert sorted(reading.tasks.streams()) == [url_of("cam"), STREAM]


def test_what_is_forgotten_is_old_and_to_be_read_no_more(reading: Reading) -> None:
    reading.sees(
        a_task("1", "complete", stream="a", created=-MINUTE, end=HOUR),
        a_task("2", stream="b", created=-MINUTE),
        a_task("3", "complete", stream="c", created=MINUTE),
    )
    reading.tasks.forget(NOW)
    assert sorted(seen.key for seen in reading.tasks) == ["2", "3"]
    assert reading.tasks.newest(url_of("a")) is None
    assert len(reading.tasks.created_s) == 2
    assert reading.waits(2 * HOUR) == []


def test_no_task_comes_to_be_the_newest_because_another_is_forgotten(reading: Reading) -> None:
    reading.sees(a_task("1", created=-2 * MINUTE), a_task("2", "complete", created=-MINUTE))
    reading.tasks.forget(NOW)
    assert reading.tasks.newest(STREAM) == reading.tasks.of("2")


def moments_of(reading: Reading) -> list[datetime]:
    return [known.seen.observed_at for known in reading.tasks.unfinished()]


def test_a_task_read_again_was_observed_then(reading: Reading) -> None:
    reading.sees(a_task())
    reading.sees(a_task(), at=SECOND)
    assert moments_of(reading) == [NOW + SECOND]
    row = reading.rows["1"]
    assert row == replace(row, observed_at=NOW)  # the store need not know each second
