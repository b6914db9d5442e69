"""What Slack sends, to what takes it, and the acknowledgement back."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog
from slack_bolt.middleware.async_middleware import AsyncMiddleware

from bot.errors import Busy
from bot.manifest import COMMAND
from bot.metrics import TURNED_AWAY
from bot.slack.incoming import Click, Command, HomeOpened, Shortcut, Submission, Suggestion
from bot.views import errors as views
from handlers import form, home
from handlers.form import Misfilled
from handlers.front import (
    read_form,
    reply_to,
    suggested,
    take_click,
    take_command,
    take_request,
    take_shortcut,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from slack_bolt.request.async_request import AsyncBoltRequest
    from slack_bolt.response import BoltResponse

    from bot.jobs import Jobs
    from bot.reader import Reader
    from bot.views.limits import Message
    from handlers.desk import Desk
    from handlers.front import Source

Said: TypeAlias = "Mapping[str, Any]"
"""What an acknowledgement says."""
NOTHING: Said = {}

log = structlog.get_logger(__name__)


class Dispatch(AsyncMiddleware):
    """Takes all that is for the bot: acknowledges at once, answers in a job.

    A form and a menu's suggestions are answered by the acknowledgement itself.

    It stands before Bolt, which would make a client for each request and ask each listener in turn
    whether it is for that; over Socket Mode as the first of Bolt's middlewares.
    """

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        self._desk = desk
        self._jobs = jobs
        self._takers: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[Said]]] = {
            COMMAND: self._command,
            "block_actions": self._click,
            "block_suggestion": self._typing,
            "view_submission": self._form,
            "shortcut": self._shortcut,
            "message_action": self._shortcut,
            "app_home_opened": self._home,
        }

    async def take(self, body: Mapping[str, Any]) -> Said | None:
        """Take a request, or let it pass: None."""
        take = self._takers.get(_kind(body))
        return None if take is None else await take(body)

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - as Bolt calls it
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - as Bolt calls it
    ) -> BoltResponse | None:
        """Take a request of Bolt's, or let it pass."""
        said = await self.take(req.body)
        if said is None:
            return await next()
        return await req.context.ack(dict(said) or "")

    async def _command(self, body: Mapping[str, Any]) -> Said:
        command = Command.of(body)
        self._start(COMMAND, command, take_command(self._desk, command))
        return NOTHING

    async def _click(self, body: Mapping[str, Any]) -> Said:
        click = Click.of(body)
        self._start(click.action_id, click, take_click(self._desk, click))
        return NOTHING

    async def _shortcut(self, body: Mapping[str, Any]) -> Said:
        shortcut = Shortcut.of(body)
        self._start(shortcut.callback_id, shortcut, take_shortcut(self._desk, shortcut))
        return NOTHING

    async def _home(self, body: Mapping[str, Any]) -> Said:
        opened = HomeOpened.of(body)
        if opened.tab == home.TAB:
            self._start(home.TAB, opened, home.show(self._desk.serving(opened), opened))
        return NOTHING

    async def _form(self, body: Mapping[str, Any]) -> Said:
        submission = Submission.of(body)
        try:
            request = await read_form(self._desk, submission)
        except Misfilled as error:
            return {"response_action": "errors", "errors": dict(error.fields)}
        work = take_request(self._desk, Command.of_form(submission), request)
        self._start(submission.callback_id, submission, work)
        return NOTHING

    async def _typing(self, body: Mapping[str, Any]) -> Said:
        desk = self._desk
        if accounts := desk.accounts.to_list():
            with suppress(Busy):  # then at the next letter
                self._jobs.start("domains", form.look_up_domains(desk, accounts))
        return {"options": await suggested(desk, Suggestion.of(body))}

    def _start(self, name: str, source: Source, work: Coroutine[Any, Any, None]) -> None:
        """Start a job. Nothing here waits: it is acknowledged when the taker returns."""
        desk, jobs = self._desk, self._jobs

        async def tell(render: Callable[[Reader], Message]) -> None:
            reply = await reply_to(desk, source)
            await reply.beside().tell(render(reply.reader))

        async def on_crash(request_id: str) -> None:
            await tell(lambda reader: views.crashed(reader, request_id))

        try:
            jobs.start(name, work, on_crash=on_crash)
        except Busy as error:
            desk.meter.count(TURNED_AWAY)
            try:
                jobs.start(name, tell(partial(views.message, error)), is_excuse=True)
            except Busy:
                log.warning("too busy to say so", job=name)


def _kind(body: Mapping[str, Any]) -> str:
    """The command's name, or the type of the interaction or of the event."""
    kind = body.get("command") or body.get("type")
    if kind == "event_callback":
        event = body.get("event")
        kind = event.get("type") if isinstance(event, dict) else None
    return kind if isinstance(kind, str) else ""
