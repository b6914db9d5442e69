"""What is asked of the Live API: arguments checked, parameters built. No I/O.

Source: the vendor's reference and published metadata of API version 2016-11-01, and its Python
SDK.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from bot import errors
from bot.live.model import (
    HISTORY_DAYS,
    MAX_PAGE_SIZE,
    MAX_URLS,
    StatusFilter,
    TaskQuery,
)
from bot.live.remembered import Remembered

VERSION = "2016-11-01"
DESCRIBE_TASKS = "DescribeLiveStreamPreloadTasks"
DESCRIBE_DOMAINS = "DescribeLiveUserDomains"
CREATE_TASKS = "SetLiveStreamPreloadTasks"
MAX_DOMAINS_PAGE = 50

SAFETY = timedelta(minutes=2)
"""The start stays so far inside the 3 days: the gateway's clock and the way there take time."""

_HISTORY = timedelta(days=HISTORY_DAYS)
_OLDEST = timedelta(seconds=1) - _HISTORY + SAFETY
"""Times are sent in whole seconds: rounded down, the start would leave the safe part."""
_KEPT = f"within the last {HISTORY_DAYS} days"
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+", re.IGNORECASE)
_STATUSES = frozenset(StatusFilter)


def check(query: TaskQuery, *, page: int, page_size: int, now: datetime) -> None:
    """Refuse what the API would refuse, before anything is sent.

    Raises:
        ArgumentRefused: names the argument and what is allowed.
    """
    if not _are_domains[query.domain]:
        _refuse("DomainName", "a play domain, like live.example.com")
    if page < 1:
        _refuse("PageNum", "1 and up")
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        _refuse("PageSize", f"1-{MAX_PAGE_SIZE}")
    if len(query.urls) > MAX_URLS:
        _refuse("PlayUrl", f"at most {MAX_URLS} URLs")
    for url in query.urls:
        if "," in url or not url.strip():
            _refuse("PlayUrl", "URLs without a comma in them")
    if query.status is not None and query.status not in _STATUSES:
        _refuse("Status", ", ".join(StatusFilter))
    for name, time in (("StartTime", query.start), ("EndTime", query.end)):
        if time is not None and time.tzinfo is None:
            _refuse(name, "a time with its zone")
    _check_window(query, now=now)


def _check_window(query: TaskQuery, *, now: datetime) -> None:
    if query.start is None and query.end is None:
        return
    start, end = window(query, now=now)
    if query.start is not None:
        if query.start < now - _HISTORY - SAFETY:
            _refuse("StartTime", _KEPT)
        # From the very edge on means all there is, however far off the end.
        if query.end and query.end - query.start > _HISTORY and query.start > now - _HISTORY:
            _refuse("EndTime", f"at most {HISTORY_DAYS} days after StartTime")
    if start >= end:
        after_end = query.start is not None and query.start >= end
        _refuse("StartTime" if after_end else "EndTime", _KEPT)


def _refuse(argument: str, allowed: str) -> NoReturn:
    raise errors.ArgumentRefused(argument=argument, allowed=allowed, message="not sent")


def window(query: TaskQuery, *, now: datetime) -> tuple[datetime, datetime]:
    """The times to send at `now`: never more than the API takes, whatever time has passed.

    An end still to come is now: no task is created in the future.
    """
    oldest = _oldest[now]
    start = oldest if query.start is None or query.start < oldest else query.start
    end = now if query.end is None or query.end > now else query.end
    return start, end


def task_parameters(
    query: TaskQuery, *, page: int, page_size: int, now: datetime
) -> dict[str, str]:
    """The parameters of DescribeLiveStreamPreloadTasks, as sent at `now`.

    Raises:
        ArgumentRefused: the API has forgotten the window while the call waited.
    """
    start, end = window(query, now=now)
    if start >= end:
        _refuse("EndTime", _KEPT)
    parameters = {
        "DomainName": query.domain,
        "EndTime": _written[end],
        "PageNum": str(page),
        "PageSize": str(page_size),
        "StartTime": _written[start],
    }
    if query.urls:
        parameters["PlayUrl"] = ",".join(query.urls)
    if query.region_id:
        parameters["RegionId"] = query.region_id
    if query.status:
        parameters["Status"] = StatusFilter(query.status).value
    if query.task_id:
        parameters["TaskId"] = query.task_id
    return parameters


def domain_parameters(keyword: str, *, page: int) -> dict[str, str]:
    """The parameters of DescribeLiveUserDomains: play domains, those with the keyword in them."""
    parameters = {
        "LiveDomainType": "liveVideo",
        "PageNumber": str(page),
        "PageSize": str(MAX_DOMAINS_PAGE),
    }
    if keyword:
        parameters |= {"DomainName": keyword, "DomainSearchType": "fuzzy_match"}
    return parameters


def _write(at: datetime) -> str:
    return f"{at.astimezone(UTC).isoformat()[:19]}Z"


# The same domain, and the times of this second, come again and again.
_are_domains = Remembered[str, bool](lambda text: bool(_DOMAIN.fullmatch(text)), most=1 << 8)
_written = Remembered(_write, most=1 << 8)
_oldest = Remembered[datetime, datetime](lambda now: now.replace(microsecond=0) + _OLDEST, most=4)
