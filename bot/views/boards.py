"""A watch's message, kept up to date, and the replies in its thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import blocks
from bot.views.board_controls import controls
from bot.views.board_lines import Lines
from bot.views.gone import failure_of
from bot.views.happenings import alarm, first_few, gravest_first, names
from bot.views.limits import Message, fitted
from bot.views.mentions import person
from bot.views.times import clock, to_the_second
from bot.views.watch_words import ending_of, title
from bot.watch.boards import Verdict
from bot.watch.model import ChangeKind, Ending
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.reader import Reader
    from bot.watch.boards import Board
    from bot.watch.model import Watch
    from bot.watch.notices import Notice
    from bot.words import Words

_CELLS = 12
_NAME_CHARS = 100
_NAMED = 15
_GROUPS = 6


def board(board: Board, reader: Reader, *, now: datetime) -> Message:
    """A watch's message.

    Args:
        board: what it shows.
        reader: the watch's owner.
        now: the moment it is drawn at.
    """
    return _Drawing(board, reader, now).message()


def verdict(
    notice: Notice,  # noqa: ARG001 - a view of a notice takes the notice; this one's board says all
    board: Board,
    reader: Reader,
    *,
    now: datetime,
) -> Message:
    """How a watch ended, told its owner in its thread.

    Args:
        notice: the notice.
        board: what the watch's message shows.
        reader: its owner.
        now: the moment it is drawn at.
    """
    return _Drawing(board, reader, now).verdict()


def alert(notice: Notice, watch: Watch, reader: Reader, *, now: datetime) -> Message:
    """What cannot wait for somebody to look: told a watch's owner in its thread.

    Args:
        notice: with a change for each stream concerned.
        watch: the watch.
        reader: its owner.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    told = gravest_first(notice.changes)
    found = names([change.task.url for change in told], watch.ask.domain)
    groups: dict[str, list[str]] = {}
    for change, name in zip(told, found, strict=True):
        groups.setdefault(alarm(change, reader, w, now=now), []).append(name)
    lines = [
        w.t("{said}: {names}", said=said, names=first_few(group, len(group), w, _NAMED))
        for said, group in groups.items()
    ]
    rest = sum(map(len, groups.values())) - sum(map(len, list(groups.values())[:_GROUPS]))
    if rest:
        lines[_GROUPS:] = [w.t("and {count} more", count=f"{rest:,}")]
    calling, name = person(watch.owner), title(watch, w)
    first = min((change.at for change in told), default=notice.seen_at)
    small = [w.t("observed {time}", time=to_the_second(first, reader, now))]
    if any(change.kind is ChangeKind.FAILED for change in told):
        small.append(w.t("further failures are counted in the message above"))
    body = (
        blocks.section(f"{calling} *{name}*"),
        *blocks.sections(lines),
        blocks.context(" · ".join(small)),
    )
    named = f"{calling} {name}"
    return fitted(Message(w.t("{said}: {names}", said=named, names=w.sentences(lines)), body))


class _Drawing:
    """A board, being drawn."""

    def __init__(self, board: Board, reader: Reader, now: datetime) -> None:
        self._board, self._watch = board, board.watch
        self._reader, self._now = reader, now
        self._words = words(reader.language)
        self._lines = Lines(board, reader, self._words, now=now)
        self._title = title(board.watch, self._words)
        self._old = board.failing_since is not None
        self._unread = board.observed_at is None

    def message(self) -> Message:
        w, said, counts = self._words, self._headline(), self._counts()
        body = [
            blocks.section("\n".join(filter(None, (self._first_line(said, counts), self._bar())))),
            *map(blocks.section, self._notes()),
            *blocks.sections(self._named()),
            blocks.context(" · ".join(self._context())),
        ]
        body += controls(
            self._watch,
            () if self._unread else self._lines.ranked,
            self._reader,
            w,
            now=self._now,
            old=self._old,
            beside=body,
        )
        text = w.sentences([w.listed([said, *counts]), *self._notes()])
        return fitted(Message(text, tuple(body), (self._watch.ask,)))

    def verdict(self) -> Message:
        """The reply that says how the watch ended."""
        w, said, counts = self._words, self._headline(), self._counts()
        calling, notes = person(self._watch.owner), list(self._notes())
        body = [
            blocks.section(f"{calling} {self._first_line(said, counts)}"),
            *map(blocks.section, notes),
            *blocks.sections(self._named()),
        ]
        if times := list(self._times()):
            body.append(blocks.context(" · ".join(times)))
        text = w.sentences([f"{calling} {w.listed([said, *counts])}", *notes])
        return fitted(Message(text, tuple(body)))

    def _first_line(self, said: str, counts: list[str]) -> str:
        return " · ".join((f"*{said}*", *counts))

    def _is_green(self) -> bool:
        return not self._unread and not self._old and self._board.verdict is Verdict.READY

    def _headline(self) -> str:
        """What it comes to; green only if every stream is ready, and that is known."""
        known = not self._unread and not self._old
        if self._is_green():
            return "✅ " + self._all_ready()
        w, lines = self._words, self._lines
        fields = {"ready": f"{lines.ready:,}", "count": f"{lines.count:,}"}
        fields["name"] = self._title
        watch = self._watch
        if watch.ended_at is None or watch.ending is Ending.STOPPED:
            return self._so_far(w, fields)
        if known and lines.count and self._board.verdict is Verdict.NOT_READY:
            return "❌ " + w.t("{name}: NOT READY, {ready} of {count} ready", **fields)
        return "❔ " + self._unknown(w, fields)

    def _so_far(self, w: Words, fields: dict[str, str]) -> str:
        if self._unread and self._old:
            return "❔ " + self._unknown(w, fields)
        if self._unread:
            return "⏳ " + w.t("{name}: being read for the first time …", **fields)
        if not self._lines.count:
            return "❔ " + w.t("{name}: nothing matches yet", **fields)
        if self._old:
            return "❔ " + w.t("{name}: {ready} of {count} ready when last seen", **fields)
        return w.t("{name}: {ready} of {count} ready", **fields)

    def _unknown(self, w: Words, fields: dict[str, str]) -> str:
        if self._unread:
            return w.t("{name}: UNKNOWN, it was never read", **fields)
        if not self._lines.count:
            return w.t("{name}: UNKNOWN, nothing matched", **fields)
        if self._old:
            return w.t("{name}: UNKNOWN, {ready} of {count} ready when last seen", **fields)
        return w.t("{name}: UNKNOWN, {ready} of {count} ready", **fields)

    def _all_ready(self) -> str:
        """That all are ready, and while their windows last, as far as those meet."""
        w, count = self._words, self._lines.count
        fields = {"name": self._title}
        if (meeting := self._meeting()) is None:
            return w.n(
                "{name}: {count} stream ready", "{name}: all {count} streams ready", count, **fields
            )
        start, end = meeting
        fields["end"] = clock(end, self._reader, self._now)
        if start <= self._now:
            return w.n(
                "{name}: {count} stream ready, until {end}",
                "{name}: all {count} streams ready, until {end}",
                count,
                **fields,
            )
        fields["start"] = clock(start, self._reader, self._now)
        return w.n(
            "{name}: {count} stream ready, from {start} until {end}",
            "{name}: all {count} streams ready, from {start} until {end}",
            count,
            **fields,
        )

    def _meeting(self) -> tuple[datetime, datetime] | None:
        """From when until when all windows are open; None where they do not meet."""
        tasks = [line.task for line in self._board.lines if line.task is not None]
        starts = [task.window_start for task in tasks if task.window_start is not None]
        start, end = max(starts, default=self._now), self._board.next_end
        return (start, end) if end is not None and start < end else None

    def _counts(self) -> list[str]:
        if not self._unread:
            return list(self._lines.counts())
        count = self._lines.count
        return [self._words.n("{count} stream", "{count} streams", count)] if count else []

    def _bar(self) -> str:
        """How many of its streams are ready, drawn; nothing where that is not known now."""
        lines = self._lines
        if self._unread or self._old or not lines.count:
            return ""
        filled = _CELLS * lines.ready // lines.count
        return "█" * filled + "░" * (_CELLS - filled)

    def _notes(self) -> Iterator[str]:
        """That it cannot be read, and that it has ended."""
        w, board = self._words, self._board
        if board.failing_since is not None:
            time = clock(board.failing_since, self._reader, self._now)
            said = w.t("not read since {time}", time=time)
            failure = failure_of(board.failure, self._watch.ask.account, self._words)
            yield "⚠️ " + (w.t("{said}: {names}", said=said, names=failure) if failure else said)
        if ending := ending_of(self._watch, self._reader, w, self._now):
            yield ending

    def _named(self) -> Iterator[str]:
        if not self._unread:
            yield from self._lines.problems()
            yield from self._lines.under_way()

    def _times(self) -> Iterator[str]:
        w, board = self._words, self._board
        if board.observed_at is not None:
            observed_at = to_the_second(board.observed_at, self._reader, self._now)
            yield w.t("observed {time}", time=observed_at)
        is_said = self._is_green() and self._meeting() is not None  # in the headline
        if board.next_end is not None and not is_said:
            end = clock(board.next_end, self._reader, self._now)
            yield w.t("next window end {time}", time=end)

    def _context(self) -> Iterator[str]:
        w, watch = self._words, self._watch
        yield from self._times()
        if watch.ended_at is None and not watch.is_list:
            yield w.t("watched until {time}", time=clock(watch.until, self._reader, self._now))
        yield w.t("for {person}", person=person(watch.owner))
