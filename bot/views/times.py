"""Moments and windows, in the reader's zone and language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.reader import Language
from bot.views.mrkdwn import NOTHING

if TYPE_CHECKING:
    from bot.live.model import PreloadTask
    from bot.reader import Reader

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SLACK_YEARS = range(1971, 2100)


def local(moment: datetime, reader: Reader) -> datetime:
    """The moment on the reader's clock; at the calendar's very ends, as it is."""
    try:
        return moment.astimezone(reader.zone)
    except OverflowError:
        return moment


def clock(moment: datetime, reader: Reader, now: datetime) -> str:
    """`19:30`, or `21 Nov 19:30` if that is not today."""
    here, today = local(moment, reader), local(now, reader)
    time = f"{here.hour:02}:{here.minute:02}"
    return time if here.date() == today.date() else f"{_day(here, reader, today)} {time}"


def dated(moment: datetime, reader: Reader, now: datetime) -> str:
    """`21 Nov 19:30`, today too."""
    here = local(moment, reader)
    return f"{_day(here, reader, local(now, reader))} {here.hour:02}:{here.minute:02}"


def _day(here: datetime, reader: Reader, today: datetime) -> str:
    same_year = here.year == today.year
    if reader.language is Language.CHINESE:
        return f"{'' if same_year else f'{here.year}年'}{here.month}月{here.day}日"
    return f"{here.day} {_MONTHS[here.month - 1]}{'' if same_year else f' {here.year}'}"


def seconds(moment: datetime, reader: Reader, now: datetime) -> str:
    """`19:42:10`, with its date if that is not today."""
    return f"{clock(moment, reader, now)}:{local(moment, reader).second:02}"


def to_the_second(moment: datetime, reader: Reader, now: datetime) -> str:
    """`19:42:10 (UTC+8)`, with its date if that is not today."""
    return f"{seconds(moment, reader, now)} ({zone_name(moment, reader)})"


def zone_name(moment: datetime, reader: Reader) -> str:
    """The reader's zone at that moment: `UTC`, `UTC+8`, `UTC-3:30`."""
    offset = local(moment, reader).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def window(task: PreloadTask, reader: Reader, now: datetime) -> str:
    """The window in which the stream is kept warm: `19:30–23:00`, `21 Nov 23:30 – 00:30`."""
    if task.window_start is None and task.window_end is None:
        return NOTHING
    start = "?" if task.window_start is None else clock(task.window_start, reader, now)
    if task.window_end is None:
        return f"{start}–?"
    end = clock(task.window_end, reader, now)
    if task.window_start is not None:
        first, last = local(task.window_start, reader), local(task.window_end, reader)
        if first.date() == last.date():
            return f"{start}–{last.hour:02}:{last.minute:02}"
    return f"{start} – {end}" if " " in start + end else f"{start}–{end}"


def for_everyone(moment: datetime, form: str, fallback: str) -> str:
    """A moment in mrkdwn that Slack shows to each reader in their own zone.

    Args:
        moment: the moment.
        form: Slack's tokens (`{date_short_pretty} {time}`).
        fallback: what is shown where Slack cannot; free of `<`, `>` and `|`.
    """
    if moment.year not in _SLACK_YEARS:
        return fallback
    return f"<!date^{int(moment.astimezone(UTC).timestamp())}^{form}|{fallback}>"
