"""Leases on both databases: who does what, and who is refused."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StaleLease
from bot.store.leases import EVERY_S, LASTS_S, OUTBOX, SURE_S, Leases, share, sweep_of
from tests.stored import Clock, opened, subscription

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from pathlib import Path

    from bot.store import Store

NAMES = {OUTBOX, *(sweep_of("default", f"d{number}.example.com") for number in range(6))}
LONG = timedelta(seconds=LASTS_S)


class Time:
    """Both clocks of a process."""

    def __init__(self) -> None:
        self.wall = Clock()
        self.seconds = 100.0

    def pass_s(self, seconds: float) -> None:
        self.wall.now += timedelta(seconds=seconds)
        self.seconds += seconds

    def process(self, store: Store, holder: str) -> Leases:
        return Leases(store.database, now=self.wall, clock_s=lambda: self.seconds, holder=holder)


@asynccontextmanager
async def place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Store, Time]]:
    """A store whose clock, PostgreSQL's too, stands until it is moved."""
    time = Time()
    async with opened(folder) as store:

        async def now(*_: object) -> object:
            return time.wall.now

        monkeypatch.setattr(type(store.database), "time", now)
        # One process after another on SQLite is another matter: see below.
        monkeypatch.setattr(type(store.database), "is_shared", True)
        yield store, time


async def turns(*processes: Leases, times: int = 3) -> None:
    for _ in range(times):
        for process in processes:
            await process.turn()


async def wanting(process: Leases, names: Collection[str] = NAMES) -> Leases:
    await process.want("default", names)
    return process


@pytest.mark.usefixtures("engine")
async def test_one_process_does_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with place(tmp_path, monkeypatch) as (store, time):
        process = time.process(store, "a")
        assert not process.is_sure()
        assert await process.want("default", NAMES)
        assert process.held.keys() == NAMES
        assert process.is_sure()
        assert not await process.want("default", NAMES)


@pytest.mark.usefixtures("engine")
async def test_work_is_spread_evenly_among_those_that_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, monkeypatch) as (store, time):
        a = await wanting(time.process(store, "a"))
        b = await wanting(time.process(store, "b"))
        await turns(a, b)
        assert sorted(map(len, (a.held, b.held))) == [3, 4]
        assert OUTBOX in a.held  # that is not handed over for evenness
        async with await wanting(time.process(store, "c")) as c:
            await turns(a, b, c)
            assert sorted(map(len, (a.held, b.held, c.held))) == [2, 2, 3]
        await turns(a, b)  # at once: it has let go
        assert sorted(map(len, (a.held, b.held))) == [3, 4]
        assert not a.held.keys() & b.held.keys()


@pytest.mark.usefixtures("engine")
async def test_what_a_killed_process_did_is_taken_over_when_its_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, monkeypatch) as (store, time):
        a = await wanting(time.process(store, "a"))
        b = await wanting(time.process(store, "b"))
        await turns(a, b)
        killed, before = dict(a.held), b.held.keys()
        for _ in range(round(LASTS_S / EVERY_S) - 1):
            time.pass_s(EVERY_S)
            await b.turn()
            assert b.held.keys() == before
        time.pass_s(EVERY_S)
        await b.turn()
        assert b.held.keys() == NAMES
        assert all(b.held[name].token > lease.token for name, lease in killed.items())


@pytest.mark.usefixtures("engine")
async def test_one_that_was_stopped_is_not_sure_and_its_writes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, monkeypatch) as (store, time):
        a = await wanting(time.process(store, "a"))
        stale = a.held[OUTBOX]
        time.pass_s(SURE_S)
        assert not a.is_sure()
        # Nobody has taken it by now: what was begun may be written down.
        await store.fenced(stale).subscriptions.add(subscription("sub1"))
        time.pass_s(LASTS_S)
        b = await wanting(time.process(store, "b"))
        await b.turn()
        assert OUTBOX in b.held
        with pytest.raises(StaleLease, match=OUTBOX):
            await store.fenced(stale).subscriptions.remove("sub1")
        assert await store.subscriptions.find("sub1")
        await store.fenced(b.held[OUTBOX]).subscriptions.remove("sub1")
        assert await store.subscriptions.find("sub1") is None
        a.lost(stale)
        assert OUTBOX not in a.held


@pytest.mark.usefixtures("engine")
async def test_one_that_comes_back_before_another_took_its_work_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, monkeypatch) as (store, time):
        a = await wanting(time.process(store, "a"))
        held = a.held
        time.pass_s(3600)
        await a.turn()
        assert a.held == held
        assert a.is_sure()


@pytest.mark.usefixtures("engine")
async def test_after_an_outage_of_the_store_each_goes_on_with_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, monkeypatch) as (store, time):
        a = await wanting(time.process(store, "a"))
        b = await wanting(time.process(store, "b"))
        await turns(a, b)
        before = dict(a.held), dict(b.held)
        time.pass_s(60)
        await turns(a, b)
        assert (a.held, b.held) == before


@pytest.mark.usefixtures("engine")
async def test_what_nobody_wants_any_more_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, monkeypatch) as (store, time):
        a = await wanting(time.process(store, "a"))
        await a.want("default", {OUTBOX})
        await a.turn()
        assert a.held.keys() == {OUTBOX}
        # Whoever wants it again gets another token.
        first = a.held[OUTBOX].token
        async with a:
            await a.want("default", set())
            await a.turn()
        b = await wanting(time.process(store, "b"), {OUTBOX})
        assert b.held[OUTBOX].token == first + 1


async def test_a_new_process_on_a_file_has_all_at_once_though_the_last_was_killed(
    tmp_path: Path,
) -> None:
    time = Time()
    async with opened(tmp_path) as store:
        killed = await wanting(time.process(store, "killed"))
        new = time.process(store, "new")
        assert await new.want("outbox", {OUTBOX})
        assert await new.want("default", NAMES)
        assert new.held.keys() == NAMES
        with pytest.raises(StaleLease):
            await store.fenced(killed.held[OUTBOX]).subscriptions.remove("sub1")


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("engine")
async def test_processes_on_postgresql_go_by_its_clock(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        ahead = Time()
        ahead.pass_s(86_400)
        a = await wanting(Time().process(store, "a"))
        b = await wanting(ahead.process(store, "b"))
        await turns(a, b)
        assert sorted(map(len, (a.held, b.held))) == [3, 4]


@given(
    count=st.integers(0, 50),
    held=st.dictionaries(st.text("abcd", min_size=1), st.integers(0, 20), min_size=1),
)
def test_shares_are_even_and_come_to_the_whole(count: int, held: dict[str, int]) -> None:
    shares = {holder: share(count, held, holder) for holder in held}
    assert sum(shares.values()) == count
    assert max(shares.values()) - min(shares.values()) <= 1
    most = max(shares.values())
    if Counter(shares.values())[most] < len(held):
        # What is left over is of those that hold the most.
        assert min(held[one] for one in held if shares[one] == most) >= max(
            held[one] for one in held if shares[one] < most
        )
