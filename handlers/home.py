"""The app's Home: shown when it is opened, and anew after each click in it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.asks import MAX_ROWS, MIN_ROWS, Ask
from bot.errors import BotError, StaleReference
from bot.reader import Language
from bot.record import Deed
from bot.roles import NotAllowed, Right, Unchecked
from bot.views import errors, notices, roles
from bot.views import home as views
from bot.views.follow_refs import FollowRef
from bot.views.mrkdwn import owned
from bot.views.preferences import AS_SLACK
from bot.views.refs import PageRef
from handlers import muting, paging, subscriptions, watches
from handlers.reply import MOST_REDRAWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.live.quota import Use
    from bot.reader import Reader
    from bot.slack.incoming import Click, HomeOpened
    from bot.watch.model import Subscription, Watch
    from handlers.desk import Desk
    from handlers.reply import Reply

TAB: Final = "home"
"""Of the tabs that an app has, this one."""


async def show(desk: Desk, opened: HomeOpened) -> None:
    """Show the Home to who looks at it."""
    await _publish(desk, opened.team_id, opened.user_id)


async def refresh(desk: Desk, click: Click, reply: Reply) -> None:
    """Show it as it is now; where Slack won't, say so."""
    if not await _publish(desk, click.team_id, click.user_id):
        await reply.tell(notices.home_not_shown(reply.reader, is_done=False))


async def mute(desk: Desk, click: Click, reply: Reply) -> None:
    """Mute a subscription, or unmute it."""
    ref = FollowRef.unpack(click.value)
    until = muting.until(ref.choice, now=desk.now(), zone=reply.reader.zone)
    subscription = await desk.store.subscriptions.find(ref.id)
    if subscription is not None:  # otherwise it is gone, as the Home then shows
        with suppress(StaleReference):
            there = await desk.among_if_in(subscription.channel_id)
            await subscriptions.mute(there, ref.id, until)
    await _show_done(desk, click, reply)


async def unsubscribe(desk: Desk, click: Click, reply: Reply) -> None:
    """Take a subscription away."""
    subscription = await desk.store.subscriptions.find(FollowRef.unpack(click.value).id)
    if subscription is not None:
        there = await desk.among_if_in(subscription.channel_id)
        await subscriptions.remove(there, subscription)
    await _show_done(desk, click, reply)


async def stop(desk: Desk, click: Click, reply: Reply) -> None:
    """End a watch."""
    watch = await desk.store.watches.find(FollowRef.unpack(click.value).id)
    if watch is not None:  # otherwise it is forgotten
        with suppress(StaleReference):
            await watches.stopped(await desk.among_if_in(watch.channel_id), click)
    await _show_done(desk, click, reply)


async def open_followed(desk: Desk, click: Click, reply: Reply) -> None:
    """Tell how it stands with what they follow, if they may ask where they follow it."""
    ref = PageRef.unpack(click.value)
    domain = (ref.ask or await desk.kept(ref.key)).domain
    watched, subscribed = await _of_theirs(desk, click.team_id, click.user_id)
    places = [one.channel_id for one in watched if one.ask.domain == domain]
    places += [one.channel_id for one in subscribed if one.domain == domain]
    for place in dict.fromkeys(places):
        there = await desk.among_if_in(place)
        if domain in await there.caller.scope(Right.QUERY):
            await paging.begin(there, click, reply)
            return
    await paging.begin(desk, click, reply)


async def choose_language(desk: Desk, click: Click, reply: Reply) -> None:
    """Speak the language that was chosen."""
    language = None
    if click.value != AS_SLACK:
        if click.value not in set(Language):
            raise StaleReference
        language = Language(click.value)
    async with desk.caller.doing(Deed.PREFER, language=click.value):
        await desk.store.preferences.set(click.team_id, click.user_id, language=language)
    await _show_done(desk, click, reply)


async def choose_zone(desk: Desk, click: Click, reply: Reply) -> None:
    """Tell times in the zone that was chosen."""
    zone = None
    if click.value != AS_SLACK:
        try:
            zone = ZoneInfo(click.value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise StaleReference from error
    async with desk.caller.doing(Deed.PREFER, zone=click.value):
        await desk.store.preferences.set(click.team_id, click.user_id, zone=zone)
    await _show_done(desk, click, reply)


async def choose_rows(desk: Desk, click: Click, reply: Reply) -> None:
    """Show as many rows a page as were chosen."""
    rows = None
    if click.value != AS_SLACK:
        if not click.value.isdecimal() or not MIN_ROWS <= int(click.value) <= MAX_ROWS:
            raise StaleReference
        rows = int(click.value)
    async with desk.caller.doing(Deed.PREFER, rows=click.value):
        await desk.store.preferences.set(click.team_id, click.user_id, rows=rows)
    await _show_done(desk, click, reply)


async def _show_done(desk: Desk, click: Click, reply: Reply) -> None:
    """Show in the Home what came of a click; where Slack won't, say that it is done."""
    if not await _publish(desk, click.team_id, click.user_id):
        await reply.tell(notices.home_not_shown(reply.reader, is_done=True))


async def _publish(desk: Desk, team_id: str, user_id: str) -> bool:
    """Show the Home, until it is what would be drawn after that; whether Slack took it.

    Of clicks that race, the last to arrive may show what was before another: so each looks again.
    """
    shown = None
    for _ in range(MOST_REDRAWS):
        view, followed = await _drawn(desk, team_id, user_id)
        if followed is not None and followed == shown:
            break
        if not await desk.homes.publish(user_id, view):
            return False
        if followed is None:
            break
        shown = followed
    return True


async def _drawn(desk: Desk, team_id: str, user_id: str) -> tuple[views.View, views.Facts | None]:
    """The Home, and what clicks can change in it; or why it cannot be shown, and None."""
    reader = await desk.people.reader(user_id)
    try:
        facts = await _facts(desk, team_id, reader)
    except (NotAllowed, Unchecked) as error:
        return views.refused(roles.refused(error, reader), reader), None
    except BotError as error:
        return views.refused(errors.message(error, reader), reader), None
    await desk.keep(facts.asks)
    view = views.home(facts, reader, now=desk.now())
    return view, replace(facts, followed=(), quotas={}, others={})


async def _facts(desk: Desk, team_id: str, reader: Reader) -> views.Facts:
    """What stands in the Home, as far as they may see it.

    Raises:
        NotAllowed, Unchecked: they may see nothing.
        StoreUnavailable: it cannot be read.
    """
    await desk.caller.admit()
    store = desk.store
    watched, subscribed = await _of_theirs(desk, team_id, reader.user_id)
    places = {one.channel_id for one in watched} | {one.channel_id for one in subscribed}
    there = {place: await (await desk.among_if_in(place)).caller.rights() for place in places}
    scopes = [one.scopes[Right.QUERY] for one in (*there.values(), await desk.caller.rights())]
    rights = await desk.caller.rights_somewhere()
    followed = await store.follows.all()
    read = {(one.account, one.domain) for one in followed}

    def is_seen(domain: str) -> bool:
        return any(domain in scope for scope in scopes)

    shown = tuple(
        one for one in watched if there[one.channel_id].allow(Right.QUERY, one.ask.domain)
    )
    told = tuple(one for one in subscribed if there[one.channel_id].allow(Right.QUERY, one.domain))
    return views.Facts(
        watches=shown,
        subscriptions=told,
        gone=desk.accounts.gone(told, shown),
        followed=tuple(one for one in followed if is_seen(one.domain)),
        quotas=await _quotas(desk, desk.accounts.named(rights)) if any(scopes) else {},
        is_alone=not desk.settings.store.is_shared,
        others={
            owned(domain, name): read_at
            for name, account in desk.settings.accounts.items()
            for domain in desk.accounts.at_hand_of(name)
            if is_seen(domain) and (name, domain) not in read
            # Of all that the account lists, what was asked about is enough.
            if (read_at := desk.queries.known_at(Ask(name, domain))) or account.domains
        },
        preferences=await store.preferences.get(reader.user_id),
        slack_s=await desk.people.as_slack_says(reader.user_id),
        rows=desk.settings.display.rows,
        rights=rights,
        there=there,
    )


async def _of_theirs(
    desk: Desk, team_id: str, user_id: str
) -> tuple[tuple[Watch, ...], tuple[Subscription, ...]]:
    """The watches and subscriptions that somebody began, wherever."""
    watched = await desk.store.watches.of_team(team_id)
    subscribed = await desk.store.subscriptions.of_team(team_id)
    return (
        tuple(one for one in watched if one.owner == user_id),
        tuple(one for one in subscribed if one.owner == user_id),
    )


async def _quotas(desk: Desk, accounts: Sequence[str]) -> dict[str, Use]:
    """Of each of the accounts how much of its quota is in use, of them all at once."""
    uses = await asyncio.gather(*(desk.quotas[name].use_of_all() for name in accounts))
    return dict(zip(accounts, uses, strict=True))
