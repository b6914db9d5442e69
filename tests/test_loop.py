"""Sweeps over a real store and a simulated API, on clocks that are moved by hand."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.asks import Ask
from bot.errors import StoreUnavailable
from bot.live.client import LiveClient, Timeouts
from bot.live.credentials import Credentials
from bot.live.model import StatusFilter, stream_of
from bot.live.protocol import DESCRIBE_TASKS
from bot.live.quota import LocalQuota
from bot.sandbox.live import UNAVAILABLE, SimulatedLive, running
from bot.store import Store
from bot.store.leases import Leases
from bot.store.ledger import Ledger
from bot.watch.loop import REDRAWN_S, Pace, Sweeps
from bot.watch.model import ChangeKind, Ending
from bot.watch.notices import NoticeKind
from bot.watch.widening import Wish, widened
from tests.live_caller import Clock
from tests.stored import board, subscription, watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from bot.sandbox.live import Task
    from bot.watch.model import Subscription, Watch
    from bot.watch.notices import Notice, Turn

DOMAIN = "live.example.com"
QUICK = Timeouts(call_s=0.5, try_s=0.3)


@dataclass
class OurClock(Clock):
    """The API's clock, and ours, which may be `ahead` of it and slow to look at."""

    ahead: timedelta = timedelta()
    look_s: float = 0.0
    """So long it takes to look at it."""

    def monotonic(self) -> float:
        self.pass_s(self.look_s)
        return super().monotonic()

    def ours(self) -> datetime:
        return self.time + self.ahead


@dataclass
class Following:
    """What is followed, by sweeps that can be ended and begun anew."""

    live: SimulatedLive
    client: LiveClient
    store: Store
    clock: OurClock
    told: list[None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sweeps = self.new_sweeps()

    def new_leases(self) -> Leases:
        """Those of another process."""
        return Leases(self.store.database, now=self.clock.ours, clock_s=self.clock.monotonic)

    def new_sweeps(self, leases: Leases | None = None) -> Sweeps:
        """Others, that know what is stored and no more."""

        async def sleep(seconds: float) -> None:
            self.clock.pass_s(seconds)

        return Sweeps(
            "default",
            self.client,
            self.store,
            leases=leases or self.new_leases(),
            pace=Pace(),
            told=lambda: self.told.append(None),
            now=self.clock.ours,
            clock_s=self.clock.monotonic,
            sleep=sleep,
        )

    async def goes_on(self, seconds: float) -> None:
        """Let time pass, a second at a time."""
        for _ in range(round(seconds)):
            await self.sweeps.turn()
            await self.sweeps.idle()
            self.clock.pass_s(1)

    async def subscribed(self, **more: Any) -> Subscription:  # noqa: ANN401 - its fields
        of = subscription("sub1", domain=DOMAIN, created_at=self.clock.now(), **more)
        assert await self.store.subscriptions.add(of) is None
        await self.goes_on(3)
        return of

    async def watched(
        self, *urls: str, status: StatusFilter | None = None, seconds: float = 3
    ) -> Watch:
        ask = Ask("default", DOMAIN, urls=urls, status=status)
        now = self.clock.ours()
        of = watch("watch1")
        of = replace(
            of,
            ask=ask,
            streams={stream_of(url): url for url in urls},
            created_at=now,
            until=now + timedelta(hours=6),
        )
        await self.store.watches.add(of, board(of))
        await self.goes_on(seconds)
        return of

    def task(self, name: str, **more: Any) -> Task:  # noqa: ANN401 - as `World.add`
        return self.live.world.add(f"rtmp://{DOMAIN}/live/{name}", **more)

    async def notices(self, *kinds: NoticeKind) -> list[tuple[NoticeKind, ChangeKind, str]]:
        """What was told, as kind, change and stream."""
        return [
            (notice.kind, change.kind, change.task.url.rpartition("/")[2])
            for notice in await self.all_notices()
            if notice.kind in kinds or not kinds
            for change in notice.changes
        ]

    async def all_notices(self) -> list[Notice]:
        return list(reversed(await self.store.notices.recent("T1", None, 1000)))

    def calls(self) -> list[dict[str, str]]:
        return [dict(arrival.parameters) for arrival in self.live.arrivals]


@asynccontextmanager
async def followed(folder: Path) -> AsyncIterator[Following]:
    clock = OurClock()
    live = SimulatedLive(tasks=0, qps=1000, now=clock.now)
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(running(live))
        store = await stack.enter_async_context(
            Store.open(f"sqlite:///{folder / 'loop.sqlite3'}", now=clock.ours)
        )
        client = await stack.enter_async_context(
            LiveClient(
                Credentials("testid", "testsecret"),
                address,
                quotas={DESCRIBE_TASKS: LocalQuota(1000)},
                timeouts=QUICK,
                now=clock.ours,
            )
        )
        yield Following(live, client, store, clock)


@pytest.fixture
async def following(tmp_path: Path) -> AsyncIterator[Following]:
    async with followed(tmp_path) as following:
        yield following


FAILED = (NoticeKind.FAILURES, ChangeKind.FAILED)
COMPLETED = (NoticeKind.CHANGES, ChangeKind.COMPLETED)


async def test_what_is_followed_by_nobody_is_not_asked_about(following: Following) -> None:
    following.task("a")
    await following.goes_on(30)
    assert following.calls() == []


async def test_history_is_not_announced(following: Following) -> None:
    for outcome in ("failed", "complete"):
        following.task(outcome, outcome=outcome, pending_s=0, preloading_s=0)
    following.clock.pass_s(60)
    await following.subscribed()
    await following.goes_on(30)
    assert await following.notices() == []


async def test_what_fails_or_completes_after_the_baseline_is_told(following: Following) -> None:
    following.task("bad", outcome="failed", preloading_s=20)
    following.task("good", preloading_s=30)
    await following.subscribed()
    await following.goes_on(60)
    assert await following.notices() == [(*FAILED, "bad"), (*COMPLETED, "good")]
    assert following.told


async def test_what_is_created_later_is_told_though_it_was_never_seen_unfinished(
    following: Following,
) -> None:
    await following.subscribed()
    following.clock.pass_s(60)
    following.task("quick", pending_s=0, preloading_s=1)
    await following.goes_on(20)
    assert await following.notices() == [(*COMPLETED, "quick")]


async def test_what_is_wanted_anew_is_read_at_once_though_the_last_plan_took_long(
    following: Following,
) -> None:
    await following.subscribed()
    following.clock.look_s = 0.1
    for _ in range(2):
        await following.sweeps.turn()
        await following.sweeps.idle()
    other = subscription("sub2", domain="vip.example.com", created_at=following.clock.now())
    assert await following.store.subscriptions.add(other) is None
    await following.sweeps.turn()
    await following.sweeps.idle()
    assert following.calls()[-1]["DomainName"] == "vip.example.com"


async def test_a_change_while_the_bot_was_down_is_told_after_its_restart(
    following: Following,
) -> None:
    following.task("bad", outcome="failed", preloading_s=100)
    await following.subscribed()
    following.clock.pass_s(3600)
    following.sweeps = following.new_sweeps()
    await following.goes_on(20)
    assert await following.notices() == [(*FAILED, "bad")]


async def test_a_change_between_two_subscriptions_is_history(following: Following) -> None:
    following.task("bad", outcome="failed", preloading_s=100)
    of = await following.subscribed()
    await following.store.subscriptions.remove(of.id)
    await following.goes_on(3)
    following.clock.pass_s(3600)
    await following.subscribed()
    await following.goes_on(20)
    assert await following.notices() == []


async def test_a_change_between_two_subscriptions_is_history_though_a_watch_is_not_settled(
    following: Following,
) -> None:
    following.task("bad", outcome="failed", preloading_s=100)
    await following.subscribed()
    ended = await following.watched(f"rtmp://{DOMAIN}/live/bad")
    await following.store.watches.stop(ended.id, "U1", following.clock.ours())
    await following.store.subscriptions.remove("sub1")
    await following.goes_on(10)
    assert await following.store.follows.all()  # the watch's message may need it
    following.clock.pass_s(200)
    await following.subscribed()
    await following.goes_on(30)
    assert await following.notices() == []


@pytest.mark.long
async def test_what_happened_while_only_a_list_was_watched_is_history_after_a_crash_too(
    following: Following,
) -> None:
    task = following.task("watched", preloading_s=10_000)
    of = await following.subscribed()
    await following.watched(task.url)
    await following.goes_on(20)
    assert await following.store.subscriptions.remove(of.id)
    following.sweeps = following.new_sweeps()
    following.task("bad", outcome="failed", pending_s=0, preloading_s=0)
    await following.goes_on(60)
    following.clock.pass_s(600)
    again = subscription("sub2", domain=DOMAIN, created_at=following.clock.now())
    assert await following.store.subscriptions.add(again) is None
    await following.goes_on(2000)  # a whole sweep later
    assert await following.notices(NoticeKind.FAILURES) == []


async def test_a_failure_while_the_baseline_is_read_is_told_to_a_watch_that_was_there(
    following: Following,
) -> None:
    bad = following.task("bad", outcome="failed", preloading_s=60)
    of = await following.watched(bad.url)
    following.clock.pass_s(100)
    await following.subscribed()
    await following.goes_on(10)
    alerts = [notice for notice in await following.all_notices() if notice.thread == of.board_key]
    assert [notice.kind for notice in alerts] == [NoticeKind.ALERT, NoticeKind.VERDICT]


async def test_a_list_watch_asks_for_its_streams_and_for_what_is_new(following: Following) -> None:
    for number in range(250):
        following.task(f"other{number}", preloading_s=10_000)
    mine = following.task("mine", preloading_s=10_000)
    following.clock.pass_s(3600)
    await following.watched(mine.url)
    await following.goes_on(60)
    asked = [call.get("PlayUrl") for call in following.calls()]
    assert set(asked) == {None, mine.url}
    stored = await following.store.sightings.of_domain("default", DOMAIN)
    assert [seen.task.url for seen in stored] == [mine.url]
    assert len(asked) < 30


@pytest.mark.parametrize("typed", ["main?auth_key=1-0-0-f00d", "main"])
async def test_a_watch_knows_a_failure_under_a_newer_signature_than_it_was_asked_for(
    following: Following, typed: str
) -> None:
    following.task("main?auth_key=1-0-0-f00d", pending_s=0, preloading_s=0)
    following.clock.pass_s(600)
    newer = following.task(
        "main?auth_key=2-0-0-f00d", pending_s=0, preloading_s=0, outcome="failed"
    )
    for number in range(150):
        following.task(f"other{number}")
    following.clock.pass_s(1800)
    await following.watched(f"rtmp://{DOMAIN}/live/{typed}")
    stream = stream_of(newer.url)
    newest = await following.store.sightings.newest("default", DOMAIN, (stream,))
    assert newest[stream].task.task_id == newer.task_id


async def test_what_is_read_again_of_a_watch_is_stored_before_its_message_is_drawn_anew(
    following: Following,
) -> None:
    mine = following.task("mine", pending_s=10_000)
    await following.watched(mine.url)
    await following.goes_on(REDRAWN_S + 60)
    (seen,) = await following.store.sightings.of_domain("default", DOMAIN)
    assert following.clock.ours() - seen.observed_at < timedelta(seconds=REDRAWN_S)


async def test_a_list_watch_ends_though_our_clock_is_ahead_of_the_gateways(
    following: Following,
) -> None:
    following.clock.ahead = timedelta(hours=1)
    task = following.task("ready", preloading_s=0, pending_s=0)
    following.clock.pass_s(60)
    watch = await following.watched(task.url)
    await following.goes_on(20)
    ended = await following.store.watches.find(watch.id)
    assert ended is not None
    assert ended.ending is Ending.FINISHED


async def test_a_widened_watch_shows_its_new_streams_once_they_are_read(
    following: Following,
) -> None:
    a, b = (following.task(name, preloading_s=6000) for name in "ab")
    await following.watched(a.url)
    wish = Wish(Ask("default", DOMAIN, urls=(b.url,)))
    await following.store.watches.widen("watch1", lambda watch: widened(watch, wish))
    following.told.clear()
    await following.goes_on(3)
    watch = await following.store.watches.find("watch1")
    assert watch is not None
    assert watch.is_read
    newest = await following.store.sightings.newest("default", DOMAIN, tuple(watch.streams))
    assert newest.keys() == watch.streams.keys()
    assert following.told


async def test_a_widened_watch_does_not_end_before_what_is_new_was_asked_for(
    following: Following,
) -> None:
    a, b = (following.task(name, pending_s=0, preloading_s=0) for name in "ab")
    following.clock.pass_s(600)
    await following.subscribed()
    following.task("a", preloading_s=60)
    await following.watched(a.url, seconds=20)
    following.task("b", preloading_s=120)
    wish = Wish(Ask("default", DOMAIN, urls=(b.url,)))
    await following.store.watches.widen("watch1", lambda watch: widened(watch, wish))
    await following.goes_on(60)
    watch = await following.store.watches.find("watch1")
    assert watch is not None
    assert watch.ended_at is None
    await following.goes_on(120)
    watch = await following.store.watches.find("watch1")
    assert watch is not None
    assert watch.ending is Ending.FINISHED


async def test_what_was_seen_when_a_stream_was_followed_before_is_not_what_it_is_now(
    following: Following,
) -> None:
    task = following.task("cup", preloading_s=0)
    of = await following.subscribed()
    await following.goes_on(60)
    assert await following.store.subscriptions.remove(of.id)
    await following.goes_on(2)
    later = following.task("cup", outcome="failed")
    following.clock.pass_s(600)
    one = await following.watched(task.url, seconds=0)
    read, endings = [], []
    for _ in range(20):
        await following.goes_on(1)
        stored = await following.store.watches.find(one.id)
        newest = await following.store.sightings.newest("default", DOMAIN, list(one.streams))
        assert stored is not None
        read += [seen.key == later.task_id for seen in newest.values() if stored.is_read]
        endings.append(stored.ending)
    assert read
    assert all(read)
    assert endings[-1] is Ending.FINISHED


async def test_a_filter_watch_keeps_what_it_matched_and_takes_in_what_comes(
    following: Following,
) -> None:
    first = following.task("first", pending_s=0, preloading_s=100)
    following.clock.pass_s(10)
    await following.watched(status=StatusFilter.PRELOADING)
    await following.goes_on(120)
    second = following.task("second", pending_s=0, preloading_s=100)
    await following.goes_on(30)
    [of] = await following.store.watches.active()
    assert list(of.streams.values()) == [first.url, second.url]


async def test_a_reply_that_could_not_be_stored_is_read_again_and_told(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.task("bad", outcome="failed", preloading_s=30)
    await following.subscribed()
    real = Ledger.record
    refused: list[Turn] = []

    async def record(self: Ledger, turn: Turn) -> None:
        if turn.told and len(refused) < 2:
            refused.append(turn)
            raise StoreUnavailable("disk full")
        await real(self, turn)

    monkeypatch.setattr(Ledger, "record", record)
    await following.goes_on(70)
    assert len(refused) == 2
    assert await following.notices() == [(*FAILED, "bad")]


async def test_a_reply_that_we_fail_to_take_is_read_again_and_told(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.task("bad", outcome="failed", preloading_s=30)
    await following.subscribed()
    real = Ledger.record
    failed: list[Turn] = []

    async def record(self: Ledger, turn: Turn) -> None:
        if turn.told and not failed:
            failed.append(turn)
            raise OverflowError("date value out of range")
        await real(self, turn)

    monkeypatch.setattr(Ledger, "record", record)
    with capture_logs() as logs:
        await following.goes_on(70)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["reading crashed"]
    assert await following.notices() == [(*FAILED, "bad")]


async def test_a_domain_that_cannot_be_read_is_said_once_and_so_is_that_it_can_again(
    following: Following,
) -> None:
    following.task("bad", outcome="failed", preloading_s=200)
    await following.subscribed()
    with capture_logs() as logs:
        following.live.faults.inject(UNAVAILABLE)
        await following.goes_on(300)
        following.live.faults.clear()
        await following.goes_on(60)
    said = [line["event"] for line in logs if line["log_level"] != "debug"]
    assert said == ["domain not read", "domain read again"]
    kinds = [notice.kind for notice in await following.all_notices()]
    assert kinds == [NoticeKind.BLIND, NoticeKind.SIGHT, NoticeKind.FAILURES]


async def test_a_domain_that_fails_is_asked_less_and_less_often(following: Following) -> None:
    following.task("a", preloading_s=10_000)
    await following.subscribed()
    following.live.faults.inject(UNAVAILABLE)
    before = len(following.calls())
    await following.goes_on(300)
    assert len(following.calls()) - before < 80  # each tried a few times by the client itself


@pytest.mark.parametrize("step", [timedelta(hours=1), -timedelta(hours=1)])
async def test_nothing_is_lost_when_the_clock_is_set(following: Following, step: timedelta) -> None:
    following.task("bad", outcome="failed", preloading_s=100)
    await following.subscribed()
    await following.goes_on(20)
    following.clock.ahead = step
    await following.goes_on(150)
    assert await following.notices() == [(*FAILED, "bad")]


async def test_calls_are_evenly_spaced_and_no_more_than_set(following: Following) -> None:
    for number in range(1500):
        following.task(f"s{number}", preloading_s=10_000)
    following.live.arrivals.clear()
    began_s = following.clock.seconds
    await following.subscribed()
    calls = len(following.calls())
    assert calls >= 15
    assert calls <= 8 * (following.clock.seconds - began_s) + 1


async def test_what_nobody_follows_any_more_is_asked_about_no_more(following: Following) -> None:
    following.task("a", preloading_s=10_000)
    of = await following.subscribed()
    await following.store.subscriptions.remove(of.id)
    await following.goes_on(1)
    before = len(following.calls())
    await following.goes_on(60)
    assert len(following.calls()) == before
    assert await following.store.follows.find("default", DOMAIN) is None
