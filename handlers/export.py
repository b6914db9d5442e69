"""`/preload export …`, and Export beneath an answer: all that a question finds, as a file."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from msgspec import structs

from bot.errors import LiveError, StoreUnavailable
from bot.export import Format
from bot.logs import request_id
from bot.record import Deed, Outcome
from bot.settings import suffix_of
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.views import export as views
from bot.views import following
from bot.views.export_refs import ExportRef
from bot.views.refs import ChoiceRef
from handlers import deeds, form, places, signatures
from handlers.canonical import canonical
from handlers.desk import Unanswered
from handlers.requests import ExportRequest

if TYPE_CHECKING:
    from bot.export import Export, Step
    from bot.slack.incoming import Click, Command
    from bot.views.export import File, Wish
    from bot.views.limits import Message
    from bot.views.refs import FormRef
    from handlers.desk import Desk
    from handlers.reply import Reply

MOST_AT_ONCE: Final = 3
"""How many exports of a person may be under way."""
LONGEST_S: Final = 1_500.0
"""How long one may take: after 30 minutes what was said of it can be changed no more."""
MOST_NOTES: Final = 4
"""A `response_url` takes 5 posts, and the last is the end's."""

_QUARTERS = 4

log = structlog.get_logger(__name__)


async def answer(desk: Desk, command: Command, reply: Reply, request: ExportRequest) -> None:
    """Export what the filters find, to the person alone or to the channel."""
    query = request.query
    place = command.team_id, command.goes_to
    subject = await desk.subject(*place, query, deed=Deed.EXPORT)
    if subject is None:
        known, zone = await desk.domains(), reply.reader.zone
        raise places.which_domain(command, known, partial(_of_domain, request), zone)
    ask = replace(
        subject,
        status=query.status,
        task_id=query.task_id,
        urls=query.urls,
        since=query.since,
        until=query.until,
    )
    wish = views.Wish(ask, request.format, command.goes_to if query.public else None)
    await _export(desk, command.team_id, reply, wish)


async def begin(desk: Desk, click: Click, reply: Reply) -> None:
    """Export what the answer is about, all of its pages, to whoever clicked."""
    ask = await desk.kept(ChoiceRef.unpack(click.value).key)
    wish = views.Wish(ask.question(), Format.CSV)
    await _export(desk, click.team_id, reply.beside(), wish, beside=True)


async def cancel(desk: Desk, click: Click, reply: Reply) -> None:
    """End an export without a file, whichever process it is in."""
    ref = ExportRef.unpack(click.value)
    async with desk.caller.doing(Deed.CANCEL_EXPORT, id=ref.id) as doing:
        is_in_time = await desk.store.exports.cancel(ref.id, click.user_id)
        if not is_in_time:
            doing.outcome = Outcome.FAILED
    if is_in_time:
        await reply.tell(views.cancelling(reply.reader))
    elif await desk.store.exports.is_cancelled(ref.id):  # a second click
        await reply.beside().tell(views.cancelling(reply.reader))
    else:
        await reply.beside().tell(views.too_late(reply.reader))


async def _export(
    desk: Desk, team_id: str, reply: Reply, wish: Wish, *, beside: bool = False
) -> None:
    """Export, unless something keeps the file from being sent, or too many are under way."""
    form = {"format": wish.format.value, "channel": wish.channel_id}
    about = {**deeds.of_ask(wish.ask), **form}
    await desk.caller.permit(Deed.EXPORT, wish.ask.domain, **about)
    desk.accounts.insist(wish.ask.account)
    if wish.channel_id is not None:
        refusal = await places.refusal(desk, wish.channel_id, reply.reader, is_file=True)
        if refusal is not None:
            await reply.tell(refusal)
            return
    known_as, user_id = desk.new_id(), reply.reader.user_id
    if not await desk.store.exports.begin(known_as, team_id, user_id, most=MOST_AT_ONCE):
        await reply.tell(views.too_many(MOST_AT_ONCE, reply.reader))
        return
    exporting = _Exporting(desk, reply, wish, known_as, beside=beside)
    try:
        async with desk.caller.doing(Deed.EXPORT, wish.ask.domain, id=known_as, **about) as doing:
            await exporting.run()
            if not exporting.is_sent:
                doing.outcome = Outcome.FAILED
    finally:
        with suppress(StoreUnavailable):  # then it counts as given up, in a while
            await desk.store.exports.end(known_as)


def _of_domain(request: ExportRequest, domain: str) -> ExportRequest:
    return replace(request, query=replace(request.query, domain=domain))


class _Cancelled(Exception):
    """The person wants no file any more."""


class _TooLong(Exception):
    """It took `LONGEST_S`."""


@dataclass(slots=True)
class _Exporting:
    """An export, from its first call to the last that is said of it.

    Attributes:
        reply: where it is told of; what it says may take a picker's place.
        known_as: its ID in the store.
        beside: it was asked for by a click, whose `response_url` means the message that was
            clicked: what is to be changed later is told directly.
        step: how far it is.
        notes: how often that was told.
        calls: how many calls of the API it took, once it is over.
        is_sending: the file is on its way to Slack.
        is_sent: it is there.
    """

    desk: Desk
    reply: Reply
    wish: Wish
    known_as: str
    beside: bool
    step: Step | None = None
    notes: int = 0
    calls: int = 0
    is_sending: bool = False
    is_sent: bool = False
    _mark: tuple[bool, int] | None = None

    async def run(self) -> None:
        """Read, write, send, and say what came of it.

        Raises:
            Unanswered: the API did not even say how many tasks there are.
        """
        reader = self.reply.reader
        try:
            said = await self._made()
        except _Cancelled:
            said = views.cancelled(self.wish, self.step, reader, calls=self.calls)
        except _TooLong:
            said = views.took_too_long(LONGEST_S, self.wish, self.step, reader, calls=self.calls)
        except LiveError as error:
            if self.step is None and not (self.beside and self.notes):
                raise Unanswered(self.wish.ask, error, announced=self._replaces) from error
            log.info("export not finished", error=type(error).__name__, reason=str(error))
            said = views.stopped(
                error,
                self.wish,
                self.step,
                reader,
                calls=self.calls,
                suffix=suffix_of(self.wish.ask.account, self.desk.settings.accounts),
                log_id=request_id(),
            )
        except asyncio.CancelledError:
            with suppress(SlackRefused, SlackUnavailable):
                await self._tell(self._last_words())
            raise
        await self._tell(said)

    async def _made(self) -> Message:
        """What there is to say of the file that was sent."""
        try:
            async with asyncio.timeout(LONGEST_S):
                reading = self.desk.exporter.read(
                    self.wish.ask, self._turn, spent=partial(setattr, self, "calls")
                )
                export, _ = await self.reply.unless_quick(reading, self._announce)
        except TimeoutError as error:
            log.warning("export took too long", calls=self.calls)
            raise _TooLong from error
        reader, now = self.reply.reader, self.desk.now()
        if not export.found:
            return views.nothing(export, self.wish, await self._form(), reader, now=now)
        file = await asyncio.to_thread(views.file, export, self.wish, reader, now=now)
        if not await self._ends():
            raise _Cancelled
        self.is_sending = True
        return await self._sent(file, export)

    async def _form(self) -> FormRef | None:
        """The form of the same export."""
        desk, ask, reader = self.desk, self.wish.ask, self.reply.reader
        asked = form.typed_as(ask, await form.accounts_of(desk))
        query = replace(asked, rows=None, public=self.wish.channel_id is not None)
        text = canonical(ExportRequest(query, self.wish.format), reader.zone)
        is_own = not self.beside or await signatures.are_own(desk, ask.urls)
        return await form.keep(desk, text, reader, is_own=is_own)

    async def _sent(self, file: File, export: Export) -> Message:
        wish, reader, uploads = self.wish, self.reply.reader, self.desk.uploads
        try:
            if wish.channel_id is None:
                await uploads.to_person(reader.user_id, file)
            else:
                await uploads.to_channel(wish.channel_id, file)
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("file not taken", error=str(error))
            return self._refused(error)
        self.is_sent = True
        return views.done(export, wish, file.name, reader, now=self.desk.now())

    def _refused(self, error: SlackRefused | SlackUnavailable) -> Message:
        """Why there is no file, and what to do."""
        wish, reader = self.wish, self.reply.reader
        if isinstance(error, SlackUnavailable):
            return views.not_taken(error.reason, wish, reader, delivered=error.delivered)
        match error.code:
            case "missing_scope":
                return views.without_scope(error.place, wish, reader)
            case "not_in_channel" | "channel_not_found" if wish.channel_id is not None:
                return following.not_in_channel(wish.channel_id, reader)
            case "is_archived" if wish.channel_id is not None:
                return following.archived(wish.channel_id, reader, is_file=True)
        return views.refused(error.code, wish, reader)

    def _last_words(self) -> Message:
        """What can be said when the bot is stopped meanwhile."""
        wish, reader = self.wish, self.reply.reader
        if self.is_sending:
            return views.not_taken("shutdown", wish, reader, delivered=True)
        return views.cut_off(wish, self.step, reader, calls=self.calls)

    async def _turn(self, step: Step) -> None:
        """Between two calls: end if that is wished, and tell how far it is, now and then."""
        self.step = step
        if await self._is_cancelled():
            raise _Cancelled
        if 0 < self.notes < MOST_NOTES and self._mark != _mark_of(step):
            try:
                await self._announce()
            except (SlackRefused, SlackUnavailable) as error:
                log.warning("progress not taken", error=str(error))

    async def _announce(self) -> bool:
        """Tell how far it is; whether that is then to be replaced."""
        self._mark = None if self.step is None else _mark_of(self.step)
        said = views.under_way(self.step, self.wish, self.known_as, self.reply.reader)
        reply = self.reply.directly() if self.beside and not self.notes else self.reply
        await structs.replace(reply, replaces=self._replaces).tell(said)
        self.reply = reply
        self.notes += 1
        return self._replaces

    async def _tell(self, message: Message) -> None:
        await structs.replace(self.reply, replaces=self._replaces).tell(message)

    @property
    def _replaces(self) -> bool:
        return self.notes > 0 or self.reply.replaces

    async def _is_cancelled(self) -> bool:
        try:
            return await self.desk.store.exports.is_cancelled(self.known_as)
        except StoreUnavailable as error:
            log.warning("export not looked up", error=str(error))
            return False

    async def _ends(self) -> bool:
        """Whether it may send its file: it can be cancelled no more then."""
        try:
            return await self.desk.store.exports.end(self.known_as)
        except StoreUnavailable as error:
            log.warning("export not ended", error=str(error))
            return True


def _mark_of(step: Step) -> tuple[bool, int]:
    """What is worth telling when it changes: which quarter is read, and the how manieth time."""
    return step.again, _QUARTERS * step.read // max(step.goal, 1)
