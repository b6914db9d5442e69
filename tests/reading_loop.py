"""A small model of the API and a plain loop, in virtual time: to see what plans lead to."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Literal

from msgspec import structs

from bot.live.model import MAX_URLS, PreloadTask, StatusFilter, TaskQuery
from bot.live.protocol import check, task_parameters, window
from bot.live.signing import canonical_query
from bot.watch.model import key_of
from bot.watch.needs import Call, Freshness, Need, Pending, Sweep, Why
from bot.watch.planner import plan

if TYPE_CHECKING:
    from collections.abc import Iterable

EPOCH = datetime(2026, 11, 22, 18, tzinfo=UTC)
ROWS = 100
Order = Literal["newest first", "oldest first", "by ID"]


def at(seconds: float) -> datetime:
    """The wall clock's time at a time of the monotonic clock."""
    return EPOCH + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Life:
    """A task, settled when it is made; its times are seconds of the monotonic clock."""

    task_id: str
    domain: str
    url: str
    created_s: float
    started_s: float
    finished_s: float
    outcome: Literal["complete", "failed"] = "complete"
    opens_s: float | None = None
    is_dated: bool = True
    is_vague: bool = False

    def status(self, now_s: float) -> StatusFilter:
        if now_s >= self.finished_s:
            return StatusFilter(self.outcome)
        return StatusFilter.PRELOADING if now_s >= self.started_s else StatusFilter.PENDING

    def row(self, now_s: float) -> PreloadTask:
        """As the API describes it; a vague one says `Success` until it is finished."""
        status = self.status(now_s)
        is_vague = self.is_vague and now_s < self.finished_s
        return PreloadTask(
            task_id=self.task_id,
            domain=self.domain,
            url=self.url,
            created=at(self.created_s).replace(microsecond=0) if self.is_dated else None,
            window_start=None if self.opens_s is None else at(self.opens_s),
            window_end=None if self.opens_s is None else at(self.opens_s + 3600),
            status="Success" if is_vague else status.value,
        )


@dataclass
class Api:
    """The tasks of an account, by pages; `rule` is the order of rows, which nobody promises."""

    lives: Iterable[Life]
    rule: Order = "newest first"

    def __post_init__(self) -> None:
        keys = {
            "newest first": lambda life: (-life.created_s, life.task_id),
            "oldest first": lambda life: (life.created_s, life.task_id),
            "by ID": lambda life: (life.task_id,),
        }
        self._rows: defaultdict[str, list[Life]] = defaultdict(list)
        for life in sorted(self.lives, key=keys[self.rule]):
            self._rows[life.domain].append(life)

    def page(self, query: TaskQuery, page: int, now_s: float) -> tuple[list[PreloadTask], int]:
        check(query, page=page, page_size=ROWS, now=at(now_s))
        parameters = task_parameters(query, page=page, page_size=ROWS, now=at(now_s))
        assert len(canonical_query(parameters)) < 8_000
        assert len(query.urls) <= MAX_URLS
        start, end = ((moment - EPOCH).total_seconds() for moment in window(query, now=at(now_s)))
        start, end = start // 1, end // 1 + 1  # this second's tasks are there, more or less
        urls = frozenset(query.urls)
        found = [
            life
            for life in self._rows[query.domain]
            if life.created_s <= now_s
            and start <= life.created_s // 1 < end
            and (query.status is None or life.status(now_s) == query.status)
            and (query.task_id is None or life.task_id == query.task_id)
            and (not urls or life.url in urls)
        ]
        rows = [life.row(now_s) for life in found[(page - 1) * ROWS : page * ROWS]]
        if query.status is not None:
            found_as = StatusFilter(query.status)
            rows = [structs.replace(row, found_as=found_as) for row in rows]
        return rows, len(found)


@dataclass
class Domain:
    """What the loop knows of a domain. Only `wanted` streams are followed; None is everything."""

    name: str
    wanted: frozenset[str] | None = None
    unfinished: dict[str, Pending] = field(default_factory=dict)
    unread: dict[str, float] = field(default_factory=dict)
    created_s: list[float] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    created_until: datetime | None = None
    created_asked_s: float = -inf
    sweep: Sweep | None = None
    swept_s: float = -inf
    has_baseline: bool = False

    def need(self) -> Need:
        return Need(
            account="main",
            domain=self.name,
            everything=self.wanted is None,
            has_baseline=self.has_baseline,
            unfinished=self.unfinished.values(),
            unread=self.unread,
            created_s=self.created_s,
            streams=len(set(self.known.values())),
            created_until=self.created_until,
            created_asked_s=self.created_asked_s,
            sweep=self.sweep,
            swept_s=self.swept_s,
        )


@dataclass
class Loop:
    """Does what is planned, one call at a time, each taking its share of a second."""

    api: Api
    domains: dict[str, Domain]
    per_s: float
    freshness: Freshness = field(default_factory=Freshness)
    now_s: float = 0.0
    sent: list[tuple[float, str, Why]] = field(default_factory=list)
    reads: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By task ID, when it was read."""
    finished: dict[str, float] = field(default_factory=dict)
    """By task ID, when it was seen to be finished."""

    def run(self, until_s: float) -> None:
        while self.now_s < until_s:
            made = plan(
                [domain.need() for domain in self.domains.values()],
                now_s=self.now_s,
                now=at(self.now_s),
                freshness=self.freshness,
                most=max(1, int(self.per_s)),
            )
            assert len(made.calls) <= 1 or sum(call.cost for call in made.calls) <= self.per_s
            if not made.calls:
                assert made.next_at_s > self.now_s
                self.now_s = made.next_at_s
            for call in made.calls:
                self.ask(call)

    def ask(self, call: Call) -> None:
        domain = self.domains[call.domain]
        sent_s = self.now_s
        for pending in call.covers:
            pending.asked_s, pending.is_missed = sent_s, False
        self._note_sent(domain, call)
        found: set[str] = set()
        total = 0
        for query in call.queries:
            for page in count(call.page):
                rows, total = self.api.page(query, page, self.now_s)
                for row in rows:
                    found.add(key_of(row))
                    self._note_row(domain, row)
                self.sent.append((self.now_s, call.domain, call.why))
                self.now_s += 1 / self.per_s
                if call.why is Why.FULL or page * ROWS >= total:
                    break
        for key in call.keys - found:
            if key in domain.unfinished and not call.is_exact:
                domain.unfinished[key].is_missed = True
        self._note_read(domain, call, sent_s, total)

    def _note_sent(self, domain: Domain, call: Call) -> None:
        query = call.queries[0]
        if call.why is Why.CREATED:
            domain.created_asked_s = self.now_s
        if call.why is Why.UNREAD:
            domain.unread.update(dict.fromkeys(query.urls, self.now_s))
        if call.why is Why.FULL and call.page == 1:
            assert query.start is not None
            assert query.end is not None
            domain.sweep = Sweep(query.start, query.end, 1, (), self.now_s)
            domain.swept_s = self.now_s
        elif call.why is Why.FULL:
            assert domain.sweep is not None
            left = tuple(page for page in domain.sweep.left if page != call.page)
            domain.sweep = replace(domain.sweep, left=left, asked_s=self.now_s)

    def _note_read(self, domain: Domain, call: Call, sent_s: float, total: int) -> None:
        if call.why is Why.CREATED:
            domain.created_until = at(sent_s)
        if call.why is Why.UNREAD:
            for url in call.queries[0].urls:
                del domain.unread[url]
        if call.why is Why.FULL and domain.sweep is not None:
            pages = -(-total // ROWS)
            if call.page == 1:
                domain.sweep = replace(
                    domain.sweep, pages=max(1, pages), left=tuple(range(2, pages + 1))
                )
                domain.created_until = domain.created_until or domain.sweep.end
            if not domain.sweep.left:
                domain.sweep, domain.has_baseline = None, True

    def _note_row(self, domain: Domain, row: PreloadTask) -> None:
        key = key_of(row)
        row = structs.replace(row, found_as=None)
        if domain.wanted is not None and row.url not in domain.wanted:
            return
        if key not in domain.known:
            domain.known[key] = row.url
            insort(domain.created_s, row.created.timestamp() if row.created else -inf)
        self.reads[row.task_id].append(self.now_s)
        if row.state(at(self.now_s)).is_finished:
            domain.unfinished.pop(key, None)
            self.finished.setdefault(row.task_id, self.now_s)
            return
        pending = domain.unfinished.get(key)
        if pending is None or pending.task != row:
            before = row.created or at(self.now_s)
            moved_at = before if pending is None else at(self.now_s)
            domain.unfinished[key] = pending = Pending(row, moved_at)
        pending.asked_s, pending.is_missed = max(pending.asked_s, self.now_s), False
