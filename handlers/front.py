"""What Slack sends, to the handler that takes it; and what a person is told when one cannot.

A handler is parse → ask → render. What goes wrong on the way is a `BotError` and is explained;
anything else ends up in the log, under an ID that the person is told (`bot.jobs`).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import structlog
from msgspec import structs

from bot.errors import (
    ArgumentRefused,
    BotError,
    LiveError,
    TooManyWait,
    UsageError,
)
from bot.logs import request_id
from bot.metrics import ANSWER, ANSWERS, OK, OTHER, TURNED_AWAY
from bot.roles import NotAllowed, Right, Unchecked
from bot.settings import suffix_of
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.incoming import Click, Command, HomeOpened, Shortcut, Submission, Suggestion
from bot.views import errors as views
from bot.views import pick_refs, refs, roles
from bot.views.mrkdwn import clipped
from handlers import deeds, form, grammar, which_account
from handlers.canonical import canonical
from handlers.desk import Unanswered, about
from handlers.lexing import masked, normalised
from handlers.reply import Reply
from handlers.routes import CLICKS, COMMANDS, FORMS, SHORTCUTS, SUGGESTIONS, gone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.reader import Reader
    from bot.views.limits import Block
    from handlers.desk import Desk
    from handlers.requests import Request

Source: TypeAlias = Command | Click | Shortcut | Submission | HomeOpened
"""What a reply can go to."""

_TEXT_CHARS = 300
"""How much of a refused command is recorded."""

log = structlog.get_logger(__name__)


async def take_command(desk: Desk, command: Command) -> None:
    """Answer a command, or explain why not."""
    desk = desk.serving(command)
    reply = await reply_to(desk, command)
    async with _explained(desk, reply, "command", typed=command.text) as answering:
        request = await _parsed(desk, command, reply.reader)
        answering.name = _name_of(request)
        attempt = deeds.by_request(request)
        text = clipped(masked(normalised(command.text)), _TEXT_CHARS) if attempt else None
        await desk.caller.admit(attempt, command=text)
        await COMMANDS[type(request)](desk, command, reply, request)


async def take_request(desk: Desk, command: Command, request: Request) -> None:
    """Answer what a form asks for, as if it had been typed where that was opened."""
    desk = desk.serving(command)
    reply = await reply_to(desk, command)
    typed = canonical(request, reply.reader.zone)
    async with _explained(desk, reply, "form", _name_of(request), typed=typed):
        await desk.caller.admit(deeds.by_request(request))
        await COMMANDS[type(request)](desk, command, reply, request)


async def read_form(desk: Desk, submission: Submission) -> Request:
    """What a form that was sent asks for.

    Raises:
        Misfilled: something in it is wrong.
    """
    reader = await desk.people.reader(submission.user_id)
    return await FORMS[submission.callback_id](desk.serving(submission), submission, reader)


async def suggested(desk: Desk, suggestion: Suggestion) -> list[Block]:
    """The options that fit what was typed; none for those who may not know of any."""
    suggest = SUGGESTIONS.get(suggestion.action_id)
    if suggest is not None:
        with suppress(NotAllowed, Unchecked):
            return await suggest(desk.serving(suggestion), suggestion)
    return []


async def take_shortcut(desk: Desk, shortcut: Shortcut) -> None:
    """Do what a shortcut is for, or explain why not."""
    desk = desk.serving(shortcut)
    reply = await reply_to(desk, shortcut)
    async with _explained(desk, reply, "shortcut", shortcut.callback_id):
        await desk.caller.admit()
        await SHORTCUTS[shortcut.callback_id](desk, shortcut, reply)


async def take_click(desk: Desk, click: Click) -> None:
    """Answer a click, or explain why not; the message it was in stays as it is then."""
    desk = desk.serving(click)
    if place := pick_refs.asked_in(click.value):
        desk = await desk.among_if_in(place)
    reply = structs.replace(await reply_to(desk, click), replaces=click.in_private)
    known = click.action_id if click.action_id in CLICKS else OTHER
    async with _explained(desk, reply, "click", known):
        await desk.caller.admit(await which_account.attempted(desk, click), control=click.action_id)
        with about(refs.question_in(click.value)):
            await CLICKS.get(click.action_id, gone)(desk, click, reply)


async def _parsed(desk: Desk, command: Command, reader: Reader) -> Request:
    """What a command asks for.

    Raises:
        UsageError: it cannot be understood.
        NotAllowed: neither can it, nor may they do anything.
    """
    scope = await desk.caller.scope(Right.QUERY)
    try:
        return grammar.parse(
            command.text,
            now=desk.now(),
            zone=reader.zone,
            domains=[name for name in desk.settings.domains if name in scope],
            accounts=desk.accounts.named(await desk.caller.rights_somewhere()),
        )
    except UsageError:
        await desk.caller.admit()
        raise


@dataclass(slots=True)
class _Answering:
    """What is being answered, for those who count: which command or control, and the outcome."""

    name: str
    outcome: str = "crashed"


@asynccontextmanager
async def _explained(
    desk: Desk, reply: Reply, kind: str, name: str = OTHER, *, typed: str | None = None
) -> AsyncIterator[_Answering]:
    """Tell the person what went wrong inside, and if it is what they typed, offer the form.

    Raises:
        SlackRefused: Slack won't have a message of ours; nobody foresaw that.
    """
    answering, begun_s = _Answering(name), asyncio.get_running_loop().time()
    try:
        try:
            yield answering
            answering.outcome = OK
        except (SlackRefused, SlackUnavailable):
            raise
        except BotError as error:
            why = error.because if isinstance(error, Unanswered) else error
            answering.outcome = type(why).__name__
            if isinstance(why, TooManyWait):
                desk.meter.count(TURNED_AWAY)
            await _explain(desk, reply, error, typed)
    except SlackUnavailable as error:
        answering.outcome = type(error).__name__
        log.warning("answer not taken", error=str(error))
    finally:
        desk.meter.took(ANSWER, asyncio.get_running_loop().time() - begun_s, kind)
        desk.meter.count(ANSWERS, kind, answering.name, answering.outcome)


def _name_of(request: Request) -> str:
    """The command's, as `COMMANDS` lists their kinds: `tasks`, `watch`."""
    return type(request).__name__.removesuffix("Request").lower()


async def reply_to(desk: Desk, source: Source) -> Reply:
    """Where an answer to it goes, and who reads that."""
    reader = await desk.people.reader(source.user_id)
    chosen = source.answered_in if isinstance(source, Command | Submission) else ""
    return Reply(desk, reader, source.response_url, chosen or source.channel_id)


async def _explain(desk: Desk, reply: Reply, error: BotError, typed: str | None) -> None:
    ask, suggestion, announced, mended = None, None, False, None
    if isinstance(error, Unanswered):
        ask, announced, error = error.ask, error.announced, error.because
        if isinstance(error, ArgumentRefused) and error.argument == "DomainName":
            suggestion = await desk.domain_like(ask.domain)
    if isinstance(error, UsageError | LiveError) and typed is not None:
        mended = await form.keep(desk, typed, reply.reader)
    log.info("explained", error=type(error).__name__, reason=str(error))
    if isinstance(error, NotAllowed | Unchecked):
        message = roles.refused(error, reply.reader)
    else:
        message = views.message(
            error,
            reply.reader,
            ask=ask,
            suffix=suffix_of(ask.account, desk.settings.accounts) if ask else "",
            suggestion=suggestion,
            log_id=request_id(),
            form=mended,
        )
    await structs.replace(reply.beside(), replaces=announced).tell(message)
