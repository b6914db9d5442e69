"""What was found, as the answer to a question. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.asks import Answer, Row
from bot.listing import count_states

if TYPE_CHECKING:
    from datetime import datetime

    from bot.asks import Ask
    from bot.listing import Cut, Listing
    from bot.streams import Streams


def answer_of(ask: Ask, listing: Listing, cut: Cut, known: Streams, now: datetime) -> Answer:
    """The answer with the rows that were cut out of a listing, and what is said of all.

    Args:
        ask: the question, with its form.
        listing: what it found.
        cut: the rows to show.
        known: what is known of the streams' newest tasks.
        now: when the states are reckoned, in UTC.
    """
    # Of an old window perhaps only the shown streams were looked up: they are not all there are.
    unknown = known.unknown(listing.tasks)
    is_of_all = listing.whole and ask.status is None and ask.task_id is None
    is_countable = listing.question.is_filtered or not listing.is_partial or not unknown
    return Answer(
        ask=ask,
        start=listing.start,
        end=listing.end,
        rows=tuple(Row(task, known.newest_of(task)) for task in cut.shown),
        offset=cut.offset,
        total=listing.total,
        whole=listing.whole,
        states=count_states(listing.tasks, now),
        counts=listing.counts,
        streams=known.states(listing.tasks, now) if is_countable else {},
        streams_unknown=unknown if is_countable else 0,
        observed_at=min(cut.observed_at, known.observed_at),
        request_id=listing.request_id,
        cut=listing.cut,
        domain_total=listing.domain_total,
        retried=known.retried(listing.tasks, now),
        without_task=known.without_task(ask.urls),
        outside=known.outside(ask.urls, listing.tasks) if is_of_all else (),
        as_typed=listing.as_typed,
        ends_now=listing.question.until != ask.until,
        moved=cut.moved,
    )
