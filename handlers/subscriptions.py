"""`/preload subscribe` and `unsubscribe`: a channel that is told each change of a domain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import StaleReference
from bot.live.model import StatusFilter
from bot.record import Deed, Outcome
from bot.roles import Right
from bot.views import following as views
from bot.views.follow_refs import FollowRef
from bot.watch.model import DEFAULT_GROUP, DEFAULT_REPEAT, Subscription
from handlers import deeds, places

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.slack.incoming import Click, Command
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import SubscribeRequest, UnsubscribeRequest


async def answer(desk: Desk, command: Command, reply: Reply, request: SubscribeRequest) -> None:
    """Subscribe a channel; where it is already, say to what, and offer to widen that."""
    reader, now = reply.reader, desk.now()
    subject = await places.subject(desk, command, request, reader.zone, Deed.SUBSCRIBE)
    channel_id = request.channel_id or command.channel_id
    refusal = await places.refusal(desk, channel_id, reader)
    if refusal := refusal or await places.intrusion(desk, channel_id, reader):
        await reply.tell(refusal)
        return
    wanted = Subscription(
        id=desk.new_id(),
        team_id=command.team_id,
        channel_id=channel_id,
        account=subject.account,
        domain=subject.domain,
        owner=command.user_id,
        created_at=now,
        statuses=request.statuses,
        group=_or(request.group, DEFAULT_GROUP),
        repeat=_or(request.repeat, DEFAULT_REPEAT),
    )
    about = deeds.of_subscription(wanted)
    async with desk.caller.doing(Deed.SUBSCRIBE, wanted.domain, **about) as doing:
        existing = await desk.store.subscriptions.add(wanted)
        if existing is not None:
            doing.outcome = Outcome.FAILED
    if existing is not None:
        await reply.tell(views.already_covered(existing, wanted.statuses, reader, now=now))
        return
    desk.wake()
    await reply.tell(views.subscribed(wanted, reader, now=now))


async def leave(desk: Desk, command: Command, reply: Reply, request: UnsubscribeRequest) -> None:
    """Unsubscribe a channel; where it is not plain from what, list all that it has."""
    reader, now = reply.reader, desk.now()
    place = command.team_id, request.channel_id or command.channel_id
    await desk.caller.permit(Deed.UNSUBSCRIBE, request.domain, channel=place[1])
    rights = await desk.caller.rights()
    if not rights.allow(Right.ADMINISTER, request.domain) and (
        refusal := await places.intrusion(desk, place[1], reader)
    ):
        await reply.tell(refusal)
        return
    all_here = await desk.store.subscriptions.of_channel(*place)
    having = [one for one in all_here if rights.allow(Right.SUBSCRIBE, one.domain)]
    meant = [
        one
        for one in having
        if request.domain in {None, one.domain} and request.account in {None, one.account}
    ]
    if len(meant) != 1:
        watches = [
            watch
            for watch in await desk.store.watches.of_channel(*place)
            if rights.allow(Right.QUERY, watch.ask.domain)
        ]
        unknown = (place[1], request.domain) if request.domain and not meant else None
        gone = desk.accounts.gone(having, watches)
        await reply.tell(
            views.listed(having, watches, reader, rights, now=now, unknown=unknown, gone=gone)
        )
        return
    await remove(desk, meant[0])
    await reply.tell(views.unsubscribed(meant[0], reader))


async def widen(desk: Desk, click: Click, reply: Reply) -> None:
    """Have a subscription tell more."""
    ref = FollowRef.unpack(click.value)
    try:
        statuses = frozenset(map(StatusFilter, ref.choice.split(",")))
    except ValueError as error:
        raise StaleReference from error
    found = await desk.store.subscriptions.find(ref.id)
    if found is None:
        raise StaleReference
    about = deeds.of_subscription(replace(found, statuses=statuses))
    async with desk.caller.doing(Deed.WIDEN, found.domain, **about):
        widened = await desk.store.subscriptions.change(found.id, statuses)
        if widened is None:
            raise StaleReference
    desk.wake()
    await reply.tell(views.subscribed(widened, reply.reader, now=desk.now()))


async def remove(desk: Desk, subscription: Subscription) -> None:
    """Take a subscription away; that it is gone already is as good."""
    about = deeds.of_subscription(subscription)
    async with desk.caller.doing(Deed.UNSUBSCRIBE, subscription.domain, **about) as doing:
        if not await desk.store.subscriptions.remove(subscription.id):
            doing.outcome = Outcome.FAILED
    desk.wake()


async def mute(desk: Desk, id_: str, until: datetime | None) -> Subscription:
    """Mute a subscription until then, or unmute it; as it is now.

    Raises:
        StaleReference: it is gone.
    """
    found = await desk.store.subscriptions.find(id_)
    if found is None:
        raise StaleReference
    deed = Deed.UNMUTE if until is None else Deed.MUTE
    about = deeds.of_subscription(found) | {"until": deeds.until(until)}
    async with desk.caller.doing(deed, found.domain, **about):
        muted = await desk.store.subscriptions.mute(id_, until)
        if muted is None:
            raise StaleReference
    desk.wake()
    return muted


def _or(given: timedelta | None, usual: timedelta) -> timedelta:
    return usual if given is None else given
