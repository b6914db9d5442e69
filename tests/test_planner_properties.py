"""Whatever there is to be watched: plans, carried out in virtual time, keep what they promise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from random import Random
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.watch.needs import Freshness
from tests.reading_loop import Api, Domain, Life, Loop, Order

if TYPE_CHECKING:
    from collections.abc import Iterable

FRESH = Freshness()
LASTS_S = 150.0
"""Of a run; what is hot at its beginning is hot all through it."""


@dataclass(frozen=True)
class Case:
    """What there is on some domains, drawn from the seed."""

    seed: int
    tasks: tuple[int, ...]
    signed: bool
    retried: float
    odd: float
    at_once: bool
    rule: Order

    def lives(self) -> list[Life]:
        rnd = Random(self.seed)
        return [
            self._life(rnd, f"live{number}.example.com", place)
            for number, size in enumerate(self.tasks)
            for place in range(size)
        ]

    def _life(self, rnd: Random, domain: str, place: int) -> Life:
        stream = place if rnd.random() >= self.retried else rnd.randrange(place + 1) % 7
        url = f"rtmp://{domain}/liveApp/cup_{stream}.flv"
        if self.signed:
            url += f"?auth_key=1700000000-0-0-{rnd.getrandbits(128):032x}"
        is_odd = rnd.random() < self.odd
        if is_odd:
            url = rnd.choice(["", f"{url}?a,b", f"{url}?{'比赛' * 500}", url])
        ages = ((-20.0, LASTS_S), (-3000.0, -700.0), (-80_000.0, -9_000.0), (-250_000.0, -9_000.0))
        created_s = -30.5 if self.at_once else rnd.uniform(*rnd.choice(ages))
        started_s = max(created_s, rnd.uniform(-100, LASTS_S)) + rnd.choice([0.01, 30])
        return Life(
            task_id=f"{rnd.getrandbits(60):019d}",
            domain=domain,
            url=url,
            created_s=created_s,
            started_s=started_s,
            finished_s=started_s + rnd.choice([0.01, 5, 60, 10_000]),
            outcome=rnd.choice(["complete", "failed"]),
            opens_s=rnd.choice([None, 100.0, 50_000.0]),
            is_dated=not (is_odd and rnd.random() < 0.5),
            is_vague=rnd.random() < self.odd,
        )


CASES = st.builds(
    Case,
    seed=st.integers(0, 10_000),
    tasks=st.lists(st.integers(0, 260), min_size=1, max_size=3).map(tuple),
    signed=st.booleans(),
    retried=st.sampled_from([0.0, 0.2, 1.0]),
    odd=st.sampled_from([0.0, 0.05]),
    at_once=st.booleans(),
    rule=st.sampled_from(get_args(Order)),
)
slowly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def calls_for_everything(lives: Iterable[Life]) -> int:
    """Enough to ask for each task by name, for what is new, and for a page of everything."""
    lives = list(lives)
    domains = {life.domain for life in lives}
    by_id = sum(not life.url or "," in life.url or len(life.url) > 500 for life in lives)
    return 4 * len(domains) + by_id + ceil(len(lives) / 50) + 2 * ceil(len(lives) / 100)


def interval_s(life: Life) -> float:
    """How fresh the task has to be at least, all through the run."""
    is_near = life.opens_s is not None and life.opens_s < FRESH.near.total_seconds()
    if is_near or life.created_s >= LASTS_S - FRESH.lately.total_seconds():
        return FRESH.hot_s
    is_still = life.created_s < LASTS_S - FRESH.still.total_seconds()
    return FRESH.idle_s if is_still else FRESH.warm_s


def all_of(lives: Iterable[Life]) -> dict[str, Domain]:
    return {life.domain: Domain(life.domain) for life in lives}


@slowly
@given(CASES)
def test_every_unfinished_task_is_read_within_its_freshness_where_the_budget_suffices(
    case: Case,
) -> None:
    # It suffices where everything can be asked for twice in the shortest interval. Once due, a
    # task then waits for half of one at most; where a status sweep missed it, for as long again.
    lives = case.lives()
    per_s = 2 * max(4, calls_for_everything(lives)) / FRESH.hot_s
    loop = Loop(Api(lives, case.rule), all_of(lives), per_s)
    loop.run(LASTS_S)
    assert len(loop.sent) <= per_s * loop.now_s + 1
    for life in lives:
        allowed_s = interval_s(life) + FRESH.hot_s
        begin = max(0.0, life.created_s)
        reads = [begin, *(read for read in loop.reads[life.task_id] if read < life.finished_s)]
        ages = [after - before for before, after in pairwise(reads)]
        ages.append(min(life.finished_s, LASTS_S) - reads[-1])
        assert max(ages) <= allowed_s, life


@slowly
@given(CASES)
def test_every_end_is_seen_soon_though_rows_move_between_pages(case: Case) -> None:
    lives = case.lives()
    per_s = 2 * max(4, calls_for_everything(lives)) / FRESH.hot_s
    loop = Loop(Api(lives, case.rule), all_of(lives), per_s)
    loop.run(LASTS_S)
    for life in lives:
        # What there was to be done at the start is done first; then only the interval counts.
        seen_by_s = max(0.0, life.created_s, life.finished_s) + interval_s(life) + FRESH.hot_s
        if seen_by_s < LASTS_S:
            assert loop.finished.get(life.task_id, LASTS_S) <= seen_by_s, life


@slowly
@given(CASES, st.sampled_from([0.5, 1.0, 3.0]))
def test_with_too_small_a_budget_everything_is_late_and_nothing_is_lost(
    case: Case, per_s: float
) -> None:
    lives = case.lives()
    loop = Loop(Api(lives, case.rule), all_of(lives), per_s)
    loop.run(LASTS_S)
    assert len(loop.sent) <= per_s * loop.now_s + 1
    in_all_s = LASTS_S + FRESH.idle_s + 3 * calls_for_everything(lives) / per_s
    loop.run(in_all_s)
    over = {life.task_id for life in lives if life.finished_s < LASTS_S}
    assert over <= loop.finished.keys()


@slowly
@given(CASES)
def test_of_a_domain_wanted_for_some_streams_just_these_are_followed(case: Case) -> None:
    lives = case.lives()
    domains = all_of(lives)
    rnd = Random(case.seed)
    for name, domain in domains.items():
        urls = sorted({life.url for life in lives if life.domain == name and len(life.url) < 500})
        urls = [url for url in urls if url and "," not in url]
        wanted = [*rnd.sample(urls, k=len(urls) // 2), f"rtmp://{name}/liveApp/nobody"]
        domain.wanted, domain.unread = frozenset(wanted), dict.fromkeys(wanted, -float("inf"))
    per_s = 2 * max(4, calls_for_everything(lives)) / FRESH.hot_s
    loop = Loop(Api(lives, case.rule), domains, per_s)
    loop.run(LASTS_S)
    for life in lives:
        if life.url not in (domains[life.domain].wanted or ()):
            assert life.task_id not in loop.reads
            continue
        seen_by_s = max(0.0, life.created_s, life.finished_s) + interval_s(life) + FRESH.hot_s
        if seen_by_s < LASTS_S:
            assert loop.finished.get(life.task_id, LASTS_S) <= seen_by_s, life


@pytest.mark.parametrize("rule", get_args(Order))
def test_a_sweep_through_everything_reads_each_task_though_the_days_go_by(rule: Order) -> None:
    lives = [
        Life(f"{n:03d}", "live.example.com", f"rtmp://h/a/{n}", -n * 500.0, -n * 500.0 + 1, 2e6)
        for n in range(1, 500)
    ]
    finished = [
        Life(life.task_id, life.domain, life.url, life.created_s, life.started_s, life.started_s)
        for life in lives
    ]
    loop = Loop(Api(finished, rule), all_of(finished), 1.0)
    loop.run(2 * FRESH.sweep_s + 100)
    kept = [life for life in finished if life.created_s > -3 * 24 * 3600 + 2 * FRESH.sweep_s]
    assert all(len(loop.reads[life.task_id]) >= 2 for life in kept)
