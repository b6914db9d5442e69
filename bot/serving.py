"""Serving: the bot listens until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.app import opened
from bot.errors import SettingsError
from bot.settings import require
from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.socket_mode import SocketMode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.app import Bot
    from bot.duty import Duty
    from bot.settings import Settings

_COLLECTED = (50_000, 20, 10)
"""So seldom garbage is looked for: a plan makes a tuple for each of tens of thousands of tasks, and
going through all that lives a few times for each cost a fifth of a worker's time."""

log = structlog.get_logger(__name__)


@asynccontextmanager
async def listening(bot: Bot, *, socket_mode: bool) -> AsyncIterator[str]:
    """Serve over HTTP, and over Socket Mode if wanted; yields the base URL.

    A process that takes no requests serves its health only.

    Leaving takes no more requests and waits for those under way.

    Raises:
        SettingsError: a token is not set, or Slack refuses it.
    """
    server, slack = bot.settings.server, bot.settings.slack
    application = bot.application(takes_requests=bot.duty.answers and not socket_mode)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=server.drain_s)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, server.host, server.port).start()
        if bot.duty.answers and socket_mode:
            require(slack, "app_token")
            app_token = slack.app_token.get_secret_value() if slack.app_token else ""
            await _check_app_token(bot.bolt.client, app_token)
            handler = SocketMode(bot.bolt, app_token, bot.repeats, bot.meter)
            stack.push_async_callback(handler.close_async)
            await handler.connect_async()  # type: ignore[no-untyped-call] # Bolt leaves it so
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"


async def _check_app_token(client: AsyncWebClient, app_token: str) -> None:
    """See that Slack takes the token: Bolt would try a wrong one again and again, for ever."""
    try:
        await answered(client.apps_connections_open(app_token=app_token))
    except SlackRefused as refused:
        allowed = f"a token that Slack takes for Socket Mode; it says {refused.code}"
        raise SettingsError("SLACK_APP_TOKEN", allowed) from refused
    except SlackUnavailable as error:
        log.warning("slack not reached", error=str(error))  # it may be later: Bolt tries again


@contextmanager
def until_told_to_stop() -> Iterator[None]:
    """The first SIGTERM or SIGINT cancels what runs inside, and that is a good end of it."""
    task, told = asyncio.current_task(), False

    def stop() -> None:
        nonlocal told
        if task is not None and not told:  # told again, it shall still close what is open
            told = task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: there asyncio.run does so on Ctrl-C
            asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise


async def serve(settings: Settings, *, socket_mode: bool, duty: Duty) -> None:
    """Serve until SIGTERM or SIGINT."""
    with until_told_to_stop():
        async with (
            opened(settings, duty=duty) as bot,
            listening(bot, socket_mode=socket_mode) as address,
        ):
            log.info("listening", address=address, role=duty.value, socket_mode=socket_mode)
            gc.set_threshold(*_COLLECTED)
            gc.freeze()  # what is there by now stays: not to be looked through again and again
            try:
                await asyncio.Event().wait()
            finally:
                log.info("stopping", jobs=len(bot.jobs))
