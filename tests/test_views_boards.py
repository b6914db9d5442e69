"""A watch's message, and what is said in its thread."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.asks import Ask
from bot.live.model import PreloadTask, StatusFilter
from bot.reader import Language
from bot.views import boards
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.limits import Message
from bot.views.refs import OpenRef
from bot.views.watch_words import title
from bot.watch.boards import Board, Line, Verdict
from bot.watch.model import ChangeKind, Ending, Watch
from bot.watch.notices import NoticeKind
from bot.words import words
from tests.test_views import CHINESE, NOW, READER, Anything, a_task, mrkdwn
from tests.test_views_told import MINUTE, a_change, a_notice, controls, taken

ASK = Ask("default", "live.example.com", urls=("http://live.example.com/liveApp/cup_main.flv",))
FILTER = Ask("default", "live.example.com", status=StatusFilter.PRELOADING)


def a_watch(**fields: Anything) -> Watch:
    """A list watch that goes on."""
    watch = Watch(
        id="watch0000001",
        team_id="T0001",
        channel_id="C0001",
        ask=ASK,
        owner="U0001",
        created_at=NOW - timedelta(hours=1),
        until=NOW + timedelta(hours=5),
        name="Cup final",
    )
    return replace(watch, **fields)


def a_line(task: PreloadTask | None, url: str = "", *, is_stuck: bool = False) -> Line:
    """A stream whose newest task is this one."""
    if task is None:
        return Line(f"http://live.example.com/liveApp/{url}", None, None)
    return Line(task.url, task, task.state(NOW), is_stuck=is_stuck)


def ready(count: int) -> list[Line]:
    return [a_line(a_task(n, f"cup_cam{n}.flv")) for n in range(1, count + 1)]


def a_board(*lines: Line, **fields: Anything) -> Board:
    """What was seen just now, and is not all ready."""
    board = Board(
        watch=a_watch(),
        lines=lines,
        observed_at=NOW,
        next_end=NOW + timedelta(hours=1, minutes=17, seconds=50),
        verdict=Verdict.NOT_READY,
    )
    return replace(board, **fields)


FAILED = a_line(a_task(20, "cup_main_hd.flv", status="failed"))
OVER = a_line(a_task(21, "cup_cam3.flv", window_end=NOW - timedelta(minutes=12, seconds=10)))
PRELOADING = a_line(a_task(22, "cup_wide.flv", status="preloading", process=63.0))
STUCK = replace(PRELOADING, url="http://live.example.com/liveApp/cup_slow.flv", is_stuck=True)
PENDING = a_line(a_task(23, "cup_late.flv", status="pending", process=0.0))
NO_TASK = a_line(None, "cup_nobody.flv")
UNKNOWN = a_line(a_task(24, "cup_odd.flv", status="Archived"))


def board(shown: Board) -> Message:
    return taken(boards.board(shown, READER, now=NOW))


def test_a_board_counts_streams_draws_a_bar_and_names_problems_first() -> None:
    shown = a_board(*ready(7), PRELOADING, PRELOADING, PENDING, FAILED, OVER)
    message = board(shown)
    body = mrkdwn(message)
    assert body.startswith(
        "*Cup final: 7 of 12 ready* · 2 preloading · 1 pending · 1 failed · 1 window ended\n"
        "███████░░░░░"
    )
    lines = body.splitlines()
    assert lines.index("❌ liveApp/cup_main_hd.flv") < lines.index(
        "⚠️ window ended 19:30: liveApp/cup_cam3.flv"
    )
    assert "🔄 preloading 63 %: liveApp/cup_wide.flv" in lines
    assert "⏳ pending: liveApp/cup_late.flv" in lines
    assert "observed 19:42:10 (UTC+8) · next window end 21:00 · for <@U0001>" in body
    assert message.text == (
        "Cup final: 7 of 12 ready, 2 preloading, 1 pending, 1 failed, 1 window ended"
    )
    assert "✅" not in body


def test_each_problem_is_named_with_its_stream() -> None:
    body = mrkdwn(board(a_board(STUCK, NO_TASK, UNKNOWN)))
    assert "⚠️ stuck, preloading 63 %: liveApp/cup_slow.flv" in body
    assert "❔ no task: liveApp/cup_nobody.flv" in body
    assert "❔ Archived: liveApp/cup_odd.flv" in body
    assert "1 unknown · 1 without a task · 1 stuck" in body


def test_a_board_of_many_streams_names_twenty_problems_and_counts_the_others() -> None:
    many = [
        a_line(a_task(n, f"cup_cam{n}_with_a_rather_long_name_1080p60.flv", status="failed"))
        for n in range(100)
    ]
    message = board(a_board(*many, *([PENDING] * 9)))
    body = mrkdwn(message)
    assert body.count("❌") == 20
    assert "and 80 more" in body
    assert "and 4 more under way" not in body  # no name is looked up for what stands so far behind
    assert len(controls(message)["board.open"]["options"]) >= 30


def test_few_of_those_under_way_are_named() -> None:
    body = mrkdwn(board(a_board(*([PENDING] * 9))))
    assert body.count("⏳ pending: liveApp/cup_late.flv") == 5
    assert "and 4 more under way" in body


def test_a_board_is_green_only_when_every_stream_is_ready() -> None:
    message = board(a_board(*ready(12), verdict=Verdict.READY))
    assert message.text == "✅ Cup final: all 12 streams ready, until 21:00"
    assert "████████████" in mrkdwn(message)
    one = board(a_board(*ready(1), verdict=Verdict.READY))
    assert one.text == "✅ Cup final: 1 stream ready, until 21:00"


def test_a_window_still_to_come_is_told_from_when() -> None:
    later = a_line(a_task(30, "cup_late.flv", window_start=NOW + 18 * MINUTE))
    shown = a_board(*ready(1), later, verdict=Verdict.READY)
    assert board(shown).text == "✅ Cup final: all 2 streams ready, from 20:00 until 21:00"
    apart = replace(shown, next_end=NOW + 10 * MINUTE)
    assert board(apart).text == "✅ Cup final: all 2 streams ready"
    assert "next window end 19:52" in mrkdwn(board(apart))


def test_a_window_end_that_the_headline_tells_is_not_told_again() -> None:
    body = mrkdwn(board(a_board(*ready(2), verdict=Verdict.READY)))
    assert body.count("21:00") == 1


def test_to_stop_a_watch_is_asked_about_first() -> None:
    asked = controls(board(a_board(PENDING)))["board.stop"]["confirm"]
    assert asked["title"]["text"] == "Stop watching?"
    assert asked["confirm"]["text"] != asked["deny"]["text"]


def test_a_watch_without_a_name_is_called_by_its_only_stream_or_by_what_is_asked_for() -> None:
    english, chinese = words(Language.ENGLISH), words(Language.CHINESE)
    filtered = a_watch(name=" ", ask=FILTER)
    several = a_watch(name="", ask=replace(ASK, urls=(*ASK.urls, f"{ASK.urls[0]}2")))
    assert title(a_watch(name=""), english) == "liveApp/cup_main.flv"
    assert title(several, english) == "live.example.com"
    assert title(filtered, english) == "live.example.com, status=preloading"
    assert title(filtered, chinese) == "live.example.com（预热中）"


def test_nothing_is_judged_before_anything_was_read() -> None:
    message = board(a_board(NO_TASK, observed_at=None, next_end=None, verdict=Verdict.UNKNOWN))
    assert message.text == "⏳ Cup final: being read for the first time …, 1 stream"
    assert "no task" not in mrkdwn(message)
    assert "observed" not in mrkdwn(message)


def test_a_filter_that_matches_nothing_is_unknown_and_no_verdict() -> None:
    shown = a_board(verdict=Verdict.UNKNOWN, next_end=None, watch=a_watch(ask=FILTER))
    body = mrkdwn(board(shown))
    assert "❔ Cup final: nothing matches yet" in body
    assert "watched until 23 Nov 00:42" in body


@pytest.mark.parametrize("verdict", Verdict)
def test_a_board_that_cannot_be_read_says_so_and_shows_no_green(verdict: Verdict) -> None:
    shown = a_board(
        *ready(2), verdict=verdict, failing_since=NOW - 2 * MINUTE, failure="ServiceUnavailable"
    )
    message = board(shown)
    assert message.text == (
        "❔ Cup final: 2 of 2 ready when last seen. ⚠️ not read since 19:40: ServiceUnavailable"
    )
    assert "✅" not in str(message.blocks)
    assert "█" not in mrkdwn(message)
    assert "⚠️ not read since 19:40" in mrkdwn(board(replace(shown, failure="")))


def test_a_stopped_board_says_who_stopped_it_and_can_be_stopped_no_more() -> None:
    stopped = a_watch(ended_at=NOW, ending=Ending.STOPPED, stopped_by="U0002")
    message = board(a_board(*ready(2), FAILED, watch=stopped))
    assert "Stopped by <@U0002> at 19:42" in mrkdwn(message)
    assert message.text.startswith("Cup final: 2 of 3 ready, 1 failed")
    assert list(controls(message)) == ["board.open"]


@pytest.mark.parametrize(
    ("shown", "headline"),
    [
        (
            a_board(*ready(12), verdict=Verdict.READY),
            "✅ Cup final: all 12 streams ready, until 21:00",
        ),
        (a_board(*ready(2), FAILED), "❌ Cup final: NOT READY, 2 of 3 ready, 1 failed"),
        (
            a_board(*ready(1), NO_TASK, verdict=Verdict.UNKNOWN),
            "❔ Cup final: UNKNOWN, 1 of 2 ready, 1 without a task",
        ),
        (
            a_board(*ready(1), verdict=Verdict.READY, failing_since=NOW),
            "❔ Cup final: UNKNOWN, 1 of 1 ready when last seen",
        ),
        (a_board(verdict=Verdict.UNKNOWN), "❔ Cup final: UNKNOWN, nothing matched"),
        (
            a_board(verdict=Verdict.UNKNOWN, observed_at=None, next_end=None),
            "❔ Cup final: UNKNOWN, it was never read",
        ),
    ],
)
def test_an_ended_watch_shows_its_verdict_and_its_owner_is_told(
    shown: Board, headline: str
) -> None:
    ended = replace(shown, watch=a_watch(ended_at=NOW, ending=Ending.UNTIL))
    assert board(ended).text.startswith(headline)
    reply = taken(boards.verdict(a_notice(NoticeKind.VERDICT), ended, READER, now=NOW))
    assert reply.text.startswith(f"<@U0001> {headline}")
    assert "Ended at 19:42" in mrkdwn(reply)


def test_a_list_that_is_finished_says_so() -> None:
    ended = a_watch(ended_at=NOW, ending=Ending.FINISHED)
    body = mrkdwn(board(a_board(FAILED, watch=ended)))
    assert "Ended at 19:42: every stream is finished" in body


def test_a_boards_tasks_can_be_opened_problems_first_and_it_can_be_stopped() -> None:
    message = board(a_board(*ready(2), FAILED, NO_TASK))
    found = controls(message)
    options = found["board.open"]["options"]
    assert [option["text"]["text"][:2].strip() for option in options] == ["❌", "✅", "✅"]
    assert OpenRef.unpack(options[0]["value"]) == OpenRef(ASK.key, a_task(20).task_id)
    assert message.asks == (ASK,)
    stop = FollowRef.unpack(found["board.stop"]["value"])
    assert stop == FollowRef(FollowKind.WATCH, "watch0000001")


def alert(*changes: Anything) -> Message:
    notice = a_notice(NoticeKind.ALERT, *changes)
    return taken(boards.alert(notice, a_watch(), READER, now=NOW))


def test_an_alert_calls_the_owner_and_says_what_happened_to_which_stream() -> None:
    message = alert(a_change())
    assert message.text == "<@U0001> Cup final: ❌ failed: liveApp/cup_main.flv"
    assert "<@U0001> *Cup final*" in mrkdwn(message)
    assert "further failures are counted in the message above" in mrkdwn(message)


def test_an_alert_groups_streams_by_what_happened_to_them() -> None:
    body = mrkdwn(
        alert(
            *(
                a_change(ChangeKind.WINDOW_SOON, n, f"cup_cam{n}.flv", window_end=NOW + 14 * MINUTE)
                for n in range(17)
            ),
            a_change(ChangeKind.STUCK, 30, "cup_slow.flv", status="pending", process=0.0),
            a_change(ChangeKind.WINDOW_OVER, 31, "cup_old.flv", window_end=NOW - MINUTE),
        )
    )
    lines = body.splitlines()
    assert "⚠️ no progress, and the window is near or has begun: liveApp/cup_slow.flv" in lines
    assert "⚠️ complete, window ended 19:41: liveApp/cup_old.flv" in lines
    soon = next(line for line in lines if "window ends at" in line)
    assert soon.startswith("⚠️ window ends at 19:56, in 14 min: liveApp/cup_cam0.flv, ")
    assert soon.endswith("liveApp/cup_cam14.flv and 2 more")
    assert "further failures" not in body


def test_an_alert_of_many_kinds_names_some_and_counts_the_others() -> None:
    body = mrkdwn(
        alert(
            *(
                a_change(ChangeKind.WINDOW_SOON, n, f"cup_cam{n}.flv", window_end=NOW + n * MINUTE)
                for n in range(1, 10)
            )
        )
    )
    assert "in 6 min: liveApp/cup_cam6.flv\nand 3 more" in body


def test_a_board_speaks_chinese() -> None:
    message = taken(boards.board(a_board(*ready(7), FAILED, STUCK), CHINESE, now=NOW))
    body = mrkdwn(message)
    assert "*Cup final：9 路中 7 路已完成* · 1 个预热失败 · 1 个进度停滞" in body
    assert "⚠️ 进度停滞，预热中 63%：liveApp/cup_slow.flv" in body
    assert "查询于 19:42:10 (UTC+8) · 最近的预热时段结束于 21:00 · 通知 <@U0001>" in body
