"""What happened to tasks: counted, and a line of mrkdwn for each."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.asks import Row
from bot.views.mrkdwn import NOTHING, escaped, plain, shortened, stream_names
from bot.views.status import status_of
from bot.views.times import clock, window
from bot.watch.model import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.live.model import PreloadTask
    from bot.reader import Reader
    from bot.watch.model import Change
    from bot.words import Words

NAME_CHARS = 56
"""A name's most in a line: 60 lines must make one message."""
_CAUSE_CHARS = 24
_FEW = 3
_MINUTE = timedelta(minutes=1)

_GRAVEST_FIRST = (
    ChangeKind.FAILED,
    ChangeKind.STUCK,
    ChangeKind.WINDOW_OVER,
    ChangeKind.VANISHED,
    ChangeKind.WINDOW_SOON,
    ChangeKind.RETRIED,
    ChangeKind.RECOVERED,
    ChangeKind.COMPLETED,
    ChangeKind.PROGRESSED,
    ChangeKind.APPEARED,
)
_PLACES = {kind: place for place, kind in enumerate(_GRAVEST_FIRST)}
PROBLEMS = frozenset(_GRAVEST_FIRST[:5])
"""What somebody should look at."""


def gravest_first(changes: Iterable[Change]) -> list[Change]:
    """The changes, problems first; otherwise in the order they came in."""
    return sorted(changes, key=lambda change: _PLACES[change.kind])


def names(urls: Sequence[str], domain: str) -> list[str]:
    """The streams' names, escaped, each short enough for a line."""
    found = stream_names(list(urls), domain, NAME_CHARS) if urls else []
    return [bounded(name, NAME_CHARS) for name in found]


def bounded(text: str, chars: int) -> str:
    """A value escaped, in at most `chars` characters: an escape is longer than what it shows."""
    text = plain(text)
    for limit in (chars, chars // 2, chars // 6):
        found = escaped(shortened(text, limit))
        if len(found) <= chars:
            break
    return found


def first_few(found: Sequence[str], count: int, w: Words, most: int = _FEW) -> str:
    """`a, b, c and 9 more`: the first of `count`."""
    few = found[:most]
    listed = w.listed(few)
    if count <= len(few):
        return listed
    return w.t("{names} and {count} more", names=listed, count=f"{count - len(few):,}")


def counted(changes: Iterable[Change], reader: Reader, w: Words, *, now: datetime) -> str:
    """`2 retried, 14 completed`: how many of each kind, problems first."""
    by_kind: dict[ChangeKind, list[Change]] = {}
    for change in gravest_first(changes):
        by_kind.setdefault(change.kind, []).append(change)
    return w.listed(
        _window_ends(these, reader, w, now)
        if kind is ChangeKind.WINDOW_SOON
        else _count(kind, len(these), w)
        for kind, these in by_kind.items()
    )


def _count(kind: ChangeKind, count: int, w: Words) -> str:  # noqa: PLR0911 - a table of plurals
    match kind:
        case ChangeKind.STUCK:
            return w.n("{count} stuck", "{count} stuck", count)
        case ChangeKind.WINDOW_OVER:
            return w.n("{count} window ended", "{count} windows ended", count)
        case ChangeKind.VANISHED:
            return w.n("{count} outcome unknown", "{count} outcomes unknown", count)
        case ChangeKind.RETRIED:
            return w.n("{count} retried", "{count} retried", count)
        case ChangeKind.RECOVERED:
            return w.n("{count} recovered", "{count} recovered", count)
        case ChangeKind.COMPLETED:
            return w.n("{count} completed", "{count} completed", count)
        case ChangeKind.PROGRESSED:
            return w.n("{count} now preloading", "{count} now preloading", count)
        case ChangeKind.APPEARED:
            return w.n("{count} new task", "{count} new tasks", count)
    return w.n("{count} failed", "{count} failed", count)


def _window_ends(changes: Sequence[Change], reader: Reader, w: Words, now: datetime) -> str:
    ends = sorted(change.task.window_end for change in changes if change.task.window_end)
    count = len(changes)
    if not ends:
        return w.n("{count} window ends soon", "{count} windows end soon", count)
    time, last = clock(ends[0], reader, now), clock(ends[-1], reader, now)
    if time == last:
        return w.n(
            "{count} window ends at {time}", "{count} windows end at {time}", count, time=time
        )
    return w.t("{count} windows end soon, the first at {time}", count=f"{count:,}", time=time)


def lines(
    changes: Sequence[Change],
    domain: str,
    reader: Reader,
    w: Words,
    *,
    now: datetime,
) -> Iterator[str]:
    """A line for each change: icon, stream, what happened; at most about 140 characters."""
    found = names([change.task.url for change in changes], domain)
    for change, name in zip(changes, found, strict=True):
        icon, what = _what(change, reader, w, now)
        yield f"{icon} {name} · {what}" if what else f"{icon} {name}"


def _what(change: Change, reader: Reader, w: Words, now: datetime) -> tuple[str, str]:
    task = change.task
    status = status_of(Row(task, task), reader, w, now=now, old=False)
    icon, said = status.icon, escaped(status.text)
    match change.kind:
        case ChangeKind.FAILED:
            hours = window(task, reader, now)
            parts = (cause(task), w.t("window {time}", time=hours) if hours != NOTHING else "")
            icon, said = "❌", " · ".join(filter(None, parts))
        case ChangeKind.STUCK:
            icon, said = "⚠️", w.t("stuck, {state}", state=said)
        case ChangeKind.VANISHED:
            icon, said = "❔", w.t("unfinished after 3 days: outcome unknown")
        case ChangeKind.WINDOW_SOON if task.window_end is not None and now < task.window_end:
            end = clock(task.window_end, reader, now)
            icon, said = "⚠️", w.t("window ends at {time}", time=end)
        case ChangeKind.RETRIED:
            icon, said = "↻", w.t("failed, retried: {state}", state=said)
        case ChangeKind.RECOVERED:
            said = w.t("{state}, had failed before", state=said)
    return icon, said


def alarm(change: Change, reader: Reader, w: Words, *, now: datetime) -> str:
    """What happened, with its icon, in words that several streams can share."""
    end = change.task.window_end
    match change.kind:
        case ChangeKind.FAILED:
            return "❌ " + w.t("failed")
        case ChangeKind.STUCK:
            return "⚠️ " + w.t("no progress, and the window is near or has begun")
        case ChangeKind.WINDOW_SOON if end is not None and now < end:
            minutes = math.ceil((end - now) / _MINUTE)
            time = clock(end, reader, now)
            return "⚠️ " + w.t("window ends at {time}, in {count} min", time=time, count=minutes)
    icon, said = _what(change, reader, w, now)
    return f"{icon} {said}"


def cause(task: PreloadTask) -> str:
    """Why it failed, in the API's word, escaped; "" where it names none."""
    word = task.description.strip()
    return "" if word in {"", "Successfully"} else bounded(word, _CAUSE_CHARS)
