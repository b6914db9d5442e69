"""User groups: who is in those that grants name."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.lookups import Lookups

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


_NEVER_READ = _Known(frozenset(), float("-inf"), float("-inf"), is_told=False)


class UserGroups(Lookups):
    """Answers which groups a person is in, within `patience_s` where that was known before.

    Who is not read again in time is whoever was last; the read goes on, and the next answer has its
    result. Members that were never read, or not within the last hour, are waited for as long as it
    takes. While Slack does not say (it is down, the scope is missing, the group is gone), those
    count who were members within the last hour, and then nobody: the log says so once, and once
    when it is mended. Unless the group is gone, that nobody counts means that who is in it is not
    known. Leaving the context ends reads.

    Args:
        client: with `retry_handlers=[]`; for `usergroups.users.list` (scope `usergroups:read`).
        patience_s: how long an answer may wait for a read where members are at hand.
        clock_s: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        patience_s: float = 1.0,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._client = client
        self._patience_s = patience_s
        self._clock_s = clock_s
        self._known: dict[str, _Known] = {}
        self._failing: set[str] = set()

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
        known = self._known.get(group, _NEVER_READ)
        if known.until_s > self._clock_s():
            return known.members
        is_at_hand = not self._is_too_old(known)
        read = self.lookup(f"members of {group}", partial(self._read, group))
        _, late = await asyncio.wait({read}, timeout=self._patience_s if is_at_hand else None)
        if late:  # nobody waits for it any more: it says soon enough what came of it
            self._known[group] = replace(known, until_s=self._clock_s() + RETRY_S)
        return self._known.get(group, _NEVER_READ).members

    async def _read(self, group: str) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                reply = await answered(self._client.usergroups_users_list(usergroup=group))
        except (SlackRefused, SlackUnavailable, TimeoutError) as error:
            if group not in self._failing:
                self._failing.add(group)
                log.warning("user group not read", group=group, error=str(error) or "timeout")
            is_gone = isinstance(error, SlackRefused) and error.code == _GONE
            self._make_do(group, is_gone=is_gone)
            return
        if group in self._failing:
            self._failing.remove(group)
            log.info("user group read again", group=group)
        users, now_s = reply.get("users"), self._clock_s()
        members = frozenset(map(str, users)) if isinstance(users, list) else frozenset()
        self._known[group] = _Known(members, read_at_s=now_s, until_s=now_s + FRESH_S)

    def _make_do(self, group: str, *, is_gone: bool) -> None:
        """Take the members as last known for a while, if that is not too long ago."""
        known, until_s = self._known.get(group, _NEVER_READ), self._clock_s() + RETRY_S
        if self._is_too_old(known):
            known = replace(_NEVER_READ, is_told=is_gone)
        self._known[group] = replace(known, until_s=until_s)

    def _is_too_old(self, known: _Known) -> bool:
        return self._clock_s() - known.read_at_s >= LAST_KNOWN_S
