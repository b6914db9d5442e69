"""A domain that is read, and those who are told of it: the loop and the store, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.asks import Ask
from bot.live.model import PreloadTask, StatusFilter
from bot.watch import changes, telling
from bot.watch.known import Observed, Tasks
from bot.watch.model import Alarm, Change, Followed, Seen, Subscription, Watch
from bot.watch.notices import NoticeKind, Told, Turn
from tests.seen_tasks import DOMAIN, HOUR, NOW, url_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def a_subscription(
    name: str = "s1",
    *statuses: StatusFilter,
    channel: str = "C0001",
    created: timedelta = -HOUR,
    repeat: timedelta = timedelta(minutes=30),
) -> Subscription:
    """A subscription; without statuses to what fails and completes."""
    return Subscription(
        id=name,
        team_id="T0001",
        channel_id=channel,
        account="default",
        domain=DOMAIN,
        owner="U0001",
        created_at=NOW + created,
        statuses=frozenset(statuses or (StatusFilter.FAILED, StatusFilter.COMPLETE)),
        repeat=repeat,
    )


def a_list(*streams: str, name: str = "w1", created: timedelta = timedelta()) -> Watch:
    """A watch of named streams."""
    urls = {url_of(stream): url_of(stream) for stream in streams}
    ask = Ask("default", DOMAIN, urls=tuple(urls))
    return a_watch(ask, name=name, created=created, streams=urls)


def a_watch(
    ask: Ask,
    *,
    name: str = "w1",
    created: timedelta = timedelta(),
    streams: dict[str, str] | None = None,
) -> Watch:
    """A watch of a filter, or of what else is asked for."""
    return Watch(
        id=name,
        team_id="T0001",
        channel_id="C0001",
        ask=ask,
        owner="U0001",
        created_at=NOW + created,
        until=NOW + created + 6 * HOUR,
        streams=streams or {},
    )


class Stage:
    """A domain, its baseline an hour old; `NOW` plus `at` is the time of whatever is done."""

    def __init__(
        self, subscriptions: Iterable[Subscription] = (), watches: Iterable[Watch] = ()
    ) -> None:
        self.subscriptions = {one.id: one for one in subscriptions}
        self.watches = {one.id: one for one in watches}
        self.tasks = Tasks()
        self.rows: dict[str, Seen] = {}
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self.matched: set[str] = set()
        self.unasked: set[str] = set()
        self.turns: list[tuple[tuple[Change, ...], Turn]] = []
        self.told: dict[tuple[str, str, str], Told] = {}
        self.followed = Followed(
            "main", DOMAIN, baseline_at=NOW - HOUR, created_until=NOW, read_at=NOW
        )

    def sees(
        self, *found: PreloadTask, at: timedelta = timedelta(), sent_s: float | None = None
    ) -> Turn:
        """A reply comes; unless it is said otherwise, to a call that was sent just before."""
        observed = changes.observed(
            self.tasks,
            found,
            at=NOW + at,
            sent_s=at.total_seconds() if sent_s is None else sent_s,
            since=self.followed.baseline_at,
        )
        followed = replace(
            self.followed,
            read_at=NOW + at,
            created_until=NOW + at,
            failing_since=None,
            failure="",
            is_blind=False,
        )
        return self.takes(observed, followed, at)

    def waits(self, at: timedelta) -> Turn:
        """Time passes; what can be read goes on being read, and nothing is new."""
        followed = self.followed
        if followed.failing_since is None and followed.read_at is not None:
            followed = replace(followed, read_at=NOW + at)
        return self.takes(changes.elapsed(self.tasks, now=NOW + at), followed, at)

    def fails(self, since: timedelta, at: timedelta) -> Turn:
        """The domain cannot be read since a time."""
        failing = replace(self.followed, failing_since=NOW + since, failure="timeout")
        return self.takes(Observed(), failing, at)

    def takes(self, observed: Observed, followed: Followed, at: timedelta) -> Turn:
        """A turn is made and written; what was told before is left out of what it returns."""
        turn = telling.turn(
            before=self.followed,
            followed=followed,
            observed=observed,
            tasks=self.tasks,
            subscriptions=self.subscriptions.values(),
            watches=[one for one in self.watches.values() if one.ended_at is None],
            alarms=self.alarms,
            now=NOW + at,
            unmatched=self.watches.keys() - self.matched,
            unasked=self.unasked,
        )
        self.turns.append((observed.changes, turn))
        self.followed = turn.followed
        self.tasks.apply(observed)
        self.rows.update({seen.key: seen for seen in (*turn.seen, *turn.again)})
        self.matched |= self.watches.keys()
        self.alarms |= {(alarm.subscription_id, alarm.stream): alarm for alarm in turn.alarms}
        for key in turn.quiet:
            del self.alarms[key]
        self.watches |= {watch.id: watch for watch in turn.watches}
        new = {
            (one.source, one.channel_id, one.key): one
            for one in turn.told
            if (one.source, one.channel_id, one.key) not in self.told
        }
        self.told |= new
        return replace(turn, told=tuple(new.values()))

    def restarts(self) -> None:
        """What was only in memory is lost."""
        self.tasks = Tasks(self.rows.values())
        self.matched = set()


def said(turn: Turn) -> list[str]:
    """What a turn tells, in short."""
    return [
        f"{one.kind} {one.change.kind} {one.change.task.task_id}"
        if one.change
        else f"{one.kind} {one.channel_id}"
        if one.kind in {NoticeKind.BLIND, NoticeKind.SIGHT}
        else f"{one.kind} {one.facts['verdict']}"
        for one in turn.told
    ]
