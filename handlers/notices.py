"""What can be done with a notice in a channel: mute, see to it, unsubscribe.

A click acts on what is stored now, and the message is drawn from what is stored after that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.errors import StaleReference
from bot.record import Deed, Outcome
from bot.views import following, told
from bot.views.follow_refs import NoticeRef
from bot.watch.notices import NoticeKind
from handlers import deeds, muting, subscriptions

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.slack.incoming import Click
    from bot.views.limits import Message
    from bot.watch.model import Alarm, Subscription
    from handlers.desk import Desk
    from handlers.reply import Reply

_OF_FAILURES: Final = {NoticeKind.FAILURES: told.failures, NoticeKind.REPEAT: told.repeat}


async def mute(desk: Desk, click: Click, reply: Reply) -> None:
    """Tell the channel nothing of the domain for a while, or tell it again."""
    ref, now = NoticeRef.unpack(click.value), desk.now()
    until = muting.until(ref.choice, now=now, zone=reply.reader.zone)
    await subscriptions.mute(desk, ref.subscription_id, until)
    await reply.in_place().redraw(lambda: _drawn(desk, ref))


async def see(desk: Desk, click: Click, reply: Reply) -> None:
    """Note who sees to the failures: they are told no more."""
    ref = NoticeRef.unpack(click.value)
    subscription = await _subscription(desk, ref)
    about = deeds.of_subscription(subscription)
    async with desk.caller.doing(Deed.SEE, subscription.domain, **about) as doing:
        if not await desk.store.alarms.see(ref.notice_key, click.user_id):
            doing.outcome = Outcome.FAILED
    await reply.in_place().redraw(lambda: _drawn(desk, ref, clicker=click.user_id))


async def unsubscribe(desk: Desk, click: Click, reply: Reply) -> None:
    """Tell the channel no more of the domain; what it was told stays, without its controls."""
    ref = NoticeRef.unpack(click.value)
    subscription = await _subscription(desk, ref)
    await desk.caller.permit(Deed.UNSUBSCRIBE, subscription.domain)
    message = await _drawn(desk, ref)
    await subscriptions.remove(desk, subscription)
    blocks = tuple(block for block in message.blocks if block["type"] != "actions")
    await reply.in_place().tell(replace(message, blocks=blocks))
    await reply.beside().tell(following.unsubscribed(subscription, reply.reader))


async def _subscription(desk: Desk, ref: NoticeRef) -> Subscription:
    """The subscription that told of it.

    Raises:
        StaleReference: it was ended.
    """
    subscription = await desk.store.subscriptions.find(ref.subscription_id)
    if subscription is None:
        raise StaleReference
    return subscription


async def _drawn(desk: Desk, ref: NoticeRef, *, clicker: str | None = None) -> Message:
    """The notice as it is to look now, in its owner's language.

    Args:
        desk: the bot's parts.
        ref: which notice.
        clicker: who has just seen to its failures.

    Raises:
        StaleReference: the notice is forgotten, or its subscription was ended.
    """
    store, now = desk.store, desk.now()
    notice, subscription = (
        await store.notices.by_key(ref.notice_key),
        await _subscription(desk, ref),
    )
    if notice is None:
        raise StaleReference
    owner = await desk.people.reader(subscription.owner)
    if notice.kind not in _OF_FAILURES:
        return told.changes(notice, subscription, owner, now=now)
    seen_by = _seen_by(await store.alarms.of_notice(notice.key), clicker)
    return _OF_FAILURES[notice.kind](notice, subscription, owner, now=now, seen_by=seen_by)


def _seen_by(alarms: Collection[Alarm], clicker: str | None) -> str | None:
    """Who has seen to all of the failures that go on; where none does, who says so last."""
    seen = [alarm.seen_by for alarm in alarms]
    if not seen:
        return clicker
    return None if None in seen else seen[0]
