"""What Slack sends, to what takes it; and the acknowledgement."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse

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
from handlers.routes import FORMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from slack_bolt.async_app import AsyncAck
    from slack_bolt.request.async_request import AsyncBoltRequest

    from bot.jobs import Jobs
    from bot.reader import Reader
    from bot.views.limits import Message
    from handlers.desk import Desk
    from handlers.front import Source

log = structlog.get_logger(__name__)


class _Taker(NamedTuple):
    """What reads a request, and what takes that."""

    read: Callable[[Mapping[str, Any]], Any]
    take: Callable[[AsyncAck, Any], Awaitable[None]]


class Dispatch(AsyncMiddleware):
    """Takes all that is for the bot: acknowledges at once, answers in a job.

    A form and a menu's suggestions are answered by the acknowledgement itself.

    The first of Bolt's middlewares: its listeners are asked in turn whether a request is for them,
    which costs more than all else that is done before the acknowledgement.
    """

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        self._desk = desk
        self._jobs = jobs
        self._takers: Mapping[object, _Taker] = {
            COMMAND: _Taker(Command.of, self._command),
            "block_actions": _Taker(Click.of, self._click),
            "block_suggestion": _Taker(Suggestion.of, self._typing),
            "view_submission": _Taker(_filled_in, self._form),
            "shortcut": _Taker(Shortcut.of, self._shortcut),
            "message_action": _Taker(Shortcut.of, self._shortcut),
            "app_home_opened": _Taker(HomeOpened.of, self._home),
        }

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - as Bolt calls it
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - as Bolt calls it
    ) -> BoltResponse | None:
        """Take a request, or let it pass; 400 to what is not shaped as anything of Slack's is."""
        try:
            taker = self._takers.get(_kind(req.body))
            source = taker.read(req.body) if taker else None
        except (AttributeError, LookupError, TypeError, ValueError):
            log.info("unknown shape")
            return BoltResponse(status=400)
        if taker is None:
            return await next()
        ack = req.context.ack
        await taker.take(ack, source)
        return ack.response or await ack()

    async def _command(self, ack: AsyncAck, command: Command) -> None:
        await ack()
        self._start(COMMAND, command, take_command(self._desk, command))

    async def _click(self, ack: AsyncAck, click: Click) -> None:
        await ack()
        self._start(click.action_id, click, take_click(self._desk, click))

    async def _shortcut(self, ack: AsyncAck, shortcut: Shortcut) -> None:
        await ack()
        self._start(shortcut.callback_id, shortcut, take_shortcut(self._desk, shortcut))

    async def _home(self, _: AsyncAck, opened: HomeOpened) -> None:
        if opened.tab == home.TAB:
            self._start(home.TAB, opened, home.show(self._desk.serving(opened), opened))

    async def _form(self, ack: AsyncAck, submission: Submission) -> None:
        try:
            request = await read_form(self._desk, submission)
        except Misfilled as error:
            await ack(response_action="errors", errors=dict(error.fields))
            return
        await ack()
        work = take_request(self._desk, Command.of_form(submission), request)
        self._start(submission.callback_id, submission, work)

    async def _typing(self, ack: AsyncAck, suggestion: Suggestion) -> None:
        desk = self._desk
        if accounts := desk.accounts.to_list():
            with suppress(Busy):  # then at the next letter
                self._jobs.start("domains", form.look_up_domains(desk, accounts))
        await ack(options=await suggested(desk, suggestion))

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


def _kind(body: Mapping[str, Any]) -> object:
    """The command's name, or the type of the interaction or of the event.

    Raises:
        LookupError, TypeError: it is an event without one.
    """
    kind = body.get("command") or body.get("type")
    return body["event"]["type"] if kind == "event_callback" else kind


def _filled_in(body: Mapping[str, Any]) -> Submission:
    """A form of the bot's that was sent.

    Raises:
        LookupError: it has no such form.
    """
    submission = Submission.of(body)
    if submission.callback_id not in FORMS:
        raise LookupError("no such form")
    return submission
