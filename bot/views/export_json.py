"""An export as JSON: one object, in English keys and words, for programs."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Any

from bot.views.commands import command
from bot.views.mrkdwn import masked, stream_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.asks import Row
    from bot.export import Export, Found
    from bot.live.model import PreloadTask

_UNCHECKED = "complete_unchecked"
"""Complete and in its window, but whether its stream has a newer task is not known."""
_SUPERSEDED = "complete_superseded"
"""The same, and its stream has a newer task that is not ready."""


def as_json(export: Export, *, now: datetime) -> bytes:
    """The file, all times in UTC.

    Args:
        export: what was found.
        now: the moment that windows are held against.
    """
    ask = export.question
    whole = {
        "question": {
            "account": ask.account,
            "domain": ask.domain,
            "status": ask.status,
            "task_id": ask.task_id,
            "urls": [masked(url) for url in ask.urls],
            "command": command(ask),
        },
        "window": {"start": _time(export.start), "end": _time(export.end), "cut": export.cut},
        "observed_from": _time(export.observed_from),
        "observed_at": _time(export.observed_at),
        "states_at": _time(now),
        "counts": {
            "matching": export.total,
            "exported": len(export.found),
            "tasks": Counter(_state(found.row, now) for found in export.found),
            "streams": Counter(task.state(now) for task in _newest(export)),
            "streams_not_checked": export.streams_unchecked,
        },
        "urls_without_match": [masked(url) for url in export.without_match],
        "is_sure": export.is_sure,
        "calls": export.calls,
        "request_ids": export.request_ids,
        "tasks": [_task(found, ask.domain, now) for found in export.found],
    }
    # Half of a surrogate pair, which UTF-8 does not know, becomes a question mark.
    return json.dumps(whole, ensure_ascii=False, indent=1).encode(errors="replace") + b"\n"


def _task(found: Found, domain: str, now: datetime) -> dict[str, Any]:
    task, newest = found.row.task, found.row.newest
    return {
        "state": _state(found.row, now),
        "stream": stream_name(task.url, domain),
        "stream_state": None if newest is None else newest.state(now),
        "has_newer_task": None if newest is None else found.row.is_superseded,
        "newest_task_id": None if newest is None else newest.task_id,
        "task_id": task.task_id,
        "url": masked(task.url),
        "status": task.status,
        "process": task.process,
        "description": task.description,
        "area": task.area,
        "created": _time(task.created),
        "window_start": _time(task.window_start),
        "window_end": _time(task.window_end),
        "observed_at": _time(found.observed_at),
    }


def _state(row: Row, now: datetime) -> str:
    """What the task is; ready is only what may be shown green."""
    state = row.task.state(now)
    if not state.is_ready or (row.newest is not None and row.newest.state(now).is_ready):
        return state.value
    return _UNCHECKED if row.newest is None else _SUPERSEDED


def _newest(export: Export) -> Iterable[PreloadTask]:
    """Each stream's newest task, where it is known."""
    rows = [found.row for found in export.found]
    return {row.task.stream: row.newest for row in rows if row.newest is not None}.values()


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
