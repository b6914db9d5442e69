"""What an answer looks like. The builders here serve the other tests of the views, too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bot.asks import Answer, Ask, Row, TaskCard
from bot.errors import Throttled, TimedOut
from bot.live.model import PreloadTask, StatusFilter, TaskState
from bot.reader import Language, Reader
from bot.roles import Right, Rights, Scope
from bot.views import tasks
from bot.views.limits import Message
from bot.views.pick_refs import PickRef
from bot.views.refs import ChoiceRef, OpenRef, PageRef, anchor_of

NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
READER = Reader("U1", Language.ENGLISH, SHANGHAI)
CHINESE = Reader("U2", Language.CHINESE, SHANGHAI)
ASK = Ask("default", "live.example.com")
FAILED = replace(ASK, status=StatusFilter.FAILED)
HOUR = timedelta(hours=1)
MAY_ALL = Rights(dict.fromkeys(Right, Scope(None)))

Anything: TypeAlias = Any
"""A field of any of the models."""


def may(*which: Right, domains: frozenset[str] | None = None) -> Rights:
    """These rights alone; of all domains, unless some are named."""
    return Rights({one: Scope(domains if one in which else frozenset()) for one in Right})


def a_task(number: int = 1, name: str = "cup_main.flv", **fields: Anything) -> PreloadTask:
    """A task that is ready, unless its fields say otherwise."""
    ready = PreloadTask(
        task_id=f"0a1b2c3d-0000-4000-8000-{number:012}",
        domain="live.example.com",
        url=f"http://live.example.com/liveApp/{name}?auth_key=1795350000-0-0-5ecre7",
        created=NOW - timedelta(minutes=50),
        area="domestic",
        window_start=NOW - timedelta(minutes=12, seconds=10),
        window_end=NOW + timedelta(hours=3, minutes=17, seconds=50),
        process=100.0,
        status="complete",
        description="Successfully",
    )
    return msgspec.structs.replace(ready, **fields)


def alone(task: PreloadTask) -> Row:
    return Row(task, task)


def an_answer(*rows: Row, **fields: Anything) -> Answer:
    answer = Answer(
        ask=ASK,
        start=NOW - timedelta(days=3),
        end=NOW,
        rows=rows,
        offset=0,
        total=len(rows),
        whole=True,
        states={},
        counts={},
        streams={},
        observed_at=NOW,
        request_id="REQUEST-1",
        domain_total=137,
    )
    return replace(answer, **fields)


def page(answer: Answer, reader: Reader = READER, **how: Anything) -> Message:
    return tasks.page(answer, reader, now=NOW, **how)


def table(message: Message) -> list[list[str]]:
    """The table's rows without its head."""
    [found] = [block for block in message.blocks if block["type"] == "table"]
    return [[cell["text"] for cell in row] for row in found["rows"]][1:]


def statuses(*rows: Row, **fields: Anything) -> list[str]:
    return [row[0] for row in table(page(an_answer(*rows, **fields)))]


def controls(message: Message) -> dict[str, Any]:
    found = [block for block in message.blocks if block["type"] == "actions"]
    return {control["action_id"]: control for block in found for control in block["elements"]}


def mrkdwn(message: Message) -> str:
    """Everything that sections and context lines say."""
    parts: list[dict[str, str]] = []
    for block in message.blocks:
        parts += [block["text"]] if "text" in block else []
        parts += block.get("fields", [])
        parts += block["elements"] if block["type"] == "context" else []
    return "\n".join(part["text"] for part in parts)


# What is green.


def test_a_complete_task_in_its_window_is_green_until_the_window_ends() -> None:
    assert statuses(alone(a_task())) == ["✅ ready, until 23:00"]


def test_a_complete_task_is_green_when_its_window_is_still_to_come() -> None:
    task = a_task(window_start=NOW + HOUR, window_end=NOW + 2 * HOUR)
    assert statuses(alone(task)) == ["✅ ready, from 20:42"]


def test_a_finished_task_outside_its_window_is_not_green() -> None:
    task = a_task(window_start=NOW - 2 * HOUR, window_end=NOW - HOUR)
    assert statuses(alone(task)) == ["⚠️ complete, window ended 18:42"]


def test_a_finished_task_of_unknown_window_is_not_green() -> None:
    assert statuses(alone(a_task(window_start=None))) == ["❔ complete, window unknown"]


def test_a_task_whose_newer_tasks_are_not_known_is_not_green() -> None:
    assert statuses(Row(a_task(), None)) == ["❔ complete, newer tasks not checked"]


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        ({"status": "failed"}, "⚠️ complete, newer task: ❌ failed"),
        ({"status": "preloading", "process": 63.0}, "⚠️ complete, newer task: 🔄 preloading 63 %"),
        ({"status": "odd"}, "⚠️ complete, newer task: ❔ odd"),
    ],
)
def test_a_complete_task_with_a_newer_unready_one_is_not_green(
    newest: dict[str, Any], said: str
) -> None:
    assert statuses(Row(a_task(1), a_task(2, **newest))) == [said]


def test_a_complete_task_with_a_newer_ready_one_is_green() -> None:
    assert statuses(Row(a_task(1), a_task(2))) == ["✅ ready, until 23:00"]


def test_tasks_without_ids_are_told_apart_by_what_they_are() -> None:
    row = Row(a_task(task_id=""), a_task(task_id="", status="failed"))
    assert statuses(row) == ["⚠️ complete, newer task: ❌ failed"]


def test_the_same_task_read_twice_is_not_taken_for_a_newer_one() -> None:
    row = Row(a_task(found_as=StatusFilter.COMPLETE, status="Success"), a_task(status="Success"))
    assert statuses(row) == ["✅ ready, until 23:00"]


def test_nothing_is_green_in_an_answer_that_could_not_be_read_again() -> None:
    rows = alone(a_task(1)), Row(a_task(2), a_task(3))
    message = page(an_answer(*rows, stale=TimedOut(), streams={TaskState.READY: 2}))
    assert "✅" not in str(message)
    assert {row[0] for row in table(message)} == {"❔ ready when last seen"}
    assert "2 ready when last seen" in message.text
    assert "Not current" in message.text
    assert "did not answer in time" in message.text
    assert "19:42:10 (UTC+8)" in mrkdwn(message)


def test_nothing_is_green_while_old_rows_are_being_read_again() -> None:
    answer = an_answer(alone(a_task()), streams={TaskState.READY: 1})
    message = page(answer, refreshing=True)
    assert "✅" not in str(message)
    assert "Being read again" in mrkdwn(message)
    assert "page.refresh" not in controls(message)


def test_a_green_tick_in_a_value_from_outside_is_not_green() -> None:
    assert statuses(alone(a_task(status="✅ ready"))) == ["❔ ✓ ready"]


# The other states.


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "preloading", "process": 63.0}, "🔄 preloading 63 %"),
        ({"status": "preloading", "process": 99.9}, "🔄 preloading 99 %"),
        ({"status": "preloading", "process": None}, "🔄 preloading"),
        ({"status": "pending"}, "⏳ pending"),
        ({"status": "Failed"}, "❌ failed"),
        ({"status": "Warming"}, "❔ Warming"),
        ({"status": ""}, "❔ unknown"),
        ({"status": "Success", "process": None}, "❔ Success"),
    ],
)
def test_every_state_has_its_icon_and_word(fields: dict[str, Any], said: str) -> None:
    assert statuses(alone(a_task(**fields))) == [said]


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        ({}, "↻ failed, retried: ready"),
        ({"status": "pending"}, "↻ failed, retried: pending"),
        ({"status": "failed"}, "↻ failed, retried: failed"),
        (
            {"window_start": NOW + HOUR, "window_end": NOW + 2 * HOUR},
            "↻ failed, retried: ready, from 20:42",
        ),
    ],
)
def test_a_failed_task_with_a_newer_one_is_shown_as_retried(
    newest: dict[str, Any], said: str
) -> None:
    assert statuses(Row(a_task(1, status="failed"), a_task(2, **newest))) == [said]


def test_a_retry_is_not_called_ready_in_an_answer_that_is_old() -> None:
    row = Row(a_task(1, status="failed"), a_task(2))
    assert statuses(row, stale=TimedOut()) == ["↻ failed, retried: ready when last seen"]


def test_a_window_that_ended_is_no_alarm_when_a_newer_task_is_ready() -> None:
    over = a_task(1, window_start=NOW - 2 * HOUR, window_end=NOW - HOUR)
    assert statuses(Row(over, a_task(2))) == ["↻ complete, window ended 18:42, newer task: ready"]
    assert statuses(Row(over, a_task(2, status="failed"))) == [
        "⚠️ complete, window ended 18:42, newer task: failed"
    ]


# Headlines.


def test_a_filtered_answer_counts_its_tasks_and_what_became_of_their_streams() -> None:
    streams = {TaskState.FAILED: 2, TaskState.READY: 1}
    rows = [alone(a_task(n, status="failed")) for n in range(3)]
    message = page(an_answer(*rows, ask=FAILED, streams=streams, retried=1))
    assert message.text == (
        "live.example.com: 3 failed of 137 tasks. 2 streams still failed, 1 retried and ready"
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"domain_total": None}, "live.example.com: 1 failed task"),
        ({"domain_total": 1}, "live.example.com: 1 failed of 1 task"),
        ({"retried": 2}, "live.example.com: 1 failed of 137 tasks. 2 streams retried"),
        (
            {"total": 101, "streams": {TaskState.PENDING: 1}, "streams_unknown": 3},
            "live.example.com: 101 failed of 137 tasks. Of those looked up: 1 retried and pending",
        ),
        (
            {
                "ask": replace(ASK, status=StatusFilter.COMPLETE),
                "streams": {TaskState.READY_LATER: 1, TaskState.WINDOW_OVER: 2},
            },
            "live.example.com: 1 complete of 137 tasks. Streams: 2 window ended, 1 ready",
        ),
        (
            {
                "ask": replace(ASK, status=StatusFilter.COMPLETE),
                "streams": {TaskState.READY: 1},
                "streams_unknown": 3,
            },
            "live.example.com: 1 complete of 137 tasks. Streams looked up: 1 ready",
        ),
        (
            {"streams": {TaskState.UNKNOWN: 1}},
            "live.example.com: 1 failed of 137 tasks. 1 unknown",
        ),
        (
            {"streams": {TaskState.WINDOW_OVER: 1}},
            "live.example.com: 1 failed of 137 tasks. 1 retried but window ended",
        ),
    ],
)
def test_a_filtered_headline_says_no_more_than_is_known(fields: dict[str, Any], said: str) -> None:
    row = alone(a_task(status="failed"))
    assert page(an_answer(row, **{"ask": FAILED, **fields})).text == said


def test_a_whole_answer_counts_streams_problems_first() -> None:
    streams = {
        TaskState.READY: 50,
        TaskState.READY_LATER: 2,
        TaskState.PENDING: 1,
        TaskState.WINDOW_OVER: 2,
        TaskState.WINDOW_UNKNOWN: 1,
        TaskState.UNKNOWN: 1,
        TaskState.PRELOADING: 4,
        TaskState.FAILED: 3,
    }
    assert page(an_answer(alone(a_task()), streams=streams)).text == (
        "live.example.com: 64 streams. 3 failed, 2 window ended, 1 window unknown, 1 unknown, "
        "1 pending, 4 preloading, 52 ready"
    )


def test_all_ready_is_said_only_if_every_stream_is() -> None:
    answer = an_answer(alone(a_task()), streams={TaskState.READY: 58})
    assert page(answer).text == "live.example.com: all 58 streams ready"
    doubts: tuple[dict[str, Any], ...] = (
        {"without_task": ("rtmp://live.example.com/liveApp/none",)},
        {"outside": (a_task(),)},
        {"unchecked": TimedOut()},
        {"stale": TimedOut()},
        {"streams": {TaskState.READY: 57, TaskState.PENDING: 1}},
    )
    for doubt in doubts:
        assert "all" not in page(replace(answer, **doubt)).text


def test_counts_of_some_urls_are_not_said_of_the_whole_domain() -> None:
    ask = replace(ASK, urls=("rtmp://live.example.com/a/1", "rtmp://live.example.com/a/2"))
    ready = an_answer(alone(a_task()), ask=ask, streams={TaskState.READY: 2})
    assert page(ready).text == "live.example.com, 2 URLs: all 2 streams ready"
    assert page(ready, CHINESE).text == "live.example.com 的 2 个地址：2 路流全部已完成"
    failed = replace(ask, urls=ask.urls[:1], status=StatusFilter.FAILED)
    nothing = page(an_answer(ask=failed, domain_total=None)).text
    assert nothing.startswith("live.example.com, 1 URL: no failed tasks")


def test_one_stream_is_not_counted_but_told_of() -> None:
    answer = an_answer(alone(a_task()), streams={TaskState.FAILED: 1})
    assert page(answer).text == "live.example.com: 1 stream, failed"
    assert page(answer, CHINESE).text == "live.example.com：1 路流，预热失败"
    task = replace(answer, ask=replace(ASK, task_id="t-1"))
    assert page(task).text == "live.example.com: task t-1. Its stream: failed"


def test_a_big_answer_is_counted_in_the_words_of_the_filter() -> None:
    counts = {
        StatusFilter.COMPLETE: 1_157,
        StatusFilter.FAILED: 31,
        StatusFilter.PENDING: 12,
        StatusFilter.PRELOADING: 0,
    }
    message = page(an_answer(alone(a_task()), whole=False, total=1_240, counts=counts))
    assert message.text == "live.example.com: 1,240 tasks. 31 failed, 12 pending, 1,157 complete"
    assert "the API's own order" in mrkdwn(message)


def test_what_was_not_counted_of_a_big_answer_is_reckoned_or_said() -> None:
    three = {StatusFilter.COMPLETE: 447, StatusFilter.FAILED: 41, StatusFilter.PRELOADING: 10}
    answer = an_answer(alone(a_task()), whole=False, total=500, counts=three)
    said = "500 tasks. 41 failed, 2 pending, 10 preloading, 447 complete"
    assert page(answer).text == f"live.example.com: {said}"
    one = page(replace(answer, counts={StatusFilter.FAILED: 0}))
    assert one.text == "live.example.com: 500 tasks. others not counted"
    two = {StatusFilter.FAILED: 41, StatusFilter.PRELOADING: 10}
    assert page(replace(answer, counts=two), CHINESE).text.endswith("其余未统计")


def test_an_answer_up_to_a_moment_counts_the_streams_it_knows() -> None:
    ask = replace(ASK, until=NOW)
    answer = an_answer(alone(a_task()), ask=ask, streams={TaskState.READY: 1})
    assert page(answer).text == "live.example.com: 1 task. Streams: 1 ready"
    assert page(replace(answer, streams={})).text == "live.example.com: 1 task"
    some = replace(answer, streams_unknown=61)
    assert page(some).text == "live.example.com: 1 task. Streams looked up: 1 ready"
    assert page(replace(answer, ends_now=True)).text == "live.example.com: 1 stream, ready"


def test_streams_that_are_not_all_known_are_not_called_all_ready() -> None:
    answer = an_answer(alone(a_task()), streams={TaskState.READY: 1}, streams_unknown=1)
    assert page(answer).text == "live.example.com: 1 task. Streams looked up: 1 ready"


def test_one_task_is_named() -> None:
    message = page(an_answer(alone(a_task()), ask=replace(ASK, task_id="t-1")))
    assert message.text == "live.example.com: task t-1"
    assert "page.status" not in controls(message)


# Nothing found.


def test_finding_nothing_says_so_and_offers_to_widen() -> None:
    ask = replace(FAILED, since=2 * HOUR)
    message = page(an_answer(ask=ask, start=NOW - 2 * HOUR))
    assert message.text == (
        "live.example.com: none failed of 137 tasks. Nothing was started: this command only looks."
    )
    assert "created 22 Nov 17:42 – 22 Nov 19:42 · observed" in mrkdwn(message)
    assert list(controls(message)) == ["page.refresh", "page.status", "widen", "form.open"]
    assert PageRef.unpack(controls(message)["widen"]["value"]).ask == ASK
    assert message.asks == (ask, ASK)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (ASK, "live.example.com: no tasks"),
        (FAILED, "live.example.com: no failed tasks"),
        (replace(ASK, task_id="t-1"), "live.example.com: no task with the ID `t-1`"),
    ],
)
def test_finding_nothing_names_what_was_asked_for(ask: Ask, said: str) -> None:
    assert page(an_answer(ask=ask, domain_total=None)).text.startswith(said)


def test_what_cannot_be_widened_offers_no_widening() -> None:
    assert list(controls(page(an_answer()))) == ["page.refresh", "form.open"]


def test_urls_without_a_task_are_named_and_their_signatures_hidden() -> None:
    urls = tuple(f"rtmp://live.example.com/liveApp/cup_{n}?auth_key=5ecre7" for n in range(3))
    answer = an_answer(ask=replace(ASK, urls=urls), without_task=urls)
    message = page(answer)
    assert "3 URLs without a task: `liveApp/cup_0`, `liveApp/cup_1`" in mrkdwn(message)
    assert "signed URL" not in mrkdwn(message)
    typed = mrkdwn(page(replace(answer, as_typed=True)))
    assert "3 URLs not found as typed: `liveApp/cup_0`" in typed
    assert "a signed URL is found only with the signature" in typed
    assert "5ecre7" not in str((message.text, message.blocks))


def test_a_page_of_one_task_names_its_place_and_thousands_are_set_apart() -> None:
    answer = an_answer(alone(a_task()), offset=1_170, total=1_171)
    assert "task 1,171 of 1,171 ·" in mrkdwn(page(answer))
    assert "第 1,171 个任务，共 1,171 个" in mrkdwn(page(answer, CHINESE))
    two = an_answer(alone(a_task(1)), alone(a_task(2)), offset=1_170, total=1_180)
    assert "tasks 1,171–1,172 of 1,180 ·" in mrkdwn(page(two))


def test_more_urls_without_a_task_than_fit_are_counted() -> None:
    urls = tuple(f"rtmp://live.example.com/liveApp/{n:060}" for n in range(100))
    message = page(an_answer(alone(a_task()), ask=replace(ASK, urls=urls), without_task=urls))
    assert "`liveApp/00" in mrkdwn(message)
    assert " more" in mrkdwn(message)
    assert table(message)


def test_later_pages_only_count_the_urls_without_a_task() -> None:
    answer = an_answer(alone(a_task()), offset=10, total=11, without_task=("rtmp://d/a/b",))
    assert "1 URL without a task" in mrkdwn(page(answer))
    assert "a/b" not in mrkdwn(page(answer))


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (timedelta(hours=1), "1 URL with tasks of another time only"),
        (None, "1 URL with tasks of another signature only"),
    ],
)
def test_streams_that_have_only_other_tasks_are_named_with_their_state(
    since: timedelta | None, said: str
) -> None:
    other = a_task(status="failed")
    ask = replace(ASK, urls=("rtmp://live.example.com/liveApp/cup", other.url), since=since)
    answer = an_answer(alone(a_task()), ask=ask, streams={TaskState.READY: 1}, outside=(other,))
    assert page(answer).text.endswith(f"1 stream. 1 ready, {said}")
    assert f"❔ {said}: ❌ `liveApp/cup_main.flv`" in mrkdwn(page(answer))
    assert "`" not in mrkdwn(page(replace(answer, offset=10, total=11)))


# Times, streams, areas.


def test_times_are_the_readers_and_dated_if_not_today() -> None:
    started = NOW - timedelta(days=1)
    task = a_task(created=started, window_start=started, window_end=started + 6 * HOUR)
    row = table(page(an_answer(alone(task))))[0]
    assert row[2:] == ["21 Nov 19:42 – 01:42", "21 Nov 19:42"]
    assert table(page(an_answer(alone(task)), CHINESE))[0][3] == "11月21日 19:42"


def test_a_page_says_what_time_it_covers_and_when_it_was_observed() -> None:
    assert (
        "created 19 Nov 19:42 – 22 Nov 19:42 (the API keeps 3 days) · mainland China · "
        "observed 19:42:10 (UTC+8)"
    ) in mrkdwn(page(an_answer(alone(a_task()))))


def test_the_area_is_a_column_only_where_it_varies() -> None:
    one, two = alone(a_task(1)), alone(a_task(2, area="overseas"))
    assert len(table(page(an_answer(one)))[0]) == 4
    rows = table(
        page(an_answer(one, two, alone(a_task(3, area="moon")), alone(a_task(4, area=""))))
    )
    assert [row[4] for row in rows] == ["mainland China", "outside mainland China", "moon", "–"]


def test_a_long_stream_is_shortened_in_the_middle_so_that_its_end_stays() -> None:
    name = "cup_" + "very_" * 10 + "main_hd.flv"
    shown = table(page(an_answer(alone(a_task(name=name)))))[0][1]
    assert shown.startswith("liveApp/cup_")
    assert shown.endswith("very_main_hd.flv")
    assert len(shown) == 40


def test_streams_that_shortening_would_make_the_same_are_shown_longer() -> None:
    names = ["cup_" + "very_" * 4 + middle + "_long" * 5 + ".flv" for middle in ("one", "two")]
    rows = [alone(a_task(n, name=name)) for n, name in enumerate(names)]
    first, second = (row[1] for row in table(page(an_answer(*rows))))
    assert first != second


def test_the_protocol_is_shown_only_where_two_streams_would_look_the_same() -> None:
    rtmp = a_task(1, url="rtmp://live.example.com/liveApp/cup")
    http = a_task(2, url="http://live.example.com/liveApp/cup")
    flv = a_task(3, url="http://live.example.com/liveApp/cup.flv")
    shown = [row[1] for row in table(page(an_answer(alone(rtmp), alone(http), alone(flv))))]
    assert shown == ["rtmp://liveApp/cup", "http://liveApp/cup", "liveApp/cup.flv"]


def test_no_query_string_is_ever_shown() -> None:
    message = page(an_answer(alone(a_task())))
    assert "auth_key" not in str(message)
    card = tasks.card(TaskCard(ASK, alone(a_task()), NOW, "R"), READER, now=NOW)
    assert "5ecre7" not in str((card.text, card.blocks))


@pytest.mark.parametrize("is_table", [True, False], ids=["table", "list"])
def test_a_shared_answer_shows_each_reader_their_own_time_and_names_the_zone_of_the_rows(
    *, is_table: bool
) -> None:
    message = page(an_answer(alone(a_task())), shared=True, table=is_table)
    assert "<!date^1795347730^{date_short_pretty} {time_secs}|19:42:10 (UTC+8)>" in mrkdwn(message)
    assert "times in the rows are UTC+8" in mrkdwn(message)
    assert "page.share" not in controls(message)


def test_without_tables_the_same_rows_come_as_a_list() -> None:
    answer = an_answer(alone(a_task()), alone(a_task(2, status="failed")))
    plain = page(answer, table=False)
    [listing] = [block for block in plain.blocks if block["type"] == "rich_text"]
    texts = "".join(part["text"] for part in listing["elements"][0]["elements"])
    for row in table(page(answer)):
        assert all(cell in texts for cell in row)


# Controls.


def many(count: int, **fields: Anything) -> Answer:
    rows = [alone(a_task(n, name=f"cup_{n}.flv")) for n in range(count)]
    return an_answer(*rows, **fields)


def test_one_page_offers_no_turning() -> None:
    found = controls(page(many(3)))
    expected = ["page.refresh", "page.status", "page.open", "page.watch", "page.share", "page.more"]
    assert list(found) == expected
    assert [one["text"]["text"] for one in found["page.more"]["options"]] == ["Export as CSV"]
    assert PageRef.unpack(found["page.watch"]["value"]).ask == ASK


def test_who_may_not_watch_is_offered_no_watch_and_who_may_not_ask_nothing() -> None:
    found = controls(page(many(3), may=frozenset({Right.QUERY})))
    assert list(found) == ["page.refresh", "page.status", "page.open", "page.share", "page.more"]
    assert controls(page(many(3), may=frozenset())) == {}
    assert controls(page(an_answer(), may=frozenset())) == {}


def test_the_first_page_goes_on_and_the_last_goes_back() -> None:
    first, last = controls(page(many(10, total=20))), controls(page(many(10, offset=10, total=20)))
    assert "page.prev" not in first
    assert "page.next" not in last
    assert PageRef.unpack(first["page.next"]["value"]) == PageRef.to(
        ASK, offset=10, end=NOW, total=20, anchor=anchor_of(a_task(9).task_id)
    )
    assert PageRef.unpack(last["page.prev"]["value"]) == PageRef.to(
        ASK, end=NOW, total=20, anchor=anchor_of(a_task(0).task_id)
    )


def test_refresh_asks_for_the_same_page_as_of_now() -> None:
    found = controls(page(many(10, offset=10, total=20)))
    assert PageRef.unpack(found["page.refresh"]["value"]) == PageRef.to(ASK, offset=10, total=20)


def test_menus_carry_a_choice_and_the_key_of_a_question_to_be_stored() -> None:
    message = page(many(2, ask=FAILED))
    found = controls(message)
    assert message.asks == (FAILED,)
    chosen = ChoiceRef.unpack(found["page.status"]["initial_option"]["value"])
    assert chosen == ChoiceRef(FAILED.key, "failed", end=NOW)
    opened = [OpenRef.unpack(option["value"]) for option in found["page.open"]["options"]]
    assert opened == [OpenRef(FAILED.key, a_task(n).task_id) for n in range(2)]


def test_a_middle_page_offers_first_last_and_other_sizes() -> None:
    found = controls(page(many(10, offset=10, total=30)))["page.more"]["options"]
    choices = [ChoiceRef.unpack(option["value"]).choice for option in found]
    assert choices == ["first", "last", "rows-20", "rows-30", "export"]  # a menu takes five


def test_rows_without_a_task_id_cannot_be_opened() -> None:
    assert "page.open" not in controls(page(an_answer(alone(a_task(task_id="")))))
    long = an_answer(alone(a_task(task_id="t" * 200)))
    assert "page.open" not in controls(page(long))


def test_a_question_too_long_for_five_buttons_is_named_by_its_key() -> None:
    ask = replace(ASK, urls=tuple(f"rtmp://live.example.com/liveApp/{n}" for n in range(100)))
    message = page(many(10, ask=ask, total=20))
    assert PageRef.unpack(controls(message)["page.next"]["value"]).key == ask.key
    assert message.asks == (ask,)


# What does not fit.


def test_rows_that_do_not_fit_begin_the_next_page_and_it_is_said() -> None:
    rows = [
        alone(a_task(n, name="n" * 60 + f"{n:02}" + "x" * 60, status="s" * 60, task_id=f"{n:0120}"))
        for n in range(30)
    ]
    answer = an_answer(*rows, ask=replace(ASK, rows=30))
    message = page(answer)
    shown = len(table(message))
    assert 10 <= shown < 30
    assert f"{shown} of 30 rows fit here" in mrkdwn(message)
    assert f"1–{shown} of 30" in mrkdwn(message)
    following = PageRef.unpack(controls(message)["page.next"]["value"])
    assert following.offset == shown
    assert following.anchor == anchor_of(rows[shown - 1].task.task_id)
    assert len(controls(message)["page.open"]["options"]) == shown


def test_thirty_usual_rows_fit() -> None:
    rows = [alone(a_task(n, name=f"cup_final_camera_{n:02}_main_hd.flv")) for n in range(30)]
    assert len(table(page(an_answer(*rows, ask=replace(ASK, rows=30), total=90)))) == 30


# Notes.


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"moved": True}, "rows may have moved"),
        ({"cut": True}, "cut to the 3 days that the API keeps"),
        ({"unchecked": Throttled()}, "could not be checked: The account's quota"),
        ({"stale": Throttled()}, "Not current"),
    ],
)
def test_what_a_reader_must_know_is_noted(fields: dict[str, Any], said: str) -> None:
    answer = an_answer(alone(a_task()))
    assert said not in mrkdwn(page(answer))
    assert said in mrkdwn(page(replace(answer, **fields)))


# The card.


def a_card(row: Row, **fields: Anything) -> TaskCard:
    ask = replace(ASK, task_id=row.task.task_id)
    return replace(TaskCard(ask, row, NOW, "REQUEST-1"), **fields)


def test_a_card_shows_every_field_and_the_request_id() -> None:
    said = mrkdwn(tasks.card(a_card(alone(a_task())), READER, now=NOW))
    for part in (
        "*✅ ready, until 23:00*",
        "`http://live.example.com/liveApp/cup_main.flv?…`",
        "*Window*\n19:30–23:00",
        "*Created*\n22 Nov 18:52",
        "*Area*\nmainland China",
        "*Progress*\n100 %",
        "*Status in the API's words*\ncomplete",
        "*Description*\nSuccessfully",
        "*Domain*\nlive.example.com",
        f"*Task ID*\n{a_task().task_id}",
        "observed 19:42:10 (UTC+8) · request ID `REQUEST-1`",
    ):
        assert part in said


def test_a_card_sets_a_percentage_as_the_language_does() -> None:
    card = a_card(alone(a_task()))
    assert "*进度*\n100%" in mrkdwn(tasks.card(card, CHINESE, now=NOW))


def test_a_card_names_the_streams_newer_task() -> None:
    card = a_card(Row(a_task(1, status="failed", description="InternalError"), a_task(2)))
    said = mrkdwn(tasks.card(card, READER, now=NOW))
    assert "newer task: ✅ ready, until 23:00, created 18:52" in said
    assert a_task(2).task_id in said
    assert "the API names no further cause" in said


def test_a_card_that_could_not_be_read_again_is_not_green() -> None:
    message = tasks.card(a_card(Row(a_task(1), a_task(2)), stale=TimedOut()), READER, now=NOW)
    assert "✅" not in str(message)
    assert "Not current" in mrkdwn(message)


def test_a_cards_buttons_read_it_again_and_find_the_streams_other_tasks() -> None:
    message = tasks.card(a_card(alone(a_task())), READER, now=NOW)
    found = controls(message)
    assert PageRef.unpack(found["card.refresh"]["value"]).ask == message.asks[0]
    assert PageRef.unpack(found["card.watch"]["value"]).ask == message.asks[0]
    stream = replace(ASK, urls=(a_task().url,))
    assert message.asks[1] == stream
    assert PageRef.unpack(found["card.stream"]["value"]).key == stream.key


def test_a_card_of_a_task_without_a_url_offers_no_stream() -> None:
    card = a_card(alone(a_task(url="", created=None, window_end=None, window_start=None)))
    message = tasks.card(replace(card, request_id=""), READER, now=NOW)
    assert list(controls(message)) == ["card.refresh", "card.watch"]


# Until there is an answer.


def test_fetching_says_what_is_being_asked() -> None:
    assert tasks.fetching(ASK, READER).text == "Asking the Live API about live.example.com …"


PICK = PickRef("", "")


def test_a_picker_offers_the_domains_and_says_how_to_do_without() -> None:
    ask = replace(FAILED, domain="")
    message = tasks.pick_domain(ask, ["a.example.com", "b.example.com", "d" * 200], READER, PICK)
    options = controls(message)["domain.pick"]["options"]
    assert [PickRef.unpack(option["value"]) for option in options] == [
        PickRef(ask.key, "a.example.com"),
        PickRef(ask.key, "b.example.com"),
    ]
    assert "/preload status=failed domain=…" in mrkdwn(message)
    assert message.asks == (ask,)


def test_a_picker_says_how_many_domains_it_leaves_out() -> None:
    domains = [f"d{n}.example.com" for n in range(150)]
    message = tasks.pick_domain(replace(ASK, domain=""), domains, READER, PICK)
    assert len(controls(message)["domain.pick"]["options"]) == 100
    assert "100 of 150 domains" in mrkdwn(message)


def test_a_picker_without_domains_only_says_how_to_name_one() -> None:
    assert controls(tasks.pick_domain(replace(ASK, domain=""), [], READER, PICK)) == {}
