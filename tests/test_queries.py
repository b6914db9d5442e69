from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bot.asks import LAST_OFFSET, Ask, Place
from bot.errors import (
    ArgumentRefused,
    PermissionRefused,
    StaleReference,
    Throttled,
    TimedOut,
    TooManyWait,
    Unavailable,
)
from bot.live.model import PreloadTask, StatusFilter, TaskPage, TaskQuery, TaskState
from bot.live.protocol import check
from bot.memory import DOMAINS_FRESH_S, FRESH_S, FRESH_SETTLED_S, KEPT_S, PATIENCE_S
from bot.queries import Queries
from bot.views.refs import anchor_of
from tests import virtual_time
from tests.shelf import DOMAIN, EVENING, Shelf, task

ASK = Ask(account="default", domain=DOMAIN)
FAILED = replace(ASK, status=StatusFilter.FAILED)
MANY = [task(10_000 + n, minutes_ago=2_000 + n) for n in range(301)]
"""Beside these, a domain has too many tasks to be read."""
NEWER = [task(20_000 + n, minutes_ago=n / 100) for n in range(120)]
"""Behind these, a task is not among the latest hundred."""


class Evening:
    """A shelf, and queries that ask it, on one clock."""

    def __init__(self, shelf: Shelf, *, most_waiting: int = 200) -> None:
        self.shelf = shelf
        self.passed_s = 0.0
        self.queries = Queries(
            {"default": shelf},
            now=lambda: shelf.now,
            clock=lambda: self.passed_s,
            mark_of=anchor_of,
            most_waiting=most_waiting,
        )

    def later(self, seconds: float) -> None:
        self.passed_s += seconds
        self.shelf.now += timedelta(seconds=seconds)


def evening(tasks: int = 0, **more: object) -> Evening:
    shelf = Shelf([task(n, minutes_ago=n) for n in range(tasks)])
    for name, value in more.items():
        setattr(shelf, name, value)
    return Evening(shelf)


# --- how many calls ---


@pytest.mark.parametrize(("tasks", "calls"), [(0, 1), (100, 1), (101, 2), (300, 3)])
async def test_up_to_300_tasks_everything_is_read(tasks: int, calls: int) -> None:
    of = evening(tasks)
    answer = await of.queries.page(ASK)
    assert answer.whole
    assert answer.total == tasks
    assert sum(answer.states.values()) == tasks
    assert len(of.shelf.calls) == calls


async def test_beyond_300_tasks_the_counts_come_from_calls_with_one_row() -> None:
    of = evening(301)
    of.shelf.tasks[7] = task(7, minutes_ago=7, status="failed")
    answer = await of.queries.page(ASK)
    assert not answer.whole
    assert answer.counts[StatusFilter.FAILED] == 1
    assert answer.counts[StatusFilter.COMPLETE] == 300
    assert [size for _, _, size in of.shelf.calls] == [100, 1, 1, 1]


@pytest.mark.parametrize("tasks", [0, 1, 100, 101, 200, 201, 300, 301, 1_000])
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    "ask",
    [
        ASK,
        replace(ASK, status=StatusFilter.COMPLETE),
        replace(ASK, until=EVENING),
        replace(ASK, task_id="task-1"),
        replace(ASK, urls=("rtmp://live.example.com/liveApp/cam1",)),
    ],
)
async def test_a_first_answer_costs_at_most_four_calls(
    ask: Ask, tasks: int, newest_first: bool
) -> None:
    of = evening(tasks, newest_first=newest_first)
    await of.queries.page(ask)
    assert len(of.shelf.calls) <= 4


async def test_turning_pages_of_a_listing_that_lives_takes_no_calls() -> None:
    of = evening(137)
    first = await of.queries.page(ASK)
    asked = len(of.shelf.calls)
    for offset in range(10, 137, 10):
        await of.queries.page(ASK, Place(offset=offset, end=first.end, total=first.total))
    assert len(of.shelf.calls) == asked


async def test_bare_success_is_settled_by_the_complete_filter() -> None:
    of = evening()
    of.shelf.tasks = [task(1, status="Success"), task(2, status="Success", process=40)]
    bare = of.shelf.tasks[0]
    of.shelf._is = lambda one, query: (  # type: ignore[method-assign] # what the filter knows
        query.status is None or (query.status is StatusFilter.COMPLETE and one is bare)
    )
    answer = await of.queries.page(ASK)
    assert {row.task.task_id: row.task.state(EVENING) for row in answer.rows} == {
        "task-1": TaskState.READY,
        "task-2": TaskState.PRELOADING,
    }


# --- order and paging ---


async def test_problems_stand_first_then_the_newest() -> None:
    of = evening()
    of.shelf.tasks = [
        task(1, minutes_ago=1),
        task(2, minutes_ago=2, window=(-120, -60)),
        task(3, minutes_ago=90, status="failed", name="retried"),
        task(4, minutes_ago=3, name="retried"),
        task(5, minutes_ago=80, status="failed"),
        task(6, minutes_ago=4, status="strange"),
    ]
    answer = await of.queries.page(ASK)
    order = [row.task.task_id for row in answer.rows]
    assert order == ["task-5", "task-2", "task-6", "task-3", "task-1", "task-4"]
    assert answer.retried == 1


@given(
    tasks=st.integers(0, 420),
    rows=st.integers(5, 30),
    fits=st.lists(st.integers(1, 30), max_size=40),
)
async def test_on_a_still_set_of_tasks_paging_shows_every_task_once(
    tasks: int, rows: int, fits: list[int]
) -> None:
    of = evening(tasks)
    ask = replace(ASK, rows=rows)
    room = iter(fits)
    seen: list[str] = []
    answer = await of.queries.page(ask)
    while answer.rows:
        shown = answer.rows[: next(room, rows)]  # a message may have room for fewer
        seen += [row.task.task_id for row in shown]
        if answer.offset + len(shown) >= answer.total:
            break
        mark = anchor_of(shown[-1].task.task_id)
        offset = answer.offset + len(shown)
        place = Place(offset, end=answer.end, total=answer.total, last_shown=mark)
        answer = await of.queries.page(ask, place)
        assert not answer.moved
    assert sorted(seen) == sorted(one.task_id for one in of.shelf.tasks)


@pytest.mark.parametrize("tasks", [137, 437])
async def test_a_page_past_the_end_shows_the_last_one(tasks: int) -> None:
    of = evening(tasks)
    answer = await of.queries.page(ASK, Place(offset=5_000))
    assert answer.offset == tasks - 7
    assert len(answer.rows) == 7
    last = await of.queries.page(ASK, Place(offset=LAST_OFFSET, refresh=True))
    assert last.rows == answer.rows


async def test_a_page_whose_tasks_have_left_the_api_meanwhile_shows_the_last_one() -> None:
    of = evening(405)
    first = await of.queries.page(ASK)
    del of.shelf.tasks[395:]
    answer = await of.queries.page(ASK, Place(400, end=first.end, total=405))
    assert (answer.offset, len(answer.rows), answer.total) == (390, 5, 395)
    assert answer.moved


async def test_rows_may_have_moved_when_the_total_has_changed() -> None:
    of = evening(40)
    first = await of.queries.page(ASK)
    of.later(KEPT_S + 1)
    of.shelf.tasks.pop()
    place = Place(10, end=first.end, total=first.total)
    assert (await of.queries.page(ASK, place)).moved


async def test_rows_may_have_moved_when_the_row_before_is_another() -> None:
    of = evening(40)
    first = await of.queries.page(ASK)
    last_shown = anchor_of(first.rows[-1].task.task_id)
    of.later(KEPT_S + 1)
    of.shelf.tasks[20] = task(20, minutes_ago=20, status="failed")
    place = Place(10, end=first.end, total=first.total, last_shown=last_shown)
    assert (await of.queries.page(ASK, place)).moved


async def test_rows_may_have_moved_when_the_row_after_is_another() -> None:
    of = evening(40)
    await of.queries.page(ASK)
    second = await of.queries.page(ASK, Place(10))
    first_shown = anchor_of(second.rows[0].task.task_id)
    back = Place(0, end=second.end, total=second.total, first_shown=first_shown)
    assert not (await of.queries.page(ASK, back)).moved
    of.later(KEPT_S + 1)
    of.shelf.tasks[20] = task(20, minutes_ago=20, status="failed")
    assert (await of.queries.page(ASK, back)).moved


async def test_rows_moved_between_api_pages_while_they_were_read_are_said_to() -> None:
    of = evening(150)

    def one_more() -> None:
        of.shelf.tasks.append(task(1_000, minutes_ago=0.5))
        of.shelf.before_reply = lambda: None

    of.shelf.before_reply = lambda: setattr(of.shelf, "before_reply", one_more)
    answer = await of.queries.page(ASK)
    assert answer.moved
    assert len({row.task.task_id for row in answer.rows}) == len(answer.rows)


# --- what is remembered ---


async def test_the_same_question_is_answered_from_memory_for_seconds_while_tasks_run() -> None:
    of = evening()
    of.shelf.tasks = [task(1, status="preloading")]
    first = await of.queries.page(ASK)
    of.later(FRESH_S - 1)
    assert (await of.queries.page(replace(ASK, rows=20))).observed_at == first.observed_at
    of.later(2)
    assert (await of.queries.page(ASK)).observed_at > first.observed_at


async def test_within_a_second_the_same_question_gets_the_very_same_answer() -> None:
    of = evening(3)
    first = await of.queries.page(ASK)
    assert await of.queries.page(ASK) is first
    assert await of.queries.page(replace(ASK, rows=20)) is not first
    of.later(1)
    assert await of.queries.page(ASK) is not first


async def test_whoever_asks_after_a_refresh_gets_what_it_brought() -> None:
    of = evening(3)
    await of.queries.page(ASK)
    of.shelf.tasks.append(task(4))
    await of.queries.page(ASK, Place(refresh=True))
    assert (await of.queries.page(ASK)).total == 4


async def test_an_old_answer_is_not_given_once_more_when_the_api_answers_again() -> None:
    of = evening(3)
    await of.queries.page(ASK)
    of.later(FRESH_SETTLED_S + 1)
    of.shelf.failing = Unavailable(code="InternalError")
    assert (await of.queries.page(ASK)).stale is not None
    of.shelf.failing = None
    assert (await of.queries.page(ASK)).stale is None


def test_an_api_that_hangs_keeps_nobody_long_from_the_old_rows() -> None:
    async def main() -> None:
        of, clock = evening(3), asyncio.get_running_loop().time
        first = await of.queries.page(ASK)
        of.shelf.takes_s = 60.0
        of.later(KEPT_S / 4)
        asked_s = clock()
        old = await of.queries.page(ASK)
        assert clock() - asked_s == PATIENCE_S
        assert old.observed_at == first.observed_at
        assert isinstance(old.stale, TimedOut)

    virtual_time.run(main())


def test_an_api_that_is_only_slow_is_waited_for_by_who_asks_again() -> None:
    async def main() -> None:
        of = evening(3)
        await of.queries.page(ASK)
        of.later(KEPT_S / 4)
        of.shelf.takes_s = 2 * PATIENCE_S
        assert (await of.queries.page(ASK)).stale is not None
        assert (await of.queries.page(ASK)).stale is None

    virtual_time.run(main())


@pytest.mark.parametrize("place", [Place(refresh=True), Place(3, end=EVENING)])
def test_who_asks_for_other_rows_than_the_old_ones_waits_for_them(place: Place) -> None:
    async def main() -> None:
        of = evening(3)
        await of.queries.page(ASK)
        of.later(KEPT_S / 4)
        of.shelf.takes_s = 15.0
        assert (await of.queries.page(ASK, place)).stale is None

    virtual_time.run(main())


async def test_a_hit_adopts_the_window_of_the_first_answer() -> None:
    of = evening(3)
    ask = replace(ASK, since=timedelta(hours=2))
    first = await of.queries.page(ask)
    of.later(FRESH_S - 1)
    second = await of.queries.page(ask)
    assert (second.start, second.end) == (first.start, first.end)


async def test_a_page_turn_keeps_window_and_observation_while_the_listing_lives() -> None:
    of = evening()
    of.shelf.tasks = [task(n, minutes_ago=n, status="pending") for n in range(25)]
    first = await of.queries.page(ASK)
    of.later(FRESH_S + 5)
    someone_else = await of.queries.page(ASK)
    assert someone_else.observed_at > first.observed_at
    second = await of.queries.page(ASK, Place(10, end=first.end, total=25))
    assert (second.end, second.observed_at) == (first.end, first.observed_at)


async def test_pages_of_an_answer_can_be_turned_with_its_counts_as_long_as_it_is_kept() -> None:
    of = evening()
    of.shelf.tasks = [task(n, minutes_ago=n, status="preloading") for n in range(25)]
    first = await of.queries.page(ASK)
    of.later(KEPT_S - 1)
    asked = len(of.shelf.calls)
    second = await of.queries.page(ASK, Place(10, end=first.end, total=25))
    assert len(of.shelf.calls) == asked
    assert second.observed_at == first.observed_at
    assert second.streams == {TaskState.PRELOADING: 25}
    of.later(2)
    third = await of.queries.page(ASK, Place(20, end=first.end, total=25))
    assert third.observed_at > first.observed_at
    assert sum(third.streams.values()) == 24  # without the one of the very second it ended


async def test_an_end_that_is_now_or_to_come_is_none() -> None:
    of = evening(20)
    for until in (EVENING - timedelta(seconds=2), EVENING + timedelta(hours=1)):
        answer = await of.queries.page(replace(ASK, until=until))
        assert answer.ends_now
        assert not answer.is_filtered
        assert sum(answer.streams.values()) == 20
    assert len(of.shelf.calls) == 1


async def test_what_was_not_counted_at_first_is_when_a_page_is_turned() -> None:
    of = evening(400, newest_first=False)
    of.shelf.tasks.reverse()
    first = await of.queries.page(ASK)
    assert len(first.counts) == 2
    assert len(of.shelf.calls) == 4
    second = await of.queries.page(ASK, Place(10, end=first.end, total=400))
    assert second.counts[StatusFilter.COMPLETE] == 400


async def test_refresh_moves_the_end_of_the_window_to_now() -> None:
    of = evening(5)
    first = await of.queries.page(ASK)
    of.later(3)
    again = await of.queries.page(ASK, Place(refresh=True))
    assert again.end - first.end == timedelta(seconds=3)


async def test_if_a_refresh_fails_the_old_rows_stay_with_the_reason_and_their_time() -> None:
    of = evening(5)
    first = await of.queries.page(ASK)
    of.later(FRESH_S + 60)
    of.shelf.failing = Throttled(code="Throttling.User")
    again = await of.queries.page(ASK, Place(refresh=True))
    assert again.rows == first.rows
    assert again.observed_at == first.observed_at
    assert isinstance(again.stale, Throttled)


async def test_after_a_failed_refresh_every_page_of_the_old_rows_is_marked() -> None:
    of = evening(25)
    first = await of.queries.page(ASK)
    following = Place(10, end=first.end, total=25)
    assert (await of.queries.page(ASK, following)).stale is None
    of.shelf.failing = Throttled(code="Throttling.User")
    await of.queries.page(ASK, Place(refresh=True))
    assert isinstance((await of.queries.page(ASK, following)).stale, Throttled)
    assert isinstance((await of.queries.page(ASK)).stale, Throttled)
    of.shelf.failing = None
    assert (await of.queries.page(ASK)).stale is None
    assert (await of.queries.page(ASK, following)).stale is None


async def test_what_still_failed_stands_before_what_was_retried_since() -> None:
    of = evening()
    of.shelf.tasks = [task(n, minutes_ago=60 - n, status="failed") for n in range(12)]
    retried = [task(100 + n, name=f"cam{n}", minutes_ago=1) for n in range(6, 12)]
    of.shelf.tasks += retried
    first = await of.queries.page(replace(FAILED, rows=5))
    assert [row.task.task_id for row in first.rows] == [f"task-{n}" for n in (5, 4, 3, 2, 1)]
    rest = [
        row.task.task_id
        for offset in (5, 10)
        for row in (
            await of.queries.page(replace(FAILED, rows=5), Place(offset, end=first.end))
        ).rows
    ]
    assert rest == [f"task-{n}" for n in (0, 11, 10, 9, 8, 7, 6)]


async def test_a_last_page_that_is_asked_for_first_is_of_the_same_order() -> None:
    of = evening()
    of.shelf.tasks = [task(n, minutes_ago=60 - n, status="failed") for n in range(12)]
    of.shelf.tasks.append(task(100, name="cam11", minutes_ago=1))
    last = await of.queries.page(replace(FAILED, rows=5), Place(10))
    assert [row.task.task_id for row in last.rows] == ["task-0", "task-11"]


async def test_without_old_rows_the_error_is_the_answer() -> None:
    of = evening(5, failing=Unavailable(code="InternalError"))
    with pytest.raises(Unavailable):
        await of.queries.page(ASK)
    of.shelf.failing = None
    assert (await of.queries.page(ASK)).total == 5


async def test_old_rows_do_not_stay_for_ever() -> None:
    of = evening(5)
    await of.queries.page(ASK)
    of.later(KEPT_S + 1)
    of.shelf.failing = Unavailable(code="InternalError")
    with pytest.raises(Unavailable):
        await of.queries.page(ASK)


async def test_a_refusal_is_not_asked_again_at_once() -> None:
    of = evening(5, failing=PermissionRefused(code="Forbidden.RAM"))
    for _ in range(3):
        with pytest.raises(PermissionRefused):
            await of.queries.page(ASK)
    assert len(of.shelf.calls) == 1


async def test_what_is_remembered_can_be_shown_without_asking() -> None:
    of = evening(15)
    assert of.queries.remembered(ASK) is None
    first = await of.queries.page(ASK)
    asked = len(of.shelf.calls)
    of.later(FRESH_S + 60)
    remembered = of.queries.remembered(ASK)
    assert remembered is not None
    assert remembered.rows == first.rows
    assert len(of.shelf.calls) == asked


# --- a stream's newest task ---


async def test_a_failure_turns_out_to_be_retried() -> None:
    of = evening()
    of.shelf.tasks = [
        task(1, minutes_ago=60, status="failed", name="cup_main"),
        task(2, minutes_ago=50, name="cup_main"),
        task(3, minutes_ago=50, status="failed", name="cup_cam2"),
    ]
    answer = await of.queries.page(FAILED)
    newest = {row.task.task_id: row.newest and row.newest.task_id for row in answer.rows}
    assert newest == {"task-1": "task-2", "task-3": "task-3"}
    assert answer.retried == 1
    assert answer.streams == {TaskState.READY: 1, TaskState.FAILED: 1}
    assert answer.domain_total == 3


async def test_the_shown_streams_are_looked_up_in_one_call_and_the_next_page_with_them() -> None:
    of = evening()
    of.shelf.tasks = [task(n, minutes_ago=n, status="failed") for n in range(25)]
    of.shelf.tasks += NEWER + MANY
    first = await of.queries.page(FAILED)
    lookups = [query for query, _, _ in of.shelf.calls if query.urls]
    assert len(lookups) == 1
    asked = len(of.shelf.calls)
    second = await of.queries.page(FAILED, Place(10, end=first.end, total=25))
    assert all(row.newest is not None for row in second.rows)
    assert len(of.shelf.calls) == asked


@pytest.mark.parametrize("tasks", [25, 425])
async def test_a_page_of_a_window_that_is_past_still_knows_of_tasks_created_since(
    tasks: int,
) -> None:
    of = evening(tasks)
    first = await of.queries.page(ASK)
    of.later(3_600)
    of.shelf.tasks.append(task(999, minutes_ago=-50, status="failed", name="cam15"))
    place = Place(10, end=first.end, total=first.total)
    second = await of.queries.page(ASK, place)
    newest = {row.task.task_id: row.newest and row.newest.task_id for row in second.rows}
    assert newest["task-15"] == "task-999"
    assert newest["task-16"] == "task-16"
    assert bool(second.streams) == second.whole
    assert not second.streams_unknown


async def test_a_task_whose_url_cannot_be_asked_about_leaves_the_others_looked_up() -> None:
    of = evening()
    odd = [
        structs.replace(task(n, minutes_ago=5, status="failed"), url=url)
        for n, url in ((1, ""), (2, "rtmp://a/b,c"))
    ]
    of.shelf.tasks = [*NEWER, *odd, task(3, minutes_ago=5, status="failed"), *MANY]

    async def checked(query: TaskQuery, *, page: int = 1, page_size: int = 100) -> TaskPage:
        check(query, page=page, page_size=page_size, now=of.shelf.now)  # as the client does
        return await Shelf.describe_preload_tasks(of.shelf, query, page=page, page_size=page_size)

    of.shelf.describe_preload_tasks = checked  # type: ignore[method-assign] # stricter
    answer = await of.queries.page(FAILED)
    newest = {row.task.task_id: row.newest and row.newest.task_id for row in answer.rows}
    assert newest == {"task-1": None, "task-2": None, "task-3": "task-3"}
    assert answer.unchecked is None
    of.shelf.tasks = [*NEWER, *odd, *MANY]
    alone = await of.queries.page(FAILED, Place(refresh=True))
    assert [row.newest for row in alone.rows] == [None, None]
    assert alone.unchecked is None


async def test_a_first_look_at_the_last_page_knows_the_streams_of_all_pages() -> None:
    of = evening()
    of.shelf.tasks = [task(n, minutes_ago=n, status="failed") for n in range(25)]
    last = await of.queries.page(FAILED, Place(20))
    assert last.streams == {TaskState.FAILED: 25}
    assert last.streams_unknown == 0


async def test_streams_too_many_for_one_lookup_are_counted_as_unknown() -> None:
    of = evening()
    of.shelf.tasks = [task(n, minutes_ago=n, status="failed") for n in range(130, 260)]
    of.shelf.tasks += NEWER + MANY
    first = await of.queries.page(FAILED)
    assert sum(first.streams.values()) + first.streams_unknown == 130
    assert first.streams_unknown >= 30
    assert all(row.newest is not None for row in first.rows)


async def test_a_reply_too_long_for_all_streams_is_asked_again_for_the_shown_ones() -> None:
    of = evening()
    of.shelf.tasks = [
        *(task(n, minutes_ago=1_000 + n, status="failed", name=f"old{n}") for n in range(10)),
        *(task(n, minutes_ago=n, status="failed", name=f"new{n % 40}") for n in range(10, 160)),
        *NEWER,
        *MANY,
    ]
    await of.queries.page(ASK)
    answer = await of.queries.page(FAILED, Place(40))
    assert len(answer.rows) == 10
    assert all(row.newest is not None for row in answer.rows)
    assert len([query for query, _, _ in of.shelf.calls if query.urls]) == 2


@pytest.mark.parametrize("more", [[], [*NEWER, *MANY]])
async def test_when_the_lookup_fails_the_newest_task_is_unknown_and_the_reason_is_told(
    more: list[PreloadTask],
) -> None:
    of = evening()
    of.shelf.tasks = [task(1, minutes_ago=5, status="failed"), *more]

    async def fail_lookups(query: object, **page: int) -> object:
        if getattr(query, "urls", ()) or not (more or getattr(query, "status", None)):
            raise Unavailable(code="InternalError")
        return await Shelf.describe_preload_tasks(of.shelf, query, **page)  # type: ignore[arg-type] # passed on as it came

    of.shelf.describe_preload_tasks = fail_lookups  # type: ignore[method-assign,assignment] # only lookups fail
    answer = await of.queries.page(FAILED)
    assert [row.newest for row in answer.rows] == [None]
    assert isinstance(answer.unchecked, Unavailable)
    assert answer.stale is None


async def test_beyond_300_tasks_the_newest_is_known_where_the_api_lists_newest_first() -> None:
    of = evening(400)
    answer = await of.queries.page(ASK)
    assert all(row.newest == row.task for row in answer.rows)
    assert not any(query.urls for query, _, _ in of.shelf.calls)


async def test_beyond_300_tasks_in_another_order_the_newest_is_looked_up() -> None:
    of = evening(400, newest_first=False)
    of.shelf.tasks.reverse()
    answer = await of.queries.page(ASK)
    assert all(row.newest == row.task for row in answer.rows)
    assert sum(bool(query.urls) for query, _, _ in of.shelf.calls) == 1


# --- streams whose URLs are signed anew at every submission ---

MAIN = "http://live.example.com/liveApp/main.flv"


def signed(number: int, *, minutes_ago: float, status: str = "complete") -> PreloadTask:
    """A task of the stream `MAIN`, submitted with a signature of its own."""
    one = task(number, minutes_ago=minutes_ago, status=status)
    return structs.replace(one, url=f"{MAIN}?auth_key={number}-0-0-f00d")


@pytest.mark.parametrize(
    "ask",
    [
        replace(ASK, status=StatusFilter.COMPLETE),
        replace(ASK, until=EVENING - timedelta(minutes=45)),
        replace(ASK, task_id="task-1"),
        replace(ASK, status=StatusFilter.COMPLETE, urls=(MAIN,)),
    ],
)
@pytest.mark.parametrize("more", [[], MANY])
async def test_a_ready_task_is_not_green_where_its_stream_failed_under_a_newer_signature(
    ask: Ask, more: list[PreloadTask]
) -> None:
    of = evening()
    of.shelf.tasks = [signed(1, minutes_ago=60), signed(2, minutes_ago=30, status="failed"), *more]
    answer = await of.queries.page(replace(ask, rows=30))
    rows = {row.task.task_id: row.newest and row.newest.task_id for row in answer.rows}
    assert rows["task-1"] == "task-2"
    assert not answer.without_task
    assert len(of.shelf.calls) <= 4


@pytest.mark.parametrize(
    "ask",
    [
        replace(ASK, until=EVENING - timedelta(minutes=45)),
        replace(ASK, task_id="task-1"),
        replace(ASK, urls=(f"{MAIN}?auth_key=1-0-0-f00d",)),
    ],
)
async def test_nor_where_that_task_is_behind_the_latest_hundred(ask: Ask) -> None:
    of = evening()
    older = [signed(1, minutes_ago=60), signed(2, minutes_ago=30, status="failed")]
    of.shelf.tasks = [*NEWER, *older, *MANY]
    answer = await of.queries.page(ask)
    rows = {row.task.task_id: row.newest for row in answer.rows}
    assert rows["task-1"] is None
    assert len(of.shelf.calls) <= 4


async def test_nor_is_it_said_of_a_stream_that_it_has_no_task_where_it_may_be_behind_these() -> (
    None
):
    of = evening()
    of.shelf.tasks = [*NEWER, signed(1, minutes_ago=60), *MANY]
    answer = await of.queries.page(replace(ASK, urls=(MAIN,)))
    assert (answer.as_typed, answer.without_task) == (True, (MAIN,))


async def test_the_latest_hundred_are_read_again_where_they_are_not_of_just_now() -> None:
    of = evening()
    of.shelf.tasks = [signed(1, minutes_ago=60), *MANY]
    await of.queries.page(ASK)
    of.later(60)
    failed = signed(2, minutes_ago=0, status="failed")
    of.shelf.tasks.append(structs.replace(failed, created=of.shelf.now))
    answer = await of.queries.page(replace(ASK, task_id="task-1"))
    (row,) = answer.rows
    assert row.newest is not None
    assert row.newest.task_id == "task-2"
    asked = len(of.shelf.calls)
    await of.queries.page(replace(ASK, task_id="task-1"), Place(end=answer.end))
    assert len(of.shelf.calls) == asked


async def test_where_the_latest_do_not_come_first_they_settle_nothing() -> None:
    of = evening(newest_first=False)
    of.shelf.tasks = [*MANY[:50], signed(1, minutes_ago=60), *MANY[50:], signed(2, minutes_ago=30)]
    answer = await of.queries.page(replace(ASK, task_id="task-1"))
    assert [row.newest for row in answer.rows] == [None]


async def test_a_failure_retried_under_a_newer_signature_is_counted_as_retried() -> None:
    of = evening()
    of.shelf.tasks = [signed(1, minutes_ago=60, status="failed"), signed(2, minutes_ago=30)]
    answer = await of.queries.page(FAILED)
    assert answer.streams == {TaskState.READY: 1}
    assert answer.retried == 1


@pytest.mark.parametrize("url", [MAIN, f"{MAIN}?auth_key=1-0-0-f00d", f"{MAIN}?auth_key=9-0-0-0"])
async def test_a_url_finds_all_tasks_of_its_stream_whatever_their_signatures(url: str) -> None:
    of = evening(3)
    of.shelf.tasks += [signed(11, minutes_ago=60), signed(12, minutes_ago=30, status="failed")]
    answer = await of.queries.page(replace(ASK, urls=(url,)))
    assert [row.task.task_id for row in answer.rows] == ["task-12", "task-11"]
    assert answer.streams == {TaskState.FAILED: 1}
    assert not answer.without_task
    failed = await of.queries.page(replace(FAILED, urls=(url,)))
    assert [row.task.task_id for row in failed.rows] == ["task-12"]
    assert not failed.without_task


async def test_in_a_domain_of_too_many_tasks_that_are_signed_an_older_url_settles_nothing() -> None:
    of = evening()
    one = signed(1, minutes_ago=60)
    of.shelf.tasks = [*NEWER, one, signed(2, minutes_ago=30, status="failed"), *MANY]
    answer = await of.queries.page(replace(ASK, urls=(one.url, MANY[0].url)))
    newest = {row.task.task_id: row.newest and row.newest.task_id for row in answer.rows}
    assert newest == {"task-1": None, MANY[0].task_id: None}
    assert answer.streams == {}
    assert answer.streams_unknown == 2
    assert answer.as_typed


async def test_that_a_stream_has_no_task_is_not_said_of_what_was_read_before() -> None:
    of = evening(3)
    await of.queries.page(ASK)
    of.later(3)
    of.shelf.tasks.append(structs.replace(signed(11, minutes_ago=0), created=of.shelf.now))
    of.later(1)
    answer = await of.queries.page(replace(ASK, urls=(MAIN,)))
    assert [row.task.task_id for row in answer.rows] == ["task-11"]


async def test_what_a_url_or_a_time_asks_for_is_found_without_a_call_once_all_is_read() -> None:
    of = evening(137)
    await of.queries.page(ASK)
    asked = len(of.shelf.calls)
    url = of.shelf.tasks[5].url
    assert (await of.queries.page(replace(ASK, urls=(url,)))).total == 1
    earlier = await of.queries.page(replace(ASK, until=EVENING - timedelta(minutes=100)))
    assert earlier.total == 36
    assert sum(earlier.streams.values()) == 36
    assert len(of.shelf.calls) == asked


@pytest.mark.parametrize("tasks", [120, 250, 300])
async def test_a_status_that_most_tasks_have_is_read_wholly_all_the_same(tasks: int) -> None:
    of = evening(tasks)
    complete = replace(ASK, status=StatusFilter.COMPLETE)
    answer = await of.queries.page(complete)
    assert answer.whole
    assert sum(answer.streams.values()) == answer.total == answer.domain_total == tasks
    assert all(task.found_as is StatusFilter.COMPLETE for task in (r.task for r in answer.rows))
    assert len(of.shelf.calls) <= 4


# --- URLs, windows ---


async def test_a_query_by_urls_names_those_without_a_task() -> None:
    of = evening(3)
    known = of.shelf.tasks[0].url
    unknown = "rtmp://live.example.com/liveApp/nobody"
    answer = await of.queries.page(replace(ASK, urls=(known, unknown)))
    assert answer.without_task == (unknown,)
    assert [row.task.url for row in answer.rows] == [known]


async def test_a_url_whose_tasks_have_another_status_is_not_without_a_task() -> None:
    of = evening(3)
    known = of.shelf.tasks[0].url
    unknown = "rtmp://live.example.com/liveApp/nobody"
    answer = await of.queries.page(replace(FAILED, urls=(known, unknown)))
    assert answer.total == 0
    assert answer.without_task == (unknown,)


async def test_a_window_longer_than_the_api_keeps_is_cut_and_said_to_be() -> None:
    of = evening(3)
    answer = await of.queries.page(replace(ASK, since=timedelta(days=5)))
    assert answer.cut
    assert answer.end - answer.start <= timedelta(days=3)
    assert not (await of.queries.page(ASK)).cut


async def test_just_the_3_days_that_the_api_keeps_are_not_called_cut() -> None:
    of = evening(3)
    of.later(0.4)
    assert not (await of.queries.page(replace(ASK, since=timedelta(days=3)))).cut


async def test_a_window_that_the_api_has_forgotten_is_refused_by_its_name() -> None:
    of = evening(3)
    with pytest.raises(ArgumentRefused) as refused:
        await of.queries.page(replace(ASK, until=EVENING - timedelta(days=4)))
    assert refused.value.argument == "EndTime"


async def test_a_button_older_than_what_the_api_keeps_says_run_it_again() -> None:
    of = evening(3)
    with pytest.raises(StaleReference):
        await of.queries.page(ASK, Place(end=EVENING - timedelta(days=4)))


async def test_a_card_is_of_one_task_and_none_where_the_api_has_it_no_more() -> None:
    of = evening()
    of.shelf.tasks = [
        task(1, minutes_ago=60, status="failed", name="cup"),
        task(2, minutes_ago=5, name="cup"),
    ]
    card = await of.queries.card(replace(ASK, task_id="task-1"))
    assert card is not None
    assert card.row.newest is not None
    assert card.row.newest.task_id == "task-2"
    assert await of.queries.card(replace(ASK, task_id="task-9")) is None


async def test_the_list_of_domains_is_asked_for_once() -> None:
    of = evening()
    assert of.queries.must_list("default")
    assert await of.queries.domains("default") == (DOMAIN, "vip.example.com")
    assert await of.queries.domains("default") == (DOMAIN, "vip.example.com")
    assert not of.queries.must_list("default")


async def test_an_old_list_of_domains_is_at_hand_until_there_is_another() -> None:
    of = evening()
    assert of.queries.domains_at_hand("default") is None
    await of.queries.domains("default")
    of.later(DOMAINS_FRESH_S + 1)
    assert of.queries.must_list("default")
    assert of.queries.domains_at_hand("default") == (DOMAIN, "vip.example.com")


# --- a crowd ---


@dataclass
class Hanging(Shelf):
    """Answers when it is told to."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        await self.answers.wait()
        return await super().describe_preload_tasks(query, page=page, page_size=page_size)


async def test_while_as_many_wait_as_may_what_is_known_is_answered_and_the_rest_turned_away() -> (
    None
):
    shelf = Hanging([task(1), task(2, status="failed")])
    of = Evening(shelf, most_waiting=1)
    shelf.answers.set()
    first = await of.queries.page(FAILED)
    shelf.answers.clear()
    waiting = asyncio.create_task(of.queries.page(replace(ASK, since=timedelta(hours=2))))
    await asyncio.sleep(0)
    assert (await of.queries.page(FAILED)).rows == first.rows
    with pytest.raises(TooManyWait):
        await of.queries.page(replace(ASK, task_id="task-1"))
    old = await of.queries.page(FAILED, Place(refresh=True))
    assert old.rows == first.rows
    assert isinstance(old.stale, TooManyWait)
    assert (await of.queries.page(FAILED)).stale is None  # nothing failed: it was not asked
    shelf.answers.set()
    assert (await waiting).total == 2
    assert (await of.queries.page(FAILED, Place(refresh=True))).stale is None


async def test_the_reason_shown_with_old_rows_is_the_newest() -> None:
    of = evening(2)
    await of.queries.page(ASK)
    for failing in (Unavailable(), Throttled()):
        of.shelf.failing = failing
        assert (await of.queries.page(ASK, Place(refresh=True))).stale is failing


async def test_old_rows_stay_where_all_of_a_large_domain_is_held_no_more_and_the_api_is_down() -> (
    None
):
    of = evening(301)
    about = replace(ASK, urls=("rtmp://live.example.com/liveApp/cam1",))
    await of.queries.page(about)
    of.later(KEPT_S / 2)
    first = await of.queries.page(about, Place(refresh=True))
    of.later(KEPT_S / 2 + 1)  # what was read first, all of the domain, is forgotten by now
    of.shelf.failing = Unavailable()
    answer = await of.queries.page(about, Place(refresh=True))
    assert [row.task for row in answer.rows] == [row.task for row in first.rows]
    assert answer.stale is of.shelf.failing
