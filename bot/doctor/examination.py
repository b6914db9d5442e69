"""All checks."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import aiohttp

from bot import logs
from bot.doctor.accounts import of_gone_accounts
from bot.doctor.clocks import Clocks, of_clocks
from bot.doctor.finding import Finding
from bot.doctor.live import of_account
from bot.doctor.manifests import TOKEN
from bot.doctor.roles import of_roles
from bot.doctor.slack import of_slack
from bot.doctor.storage import of_redis, of_store
from bot.live.client import utc_now
from bot.settings import WrongSettings, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from bot.settings import Settings


async def examined(
    settings_file: Path | None,
    *,
    env: Mapping[str, str] | None = None,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Finding, ...]:
    """Try everything once; the log is silent from then on, the findings say it all.

    Args:
        settings_file: as `bot.settings.load` takes it.
        env: the environment; None is the process's own.
        now: this machine's clock.
    """
    redactor = logs.Redactor()
    logs.configure(sys.stderr, redactor=redactor, level=logging.CRITICAL)
    try:
        settings = load(settings_file, env)
    except WrongSettings as error:
        return tuple(
            Finding("settings", ok=False, detail=wrong.name, fix=wrong.allowed)
            for wrong in error.problems
        )
    env = os.environ if env is None else env
    config_token = env.get(TOKEN, "").strip()
    redactor.hide(*settings.secrets(), config_token)
    clocks = Clocks(now)
    kept, uses = await of_store(settings, now)
    shared = await of_redis(settings)
    async with aiohttp.ClientSession(trace_configs=[clocks.watching()]) as session:
        accounts = (of_account(name, settings.accounts, session, now) for name in settings.accounts)
        slack = of_slack(settings.slack, session, config_token=config_token, uses=uses)
        groups = await asyncio.gather(*accounts, slack, of_roles(settings, session, now))
    found = [
        _of_settings(settings),
        *chain.from_iterable(groups),
        *kept,
        *await of_gone_accounts(settings, now),
        *shared,
        *of_clocks(settings, clocks),
    ]
    return tuple(
        replace(one, detail=redactor.redacted(one.detail), fix=redactor.redacted(one.fix))
        for one in found
    )


def _of_settings(settings: Settings) -> Finding:
    accounts = (
        f"account {name} with {', '.join(account.domains) or 'no domains'}"
        for name, account in settings.accounts.items()
    )
    return Finding("settings", ok=True, detail="; ".join(accounts))
