"""The listing that answers a question: held, cut out of all tasks of the domain, or asked for.

Where asking fails, the old one is given with the reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot import written
from bot.asks import LAST_OFFSET, Place
from bot.errors import ArgumentRefused, LiveError, TooManyWait, Unavailable
from bot.filling import filled, is_filled
from bot.listing import API_ROWS, is_newest_first
from bot.live.model import stream_of
from bot.memory import KEPT_S, PATIENCE_S, fresh_s, within
from bot.metrics import CACHE
from bot.newest import DomainTasks
from bot.reading import Counted, as_submitted, as_submitted_lately, can_be_asked, live_of, read
from bot.windows import window_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.asking import Asking
    from bot.asks import Ask
    from bot.listing import Listing
    from bot.live.model import TaskPage
    from bot.memory import Memory
    from bot.metrics import Meter
    from bot.reading import Live
    from bot.windows import Window


class Listings:
    """Finds listings.

    Args:
        lives: a client per account name.
        memory: where they are held.
        asking: the way to the Live API.
        now: the wall clock, in UTC.
        meter: told whether they were held.
    """

    def __init__(
        self,
        lives: Mapping[str, Live],
        memory: Memory,
        asking: Asking,
        *,
        now: Callable[[], datetime],
        meter: Meter,
    ) -> None:
        self._lives = lives
        self._memory = memory
        self._asking = asking
        self._now = now
        self._meter = meter

    def domain(self, ask: Ask, place: Place) -> DomainTasks:
        """All tasks of the domain of an ask, for its answer."""
        everything, live = ask.everything(), Counted(live_of(self._lives, ask.account))

        async def read(*, anew: bool) -> tuple[Listing, LiveError | None]:
            held = self._memory.listings.held(everything)
            if held is not None and not held.whole and not anew:  # nor are they likely fewer by now
                return held, None
            here = Place(refresh=anew or place.refresh)
            return await self._asked_listing(everything, here, domain, is_shown=False)

        domain = DomainTasks(live, read, self._memory.first_page, began=self._now())
        return domain

    async def of(
        self, question: Ask, place: Place, domain: DomainTasks
    ) -> tuple[Listing, LiveError | None]:
        """The listing to cut from; with the reason where only an old one is to be had.

        Listings are held by question, the newest, and by question and window, for turning pages.
        What the tasks say of themselves is found among all tasks of the domain, if those are few
        enough to be read: there streams meet whose URLs are signed anew at every submission.
        """
        pinned = None if place.refresh else place.end
        is_cut = bool(question.urls) or question.until is not None
        is_plain = question.status is None and question.task_id is None
        is_plain = is_plain and all(map(can_be_asked, question.urls))  # others are refused
        if not is_plain or not (is_cut or pinned is not None):
            return await self._asked_listing(question, place, domain)
        if self._memory.listings.held((question, pinned)) is not None:
            listing, failure = await self._asked_listing(question, place, domain)
            of_all = self._memory.failures.held(question.everything()) if is_cut else None
            return listing, failure or of_all
        window = window_of(question, now=self._now(), end=pinned)
        everything = await domain.everything()
        if everything is not None and everything.whole and question.urls:
            # Of a stream that has no task it is said only when that was just looked up.
            streams = {task.stream for task in everything.tasks}
            if not all(stream_of(url) in streams for url in question.urls):
                everything = await domain.everything(anew=True)
        if everything is None:
            why, old = domain.why or Unavailable(), self._memory.listings.held(question)
            if old is None:
                raise why
            return old, why
        if not (everything.whole and (question.urls or everything.tells(question))):
            return await self._asked_listing(question, place, domain)
        listing = (await self.filled_up(everything, domain)).narrowed(question, window)
        self._memory.listings.put((question, listing.end), listing, kept_s=KEPT_S)
        if pinned is None:
            self._memory.listings.put(question, listing, kept_s=KEPT_S)
        return listing, domain.why

    async def _asked_listing(
        self, question: Ask, place: Place, domain: DomainTasks, *, is_shown: bool = True
    ) -> tuple[Listing, LiveError | None]:
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
                    lambda: self.read(
                        question,
                        pinned,
                        place.offset,
                        domain,
                        anew=place.refresh,
                        is_shown=is_shown,
                    ),
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

    async def read(
        self,
        question: Ask,
        pinned: datetime | None,
        offset: int,
        domain: DomainTasks,
        *,
        anew: bool,
        is_shown: bool = True,
    ) -> Listing:
        """Ask for a listing, and hold it.

        Args:
            question: what is asked.
            pinned: the end of its window; None is now.
            offset: how many rows stand before those that are to be shown.
            domain: all tasks of the domain.
            anew: what other processes hold is not good enough.
            is_shown: it is an answer itself, and more is to be counted than another needs.

        Raises:
            LiveError: the API did not answer.
        """
        now = self._now()
        window = window_of(question, now=now, end=pinned)
        number = 1 if offset >= LAST_OFFSET else offset // API_ROWS + 1
        fresh = written.listings(question, lambda found: fresh_s(found[0], now))
        turned = written.listings(question, lambda _: KEPT_S)

        async def ask() -> tuple[Listing, TaskPage]:
            asked, as_typed = question, bool(question.urls)
            if question.urls:
                asked, as_typed = await _by_stream(question, domain)
            listing, page = await self._read(asked, window, number, domain)
            if asked != question and not listing.whole:  # its other pages are asked for as typed
                listing, page = await self._read(question, window, number, domain)
                as_typed = True
            elif question.urls and not asked.urls:
                listing = listing.of_streams(question.urls)
            listing = replace(listing, question=question, as_typed=as_typed)
            if is_shown and question.status is None:
                # For the shown streams' newest tasks, if they are not known anyway.
                shown = listing.within(offset, 1) // API_ROWS + 1
                is_first = shown == page.page == 1 and is_newest_first(page.tasks)
                kept = listing.is_partial or not (listing.whole or is_first)
                # And for the page to be shown, where that is another.
                is_other = not listing.whole and shown != page.page
                listing = await self._filled(listing, window, domain, keep=kept + is_other)
            return listing, page

        found, age_s = await self._asking.asked(
            fresh if pinned is None else turned, (question, pinned), ask, anew=anew
        )
        listing, page = found
        if pinned is None and not age_s:
            await self._asking.put(turned, (question, listing.end), found)
        self._memory.answers.clear()  # this one is newer
        self._memory.failures.drop(question)
        self._memory.listings.put(
            (question, listing.end), listing, kept_s=KEPT_S - age_s, age_s=age_s
        )
        if pinned is None:
            self._memory.listings.put(question, listing, kept_s=KEPT_S, age_s=age_s)
        if not listing.whole:
            self._memory.pages.put((*listing.key, page.page), page, kept_s=KEPT_S)
        return listing

    async def _read(
        self, question: Ask, window: Window, number: int, domain: DomainTasks
    ) -> tuple[Listing, TaskPage]:
        return await read(
            domain.live,
            question,
            window,
            number=number,
            now=self._now(),
            everything=domain.everything,
        )

    async def _filled(
        self, listing: Listing, window: Window, domain: DomainTasks, *, keep: int = 0
    ) -> Listing:
        """As `bot.reading.filled`; as it is, where the API does not say."""
        now = self._now()
        try:
            return await filled(domain.live, listing, window, domain.known, now, keep=keep)
        except LiveError:
            return listing

    async def filled_up(self, listing: Listing, domain: DomainTasks) -> Listing:
        """The same of a listing that is held."""
        if is_filled(listing, self._now()) or not (domain.live.left or domain.known):
            return listing
        window = window_of(listing.question, now=self._now(), end=listing.end)
        try:
            more = await self._memory.listings.asked(
                (*listing.key, "filled"), lambda: self._filled(listing, window, domain)
            )
        except TooManyWait:
            return listing
        for key in ((listing.question, listing.end), listing.question):
            self._memory.listings.replace(key, listing, more)
        return more


async def _by_stream(question: Ask, domain: DomainTasks) -> tuple[Ask, bool]:
    """What is asked for a question with URLs, and whether that is only for these as typed.

    Their streams' tasks may have been submitted with other signatures. Where all tasks are known
    and one call cannot name all those URLs, the question is asked without any.
    """
    latest, everything = await domain.latest(), await domain.everything()
    if everything is not None and everything.whole:
        return as_submitted(question, everything.tasks) or replace(question, urls=()), False
    return question if latest is None else as_submitted_lately(question, latest.tasks), True
