"""Environment variables: which setting each one is, and whose it is where there are accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.asks import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.settings.model import Account

VARIABLES = {
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
    "SLACK_API_URL": ("slack", "api_url"),
    "PRELOAD_BOT_HOST": ("server", "host"),
    "PORT": ("server", "port"),
    "DATABASE_URL": ("store", "url"),
    "REDIS_URL": ("redis", "url"),
    "HEARTBEAT_URL": ("watch", "heartbeat_url"),
    "PRELOAD_BOT_LOG_LEVEL": ("log", "level"),
}
"""Environment variables, and the setting that each one is."""

KEY_VARIABLES = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "access_key_id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "access_key_secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "security_token",
}
"""The vendor's variables, and the account's settings that they are."""

ACCOUNT_VARIABLES = {"PRELOAD_BOT_DOMAINS": "domains", "PRELOAD_BOT_ENDPOINT": "endpoint"}
"""Our own variables, and the account's settings that they are.

These and the vendor's are of one account (`usual`). Those of any account have its name after them
(`suffix`): `ALIBABA_CLOUD_ACCESS_KEY_ID_MAIN` is of `[accounts.main]`.
"""


def usual(accounts: Collection[str]) -> str:
    """The account that variables without a name are of: the only one, of several the default one.

    There need be none of that name.
    """
    return next(iter(accounts)) if len(accounts) == 1 else DEFAULT_ACCOUNT


def suffix(account: str) -> str:
    """What stands after a variable's name where it is this account's."""
    return re.sub(r"[^A-Z0-9]", "_", f"_{account}".upper())


def suffix_of(account: str, accounts: Mapping[str, Account]) -> str:
    """What stands after the names of the variables that an account's keys are read from.

    With `key_source = "chain"` it is the vendor's own code that reads them, which knows no names.
    """
    one = accounts.get(account)
    if one is None or account == usual(accounts):
        return ""
    is_chained = one.key_source == "chain" and "key_source" in one.model_fields_set
    return "" if is_chained else suffix(account)
