"""What an export reads, and what it is sure of."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bot.asks import Ask
from bot.errors import ArgumentRefused, Throttled, Unavailable
from bot.export import MOST_TASKS, Export, Step
from bot.exporter import Background, Exporter
from bot.exporting import MOST_LOOKUPS, read
from bot.live.model import StatusFilter, TaskPage, TaskState
from bot.live.quota import LocalQuota, Place, Priority
from tests.shelf import DOMAIN, EVENING, Shelf, task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.live.model import LiveDomain, PreloadTask, TaskQuery
    from bot.live.quota import Quota

ASK = Ask(account="default", domain=DOMAIN)
FAILED = replace(ASK, status=StatusFilter.FAILED)
PRELOADING = replace(ASK, status=StatusFilter.PRELOADING)
CROWD = [task(10_000 + n, minutes_ago=2_000 + n / 10) for n in range(100 * MOST_LOOKUPS)]
"""Beside these, a domain has too many tasks to be read for the sake of its streams."""


@dataclass
class Told:
    """The steps that were told."""

    steps: list[Step] = field(default_factory=list)

    async def turn(self, step: Step) -> None:
        self.steps.append(step)


async def exported(shelf: Shelf, ask: Ask = ASK, told: Told | None = None) -> Export:
    return await read(shelf, ask, (told or Told()).turn, now=lambda: shelf.now)


def ids(export: Export) -> set[str]:
    return {found.row.task.task_id for found in export.found}


def shelf_of(count: int, status: str = "complete") -> Shelf:
    return Shelf([task(n, minutes_ago=n / 10, status=status) for n in range(count)])


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (100, 1), (101, 2), (350, 4)])
async def test_all_pages_are_read_one_after_the_other(count: int, calls: int) -> None:
    shelf = shelf_of(count)
    export = await exported(shelf)
    assert ids(export) == {f"task-{n}" for n in range(count)}
    assert [(page, size) for _, page, size in shelf.calls] == [(n + 1, 100) for n in range(calls)]
    assert len({(query.start, query.end) for query, _, _ in shelf.calls}) == 1
    assert export.is_sure
    assert not export.is_capped
    assert export.streams_unchecked == 0


async def test_problems_come_first_then_the_newest() -> None:
    shelf = shelf_of(150)
    shelf.tasks[120] = task(120, minutes_ago=12, status="failed")
    export = await exported(shelf)
    assert [found.row.task.task_id for found in export.found[:3]] == [
        "task-120",
        "task-0",
        "task-1",
    ]


async def test_between_two_calls_it_is_told_how_far_it_is() -> None:
    told = Told()
    await exported(shelf_of(350), told=told)
    assert told.steps == [Step(350, 100, 3), Step(350, 200, 2), Step(350, 300, 1)]


async def test_what_the_turn_raises_ends_the_reading() -> None:
    shelf = shelf_of(350)

    async def turn(_: Step) -> None:
        raise Unavailable

    with pytest.raises(Unavailable):
        await read(shelf, ASK, turn, now=lambda: shelf.now)
    assert len(shelf.calls) == 1


async def test_each_task_says_when_it_was_read() -> None:
    shelf = shelf_of(150)

    def later() -> None:
        shelf.now += timedelta(seconds=1)

    shelf.before_reply = later
    export = await exported(shelf)
    read_at = {found.row.task.task_id: found.observed_at for found in export.found}
    assert read_at["task-0"] == export.observed_from == EVENING + timedelta(seconds=1)
    assert read_at["task-149"] == export.observed_at == EVENING + timedelta(seconds=2)


async def test_what_the_filter_hides_of_a_stream_is_looked_up() -> None:
    shelf = shelf_of(120, "failed")
    shelf.tasks.append(task(500, name="cam7", minutes_ago=0))
    export = await exported(shelf, FAILED)
    rows = {found.row.task.task_id: found.row for found in export.found}
    assert rows["task-7"].is_superseded
    assert rows["task-7"].newest == shelf.tasks[-1]
    assert not rows["task-8"].is_superseded
    assert export.streams_unchecked == 0
    assert not any(query.urls for query, _, _ in shelf.calls)


async def test_what_it_hides_among_very_many_tasks_is_looked_up_by_url() -> None:
    shelf = shelf_of(120, "failed")
    shelf.tasks += [task(500, name="cam7", minutes_ago=0), *CROWD]
    export = await exported(shelf, FAILED)
    rows = {found.row.task.task_id: found.row for found in export.found}
    assert rows["task-7"].is_superseded
    assert export.streams_unchecked == 0
    assert [len(query.urls) for query, _, _ in shelf.calls] == [0, 0, 0, 40, 40, 40]


@pytest.mark.parametrize(("crowd", "unchecked"), [([], 0), (CROWD, 1)])
async def test_a_stream_that_was_signed_anew_is_known_or_said_not_to_be(
    crowd: list[PreloadTask], unchecked: int
) -> None:
    first, second = (
        structs.replace(one, url=f"http://{DOMAIN}/liveApp/main.flv?auth_key={one.task_id}")
        for one in (task(1, minutes_ago=60), task(2, minutes_ago=30, status="failed"))
    )
    shelf = Shelf([first, second, *crowd])
    typed = replace(ASK, urls=(first.url,))
    ago = EVENING - timedelta(minutes=50)
    complete = replace(ASK, status=StatusFilter.COMPLETE, since=timedelta(hours=1), until=ago)
    for ask in (typed, replace(typed, status=StatusFilter.COMPLETE), complete):
        export = await exported(shelf, ask)
        row = next(found.row for found in export.found if found.row.task.task_id == "task-1")
        assert row.newest == (None if crowd else second)
        assert export.streams_unchecked == unchecked
    bare = await exported(shelf, replace(ASK, urls=(f"http://{DOMAIN}/liveApp/main.flv",)))
    assert (ids(bare), bare.as_typed) == (set() if crowd else {"task-1", "task-2"}, bool(crowd))


async def test_streams_with_many_tasks_are_looked_up_again_by_fewer() -> None:
    older = [task(1_000 + n, name=f"cam{n % 30}", minutes_ago=60 + n) for n in range(240)]
    shelf = shelf_of(30, "failed")
    shelf.tasks += older + CROWD
    shelf.tasks.reverse()
    shelf.newest_first = False
    export = await exported(shelf, FAILED)
    assert [len(query.urls) for query, _, _ in shelf.calls] == [0, 0, 30, 10, 10, 10]
    assert export.streams_unchecked == 0


async def test_streams_that_could_not_be_looked_up_are_counted_and_it_is_said_why() -> None:
    shelf = shelf_of(120, "failed")
    shelf.tasks += CROWD
    pages = len(range(2)) + 1  # and one of all tasks

    def fail_after_the_pages() -> None:
        if len(shelf.calls) > pages + 1:
            raise Throttled(code="Throttling.User")

    shelf.before_reply = fail_after_the_pages
    export = await exported(shelf, FAILED)
    assert export.streams_unchecked == 80
    assert isinstance(export.unchecked, Throttled)
    assert len(export.found) == 120


async def test_only_so_many_calls_look_for_newer_tasks() -> None:
    shelf = shelf_of(2_500, "failed")
    shelf.tasks += CROWD
    export = await exported(shelf, FAILED)
    assert len(shelf.calls) == 25 + MOST_LOOKUPS
    assert export.streams_unchecked == 140
    assert export.unchecked is None


async def test_a_bare_success_is_settled_by_the_filter_for_complete_ones() -> None:
    shelf = shelf_of(150, "success")
    # The shelf's filter goes by the state, which a bare status leaves open.
    shelf.tasks = [structs.replace(one, process=None) for one in shelf.tasks]
    done = {f"task-{n}" for n in range(0, 150, 2)}

    class Filtering(Shelf):
        async def describe_preload_tasks(
            self, query: TaskQuery, *, page: int = 1, page_size: int = 100
        ) -> TaskPage:
            if query.status is None:
                return await super().describe_preload_tasks(query, page=page, page_size=page_size)
            other = replace(query, status=None)
            reply = await super().describe_preload_tasks(other, page=page, page_size=page_size)
            tasks = [structs.replace(one, found_as=StatusFilter.COMPLETE) for one in self.tasks]
            kept = tuple(one for one in tasks if one.task_id in done)
            return structs.replace(reply, tasks=kept, total=len(kept))

    filtering = Filtering(shelf.tasks)
    export = await exported(filtering)
    ready = {
        found.row.task.task_id
        for found in export.found
        if found.row.task.state(EVENING) is TaskState.READY
    }
    assert ready == done
    assert [query.status for query, _, _ in filtering.calls] == [None, None, None]


# --- rows that move ---


async def test_a_task_that_slips_to_a_page_read_already_is_read_the_second_time() -> None:
    shelf = shelf_of(250, "failed")
    late = structs.replace(shelf.tasks[3], status="preloading", process=1.0)
    shelf.tasks[3], failed = late, shelf.tasks[3]

    def one_more_fails() -> None:
        if len(shelf.calls) == 2:
            shelf.tasks[3] = failed

    shelf.before_reply = one_more_fails
    told = Told()
    export = await exported(shelf, FAILED, told)
    assert len(ids(export)) == 250
    assert export.is_sure
    assert Step(250, 0, 3, again=True) in told.steps


async def test_a_list_that_never_rests_is_told_to_be_unsure_and_holds_all_that_was_seen() -> None:
    shelf = shelf_of(250, "failed")
    fresh = iter(range(1_000, 2_000))

    def another_fails() -> None:
        number = next(fresh)
        shelf.tasks.append(task(number, minutes_ago=-1, status="failed"))

    # What is created after the window's end is not in it; so the end is pinned late enough.
    shelf.now += timedelta(minutes=5)
    shelf.before_reply = another_fails
    export = await exported(shelf, FAILED)
    assert not export.is_sure
    assert {f"task-{n}" for n in range(250)} <= ids(export)
    assert len(ids(export)) == len(export.found)


async def test_the_oldest_that_the_api_forgets_meanwhile_leave_no_doubt() -> None:
    shelf = shelf_of(250)

    def forget() -> None:
        shelf.tasks.pop()

    shelf.before_reply = forget
    export = await exported(shelf)
    assert export.is_sure
    assert len(shelf.calls) == 3
    assert export.total == 247


async def test_one_that_leaves_and_one_that_enters_do_not_hide_each_other() -> None:
    shelf = shelf_of(200, "preloading")
    shelf.tasks[150] = (waiting := structs.replace(shelf.tasks[150], status="pending"))

    def swap() -> None:
        if len(shelf.calls) == 2:
            shelf.tasks[50] = structs.replace(shelf.tasks[50], status="complete")
            shelf.tasks[150] = structs.replace(waiting, status="preloading")

    shelf.before_reply = swap
    export = await exported(shelf, PRELOADING)
    assert not export.is_sure
    assert {f"task-{n}" for n in range(200) if n != 50} <= ids(export)


@given(
    leaving=st.dictionaries(st.integers(1, 8), st.sets(st.integers(0, 249), max_size=20)),
    status=st.sampled_from([StatusFilter.PRELOADING, StatusFilter.PENDING]),
)
async def test_what_it_is_sure_of_is_whole_whatever_leaves_meanwhile(
    leaving: dict[int, set[int]], status: StatusFilter
) -> None:
    shelf = shelf_of(250, status.value)

    def leave() -> None:
        for number in leaving.get(len(shelf.calls), ()):
            shelf.tasks[number] = task(number, minutes_ago=number / 10, status="failed")

    shelf.before_reply = leave
    export = await exported(shelf, replace(ASK, status=status))
    assert len(ids(export)) == len(export.found)
    still = {one.task_id for one in shelf.tasks if one.status == status.value}
    assert not export.is_sure or still <= ids(export)


# --- very many ---


@dataclass
class Endless:
    """Pages of a list that is longer than a file, the newest first."""

    total: int
    calls: int = 0

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        self.calls += 1
        first = (page - 1) * page_size
        rows: list[PreloadTask] = (
            [] if query.urls else [task(n, minutes_ago=n / 100) for n in range(first, first + 100)]
        )
        total = 0 if query.urls else self.total
        return TaskPage(tuple(rows), page, page_size, total, f"R{self.calls}", EVENING)

    async def describe_user_domains(self, *, keyword: str = "") -> tuple[LiveDomain, ...]:
        del keyword
        return ()


async def test_a_file_holds_so_many_tasks_and_it_is_known_which() -> None:
    endless, told = Endless(MOST_TASKS + 1), Told()
    export = await read(endless, ASK, told.turn, now=lambda: EVENING)
    assert len(export.found) == MOST_TASKS
    assert export.is_capped
    assert export.is_newest_first
    assert export.is_sure
    assert told.steps[0] == Step(MOST_TASKS + 1, 100, MOST_TASKS // 100 - 1)
    assert told.steps[0].goal == MOST_TASKS


async def test_where_the_newest_come_first_no_newer_tasks_are_looked_for() -> None:
    endless = Endless(MOST_TASKS + 1)
    export = await read(endless, ASK, Told().turn, now=lambda: EVENING)
    assert endless.calls == MOST_TASKS // 100
    assert export.streams_unchecked == 0


# --- what it costs ---


class Failing(Shelf):
    """Takes a place for each call, as the client does; the first call fails once."""

    quota: Quota

    async def describe_preload_tasks(
        self, query: TaskQuery, *, page: int = 1, page_size: int = 100
    ) -> TaskPage:
        if not self.calls:
            async with self.quota.place(Priority.PERSON) as place:
                place.deadline_s = 0.0
            self.quota.throttled()
        async with self.quota.place(Priority.PERSON) as place:
            place.deadline_s = place.replied_s = 0.0
            return await super().describe_preload_tasks(query, page=page, page_size=page_size)


async def test_every_call_that_was_sent_is_counted_the_failed_ones_too() -> None:
    quota = LocalQuota(50)
    failing = Failing([task(n, minutes_ago=n) for n in range(150)])

    @asynccontextmanager
    async def opened(account: str, places: Quota) -> AsyncIterator[Failing]:
        assert account == "default"
        failing.quota = places
        yield failing

    exporter = Exporter(lambda _: quota, opened, now=lambda: EVENING)
    export = await exporter.read(ASK, Told().turn)
    assert export.calls == 3
    assert export.request_ids == ("request-1", "request-2")
    assert quota.limit < 50


async def test_what_was_not_sent_is_not_counted() -> None:
    background = Background(LocalQuota(10))
    async with background.place(Priority.PERSON) as place:
        assert place == Place()
        assert background.use().per_s == 10
    assert background.sent == 0


async def test_an_export_waits_behind_people() -> None:
    asked: list[Priority] = []

    class Listening(LocalQuota):
        def place(self, priority: Priority, *, by_s: float | None = None):  # type: ignore[no-untyped-def] # noqa: ANN202 - as its base
            asked.append(priority)
            return super().place(priority, by_s=by_s)

    async with Background(Listening(10)).place(Priority.PERSON):
        pass
    assert asked == [Priority.BACKGROUND]


async def test_a_window_that_the_api_has_forgotten_is_refused_before_anything_is_sent() -> None:
    shelf = shelf_of(1)
    with pytest.raises(ArgumentRefused):
        await exported(shelf, replace(ASK, until=EVENING - timedelta(days=4)))
    assert shelf.calls == []


async def test_where_nothing_is_found_nothing_is_looked_up() -> None:
    shelf = Shelf([task(n, minutes_ago=n) for n in range(350)])
    export = await exported(shelf, replace(ASK, task_id="task-999"))
    assert export.total == 0
    assert len(shelf.calls) == 1


@pytest.mark.parametrize("ask", [ASK, FAILED])
async def test_more_submissions_than_one_call_can_name_are_all_exported(ask: Ask) -> None:
    shelf = shelf_of(20)
    shelf.tasks += [
        structs.replace(
            task(1_000 * retry + n, minutes_ago=20 * retry, status="failed"),
            url=f"rtmp://{DOMAIN}/liveApp/main{n}?auth_key={retry}",
        )
        for retry in (1, 2)
        for n in range(60)
    ]
    urls = tuple(f"rtmp://{DOMAIN}/liveApp/main{n}?auth_key=3" for n in range(60))
    export = await exported(shelf, replace(ask, urls=urls))
    assert (export.total, len(export.found), export.without_match) == (120, 120, ())
    assert export.is_sure
    assert not export.as_typed
