from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.asks import Ask
from bot.live.model import PreloadTask, StatusFilter, TaskState
from bot.watch.boards import Verdict, board
from bot.watch.model import Followed, Seen, Watch
from tests.seen_tasks import DOMAIN, HOUR, MINUTE, NOW, SECOND, a_task, url_of

FOLLOWED = Followed("main", DOMAIN, read_at=NOW, created_until=NOW)


def a_watch(*streams: str) -> Watch:
    urls = {url_of(stream): url_of(stream) for stream in streams}
    return Watch(
        id="w1",
        team_id="T0001",
        channel_id="C0001",
        ask=Ask("main", DOMAIN, urls=tuple(urls)),
        owner="U0001",
        created_at=NOW,
        until=NOW + 6 * HOUR,
        streams=urls,
        is_read=True,
    )


def known(*tasks: PreloadTask, age: timedelta = timedelta()) -> dict[str, Seen]:
    return {task.stream: Seen(task, NOW - age, NOW - age) for task in tasks}


def test_every_stream_has_its_line_in_the_watchs_order() -> None:
    newest = known(a_task("2", "complete", stream="b"), a_task("1", stream="x"))
    shown = board(a_watch("c", "a", "b"), newest, FOLLOWED, NOW)
    assert [(line.url, line.state) for line in shown.lines] == [
        (url_of("c"), None),
        (url_of("a"), None),
        (url_of("b"), TaskState.READY_LATER),
    ]


def test_it_is_green_only_if_every_stream_is_ready_now_or_later() -> None:
    ready = a_task("1", "complete", stream="a", start=-HOUR)
    later = a_task("2", "complete", stream="b")
    shown = board(a_watch("a", "b"), known(ready, later), FOLLOWED, NOW)
    assert shown.verdict is Verdict.READY


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (a_task("2", "failed", stream="b"), Verdict.NOT_READY),
        (a_task("2", "preloading", stream="b"), Verdict.NOT_READY),
        (a_task("2", "complete", stream="b", end=-HOUR), Verdict.NOT_READY),
        (a_task("2", "Success", stream="b"), Verdict.UNKNOWN),
        (a_task("2", "complete", stream="b", end=None), Verdict.UNKNOWN),
        (a_task("2", "complete", stream="elsewhere"), Verdict.NOT_READY),
    ],
)
def test_one_stream_that_is_not_ready_settles_it(other: PreloadTask, verdict: Verdict) -> None:
    newest = known(a_task("1", "complete", stream="a"), other)
    assert board(a_watch("a", "b"), newest, FOLLOWED, NOW).verdict is verdict


def test_what_surely_is_not_ready_outweighs_what_is_not_known() -> None:
    newest = known(a_task("1", "failed", stream="a"), a_task("2", "Success", stream="b"))
    assert board(a_watch("a", "b"), newest, FOLLOWED, NOW).verdict is Verdict.NOT_READY


def test_without_a_stream_nothing_is_known() -> None:
    assert board(a_watch(), {}, FOLLOWED, NOW).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("followed", [None, Followed("main", DOMAIN)])
def test_what_was_not_all_read_yet_is_not_known(followed: Followed | None) -> None:
    shown = board(a_watch("cup"), known(a_task(status="complete")), followed, NOW)
    assert shown.verdict is Verdict.UNKNOWN
    assert shown.observed_at is None


def test_what_was_seen_when_its_streams_were_followed_before_is_not_shown() -> None:
    unread = replace(a_watch("cup"), is_read=False)
    shown = board(unread, known(a_task(status="complete")), FOLLOWED, NOW)
    assert (shown.verdict, shown.observed_at) == (Verdict.UNKNOWN, None)
    assert [line.task for line in shown.lines] == [None]


def test_what_was_read_long_ago_is_not_green_though_no_reading_failed() -> None:
    newest = known(a_task(status="complete"), age=HOUR)
    old = replace(FOLLOWED, read_at=NOW - HOUR)
    shown = board(a_watch("cup"), newest, old, NOW)
    assert (shown.verdict, shown.observed_at) == (Verdict.UNKNOWN, NOW - HOUR)


def test_a_domain_that_cannot_be_read_for_two_minutes_is_not_green() -> None:
    newest = known(a_task(status="complete"))
    failing = replace(FOLLOWED, failing_since=NOW - 2 * MINUTE, failure="Forbidden.RAM")
    shown = board(a_watch("cup"), newest, failing, NOW)
    assert shown.verdict is Verdict.UNKNOWN
    assert (shown.failing_since, shown.failure) == (NOW - 2 * MINUTE, "Forbidden.RAM")


def test_a_domain_that_cannot_be_read_for_a_moment_is_as_it_was() -> None:
    newest = known(a_task(status="complete"))
    failing = replace(FOLLOWED, failing_since=NOW - 2 * MINUTE + SECOND, failure="timeout")
    shown = board(a_watch("cup"), newest, failing, NOW)
    assert (shown.verdict, shown.failing_since, shown.failure) == (Verdict.READY, None, "")
    said = replace(failing, is_blind=True)
    assert board(a_watch("cup"), newest, said, NOW).verdict is Verdict.UNKNOWN


def test_it_is_as_old_as_the_oldest_read_of_what_can_still_change() -> None:
    newest = {
        **known(a_task("1", "complete", stream="a"), age=HOUR),
        **known(a_task("2", stream="b"), age=MINUTE),
        **known(a_task("3", stream="c"), age=SECOND),
    }
    assert board(a_watch("a", "b", "c"), newest, FOLLOWED, NOW).observed_at == NOW - MINUTE
    assert board(a_watch("a"), newest, FOLLOWED, NOW).observed_at == NOW


def test_the_next_end_is_the_nearest_still_to_come() -> None:
    newest = known(
        a_task("1", "complete", stream="a", end=-HOUR),
        a_task("2", "complete", stream="b", end=2 * HOUR),
        a_task("3", stream="c", end=3 * HOUR),
    )
    assert board(a_watch("a", "b", "c"), newest, FOLLOWED, NOW).next_end == NOW + 2 * HOUR
    assert board(a_watch("a"), newest, FOLLOWED, NOW).next_end is None


def test_the_window_of_a_stream_that_failed_does_not_end_for_anyone() -> None:
    newest = known(
        a_task("1", "failed", stream="a", end=HOUR),
        a_task("2", "complete", stream="b", end=2 * HOUR),
    )
    assert board(a_watch("a", "b"), newest, FOLLOWED, NOW).next_end == NOW + 2 * HOUR
    assert board(a_watch("a"), newest, FOLLOWED, NOW).next_end is None


def test_a_line_says_that_its_stream_is_stuck() -> None:
    task = a_task(status="preloading", start=timedelta(), found_as=StatusFilter.PRELOADING)
    still = {task.stream: Seen(task, NOW, NOW - 5 * MINUTE)}
    moving = {task.stream: Seen(task, NOW, NOW - 5 * MINUTE + SECOND)}
    assert board(a_watch("cup"), still, FOLLOWED, NOW).lines[0].is_stuck
    assert not board(a_watch("cup"), moving, FOLLOWED, NOW).lines[0].is_stuck
