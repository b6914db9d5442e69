"""`/preload list` and `/preload deliveries`: what is followed, and what became of what was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import StaleReference
from bot.roles import Right
from bot.views import following as views
from bot.views.follow_refs import FollowRef
from handlers import muting, places, subscriptions, watches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.slack.incoming import Click, Command
    from bot.watch.model import Watch
    from bot.watch.notices import Notice
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import DeliveriesRequest, ListRequest


async def answer(desk: Desk, command: Command, reply: Reply, request: ListRequest) -> None:
    """List the subscriptions and watches of the channel, or of the workspace."""
    await desk.caller.insist(Right.QUERY)
    await _tell(desk, reply, command.team_id, None if request.everywhere else command.channel_id)


async def deliveries(
    desk: Desk, command: Command, reply: Reply, request: DeliveriesRequest
) -> None:
    """Say of the channel's latest notices when each was seen, queued and posted."""
    scope = await desk.caller.insist(Right.QUERY)
    place = command.team_id, command.channel_id
    notices = await desk.store.notices.recent(*place, request.count)
    watched = await desk.store.watches.named({notice.source for notice in notices})
    seen = [notice for notice in notices if _domain_of(notice, watched) in scope]
    rights = await desk.caller.rights()
    await reply.tell(views.deliveries(seen, watched, reply.reader, rights, now=desk.now()))


async def mute(desk: Desk, click: Click, reply: Reply) -> None:
    """Mute a subscription, or unmute it."""
    ref = FollowRef.unpack(click.value)
    until = muting.until(ref.choice, now=desk.now(), zone=reply.reader.zone)
    muted = await subscriptions.mute(desk, ref.id, until)
    await _tell_again(desk, click, reply, ref, muted.channel_id)


async def remove(desk: Desk, click: Click, reply: Reply) -> None:
    """Take a subscription away."""
    ref = FollowRef.unpack(click.value)
    removed = await desk.store.subscriptions.find(ref.id)
    if removed is None:
        raise StaleReference
    await subscriptions.remove(desk, removed)
    await _tell_again(desk, click, reply, ref, removed.channel_id)


async def stop(desk: Desk, click: Click, reply: Reply) -> None:
    """End a watch; one that has ended already has."""
    watch = await watches.stopped(desk, click)
    await _tell_again(desk, click, reply, FollowRef.unpack(click.value), watch.channel_id)


async def _tell_again(
    desk: Desk, click: Click, reply: Reply, ref: FollowRef, channel_id: str
) -> None:
    """Show the list again that the row stood in: of its channel, or of all."""
    await _tell(desk, reply, click.team_id, None if ref.everywhere else channel_id)


async def _tell(desk: Desk, reply: Reply, team_id: str, channel_id: str | None) -> None:
    """Show what is followed in a channel, or in all of the workspace's that the reader may see."""
    store, rights = desk.store, await desk.caller.rights()
    if channel_id is None:
        told = await store.subscriptions.of_team(team_id)
        shown = await store.watches.of_team(team_id)
    else:
        told = await store.subscriptions.of_channel(team_id, channel_id)
        shown = await store.watches.of_channel(team_id, channel_id)
    told = tuple(one for one in told if rights.allow(Right.QUERY, one.domain))
    shown = tuple(one for one in shown if rights.allow(Right.QUERY, one.ask.domain))
    told, unsure = await places.seen(desk, told, rights)
    shown, unsure_too = await places.seen(desk, shown, rights)
    message = views.listed(
        told,
        shown,
        reply.reader,
        rights,
        now=desk.now(),
        everywhere=channel_id is None,
        unsure=unsure + unsure_too,
        gone=desk.accounts.gone(told, shown),
    )
    await reply.tell(message)


def _domain_of(notice: Notice, watched: Mapping[str, Watch]) -> str:
    """The domain that a notice is about; "" where it is about none."""
    if notice.changes:
        return notice.changes[0].task.domain
    if notice.source in watched:
        return watched[notice.source].ask.domain
    return notice.source.partition("/")[2]
