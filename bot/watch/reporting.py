"""How the sweeps of an account go, for those who look on from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.metrics import DOMAIN_READ, SWEEP, UNMETERED
from bot.watch.needs import Why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.metrics import Meter
    from bot.watch.domain import Domain
    from bot.watch.needs import Call


class Reporting:
    """Says how old what is known is, how long sweeps take, and that something was read at all.

    Args:
        account: its name in the settings.
        meter: told how old, and how long.
        worked: called when something was read and written down.
    """

    def __init__(
        self,
        account: str,
        meter: Meter = UNMETERED,
        worked: Callable[[], None] = lambda: None,
    ) -> None:
        self._account = account
        self._meter = meter
        self._worked = worked
        self._swept_s: dict[tuple[str, ...], float] = {}

    def follows(self, domains: Iterable[Domain]) -> None:
        """These are followed now; of no others is anything said any more."""
        followed = [domain.followed for domain in domains]
        read_at: dict[tuple[str, ...], datetime | None] = {
            (one.domain,): one.read_at or one.failing_since for one in followed
        }
        read_s = {name: at.timestamp() for name, at in read_at.items() if at is not None}
        self._meter.level(DOMAIN_READ, read_s, self._account)
        self._swept_s = {name: took for name, took in self._swept_s.items() if name in read_at}
        self._meter.level(SWEEP, self._swept_s, self._account)

    def read(self, domain: Domain, call: Call, now_s: float) -> None:
        """A question was read to its end, and all of it is stored."""
        self._worked()
        if call.why is Why.FULL and not domain.is_sweeping:
            self._swept_s[(domain.name,)] = now_s - domain.sweep_begun_s
