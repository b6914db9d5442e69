"""Durations and moments as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers import times

NOW = datetime(2026, 11, 22, 11, 42, 10, 999, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2h", 120),
        ("90m", 90),
        ("1d", 1440),
        ("2 hours", 120),
        ("45min", 45),
        ("1h30m", 90),
        ("1 h 30 m", 90),
        ("1.5h", 90),
        ("90s", 1.5),
        ("an hour", 60),
        ("half an hour", 30),
        ("1w", 10080),
        ("2H ago", 120),
        ("-2h", 120),
        ("2小时", 120),
        ("两小时", 120),
        ("90分钟", 90),
        ("1天", 1440),
        ("半小时", 30),
        ("3个小时前", 180),
        ("1小时30分钟", 90),
        ("一天内", 1440),
    ],
)
def test_durations(text: str, minutes: float) -> None:
    assert times.duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "2", "h", "0h", "0.1s", "2hx", "2x", "1001d", "9" * 30 + "d", "٢h", "2h" * 30]
)
def test_what_is_no_duration(text: str) -> None:
    assert times.duration(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T19:00Z", "2026-11-20T19:00Z"),
        ("2026-11-20t19:00:30.123z", "2026-11-20T19:00:30Z"),
        ("2026-11-20 19:00", "2026-11-20T11:00Z"),
        ("2026/11/20 19:00 UTC", "2026-11-20T19:00Z"),
        ("2026-11-20T19:00+05:30", "2026-11-20T13:30Z"),
        ("2026-11-20 19:00 -0500", "2026-11-21T00:00Z"),
        ("2026-11-20 19:00 UTC+8", "2026-11-20T11:00Z"),
        ("2026-11-20", "2026-11-19T16:00Z"),
        ("11-20 19:00", "2026-11-20T11:00Z"),
        ("11-23 19:00", "2025-11-23T11:00Z"),
        ("2026年11月20日19点30分", "2026-11-20T11:30Z"),
        ("11月20日", "2026-11-19T16:00Z"),
        ("today", "2026-11-21T16:00Z"),
        ("today at 18:00", "2026-11-22T10:00Z"),
        ("Yesterday 20:00", "2026-11-21T12:00Z"),
        ("今天18:00", "2026-11-22T10:00Z"),
        ("今天下午6点", "2026-11-22T10:00Z"),
        ("昨晚8点", "2026-11-21T12:00Z"),
        ("昨天", "2026-11-20T16:00Z"),
        ("前天 08:00", "2026-11-20T00:00Z"),
        ("18:00", "2026-11-22T10:00Z"),
        ("6pm", "2026-11-22T10:00Z"),
        ("12 am", "2026-11-21T16:00Z"),
        ("12:30pm", "2026-11-22T04:30Z"),
        ("20:00", "2026-11-21T12:00Z"),
        ("20:00Z", "2026-11-21T20:00Z"),
        ("now", "2026-11-22T11:42:10Z"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert times.moment(text, now=NOW, zone=SHANGHAI) == datetime.fromisoformat(moment)


NO_MOMENTS = (
    *("", "z", "at", "25:00", "18:60", "18", "13pm", "2026-02-30", "02-29", "20-11", "tomorrow"),
    *("1999-12-31", "2100-01-02", "0000-01-01", "18:00+25:00", "18:00+08:60", "１８:00"),
    "8:00" * 20,
)


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment(text: str) -> None:
    assert times.moment(text, now=NOW, zone=SHANGHAI) is None


def test_a_moment_at_the_end_of_the_calendar_is_no_moment() -> None:
    assert times.moment("9999-12-31 23:59", now=NOW, zone=NEW_YORK) is None
    assert times.moment("0001-01-01 00:00", now=NOW, zone=SHANGHAI) is None


def test_an_hour_that_clocks_repeat_is_read_so_that_the_window_is_widest() -> None:
    now = datetime(2026, 11, 1, 20, tzinfo=UTC)
    first = times.moment("today 01:30", now=now, zone=NEW_YORK)
    last = times.moment("today 01:30", now=now, zone=NEW_YORK, latest=True)
    assert first == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert last == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_an_hour_that_clocks_skip_is_read_so_that_the_window_is_widest() -> None:
    now = datetime(2026, 3, 8, 20, tzinfo=UTC)
    first = times.moment("today 02:30", now=now, zone=NEW_YORK)
    last = times.moment("today 02:30", now=now, zone=NEW_YORK, latest=True)
    assert first == datetime(2026, 3, 8, 6, 30, tzinfo=UTC)
    assert last == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_a_clock_time_that_ends_a_window_is_the_next_after_its_beginning() -> None:
    began = datetime(2026, 11, 22, 10, tzinfo=UTC)
    ended = times.moment("20:00", now=NOW, zone=SHANGHAI, after=began)
    assert ended == datetime(2026, 11, 22, 12, tzinfo=UTC)
