"""What became of each notice: seen, queued, posted when, and what was tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.mrkdwn import escaped
from bot.views.times import seconds
from bot.views.watch_words import title
from bot.watch.notices import NoticeKind, NoticeState
from bot.words import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.reader import Reader
    from bot.watch.model import Watch
    from bot.watch.notices import Notice
    from bot.words import Words

_CODE_CHARS = 30
_DOMAIN_CHARS = 40
_CHARS = 7_500
"""Of all lines: the rest of a message's 9,000 is for what stands around them."""

_KINDS = {
    NoticeKind.FAILURES: marked("Failures"),
    NoticeKind.REPEAT: marked("Failures, again"),
    NoticeKind.CHANGES: marked("Changes"),
    NoticeKind.DETAILS: marked("Details in a thread"),
    NoticeKind.BOARD: marked("A watch's message"),
    NoticeKind.ALERT: marked("A watch's alert"),
    NoticeKind.VERDICT: marked("A watch's verdict"),
    NoticeKind.BLIND: marked("Domain not readable"),
    NoticeKind.SIGHT: marked("Domain readable again"),
    NoticeKind.PARKED: marked("Channel not reachable"),
}


def delivery_lines(
    notices: Sequence[Notice],
    watches: Mapping[str, Watch],
    reader: Reader,
    w: Words,
    *,
    now: datetime,
) -> Iterator[str]:
    """A line of mrkdwn for each notice, as far as a message takes them."""
    room = _CHARS
    for number, notice in enumerate(notices):
        line = " · ".join(_parts(notice, watches.get(notice.source), reader, w, now))
        room -= len(line)
        if room < 0:
            count = f"{len(notices) - number:,}"
            yield w.t("{count} older ones have no room here", count=count)
            return
        yield line


def _parts(
    notice: Notice, watch: Watch | None, reader: Reader, w: Words, now: datetime
) -> Iterator[str]:
    what = w.t(_KINDS[notice.kind])
    changes = len(notice.changes)
    if changes:
        what = w.t("{said}: {names}", said=what, names=f"{changes:,}")
    yield f"*{what}*"
    if watch is not None:
        yield title(watch, w)
    elif changes:
        yield escaped(notice.changes[0].task.domain, _DOMAIN_CHARS)
    yield w.t("seen {time}", time=seconds(notice.seen_at, reader, now))
    yield w.t("queued {time}", time=_after(notice.seen_at, notice.queued_at, w))
    yield _outcome(notice, reader, w, now)
    again, error = notice.attempts - 1, notice.error
    if again > 0:
        said = w.n("retried {count} time", "retried {count} times", again)
        yield f"{said} ({escaped(error, _CODE_CHARS)})" if error else said
    if notice.is_uncertain:
        yield w.t("may stand there twice")


def _outcome(notice: Notice, reader: Reader, w: Words, now: datetime) -> str:
    match notice.state:
        case NoticeState.POSTED:
            known_at = notice.posted_at or notice.seen_at
            return w.t("posted {time}", time=_after(notice.seen_at, known_at, w))
        case NoticeState.SENDING:
            return w.t("being sent")
        case NoticeState.UNSURE:
            return w.t("sent, but not confirmed: being looked for")
        case NoticeState.DROPPED:
            code = escaped(notice.error, _CODE_CHARS)
            return w.t("given up: {code}", code=code) if notice.error else w.t("given up")
    is_gathering = notice.kind is NoticeKind.CHANGES and notice.attempts == 0
    if is_gathering and notice.due_at > now:
        return w.t("gathered until {time}", time=seconds(notice.due_at, reader, now))
    return w.t("waiting since {time}", time=seconds(notice.queued_at, reader, now))


def _after(first: datetime, then: datetime, w: Words) -> str:
    """`+1.2 s`; never before, though the clock was set back in between."""
    return w.t("+{count} s", count=f"{max(0.0, (then - first).total_seconds()):,.1f}")
