"""What was asked, or subscribed to, as the command that does it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.asks import DEFAULT_ACCOUNT, DEFAULT_ROWS
from bot.views.mrkdwn import masked, plain
from bot.watch.model import DEFAULT_GROUP, DEFAULT_REPEAT, DEFAULT_STATUSES

if TYPE_CHECKING:
    from bot.asks import Ask
    from bot.watch.model import Subscription

_VALUE_CHARS = 200
_URLS = 3


def command(ask: Ask, *, page: int = 1, public: bool = False) -> str:
    """The command, as literal text. Signatures are masked, so such URLs must be typed again."""
    parts = ["/preload"]
    if ask.domain:
        parts.append(f"domain={_value(ask.domain)}")
    parts.extend(_account(ask.account))
    if ask.task_id:
        parts.append(f"task={_value(ask.task_id)}")
    parts.extend(f"url={_value(masked(url))}" for url in ask.urls[:_URLS])
    if len(ask.urls) > _URLS:
        parts.append("url=…")
    if ask.status is not None:
        parts.append(f"status={ask.status}")
    if ask.since is not None:
        parts.append(f"since={_since(ask.since, ask.until)}")
    if ask.until is not None:
        parts.append(f"until={_moment(ask.until)}")
    if ask.rows != DEFAULT_ROWS:
        parts.append(f"size={ask.rows}")
    if page > 1:
        parts.append(f"page={page}")
    if public:
        parts.append("public")
    return " ".join(parts)


def subscribing(subscription: Subscription) -> str:
    """The command that subscribes a channel as it was, as literal text."""
    parts = [f"/preload subscribe domain={_value(subscription.domain)}"]
    parts.extend(_account(subscription.account))
    if subscription.statuses != DEFAULT_STATUSES:
        parts.append(f"status={','.join(sorted(subscription.statuses))}")
    if subscription.group != DEFAULT_GROUP:
        parts.append(f"group={_span(subscription.group)}")
    if subscription.repeat != DEFAULT_REPEAT:
        parts.append(f"repeat={_span(subscription.repeat)}")
    return " ".join(parts)


def unsubscribing(subscription: Subscription) -> str:
    """The command that ends a subscription, as literal text."""
    parts = [f"/preload unsubscribe domain={_value(subscription.domain)}"]
    return " ".join([*parts, *_account(subscription.account)])


def _span(span: timedelta) -> str:
    """`30m`, `90s`; `off` for none."""
    seconds = round(span.total_seconds())
    if not seconds:
        return "off"
    return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"


def _account(account: str) -> list[str]:
    """The account, where messages name it."""
    return [] if account in {"", DEFAULT_ACCOUNT} else [f"account={account}"]


def _value(text: str) -> str:
    return plain(text, _VALUE_CHARS)


def _since(since: timedelta | datetime, until: datetime | None) -> str:
    """A duration only where it ends now: that is what it means where it is typed."""
    if isinstance(since, datetime):
        return _moment(since)
    if until is not None:
        return _moment(until - since)
    minutes = round(since.total_seconds() / 60)
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def _moment(moment: datetime) -> str:
    seconds = ":%S" if moment.second else ""
    return moment.astimezone(UTC).strftime(f"%Y-%m-%dT%H:%M{seconds}Z")
