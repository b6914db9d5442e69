"""What a stream's newest task is, where that is not plain: nothing is ready by mistake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from bot.asks import LAST_OFFSET, Place
from bot.live.model import PreloadTask, StatusFilter, TaskState, newest
from bot.reading import LOOKUP_QUERY_BYTES
from tests.shelf import DOMAIN, EVENING, task
from tests.test_queries import ASK, FAILED, MANY, NEWER, Evening, evening

if TYPE_CHECKING:
    from bot.asks import Ask, Row

MORE = range(200, 500)
COMPLETE = replace(ASK, status=StatusFilter.COMPLETE)


def stream(name: str, signature: int | None = None) -> str:
    query = "" if signature is None else f"?auth_key={signature}-0-0-{signature:032x}"
    return f"http://{DOMAIN}/liveApp/{name}.flv{query}"


def submitted(
    number: int, name: str, *, minutes_ago: float, status: str = "complete", signs: bool = True
) -> PreloadTask:
    """A task of a stream, submitted with a signature of its own."""
    one = task(number, minutes_ago=minutes_ago, status=status)
    return structs.replace(one, url=stream(name, number if signs else None))


def rows(shown: tuple[Row, ...]) -> dict[str, str | None]:
    return {row.task.task_id: row.newest.task_id if row.newest else None for row in shown}


# --- tasks of one second, and tasks without a time ---


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_tasks_of_one_second_the_one_further_from_ready_counts(is_first: bool) -> None:
    one = submitted(1, "main", minutes_ago=5)
    failed = submitted(2, "main", minutes_ago=5, status="failed")
    both = [one, failed] if is_first else [failed, one]
    assert list(newest(both).values()) == [failed]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_failed_task_without_a_time_may_be_the_newest(is_first: bool) -> None:
    one = submitted(1, "main", minutes_ago=5)
    failed = structs.replace(submitted(2, "main", minutes_ago=0, status="failed"), created=None)
    both = [one, failed] if is_first else [failed, one]
    assert list(newest(both).values()) == [failed]
    ready = structs.replace(failed, status="complete")
    older = submitted(1, "main", minutes_ago=5, status="failed")
    assert list(newest([ready, older]).values()) == [older]


@pytest.mark.parametrize("ask", [ASK, COMPLETE, FAILED])
async def test_an_answer_to_any_status_tells_the_same_of_tasks_of_one_second(ask: Ask) -> None:
    of = evening()
    of.shelf.tasks = [
        submitted(1, "main", minutes_ago=5),
        submitted(2, "main", minutes_ago=5, status="failed"),
    ]
    answer = await of.queries.page(ask)
    assert answer.streams == {TaskState.FAILED: 1}


async def test_a_page_of_tasks_of_one_second_shows_no_order() -> None:
    of = evening(newest_first=False)
    of.shelf.tasks = [submitted(n, f"cam{n}", minutes_ago=50) for n in range(100)]
    for retry in (1, 2, 3):
        of.shelf.tasks += [
            submitted(100 * retry + n, f"cam{n}", minutes_ago=40 - retry, status="failed")
            for n in range(100)
        ]
    for ask in (ASK, COMPLETE):
        answer = await of.queries.page(ask)
        assert TaskState.READY not in answer.streams
        assert set(rows(answer.rows).values()) == {None}


# --- what was read at different moments ---


async def test_a_task_that_was_read_after_the_latest_hundred_is_newer_than_they_say() -> None:
    of = evening()
    of.shelf.tasks = [submitted(1, "main", minutes_ago=5), *MANY]
    await of.queries.page(ASK)
    of.later(1)
    failed = submitted(2, "main", minutes_ago=0, status="failed")
    again = structs.replace(failed, url=stream("main", 1), created=of.shelf.now)
    of.shelf.tasks.append(again)
    of.later(1)
    for ask in (replace(ASK, urls=(stream("main", 1),)), FAILED):
        answer = await of.queries.page(ask)
        assert rows(answer.rows)["task-2"] == "task-2"
        assert answer.streams == {TaskState.FAILED: 1}
        assert answer.retried == 0


# --- a domain that signs its URLs ---


@pytest.mark.parametrize("is_in_order", [True, False])
async def test_in_a_domain_that_signs_its_urls_one_without_a_signature_settles_nothing(
    is_in_order: bool,
) -> None:
    of = evening()
    lately = [submitted(100 + n, f"cam{n}", minutes_ago=n * is_in_order / 10) for n in range(130)]
    of.shelf.tasks = [
        *lately,
        submitted(1, "mix", minutes_ago=50, signs=False),
        submitted(2, "mix", minutes_ago=40, status="failed"),
        *MANY,
    ]
    for ask in (replace(ASK, urls=(stream("mix"),)), replace(ASK, task_id="task-1")):
        answer = await of.queries.page(ask)
        assert rows(answer.rows) == {"task-1": None}
        assert not answer.streams


# --- URLs that were asked for, and all of them accounted for ---


def both(of: Evening, more: list[PreloadTask]) -> tuple[str, str]:
    """A stream that is ready, and one that failed half an hour before."""
    of.shelf.tasks = [
        submitted(1, "one", minutes_ago=10),
        submitted(2, "two", minutes_ago=40, status="failed"),
        *more,
    ]
    return stream("one", 1), stream("two", 2)


@pytest.mark.parametrize("more", [[], MANY])
@pytest.mark.parametrize(
    "ask",
    [
        replace(ASK, since=timedelta(minutes=30)),
        replace(ASK, since=EVENING - timedelta(minutes=30)),
    ],
)
async def test_a_stream_with_tasks_of_another_time_only_is_neither_left_out_nor_without_a_task(
    ask: Ask, more: list[PreloadTask]
) -> None:
    of = evening()
    answer = await of.queries.page(replace(ask, urls=both(of, more)))
    assert [row.task.task_id for row in answer.rows] == ["task-1"]
    assert [one.task_id for one in answer.outside] == ["task-2"]
    assert not answer.without_task


@pytest.mark.parametrize("more", [[], MANY])
async def test_so_it_is_with_a_time_that_is_over(more: list[PreloadTask]) -> None:
    of = evening()
    urls = both(of, more)
    ask = replace(ASK, until=EVENING - timedelta(minutes=20), urls=(*urls, stream("three", 3)))
    answer = await of.queries.page(ask)
    assert [row.task.task_id for row in answer.rows] == ["task-2"]
    assert [one.task_id for one in answer.outside] == ["task-1"]
    assert answer.without_task == (stream("three", 3),)


@pytest.mark.parametrize("count", [40, 60, 100])
@pytest.mark.parametrize("more", [[], MANY])
async def test_many_streams_are_found_whatever_signatures_they_were_submitted_with(
    count: int, more: list[PreloadTask]
) -> None:
    of = evening()
    of.shelf.tasks = [
        submitted(1_000 + n, f"cam{n}", minutes_ago=10 + n / 60, status="failed")
        for n in range(count)
    ] + more
    urls = tuple(stream(f"cam{n}", 5_000 + n) for n in range(count))
    for status in (None, StatusFilter.FAILED):
        answer = await of.queries.page(replace(ASK, urls=urls, status=status))
        assert (answer.total, answer.streams) == (count, {TaskState.FAILED: count})
        assert not answer.without_task


@pytest.mark.parametrize("status", list(StatusFilter))
async def test_a_filter_finds_the_tasks_of_more_submissions_than_one_call_can_name(
    status: StatusFilter,
) -> None:
    of = evening()
    of.shelf.tasks = [
        submitted(100 * retry + n, f"cam{n}", minutes_ago=20 * retry, status="failed")
        for retry in (1, 2)
        for n in range(60)
    ]
    urls = tuple(stream(f"cam{n}", 5_000 + n) for n in range(60))
    answer = await of.queries.page(replace(ASK, urls=urls, status=status))
    assert answer.total == 120 * (status is StatusFilter.FAILED)
    assert not answer.as_typed
    assert len(of.shelf.calls) <= 4


async def test_no_call_is_made_longer_than_it_may_be_for_signatures_that_nobody_typed() -> None:
    of = evening()
    path = "x" * 60
    of.shelf.tasks = [
        *(submitted(100 + n, f"{path}{n}", minutes_ago=10 + n / 60) for n in range(48)),
        *MANY,
    ]
    urls = tuple(stream(f"{path}{n}", 5_000 + n) for n in range(48))
    answer = await of.queries.page(replace(ASK, urls=urls))
    assert answer.total == 48
    [asked] = [query.urls for query, _, _ in of.shelf.calls if query.urls]
    assert sum(len(url) for url in asked) < LOOKUP_QUERY_BYTES


@pytest.mark.parametrize("signs", [True, False])
async def test_a_url_with_tasks_before_the_time_asked_for_is_not_said_to_be_unknown(
    signs: bool,
) -> None:
    of = evening()
    of.shelf.tasks = [*NEWER, *(submitted(n, f"cam{n}", minutes_ago=n, signs=signs) for n in MORE)]
    url = stream("cam250", 250 if signs else None)
    answer = await of.queries.page(replace(ASK, urls=(url,), since=timedelta(hours=1)))
    assert answer.total == 0
    assert answer.without_task == ()
    assert [one.task_id for one in answer.outside] == ([] if signs else ["task-250"])
    assert len(of.shelf.calls) <= 4


@pytest.mark.parametrize("place", [Place(9_800), Place(LAST_OFFSET, refresh=True), Place(150)])
@pytest.mark.parametrize("since", [None, timedelta(hours=30)])
@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_first_answer_of_a_late_page_costs_at_most_four_calls(
    place: Place, since: timedelta | None, newest_first: bool
) -> None:
    of = evening(450, newest_first=newest_first)
    answer = await of.queries.page(replace(ASK, since=since), place)
    assert answer.rows
    assert len(of.shelf.calls) <= 4


@pytest.mark.parametrize(
    "ask",
    [
        replace(ASK, since=timedelta(hours=1)),
        replace(ASK, until=EVENING - timedelta(hours=1), since=timedelta(hours=3)),
    ],
)
async def test_of_a_time_that_a_task_does_not_tell_one_count_is_given(ask: Ask) -> None:
    of = evening(100)
    of.shelf.tasks = [structs.replace(task(500, status="failed"), created=None), *of.shelf.tasks]
    await of.queries.page(ASK)
    all_of_it = await of.queries.page(ask)
    some = await of.queries.page(replace(ask, status=StatusFilter.COMPLETE))
    assert some.domain_total == all_of_it.total


async def test_pages_of_very_many_tasks_are_of_one_list_whatever_signatures_are_known() -> None:
    of = evening()
    names = [f"cam{n}" for n in range(20)]
    of.shelf.tasks = [
        structs.replace(task(100 * retry + n, minutes_ago=200 * retry), url=stream(name, 1))
        for retry in range(1, 17)
        for n, name in enumerate(names)
    ]
    of.shelf.tasks += [submitted(2_000 + n, name, minutes_ago=n) for n, name in enumerate(names)]
    ask = replace(ASK, urls=tuple(stream(name, 1) for name in names), rows=30)
    answer = await of.queries.page(ask)
    found = [row.task.task_id for row in answer.rows]
    while len(found) < answer.total:
        place = Place(len(found), end=answer.end, total=answer.total)
        following = await of.queries.page(ask, place)
        assert (following.total, following.moved) == (answer.total, False)
        assert following.rows
        found += [row.task.task_id for row in following.rows]
    assert len(set(found)) == len(found) == answer.total
