"""Who a person is: their language and time zone, and what they are to the workspace."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from cachetools import LRUCache

from bot.errors import StoreUnavailable
from bot.reader import Language, Reader
from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.lookups import Lookups
from bot.slack.standing import Facts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.reader import Preferences
    from bot.roles import Person

UTC = ZoneInfo("UTC")
FRESH_S = 600.0
"""Who was an admin, or a member, may be so no more."""
RETRY_S = 30.0
_LOOKUP_TIMEOUT_S = 10.0
_HOUR_S = 3600
_HOME = "home"
"""The lookup of the bot's own workspace, among those of people."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    reader: Reader
    facts: Facts | None
    until_s: float


class People(Lookups):
    """Answers who someone is, within `patience_s` at any rate.

    Who is not known in time is whoever they were last, or reads `language` in `zone`; the lookup
    goes on, and the next answer has its result. Leaving the context ends lookups.

    Args:
        client: for `users.info` (scope `users:read`) and `auth.test`.
        language: of people who have set neither English nor Chinese, or are not known.
        zone: of people whose time zone Slack does not tell.
        preferences: what they have chosen themselves, which goes over what Slack says; what it was
            last, where it cannot be read.
        at_hand: what `preferences` would give at once; None where that is to be read.
        patience_s: how long an answer may wait for a lookup.
        clock_s: a monotonic clock, in seconds.
        max_people: how many are remembered.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        language: Language = Language.ENGLISH,
        zone: ZoneInfo = UTC,
        preferences: Callable[[str], Awaitable[Preferences]] | None = None,
        at_hand: Callable[[str], Preferences | None] = lambda _: None,
        patience_s: float = 1.0,
        clock_s: Callable[[], float] = time.monotonic,
        max_people: int = 10_000,
    ) -> None:
        super().__init__()
        self._client = client
        self._language = language
        self._zone = zone
        self._preferences = preferences
        self._at_hand = at_hand
        self._patience_s = patience_s
        self._clock_s = clock_s
        self._known: LRUCache[str, _Known] = LRUCache(max_people)
        self._chosen: LRUCache[str, Preferences] = LRUCache(max_people)
        self._home: str | None = None

    async def reader(self, user_id: str) -> Reader:
        """Who `user_id` is, as far as it is known by now, and as they want it. Raises nothing."""
        reader = await self.as_slack_says(user_id)
        if self._preferences is None:
            return reader
        try:
            if (chosen := self._at_hand(user_id)) is None:
                async with asyncio.timeout(self._patience_s):
                    chosen = await self._preferences(user_id)
            self._chosen[user_id] = chosen
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("preferences not read", user=user_id, error=str(error) or "timeout")
        chosen = self._chosen.get(user_id)
        return reader if chosen is None else chosen.over(reader)

    async def as_slack_says(self, user_id: str) -> Reader:
        """Who `user_id` is, whatever they have chosen. Raises nothing."""
        known = self._known.get(user_id)
        if known is None or known.until_s <= self._clock_s():
            known = await self._known_soon(user_id)
        return known.reader if known else self._stranger(user_id)

    async def person(self, user_id: str) -> Person | None:
        """What `user_id` is to the workspace; None: Slack does not say, nor has it ever.

        Who was known before is whoever they were last, however long Slack says nothing: what they
        could do before an event they can do while Slack is in trouble. For anybody else a lookup
        is waited for as long as it takes. Raises nothing.
        """
        home = self._home or await self._home_looked_up()
        known = self._known.get(user_id)
        if known is None or known.facts is None:
            await asyncio.wait({self.lookup(user_id, partial(self._look_up, user_id))})
            known = self._known.get(user_id)
        elif known.until_s <= self._clock_s():
            known = await self._known_soon(user_id)
        if home is None or known is None or known.facts is None:
            return None
        return known.facts.person(user_id, home)

    async def _known_soon(self, user_id: str) -> _Known | None:
        """What a lookup finds, if it does so in time."""
        lookup = self.lookup(user_id, partial(self._look_up, user_id))
        _, late = await asyncio.wait({lookup}, timeout=self._patience_s)
        if late:
            self._make_do(user_id)
        return self._known.get(user_id)

    async def _home_looked_up(self) -> str | None:
        """The bot's own workspace; None: Slack does not say."""
        await asyncio.wait({self.lookup(_HOME, self._look_home_up)})
        return self._home

    async def _look_up(self, user_id: str) -> None:
        try:
            async with asyncio.timeout(_LOOKUP_TIMEOUT_S):
                reply = await answered(self._client.users_info(user=user_id, include_locale=True))
        except (SlackRefused, SlackUnavailable, TimeoutError) as error:
            log.warning("person not looked up", user=user_id, error=str(error) or "timeout")
            self._make_do(user_id)
            return
        user = reply.get("user")
        told = user if isinstance(user, dict) else {}
        reader = read(user_id, told, language=self._language, zone=self._zone)
        facts = Facts.of(told) or self._known_facts(user_id)
        self._known[user_id] = _Known(reader, facts, self._clock_s() + FRESH_S)

    async def _look_home_up(self) -> None:
        try:
            async with asyncio.timeout(_LOOKUP_TIMEOUT_S):
                reply = await answered(self._client.auth_test())
        except (SlackRefused, SlackUnavailable, TimeoutError) as error:
            log.warning("workspace not looked up", error=str(error) or "timeout")
            return
        self._home = str(reply.get("team_id") or "") or None

    def _make_do(self, user_id: str) -> None:
        """Take the person as last known for a while, and not wait for them meanwhile."""
        known = self._known.get(user_id)
        reader = known.reader if known else self._stranger(user_id)
        facts = self._known_facts(user_id)
        self._known[user_id] = _Known(reader, facts, self._clock_s() + RETRY_S)

    def _known_facts(self, user_id: str) -> Facts | None:
        known = self._known.get(user_id)
        return known.facts if known else None

    def _stranger(self, user_id: str) -> Reader:
        return Reader(user_id, self._language, self._zone)


def read(
    user_id: str,
    user: Mapping[str, Any],
    *,
    language: Language = Language.ENGLISH,
    zone: ZoneInfo = UTC,
) -> Reader:
    """The reader behind the `user` of `users.info` (`locale`, `tz`, `tz_offset` in seconds).

    `language` and `zone` stand in for what it does not say.
    """
    spoken = str(user.get("locale", "")).lower()
    language = next((one for one in Language if spoken.startswith(one)), language)
    return Reader(user_id, language, _zone(user.get("tz"), user.get("tz_offset")) or zone)


def _zone(name: object, offset_s: object) -> ZoneInfo | None:
    """The zone of that name, else the one of that whole-hour offset, if there is one."""
    names = [name] if isinstance(name, str) and name else []
    if isinstance(offset_s, int) and offset_s and offset_s % _HOUR_S == 0:
        names.append(f"Etc/GMT{-offset_s // _HOUR_S:+d}")  # POSIX: east is negative
    for candidate in names:
        try:
            return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None
