"""Answers to those who say what they want to be told: seen by them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.roles import Right
from bot.views import blocks
from bot.views.answering import answer
from bot.views.commands import subscribing, unsubscribing
from bot.views.delivery_lines import delivery_lines
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.following_controls import button
from bot.views.following_rows import (
    STATUSES,
    fitting,
    manner_of,
    named,
    statuses_of,
    subscription_rows,
    told_of,
    watch_rows,
)
from bot.views.limits import Message, fitted
from bot.views.mentions import channel
from bot.views.mrkdwn import code, escaped
from bot.views.times import zone_name
from bot.views.told import INVITE
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from bot.live.model import StatusFilter
    from bot.reader import Reader
    from bot.roles import Rights
    from bot.watch.model import Subscription, Watch
    from bot.watch.notices import Notice
    from bot.words import Words

_DOMAIN_CHARS = 100
_SUBSCRIBE = "/preload subscribe domain=live.example.com"
_WATCH = "/preload watch status=preloading until=20:00"


def subscribed(subscription: Subscription, reader: Reader, *, now: datetime) -> Message:
    """A channel is told each change of a domain from now on; or told more than before.

    Args:
        subscription: as it is stored now.
        reader: who asked.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    said = w.t("{channel} is told of {domain} from now on: {statuses}", **told_of(subscription, w))
    hint = w.t(
        "What happened before is not announced. To mute or unsubscribe: {command}",
        command=code("/preload list"),
    )
    return answer(said, manner_of(subscription, reader, w, now), w, hint=hint)


def already_covered(
    existing: Subscription, wanted: Collection[StatusFilter], reader: Reader, *, now: datetime
) -> Message:
    """The channel is told of the domain already; whatever else is wanted can be added.

    Args:
        existing: what there is.
        wanted: the statuses that were asked for now.
        reader: who asked.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    said = w.t("{channel} is told of {domain} already: {statuses}", **told_of(existing, w))
    again = code(unsubscribing(existing), 300)
    hint = w.t("To have it otherwise, unsubscribe first: {command}", command=again)
    wider = existing.statuses | frozenset(wanted)
    widen = None
    if wider != existing.statuses:
        choice = ",".join(status for status in STATUSES if status in wider)
        more = statuses_of(wider - existing.statuses, w)
        ref = FollowRef(FollowKind.SUBSCRIPTION, existing.id, choice)
        widen = button("sub.widen", w.t("Add {statuses}", statuses=more), ref)
    return answer(said, manner_of(existing, reader, w, now), w, hint=hint, controls=[widen])


def unsubscribed(subscription: Subscription, reader: Reader) -> Message:
    """A channel is told no more of a domain."""
    w = words(reader.language)
    said = w.t("{channel} is told nothing of {domain} any more", **told_of(subscription, w))
    again = code(subscribing(subscription), 400)
    return answer(said, (), w, hint=w.t("To have it back: {command}", command=again))


def not_in_channel(channel_id: str, reader: Reader) -> Message:
    """The bot cannot post in a channel before it is invited."""
    w = words(reader.language)
    place = channel(channel_id, w)
    said = w.t("The bot is not in {channel}, so it cannot post there", channel=place)
    mend = w.t("Type {command} in {channel}, then ask again", command=code(INVITE), channel=place)
    return answer(said, [mend], w)


def not_yours(channel_id: str, reader: Reader, *, is_sure: bool) -> Message:
    """They have nothing to say in a channel that they are not in, or may not be in.

    Args:
        channel_id: a private channel, or one that Slack tells nothing of.
        reader: who asked.
        is_sure: Slack says that they are not in it; otherwise it does not tell.
    """
    w = words(reader.language)
    place = channel(channel_id, w)
    if is_sure:
        said = w.t("{channel} is private, and you are not in it", channel=place)
        return answer(said, [w.t("Have somebody who is in it ask there, or invite you")], w)
    said = w.t("Slack does not tell whether you are in {channel}", channel=place)
    return answer(said, [w.t("Ask there, or try again in a minute")], w)


def archived(channel_id: str, reader: Reader, *, is_file: bool = False) -> Message:
    """Nobody can post in a channel any more; a file needs none, all else may go to another."""
    w = words(reader.language)
    said = w.t("{channel} is archived: nothing can be posted there", channel=channel(channel_id, w))
    mend = w.t("Unarchive it, or choose another channel: {command}", command=code("in=#live-ops"))
    if is_file:
        mend = w.t(
            "Unarchive it, or ask without {word}: the file then comes to you in a direct message",
            word=code("public"),
        )
    return answer(said, [mend], w)


def listed(
    subscriptions: Sequence[Subscription],
    watches: Sequence[Watch],
    reader: Reader,
    rights: Rights,
    *,
    now: datetime,
    everywhere: bool = False,
    unknown: tuple[str, str] | None = None,
    gone: Collection[str] = (),
    unsure: int = 0,
) -> Message:
    """What is followed, each with what can be done with it.

    Args:
        subscriptions: those of a channel, or of all.
        watches: likewise.
        reader: who asked.
        rights: what they may do.
        now: the moment it is drawn at.
        everywhere: they are of all channels.
        unknown: the channel's ID and the domain that it was to be unsubscribed from, and is not
            subscribed to; None where that was not asked.
        gone: accounts that the settings no longer have.
        unsure: how many are left out, as Slack does not tell whether the reader may see them.
    """
    w, counts = words(reader.language), []
    notes: list[str] = []
    if unknown is not None:
        place, domain = channel(unknown[0], w), escaped(unknown[1], _DOMAIN_CHARS)
        notes = [w.t("{channel} is not told of {domain}", channel=place, domain=domain)]
    if unsure:
        notes.append(
            w.n(
                "{count} is left out: Slack does not tell whether you are in its channel",
                "{count} are left out: Slack does not tell whether you are in their channels",
                unsure,
            )
        )
    if subscriptions:
        counts.append(w.n("{count} subscription", "{count} subscriptions", len(subscriptions)))
    if watches:
        counts.append(w.n("{count} watch", "{count} watches", len(watches)))
    if not counts:
        nothing = w.t("Nothing is subscribed to or watched here")
        lines = [*notes, nothing, *_beginnings(w, rights)]
        return answer(lines[0], lines[1:], w)
    rows = [
        *subscription_rows(
            subscriptions, reader, w, rights, now=now, everywhere=everywhere, gone=gone
        ),
        *watch_rows(watches, reader, w, rights, now=now, everywhere=everywhere, gone=gone),
    ]
    said = w.listed(counts)
    body = (blocks.section("\n".join(f"*{line}*" for line in (*notes, said))), *fitting(rows, w))
    text = w.sentences([*notes, w.t("{said}: {names}", said=said, names=named(rows, w))])
    return fitted(Message(text, body))


def deliveries(
    notices: Sequence[Notice],
    watches: Mapping[str, Watch],
    reader: Reader,
    rights: Rights,
    *,
    now: datetime,
) -> Message:
    """What became of a channel's latest notices: seen, queued and posted when.

    Args:
        notices: the latest first.
        watches: those that some of them are of, by ID; one that is forgotten is not named.
        reader: who asked.
        rights: what they may do.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    if not notices:
        said = w.t("Nothing was delivered in this channel yet")
        return answer(said, _beginnings(w, rights), w)
    said = w.n("The latest notice", "The latest {count} notices", len(notices))
    zone = w.t("times are {zone}; + is since it was seen", zone=zone_name(now, reader))
    lines = blocks.sections(delivery_lines(notices, watches, reader, w, now=now))
    return fitted(Message(said, (blocks.section(f"*{said}*"), *lines, blocks.context(zone))))


def _beginnings(w: Words, rights: Rights) -> list[str]:
    """How to follow something, as far as the reader may."""
    needed = {_SUBSCRIBE: Right.SUBSCRIBE, _WATCH: Right.WATCH}
    found = [code(command) for command, right in needed.items() if rights.allow(right)]
    return [w.t("To begin: {command}", command=" · ".join(found))] if found else []
