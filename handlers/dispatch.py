"""What Slack sends, to what takes it, and the acknowledgement back."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

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

    from slack_bolt.async_app import AsyncAck
    from slack_bolt.request.async_request import AsyncBoltRequest
    from slack_bolt.response import BoltResponse

    from bot.jobs import Jobs
    from bot.reader import Reader
    from bot.views.limits import Message
    from handlers.desk import Desk
    from handlers.front import Source

log = structlog.get_logger(__name__)


class Dispatch(AsyncMiddleware):
    """Takes all that is for the bot: acknowledges at once, answers in a job.

    A form and a menu's suggestions are answered by the acknowledgement itself.

    It stands before Bolt's own dispatch, which would ask each listener in turn whether the request
    is for it: what is not for the bot goes on to that.
    """

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        self._desk = desk
        self._jobs = jobs
        self._takers: Mapping[str, Callable[[AsyncAck, dict[str, Any]], Awaitable[object]]] = {
            COMMAND: self._command,
            "block_actions": self._click,
            "block_suggestion": self._typing,
            "view_submission": self._form,
            "shortcut": self._shortcut,
            "message_action": self._shortcut,
            "app_home_opened": self._home,
        }

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - as Bolt calls it
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - as Bolt calls it
    ) -> BoltResponse | None:
        """Take a request, or let it pass."""
        take = self._takers.get(_kind(req.body))
        if take is None:
            return await next()
        ack = req.context.ack
        await take(ack, req.body)
        return ack.response or await ack()

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        command = Command.of(body)
        self._start(COMMAND, command, take_command(self._desk, command))

    async def _click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        click = Click.of(body)
        self._start(click.action_id, click, take_click(self._desk, click))

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        shortcut = Shortcut.of(body)
        self._start(shortcut.callback_id, shortcut, take_shortcut(self._desk, shortcut))

    async def _home(self, _: AsyncAck, body: dict[str, Any]) -> None:
        opened = HomeOpened.of(body)
        if opened.tab == home.TAB:
            self._start(home.TAB, opened, home.show(self._desk.serving(opened), opened))

    async def _form(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        submission = Submission.of(body)
        try:
            request = await read_form(self._desk, submission)
        except Misfilled as error:
            await ack(response_action="errors", errors=dict(error.fields))
            return
        await ack()
        work = take_request(self._desk, Command.of_form(submission), request)
        self._start(submission.callback_id, submission, work)

    async def _typing(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        desk = self._desk
        if accounts := desk.accounts.to_list():
            with suppress(Busy):  # then at the next letter
                self._jobs.start("domains", form.look_up_domains(desk, accounts))
        await ack(options=await suggested(desk, Suggestion.of(body)))

    def _start(self, name: str, source: Source, work: Coroutine[Any, Any, None]) -> None:
        """Start a job. Nothing here waits: Bolt acknowledges when the taker returns."""
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
