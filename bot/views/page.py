"""A page of an answer, being drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.roles import ALL, Right
from bot.views import absent, blocks, refs
from bot.views.controls import controls, refresh, status_menu
from bot.views.errors import reason
from bot.views.headline import headline
from bot.views.limits import Message, fitted
from bot.views.mrkdwn import (
    NOTHING,
    clipped,
    escaped,
    plain,
    shortened,
    stream_names,
)
from bot.views.status import Status, status_of
from bot.views.times import clock, dated, for_everyone, to_the_second, window, zone_name
from bot.words import marked, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.asks import Answer, Ask, Row
    from bot.errors import BotError
    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.words import Words

AREAS = {
    "domestic": marked("mainland China"),
    "overseas": marked("outside mainland China"),
    "global": marked("worldwide"),
}
_STATUS_CHARS = 90
_LABEL_NAME_CHARS = 50


class Page:
    """One answer, for one reader, at one moment. See `bot.views.tasks.page`."""

    def __init__(
        self,
        answer: Answer,
        reader: Reader,
        *,
        now: datetime,
        table: bool,
        shared: bool,
        direct: bool,
        refreshing: bool,
        may: frozenset[Right] = ALL,
    ) -> None:
        self._answer, self._reader, self._now = answer, reader, now
        self._table, self._shared, self._refreshing = table, shared, refreshing
        self._may = may
        self._direct = direct
        self._old = refreshing or answer.stale is not None
        self._words: Words = words(reader.language)
        areas = {row.task.area.strip() for row in answer.rows}
        self._area_varies = len(areas) > 1
        self._area = areas.pop() if len(areas) == 1 else ""

    def message(self) -> Message:
        """The message, with as many rows as fit."""
        answer, w = self._answer, self._words
        said = headline(answer, w, old=self._old)
        top = [blocks.section(f"*{w.sentences(said)}*"), *map(blocks.section, self._warnings())]
        statuses = [
            status_of(row, self._reader, w, now=self._now, old=self._old) for row in answer.rows
        ]
        names = stream_names([row.task.url for row in answer.rows], answer.ask.domain)
        cells = [
            self._cells(row, status, name)
            for row, status, name in zip(answer.rows, statuses, names, strict=True)
        ]
        labels = [
            (self._label(row, status, name), row.task.task_id)
            for row, status, name in zip(answer.rows, statuses, names, strict=True)
        ]
        summary = [*said, *self._in_short()]
        asks = (answer.ask,) if answer.total else (answer.ask, wider(answer.ask))
        for shown in range(len(cells), -1, -1):
            body = (*top, *self._rows(cells[:shown]), *self._foot(labels[:shown]))
            message = fitted(Message(w.sentences(summary), body, asks))
            if len(message.blocks) == len(body):
                break
        return message

    def _in_short(self) -> Iterator[str]:
        """What the summary must not leave out."""
        if self._answer.stale is not None:
            yield self._stale(self._answer.stale)
        elif not self._answer.total:
            yield self._words.t("Nothing was started: this command only looks.")

    def _cells(self, row: Row, status: Status, name: str) -> list[str]:
        task = row.task
        created = NOTHING if task.created is None else self._clock(task.created)
        cells = [
            clipped(str(status), _STATUS_CHARS),
            name,
            window(task, self._reader, self._now),
            created,
        ]
        return [*cells, self._area_name(task.area)] if self._area_varies else cells

    def _area_name(self, area: str) -> str:
        return self._words.t(AREAS[area]) if area in AREAS else plain(area, 30)

    def _label(self, row: Row, status: Status, name: str) -> str:
        created = f" · {self._clock(row.task.created)}" if row.task.created else ""
        return f"{status.icon} {shortened(name, _LABEL_NAME_CHARS)}{created}"

    def _clock(self, moment: datetime) -> str:
        return clock(moment, self._reader, self._now)

    def _rows(self, cells: Sequence[list[str]]) -> list[Block]:
        if not cells:
            return []
        w = self._words
        head = [w.t("Status"), w.t("Stream"), w.t("Window"), w.t("Created")]
        if self._area_varies:
            head.append(w.t("Area"))
        if self._table:
            return [blocks.table([head, *cells])]
        lines = []
        for status, name, hours, since, *area in cells:
            times = [hours, w.t("created {time}", time=since), *area]
            lines.append((status, f"{name}\n      {' · '.join(times)}"))
        return [blocks.listing(lines)]

    def _foot(self, labels: Sequence[tuple[str, str]]) -> list[Block]:
        """What stands beneath the rows: of what time they are, notes, controls."""
        answer, w = self._answer, self._words
        if not answer.total:
            widening = self._widening() if Right.QUERY in self._may else []
            return [self._context(0), *([blocks.actions(widening)] if widening else [])]
        found = controls(
            answer,
            w,
            self._reader,
            shown=len(labels),
            tasks=[(label, task_id) for label, task_id in labels if _is_id(task_id)],
            shared=self._shared or self._direct,
            refreshing=self._refreshing,
            may=self._may,
        )
        notes = list(self._notes(len(labels)))
        lines = [blocks.context("\n".join(notes))] if notes else []
        return [self._context(len(labels)), *lines, *([blocks.actions(found)] if found else [])]

    def _widening(self) -> list[Block]:
        answer, w = self._answer, self._words
        found = [refresh(answer, w, self._reader if self._shared else None)]
        if answer.ask.status is not None and answer.ask.task_id is None:
            found.append(status_menu(answer, w))
        if wider(answer.ask) != answer.ask:
            wide = refs.PageRef.to(wider(answer.ask)).pack()
            found.append(blocks.button("widen", w.t("Show all tasks of 3 days"), wide))
        mended = refs.PageRef.to(answer.ask).pack()
        found.append(blocks.button("form.open", w.t("Open the form"), mended))
        return found if not self._refreshing else found[1:]

    def _context(self, shown: int) -> Block:
        """Which tasks, of what time, seen when."""
        answer, w = self._answer, self._words
        parts = []
        if 0 < shown < answer.total:
            parts.append(self._place(answer.offset + 1, answer.offset + shown))
        kept = answer.ask.since is None and answer.ask.until is None
        start, end = self._dated(answer.start), self._dated(answer.end)
        if kept:
            parts.append(
                w.t("created {start} – {end} (the API keeps 3 days)", start=start, end=end)
            )
        else:
            parts.append(w.t("created {start} – {end}", start=start, end=end))
        if self._area:
            parts.append(escaped(self._area_name(self._area)))
        parts.append(w.t("observed {time}", time=self._observed()))
        if self._shared and shown:
            zone = zone_name(self._now, self._reader)
            parts.append(w.t("times in the rows are {zone}", zone=zone))
        return blocks.context(" · ".join(parts))

    def _place(self, first: int, last: int) -> str:
        count, w = f"{self._answer.total:,}", self._words
        if first == last:
            return w.t("task {number} of {count}", number=f"{first:,}", count=count)
        place = {"first": f"{first:,}", "last": f"{last:,}"}
        return w.t("tasks {first}–{last} of {count}", **place, count=count)

    def _dated(self, moment: datetime) -> str:
        told = dated(moment, self._reader, self._now)
        if self._shared:
            return for_everyone(moment, "{date_short_pretty} {time}", told)
        return told

    def _observed(self) -> str:
        moment = self._answer.observed_at
        told = to_the_second(moment, self._reader, self._now)
        if self._shared:
            return for_everyone(moment, "{date_short_pretty} {time_secs}", told)
        return told

    def _warnings(self) -> Iterator[str]:
        """What must be read before the rows."""
        answer, w = self._answer, self._words
        if self._refreshing:
            yield "⏳ " + w.t("Being read again … these rows are of {time}.", time=self._observed())
        elif answer.stale is not None:
            yield "⚠️ " + self._stale(answer.stale)
        if answer.unchecked is not None:
            yield "❔ " + w.t(
                "Whether the streams have newer tasks could not be checked: {reason}",
                reason=reason(answer.unchecked, w),
            )
        if not answer.total:
            yield w.t("Nothing was started: this command only looks.")
        yield from absent.without_task(answer, w)
        yield from absent.outside(answer, self._reader, now=self._now, old=self._old)

    def _stale(self, error: BotError) -> str:
        return stale_note(error, self._observed(), self._words)

    def _notes(self, shown: int) -> Iterator[str]:
        """What may be read after the rows."""
        answer, w = self._answer, self._words
        if shown < len(answer.rows):
            yield w.t(
                "{shown} of {count} rows fit here; the others begin the next page.",
                shown=shown,
                count=len(answer.rows),
            )
        if answer.moved:
            yield w.t("Tasks have changed places since the page before: rows may have moved.")
        if answer.cut:
            yield w.t("The time asked for was cut to the 3 days that the API keeps.")
        if not answer.whole:
            yield w.t("Too many tasks to sort: they are shown in the API's own order.")


def stale_note(error: BotError, observed: str, w: Words) -> str:
    """That what is shown is old, of when, and why; in mrkdwn."""
    return w.t(
        "Not current: it could not be read again, this is of {time}. {reason}",
        time=observed,
        reason=reason(error, w),
    )


def _is_id(task_id: str) -> bool:
    """Whether it can be asked for; the API leaves IDs out at times, and may send anything."""
    return bool(task_id.strip()) and task_id.isprintable()


def wider(ask: Ask) -> Ask:
    """The question without the filters that may have hidden everything."""
    return replace(ask, status=None, since=None, until=None)
