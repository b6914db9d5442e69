"""What is asked, when, in which order, and in how few calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from random import Random
from typing import TYPE_CHECKING

import pytest

from bot.live.model import PreloadTask, StatusFilter
from bot.live.protocol import check, task_parameters
from bot.live.signing import canonical_query
from bot.watch.needs import Freshness, Need, Pending, Plan, Sweep, Why
from bot.watch.planner import plan
from bot.watch.url_room import MAX_QUERY_BYTES
from tests.reading_loop import Api, Domain, Life, Loop, Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOW = datetime(2026, 11, 22, 19, tzinfo=UTC)
NOW_S = 100_000.0
FRESH = Freshness()
DOMAIN = "live.example.com"
SIGNED = "?auth_key=1700000000-0-0-" + "0123456789abcdef" * 2
LONG = SIGNED + "&session=" + "0123456789abcdef" * 5


def ago(**how_long: float) -> datetime:
    return NOW - timedelta(**how_long)


def pending(
    name: str,
    *,
    url: str | None = None,
    created: datetime | None = NOW - timedelta(hours=1),
    moved: datetime = NOW - timedelta(hours=1),
    window: tuple[datetime, datetime] | tuple[None, None] = (None, None),
    status: str = "pending",
    asked_ago_s: float = inf,
) -> Pending:
    task = PreloadTask(
        task_id=name,
        domain=DOMAIN,
        url=f"rtmp://{DOMAIN}/liveApp/{name}.flv" if url is None else url,
        created=created,
        window_start=window[0],
        window_end=window[1],
        status=status,
    )
    return Pending(task, moved, asked_s=NOW_S - asked_ago_s)


def need(
    unfinished: Sequence[Pending] = (), *, history: Iterable[float] = (), **given: object
) -> Need:
    """A domain wanted wholly, with its baseline; new tasks were asked for just now."""
    created = [*(task.created_s for task in unfinished), *history]
    known = Need(
        account="main",
        domain=DOMAIN,
        everything=True,
        has_baseline=True,
        unfinished=unfinished,
        unread={},
        created_s=sorted(created),
        streams=max(1, len({task.task.url for task in unfinished})),
        created_until=NOW,
        created_asked_s=NOW_S,
        swept_s=NOW_S,
    )
    return replace(known, **given)  # type: ignore[arg-type] # each test names its fields


def planned(*needs: Need, most: int = 100, now: datetime = NOW) -> Plan:
    made = plan(needs, now_s=NOW_S, now=now, freshness=FRESH, most=most)
    for call in made.calls:
        for query in call.queries:
            check(query, page=call.page, page_size=100, now=now)
            parameters = task_parameters(query, page=call.page, page_size=100, now=now)
            assert len(canonical_query(parameters)) < MAX_QUERY_BYTES
    return made


# --- when ---


@pytest.mark.parametrize(
    ("task", "interval_s"),
    [
        (pending("created lately", created=ago(minutes=9), moved=ago(hours=3)), 10),
        (pending("moved lately", created=ago(hours=9), moved=ago(minutes=9)), 10),
        (pending("begins soon", window=(ago(minutes=-29), ago(minutes=-90))), 10),
        (pending("has begun", moved=ago(hours=3), window=(ago(hours=2), ago(hours=-1))), 10),
        (pending("has begun, who knows until when", window=(ago(hours=2), None)), 10),  # type: ignore[arg-type] # half a window
        (pending("begins later", window=(ago(minutes=-31), ago(minutes=-90))), 30),
        (pending("has ended", window=(ago(hours=2), ago(hours=1))), 30),
        (pending("no window", moved=ago(minutes=119)), 30),
        (pending("still", moved=ago(minutes=121)), 120),
        (pending("still, begins later", moved=ago(hours=3), window=(ago(hours=-3), NOW)), 120),
    ],
    ids=lambda value: value.key if isinstance(value, Pending) else None,
)
def test_a_task_is_due_when_its_interval_is_over(task: Pending, interval_s: float) -> None:
    task.asked_s = NOW_S - interval_s + 0.001
    waiting = planned(need([task]))
    assert waiting.calls == ()
    assert waiting.next_at_s == pytest.approx(min(NOW_S + FRESH.hot_s, NOW_S + 0.001))
    task.asked_s = NOW_S - interval_s
    (call,) = planned(need([task])).calls
    assert call.keys == {task.key}
    assert call.late == 1


def test_all_intervals_follow_from_one() -> None:
    assert (FRESH.hot_s, FRESH.warm_s, FRESH.idle_s, FRESH.sweep_s) == (10, 30, 120, 1800)
    assert Freshness(fresh_s=5).idle_s == 60


def test_with_nothing_to_watch_there_is_nothing_to_ask() -> None:
    assert planned() == Plan((), NOW_S + FRESH.hot_s)


def test_a_domain_that_failed_is_left_alone_for_a_while() -> None:
    waiting = planned(need([pending("a")], not_before_s=NOW_S + 3))
    assert waiting == Plan((), NOW_S + 3)
    assert planned(need([pending("a")], not_before_s=NOW_S)).calls


def test_a_task_nobody_can_ask_for_holds_nothing_up() -> None:
    nameless = pending("", url="")
    made = planned(need([nameless]))
    assert made.calls == ()
    assert made.next_at_s > NOW_S


# --- in which order ---


def test_what_is_most_late_by_its_own_interval_comes_first() -> None:
    hot = pending("hot", moved=ago(minutes=1), asked_ago_s=15)
    idle = pending("idle", moved=ago(hours=9), asked_ago_s=150)
    starving = pending("starving", moved=ago(hours=9), asked_ago_s=250)
    needs = [replace(need([task]), domain=f"{task.key}.example.com") for task in (idle, hot)]
    assert [call.domain for call in planned(*needs).calls] == [
        "hot.example.com",
        "idle.example.com",
    ]
    needs.append(replace(need([starving]), domain="starving.example.com"))
    assert planned(*needs, most=1).calls[0].domain == "starving.example.com"


def test_no_more_is_planned_than_may_be_and_the_rest_is_planned_at_once() -> None:
    needs = [
        replace(need([pending("a", asked_ago_s=100 + n)]), domain=f"live{n}.example.com")
        for n in range(9)
    ]
    made = planned(*needs, most=4)
    assert [call.domain[4] for call in made.calls] == ["8", "7", "6", "5"]
    assert made.next_at_s == NOW_S


def test_a_question_of_more_calls_than_may_be_is_asked_alone() -> None:
    tasks = [pending(f"{n}{LONG}") for n in range(350)]
    made = planned(need(tasks, created_asked_s=-inf), most=2)
    assert [(call.why, call.cost) for call in made.calls] == [(Why.CREATED, 4)]


# --- by URL ---


def test_one_url_is_asked_once_for_all_its_tasks() -> None:
    tasks = [pending(str(n), url=f"rtmp://{DOMAIN}/liveApp/cup.flv") for n in range(3)]
    (call,) = planned(need(tasks)).calls
    assert call.queries[0].urls == (f"rtmp://{DOMAIN}/liveApp/cup.flv",)
    assert call.keys == {"0", "1", "2"}
    assert call.is_exact


def test_a_call_is_filled_up_with_what_is_due_soonest() -> None:
    tasks = [pending(str(n), asked_ago_s=n / 10) for n in range(299)]
    due = pending("due")
    (call,) = planned(need([*tasks, due])).calls
    assert call.keys == {"due", *(str(n) for n in range(200, 299))}
    assert len(call.queries[0].urls) == 100


@pytest.mark.parametrize("name", ["cam", f"cam{LONG}", "比赛", "a b/c?d=e&f=%"])
def test_as_many_urls_as_fit_go_into_a_call(name: str) -> None:
    tasks = [pending(str(n), url=f"rtmp://{DOMAIN}/liveApp/{n:04d}{name}") for n in range(300)]
    crowd = [NOW.timestamp() - 1] * 100_000  # so that nothing else pays
    made = planned(need(tasks, history=crowd, streams=100_000, changes_per_s=1000))
    assert all(call.why is Why.URLS for call in made.calls)
    assert sorted(key for call in made.calls for key in call.keys) == sorted(t.key for t in tasks)
    first = made.calls[0].queries[0]
    if len(first.urls) < 100:
        parameters = task_parameters(first, page=1, page_size=100, now=NOW)
        one = len(canonical_query({"": first.urls[0]})) + 2
        assert len(canonical_query(parameters)) + one > MAX_QUERY_BYTES - 100


def test_an_old_task_does_not_bring_back_what_others_did_since() -> None:
    # Every stream is preloaded once an hour; one task of the day before yesterday still waits.
    fresh = [pending(str(n), created=ago(minutes=n % 5), asked_ago_s=30) for n in range(90)]
    old = pending("old", created=ago(hours=60), moved=ago(hours=60))
    history = [ago(hours=1 + n % 60).timestamp() for n in range(60 * 90)]
    tasks = [*fresh, old]
    made = planned(need(tasks, history=history, streams=91))
    assert {call.why for call in made.calls} == {Why.URLS}
    by_age = {call.keys: call.queries[0] for call in made.calls}
    assert by_age[frozenset({"old"})].start == ago(hours=60, minutes=5)
    assert by_age[frozenset({"old"})].end == ago(hours=60, minutes=-5)
    assert by_age[frozenset(task.key for task in fresh)].start == ago(minutes=9)


@pytest.mark.parametrize("url", ["", " ", "rtmp://h/a,b", f"rtmp://h/{'比赛' * 1000}"])
def test_what_cannot_be_asked_for_by_url_is_asked_for_by_id(url: str) -> None:
    tasks = [pending("odd", url=url, created=ago(hours=30)), pending("even", asked_ago_s=30)]
    crowd = [ago(hours=2).timestamp()] * 1000
    made = planned(need(tasks, history=crowd, streams=1000))
    assert {(call.why, call.keys) for call in made.calls} == {
        (Why.TASK, frozenset({"odd"})),
        (Why.URLS, frozenset({"even"})),
    }
    assert next(call for call in made.calls if call.why is Why.TASK).queries[0].task_id == "odd"


def test_what_the_api_may_soon_forget_is_asked_for_without_a_start() -> None:
    for created in (ago(hours=71), ago(hours=73), datetime.min.replace(tzinfo=UTC), None):
        (call,) = planned(need([pending("old", created=created)])).calls
        assert call.queries[0].start is None
        assert call.queries[0].end is None


def test_a_clock_that_was_set_back_asks_for_nothing_in_the_future() -> None:
    tasks = [pending("a", created=NOW), pending("b", created=NOW, asked_ago_s=0)]
    made = planned(need(tasks, created_asked_s=-inf), now=ago(hours=1))
    assert made.calls
    assert all(query.start == ago(hours=1, minutes=5) for c in made.calls for query in c.queries)


# --- by creation ---


def test_new_tasks_are_looked_for_with_an_overlap() -> None:
    (call,) = planned(need(created_until=ago(seconds=10), created_asked_s=NOW_S - 10)).calls
    assert call.why is Why.CREATED
    assert call.queries[0].start == ago(minutes=5, seconds=10)
    assert call.queries[0].end is None


def test_for_a_small_domain_one_call_does_all() -> None:
    tasks = [pending(str(n), created=ago(minutes=n), asked_ago_s=n % 40) for n in range(60)]
    (call,) = planned(need(tasks, history=[tasks[9].created_s] * 35, created_asked_s=0)).calls
    assert call.why is Why.CREATED
    assert call.cost == 1
    assert call.keys == {task.key for task in tasks}
    assert call.queries[0].start == ago(minutes=64)


def test_looking_for_new_tasks_reads_as_many_known_ones_as_fit_the_page() -> None:
    tasks = [pending(str(n), created=ago(minutes=n), asked_ago_s=5) for n in range(200)]
    (call,) = planned(need(tasks, created_asked_s=0)).calls
    assert call.cost == 1
    assert call.keys == {str(n) for n in range(95)}


def test_where_what_else_there_is_is_not_known_looking_for_new_tasks_takes_no_more_along() -> None:
    tasks = [pending(str(n), asked_ago_s=5) for n in range(3)]
    for known in ({"everything": False}, {"has_baseline": False, "sweep": ongoing(left=())}):
        (call,) = planned(need(tasks, created_asked_s=0, **known)).calls
        assert call.queries[0].start == ago(minutes=5)
        assert call.keys == frozenset()


# --- by status ---


def crowded(unfinished: Sequence[Pending]) -> Need:
    """A domain where much was created of late, and most is over."""
    crowd = [NOW.timestamp() - 60] * 5_000
    return need(unfinished, history=crowd, streams=5_400)


def test_long_urls_among_many_finished_tasks_are_swept_by_status() -> None:
    tasks = [pending(f"{n}{LONG}", status="pending" if n % 2 else "preloading") for n in range(400)]
    (call,) = planned(crowded(tasks)).calls
    assert call.why is Why.STATUS
    assert [query.status for query in call.queries] == [
        StatusFilter.PENDING,
        StatusFilter.PRELOADING,
    ]
    assert call.cost == 4
    assert len(call.keys) == 400
    assert not call.is_exact


def test_what_a_sweep_did_not_return_is_asked_for_by_name_at_once() -> None:
    tasks = [pending(f"{n}{LONG}", asked_ago_s=30) for n in range(400)]
    tasks[7].asked_s = NOW_S
    tasks[7].is_missed = True
    made = planned(crowded(tasks))
    assert [call.why for call in made.calls] == [Why.URLS, Why.STATUS]
    assert tasks[7].key in made.calls[0].keys
    assert tasks[7].key not in made.calls[1].keys


def test_tasks_of_one_kind_come_to_be_due_together_where_all_at_once_are_cheaper() -> None:
    tasks = [pending(f"{n}{LONG}", asked_ago_s=n % 40) for n in range(400)]
    (call,) = planned(crowded(tasks)).calls
    assert call.why is Why.STATUS
    assert len(call.keys) == 400
    others = [pending(f"{n}{LONG}", moved=ago(hours=3), asked_ago_s=60) for n in range(400)]
    one = pending(f"one{LONG}")
    (call,) = planned(crowded([*others, one])).calls
    assert call.why is Why.URLS  # those that come due less often are no reason to ask for all


def test_a_task_of_unknown_status_is_asked_for_by_name() -> None:
    tasks = [pending(f"{n}{LONG}") for n in range(400)]
    vague = pending("vague", status="Success")
    made = planned(crowded([*tasks, vague]))
    (by_url,) = [call for call in made.calls if vague.key in call.keys]
    assert by_url.why is Why.URLS
    assert {call.why for call in made.calls} == {Why.URLS, Why.STATUS}


@pytest.mark.parametrize("rule", ["newest first", "oldest first", "by ID"])
def test_sweeps_by_status_miss_no_end(rule: Order) -> None:
    rnd = Random(3)
    lives = []
    for n in range(1_900):
        is_over = n >= 400
        url = f"rtmp://{DOMAIN}/liveApp/{n}.flv{LONG}"
        created_s = -rnd.uniform(70, 500)
        started_s = created_s + 1 if is_over else rnd.uniform(0, 100)
        finished_s = created_s + 2 if is_over else started_s + rnd.uniform(1, 200)
        task_id = f"{rnd.getrandbits(60):019d}"
        lives.append(Life(task_id, DOMAIN, url, created_s, started_s, finished_s))
    loop = Loop(Api(lives, rule), {DOMAIN: Domain(DOMAIN)}, 3.0)
    loop.run(330)
    assert sum(why is Why.STATUS for _, _, why in loop.sent) > 30
    seen_late_s = [loop.finished[life.task_id] - max(40, life.finished_s) for life in lives]
    assert max(seen_late_s) < 2 * FRESH.hot_s


# --- everything ---


def ongoing(*, left: tuple[int, ...], pages: int = 9, asked_ago_s: float = 1.0) -> Sweep:
    start, end = ago(days=3, minutes=-20), ago(minutes=1)
    return Sweep(start=start, end=end, pages=pages, left=left, asked_s=NOW_S - asked_ago_s)


def test_the_baseline_begins_with_a_pinned_window_of_everything() -> None:
    (call,) = planned(need(has_baseline=False, created_until=None, created_asked_s=-inf)).calls
    assert (call.why, call.page) == (Why.FULL, 1)
    (query,) = call.queries
    assert query.end == NOW
    assert query.start == ago(days=3, minutes=-17)  # it stays in what the API knows as time passes
    assert query.urls == ()
    assert query.status is None


def test_the_baseline_goes_on_as_fast_as_calls_are_left_and_waits_for_ever_for_nobody() -> None:
    sweep = ongoing(left=(2, 3, 4, 5))
    late = [pending(f"{n}", moved=ago(minutes=1), asked_ago_s=13) for n in range(100)]
    unread = need(late, has_baseline=False, created_until=None, sweep=sweep)
    made = planned(unread, most=3)
    assert [(call.why, call.page) for call in made.calls] == [
        (Why.URLS, 1),
        (Why.FULL, 2),
        (Why.FULL, 3),
    ]
    assert made.calls[1].queries[0].end == sweep.end
    made = planned(replace(unread, sweep=replace(sweep, asked_s=NOW_S - 5)), most=1)
    assert made.calls[0].why is Why.FULL


def test_a_sweep_whose_window_the_api_begins_to_forget_begins_again() -> None:
    sweep = replace(ongoing(left=(2, 3)), start=ago(days=3, minutes=-1))
    (call,) = planned(need(has_baseline=False, sweep=sweep)).calls
    assert call.page == 1
    assert call.queries[0].end == NOW
    assert planned(need(has_baseline=False, sweep=replace(sweep, left=()))).calls == ()


def test_later_sweeps_go_page_by_page_through_their_interval_and_after_all_else() -> None:
    assert planned(need(swept_s=NOW_S - 1_799)).calls == ()
    (first,) = planned(need(swept_s=NOW_S - 1_800)).calls
    assert first.why is Why.FULL
    assert first.queries[0].start == ago(days=3, minutes=-47)
    resting = planned(need(sweep=ongoing(left=(4, 5), asked_ago_s=199)))
    assert resting == Plan((), NOW_S + 1)
    made = planned(
        need([pending("a", asked_ago_s=30)], sweep=ongoing(left=(4, 5), asked_ago_s=200))
    )
    assert [(call.why, call.page) for call in made.calls] == [(Why.URLS, 1), (Why.FULL, 4)]


# --- certain streams only ---


def test_new_streams_are_read_once_it_is_known_from_when_on_tasks_are_new() -> None:
    urls = {f"rtmp://{DOMAIN}/liveApp/{n}": -inf for n in range(150)}
    fresh = need(everything=False, has_baseline=False, unread=urls, created_asked_s=-inf)
    (call,) = planned(replace(fresh, created_until=None)).calls
    assert (call.why, call.queries[0].start) == (Why.CREATED, None)  # whatever their signatures
    made = planned(replace(fresh, created_asked_s=NOW_S))
    assert [(call.why, len(call.queries[0].urls)) for call in made.calls] == [
        (Why.UNREAD, 100),
        (Why.UNREAD, 50),
    ]
    assert all(call.queries[0].start is None for call in made.calls)
    under_way = replace(fresh, created_asked_s=NOW_S, unread=dict.fromkeys(urls, NOW_S - 1))
    assert planned(under_way) == Plan((), NOW_S + FRESH.hot_s - 1)


def test_a_url_that_cannot_be_asked_for_keeps_no_other_waiting() -> None:
    urls = {"rtmp://h/a,b": -inf, "": -inf, f"rtmp://h/{'比' * 2000}": -inf, "rtmp://h/c": -inf}
    (call,) = planned(need(everything=False, has_baseline=False, unread=urls)).calls
    assert call.queries[0].urls == ("rtmp://h/c",)


# --- how few ---


def evening(domains: int, tasks: int, *, signed: bool, finished: int = 0) -> list[Life]:
    rnd = Random(7)
    lives = []
    for n in range(domains * (tasks + finished)):
        number, place = n % domains, n // domains
        domain = f"live{number}.example.com"
        created_s = -rnd.uniform(80, 500)
        is_over = place >= tasks
        started_s = created_s + 1 if is_over else rnd.uniform(0, 400)
        finished_s = started_s + (1 if is_over else rnd.choice([30, 300, 3_000, 3_000]))
        url = f"rtmp://{domain}/liveApp/cup_cam{place}.flv{SIGNED if signed else ''}"
        task_id = f"{rnd.getrandbits(60):019d}"
        lives.append(Life(task_id, domain, url, created_s, started_s, finished_s))
    return lives


def pages(sizes: Iterable[float]) -> float:
    return sum(-(-size // 100) for size in sizes)


@pytest.mark.long
@pytest.mark.parametrize(("signed", "finished"), [(False, 0), (True, 0), (True, 100)])
def test_ten_thousand_tasks_on_twenty_domains_take_hardly_more_calls_than_they_have_pages(
    signed: bool, finished: int
) -> None:
    lives = evening(20, 500, signed=signed, finished=finished)
    domains = {life.domain: Domain(life.domain) for life in lives}
    loop = Loop(Api(lives), domains, 8.0)
    loop.run(60)
    unfinished = [len(domain.unfinished) for domain in domains.values()]
    calls, reads = len(loop.sent), {key: len(times) for key, times in loop.reads.items()}
    begin_s = loop.now_s
    loop.run(120)
    stay = [life.task_id for life in lives if life.finished_s > loop.now_s]
    sweeps = sum(len(loop.reads[key]) - reads[key] for key in stay) / len(stay)
    changed = [
        sum(life.domain == name and begin_s < life.finished_s < loop.now_s for life in lives)
        for name in domains
    ]
    fewest = pages(unfinished) + pages(count / sweeps for count in changed)
    assert (len(loop.sent) - calls) / sweeps <= 1.25 * fewest


@pytest.mark.parametrize("signed", [False, True])
def test_two_hundred_tasks_on_three_domains_are_read_each_10_s_with_a_call_a_second(
    signed: bool,
) -> None:
    lives = evening(3, 67, signed=signed, finished=40)
    loop = Loop(Api(lives), {life.domain: Domain(life.domain) for life in lives}, 8.0)
    loop.run(20)
    calls = len(loop.sent)
    loop.run(140)
    assert len(loop.sent) - calls <= 120
    for life in lives:
        times = [time for time in loop.reads[life.task_id] if time <= life.finished_s]
        gaps = [after - before for before, after in pairwise(times)]
        assert max(gaps, default=0) <= FRESH.hot_s + 1
