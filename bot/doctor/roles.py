"""Whether those whom the grants name are there, and the domains: who is mistyped is nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.doctor.finding import Finding
from bot.doctor.web_api import client_of
from bot.errors import LiveError
from bot.live.client import LiveClient
from bot.lives import credentials_of
from bot.roles import Right
from bot.slack.answers import answered
from bot.slack.channels import Channels
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.standing import Facts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from datetime import datetime

    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.roles import Grant
    from bot.settings import Settings

MOST_NAMED = 20
"""How many of a kind are looked up: Slack takes 20 looks at user groups a minute."""
_CHECK = "roles"
_NOBODY_MAY = {
    Right.QUERY: "every question is refused",
    Right.ADMINISTER: "change a channel's default domain, read the record in Slack",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of ID in Slack.

    Attributes:
        name: of several of them.
        letters: what their IDs begin with.
        code: what Slack says where there is none, and `missing` what that means.
        look: says what is wrong with one that is there, or "".
        fix: what to do about a wrong one.
    """

    name: str
    letters: str
    code: str
    missing: str
    look: Callable[[AsyncWebClient, str], Awaitable[str]]
    fix: str


async def _group(client: AsyncWebClient, group: str) -> str:
    said = await answered(client.usergroups_users_list(usergroup=group))
    return "" if said.get("users") else "nobody is in it, or it is disabled"


async def _person(client: AsyncWebClient, user_id: str) -> str:
    user = (await answered(client.users_info(user=user_id))).get("user")
    facts = Facts.of(user) if isinstance(user, dict) else None
    return "deactivated, or a bot" if facts and facts.is_gone else ""


async def _channel(client: AsyncWebClient, channel_id: str) -> str:
    facts = await Channels(client).look(channel_id)
    return "it is archived" if facts.is_archived else ""


_KINDS = (
    _Kind(
        "user groups",
        "S",
        "no_such_subteam",
        "Slack has no such user group",
        _group,
        "correct it in [[grants]] (in Slack, under ⋯ of the group: Copy group ID), or put people "
        "into it",
    ),
    _Kind(
        "people",
        "UW",
        "user_not_found",
        "Slack has no such person",
        _person,
        "correct it in [[grants]] (in Slack, under ⋯ of the profile: Copy member ID), or take "
        "it out",
    ),
    _Kind(
        "channels",
        "CG",
        "channel_not_found",
        "Slack shows the bot no such channel",
        _channel,
        "correct it in [[grants]] (in Slack, at the end of the channel's About); if it is right, "
        "and private, invite the bot, to have it looked at",
    ),
)


async def of_roles(
    settings: Settings, session: aiohttp.ClientSession, now: Callable[[], datetime]
) -> list[Finding]:
    """One finding for each ID and domain that is not there, or one that says that all are.

    Nothing where the settings grant nothing: the defaults name nobody.

    Args:
        settings: with the grants.
        session: a pool of connections.
        now: this machine's clock.
    """
    if not settings.grants:
        return []
    grants, client = settings.roles.grants, client_of(settings.slack, session)
    absent: dict[str, Finding] = {}
    unknown: list[Finding] = []
    for kind in _KINDS:
        unknown += await _of_kind(kind, grants, client, absent)
    unknown += await _of_domains(settings, session, now, absent)
    found = [*absent.values(), *unknown]
    if not found:
        detail = f"all that {len(grants)} grants name is there"
        found.append(Finding(_CHECK, ok=True, detail=detail))
    return [*found, *_of_rights(grants, absent)]


async def _of_kind(
    kind: _Kind, grants: Sequence[Grant], client: AsyncWebClient, absent: dict[str, Finding]
) -> list[Finding]:
    """Look those of a kind up, add to `absent` who is not there; what could not be looked at."""
    named = sorted({name for grant in grants for name in grant.to if name[0] in kind.letters})
    for name in named[:MOST_NAMED]:
        try:
            problem = await kind.look(client, name)
        except SlackRefused as refused:
            if refused.code != kind.code:  # missing scopes, a wrong token: other checks' business
                return [_unknown(f"{kind.name} not looked at: {refused}")]
            problem = kind.missing
        except SlackUnavailable as error:
            return [_unknown(f"{kind.name} not looked at: {error}")]
        if problem:
            may = {right for grant in grants if name in grant.to for right in grant.may}
            absent[name] = _wrong(name, may, problem, kind.fix)
    more = len(named) - MOST_NAMED
    return [_unknown(f"{more} {kind.name} more were not looked at")] if more > 0 else []


async def _of_domains(
    settings: Settings,
    session: aiohttp.ClientSession,
    now: Callable[[], datetime],
    absent: dict[str, Finding],
) -> list[Finding]:
    """Add to `absent` which domains no account has; which account does not say so."""
    grants = settings.roles.grants
    named = {name for grant in grants for name in grant.domains or ()} - {*settings.domains}
    for account, one in settings.accounts.items() if named else ():
        try:
            source = credentials_of(one)
            async with LiveClient(source, one.endpoint, session=session, now=now) as live:
                named -= {listed.name.lower() for listed in await live.describe_user_domains()}
        except LiveError as error:
            return [_unknown(f"domains not looked at: account {account}: {error}")]
    fix = "correct it in [[grants]], or use the keys of the account that has it"
    for name in sorted(named):
        may = {right for grant in grants if name in (grant.domains or ()) for right in grant.may}
        absent[name] = _wrong(name, may, "no account has it", fix)
    return []


def _of_rights(grants: Sequence[Grant], absent: Collection[str]) -> list[Finding]:
    """Which rights nobody has, of those that somebody should have; without one it is of no use."""
    names = frozenset(absent)
    held = {
        right
        for grant in grants
        if not names.issuperset(grant.to)
        and (grant.domains is None or not names.issuperset(grant.domains))
        for right in grant.may
    }
    fix = "grant {} to somebody: [[grants]] of yours replace the defaults, all of them"
    return [
        Finding(
            _CHECK,
            ok=right is not Right.QUERY,
            detail=f"nobody may {right}: {what}",
            fix=fix.format(right),
        )
        for right, what in _NOBODY_MAY.items()
        if right not in held
    ]


def _wrong(name: str, may: Collection[Right], problem: str, fix: str) -> Finding:
    detail = f"{name} ({', '.join(right for right in Right if right in may)}): {problem}"
    return Finding(_CHECK, ok=False, detail=detail, fix=fix)


def _unknown(detail: str) -> Finding:
    return Finding(_CHECK, ok=True, detail=detail)
