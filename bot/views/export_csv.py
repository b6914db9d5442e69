"""An export as CSV that a spreadsheet opens rightly, and that does nothing when it is opened.

UTF-8 with a byte order mark, without which a spreadsheet takes the bytes for another encoding;
CRLF (RFC 4180). A cell that begins like a formula would be run as one: it gets an apostrophe
(https://owasp.org/www-community/attacks/CSV_Injection). One that reads like a number or a date
would be rounded to 15 digits, as a long task ID, or made a day, as the streams `2/11` and `may/1`:
it gets a tab, which is not seen, and which `/preload task=` drops when the cell is copied there.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC
from typing import TYPE_CHECKING

from bot.views.mrkdwn import masked, plain, stream_name
from bot.views.page import AREAS
from bot.views.status import STATE_WORDS, status_of
from bot.views.times import local
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.export import Export, Found
    from bot.reader import Reader
    from bot.words import Words

_CELL_CHARS = 8_000
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_REWRITTEN = re.compile(
    rf"0\d+|\d{{12,}}|\d+(?:[/:e-]\d+)+|{_MONTH}[/ .-]?\d{{1,4}}|\d{{1,2}}[/ .-]?{_MONTH}",
    re.ASCII | re.IGNORECASE,
)
"""What a spreadsheet shows otherwise than it is written; our own times have a space."""


def as_csv(export: Export, reader: Reader, *, now: datetime) -> bytes:
    """The file: a head, then a row for each task.

    Args:
        export: what was found.
        reader: in whose words and zone it is written; times stand there in UTC as well.
        now: the moment that windows are held against.
    """
    w, written = words(reader.language), io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(map(_cell, _head(reader, w)))
    for found in export.found:
        writer.writerow(map(_cell, _row(found, export.question.domain, reader, w, now)))
    return written.getvalue().encode("utf-8-sig")


def _head(reader: Reader, w: Words) -> Iterator[str]:
    yield from (w.t("Status"), w.t("Stream"), w.t("Stream now"), w.t("Newer task"))
    yield from (w.t("Status in the API's words"), w.t("Progress in %"), w.t("Description"))
    yield from (w.t("Area"), w.t("Play URL"), w.t("Task ID"))
    for name in (w.t("Created"), w.t("Window from"), w.t("Window until"), w.t("Observed")):
        yield w.t("{name} ({zone})", name=name, zone="UTC")
        if _has_own_zone(reader):
            yield w.t("{name} ({zone})", name=name, zone=reader.zone)


def _row(found: Found, domain: str, reader: Reader, w: Words, now: datetime) -> Iterator[str]:
    task, newest = found.row.task, found.row.newest
    unknown = w.t("not checked")
    yield status_of(found.row, reader, w, now=now, old=False).text
    yield stream_name(task.url, domain)
    yield unknown if newest is None else w.t(STATE_WORDS[newest.state(now)])
    if newest is None:
        yield unknown
    else:
        yield newest.task_id if found.row.is_superseded else w.t("none")
    yield task.status
    yield "" if task.process is None else f"{task.process:g}"
    yield task.description
    yield w.t(AREAS[task.area]) if task.area in AREAS else task.area
    yield masked(task.url)
    yield task.task_id
    for moment in (task.created, task.window_start, task.window_end, found.observed_at):
        yield "" if moment is None else _written(moment.astimezone(UTC))
        if _has_own_zone(reader):
            yield "" if moment is None else _written(local(moment, reader))


def _has_own_zone(reader: Reader) -> bool:
    return str(reader.zone) != "UTC"


def _written(moment: datetime) -> str:
    """The time as spreadsheets read it; its column says of which zone it is."""
    return moment.replace(tzinfo=None).isoformat(" ", "seconds")


def _cell(text: str) -> str:
    """Literal text of one line that no spreadsheet takes for a formula, or rewrites."""
    cell = plain(text, _CELL_CHARS) if text.strip() else ""
    if cell.startswith(_FORMULA):
        return f"'{cell}"
    return f"\t{cell}" if _REWRITTEN.fullmatch(cell) else cell
