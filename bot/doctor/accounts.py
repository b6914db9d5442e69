"""Whether all that is followed is of accounts that the settings have."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.doctor.finding import Finding
from bot.errors import StoreUnavailable
from bot.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.settings import Settings


async def of_gone_accounts(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    """One finding for each account that is followed and that the settings no longer have."""
    try:
        async with Store.as_it_is(settings.store.url.get_secret_value(), now=now) as (store, _):
            told = Counter(one.account for one in await store.subscriptions.all())
            shown = Counter(one.ask.account for one in await store.watches.active())
    except StoreUnavailable:  # another check's business, or an older version's store
        return []
    return [
        Finding(
            "accounts",
            ok=False,
            detail=f"{_counted(told[name], 'subscription')}, {_counted(shown[name], 'watch')} "
            f"of account {name}, which the settings no longer have: nothing reads them",
            fix=f"call an account so again: [accounts.{name}]; or end them: /preload list all",
        )
        for name in sorted((told.keys() | shown.keys()) - settings.accounts.keys())
    ]


def _counted(count: int, what: str) -> str:
    if count == 1:
        return f"1 {what}"
    return f"{count} {what}{'es' if what.endswith('ch') else 's'}"
