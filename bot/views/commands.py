"""A question as the command that asks it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.asks import DEFAULT_ROWS
from bot.views.mrkdwn import masked, plain

if TYPE_CHECKING:
    from bot.asks import Ask

_VALUE_CHARS = 200
_URLS = 3


def command(ask: Ask) -> str:
    """The command, as literal text. Signatures are masked, so such URLs must be typed again."""
    parts = ["/preload"]
    if ask.domain:
        parts.append(f"domain={_value(ask.domain)}")
    if ask.task_id:
        parts.append(f"task={_value(ask.task_id)}")
    parts.extend(f"url={_value(masked(url))}" for url in ask.urls[:_URLS])
    if len(ask.urls) > _URLS:
        parts.append("url=…")
    if ask.status is not None:
        parts.append(f"status={ask.status}")
    if ask.since is not None:
        parts.append(f"since={_since(ask.since)}")
    if ask.until is not None:
        parts.append(f"until={_moment(ask.until)}")
    if ask.rows != DEFAULT_ROWS:
        parts.append(f"size={ask.rows}")
    return " ".join(parts)


def _value(text: str) -> str:
    return plain(text, _VALUE_CHARS)


def _since(since: timedelta | datetime) -> str:
    if isinstance(since, datetime):
        return _moment(since)
    minutes = round(since.total_seconds() / 60)
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
