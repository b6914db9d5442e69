"""What is counted or confirmed of a listing besides, as far as there are calls left for that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.listing import API_ROWS, confirmed, in_order, merged
from bot.live.model import StatusFilter, TaskState
from bot.reading import groups, page_of

if TYPE_CHECKING:
    from datetime import datetime

    from bot.listing import Listing
    from bot.reading import Counted
    from bot.windows import Window

_COUNTED = (StatusFilter.FAILED, StatusFilter.PRELOADING, StatusFilter.COMPLETE)


def is_filled(listing: Listing, now: datetime) -> bool:
    """Whether `filled` has nothing to add to it."""
    question = listing.question
    if question.status is not None:
        is_all = not question.urls and question.task_id is None
        return listing.domain_total is not None or not is_all
    if not listing.whole:
        return all(status in listing.counts for status in _COUNTED)
    if listing.confirmed or listing.is_partial or listing.as_typed:
        return True
    return all(task.state(now) is not TaskState.UNKNOWN for task in listing.tasks)


async def filled(
    live: Counted,
    listing: Listing,
    window: Window,
    everything: Listing | None,
    now: datetime,
    *,
    keep: int = 0,
) -> Listing:
    """The listing with what is counted or confirmed besides.

    Of tasks too many to be read, how many there are of each status; of those of one status, how
    many there are of any; of tasks whose own words leave it open, whether the API's filter finds
    them complete.

    Args:
        live: the Live API, and how many calls this answer may take yet.
        listing: what was read.
        window: of when it is.
        everything: all that there is in the domain, if that is known.
        now: the moment.
        keep: how many calls are not to be taken.

    Raises:
        LiveError: a call failed.
    """
    left = max(0, live.left - keep)
    if is_filled(listing, now):
        return listing
    if listing.question.status is not None:
        wide = replace(listing.question, status=None)
        if everything is not None and everything.whole and everything.tells(wide):
            return replace(listing, domain_total=everything.narrowed(wide, window).total)
        (pages,) = await groups([page_of(live, wide, window, 1, rows=1) for _ in range(left)[:1]])
        return replace(listing, domain_total=pages[0].total) if pages else listing
    if listing.whole:
        return await _confirmed(live, listing, window, now, most=left)
    asked = [status for status in _COUNTED if status not in listing.counts][:left]
    (pages,) = await groups(
        [page_of(live, replace(listing.question, status=one), window, 1, rows=1) for one in asked]
    )
    more = {status: page.total for status, page in zip(asked, pages, strict=True)}
    return replace(listing, counts={**listing.counts, **more})


async def _confirmed(
    live: Counted, listing: Listing, window: Window, now: datetime, *, most: int
) -> Listing:
    complete = replace(listing.question, status=StatusFilter.COMPLETE)
    last = min(most, -(-listing.total // API_ROWS))
    if not last:
        return listing
    (pages,) = await groups([page_of(live, complete, window, n) for n in range(1, last + 1)])
    tasks = confirmed(listing.tasks, merged(pages)[0])
    return replace(listing, tasks=in_order(tasks, now), confirmed=True)
