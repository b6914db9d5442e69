"""Which domain is meant, and whether a channel can be posted to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from bot.errors import ArgumentRefused, BotError, UsageError
from bot.roles import Right
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.views import following
from bot.watch.model import Subscription, Watch
from handlers.canonical import canonical
from handlers.desk import Unanswered
from handlers.lexing import masked, normalised
from handlers.vocabulary import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from zoneinfo import ZoneInfo

    from bot.asks import Ask
    from bot.reader import Reader
    from bot.record import Deed
    from bot.roles import Rights
    from bot.slack.incoming import Command
    from bot.views.limits import Message
    from handlers.desk import Desk
    from handlers.requests import Request, SubscribeRequest, WatchRequest

Listed = TypeVar("Listed", Subscription, Watch)

MOST_LOOKS: Final = 40
"""How many channels are looked up for a list: Slack takes 50 looks a minute."""
_NAMED_DOMAINS = 5

log = structlog.get_logger(__name__)


async def subject(
    desk: Desk,
    command: Command,
    request: WatchRequest | SubscribeRequest,
    zone: ZoneInfo,
    deed: Deed,
) -> Ask:
    """What is meant to be followed: all tasks of a domain (`Desk.subject`).

    A domain that is not among the known ones is asked about: who follows a domain that the account
    lacks would wait for ever.

    Raises:
        NotAllowed: they may not do that with it.
        UsageError: it could be any of several domains.
        WhichAccount: it could be of any of several accounts.
        Unanswered: the API knows no such domain.
    """
    found = await desk.subject(command.team_id, command.channel_id, request, deed=deed)
    if found is None:
        known = await desk.domains()
        raise which_domain(command, known, lambda name: replace(request, domain=name), zone)
    if found.domain not in await desk.accounts.domains():
        await confirm(desk, found)
    return found


async def confirm(desk: Desk, ask: Ask) -> None:
    """Ask about a domain that is not among the known ones.

    Raises:
        Unanswered: the API knows no such domain.
    """
    try:
        await desk.page(ask)
    except Unanswered as error:
        if isinstance(error.because, ArgumentRefused):
            raise


async def refusal(
    desk: Desk, channel_id: str, reader: Reader, *, is_file: bool = False
) -> Message | None:
    """Why the bot cannot post (a file) in a channel, and what to do; None where it can.

    Raises:
        BotError: Slack does not say.
    """
    try:
        facts = await desk.channels.look(channel_id)
    except SlackRefused as refused:
        if refused.code == "missing_scope":  # then its first post will tell
            log.warning("channel not looked up", error=str(refused))
            return None
        if refused.code != "channel_not_found":
            raise BotError(str(refused)) from refused
        return following.not_in_channel(channel_id, reader)
    except SlackUnavailable as error:
        raise BotError(str(error)) from error
    if facts.is_archived:
        return following.archived(channel_id, reader, is_file=is_file)
    return None if facts.is_member else following.not_in_channel(channel_id, reader)


async def intrusion(desk: Desk, channel_id: str, reader: Reader) -> Message | None:
    """Why they may not have the bot post in a channel; None where they may.

    They may where they ask, in public channels, and in those that they are in.
    """
    if channel_id == desk.caller.channel_id:
        return None
    may_see = await desk.members.may_see(channel_id, reader.user_id)
    return None if may_see else following.not_yours(channel_id, reader, is_sure=may_see is False)


async def seen(
    desk: Desk, those: Iterable[Listed], rights: Rights
) -> tuple[tuple[Listed, ...], int]:
    """What of that the caller may see, and of how many Slack does not tell whether they may.

    They see what is their own, what is told or shown where they ask, in public channels and in
    those that they are in; and what is of domains that they administer. Other people's direct
    messages nobody sees.
    """
    caller, rows = desk.caller, tuple(those)

    def is_plain(one: Listed) -> bool:
        if one.owner == caller.user_id or one.channel_id == caller.channel_id:
            return True
        is_direct = one.channel_id.startswith("D")
        return not is_direct and rights.allow(Right.ADMINISTER, domain_of(one))

    others = {one.channel_id for one in rows if not is_plain(one)}
    asked = sorted(name for name in others if not name.startswith("D"))[:MOST_LOOKS]
    looks = (desk.members.may_see(name, caller.user_id) for name in asked)
    may_see = dict.fromkeys(others - set(asked), None) | dict(
        zip(asked, await asyncio.gather(*looks), strict=True)
    )
    may_see |= {name: False for name in others if name.startswith("D")}
    found = tuple(one for one in rows if is_plain(one) or may_see[one.channel_id])
    unsure = [one for one in rows if not is_plain(one) and may_see[one.channel_id] is None]
    return found, len(unsure)


def domain_of(one: Subscription | Watch) -> str:
    """Which domain it is about."""
    return one.domain if isinstance(one, Subscription) else one.ask.domain


def which_domain(
    command: Command, known: Sequence[str], named: Callable[[str], Request], zone: ZoneInfo
) -> UsageError:
    """That no domain was named, with the whole command for one of those there are.

    Args:
        command: what was typed.
        known: the domains that the caller may query.
        named: what was asked for, of the domain given.
        zone: the caller's time zone.
    """
    named_one = named(known[0] if known else "live.example.com")
    example = f"/preload {canonical(named_one, zone)}"
    if not known:
        return UsageError(Problem.NO_DOMAIN, example=example)
    text = masked(normalised(command.text))
    return UsageError(
        Problem.WHICH_DOMAIN,
        text=text,
        start=len(text),
        end=len(text),
        values={"given": ", ".join(known[:_NAMED_DOMAINS])},
        example=example,
    )
