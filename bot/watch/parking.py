"""Channels that cannot be posted to: parked, their owners told, and looked at until mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.watch.notices import NoticeKind, Told

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.slack.channels import Channels
    from bot.store import Store
    from bot.watch.notices import Parked
    from bot.watch.pauses import Pauses

OF_CHANNEL = frozenset(
    {"channel_not_found", "is_archived", "channel_is_archived", "not_in_channel"}
)
OF_TOKEN = frozenset(
    {"account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed"}
)
OF_PERMISSION = frozenset(
    {
        "missing_scope",
        "no_permission",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    }
)
"""No look at a channel shows whether one of these is mended: only a post does."""

log = structlog.get_logger(__name__)


def is_direct(channel_id: str) -> bool:
    """Whether posts there are direct messages: a person's ID, or that of the conversation."""
    return channel_id.startswith(("U", "W", "D"))


def parks(channel_id: str, code: str) -> bool:
    """Whether this refusal of a post there is mended by people, and no message is at fault."""
    return not is_direct(channel_id) and code in OF_CHANNEL | OF_TOKEN | OF_PERMISSION


class Parking:
    """Parks channels and looks after those that are.

    Args:
        store: where they are written down.
        channels: how they are looked at.
        now: the wall clock, in UTC.
        pauses: how often they are looked at.
    """

    def __init__(
        self, store: Store, channels: Channels, *, now: Callable[[], datetime], pauses: Pauses
    ) -> None:
        self._store = store
        self._channels = channels
        self._now = now
        self._pauses = pauses

    async def park(self, team_id: str, channel_id: str, code: str) -> None:
        """Try nothing there from now on; each owner of what is told there is told so once.

        Of what only a post shows to be mended, they are told once a day at most.

        Raises:
            StoreUnavailable: nothing was written.
        """
        at = self._now()
        when = f"{at:%Y-%m-%d}" if code in OF_PERMISSION else at.isoformat()
        told = tuple(
            Told(
                kind=NoticeKind.PARKED,
                source=channel_id,
                key=f"{code}:{when}",
                team_id=team_id,
                channel_id=owner,
                seen_at=at,
                due_at=at,
                facts={"code": code, "channel": channel_id},
            )
            for owner in await self._owners(team_id, channel_id)
        )
        if await self._store.parking.park(team_id, channel_id, code, at, told):
            log.warning("channel parked", channel=channel_id, code=code)

    async def turn(self) -> float:
        """Look at all that are parked; those that are mended go on. Seconds to the next time.

        Raises:
            StoreUnavailable: the store cannot be read or written.
        """
        parked = await self._store.parking.all()
        try:
            if any(one.code in OF_TOKEN for one in parked):
                await self._channels.check_token()
            for one in parked:
                if await self._is_mended(one):
                    await self._store.parking.unpark(one.team_id, one.channel_id)
                    log.info("channel goes on", channel=one.channel_id)
        except (SlackRefused, SlackUnavailable) as error:
            log.info("parked channels not looked at", error=str(error))
        return self._pauses.mend_s

    async def _is_mended(self, parked: Parked) -> bool:
        if parked.code in OF_TOKEN | OF_PERMISSION:
            return True  # the token is good; whether all is, the next post shows
        try:
            facts = await self._channels.look(parked.channel_id)
        except SlackRefused as error:
            log.info("parked channel not seen", channel=parked.channel_id, code=error.code)
            return False
        return facts.is_open

    async def _owners(self, team_id: str, channel_id: str) -> list[str]:
        subscriptions = await self._store.subscriptions.of_channel(team_id, channel_id)
        watches = await self._store.watches.of_channel(team_id, channel_id)
        owners = {subscription.owner for subscription in subscriptions}
        return sorted(owners | {watch.owner for watch in watches})
