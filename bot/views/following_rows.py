"""What is followed, in words: how it is told, until when; and a row of the list for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from bot.live.model import StatusFilter
from bot.roles import Right
from bot.views import blocks
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.following_controls import mute_menu, stop_button, unsubscribe_button
from bot.views.gone import unread
from bot.views.happenings import first_few, names
from bot.views.limits import BLOCKS, MESSAGE_WEIGHT, weight
from bot.views.mentions import channel, person
from bot.views.mrkdwn import escaped, owned
from bot.views.status import filter_word
from bot.views.times import clock
from bot.views.watch_words import length_of, shown_of, title

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime, timedelta

    from bot.reader import Reader
    from bot.roles import Rights
    from bot.views.limits import Block
    from bot.watch.model import Subscription, Watch
    from bot.words import Words

Row: TypeAlias = "tuple[str, list[Block]]"
"""What it is called, escaped, and its blocks."""

STATUSES = (
    StatusFilter.FAILED,
    StatusFilter.COMPLETE,
    StatusFilter.PRELOADING,
    StatusFilter.PENDING,
)
"""In the order they are told in."""
_DOMAIN_CHARS = 100
_ROOM_FOR_THE_REST = 1_200
_NAMED = 8
_STREAMS_NAMED = 3
_MINUTE_S = 60
_HOUR_S = 3_600


def told_of(subscription: Subscription, w: Words) -> dict[str, str]:
    """A subscription's `{channel}`, `{domain}` and `{statuses}`."""
    return {
        "channel": channel(subscription.channel_id, w),
        "domain": escaped(owned(subscription.domain, subscription.account), _DOMAIN_CHARS),
        "statuses": statuses_of(subscription.statuses, w),
    }


def statuses_of(statuses: Collection[StatusFilter], w: Words) -> str:
    """`failed, complete`."""
    return w.listed(filter_word(status, w) for status in STATUSES if status in statuses)


def manner_of(subscription: Subscription, reader: Reader, w: Words, now: datetime) -> Iterator[str]:
    """How failures and other changes are told, and until when they are not."""
    repeat, group = subscription.repeat, subscription.group
    if StatusFilter.FAILED in subscription.statuses:
        yield (
            w.t("Failures at once, and again every {time}", time=_span(repeat, w))
            if repeat
            else w.t("Failures at once, and once")
        )
    yield (
        w.t("Other changes gathered for {time}", time=_span(group, w))
        if group
        else w.t("Other changes each at once")
    )
    until = subscription.muted_until
    if until is not None and subscription.is_muted(now):
        yield w.t("Muted until {time}", time=clock(until, reader, now))


def _span(length: timedelta, w: Words) -> str:
    """`10 s`, `30 min`, `2 h`."""
    seconds = round(length.total_seconds())
    if seconds % _MINUTE_S:
        return w.t("{count} s", count=f"{seconds:,}")
    if seconds % _HOUR_S:
        return w.t("{count} min", count=f"{seconds // _MINUTE_S:,}")
    return w.t("{count} h", count=f"{seconds // _HOUR_S:,}")


def subscription_rows(
    subscriptions: Sequence[Subscription],
    reader: Reader,
    w: Words,
    rights: Rights,
    *,
    now: datetime,
    everywhere: bool,
    gone: Collection[str] = (),
) -> Iterator[Row]:
    """A row for each, with a menu that mutes it and a button that ends it, if the reader may."""
    for one in subscriptions:
        fields = told_of(one, w)
        by = w.t("by {person}", person=person(one.owner))
        parts = [fields["statuses"], *manner_of(one, reader, w, now), by]
        parts += [unread(one.account, w)] if one.account in gone else []
        said = w.t("{domain}, told in {channel}", **fields)
        row = [blocks.section(f"*{said}*\n{' · '.join(parts)}")]
        if rights.allow(Right.SUBSCRIBE, one.domain):
            ref = FollowRef(FollowKind.SUBSCRIPTION, one.id, everywhere=everywhere)
            controls = [
                mute_menu("sub.mute", one, ref, reader, w, now=now),
                unsubscribe_button("sub.remove", one.domain, ref, w),
            ]
            row.append(blocks.actions([control for control in controls if control is not None]))
        yield fields["domain"], row


def watch_rows(
    watches: Sequence[Watch],
    reader: Reader,
    w: Words,
    rights: Rights,
    *,
    now: datetime,
    everywhere: bool,
    gone: Collection[str] = (),
) -> Iterator[Row]:
    """A row for each, with a button that ends it, if the reader may."""
    for one in watches:
        parts = [
            escaped(owned(one.ask.domain, one.ask.account), _DOMAIN_CHARS),
            *_streams_of(one, w),
            length_of(one, reader, w, now),
            w.t("by {person}", person=person(one.owner)),
        ]
        parts += [unread(one.ask.account, w)] if one.ask.account in gone else []
        said = w.t("{name}, watched in {channel}", **shown_of(one, w))
        text = f"*{said}*\n{' · '.join(parts)}"
        ref = FollowRef(FollowKind.WATCH, one.id, everywhere=everywhere)
        may_stop = rights.allow(Right.WATCH, one.ask.domain)
        stop = stop_button("watch.stop", ref, w) if may_stop else None
        yield title(one, w), [blocks.section(text, accessory=stop)]


def _streams_of(watch: Watch, w: Words) -> Iterator[str]:
    """How many streams there are in it, and of those that were named the first few."""
    count = len(watch.streams)
    if not count:
        return
    said = w.n("{count} stream", "{count} streams", count)
    if not watch.is_list or (count == 1 and not watch.name):  # its title is the stream's name
        yield said
        return
    found = names(list(watch.streams.values())[:_STREAMS_NAMED], watch.ask.domain)
    yield w.t("{said}: {names}", said=said, names=first_few(found, count, w, _STREAMS_NAMED))


def fitting(rows: Sequence[Row], w: Words) -> Iterator[Block]:
    """As many rows as a message takes; the others are named."""
    room, places = MESSAGE_WEIGHT - _ROOM_FOR_THE_REST, BLOCKS - 2
    for number, (_, row) in enumerate(rows):
        room, places = room - weight(row), places - len(row)
        if min(room, places) < 0:
            rest = rows[number:]
            said = w.t("No room here for {count} more", count=f"{len(rest):,}")
            yield blocks.context(w.t("{said}: {names}", said=said, names=named(rest, w)))
            return
        yield from row


def named(rows: Sequence[Row], w: Words) -> str:
    """What the rows are called, as far as a line takes it."""
    return first_few([name for name, _ in rows], len(rows), w, _NAMED)
