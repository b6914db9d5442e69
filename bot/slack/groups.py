"""User groups: who is in those that grants name."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from slack_sdk.web.async_client import AsyncWebClient

FRESH_S = 300.0
"""How long a group's members are not read again; the method is of Slack's second tier, 20 calls a
minute."""
LAST_KNOWN_S = 3600.0
"""How long they count while Slack does not say."""
RETRY_S = 30.0
_TIMEOUT_S = 5.0
_GONE = "no_such_subteam"
"""Slack's code for a group that there is not."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """A group's members, when they were read, and until when they are not read again.

    Where Slack does not tell who they are, `is_told` is false and nobody is among them.
    """

    members: frozenset[str]
    read_at_s: float
    until_s: float
    is_told: bool = True


class UserGroups:
    """Answers which groups a person is in.

    While Slack does not say (it is down, the scope is missing, the group is gone), those count who
    were members within the last hour, and then nobody: the log says so once, and once when it is
    mended. Unless the group is gone, that nobody counts means that who is in it is not known.

    Args:
        client: with `retry_handlers=[]`; for `usergroups.users.list` (scope `usergroups:read`).
        clock_s: a monotonic clock, in seconds.
    """

    def __init__(
        self, client: AsyncWebClient, *, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._clock_s = clock_s
        self._known: dict[str, _Known] = {}
        self._failing: set[str] = set()
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, user_id: str, groups: Collection[str]) -> frozenset[str]:
        """Those of `groups` that the person is in. Raises nothing."""
        members = await asyncio.gather(*(self._members(group) for group in groups))
        return frozenset(
            group for group, those in zip(groups, members, strict=True) if user_id in those
        )

    def untold(self, groups: Collection[str]) -> frozenset[str]:
        """Those of `groups` of which Slack did not say who is in them, when that was last asked."""
        known = {group: self._known.get(group) for group in groups}
        return frozenset(group for group, one in known.items() if one and not one.is_told)

    async def _members(self, group: str) -> frozenset[str]:
        async with self._reading[group]:
            known = self._known.get(group)
            if known is None or known.until_s <= self._clock_s():
                known = await self._read(group, known)
                self._known[group] = known
        return known.members

    async def _read(self, group: str, known: _Known | None) -> _Known:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                reply = await answered(self._client.usergroups_users_list(usergroup=group))
        except (SlackRefused, SlackUnavailable, TimeoutError) as error:
            if group not in self._failing:
                self._failing.add(group)
                log.warning("user group not read", group=group, error=str(error) or "timeout")
            is_gone = isinstance(error, SlackRefused) and error.code == _GONE
            return self._made_do(known, is_gone=is_gone)
        if group in self._failing:
            self._failing.remove(group)
            log.info("user group read again", group=group)
        users, now_s = reply.get("users"), self._clock_s()
        members = frozenset(map(str, users)) if isinstance(users, list) else frozenset()
        return _Known(members, read_at_s=now_s, until_s=now_s + FRESH_S)

    def _made_do(self, known: _Known | None, *, is_gone: bool) -> _Known:
        """The members as last known, if that is not too long ago."""
        now_s = self._clock_s()
        if known is None or now_s - known.read_at_s >= LAST_KNOWN_S:
            never_s, until_s = float("-inf"), now_s + RETRY_S
            return _Known(frozenset(), never_s, until_s, is_told=is_gone)
        return _Known(known.members, known.read_at_s, until_s=now_s + RETRY_S)
