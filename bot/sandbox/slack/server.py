"""The local Slack as a whole: what people do in it, and how the app is told."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from bot.sandbox.slack import page, requests, workspace
from bot.sandbox.slack.messages import SLACKBOT
from bot.sandbox.slack.requests import NoSuchControl
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.shared import Refused, Shared
from bot.sandbox.slack.socket import Sockets
from bot.sandbox.slack.typed import formatted
from bot.sandbox.slack.web_api import WebApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.workspace import Channel, User

ACK_WITHIN_S = 3.0
_CLOSE_WITHIN_S = 0.1
"""Open pages listen without end: nothing else is waited for."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the app took a command or a click.

    Attributes:
        error: None, or what Slack shows: `operation_timeout`, `dispatch_failed`,
            `invalid_command_response`.
        mark: the number of the last change before the step; for `LocalSlack.settled`.
    """

    error: str | None
    mark: int

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged in time."""
        return self.error is None


class LocalSlack(Shared):
    """A workspace with one app, the bot.

    Args:
        signing_secret: what requests to the bot are signed with.
        bot_token: the token of the Web API.
        app_token: the token of `apps.connections.open`.
        now: the wall clock.
        ack_within_s: how long the bot may take to acknowledge.

    Attributes:
        request_url: where the bot listens; None sends over an open Socket Mode connection.
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
        self.request_url: str | None = None
        self.sockets = Sockets(self)
        self._signing_secret = signing_secret
        self._ack_within_s = ack_within_s
        self._response_urls = ResponseUrls(self)
        self._api = WebApi(self, self.sockets, bot_token=bot_token, app_token=app_token)
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """The server: Web API, response URLs, Socket Mode, and the page."""
        app = web.Application()
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api.handle),
                web.post("/commands/{team}/{secret}", self._response_urls.handle),
                web.post("/actions/{team}/{secret}", self._response_urls.handle),
                web.get("/link/", self.sockets.handle),
                *page.routes(self),
            ]
        )
        app.cleanup_ctx.append(self._with_session)
        app.on_shutdown.append(self._say_goodbye)
        return app

    async def _with_session(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            self._session = session
            yield

    async def _say_goodbye(self, _app: web.Application) -> None:
        await self.sockets.disconnect("link_disabled")

    def say(self, user: str, channel: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Write a plain message as that person."""
        person, place = _where(user, channel)
        return self.messages.post(person, place.id, {"text": formatted(text)}, thread_ts=thread_ts)

    async def command(self, user: str, channel: str, text: str) -> Outcome:
        """Type a slash command (`/preload status=failed`); returns once it is acknowledged.

        Raises:
            LookupError: no such person, or not in that channel.
        """
        person, place = _where(user, channel)
        mark = self.messages.mark
        name, _, rest = text.strip().partition(" ")
        response_url = self._response_urls.new(person.id, place.id)
        payload = requests.command_payload(
            person,
            place,
            command=name,
            text=formatted(rest.strip()),
            response_url=response_url,
        )
        error, answer = await self._dispatch(payload)
        if error is None and answer:
            try:
                self._response_urls.answered(response_url, answer)
            except Refused:
                error = "invalid_command_response"
        if error is not None:
            notice = f'{name} failed with the error "{error}"'
            shown = {"only_visible_to": person.id, "error": notice}
            self.messages.post(SLACKBOT, place.id, {"text": notice}, **shown)
        return Outcome(error, mark)

    async def click(
        self,
        user: str,
        message_id: str,
        action_id: str,
        *,
        option: str | None = None,
        block_id: str | None = None,
    ) -> Outcome:
        """Press a button, or take an option (its value or visible text) of a menu.

        Raises:
            NoSuchControl: the person sees no such message, or it has no such control.
        """
        message = self.messages.get(message_id)
        if message is None or not message.is_for(user):
            raise NoSuchControl(f"{user} sees no message {message_id}")
        person, place = _where(user, message.channel)
        mark = self.messages.mark
        action = requests.click_action(
            message,
            action_id,
            block_id=block_id,
            option=option,
            at=f"{self.now().timestamp():.6f}",
        )
        response_url = self._response_urls.new(person.id, place.id, clicked=message.id)
        payload = requests.click_payload(person, place, message, action, response_url=response_url)
        error, _ = await self._dispatch(payload)
        return Outcome(error, mark)

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

    async def _dispatch(self, payload: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """Send a payload to the app: Slack's error, if any, and what the app answers at once."""
        try:
            async with asyncio.timeout(self._ack_within_s):
                if self.request_url is not None:
                    return await self._post(self.request_url, payload)
                if len(self.sockets):
                    return None, await self.sockets.send(payload)
        except TimeoutError:
            return "operation_timeout", {}
        except (aiohttp.ClientError, ConnectionError):
            return "dispatch_failed", {}
        except ValueError:
            return "invalid_command_response", {}
        return "dispatch_failed", {}

    async def _post(
        self, url: str, payload: Mapping[str, Any]
    ) -> tuple[str | None, dict[str, Any]]:
        if self._session is None:
            raise RuntimeError("the local Slack is not running")
        body = requests.form(payload)
        at_s = int(self.now().timestamp())
        headers = requests.signed(body, signing_secret=self._signing_secret, at_s=at_s)
        async with self._session.post(url, data=body, headers=headers) as reply:
            if reply.status != web.HTTPOk.status_code:
                return "dispatch_failed", {}
            if reply.content_type == "application/json":
                answer = await reply.json()
                return None, answer if isinstance(answer, dict) else {}
            text = await reply.text()
            return None, {"text": text} if text.strip() else {}


def _where(user: str, channel: str) -> tuple[User, Channel]:
    person, place = workspace.user(user), workspace.channel(channel)
    if person is None or place is None or not place.admits(person.id):
        raise LookupError(f"{user} is not in {channel}")
    return person, place


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
