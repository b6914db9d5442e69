"""What a subscribed channel is told: notices, and the threads under them."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from bot.views import blocks
from bot.views.announcement import (
    LINES_A_PART,
    PARTS,
    Announcement,
    ask_of,
    domain_of,
    observed,
    parts_of,
    shown_of,
)
from bot.views.commands import command
from bot.views.gone import failure_of
from bot.views.happenings import PROBLEMS, counted, gravest_first, lines
from bot.views.limits import Message, fitted
from bot.views.mentions import channel
from bot.views.mrkdwn import code, escaped, owned
from bot.views.times import clock
from bot.watch.notices import NoticeKind
from bot.words import marked, words

if TYPE_CHECKING:
    from bot.reader import Reader
    from bot.watch.model import Subscription
    from bot.watch.notices import Notice
    from bot.words import Words

_DOMAIN_CHARS = 300


def failures(
    notice: Notice,
    subscription: Subscription,
    reader: Reader,
    *,
    now: datetime,
    seen_by: str | None = None,
) -> Message:
    """Streams failed.

    Args:
        notice: with a change for each.
        subscription: as it is now: whether it is muted shows in the menu.
        reader: its owner.
        now: the moment it is drawn at.
        seen_by: the Slack user who has seen to it, or None.
    """
    w = words(reader.language)
    said = w.n(
        "{domain}: {count} stream failed",
        "{domain}: {count} streams failed",
        len(notice.changes),
        domain=escaped(owned(subscription.domain, subscription.account), _DOMAIN_CHARS),
    )
    return Announcement(notice, subscription, reader, now, seen_by).message(f"❌ {said}")


def repeat(
    notice: Notice,
    subscription: Subscription,
    reader: Reader,
    *,
    now: datetime,
    seen_by: str | None = None,
) -> Message:
    """Streams are failed still. The arguments are those of `failures`."""
    w, since = words(reader.language), min((change.at for change in notice.changes), default=None)
    domain, count = (
        escaped(owned(subscription.domain, subscription.account), _DOMAIN_CHARS),
        len(notice.changes),
    )
    if since is not None and since < notice.seen_at:
        said = w.n(
            "{domain}: {count} stream still failed, since {time}",
            "{domain}: {count} streams still failed, since {time}",
            count,
            domain=domain,
            time=clock(since, reader, now),
        )
    else:
        said = w.n(
            "{domain}: {count} stream still failed",
            "{domain}: {count} streams still failed",
            count,
            domain=domain,
        )
    return Announcement(notice, subscription, reader, now, seen_by).message(f"❌ {said}")


def changes(
    notice: Notice, subscription: Subscription, reader: Reader, *, now: datetime
) -> Message:
    """What else happened, gathered; the arguments are those of `failures`."""
    w = words(reader.language)
    said = w.t(
        "{said}: {names}",
        said=escaped(owned(subscription.domain, subscription.account), _DOMAIN_CHARS),
        names=counted(notice.changes, reader, w, now=now),
    )
    is_problem = any(change.kind in PROBLEMS for change in notice.changes)
    said = f"⚠️ {said}" if is_problem else said
    return Announcement(notice, subscription, reader, now).message(said)


def parts(notice: Notice) -> int:
    """How many `DETAILS` a notice needs in its thread: 0 to 4."""
    if notice.kind not in {NoticeKind.FAILURES, NoticeKind.REPEAT, NoticeKind.CHANGES}:
        return 0
    return parts_of(notice.changes)


def details(
    notice: Notice, subscription: Subscription | None, reader: Reader, *, now: datetime
) -> Message:
    """A part of what a notice had no room for; its facts say which, counted from 1.

    Args:
        notice: with all the changes of the notice that it belongs to.
        subscription: the notice's, or None where it is gone.
        reader: for whom.
        now: the moment it is drawn at.
    """
    w, told = words(reader.language), gravest_first(notice.changes)
    number = min(max(1, _number(notice.facts.get("part", ""))), PARTS)
    first = shown_of(told) + (number - 1) * LINES_A_PART
    last = min(first + LINES_A_PART, len(told))
    domain = domain_of(notice, subscription)
    count = f"{len(told):,}"
    place = {"first": f"{first + 1:,}", "last": f"{last:,}", "count": count}
    said = w.t(
        "{domain}: {first}–{last} of {count}", domain=escaped(domain, _DOMAIN_CHARS), **place
    )
    every = lines(told, domain, reader, w, now=now)
    shown = list(islice(every, first, last))
    body = [blocks.section(f"*{said}*"), *blocks.sections(shown)]
    notes = [observed(notice, reader, w, now)]
    if number == PARTS and last < len(told):
        more = f"{len(told) - last:,}"
        everything = code(command(ask_of(notice, subscription)), 800)
        notes.insert(0, w.t("and {count} more: {command}", count=more, command=everything))
    body.append(blocks.context("\n".join(notes)))
    return fitted(Message(w.t("{said}: {names}", said=said, names=notes[0]), tuple(body)))


def blind(notice: Notice, reader: Reader, now: datetime) -> Message:
    """A domain cannot be read."""
    w = words(reader.language)
    account = notice.source.partition("/")[0]
    failure = failure_of(notice.facts.get("failure", ""), account, w)
    fields = {"domain": _source(notice), "time": clock(_since(notice), reader, now)}
    said = (
        w.t(
            "{domain} has not been readable since {time} ({failure}).",
            failure=failure,
            **fields,
        )
        if failure
        else w.t("{domain} has not been readable since {time}.", **fields)
    )
    return _plainly("⚠️", said, w.t("Nothing is announced until it is."), w)


def sight(notice: Notice, reader: Reader, now: datetime) -> Message:
    """It can be read again."""
    w = words(reader.language)
    said = w.t(
        "{domain} can be read again as of {time}.",
        domain=_source(notice),
        time=clock(notice.seen_at, reader, now),
    )
    return _plainly("", said, w.t("What changed meanwhile follows, if anything did."), w)


_NO_PLACE = {
    "not_in_channel": marked("The bot is not in {channel}."),
    "channel_not_found": marked("{channel} is gone, or private without the bot in it."),
    "is_archived": marked("{channel} is archived."),
    "account_inactive": marked("The bot's account in Slack is switched off."),
    "token_revoked": marked("The bot's access to Slack was revoked."),
}
_REFUSED = marked("Slack refuses posts to {channel}: {code}.")
_INVITE = marked("To mend it, type {command} in {channel}.")
_ASK = marked("To mend it, ask your Slack administrator or the bot's operator.")
_REINSTALL = marked("To mend it, ask the bot's operator to reinstall the app.")
_MENDING = {
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": marked("To mend it, unarchive {channel}; to give it up, {list}."),
    "account_inactive": _REINSTALL,
    "token_revoked": _REINSTALL,
}
INVITE = "/invite @preload"
"""What is typed in a channel to have the bot there."""


def parked(notice: Notice, reader: Reader, now: datetime) -> Message:
    """To the owner: a channel cannot be posted to, why, and what mends it."""
    w, refused = words(reader.language), notice.facts.get("code", "")
    fields = {
        "channel": channel(notice.facts.get("channel", "") or notice.source, w),
        "command": code(INVITE),
        "list": code("/preload list all"),
        "code": code(refused, 100),
    }
    why = w.t(_NO_PLACE.get(refused, _REFUSED), **fields)
    mend = w.t(_MENDING.get(refused, _ASK), **fields)
    since = w.t("Nothing was posted there since {time}.", time=clock(notice.seen_at, reader, now))
    kept = w.t("What there is to tell is kept, and follows then.")
    return _plainly("⚠️", w.paragraph([why, since]), w.paragraph([mend, kept]), w)


def _plainly(icon: str, said: str, rest: str, w: Words) -> Message:
    said = f"{icon} {said}".strip()
    return fitted(Message(w.paragraph([said, rest]), (blocks.section(f"{said}\n{rest}"),)))


def _since(notice: Notice) -> datetime:
    """Since when a domain cannot be read."""
    try:
        since = datetime.fromisoformat(notice.facts.get("since", ""))
    except ValueError:
        return notice.seen_at
    return since if since.tzinfo is not None else notice.seen_at


def _source(notice: Notice) -> str:
    """The domain of `account/domain`, escaped."""
    return escaped(notice.source.partition("/")[2] or notice.source, _DOMAIN_CHARS)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 1
