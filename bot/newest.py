"""Each stream's newest task, which is the stream's state: found once an answer, and remembered.

A stream is named by its play URL without the signature, which is another at every submission, and
the API finds URLs only exactly as submitted. So a stream's newest task is looked for among all
tasks of its domain, where these are few enough to be read. Beyond that it is looked for among the
latest of them, if the API lists these first, and by URL in a domain that signs none; of all other
streams it stays unknown whether there is a newer task.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from bot import written
from bot.errors import LiveError
from bot.listing import is_newest_first
from bot.live.model import is_signed, newest, stream_of
from bot.memory import KEPT_S
from bot.reading import look_up, urls_to_look_up
from bot.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

    from bot.asking import Asking
    from bot.listing import Cut, Listing
    from bot.live.model import PreloadTask, TaskPage
    from bot.memory import Memory
    from bot.reading import Counted, Live

JUST_NOW = timedelta(seconds=3)
"""What was read so shortly before is as good as read anew."""

_LOOKED_UP = written.streams(KEPT_S)


class Reading(Protocol):
    """Reads all tasks of a domain, or finds them held; anew, if that is not good enough."""

    async def __call__(self, *, anew: bool) -> tuple[Listing, LiveError | None]:
        """All of them, or not whole, if they are too much; why those are old, if they are."""
        ...


class DomainTasks:
    """All tasks of the domain that one answer is about: read when they are first wanted.

    Args:
        live: the Live API, for this answer.
        read: reads them, or finds them held; anew, if that is not good enough.
        first: of a listing of too many, the page that the API lists first, if it is held.
        began: when the answer was asked for.

    Attributes:
        known: all that there is, if it was wanted; not whole, if it is too much.
        why: why it could not be read; `known` is old then, if it is there.
    """

    def __init__(
        self,
        live: Counted,
        read: Reading,
        first: Callable[[Listing], TaskPage | None],
        *,
        began: datetime,
    ) -> None:
        self.live = live
        self.known: Listing | None = None
        self.why: LiveError | None = None
        self._read = read
        self._first = first
        self._began = began
        self._is_read = False

    async def everything(self, *, anew: bool = False) -> Listing | None:
        """All tasks, however old those are; None if they are not to be had.

        Args:
            anew: as they are now, if they were held.
        """
        if not self._is_read or (anew and self._is_older() and self.why is None):
            self._is_read = True
            try:
                self.known, self.why = await self._read(anew=anew)
            except LiveError as error:
                self.why = error
        return self.known

    async def latest(self) -> TaskPage | None:
        """Where these are too many: the latest of them, as they are now.

        None where the API does not list these first, or cannot be asked now.
        """
        known = await self.everything()
        if known is not None and not known.whole and self._is_older() and self.live.left:
            known = await self.everything(anew=True)
        if known is None or known.whole or self.why is not None or self._is_older():
            return None
        page = self._first(known)
        return page if page is not None and is_newest_first(page.tasks) else None

    @property
    def signs(self) -> bool:
        """Whether a URL of theirs carries a signature, as far as they are known."""
        page = None if self.known is None else self._first(self.known)
        return page is not None and any(is_signed(task.url) for task in page.tasks)

    def _is_older(self) -> bool:
        return self.known is not None and self.known.observed_at < self._began - JUST_NOW


class Newest:
    """Finds streams' newest tasks.

    Args:
        memory: where what was found is held.
        asking: the way to the Live API.
    """

    def __init__(self, memory: Memory, asking: Asking) -> None:
        self._memory = memory
        self._asking = asking

    async def of(
        self, listing: Listing, cut: Cut, domain: DomainTasks
    ) -> tuple[Streams, LiveError | None]:
        """The streams' newest tasks as far as they are known; why not the shown ones', if so."""
        question = listing.question
        if (
            not listing.whole
            and not listing.is_partial
            and not listing.as_typed
            and cut.before_tasks == 0
            and is_newest_first(cut.tasks)
        ):
            return Streams(newest(cut.tasks), cut.observed_at), None
        known = self.held(listing)
        shown = {task.stream for task in cut.shown} | set(map(stream_of, question.urls))
        if listing.knows_newest or known.newest.keys() >= shown:
            return known, None
        return await self._found(listing, cut, known, domain)

    async def _found(
        self, listing: Listing, cut: Cut, known: Streams, domain: DomainTasks
    ) -> tuple[Streams, LiveError | None]:
        """What is known, and what the domain's tasks add to it; why these are not read, if so."""
        is_first = self._memory.streams.held(listing.key) is None  # then pages are turned
        latest = await domain.latest() if is_first else None
        everything = await domain.everything()
        if domain.why is not None:
            return known, domain.why
        seen = (*listing.tasks, *cut.tasks)
        if everything is not None and everything.whole:
            found = _newest(listing.question.urls, (*seen, *everything.tasks))
            return self._with_these(known, Streams(found, everything.observed_at), listing), None
        if latest is not None:
            streams = {task.stream for task in latest.tasks}
            of_both = newest((*seen, *latest.tasks))
            found = {stream: task for stream, task in of_both.items() if stream in streams}
            known = self._with_these(known, Streams(found, latest.observed_at), listing)
        signs = domain.signs or any(is_signed(task.url) for task in seen)
        if listing.as_typed and listing.whole and not listing.is_partial:
            return self._with_these(known, _as_typed(listing, signs=signs), listing), None
        return await self._looked_up(listing, cut, known, domain, signs=signs)

    async def _looked_up(
        self, listing: Listing, cut: Cut, known: Streams, domain: DomainTasks, *, signs: bool
    ) -> tuple[Streams, LiveError | None]:
        """What is known, and what asking for URLs adds to it; why it does not, if so.

        In a domain that `signs` its URLs it adds only which of those asked for have no task.
        """
        missing = [task for task in cut.shown if task.stream not in known.newest and not signs]
        others = [task for task in cut.others if task.stream not in known.newest and not signs]
        unasked = tuple(url for url in listing.question.urls if stream_of(url) not in known.newest)
        least = unasked or urls_to_look_up(missing, ())
        widest = unasked or urls_to_look_up(missing, others)
        for urls in dict.fromkeys((widest, least)):  # a reply too long for all may do for the least
            if not domain.live.left or all(stream_of(url) in known.newest for url in least):
                break
            try:
                more = await self._look_up(listing, urls, cut, domain.live, signs=signs)
            except LiveError as error:
                return known, error
            known = self._with_these(known, more, listing)
        return known, None

    async def _look_up(
        self, listing: Listing, urls: tuple[str, ...], cut: Cut, live: Live, *, signs: bool
    ) -> Streams:
        domain, key = listing.question.domain, (*listing.key, urls)
        return await self._memory.streams.asked(
            key,
            lambda: self._asked(key, lambda: look_up(live, domain, urls, cut.tasks, signs=signs)),
        )

    def _with_these(self, known: Streams, more: Streams, listing: Listing) -> Streams:
        both = known.and_those(more)
        known = both if known.newest else both.ordering(listing)  # then the order stays
        self._memory.streams.put(listing.key, known, kept_s=KEPT_S)
        return known

    async def _asked(self, key: object, ask: Callable[[], Awaitable[Streams]]) -> Streams:
        found = await self._asking.asked(_LOOKED_UP, key, ask)
        return found.value

    def held(self, listing: Listing) -> Streams:
        """What is known without asking of the streams' newest tasks."""
        if listing.knows_newest:
            found = _newest(listing.question.urls, listing.tasks)
            return Streams(found, listing.observed_at)
        return self._memory.streams.held(listing.key) or Streams({}, listing.observed_at)


def _as_typed(listing: Listing, *, signs: bool) -> Streams:
    """What asking for URLs as they were typed says by itself: which have no task as typed.

    Where the domain `signs` its URLs, those that have one may have a newer one.
    """
    found = _newest(listing.question.urls, listing.tasks)
    if signs:
        found = {stream: task for stream, task in found.items() if task is None}
    return Streams(found, listing.observed_at)


def _newest(urls: Iterable[str], tasks: tuple[PreloadTask, ...]) -> dict[str, PreloadTask | None]:
    """The tasks' and the URLs' streams' newest tasks; None of one that has none."""
    found: dict[str, PreloadTask | None] = dict.fromkeys(map(stream_of, urls))
    found.update(newest(tasks))
    return found
