"""What goes wrong on purpose, and Slack's own rate limits."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

FOREVER = 1 << 62


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong, for the next `times` calls it fits.

    Attributes:
        method: a Web API method, `response_url`, or what is done with a file's bytes (`upload`,
            `download`: of these a `status` alone); None is every one.
        channel: only calls for this channel; None is every call.
        times: how often; it counts down.
        status: the HTTP status: 429 with `retry_after_s`, or 5xx.
        retry_after_s: what `Retry-After` says with a 429.
        error: an error Slack answers with, `{"ok": false, "error": …}`.
        accepted_after_s: the call takes effect this much later and its reply is lost: the client
            times out, or finds the connection closed. Of Web API methods only.
    """

    method: str | None = None
    channel: str | None = None
    times: int = 1
    status: int = 200
    retry_after_s: int = 1
    error: str | None = None
    accepted_after_s: float | None = None


@dataclass(slots=True)
class Faults:
    """Switches for what goes wrong; each may be set at any time.

    Attributes:
        rate_limits: Slack's own limits are kept (429); off for tests of something else.
        refuse_tables: a table among a message's top-level blocks is refused.
        missing_scopes: scopes the app was not granted.
        archived: channels that are archived.
        planned: faults to come, the first that fits counts.
    """

    rate_limits: bool = True
    refuse_tables: bool = False
    missing_scopes: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    planned: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Plan a fault."""
        self.planned.append(fault)

    def next(self, method: str, channel: str | None) -> Fault | None:
        """The fault that strikes this call, if one does."""
        for fault in self.planned:
            if fault.method in {None, method} and fault.channel in {None, channel}:
                fault.times -= 1
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault
        return None


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many calls in any window; by channel or for the whole workspace."""

    calls: int
    window_s: float
    by_channel: bool = False


_TIER_2 = Rate(20, 60)
_TIER_3 = Rate(50, 60)
_TIER_4 = Rate(100, 60)
RATES = {
    "chat.postMessage": Rate(5, 5, by_channel=True),
    "chat.postEphemeral": _TIER_4,
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.replies": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.open": _TIER_3,
    "conversations.members": _TIER_4,
    "users.info": _TIER_4,
    "usergroups.list": _TIER_2,
    "usergroups.users.list": _TIER_2,
    "views.open": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
    "views.publish": _TIER_4,
    "files.info": _TIER_4,
    "files.getUploadURLExternal": _TIER_4,
    "files.completeUploadExternal": _TIER_4,
}
"""Slack's rate limits. Posting is about one a second and channel, with a short burst."""


class RateLimits:
    """Counts the calls of a workspace."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._calls: dict[tuple[str, str | None], deque[float]] = {}

    def refuse_for_s(self, method: str, channel: str | None) -> int | None:
        """Count a call; where it is one too many, the whole seconds to wait instead."""
        rate = RATES.get(method)
        if rate is None:
            return None
        key = (method, channel if rate.by_channel else None)
        calls = self._calls.setdefault(key, deque())
        at = self._now().timestamp()
        while calls and calls[0] <= at - rate.window_s:
            calls.popleft()
        if len(calls) >= rate.calls:
            return max(1, math.ceil(calls[0] + rate.window_s - at))
        calls.append(at)
        return None
