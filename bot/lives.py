"""An account of the settings as a client of the Live API: its keys, its endpoint, its quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.live.client import LiveClient
from bot.live.credentials import Credentials, CredentialsSource, ProviderChain, StaticCredentials
from bot.live.protocol import CREATE_TASKS, DESCRIBE_DOMAINS, DESCRIBE_TASKS
from bot.live.quota import LocalQuota
from bot.metrics import UNMETERED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pydantic import SecretStr

    from bot.live.client import Timeouts
    from bot.live.quota import Quota
    from bot.metrics import Meter
    from bot.settings import Account


def credentials_of(account: Account) -> CredentialsSource:
    """Where an account's keys come from: the settings, or the vendor's provider chain."""
    if account.key_source == "chain" or account.access_key_id is None:
        return ProviderChain()
    return StaticCredentials(
        Credentials(
            account.access_key_id,
            _told(account.access_key_secret) or "",
            _told(account.security_token),
        )
    )


def client_of(
    account: Account,
    source: CredentialsSource,
    timeouts: Timeouts,
    now: Callable[[], datetime],
    *,
    of_tasks: Quota | None = None,
    meter: Meter = UNMETERED,
) -> LiveClient:
    """A client of the account's Live API.

    Args:
        account: its endpoint, region and quotas.
        source: its keys.
        timeouts: how long calls may take.
        now: the wall clock.
        of_tasks: the quota of task queries, where that is not one of the client's own.
        meter: told of its calls.
    """
    quotas: dict[str, Quota] = {
        DESCRIBE_TASKS: of_tasks or LocalQuota(account.calls_per_s.describe),
        DESCRIBE_DOMAINS: LocalQuota(account.calls_per_s.domains),
        CREATE_TASKS: LocalQuota(account.calls_per_s.set),
    }
    return LiveClient(
        source,
        account.endpoint,
        region_id=account.region_id,
        quotas=quotas,
        timeouts=timeouts,
        now=now,
        meter=meter,
    )


def _told(secret: SecretStr | None) -> str | None:
    """The secret itself, where there is one."""
    return secret.get_secret_value() if secret is not None else None
