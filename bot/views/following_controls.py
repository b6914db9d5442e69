"""Controls of what is followed: to be told nothing for a while, or no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from bot.views import blocks, follow_refs, refs
from bot.views.mrkdwn import plain
from bot.views.times import clock

if TYPE_CHECKING:
    from datetime import datetime

    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.watch.model import Subscription
    from bot.words import Words

Ref: TypeAlias = follow_refs.NoticeRef | follow_refs.FollowRef | follow_refs.WishRef

_DOMAIN_CHARS = 150


def button(action_id: str, text: str, ref: Ref) -> Block | None:
    """A button that names what it is about; None where that is too long for one."""
    try:
        return blocks.button(action_id, text, ref.pack(refs.BUTTON_VALUE_CHARS))
    except refs.ReferenceTooLong:
        return None


def mute_menu(
    action_id: str,
    subscription: Subscription,
    ref: follow_refs.NoticeRef | follow_refs.FollowRef,
    reader: Reader,
    w: Words,
    *,
    now: datetime,
) -> Block | None:
    """The menu that mutes a subscription, or mutes it no more; it shows until when it is muted."""
    choices = {
        follow_refs.HOUR: w.t("for 1 hour"),
        follow_refs.MORNING: w.t("until tomorrow 09:00"),
    }
    label, until = w.t("Mute"), subscription.muted_until
    if until is not None and subscription.is_muted(now):
        choices = {follow_refs.UNMUTE: w.t("unmute"), **choices}
        label = w.t("Muted until {time}", time=clock(until, reader, now))
    try:
        options = [
            blocks.option(text, replace(ref, choice=choice).pack())
            for choice, text in choices.items()
        ]
    except refs.ReferenceTooLong:
        return None
    return blocks.select(action_id, label, options)


def unsubscribe_button(action_id: str, domain: str, ref: Ref, w: Words) -> Block | None:
    """The button that ends a subscription; it asks first."""
    ending = button(action_id, w.t("Unsubscribe"), ref)
    if ending is None:
        return None
    asked = w.t(
        "The channel is told nothing of {domain} any more.", domain=plain(domain, _DOMAIN_CHARS)
    )
    return blocks.confirmed(
        ending, w.t("Unsubscribe?"), asked, yes=w.t("Unsubscribe"), no=w.t("Keep it")
    )


def stop_button(action_id: str, ref: Ref, w: Words) -> Block | None:
    """The button that ends a watch, whoever presses it; it asks first."""
    ending = button(action_id, w.t("Stop"), ref)
    if ending is None:
        return None
    asked = w.t("Its message stays as it is, and nobody is called any more.")
    return blocks.confirmed(
        ending, w.t("Stop watching?"), asked, yes=w.t("Stop"), no=w.t("Keep watching")
    )
