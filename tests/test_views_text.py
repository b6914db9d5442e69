import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asks import Ask
from bot.live.model import PreloadTask, StatusFilter
from bot.reader import Language, Reader
from bot.views.commands import command
from bot.views.mrkdwn import code, escaped, masked, plain, shortened, stream_name, unsigned
from bot.views.times import clock, dated, for_everyone, to_the_second, window, zone_name
from bot.views.underline import underlined

NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)


def reader(zone: str = "Asia/Shanghai", language: Language = Language.ENGLISH) -> Reader:
    return Reader("U1", language, ZoneInfo(zone))


# Values from outside.


@pytest.mark.parametrize("call", ["<!channel>", "<@U1>", "<!subteam^S1>", "@channel", "@here"])
def test_nothing_in_a_value_can_call_anybody(call: str) -> None:
    shown = escaped(f"cup {call} final")
    assert "<" not in shown
    assert call not in shown


def test_escaping_leaves_the_rest_readable() -> None:
    assert escaped("a & b < c > d") == "a &amp; b &lt; c &gt; d"


def test_an_emoji_code_in_a_value_is_not_drawn() -> None:
    assert ":white_check_mark:" not in escaped("x :white_check_mark: y")
    assert escaped("19:30:10") == "19:30:10"


@pytest.mark.parametrize(
    "name", ["*Cup*", "a*b", "~Cup~", "`Cup`", "_Cup_", "Cup _1_", "__", "a__b"]
)
def test_a_value_styles_nothing(name: str) -> None:
    shown = escaped(name)
    assert len(shown) == len(name)
    assert not set("*~`") & set(shown)
    assert not re.search(r"(?<![a-z0-9])_|_(?![a-z0-9])", shown, re.IGNORECASE)


@given(st.text("*_~`ab 主", max_size=20))
def test_only_within_a_word_an_underscore_stays(name: str) -> None:
    shown = escaped(f"x{name}x")
    for before, mark, after in zip(shown, shown[1:], shown[2:], strict=False):
        assert mark not in "*~`"
        assert mark != "_" or (before.isalnum() and after.isalnum())


def test_names_of_streams_keep_their_underscores() -> None:
    assert escaped("liveApp/cup_cam_2.flv") == "liveApp/cup_cam_2.flv"
    assert escaped("主路_1") == "主路_1"


def test_code_can_be_copied_as_it_is_and_cannot_be_left() -> None:
    assert code("acs:cdn:*:*:domain/x") == "`acs:cdn:*:*:domain/x`"
    assert code("a`b").count("`") == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\tc", "a b c"),
        ("a\u2028b\u3000c", "a b c"),
        ("\u202ecup\u200b\ufeff", "cup"),
        ("a\ud800b", "a\ufffdb"),
        ("", "–"),
        ("\x00\n", "–"),
        ("✅ ready", "✓ ready"),
        ("世界杯 🏆", "世界杯 🏆"),
    ],
)
def test_a_value_becomes_one_harmless_line(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(st.characters()), st.integers(2, 50))
def test_any_value_becomes_a_line_within_its_limit(text: str, limit: int) -> None:
    line = plain(text, limit)
    assert 0 < len(line) <= limit
    assert "\n" not in line
    assert "✅" not in line


@given(st.text(), st.integers(5, 50))
def test_shortening_keeps_both_ends_and_the_limit(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) == min(len(text), limit)
    assert short[0:1] == text[0:1]
    assert short[-2:] == text[-2:]


# URLs.


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://d/a/b.flv?auth_key=5ecre7&x=1", "http://d/a/b.flv?…"),
        ("http://d/a/b.flv", "http://d/a/b.flv"),
        ("rtmp://user:5ecre7@d/a/b", "rtmp://d/a/b"),
        ("http://d/a%3Fauth_key=5ecre7", "http://d/a?…"),
        ("http://d/a&auth_key=5ecre7", "http://d/a&?…"),
        ("http://d/a#5ecre7", "http://d/a?…"),
        ("http://d/a？auth_key=5ecre7", "http://d/a?…"),
    ],
)
def test_a_shown_url_keeps_no_secret(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_a_signature_in_running_text_is_dotted_out_in_its_place() -> None:
    text = "url=http://d/a?auth_key=5ecre7 status=faild"
    assert unsigned(text) == "url=http://d/a?auth_key=•••••• status=faild"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://live.example.com/liveApp/cup.flv?x=1", "liveApp/cup.flv"),
        ("http://LIVE.example.com/liveApp/cup.flv", "liveApp/cup.flv"),
        ("http://other.example.com/liveApp/cup.flv", "other.example.com/liveApp/cup.flv"),
        ("http://live.example.com", "live.example.com"),
        ("liveApp/cup", "liveApp/cup"),
        ("http://[broken/a", "http://[broken/a"),
        ("", "–"),
    ],
)
def test_a_stream_is_named_as_people_call_it(url: str, name: str) -> None:
    assert stream_name(url, "live.example.com") == name


# Times.


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Asia/Shanghai", "UTC+8"),
        ("UTC", "UTC"),
        ("America/St_Johns", "UTC-3:30"),
        ("Asia/Kolkata", "UTC+5:30"),
    ],
)
def test_a_zone_is_named_by_its_offset(zone: str, name: str) -> None:
    assert zone_name(NOW, reader(zone)) == name


def test_a_time_of_another_day_or_year_is_dated() -> None:
    assert clock(NOW, reader(), NOW) == "19:42"
    assert clock(NOW - timedelta(days=1), reader(), NOW) == "21 Nov 19:42"
    assert clock(NOW - timedelta(days=365), reader(), NOW) == "22 Nov 2025 19:42"
    chinese = reader(language=Language.CHINESE)
    assert clock(NOW - timedelta(days=365), chinese, NOW) == "2025年11月22日 19:42"
    assert dated(NOW, chinese, NOW) == "11月22日 19:42"


def test_the_readers_day_counts_not_the_machines() -> None:
    late = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert clock(late, reader(), late + timedelta(minutes=1)) == "00:30"
    assert clock(late, reader(), NOW) == "23 Nov 00:30"


def test_an_observation_is_told_to_the_second_with_its_zone() -> None:
    assert to_the_second(NOW, reader(), NOW) == "19:42:10 (UTC+8)"
    assert to_the_second(NOW - timedelta(days=1), reader(), NOW) == "21 Nov 19:42:10 (UTC+8)"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (0, 1, "19:42–20:42"),
        (2, 6, "21:42 – 23 Nov 01:42"),
        (-24, -23, "21 Nov 19:42–20:42"),
        (None, 1, "?–20:42"),
        (0, None, "19:42–?"),
        (None, None, "–"),
    ],
)
def test_a_window_is_told_shortly(start: int | None, end: int | None, said: str) -> None:
    task = PreloadTask(
        "1",
        "d",
        "u",
        window_start=None if start is None else NOW + timedelta(hours=start),
        window_end=None if end is None else NOW + timedelta(hours=end),
    )
    assert window(task, reader(), NOW) == said


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["Asia/Shanghai", "Etc/GMT+12"]))
def test_any_moment_can_be_told(moment: datetime, zone: str) -> None:
    assert to_the_second(moment, reader(zone), NOW)
    assert for_everyone(moment, "{time}", "then")


# Commands and lines.


def test_a_question_is_told_as_the_command_that_asks_it() -> None:
    ask = Ask(
        "default",
        "live.example.com",
        status=StatusFilter.FAILED,
        task_id="t-1",
        urls=("http://d/a?auth_key=5ecre7", "b", "c", "d"),
        since=timedelta(hours=2),
        until=NOW,
        rows=20,
    )
    assert command(ask) == (
        "/preload domain=live.example.com task=t-1 url=http://d/a?… url=b url=c url=… "
        "status=failed since=2026-11-22T09:42:10Z until=2026-11-22T11:42:10Z size=20"
    )
    assert command(Ask("default", "", since=timedelta(minutes=90))) == "/preload since=90m"
    assert command(Ask("default", "", since=NOW)) == "/preload since=2026-11-22T11:42:10Z"
    on_the_hour = datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert command(Ask("default", "", since=on_the_hour)) == "/preload since=2026-11-22T11:00Z"


def test_the_wrong_part_of_a_line_is_underlined() -> None:
    assert underlined("status=faild", 7, 12) == "/preload status=faild\n                ^^^^^"


def test_a_missing_part_is_marked_where_it_should_stand() -> None:
    assert underlined("status=", 7, 7) == "/preload status=\n                ^"


def test_marks_are_wide_under_wide_characters() -> None:
    assert underlined("状态=失败", 3, 5) == "/preload 状态=失败\n         　　 ＾＾"


def test_a_mark_that_combines_takes_no_place_of_its_own() -> None:
    assert underlined("cafe\u0301 x", 6, 7) == "/preload cafe\u0301 x\n              ^"


def test_a_long_line_is_cut_round_the_wrong_part() -> None:
    line, marks = underlined("a" * 500 + "bad" + "c" * 500, 500, 503).split("\n")
    assert line.startswith("…")
    assert line.endswith("…")
    assert len(line) < 120
    assert line[marks.index("^") : marks.rindex("^") + 1] == "bad"


@given(st.text(), st.integers(-5, 50), st.integers(-5, 50))
def test_any_line_is_marked_somewhere_on_a_second_line(text: str, start: int, end: int) -> None:
    _, marks = underlined(text, start, end).split("\n")
    assert set(marks) <= set(" 　^＾…")
    assert {"^", "＾"} & set(marks)
