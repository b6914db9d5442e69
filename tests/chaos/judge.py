"""The judge: what became of the tasks, by the world's own timelines, against what channels hold.

It shares no code with the bot.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from tests.chaos.reading import (
    STREAM,
    Said,
    key_of,
    kind_of,
    moment_of,
    name_of,
    ready_of,
    said,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.sandbox.live import Task
    from bot.sandbox.slack import Message

OUTCOMES = {"failures": "failed", "changes": "complete"}
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription to what fails and completes, as people see it.

    Attributes:
        channel, domain: where, and of what.
        since: what ended before this is history.
        muted: from when until when it was muted.
    """

    channel: str
    domain: str
    since: datetime
    muted: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch of named streams as people see it: its channel, its name, its streams' names."""

    channel: str
    name: str
    streams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is asked of the bot.

    Attributes:
        late_s: a notice may come this long after what it tells; later is late.
        seen_s: what is superseded, or silenced, within this time need not have been seen before.
        calm_since: what it tells of a time before counts for late from then on: how long the bot
            lived between two blows was the machine's doing.
    """

    late_s: float = 60.0
    seen_s: float = 30.0
    calm_since: datetime | None = None

    @property
    def late(self) -> timedelta:
        """`late_s` as a length of time."""
        return timedelta(seconds=self.late_s)

    @property
    def seen(self) -> timedelta:
        """`seen_s` as a length of time."""
        return timedelta(seconds=self.seen_s)


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong, in words; all well where all are empty."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.late or self.wrong)

    def __str__(self) -> str:
        kinds = (
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("late", self.late),
            ("wrong", self.wrong),
        )
        counts = ", ".join(f"{name} {len(found)}" for name, found in kinds)
        return "\n  ".join([counts, *(f"{name}: {one}" for name, found in kinds for one in found)])


def judge(
    tasks: Iterable[Task],
    messages: Iterable[Message],
    *,
    at: datetime,
    subscribed: Iterable[Subscribed] = (),
    watched: Iterable[Watched] = (),
    bounds: Bounds = Bounds(),
) -> Report:
    """Compare the world with the channels, both at rest.

    Args:
        tasks: all there are, from the simulated API's world.
        messages: all that stand in the local Slack.
        at: now.
        subscribed: what channels are to be told of.
        watched: what boards there are to be.
        bounds: how quick the bot must be.
    """
    lives: defaultdict[str, list[Task]] = defaultdict(list)
    for task in sorted(tasks, key=lambda task: task.created):
        if task.created <= at:
            lives[name_of(task.url)].append(task)
    court = _Court(lives, list(messages), at, bounds, Report())
    court.judge_keys()
    for subscription in subscribed:
        court.judge_subscription(subscription)
    for watch in watched:
        court.judge_watch(watch)
    return court.report


@dataclass(frozen=True)
class _Court:
    """All the evidence; `lives` are each stream's tasks, oldest first."""

    lives: Mapping[str, Sequence[Task]]
    messages: Sequence[Message]
    at: datetime
    bounds: Bounds
    report: Report

    def judge_keys(self) -> None:
        """Each key stands once in its channel."""
        keys = Counter((one.channel, key) for one in self.messages if (key := key_of(one)))
        twice = [(where, times) for where, times in keys.items() if times > 1]
        self.report.doubled.extend(
            f"{where[0]}: {where[1]}, {times} times" for where, times in twice
        )

    def judge_subscription(self, subscription: Subscribed) -> None:
        """Each stream that ended is named once, at its time; what lasts is repeated."""
        lives = {
            name: life for name, life in self.lives.items() if life[0].domain == subscription.domain
        }
        notices = said(self.messages, subscription.channel)
        for kind in OUTCOMES:
            ours = [
                one
                for one in notices
                if one.kind == kind
                and (
                    lives.keys() & one.named.keys() or subscription.domain in words_of(one.message)
                )
            ]
            lost: list[str] = []
            for name, life in lives.items():
                told = sorted(one.named[name] for one in ours if name in one.named)
                where = f"{subscription.channel} {kind}: {name}"
                expected = self._expected(kind, life, subscription)
                if len(told) < len(expected["must"]):
                    lost.append(where)
                else:
                    self._judge_times(where, told, expected)
            if lost and sum(notice.more for notice in ours) != len(lost):
                self.report.lost.extend(lost)  # those not named are not said to be more either
        self._judge_repeats(subscription, lives, notices)

    def _expected(
        self, kind: str, life: Sequence[Task], subscription: Subscribed
    ) -> dict[Literal["must", "may"], list[datetime]]:
        """When a stream must be named in notices of this kind, and when it may be besides."""
        expected: dict[Literal["must", "may"], list[datetime]] = {"must": [], "may": []}
        followers = [*(task.created for task in life[1:]), NEVER]
        for task, superseded in zip(life, followers, strict=True):
            if task.outcome == OUTCOMES[kind] and task.finished < superseded:
                how = self._how(task.finished, superseded, subscription)
                if how is not None:
                    expected[how].append(task.finished)
        if kind == "changes":  # a failed stream that is preloaded again is told, too
            again = [later.created for task, later in pairwise(life) if task.outcome == "failed"]
            expected["may"] += [moment for moment in again if moment >= subscription.since]
        return expected

    def _how(
        self, finished: datetime, superseded: datetime, subscription: Subscribed
    ) -> Literal["must", "may"] | None:
        seen = self.bounds.seen
        if not subscription.since <= finished <= self.at:
            return None
        if any(start <= finished <= end - seen for start, end in subscription.muted):
            return None
        if any(start - seen <= finished <= end for start, end in subscription.muted):
            return "may"
        return "must" if min(superseded, self.at) - finished >= seen else "may"

    def _judge_times(
        self,
        where: str,
        told: Sequence[datetime],
        expected: Mapping[Literal["must", "may"], Sequence[datetime]],
    ) -> None:
        must, may = sorted(expected["must"]), expected["may"]
        if len(told) > len(must) + len(may):
            found = self.report.doubled if must or may else self.report.wrong
            found.append(f"{where}, {len(told)} times instead of {len(must) + len(may)}")
        elif not may:
            for due, moment in zip(must, told, strict=True):
                waited_s = (moment - due).total_seconds()
                if moment - max(due, self.bounds.calm_since or due) > self.bounds.late:
                    self.report.late.append(f"{where}, {waited_s:.1f} s after it")
                elif waited_s < 0:
                    self.report.wrong.append(f"{where}, {-waited_s:.1f} s before it")

    def _judge_repeats(
        self,
        subscription: Subscribed,
        lives: Mapping[str, Sequence[Task]],
        notices: Iterable[Said],
    ) -> None:
        """What is repeated lasts; what began in a silence and lasts is repeated after it."""
        repeats = [one for one in notices if one.kind == "repeat"]
        for notice in repeats:
            posted = moment_of(notice.message)
            for name in notice.named.keys() & lives.keys():
                before = posted - self.bounds.late
                if not (_failing(lives[name], posted) or _failing(lives[name], before)):
                    self.report.wrong.append(f"{subscription.channel} repeat: {name} fails no more")
        for start, end in subscription.muted:
            for name, life in lives.items():
                began = _failing(life, self.at)
                if began is None or not start <= began <= end - self.bounds.seen:
                    continue
                told = any(name in one.named and moment_of(one.message) >= end for one in repeats)
                if not told and self.at - end > self.bounds.late:
                    self.report.lost.append(f"{subscription.channel} once unmuted: {name}")

    def judge_watch(self, watch: Watched) -> None:
        """One board that says how it is; one verdict, at the end; the first failure at once."""
        where = f"{watch.channel} {watch.name}"
        here = [one for one in self.messages if one.channel == watch.channel]
        boards = [one for one in here if kind_of(one) == "board" and watch.name in words_of(one)]
        if len(boards) != 1:
            found = self.report.doubled if boards else self.report.lost
            found.append(f"{where}: {len(boards)} boards")
            return
        replies = [one for one in here if one.thread_ts == boards[0].ts]
        newest = [life[-1] if (life := self.lives.get(name)) else None for name in watch.streams]
        is_over = all(task is not None and task.finished <= self.at for task in newest)
        ready = sum(_is_ready(task, self.at) for task in newest)
        verdicts = [one for one in replies if kind_of(one) == "verdict"]
        for message in (boards[0], *verdicts):
            self._judge_count(f"{where} {kind_of(message)}", message, ready, len(newest))
        if len(verdicts) != int(is_over):
            found = self.report.doubled if is_over and verdicts else self.report.lost
            found = found if is_over else self.report.wrong
            found.append(f"{where}: {len(verdicts)} verdicts")
        self._judge_alerts(where, watch, [one for one in replies if kind_of(one) == "alert"])

    def _judge_count(self, where: str, message: Message, ready: int, of: int) -> None:
        shown = ready_of(message)
        if shown != (ready, of):
            says = "nothing" if shown is None else f"{shown[0]} of {shown[1]}"
            self.report.wrong.append(f"{where} says {says} ready: it is {ready} of {of}")

    def _judge_alerts(self, where: str, watch: Watched, alerts: Iterable[Message]) -> None:
        failed = {
            name
            for name in watch.streams
            if (began := _failing(self.lives.get(name, ()), self.at)) is not None
            and self.at - began >= self.bounds.seen
        }
        named = {name for one in alerts for name in STREAM.findall(words_of(one))}
        if failed and not named & set(watch.streams):
            self.report.lost.append(f"{where}: its first failure")


def _failing(life: Sequence[Task], at: datetime) -> datetime | None:
    """Since when the stream's newest task has failed; None where it has not."""
    created = [task for task in life if task.created <= at]
    if not created or created[-1].finished > at or created[-1].outcome != "failed":
        return None
    return created[-1].finished


def _is_ready(task: Task | None, at: datetime) -> bool:
    if task is None or task.finished > at or task.outcome != "complete":
        return False
    return at < task.window_end
