"""The app's Home: what a person follows, how well it is read, and how they want answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bot.asks import Ask
from bot.roles import Right
from bot.views import blocks, refs
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.following_controls import mute_menu, stop_button, unsubscribe_button
from bot.views.following_rows import manner_of, told_of
from bot.views.gone import failure_of, unread
from bot.views.limits import fitted_view
from bot.views.mrkdwn import code, escaped, owned
from bot.views.preferences import settings
from bot.views.times import clock, to_the_second
from bot.views.watch_words import length_of, shown_of
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.live.quota import Use
    from bot.reader import Preferences, Reader
    from bot.roles import Rights
    from bot.views.limits import Block, Message
    from bot.watch.model import Followed, Subscription, Watch
    from bot.words import Words

_NOTHING = "-"
"""What a button brings back that says all by its name: Slack wants some value."""
_WATCH = "/preload watch status=preloading until=20:00"
_SUBSCRIBE = "/preload subscribe domain=live.example.com"
_NAME_CHARS = 100
_DOMAINS_SHOWN = 30
_ACCOUNTS_SHOWN = 10
_FOLLOWED_BLOCKS: Final = 70
"""What is followed takes at most so many of the blocks that a view has."""

View: TypeAlias = "dict[str, Any]"
"""A view as Slack takes it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in a person's Home.

    Attributes:
        watches, subscriptions: those that they began.
        followed: how far the reading of each domain has come.
        others: the other known domains, and when what is at hand of each was read.
        quotas: of each account, how much of its quota is in use now.
        preferences: what they have chosen.
        slack_s: who they are as Slack says, whatever they have chosen.
        rows: how many rows a page the settings say.
        rights: what they may do in some channel or other.
        there: what they may in the channels where they follow something.
        is_alone: the process that draws it is the only one.
        gone: the accounts of what they follow that the settings no longer have.
    """

    watches: tuple[Watch, ...]
    subscriptions: tuple[Subscription, ...]
    followed: tuple[Followed, ...]
    quotas: Mapping[str, Use]
    preferences: Preferences
    slack_s: Reader
    rows: int
    rights: Rights
    is_alone: bool = True
    others: Mapping[str, datetime | None] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    there: Mapping[str, Rights] = field(default_factory=dict)

    def rights_in(self, channel_id: str) -> Rights:
        """What they may in the channel where they follow something."""
        return self.there.get(channel_id, self.rights)

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The questions that the controls may name by key."""
        return tuple(watch.ask for watch in self.watches)


def home(facts: Facts, reader: Reader, *, now: datetime) -> View:
    """The Home.

    Args:
        facts: what stands in it.
        reader: whose it is.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    body = [
        blocks.actions(_doors(facts.rights, w)),
        *_followed(facts, reader, w, now),
        blocks.divider(),
        *_data(facts, reader, w, now),
        *_quotas(facts, w),
        blocks.divider(),
        *settings(facts.preferences, facts.slack_s, reader, rows=facts.rows, now=now),
        blocks.context(w.t("as of {time}", time=to_the_second(now, reader, now))),
    ]
    return _view(body)


def refused(message: Message, reader: Reader) -> View:
    """The Home of who may not see it, or for whom it cannot be read now; and another try."""
    w = words(reader.language)
    again = blocks.button("home.refresh", w.t("Refresh"), _NOTHING)
    return _view([*message.blocks, blocks.actions([again])])


def _view(body: Iterable[Block]) -> View:
    return {"type": "home", "blocks": fitted_view(body)}


def _doors(rights: Rights, w: Words) -> list[Block]:
    ask = blocks.button("form.open", w.t("Ask about preload tasks"), refs.FormRef().pack())
    again = blocks.button("home.refresh", w.t("Refresh"), _NOTHING)
    return [{**ask, "style": "primary"}, again] if rights.allow(Right.QUERY) else [again]


def _followed(facts: Facts, reader: Reader, w: Words, now: datetime) -> Iterator[Block]:
    if not facts.watches and not facts.subscriptions:
        if hints := list(_beginnings(facts.rights, w)):
            yield blocks.header(w.t("You follow nothing yet"))
            yield blocks.section("\n".join(hints))
        return
    watches = [_watch(one, facts, reader, w, now) for one in facts.watches]
    subscriptions = [_subscription(one, facts, reader, w, now) for one in facts.subscriptions]
    room = _FOLLOWED_BLOCKS // 2  # two blocks for each
    if watches:
        most = room - min(len(subscriptions), room // 2)
        yield blocks.header(w.t("My watches"))
        yield from _as_many(watches, most, w)
        room -= min(most, len(watches))
    if subscriptions:
        yield blocks.header(w.t("My subscriptions"))
        yield from _as_many(subscriptions, room, w)


def _beginnings(rights: Rights, w: Words) -> Iterator[str]:
    """How to follow something, as far as they may."""
    if rights.allow(Right.WATCH):
        yield w.t("To have one message kept up to date: {command}", command=code(_WATCH))
    if rights.allow(Right.SUBSCRIBE):
        yield w.t("To be told each change of a domain: {command}", command=code(_SUBSCRIBE))


def _as_many(rows: list[list[Block]], most: int, w: Words) -> Iterator[Block]:
    for row in rows[:most]:
        yield from row
    if (rest := len(rows) - most) > 0:
        everything = code("/preload list all")
        said = w.n("{count} more: {command}", "{count} more: {command}", rest, command=everything)
        yield blocks.context(said)


def _watch(watch: Watch, facts: Facts, reader: Reader, w: Words, now: datetime) -> list[Block]:
    domain = escaped(owned(watch.ask.domain, watch.ask.account), _NAME_CHARS)
    parts = [domain, length_of(watch, reader, w, now)]
    if count := len(watch.streams):
        parts.insert(1, w.n("{count} stream", "{count} streams", count))
    said = w.t("{name}, watched in {channel}", **shown_of(watch, w))
    ref = FollowRef(FollowKind.WATCH, watch.id)
    is_gone = watch.ask.account in facts.gone
    if is_gone:
        parts.append(unread(watch.ask.account, w))
    controls = [None if is_gone else _open(watch.ask, w)]
    if facts.rights_in(watch.channel_id).allow(Right.WATCH, watch.ask.domain):
        controls.append(stop_button("home.stop", ref, w))
    return _row(f"*{said}*\n{' · '.join(parts)}", controls)


def _subscription(
    subscription: Subscription, facts: Facts, reader: Reader, w: Words, now: datetime
) -> list[Block]:
    fields = told_of(subscription, w)
    small = " · ".join([fields["statuses"], *manner_of(subscription, reader, w, now)])
    said = w.t("{domain}, told in {channel}", **fields)
    ref = FollowRef(FollowKind.SUBSCRIPTION, subscription.id)
    is_gone = subscription.account in facts.gone
    if is_gone:
        small = f"{small} · {unread(subscription.account, w)}"
    controls = [None if is_gone else _open(Ask(subscription.account, subscription.domain), w)]
    if facts.rights_in(subscription.channel_id).allow(Right.SUBSCRIBE, subscription.domain):
        controls += [
            mute_menu("home.mute", subscription, ref, reader, w, now=now),
            unsubscribe_button("home.unsubscribe", subscription.domain, ref, w),
        ]
    return _row(f"*{said}*\n{small}", controls)


def _row(text: str, controls: Iterable[Block | None]) -> list[Block]:
    """What is followed, and beneath it those of its controls that there are."""
    there = [control for control in controls if control is not None]
    return [blocks.section(text), *([blocks.actions(there)] if there else [])]


def _open(ask: Ask, w: Words) -> Block | None:
    """The button that tells how it stands, in a direct message."""
    try:
        return blocks.button("home.open", w.t("Open"), refs.PageRef.to(ask).pack())
    except refs.ReferenceTooLong:
        return None


def _data(facts: Facts, reader: Reader, w: Words, now: datetime) -> Iterator[Block]:
    """Of when each domain's data is."""
    if not facts.followed and not facts.others:
        return
    yield blocks.header(w.t("Data"))
    failing_first = sorted(facts.followed, key=lambda one: one.failing_since is None)
    ages = [partial(_age, one) for one in failing_first]
    ages += [partial(_other_age, *one) for one in facts.others.items()]
    lines = [age(reader, w, now) for age in ages[:_DOMAINS_SHOWN]]
    if rest := len(ages) - len(lines):
        lines.append(w.t("and {count} more", count=f"{rest:,}"))
    yield from blocks.sections(lines)


def _age(followed: Followed, reader: Reader, w: Words, now: datetime) -> str:
    domain = escaped(owned(followed.domain, followed.account), _NAME_CHARS)
    read = followed.read_at and to_the_second(followed.read_at, reader, now)
    if followed.failing_since is not None:
        since = clock(followed.failing_since, reader, now)
        said = w.t("{domain}: not read since {time}", domain=domain, time=since)
        if failure := failure_of(followed.failure, followed.account, w):
            said = w.t("{said}: {names}", said=said, names=failure)
        return f"⚠️ {said}"
    if read is None:
        return "⏳ " + w.t("{domain}: being read for the first time …", domain=domain)
    return w.t("{domain}: read {time}", domain=domain, time=read)


def _other_age(name: str, read_at: datetime | None, reader: Reader, w: Words, now: datetime) -> str:
    domain = escaped(name, _NAME_CHARS)
    if read_at is None:
        return w.t("{domain}: read when somebody asks", domain=domain)
    return w.t("{domain}: read {time}", domain=domain, time=to_the_second(read_at, reader, now))


def _quotas(facts: Facts, w: Words) -> Iterator[Block]:
    yield blocks.header(w.t("Quota of task queries"))
    shown = [*facts.quotas.items()][:_ACCOUNTS_SHOWN]
    lines = [_use(name, use, w, is_whole=facts.is_alone or use.is_of_all) for name, use in shown]
    if rest := len(facts.quotas) - len(shown):
        lines.append(w.t("and {count} more", count=f"{rest:,}"))
    yield from blocks.sections(lines)


def _use(account: str, use: Use, w: Words, *, is_whole: bool) -> str:
    said = w.n(
        "{account}: {count} call in the last minute, {waiting} waiting, at most {most} a second",
        "{account}: {count} calls in the last minute, {waiting} waiting, at most {most} a second",
        use.last_minute,
        account=escaped(account, _NAME_CHARS),
        waiting=f"{use.waiting:,}",
        most=use.per_s,
    )
    if not is_whole:
        said = w.t("{said} · of this process alone", said=said)
    if not use.is_throttled:
        return said
    why = w.t("slowed down, as the API throttled; usually {most}", most=use.full_per_s)
    return f"⚠️ {said} · {why}"
