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
        ("昨晚", "2026-11-21T10:00Z"),
        ("今晚", "2026-11-22T10:00Z"),
        ("昨天晚上", "2026-11-21T10:00Z"),
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


def test_an_evening_ends_at_midnight() -> None:
    end = times.moment("昨晚", now=NOW, zone=SHANGHAI, latest=True)
    assert end == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert times.coming("今晚", now=NOW, zone=SHANGHAI) == end + timedelta(days=1)


NO_MOMENTS = (
    *("", "z", "at", "25:00", "18:60", "18", "13pm", "2026-02-30", "02-29", "20-11", "tonight"),
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


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20:00", "2026-11-22T12:00Z"),
        ("19:42", "2026-11-23T11:42Z"),
        ("18:00", "2026-11-23T10:00Z"),
        ("18:00Z", "2026-11-22T18:00Z"),
        ("8pm", "2026-11-22T12:00Z"),
        ("tomorrow", "2026-11-22T16:00Z"),
        ("tomorrow 9:00", "2026-11-23T01:00Z"),
        ("明天上午9点", "2026-11-23T01:00Z"),
        ("明晚8点", "2026-11-23T12:00Z"),
        ("今晚8点", "2026-11-22T12:00Z"),
        ("明晚8点半", "2026-11-23T12:30Z"),
        ("today 18:00", "2026-11-22T10:00Z"),
        ("11-22 18:00", "2026-11-22T10:00Z"),
        ("11-21", "2027-11-20T16:00Z"),
        ("2026-11-22T21:30+08:00", "2026-11-22T13:30Z"),
        ("2h", "2026-11-22T13:42:10Z"),
        ("90分钟后", "2026-11-22T13:12:10Z"),
        ("2 hours from now", "2026-11-22T13:42:10Z"),
        ("2小时内", "2026-11-22T13:42:10Z"),
        ("2h ago", "2026-11-22T09:42:10Z"),
        ("-2h", "2026-11-22T09:42:10Z"),
        ("两小时前", "2026-11-22T09:42:10Z"),
        ("yesterday 20:00", "2026-11-21T12:00Z"),
    ],
)
def test_when_something_ends_is_the_next_time_that_it_may_mean(text: str, moment: str) -> None:
    assert times.coming(text, now=NOW, zone=SHANGHAI) == datetime.fromisoformat(moment)


def test_an_end_on_a_day_when_clocks_change_keeps_its_clock_time() -> None:
    evening = datetime(2026, 11, 1, 1, tzinfo=UTC)  # 21:00 in New York, which falls back at night
    assert times.coming("20:00", now=evening, zone=NEW_YORK) == datetime(2026, 11, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2", "0h", "until 20:00", "12-32", "02-29"])
def test_what_is_no_end(text: str) -> None:
    assert times.coming(text, now=NOW, zone=SHANGHAI) is None


@pytest.mark.parametrize("text", ["0", "0s", "00 min", "0分钟", "0.0H"])
def test_no_time_at_all(text: str) -> None:
    assert times.is_zero(text)


@pytest.mark.parametrize("text", ["", "1s", "00", "半小时", "0x", "0 0", "10m"])
def test_what_is_some_time_or_none_of_a_kind(text: str) -> None:
    assert not times.is_zero(text)


def test_a_clock_time_that_ends_a_window_is_the_next_after_its_beginning() -> None:
    began = datetime(2026, 11, 22, 10, tzinfo=UTC)
    ended = times.moment("20:00", now=NOW, zone=SHANGHAI, after=began)
    assert ended == datetime(2026, 11, 22, 12, tzinfo=UTC)
