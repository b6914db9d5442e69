"""What we can be asked: a Slack page out of API pages, from memory where that will do.

What is remembered, and for how long, is `bot.memory`. Where a refresh fails, the old rows, on any
page, are shown with the reason and their time until one succeeds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from bot import written
from bot.answering import answer_of
from bot.asking import ALONE
from bot.asks import FIRST, Place, TaskCard
from bot.listing import API_ROWS, Cut, Listing, merged
from bot.listings import Listings
from bot.memory import DOMAINS_FRESH_S, DOMAINS_KEPT_S, KEPT_S, Memory
from bot.metrics import CACHE, UNMETERED
from bot.newest import Newest
from bot.reading import live_of, page_of
from bot.windows import window_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.asking import Asking, Kind
    from bot.asks import Answer, Ask
    from bot.live.model import TaskPage
    from bot.metrics import Meter
    from bot.reading import Live

V = TypeVar("V")

_PAGES = written.pages(KEPT_S)
_THE_SAME_S = timedelta(seconds=5)
"""A window that ended so recently is one that ends now: an answer may be older than that."""


class Queries:
    """Answers questions about tasks from the accounts' Live APIs and a cache.

    Args:
        lives: a client per account name.
        now: the wall clock, in UTC.
        clock: a monotonic clock, in seconds.
        mark_of: a short mark of a task ID, as buttons carry it.
        meter: told whether listings were held.
        asking: the way to the Live API, past what other processes have asked.
        most_waiting: how many may wait for the Live API at a time.
    """

    def __init__(
        self,
        lives: Mapping[str, Live],
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        mark_of: Callable[[str], str],
        meter: Meter = UNMETERED,
        asking: Asking = ALONE,
        most_waiting: int = 200,
    ) -> None:
        self._lives = lives
        self._asking = asking
        self._now = now
        self._mark_of = mark_of
        self._meter = meter
        self._memory = Memory(now=now, clock=clock, most_waiting=most_waiting)
        self._newest = Newest(self._memory, asking)
        self._listings = Listings(lives, self._memory, asking, now=now, meter=meter)

    async def page(self, ask: Ask, place: Place = FIRST) -> Answer:
        """One page of the tasks that `ask` finds.

        Raises:
            LiveError: the API did not answer, and nothing is known from before.
            StaleReference: the place is in a window that the API has forgotten.
        """
        answer = None if place.refresh else self._memory.answers.held((ask, place))
        if answer is not None:
            self._meter.count(CACHE, "hit")
        else:
            answer = await self._found(ask, place)
            if answer.stale is None and answer.unchecked is None:
                self._memory.answers.put((ask, place), answer)
        return answer

    async def _found(self, ask: Ask, place: Place) -> Answer:
        domain = self._listings.domain(ask, place)
        listing, stale = await self._listings.of(self._question(ask), place, domain)
        offset = listing.within(place.offset, ask.rows)
        cut = await self._cut(listing, offset, ask.rows, domain.live)
        if listing.total and not cut.shown:  # tasks have left the API's 3 days since it was read
            question, end = listing.question, listing.end
            listing = await self._memory.listings.asked(
                (question, end),
                lambda: self._listings.read(question, end, offset, domain, anew=True),
            )
            offset = listing.within(place.offset, ask.rows)
            cut = await self._cut(listing, offset, ask.rows, domain.live)
        known, unchecked = await self._newest.of(listing, cut, domain)
        if stale is None:
            listing = await self._listings.filled_up(listing, domain)
        cut = listing.rows_from(offset, ask.rows, known.ordered) if known.ordered else cut
        answer = answer_of(ask, listing, cut, known, self._now())
        moved = answer.moved or self._has_moved(place, listing, cut)
        return replace(answer, moved=moved, stale=stale, unchecked=unchecked)

    def _question(self, ask: Ask) -> Ask:
        """The ask as a question: one that ends now, or is yet to end, has no end."""
        question = ask.question()
        if question.until is not None and question.until > self._now() - _THE_SAME_S:
            return replace(question, until=None)
        return question

    def remembered(self, ask: Ask, place: Place = FIRST) -> Answer | None:
        """What `page` would give without asking anybody, however old; None if that is nothing."""
        listing = self._memory.listings.held(self._question(ask))
        if listing is None or not listing.whole:
            return None
        offset = listing.within(place.offset, ask.rows)
        known = self._newest.held(listing)
        return answer_of(
            ask, listing, listing.rows_from(offset, ask.rows, known.ordered), known, self._now()
        )

    def known_at(self, ask: Ask) -> datetime | None:
        """When what is known of a question was read, without asking anybody; None if nothing is."""
        listing = self._memory.listings.held(self._question(ask))
        return None if listing is None else listing.observed_at

    async def card(self, ask: Ask, *, refresh: bool = False) -> TaskCard | None:
        """One task (`ask.task_id`) with its stream's newest; None if the API has it no more.

        Raises:
            LiveError: as `page`.
        """
        answer = await self.page(ask, Place(refresh=refresh))
        if not answer.rows:
            return None
        return TaskCard(ask, answer.rows[0], answer.observed_at, answer.request_id, answer.stale)

    async def domains(self, account: str) -> tuple[str, ...]:
        """The names of the account's play domains.

        Raises:
            LiveError: the API did not say.
        """
        domains = self._memory.domains
        held = domains.held(account, max_age_s=DOMAINS_FRESH_S)
        if held is None:
            held = await domains.asked(account, live_of(self._lives, account).describe_user_domains)
            domains.put(account, held, kept_s=DOMAINS_KEPT_S)
        return tuple(domain.name for domain in held)

    def domains_at_hand(self, account: str, *, fresh: bool = False) -> tuple[str, ...] | None:
        """What `domains` gave last, without asking anybody; None if that is nothing, or old."""
        max_age_s = DOMAINS_FRESH_S if fresh else None
        held = self._memory.domains.held(account, max_age_s=max_age_s)
        return None if held is None else tuple(domain.name for domain in held)

    def must_list(self, account: str) -> bool:
        """Whether `domains` would ask, and nobody does at this moment."""
        is_known = self.domains_at_hand(account, fresh=True) is not None
        return not is_known and not self._memory.domains.is_asking(account)

    async def _cut(self, listing: Listing, offset: int, rows: int, live: Live) -> Cut:
        """The listing's rows from `offset` on, with the one before them and those that follow."""
        if listing.whole:
            return listing.rows_from(offset, rows, self._newest.held(listing).ordered)
        first = max(0, offset - 1) // API_ROWS + 1
        last = (min(offset + rows, listing.total) - 1) // API_ROWS + 1
        pages = [await self._page(listing, number, live) for number in range(first, last + 1)]
        tasks, twice = merged(pages)
        skipped = (first - 1) * API_ROWS
        return Cut(
            tasks=tasks,
            before_tasks=skipped,
            begin=offset - skipped,
            end=offset - skipped + rows,
            moved=twice or any(page.total != listing.total for page in pages),
            observed_at=min(listing.observed_at, *(page.observed_at for page in pages)),
        )

    async def _page(self, listing: Listing, number: int, live: Live) -> TaskPage:
        key = (*listing.key, number)
        held = self._memory.pages.held(key)
        if held is None:
            window = window_of(listing.question, now=self._now(), end=listing.end)
            held = await self._memory.pages.asked(
                key,
                lambda: self._asked(
                    _PAGES, key, lambda: page_of(live, listing.question, window, number)
                ),
            )
            self._memory.pages.put(key, held, kept_s=KEPT_S)
        return held

    async def _asked(self, kind: Kind[V], key: object, ask: Callable[[], Awaitable[V]]) -> V:
        found = await self._asking.asked(kind, key, ask)
        return found.value

    def _has_moved(self, place: Place, listing: Listing, cut: Cut) -> bool:
        if place.total not in {None, listing.total}:
            return True
        beside = ((place.last_shown, cut.before), (place.first_shown, cut.after))
        return any(
            mark is not None and task is not None and self._mark_of(task.task_id) != mark
            for mark, task in beside
        )
