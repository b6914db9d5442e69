"""All checks, side by side."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import aiohttp

from bot import logs
from bot.doctor.clocks import Clocks, of_clocks
from bot.doctor.finding import Finding
from bot.doctor.live import of_account
from bot.doctor.slack import of_slack
from bot.errors import StoreUnavailable
from bot.live.client import utc_now
from bot.settings import WrongSettings, load
from bot.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from bot.settings import Settings

_NOBODY = "doctor"
"""A workspace, a channel and a person that do not exist, to try the store with."""


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
    redactor.hide(*settings.secrets())
    clocks = Clocks(now)
    async with aiohttp.ClientSession(trace_configs=[clocks.watching()]) as session:
        accounts = (of_account(*item, session, now) for item in settings.accounts.items())
        groups = await asyncio.gather(
            *accounts,
            of_slack(settings.slack, session),
            _of_store(settings.store.url.get_secret_value(), now),
        )
    found = [_of_settings(settings), *chain.from_iterable(groups), *of_clocks(settings, clocks)]
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


async def _of_store(url: str, now: Callable[[], datetime]) -> list[Finding]:
    """Open it, which brings its tables up to date, then write, read and tidy up."""
    check, place = "store", url.partition(":///")[2]
    try:
        async with Store.open(url, now=now) as store:
            await store.defaults.set(_NOBODY, _NOBODY, domain=_NOBODY, set_by=_NOBODY)
            await store.defaults.get(_NOBODY, _NOBODY)
            await store.defaults.clear(_NOBODY, _NOBODY)
    except StoreUnavailable as error:
        fix = "name a file that can be made and written to: store.url (DATABASE_URL)"
        return [Finding(check, ok=False, detail=f"{place}: {error}", fix=fix)]
    return [Finding(check, ok=True, detail=f"{place} is up to date, can be read and written")]
