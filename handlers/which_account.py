"""Which account is meant, where a command is about a domain of several and names none.

What was asked is kept as its documented command, and done as that with the account that is picked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bot.errors import StaleReference, StoreUnavailable, UsageError, WhichAccount
from bot.slack.incoming import Command
from bot.views import tasks as views
from bot.views.pick_refs import PickRef
from handlers import deeds, defaults, export, grammar, subscriptions, watches
from handlers.canonical import canonical
from handlers.lexing import masked, normalised
from handlers.requests import DefaultRequest, ExportRequest, SubscribeRequest, WatchRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.record import Deed
    from bot.slack.incoming import Click
    from handlers.desk import Desk
    from handlers.reply import Reply

_Asked: TypeAlias = WatchRequest | SubscribeRequest | ExportRequest | DefaultRequest

_TYPED: Final = "command"
"""The draft's only field."""

_ANSWERS: Final[Mapping[type, Callable[[Desk, Command, Reply, Any], Awaitable[None]]]] = {
    WatchRequest: watches.answer,
    SubscribeRequest: subscriptions.answer,
    ExportRequest: export.answer,
    DefaultRequest: defaults.answer,
}


async def answer(desk: Desk, command: Command, reply: Reply, request: _Asked) -> None:
    """Do what was asked, or ask of which account."""
    try:
        await _ANSWERS[type(request)](desk, command, reply, request)
    except WhichAccount as error:
        asked = canonical(request, reply.reader.zone)
        key = await desk.store.drafts.keep({_TYPED: asked})
        typed = f"/preload {masked(normalised(command.text or asked))}"
        ref = PickRef(key, "", asked_in=command.channel_id)
        await reply.tell(views.pick_account_for(typed, ref, error, reply.reader))


async def attempted(desk: Desk, click: Click) -> Deed | None:
    """What a click would do: on an account, what had been asked, as far as that is kept."""
    if click.action_id != "account.command":
        return deeds.by_control(click.action_id, click.value)
    with suppress(StaleReference, StoreUnavailable, UsageError):
        kept = await desk.store.drafts.find(PickRef.unpack(click.value).key) or {}
        if _TYPED in kept:
            zone = (await desk.people.reader(click.user_id)).zone
            return deeds.by_request(grammar.parse(kept[_TYPED], now=desk.now(), zone=zone))
    return None


async def pick(desk: Desk, click: Click, reply: Reply) -> None:
    """Do what had been asked, with the account that was picked, in the place of the question.

    Raises:
        StaleReference: what was asked is kept no more, or there is no such account any more.
    """
    ref = PickRef.unpack(click.value)
    kept = await desk.store.drafts.find(ref.key) or {}
    if _TYPED not in kept or ref.choice not in desk.settings.accounts:
        raise StaleReference
    request = grammar.parse(kept[_TYPED], now=desk.now(), zone=reply.reader.zone)
    if not isinstance(request, _Asked):
        raise StaleReference
    command = Command(
        kept[_TYPED],
        click.team_id,
        ref.asked_in or click.channel_id,
        click.user_id,
        click.response_url,
        answered_in=click.channel_id,
    )
    await _ANSWERS[type(request)](desk, command, reply, _of_account(request, ref.choice))


def _of_account(request: _Asked, account: str) -> _Asked:
    if isinstance(request, ExportRequest):
        return replace(request, query=replace(request.query, account=account))
    return replace(request, account=account)
