"""Whether what outlives a restart can be kept, which channels stand in it; what is shared."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import make_url

from bot.doctor.finding import Finding
from bot.errors import SettingsError, StoreUnavailable, StoreUnfit
from bot.sharing import redis_of
from bot.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from redis.asyncio import Redis

    from bot.settings import Settings
    from bot.store import Revision

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


async def of_store(
    settings: Settings, now: Callable[[], datetime]
) -> tuple[list[Finding], Uses | None]:
    """Look at it as it is; one that is up to date is written to, too, and tidied up.

    Returns:
        What was found, and the channels in use; None where they cannot be read.
    """
    url = settings.store.url.get_secret_value()
    address = make_url(url)
    is_file = address.drivername.startswith("sqlite")
    place = address.database if is_file else address.render_as_string(hide_password=True)
    if is_file and (missing := _missing(Path(address.database or ""))):
        return [missing], {} if missing.ok else None
    try:
        async with Store.as_it_is(url, now=now) as (store, revision):
            detail = await _of_revision(store, revision)
            uses = await _uses(store, revision)
    except StoreUnfit as error:
        fix = error.advice.replace("store.url", "store.url (DATABASE_URL)")
        return [Finding("store", ok=False, detail=f"{place}: {error.problem}", fix=fix)], None
    except StoreUnavailable as error:
        fix = _FILE if is_file else _SERVER
        return [Finding("store", ok=False, detail=f"{place}: {error}", fix=fix)], None
    return [Finding("store", ok=True, detail=f"{place} {detail}")], uses


def _missing(file: Path) -> Finding | None:
    """Whether a file that is not there can be made; None where it is there."""
    if file.exists():
        return None
    try:
        TemporaryFile(dir=file.parent).close()
    except OSError as error:
        detail = f"{file}: cannot be made: {error.strerror}"
        return Finding("store", ok=False, detail=detail, fix=_FILE)
    return Finding("store", ok=True, detail=f"none yet: `serve` makes {file}")


async def _of_revision(store: Store, revision: Revision) -> str:
    """Write to it, as far as another version does not mind; what it is like.

    Raises:
        StoreUnavailable: that does not work.
    """
    if revision.found == revision.needed:
        await store.defaults.set(_NOBODY, _NOBODY, domain=_NOBODY, set_by=_NOBODY)
        await store.defaults.get(_NOBODY, _NOBODY)
        await store.defaults.clear(_NOBODY, _NOBODY)
        return "is up to date, can be read and written"
    async with store.database.writing():
        pass  # it may be locked for writing: more would be this version's doing
    if revision.found is None:
        return "is empty: `serve` or `migrate` makes its tables"
    return (
        f"has revision {revision.found}, this version needs {revision.needed}: `serve` or "
        "`migrate` brings it up, and from then on the older version refuses it"
    )


async def _uses(store: Store, revision: Revision) -> Uses | None:
    if revision.found is None:
        return {}
    uses: Uses = defaultdict(Counter)
    try:
        for subscription in await store.subscriptions.all():
            uses[subscription.channel_id]["subscription"] += 1
        for watch in await store.watches.active():
            uses[watch.channel_id]["watch"] += 1
        for channel_id in await store.defaults.channels():
            uses[channel_id][DEFAULT] += 1
    except StoreUnavailable:
        if revision.found == revision.needed:
            raise
        return None  # it is older than what was to be read
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
