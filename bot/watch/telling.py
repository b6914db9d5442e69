"""Who is told what of a reading: subscriptions, watches, and those a blind domain concerns. Pure.

A turn may hand in again what was told before: the outbox takes each key of a source once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.live.model import StatusFilter, TaskState
from bot.watch.alerting import tell_watch
from bot.watch.boards import BLIND_AFTER, cannot_be_read
from bot.watch.known import phase_of
from bot.watch.model import Alarm, Change, ChangeKind, key_of
from bot.watch.notices import NoticeKind, Told, Turn
from bot.watch.turns import Basis, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime, timedelta

    from bot.live.model import PreloadTask
    from bot.watch.known import Observed, Tasks
    from bot.watch.model import Followed, Subscription, Watch

_TOLD_UNDER = {
    ChangeKind.FAILED: StatusFilter.FAILED,
    ChangeKind.STUCK: StatusFilter.FAILED,
    ChangeKind.VANISHED: StatusFilter.FAILED,
    ChangeKind.RETRIED: StatusFilter.FAILED,
    ChangeKind.COMPLETED: StatusFilter.COMPLETE,
    ChangeKind.RECOVERED: StatusFilter.COMPLETE,
    ChangeKind.WINDOW_SOON: StatusFilter.COMPLETE,
    ChangeKind.WINDOW_OVER: StatusFilter.COMPLETE,
    ChangeKind.APPEARED: StatusFilter.PENDING,
    ChangeKind.PROGRESSED: StatusFilter.PRELOADING,
}
_AT_ONCE = {ChangeKind.FAILED, ChangeKind.STUCK, ChangeKind.VANISHED}


def turn(
    *,
    before: Followed,
    followed: Followed,
    observed: Observed,
    tasks: Tasks,
    subscriptions: Collection[Subscription],
    watches: Collection[Watch],
    alarms: Mapping[tuple[str, str], Alarm],
    now: datetime,
    is_known: bool = True,
    unmatched: Collection[str] = (),
    unasked: Collection[str] = (),
    blind_after: timedelta = BLIND_AFTER,
) -> Turn:
    """What a reading, or the clock alone, comes to for everyone concerned.

    It is equal to `Turn(before)` where there is nothing to be written.

    Args:
        before: the domain's state before.
        followed: its state now; whether it is blind is decided here.
        observed: what was observed; `Observed()` where only time has passed.
        tasks: what was known before: `observed` is not applied yet.
        subscriptions: those of the domain.
        watches: those of the domain that go on.
        alarms: by subscription ID and stream; others than these subscriptions' may be there.
        now: the wall clock.
        is_known: all that is wanted of the domain was read once.
        unmatched: IDs of the watches that no turn was written for yet: they are matched against
            all that is known, the others against what is new or different.
        unasked: IDs of the watches since whose beginning, or that of this process, what is new
            was not asked for yet: no list of these is finished.
        blind_after: a domain that cannot be read for so long is said to be blind.
    """
    is_blind = cannot_be_read(replace(followed, is_blind=before.is_blind), now, blind_after)
    followed = replace(followed, is_blind=is_blind)
    basis = Basis(followed, before.is_blind, is_known, observed, tasks, now)
    outcome = Outcome()
    if is_blind and not before.is_blind:
        _tell_all(outcome, basis, NoticeKind.BLIND, followed, [*subscriptions, *watches])
    elif before.is_blind and not is_blind:
        _tell_all(outcome, basis, NoticeKind.SIGHT, before, [*subscriptions, *watches])
    by_subscription: defaultdict[str, dict[str, Alarm]] = defaultdict(dict)
    for (subscription_id, stream), alarm in alarms.items():
        by_subscription[subscription_id][stream] = alarm
    for subscription in subscriptions:
        _tell_subscription(outcome, basis, subscription, by_subscription[subscription.id])
    for watch in watches:
        is_unmatched, is_asked = watch.id in unmatched, watch.id not in unasked
        tell_watch(outcome, basis, watch, is_unmatched=is_unmatched, is_asked=is_asked)
    return Turn(
        followed=followed,
        seen=observed.seen,
        again=observed.kept,
        told=tuple(outcome.told),
        alarms=tuple(outcome.alarms),
        quiet=tuple(outcome.quiet),
        watches=tuple(outcome.watches),
        redrawn=frozenset(outcome.redrawn),
    )


def _tell_all(
    outcome: Outcome,
    basis: Basis,
    kind: NoticeKind,
    failing: Followed,
    concerned: Iterable[Subscription | Watch],
) -> None:
    """Tell each channel concerned, once, that the domain cannot be read, or can be again."""
    since = failing.failing_since.isoformat() if failing.failing_since else ""
    owners: dict[tuple[str, str], str] = {}
    for one in concerned:
        owners.setdefault((one.team_id, one.channel_id), one.owner)
    for (team_id, channel_id), owner in owners.items():
        outcome.told.append(
            Told(
                kind=kind,
                source=f"{failing.account}/{failing.domain}",
                key=f"{kind}:{since}",
                team_id=team_id,
                channel_id=channel_id,
                seen_at=basis.now,
                due_at=basis.now,
                facts={"failure": failing.failure, "since": since, "owner": owner},
            )
        )


def _tell_subscription(
    outcome: Outcome, basis: Basis, subscription: Subscription, alarms: Mapping[str, Alarm]
) -> None:
    """Tell a channel what changed, begin and end its alarms, and repeat those that are due."""
    now = basis.now
    is_muted = subscription.is_muted(now)
    begun: dict[str, Alarm] = {}
    for change in basis.observed.changes:
        # Where it was created in the future, the clock was set back since.
        is_older = change.at < subscription.created_at <= now
        if is_older or _TOLD_UNDER[change.kind] not in subscription.statuses:
            continue
        if change.kind is ChangeKind.FAILED:
            stream = change.task.stream
            begun[stream] = _alarm(subscription, change.task, now, is_muted=is_muted)
        if not is_muted:
            outcome.told.append(_said(subscription, change, now))
    outcome.alarms += begun.values()
    lasting = []
    for stream, alarm in alarms.items():
        if stream in begun:
            continue
        if _lasts(alarm, basis) and StatusFilter.FAILED in subscription.statuses:
            lasting.append(alarm)
        else:
            outcome.quiet.append((subscription.id, stream))
    if not is_muted and basis.followed.failing_since is None:
        _repeat(outcome, subscription, lasting, now)


def _said(subscription: Subscription, change: Change, now: datetime) -> Told:
    is_failure = change.kind is ChangeKind.FAILED
    return Told(
        kind=NoticeKind.FAILURES if is_failure else NoticeKind.CHANGES,
        source=subscription.id,
        key=change.key,
        team_id=subscription.team_id,
        channel_id=subscription.channel_id,
        seen_at=change.at,
        due_at=now if change.kind in _AT_ONCE else now + subscription.group,
        change=change,
    )


def _alarm(
    subscription: Subscription, task: PreloadTask, now: datetime, *, is_muted: bool
) -> Alarm:
    """The alarm of a failure; one that began in a silence is due as soon as that is over."""
    repeat_at = now if is_muted else _after(subscription, now)
    return Alarm(subscription.id, task.stream, task, now, repeat_at, count=0 if is_muted else 1)


def _after(subscription: Subscription, now: datetime) -> datetime | None:
    """When what is told now is told again."""
    return now + subscription.repeat if subscription.repeat else None


def _lasts(alarm: Alarm, basis: Basis) -> bool:
    """Whether the alarm's task is still its stream's newest, and failed."""
    newest = basis.newest(alarm.stream)
    return (
        newest is not None
        and newest.key == key_of(alarm.task)
        and phase_of(newest.task) is TaskState.FAILED
    )


def _repeat(
    outcome: Outcome, subscription: Subscription, alarms: Iterable[Alarm], now: datetime
) -> None:
    """Repeat what is due, and with it what would be before long: one message, not ten."""
    waiting = [
        (alarm.repeat_at, alarm)
        for alarm in alarms
        if alarm.repeat_at is not None and alarm.seen_by is None
    ]
    if not any(repeat_at <= now for repeat_at, _ in waiting):
        return
    for repeat_at, alarm in waiting:
        if repeat_at > now + subscription.repeat / 2:
            continue
        change = Change(ChangeKind.FAILED, alarm.task, alarm.since, count=alarm.count)
        said = replace(_said(subscription, change, now), kind=NoticeKind.REPEAT, seen_at=now)
        outcome.told.append(said)
        again_at = _after(subscription, now)
        outcome.alarms.append(replace(alarm, repeat_at=again_at, count=alarm.count + 1))
