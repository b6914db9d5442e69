"""Whether what outlives a restart can be kept, and which channels stand in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import make_url

from bot.doctor.finding import Finding
from bot.errors import StoreUnavailable
from bot.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.settings import Settings

_NOBODY = "doctor"
"""A workspace, a channel and a person that do not exist, to try the store with."""
_FILE = "name a file that can be made and written to: store.url (DATABASE_URL)"
_SERVER = (
    "see that the server runs and that user, password, host and database are right: "
    "store.url (DATABASE_URL)"
)
DEFAULT = "default domain"
"""What a channel uses the bot for without being posted to."""

Uses: TypeAlias = "dict[str, Counter[str]]"
"""By a channel's ID, for what the bot is used there, and how often."""


async def of_store(settings: Settings, now: Callable[[], datetime]) -> tuple[list[Finding], Uses]:
    """Open it, which brings its tables up to date, then write, read and tidy up."""
    url = settings.store.url.get_secret_value()
    address = make_url(url)
    is_file = address.drivername.startswith("sqlite")
    place = address.database if is_file else address.render_as_string(hide_password=True)
    try:
        async with Store.open(url, now=now) as store:
            await store.defaults.set(_NOBODY, _NOBODY, domain=_NOBODY, set_by=_NOBODY)
            await store.defaults.get(_NOBODY, _NOBODY)
            await store.defaults.clear(_NOBODY, _NOBODY)
            uses = await _uses(store)
    except StoreUnavailable as error:
        fix = _FILE if is_file else _SERVER
        return [Finding("store", ok=False, detail=f"{place}: {error}", fix=fix)], {}
    detail = f"{place} is up to date, can be read and written"
    return [Finding("store", ok=True, detail=detail)], uses


async def _uses(store: Store) -> Uses:
    uses: Uses = defaultdict(Counter)
    for subscription in await store.subscriptions.all():
        uses[subscription.channel_id]["subscription"] += 1
    for watch in await store.watches.active():
        uses[watch.channel_id]["watch"] += 1
    for channel_id in await store.defaults.channels():
        uses[channel_id][DEFAULT] += 1
    return dict(uses)


def of_redis(env: Mapping[str, str]) -> list[Finding]:
    """That nothing is kept in Redis, where somebody seems to think so."""
    if not env.get("REDIS_URL", "").strip():
        return []
    detail = "REDIS_URL is set, but this version keeps nothing in Redis: each process has its quota"
    fix = "unset REDIS_URL; of several processes give each its share: accounts.NAME.calls_per_s"
    return [Finding("Redis", ok=False, detail=detail, fix=fix)]
