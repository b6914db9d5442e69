"""Asking by a form instead of by a line of text.

It opens filled in with what a person had typed. A trigger lives for 3 seconds, so nothing is asked
before it is open; what was typed is stored only where a button has to bring it back.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import BotError, LiveError, StaleReference, StoreUnavailable, UsageError
from bot.roles import Right, Unchecked
from bot.slack.errors import SlackUnavailable
from bot.slack.incoming import is_channel
from bot.slack.modals import TriggerSpent
from bot.views import form as views
from bot.views import inputs, notices
from bot.views.form import Field
from bot.views.limits import OPTIONS
from bot.views.refs import FormRef, PageRef
from bot.words import words
from handlers import addresses, drafting, fields, signatures
from handlers.canonical import canonical
from handlers.requests import ExportRequest, TasksRequest
from handlers.vocabulary import nearest, nearest_domain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.asks import Ask
    from bot.reader import Reader
    from bot.slack.incoming import Click, Command, Shortcut, Submission, Suggestion
    from bot.views.limits import Block
    from handlers.caller import Caller
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import AskRequest

SUGGESTED_WITHIN_S: Final = 2.5
"""Slack waits 3 seconds for a menu's options, and they are on their way for a while."""

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Misfilled(BotError):
    """A form cannot be taken as it was filled in.

    Attributes:
        fields: what is wrong, in the reader's language, by the `block_id` of the field.
    """

    fields: Mapping[str, str]


async def answer(desk: Desk, command: Command, reply: Reply, request: AskRequest) -> None:
    """Open the form, filled in with what followed `ask`."""
    typed = await _drafted(desk, canonical(request, reply.reader.zone), reply.reader)
    await _open(desk, command.trigger_id, reply, typed or {})


async def open_empty(desk: Desk, shortcut: Shortcut, reply: Reply) -> None:
    """Open the form with nothing in it."""
    await _open(desk, shortcut.trigger_id, reply, {})


async def open_kept(desk: Desk, click: Click, reply: Reply) -> None:
    """Open the form, filled in with what was asked or typed where the button is.

    Signatures are given back to who typed them alone, where nobody else sees the button.

    Raises:
        NotAllowed, Unchecked: they may not ask that.
        StaleReference: that is kept no more.
        StoreUnavailable: it cannot be read.
    """
    try:
        key = FormRef.unpack(click.value).key
    except StaleReference:
        ref = PageRef.unpack(click.value)
        ask = ref.ask or await desk.kept(ref.key)
        await _insist(desk.caller, ask.domain)
        asked = typed_as(ask, await accounts_of(desk))
        typed = await _drafted(desk, canonical(asked, reply.reader.zone), reply.reader)
        is_own = await signatures.are_own(desk, ask.urls)
    else:  # its button stands before nobody but who typed that
        typed, is_own = await desk.store.drafts.find(key) if key else {}, True
    if typed is None:
        raise StaleReference
    if not (click.in_private and is_own):
        typed = signatures.without(typed)
    await _open(desk, click.trigger_id, reply, typed)


async def keep(desk: Desk, text: str, reader: Reader, *, is_own: bool = True) -> FormRef | None:
    """Store what was typed in vain, for a form; None where it asks for something but tasks.

    Of what is not the reader's own words signatures are left out.
    """
    typed = await _drafted(desk, text, reader)
    if typed is None:
        return None
    return await _kept(desk, typed if is_own else signatures.without(typed))


async def read(desk: Desk, submission: Submission, reader: Reader) -> TasksRequest | ExportRequest:
    """What the form that was sent asks for.

    Raises:
        Misfilled: something in it is wrong.
    """
    typed, accounts = dict(fields.texts(submission.values)), tuple(desk.settings.accounts)
    with suppress(Unchecked):  # of which they are told as whoever asks
        accounts = await accounts_of(desk)
    found, w = _read(desk, typed, reader, accounts), words(reader.language)
    there = desk.among(submission.asked_in)
    with suppress(Unchecked):  # of which they are told as whoever asks
        found = await _doubted(there, typed, found, desk.accounts.all_at_hand())
    wrong = {field.value: views.wrong(error, w) for field, error in found.wrong.items()}
    with suppress(Unchecked):
        # What was opened in a channel is judged by that one, whatever is chosen for the answer.
        in_none, domain = not is_channel(submission.channel_id), found.request.domain
        if in_none and await _may_elsewhere_only(there.caller, domain):
            wrong[Field.WHERE.value] = views.not_there(w)
    if found.request.public and not submission.response_url:
        wrong[Field.WHERE.value] = views.nowhere(w)
    if wrong:
        raise Misfilled(wrong)
    if found.format is not None:
        return ExportRequest(replace(found.request, rows=None), found.format)
    return found.request


async def _doubted(
    desk: Desk, typed: Mapping[str, str], found: fields.Fields, known: Sequence[str]
) -> fields.Fields:
    """The same; a domain that is none of the known ones, but like one of them, counts as wrong."""
    domain, scope = found.request.domain, await desk.caller.scope(Right.QUERY)
    if not domain or not typed.get(Field.DOMAIN) or domain in known:
        return found
    near = nearest_domain(domain, [name for name in known if name in scope])
    if near is None:
        return found
    doubt = UsageError(views.UNKNOWN_DOMAIN, values={"given": domain}, suggestion=near)
    return replace(found, wrong={Field.DOMAIN: doubt, **found.wrong})


async def _may_elsewhere_only(caller: Caller, domain: str | None) -> bool:
    """Whether they may ask about the domain (None: any) in some channel, but not where they do."""
    here, anywhere = await caller.rights(), await caller.rights_somewhere()
    return anywhere.allow(Right.QUERY, domain) and not here.allow(Right.QUERY, domain)


async def _insist(caller: Caller, domain: str) -> None:
    """Let only those pass who may ask about the domain there; outside of channels, in some one."""
    is_there = is_channel(caller.channel_id)
    rights = await (caller.rights() if is_there else caller.rights_somewhere())
    if not rights.allow(Right.QUERY, domain):
        await caller.insist(Right.QUERY, domain)


async def suggest(desk: Desk, suggestion: Suggestion) -> list[Block]:
    """The domains that go with what is typed: those at hand; while there are none, it waits."""
    caller, is_there = desk.caller, is_channel(suggestion.channel_id)
    rights = await (caller.rights() if is_there else caller.rights_somewhere())
    scope = rights.scopes[Right.QUERY]
    known: Sequence[str] = [name for name in desk.accounts.domains_at_hand() if name in scope]
    if scope and not known:
        with suppress(TimeoutError):
            async with asyncio.timeout(SUGGESTED_WITHIN_S):
                known = [name for name in await desk.accounts.domains() if name in scope]
    return inputs.choices(completed(suggestion.typed, known))


def completed(typed: str, known: Sequence[str]) -> list[str]:
    """The known domains with the text in them, those that begin with it first; else the nearest.

    Last stands the text itself, if it is a domain: nobody is kept from asking about one.
    """
    own = addresses.domain(typed)
    wanted = own or typed.strip().casefold()
    found = sorted((name for name in known if wanted in name), key=lambda name: name.find(wanted))
    if not found and (near := nearest(wanted, known)):
        found = [near]
    return list(dict.fromkeys([*found[: OPTIONS - 1], *([own] if own else [])]))


async def _open(desk: Desk, trigger_id: str, reply: Reply, typed: Mapping[str, str]) -> None:
    """Open the form, or say that it did not open; then see to the domains that it will suggest."""
    accounts = await accounts_of(desk)
    found = _read(desk, typed, reply.reader, accounts, domains=await _configured(desk))
    found = await _doubted(desk, typed, found, desk.accounts.domains_at_hand())
    standing = fields.filled(typed, found, now=desk.now(), rows=desk.rows(reply.reader))
    view = views.form(standing, reply.reader, opened_in=reply.channel_id, accounts=accounts)
    try:
        await desk.modals.open(trigger_id, view)
    except (TriggerSpent, SlackUnavailable) as error:
        log.warning("form not opened", error=str(error))
        ref = await _kept(desk, typed)
        await reply.beside().tell(notices.form_not_opened(ref, reply.reader))
        return
    await look_up_domains(desk, desk.accounts.to_list())


async def look_up_domains(desk: Desk, accounts: Sequence[str]) -> None:
    """Have the accounts' domains at hand, patiently: the menu's own questions cannot wait long."""

    async def look_up(account: str) -> None:
        with suppress(LiveError):
            await desk.queries.domains(account)

    await asyncio.gather(*map(look_up, accounts))


async def _drafted(desk: Desk, text: str, reader: Reader) -> dict[str, str] | None:
    return drafting.drafted(
        text,
        now=desk.now(),
        zone=reader.zone,
        domains=await _configured(desk),
        accounts=await accounts_of(desk),
    )


def _read(
    desk: Desk,
    typed: Mapping[str, str],
    reader: Reader,
    accounts: Sequence[str],
    *,
    domains: Sequence[str] = (),
) -> fields.Fields:
    return fields.read(typed, now=desk.now(), zone=reader.zone, domains=domains, accounts=accounts)


async def accounts_of(desk: Desk) -> tuple[str, ...]:
    """The accounts that the caller is told of, wherever they ask (`Accounts.named`)."""
    return desk.accounts.named(await desk.caller.rights_somewhere())


async def _configured(desk: Desk) -> tuple[str, ...]:
    """The domains of the settings that the caller may query: known without asking anybody."""
    scope = await desk.caller.scope(Right.QUERY)
    return tuple(name for name in desk.settings.domains if name in scope)


async def _kept(desk: Desk, typed: Mapping[str, str]) -> FormRef:
    try:
        return FormRef(await desk.store.drafts.keep(typed))
    except StoreUnavailable as error:
        log.warning("draft not kept", error=str(error))
        return FormRef()


def typed_as(ask: Ask, accounts: Collection[str]) -> TasksRequest:
    """The question as a person could have typed it, who knows of these accounts."""
    return TasksRequest(
        domain=ask.domain or None,
        status=ask.status,
        task_id=ask.task_id,
        urls=ask.urls,
        since=ask.since,
        until=ask.until,
        rows=ask.rows,
        account=ask.account if ask.account in accounts else None,
    )
