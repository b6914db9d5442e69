"""What stands in for the client of an account that the settings no longer have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import AccountGone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.live.model import TaskPage, TaskQuery
    from bot.live.quota import Priority


@dataclass(frozen=True, slots=True)
class GoneLive:
    """Refuses what the sweeps ask of `bot.live.client.LiveClient`.

    So what is followed of the account is told of, drawn and ended as of any that cannot be read.

    Attributes:
        account: its name, as it is stored.
        now: the wall clock, in UTC.
    """

    account: str
    now: Callable[[], datetime]

    def gateway_time(self) -> datetime:
        """The time, as no gateway says another."""
        return self.now()

    async def describe_preload_tasks(
        self,
        query: TaskQuery,  # noqa: ARG002 - as LiveClient takes them, all four
        *,
        page: int,  # noqa: ARG002
        page_size: int,  # noqa: ARG002
        priority: Priority,  # noqa: ARG002
    ) -> TaskPage:
        """Raise AccountGone."""
        raise AccountGone(account=self.account)
