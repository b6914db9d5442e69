"""Whether this machine's clock agrees with those of the servers that check dates."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from bot.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from types import SimpleNamespace

    from bot.settings import Settings

WARNED_BEYOND = timedelta(seconds=60)
LIVE_ALLOWS = timedelta(minutes=15)
"""How far a signature's date may be off at the vendor's gateway."""
SLACK_ALLOWS = timedelta(minutes=5)
"""How old a request from Slack may seem to the bot."""


class Clocks:
    """How far other clocks are ahead of ours, by the `Date` of their last reply.

    Args:
        now: our clock.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ahead: dict[URL, timedelta] = {}

    def watching(self) -> aiohttp.TraceConfig:
        """What lets a session's replies be seen."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._replied)
        return trace

    async def _replied(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        request: aiohttp.TraceRequestEndParams,
    ) -> None:
        try:
            at = parsedate_to_datetime(request.response.headers.get("Date", ""))
            self._ahead[request.url.origin()] = at - self._now()
        except (TypeError, ValueError):
            return  # no date, or none that can be read

    def ahead(self, address: str) -> timedelta | None:
        """How far the clock behind this address is ahead of ours; None if it has not told."""
        return self._ahead.get(URL(address).origin())


def of_clocks(settings: Settings, clocks: Clocks) -> Iterator[Finding]:
    """One finding for each clock that told; who was not reached has a finding already."""
    endpoints = dict.fromkeys(account.endpoint for account in settings.accounts.values())
    watched = [(endpoint, "the Live API", LIVE_ALLOWS) for endpoint in endpoints]
    for address, whose, allowed in [*watched, (settings.slack.api_url, "Slack", SLACK_ALLOWS)]:
        ahead = clocks.ahead(address)
        if ahead is None:
            continue
        if abs(ahead) <= WARNED_BEYOND:
            detail = f"within {_seconds(WARNED_BEYOND)} of {whose}"
            yield Finding("clock", ok=True, detail=detail)
            continue
        way = "behind" if ahead > timedelta() else "ahead of"
        detail = f"{_seconds(abs(ahead))} {way} {whose}; the bound is {_seconds(allowed)}"
        fix = "set this machine's clock, and keep it set (NTP)"
        yield Finding("clock", ok=False, detail=detail, fix=fix)


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.0f} s"
