"""What the processes of a deployment share by way of Redis: the accounts' quotas, and answers."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from bot.asking import ALONE
from bot.errors import SettingsError
from bot.live.protocol import DESCRIBE_TASKS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from redis.asyncio import Redis

    from bot.asking import Asking
    from bot.live.shared_quota import SharedQuota
    from bot.settings import Settings


@asynccontextmanager
async def redis_of(settings: Settings) -> AsyncIterator[Redis | None]:
    """The Redis that is set, for as long as the context lasts; None where there is none.

    Raises:
        SettingsError: what it takes is not installed.
    """
    if settings.redis.url is None:
        yield None
        return
    try:
        from bot.live.shared_places import redis_at  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError as error:
        allowed = f"{error.name} is missing: uv sync --extra redis, or pip install '.[redis]'"
        raise SettingsError("redis.url [REDIS_URL]", allowed) from error
    async with redis_at(settings.redis.url.get_secret_value()) as redis:
        yield redis


@asynccontextmanager
async def quotas_in(
    redis: Redis | None, settings: Settings, *, hold_s: float
) -> AsyncIterator[dict[str, SharedQuota]]:
    """The quota of each account's task queries that all processes share; without Redis, none.

    Args:
        redis: where they meet.
        settings: the accounts, and how many processes there are at most.
        hold_s: how long a call may take, from when it has its place.
    """
    if redis is None:
        yield {}
        return
    from bot.live.shared_quota import SharedQuota  # noqa: PLC0415 - as above

    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                SharedQuota(
                    redis,
                    f"preload-bot:{name}:{DESCRIBE_TASKS}",
                    account.calls_per_s.describe,
                    max_processes=settings.redis.max_processes,
                    hold_s=hold_s,
                )
            )
            for name, account in settings.accounts.items()
        }


@asynccontextmanager
async def answers_of(settings: Settings, *, clock_s: Callable[[], float]) -> AsyncIterator[Asking]:
    """How questions are asked: past what other processes have asked, where there are any."""
    if settings.redis.url is None:
        yield ALONE
        return
    from bot.shared_answers import answers_at  # noqa: PLC0415 - as above

    async with answers_at(settings.redis.url.get_secret_value(), clock_s=clock_s) as answers:
        yield answers
