"""Durations and moments as people type them. Pure: the clock and the zone come in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

LONGEST: Final = timedelta(days=1_000)
"""Far more than the API keeps; anything longer is a slip."""
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 2099
_MOST_CHARACTERS: Final = 40

_UNIT_SECONDS: Final = {
    word: seconds
    for seconds, words in {
        1: "s sec secs second seconds 秒 秒钟",
        60: "m min mins minute minutes 分 分钟",
        3_600: "h hr hrs hour hours 小时 个小时 钟头 个钟头",
        86_400: "d day days 天",
        604_800: "w week weeks 周 星期 个星期",
    }.items()
    for word in words.split()
}
_NUMBERS: Final = {
    "a": 1.0,
    "an": 1.0,
    "half": 0.5,
    "half an": 0.5,
    "半": 0.5,
    "两": 2.0,
    **{word: float(number) for number, word in enumerate("一二三四五六七八九十", start=1)},
}
_DAYS_BACK: Final = {
    **dict.fromkeys(("tomorrow", "明天", "明日"), -1),
    **dict.fromkeys(("today", "今天", "今日"), 0),
    **dict.fromkeys(("yesterday", "昨天", "昨日"), 1),
    "前天": 2,
}
_EVENING_BEGINS: Final = time(18)
_EVENINGS: Final = {"今晚": "今天晚上", "昨晚": "昨天晚上", "明晚": "明天晚上"}
_NOON: Final = 12
_HALF_PAST: Final = 30
_EVENING: Final = timedelta(hours=12)
"""How much later than its beginning a window may end that is given by clock times alone."""
_AFTERNOON: Final = frozenset({"pm", "下午", "晚上"})


def _any(words: dict[str, int] | dict[str, float]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_EVENING_ALONE = re.compile(rf"(?P<day>{_any(_DAYS_BACK)})晚上")
_PART = re.compile(
    rf"\s*(?P<number>[0-9]+(?:\.[0-9]+)?|{_any(_NUMBERS)})\s*(?P<unit>{_any(_UNIT_SECONDS)})"
    r"(?![a-z])"
)
_LATER = re.compile(r"\s*(?:later|from\s+now|[之以]?后)$")
_PAST = re.compile(r"-.*|.*(?:ago|前)")
_AGO = re.compile(r"\s*(?:ago|之?前|[以之]?内)$")
_MOMENT = re.compile(
    rf"""(?:(?P<day>{_any(_DAYS_BACK)})
        | (?:(?P<year>[0-9]{{4}})[-/年])? (?P<month>[0-9]{{1,2}})[-/月] (?P<date>[0-9]{{1,2}})日?
      )?
      (?:t|\s+at\s+|\s*)
      (?P<clock>(?P<half>上午|早上|下午|晚上)?
        (?P<hour>[0-9]{{1,2}})
        (?: [:点时](?P<minute>[0-9]{{2}})分? (?: :(?P<second>[0-9]{{2}}) (?:\.[0-9]+)? )?
          | [点时](?P<half_past>半)? | (?=\s*[ap]m) )
        (?:\s*(?P<meridiem>[ap]m))?
      )?
      (?:\s*(?P<offset>z | (?:utc|gmt)?(?P<sign>[+-])(?P<oh>[0-9]{{1,2}})(?::?(?P<om>[0-9]{{2}}))?
        | utc | gmt ))?
    """,
    re.VERBOSE,
)


def duration(text: str) -> timedelta | None:
    """`2h`, `1h30m`, `2 hours ago`, `半小时`: a positive duration up to `LONGEST`, else None."""
    if len(text) > _MOST_CHARACTERS:
        return None
    text = _AGO.sub("", text.casefold().removeprefix("-"))
    position, seconds = 0, 0.0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            return None
        number = part["number"]
        seconds += (_NUMBERS[number] if number in _NUMBERS else float(number)) * _UNIT_SECONDS[
            part["unit"]
        ]
        position = part.end()
    whole = int(seconds) if seconds <= LONGEST.total_seconds() else 0
    return timedelta(seconds=whole) if whole else None


def moment(
    text: str,
    *,
    now: datetime,
    zone: tzinfo,
    after: datetime | None = None,
    latest: bool = False,
    ahead: bool = False,
) -> datetime | None:
    """`today 18:00`, `11-20 19:00`, `2026-11-20T19:00Z`, `昨天`, `now`: a moment in UTC, else None.

    A day alone is its beginning; an evening alone (`昨晚`) is from 18:00, or if it ends something,
    to midnight. A clock time alone is the last one up to `now`, or, if that is not after `after`,
    the one in the 12 hours after it; a day without its year is likewise the last one. `ahead` makes
    both the next ones from now.

    Args:
        text: what was typed.
        now: the present moment, aware.
        zone: where the person is; an offset in the text goes before it.
        after: the beginning of the window that the moment ends.
        latest: it ends something: of an evening it is the end, and of the two moments that a clock
            time may mean when clocks are changed (the zone has it twice, or not at all) the later.
        ahead: the moment is expected to come, not to be past.
    """
    text = text.casefold()
    for short, long in _EVENINGS.items():
        text = text.replace(short, long)
    if text in {"now", "现在"}:
        return now.astimezone(UTC).replace(microsecond=0)
    if evening := _EVENING_ALONE.fullmatch(text):
        day = now.astimezone(zone).date() - timedelta(days=_DAYS_BACK[evening["day"]])
        begin_or_end = (day + timedelta(days=1), time()) if latest else (day, _EVENING_BEGINS)
        return _in_utc(*begin_or_end, zone, latest=latest)
    found = _MOMENT.fullmatch(text) if text and len(text) <= _MOST_CHARACTERS else None
    if found is None or not (found["day"] or found["month"] or found["clock"]):
        return None
    try:
        zone = _offset(found) or zone
        today = now.astimezone(zone).date()
        clock = _clock(found)
        day = _day(found, today, ahead=ahead)
        result = _in_utc(day, clock, zone, latest=latest)
        if not (found["day"] or found["month"]):
            if ahead and result <= now:
                result = _in_utc(day + timedelta(days=1), clock, zone, latest=latest)
            elif not ahead and result > now:
                result = _in_utc(day - timedelta(days=1), clock, zone, latest=latest)
            if after is not None and result <= after:
                next_day = result.astimezone(zone).date() + timedelta(days=1)
                following = _in_utc(next_day, clock, zone, latest=latest)
                result = following if following - after <= _EVENING else result
    except (ValueError, OverflowError):
        return None
    return result if _EARLIEST_YEAR <= result.year <= _LATEST_YEAR else None


def coming(text: str, *, now: datetime, zone: tzinfo) -> datetime | None:
    """When something shall end: `20:00`, `tomorrow 18:00`, `2h` from now; in UTC, else None.

    A clock time or a day alone is the next one; what says otherwise (`yesterday`, `2h ago`) is
    past.
    """
    text = text.casefold()
    if length := duration(_LATER.sub("", text)):
        whole = now.astimezone(UTC).replace(microsecond=0)
        return whole - length if _PAST.fullmatch(text) else whole + length
    return moment(text, now=now, zone=zone, latest=True, ahead=True)


def is_zero(text: str) -> bool:
    """`0`, `0s`, `0 分钟`: no time at all."""
    part = _PART.fullmatch(text.casefold())
    return text == "0" or (part is not None and part["number"].strip("0.") == "")


def _clock(found: re.Match[str]) -> time:
    if found["clock"] is None:
        return time()
    hour = int(found["hour"])
    half = found["meridiem"] or found["half"]
    if found["meridiem"]:
        if not 1 <= hour <= _NOON:
            raise ValueError("not on a clock of 12 hours")
        hour %= _NOON
    if half in _AFTERNOON and hour < _NOON:
        hour += _NOON
    minute = _HALF_PAST if found["half_past"] else int(found["minute"] or 0)
    return time(hour, minute, int(found["second"] or 0))


def _day(found: re.Match[str], today: date, *, ahead: bool) -> date:
    if found["day"]:
        return today - timedelta(days=_DAYS_BACK[found["day"]])
    if not found["month"]:
        return today
    month, day = int(found["month"]), int(found["date"])
    if found["year"]:
        return date(int(found["year"]), month, day)
    this_year = date(today.year, month, day)
    if ahead:
        return this_year if this_year >= today else date(today.year + 1, month, day)
    return this_year if this_year <= today else date(today.year - 1, month, day)


def _offset(found: re.Match[str]) -> tzinfo | None:
    if found["offset"] is None:
        return None
    clock = time(int(found["oh"] or 0), int(found["om"] or 0))
    offset = timedelta(hours=clock.hour, minutes=clock.minute)
    return timezone(-offset if found["sign"] == "-" else offset)


def _in_utc(day: date, clock: time, zone: tzinfo, *, latest: bool) -> datetime:
    either = [datetime.combine(day, clock, zone).replace(fold=fold) for fold in (0, 1)]
    return (max if latest else min)(moment.astimezone(UTC) for moment in either)
