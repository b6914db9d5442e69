"""Whether what outlives a restart can be kept, which channels stand in it; what is shared."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import make_url

from bot.doctor.finding import Finding
from bot.errors import SettingsError, StoreUnavailable
from bot.sharing import redis_of
from bot.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from redis.asyncio import Redis

    from bot.settings import Settings

_NOBODY = "doctor"
"""A workspace, a channel and a person that do not exist, to try the store with."""
_FILE = "name a file that can be made and written to: store.url (DATABASE_URL)"
_SERVER = (
    "see that the server runs and that user, password, host and database are right: "
    "store.url (DATABASE_URL)"
)
_REDIS = (
    "see that the server runs, takes scripts, and that password, host and number are right: "
    "redis.url (REDIS_URL)"
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


async def of_redis(settings: Settings) -> list[Finding]:
    """Ask it as the processes do that share it; none of their places is touched."""
    if settings.redis.url is None:
        return []
    place = settings.redis.url.get_secret_value().rpartition("@")[2].rpartition("//")[2]
    try:
        async with redis_of(settings) as redis:
            problem = redis and await _problem(redis)
    except SettingsError as error:
        return [Finding("Redis", ok=False, detail=error.name, fix=error.allowed)]
    if problem:
        return [Finding("Redis", ok=False, detail=f"{place}: {problem}", fix=_REDIS)]
    processes = settings.redis.max_processes
    detail = f"{place} answers: quotas are shared by up to {processes} processes"
    return [Finding("Redis", ok=True, detail=detail)]


async def _problem(redis: Redis) -> str | None:
    """Why it does not give out places, if so."""
    from bot.live.shared_places import (  # noqa: PLC0415 - an extra, and slow to import
        UNREACHABLE,
        Question,
        SharedPlaces,
    )

    places = SharedPlaces(redis, f"preload-bot:{_NOBODY}", _NOBODY, per_s=1, hold_s=0, opens_s=0)
    try:
        await places.ask(Question())
    except UNREACHABLE as error:
        return f"{type(error).__name__}: {error}".rstrip(": ")
    return None
