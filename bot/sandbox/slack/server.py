"""The local Slack as a whole, served."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from bot.sandbox.slack import page
from bot.sandbox.slack.dispatch import ACK_WITHIN_S, Dispatch
from bot.sandbox.slack.file_methods import MOST_BYTES
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.people import People
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.socket import Sockets
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.web_api import WebApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from bot.sandbox.slack.files import File
    from bot.sandbox.slack.messages import Message

_CLOSE_WITHIN_S = 0.1
"""Open pages listen without end: nothing else is waited for."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalSlack(People):
    """A workspace with one app, the bot.

    Args:
        signing_secret: what requests to the bot are signed with.
        bot_token: the token of the Web API.
        app_token: the token of `apps.connections.open`.
        now: the wall clock.
        ack_within_s: how long the bot may take to acknowledge.

    Attributes:
        sockets: the Socket Mode connections.
    """

    def __init__(
        self,
        *,
        signing_secret: str,
        bot_token: str,
        app_token: str,
        now: Callable[[], datetime] = _utc_now,
        ack_within_s: float = ACK_WITHIN_S,
    ) -> None:
        super().__init__(now)
        self.sockets = Sockets(self)
        self.views = Views(now)
        self.file_store = Files(self, bot_token=bot_token)
        self._dispatch = Dispatch(
            self.sockets, signing_secret=signing_secret, now=now, ack_within_s=ack_within_s
        )
        self._response_urls = ResponseUrls(self)
        self._api = WebApi(
            self,
            self.views,
            self.file_store,
            self.sockets,
            bot_token=bot_token,
            app_token=app_token,
        )

    @property
    def request_url(self) -> str | None:
        """Where the bot listens; None sends over an open Socket Mode connection."""
        return self._dispatch.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self._dispatch.request_url = url

    @property
    def files(self) -> Mapping[str, File]:
        """The files that stand in channels, by ID."""
        return self.file_store.shared

    def application(self) -> web.Application:
        """The server: Web API, response URLs, Socket Mode, and the page."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api.handle),
                web.post("/commands/{team}/{secret}", self._response_urls.handle),
                web.post("/actions/{team}/{secret}", self._response_urls.handle),
                web.get("/link/", self.sockets.handle),
                web.post("/upload/{file}", self.file_store.take),
                web.get("/files-pri/{team}-{file}/{rest:.*}", self.file_store.give),
                *page.routes(self),
            ]
        )
        app.cleanup_ctx.append(self._with_session)
        app.on_shutdown.append(self._say_goodbye)
        return app

    async def _with_session(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            self._dispatch.session = session
            yield

    async def _say_goodbye(self, _app: web.Application) -> None:
        await self.sockets.disconnect("link_disabled")

    async def settled(
        self,
        user: str,
        *,
        after: int,
        until: Callable[[Message], bool] = lambda _message: True,
        timeout_s: float = 10.0,
    ) -> Message:
        """Wait for a message, new or changed, that the person sees.

        Args:
            user: the person.
            after: only changes after this one (`Outcome.mark`, `messages.mark`).
            until: what the message must be; of several the newest is returned.
            timeout_s: how long to wait.

        Raises:
            TimeoutError: none came.
        """
        async with asyncio.timeout(timeout_s):
            mark = after
            while True:
                changes = await self.messages.after(mark)
                mark = changes[-1].number
                for change in reversed(changes):
                    standing = self.messages.get(change.message.id)
                    if standing is not None and standing.is_for(user) and until(standing):
                        return standing


@asynccontextmanager
async def running(
    slack: LocalSlack, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve the local Slack; yields its base URL, without a slash at the end."""
    runner = web.AppRunner(slack.application(), shutdown_timeout=_CLOSE_WITHIN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        slack.base_url = f"http://{host}:{bound}"
        yield slack.base_url
    finally:
        await runner.cleanup()
