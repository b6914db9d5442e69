"""What we can be asked: a Slack page out of API pages, from memory where that will do.

What is remembered, and for how long, is `bot.memory`. Where a refresh fails, the old rows, on any
page, are shown with the reason and their time until one succeeds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from bot import written
from bot.answering import answer_of
from bot.asking import ALONE
from bot.asks import FIRST, LAST_OFFSET, Place, TaskCard
from bot.errors import AccountGone, ArgumentRefused, LiveError, TooManyWait
from bot.listing import API_ROWS, Cut, Listing, Streams, is_newest_first, merged
from bot.live.model import newest, stream_of
from bot.memory import (
    DOMAINS_FRESH_S,
    DOMAINS_KEPT_S,
    KEPT_S,
    PATIENCE_S,
    TURN_SETTLED_S,
    Memory,
    fresh_s,
    turn_s,
    within,
)
from bot.metrics import CACHE, UNMETERED
from bot.reading import look_up, page_of, read, urls_to_look_up, window_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.asking import Asking, Kind
    from bot.asks import Answer, Ask
    from bot.live.model import TaskPage
    from bot.metrics import Meter
    from bot.reading import Live

V = TypeVar("V")

_PAGES = written.pages(TURN_SETTLED_S)
_STREAMS = written.streams(TURN_SETTLED_S)


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
        listing, stale = await self._listing(ask.question(), place)
        offset = listing.within(place.offset, ask.rows)
        cut = await self._cut(listing, offset, ask.rows)
        if listing.total and not cut.shown:  # tasks have left the API's 3 days since it was read
            question, end = ask.question(), listing.end
            listing = await self._memory.listings.asked(
                (question, end), lambda: self._read(question, end, offset, anew=True)
            )
            offset = listing.within(place.offset, ask.rows)
            cut = await self._cut(listing, offset, ask.rows)
        known, unchecked = await self._known(listing, cut)
        cut = listing.rows_from(offset, ask.rows, known) if known.ordered else cut
        answer = answer_of(ask, listing, cut, known, self._now())
        moved = answer.moved or self._has_moved(place, listing, cut)
        return replace(answer, moved=moved, stale=stale, unchecked=unchecked)

    def remembered(self, ask: Ask, place: Place = FIRST) -> Answer | None:
        """What `page` would give without asking anybody, however old; None if that is nothing."""
        listing = self._memory.listings.held(ask.question())
        if listing is None or not listing.whole:
            return None
        offset = listing.within(place.offset, ask.rows)
        known = self._held_streams(listing)
        return answer_of(
            ask, listing, listing.rows_from(offset, ask.rows, known), known, self._now()
        )

    def known_at(self, ask: Ask) -> datetime | None:
        """When what is known of a question was read, without asking anybody; None if nothing is."""
        listing = self._memory.listings.held(ask.question())
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
            held = await domains.asked(account, self._live(account).describe_user_domains)
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

    async def _listing(self, question: Ask, place: Place) -> tuple[Listing, LiveError | None]:
        """The listing to cut from; with the reason where only an old one is to be had.

        Listings are held by question, the newest, and by question and window, for turning pages.
        """
        pinned = None if place.refresh else place.end
        failure = self._memory.failures.held(question)
        if pinned is not None:
            held = self._memory.listings.held((question, pinned))
        elif place.refresh or failure is not None:
            held = None
        else:
            held = self._memory.fresh(question, self._now())
        self._meter.count(CACHE, "miss" if held is None else "hit")
        if held is not None:
            return held, failure
        old = self._memory.listings.held(question)
        # Who asks again waits longer: an API that is only slow is to be read in the end.
        is_first = failure is None and pinned is None and not place.refresh
        try:
            async with within(PATIENCE_S if old is not None and is_first else None):
                listing = await self._memory.listings.asked(
                    (question, pinned),
                    lambda: self._read(question, pinned, place.offset, anew=place.refresh),
                )
        except ArgumentRefused:
            raise
        except LiveError as error:
            if old is None:
                raise
            if isinstance(error, TooManyWait):  # that is no failure to read it
                return old, failure or error
            self._memory.failures.put(question, error, kept_s=KEPT_S)
            self._memory.answers.clear()  # they do not say so
            return old, error
        return listing, None

    async def _read(
        self, question: Ask, pinned: datetime | None, offset: int, *, anew: bool
    ) -> Listing:
        now = self._now()
        window = window_of(question, now=now, end=pinned)
        number = 1 if offset >= LAST_OFFSET else offset // API_ROWS + 1
        live = self._live(question.account)
        fresh = written.listings(question, lambda found: fresh_s(found[0], now))
        turned = written.listings(question, lambda found: turn_s(found[0], now))
        found, age_s = await self._asking.asked(
            fresh if pinned is None else turned,
            (question, pinned),
            lambda: read(live, question, window, number=number, now=now),
            anew=anew,
        )
        listing, page = found
        if pinned is None and not age_s:
            await self._asking.put(turned, (question, listing.end), found)
        self._memory.answers.clear()  # this one is newer
        self._memory.failures.drop(question)
        self._memory.listings.put(
            (question, listing.end), listing, kept_s=turn_s(listing, now) - age_s, age_s=age_s
        )
        if pinned is None:
            self._memory.listings.put(question, listing, kept_s=KEPT_S, age_s=age_s)
        if not listing.whole:
            self._memory.pages.put((*listing.key, page.page), page, kept_s=KEPT_S)
        return listing

    async def _cut(self, listing: Listing, offset: int, rows: int) -> Cut:
        """The listing's rows from `offset` on, with the one before them and those that follow."""
        if listing.whole:
            return listing.rows_from(offset, rows, self._held_streams(listing))
        first = max(0, offset - 1) // API_ROWS + 1
        last = (min(offset + rows, listing.total) - 1) // API_ROWS + 1
        pages = [await self._page(listing, number) for number in range(first, last + 1)]
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

    async def _page(self, listing: Listing, number: int) -> TaskPage:
        key = (*listing.key, number)
        held = self._memory.pages.held(key)
        if held is None:
            window = window_of(listing.question, now=self._now(), end=listing.end)
            live = self._live(listing.question.account)
            held = await self._memory.pages.asked(
                key,
                lambda: self._asked(
                    _PAGES, key, lambda: page_of(live, listing.question, window, number)
                ),
            )
            self._memory.pages.put(key, held, kept_s=KEPT_S)
        return held

    async def _known(self, listing: Listing, cut: Cut) -> tuple[Streams, LiveError | None]:
        """The streams' newest tasks as far as they are known; why not the shown ones', if so."""
        question = listing.question
        if (
            not listing.whole
            and not listing.is_partial
            and cut.before_tasks == 0
            and is_newest_first(cut.tasks)
        ):
            return Streams(newest(cut.tasks), cut.observed_at), None
        known = self._held_streams(listing)
        if listing.knows_newest:
            return known, None
        missing = tuple(task for task in cut.shown if task.stream not in known.newest)
        unasked = tuple(url for url in question.urls if stream_of(url) not in known.newest)
        if not missing and not unasked:
            return known, None
        least = unasked or urls_to_look_up(missing, ())
        others = (task for task in cut.others if task.stream not in known.newest)
        widest = unasked or urls_to_look_up(missing, others)
        for urls in dict.fromkeys((widest, least)):  # a reply too long for all may do for the least
            if all(stream_of(url) in known.newest for url in least):
                break
            try:
                known = await self._look_up(listing, urls, cut, known)
            except LiveError as error:
                return known, error
        return known, None

    async def _look_up(
        self, listing: Listing, urls: tuple[str, ...], cut: Cut, known: Streams
    ) -> Streams:
        """What is known, and what asking for the URLs adds to it."""
        question = listing.question
        live = self._live(question.account)
        key = (*listing.key, urls)
        more = await self._memory.streams.asked(
            key,
            lambda: self._asked(
                _STREAMS, key, lambda: look_up(live, question.domain, urls, cut.tasks)
            ),
        )
        both = known.and_those(more)
        known = both if known.newest else both.ordering(listing)  # then the order stays
        self._memory.streams.put(listing.key, known, kept_s=KEPT_S)
        return known

    async def _asked(self, kind: Kind[V], key: object, ask: Callable[[], Awaitable[V]]) -> V:
        found = await self._asking.asked(kind, key, ask)
        return found.value

    def _live(self, account: str) -> Live:
        try:
            return self._lives[account]
        except KeyError:
            raise AccountGone(account=account) from None

    def _held_streams(self, listing: Listing) -> Streams:
        """What is known without asking of the streams' newest tasks."""
        if listing.knows_newest:
            none = dict.fromkeys(stream_of(url) for url in listing.question.urls)
            return Streams(none | newest(listing.tasks), listing.observed_at)
        return self._memory.streams.held(listing.key) or Streams({}, listing.observed_at)

    def _has_moved(self, place: Place, listing: Listing, cut: Cut) -> bool:
        if place.total not in {None, listing.total}:
            return True
        if place.last_shown is None or cut.before is None:
            return False
        return self._mark_of(cut.before.task_id) != place.last_shown
