"""A notice of a subscription, being drawn; what does not fit is left to its thread."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.asks import Ask
from bot.live.model import StatusFilter
from bot.views import blocks, refs
from bot.views.commands import command
from bot.views.follow_refs import NoticeRef
from bot.views.following_controls import button, mute_menu, unsubscribe_button
from bot.views.happenings import first_few, gravest_first, lines, names
from bot.views.limits import Message, fitted
from bot.views.mentions import person
from bot.views.mrkdwn import code
from bot.views.times import to_the_second
from bot.watch.model import ChangeKind
from bot.watch.notices import NoticeKind
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.watch.model import Change, Subscription
    from bot.watch.notices import Notice
    from bot.words import Words

LINES_A_PART = 60
PARTS = 4
"""Of a notice's thread: at most so many messages, each of at most so many lines."""
_FAILURES_SHOWN = 15
_CHANGES_SHOWN = 5
_REF_CHARS = 400
_APART = timedelta(minutes=1)


class Announcement:
    """A notice of a subscription, being drawn."""

    def __init__(
        self,
        notice: Notice,
        subscription: Subscription,
        reader: Reader,
        now: datetime,
        seen_by: str | None = None,
    ) -> None:
        self._notice, self._subscription = notice, subscription
        self._reader, self._now, self._seen_by = reader, now, seen_by
        self._words = words(reader.language)
        self._told = gravest_first(notice.changes)
        self._is_failure = notice.kind in {NoticeKind.FAILURES, NoticeKind.REPEAT}

    def message(self, said: str) -> Message:
        """The message beneath a headline of mrkdwn."""
        w, domain = self._words, self._subscription.domain
        ask = ask_of(self._notice, self._subscription)
        shown = self._told[: shown_of(self._told)]
        drawn = lines(shown, domain, self._reader, w, now=self._now)
        body = [
            blocks.section(f"*{said}*"),
            *blocks.sections([*drawn, *self._rest(len(shown), ask)]),
            blocks.context(" · ".join(self._context())),
            blocks.actions(list(self._controls(ask))),
        ]
        streams = names([change.task.url for change in shown], domain)
        few = first_few(streams, len(self._told), w)
        return fitted(Message(w.t("{said}: {names}", said=said, names=few), tuple(body), (ask,)))

    def _rest(self, shown: int, ask: Ask) -> Iterator[str]:
        """That there are more, and where."""
        w, hidden = self._words, len(self._told) - shown
        in_thread = min(hidden, parts_of(self._told) * LINES_A_PART)
        if hidden > in_thread:
            yield w.t(
                "and {count} more: {some} in the thread, all with {command}",
                count=f"{hidden:,}",
                some=f"{in_thread:,}",
                command=code(command(ask), 800),
            )
        elif hidden:
            yield w.t("and {count} more in the thread", count=f"{hidden:,}")

    def _context(self) -> Iterator[str]:
        w = self._words
        yield observed(self._notice, self._reader, w, self._now)
        if self._seen_by is not None:
            yield w.t("seen by {person}", person=person(self._seen_by))
        elif self._is_failure:
            yield w.t("for {person}", person=person(self._subscription.owner))

    def _controls(self, ask: Ask) -> Iterator[Block]:
        w, subscription = self._words, self._subscription
        ref = NoticeRef(subscription.id, self._notice.key)
        unseen = self._is_failure and self._seen_by is None
        found = (
            button("notice.seen", w.t("Seen"), ref) if unseen else None,
            blocks.button("notice.open", w.t("Open"), refs.PageRef.to(ask).pack(_REF_CHARS)),
            mute_menu("notice.mute", subscription, ref, self._reader, w, now=self._now),
            unsubscribe_button("notice.unsubscribe", subscription.domain, ref, w),
        )
        yield from filter(None, found)


def parts_of(told: Sequence[Change]) -> int:
    """How many messages of a thread take what the message itself leaves out; at most `PARTS`."""
    hidden = max(0, len(told) - shown_of(told))
    return min(PARTS, -(-hidden // LINES_A_PART))


def shown_of(told: Sequence[Change]) -> int:
    """How many lines stand in the message itself: the same for it and for its thread."""
    is_failures = all(change.kind is ChangeKind.FAILED for change in told)
    return _FAILURES_SHOWN if is_failures else _CHANGES_SHOWN


def ask_of(notice: Notice, subscription: Subscription | None) -> Ask:
    """The question whose answer shows it all, as it is by then."""
    is_failures = all(change.kind is ChangeKind.FAILED for change in notice.changes)
    status = StatusFilter.FAILED if is_failures else None
    account = subscription.account if subscription is not None else ""
    return Ask(account, domain_of(notice, subscription), status=status)


def domain_of(notice: Notice, subscription: Subscription | None) -> str:
    """The domain it is about."""
    if subscription is not None:
        return subscription.domain
    return notice.changes[0].task.domain if notice.changes else ""


def observed(notice: Notice, reader: Reader, w: Words, now: datetime) -> str:
    """When it was observed; of what was gathered over minutes, from when to when."""
    times = [change.at for change in notice.changes]
    if notice.kind is NoticeKind.REPEAT or not times:  # those changes are of before
        times = [notice.seen_at]
    first, last = min(times), max(times)
    time = to_the_second(first, reader, now)
    if last - first >= _APART:
        time = f"{time} – {to_the_second(last, reader, now)}"
    return w.t("observed {time}", time=time)
