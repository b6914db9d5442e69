"""What was found of the streams that a message names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.asks import Row
from bot.checking import GRAVEST_FIRST, Unsettled
from bot.live.model import TaskState
from bot.views import blocks, refs
from bot.views.absent import as_typed_note
from bot.views.check_refs import CheckRef, pick_of
from bot.views.left_out import left_out, unlooked
from bot.views.limits import Message, fitted
from bot.views.mrkdwn import (
    NOTHING,
    clipped,
    code,
    escaped,
    shortened,
    stream_names,
)
from bot.views.status import COUNT_WORDS, STATE_WORDS, Status, status_of
from bot.views.times import clock, to_the_second, window
from bot.words import marked, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.asks import Ask
    from bot.checking import Checked, Finding, Line, Source
    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.words import Words

ROWS = 20
"""Streams a page."""
_STATUS_CHARS = 90
_LABEL_NAME_CHARS = 50
_DOMAIN_CHARS = 100


def checking(reader: Reader) -> Message:
    """Said when looking up takes its time; the answer takes its place."""
    said = words(reader.language).t("Looking up the streams of this message …")
    return fitted(Message(said, (blocks.context(f"⏳ {said}"),)))


def nothing(source: Source, reader: Reader) -> Message:
    """The message names no stream; how one is named."""
    w = words(reader.language)
    said = w.t("There is no play URL in this message")
    how = w.t(
        "A play URL is written in full, such as {url}. It may stand anywhere in the message, or in "
        "an attached text or CSV file: one in each line, in any column.",
        url=code("rtmp://live.example.com/app/stream"),
    )
    body = [blocks.section(f"*{said}*\n{how}")]
    if notes := list(left_out(source, w)):
        body.append(blocks.context("\n".join(notes)))
    return fitted(Message(w.sentences([said, *notes]), tuple(body)))


def checked(
    found: Checked,
    reader: Reader,
    *,
    now: datetime,
    table: bool = True,
    offset: int = 0,
    may_watch: bool = True,
) -> Message:
    """Each stream's state by its newest task, first the streams that have none.

    Args:
        found: what was found.
        reader: for whom.
        now: the moment it is drawn at, against which windows are held.
        table: whether Slack takes table blocks; otherwise the same rows come as a list.
        offset: how many streams stand before the page.
        may_watch: the reader may watch some of them.
    """
    drawing = _Drawing(found, reader, now, table=table, offset=offset, may_watch=may_watch)
    return drawing.message()


def name_of(ask: Ask, first: int, count: int, reader: Reader) -> str:
    """What a watch of some of a message's streams is called; "" where it has all of the domain's.

    Args:
        ask: which.
        first: how many of the domain's URLs stand before them.
        count: how many URLs of the domain there are.
        reader: whose watch.
    """
    if len(ask.urls) == count:
        return ""
    return words(reader.language).t(
        "{domain}, URLs {first}–{last} of {count}",
        domain=ask.domain,
        first=first + 1,
        last=first + len(ask.urls),
        count=count,
    )


class _Drawing:
    """What was found, being drawn."""

    def __init__(
        self,
        found: Checked,
        reader: Reader,
        now: datetime,
        *,
        table: bool,
        offset: int,
        may_watch: bool,
    ) -> None:
        self._found, self._reader, self._now = found, reader, now
        self._table, self._words = table, words(reader.language)
        self._may_watch = may_watch
        self._ranked = found.ranked(now)
        last_page = max(0, len(self._ranked) - 1) // ROWS * ROWS
        self._offset = offset if 0 <= offset < len(self._ranked) else last_page
        domains = {line.ask.domain for line in self._ranked}
        self._domain = domains.pop() if len(domains) == 1 else ""

    def message(self) -> Message:
        """The message, with as many rows as fit."""
        w, lines = self._words, self._ranked[self._offset : self._offset + ROWS]
        said, counts = self._headline(), list(self._counts())
        warnings = list(unlooked(self._found, self._ref(), w))
        top = [
            blocks.section(" · ".join((f"*{said}*", *counts))),
            *(blocks.section(f"❔ {text}", accessory=menu) for text, menu in warnings),
        ]
        names = stream_names([line.url for line in lines], self._domain)
        statuses = [self._status(line) for line in lines]
        rows = [
            [clipped(str(status), _STATUS_CHARS), name, self._window(line)]
            for line, status, name in zip(lines, statuses, names, strict=True)
        ]
        options = [
            self._option(line, status, name)
            for line, status, name in zip(lines, statuses, names, strict=True)
        ]
        asks = (self._found.question, *dict.fromkeys(line.ask for line in lines))
        text = w.sentences([w.listed([said, *counts]), *(text for text, _ in warnings)])
        for shown in range(len(rows), -1, -1):
            body = (*top, *self._rows(rows[:shown]), *self._foot(options[:shown]))
            message = fitted(Message(text, body, asks))
            if len(message.blocks) == len(body):
                break
        return message

    def _headline(self) -> str:
        w, found, count = self._words, self._found, len(self._ranked)
        if not count:
            return "❔ " + w.t("No stream of a known domain in this message")
        counts = found.counts(self._now)
        ready = counts[TaskState.READY] + counts[TaskState.READY_LATER]
        if ready == count and found.is_whole:
            return "✅ " + w.n("{count} stream, ready", "All {count} streams ready", count)
        return w.t("{ready} of {count} ready", ready=f"{ready:,}", count=f"{count:,}")

    def _counts(self) -> Iterator[str]:
        """Of those that are not ready, how many are what."""
        w, counts = self._words, self._found.counts(self._now)
        for finding in GRAVEST_FIRST:
            count = counts[finding]
            if not count or finding in {TaskState.READY, TaskState.READY_LATER}:
                continue
            if finding is Unsettled.NO_TASK:
                yield w.n("{count} without a task", "{count} without a task", count)
                continue
            yield w.t("{count} {state}", count=f"{count:,}", state=_word(finding, w))

    def _status(self, line: Line) -> Status:
        if line.task is None or not line.is_known:
            return Status("❔", _word(line.finding(self._now), self._words))
        row = Row(line.task, line.task if line.is_sure else None)
        return status_of(row, self._reader, self._words, now=self._now, old=line.is_old)

    def _window(self, line: Line) -> str:
        return NOTHING if line.task is None else window(line.task, self._reader, self._now)

    def _rows(self, rows: Sequence[list[str]]) -> list[Block]:
        if not rows:
            return []
        w = self._words
        if self._table:
            return [blocks.table([[w.t("Status"), w.t("Stream"), w.t("Window")], *rows])]
        return [blocks.listing((status, f"{name}　{hours}") for status, name, hours in rows)]

    def _foot(self, options: Sequence[Block | None]) -> list[Block]:
        context = " · ".join(self._context(len(options)))
        body = [blocks.context(context)] if context else []
        if controls := self._controls(options):
            body.append(blocks.actions(controls))
        return body

    def _context(self, shown: int) -> Iterator[str]:
        """Which streams, of which accounts, seen when, and until when."""
        w, count = self._words, len(self._ranked)
        for domain, account in self._found.picked.items():
            yield f"{escaped(domain, _DOMAIN_CHARS)} ({escaped(account, _DOMAIN_CHARS)})"
        if 0 < shown < count:
            first, last = f"{self._offset + 1:,}", f"{self._offset + shown:,}"
            yield w.t(
                "streams {first}–{last} of {count}", first=first, last=last, count=f"{count:,}"
            )
        if self._found.observed_at is not None:
            seen = to_the_second(self._found.observed_at, self._reader, self._now)
            yield w.t("observed {time}", time=seen)
        ends = [
            line.task.window_end
            for line in self._ranked
            if line.task is not None and line.finding(self._now) is TaskState.READY
        ]
        if next_end := min((end for end in ends if end is not None), default=None):
            end = clock(next_end, self._reader, self._now)
            yield w.t("next window end {time}", time=end)
        if not all(line.is_sure for line in self._found.lines):
            yield as_typed_note(w)

    def _controls(self, options: Sequence[Block | None]) -> list[Block]:
        w, shown = self._words, len(options)
        before, after = max(0, self._offset - ROWS), self._offset + shown
        found: list[Block | None] = []
        if self._offset:
            found.append(self._button("check.prev", w.t("‹ Prev"), before))
        if shown and after < len(self._ranked):
            found.append(self._button("check.next", w.t("Next ›"), after))
        found.append(self._button("check.refresh", w.t("Refresh"), self._offset))
        if openable := [option for option in options if option is not None]:
            found.append(blocks.select("page.open", w.t("Open a task"), openable))
        if self._may_watch and any(line.ask.account for line in self._ranked):
            found.append(self._button("check.watch", w.t("Watch")))
        return [control for control in found if control is not None]

    def _button(self, action_id: str, text: str, offset: int = 0) -> Block:
        return blocks.button(action_id, text, self._ref(offset).pack())

    def _ref(self, offset: int = 0) -> CheckRef:
        found, source = self._found, self._found.source
        unread = len(source.unread) or source.count_unread
        odd = len(source.odd) + len(source.without_protocol) or source.count_odd
        picked = frozenset(pick_of(*pick) for pick in found.picked.items())
        return CheckRef(found.question.key, offset, source.left_out, unread, odd, picked)

    def _option(self, line: Line, status: Status, name: str) -> Block | None:
        """The line of the menu that opens the stream's task, where it has one with an ID."""
        task = line.task
        if task is None or not task.task_id.strip() or not task.task_id.isprintable():
            return None
        try:
            ref = refs.OpenRef(line.ask.key, task.task_id).pack()
        except refs.ReferenceTooLong:
            return None
        return blocks.option(f"{status.icon} {shortened(name, _LABEL_NAME_CHARS)}", ref)


_UNSETTLED: Mapping[Unsettled, str] = {
    Unsettled.NO_TASK: marked("no task"),
    Unsettled.NOT_FOUND: marked("not found as typed"),
    Unsettled.UNSURE: marked("complete, newer tasks not checked"),
    Unsettled.NOT_CHECKED: marked("not looked up"),
    Unsettled.WAS_READY: marked("ready when last seen"),
}


def _word(finding: Finding, w: Words) -> str:
    """What is found of a stream, as counted things are named."""
    if isinstance(finding, Unsettled):
        return w.t(_UNSETTLED[finding])
    return w.t(COUNT_WORDS.get(finding, STATE_WORDS[finding]))
