from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bot.errors import StoreUnavailable
from bot.store import Store
from bot.watch.model import Alarm, ChangeKind, Seen
from bot.watch.notices import NoticeKind, NoticeState
from tests.stored import (
    DOMAIN,
    NOW,
    SOON,
    Clock,
    board,
    change,
    opened,
    sent,
    subscription,
    task,
    told,
    turn,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.watch.notices import Told, Turn


def whole(*numbers: int) -> Turn:
    """A turn with some of everything."""
    return replace(
        turn(*map(told, numbers), redrawn=frozenset({"watch1"})),
        seen=tuple(Seen(task(number), NOW, NOW) for number in numbers),
        alarms=tuple(Alarm("sub1", task(n).stream, task(n), NOW, SOON) for n in numbers),
        watches=(replace(watch(), streams={task(n).stream: task(n).url for n in numbers}),),
    )


def everything(file: Path) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with closing(sqlite3.connect(file)) as reader:
        tables = reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: reader.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - its own names
            for (name,) in tables
        }


async def prepared(store: Store) -> None:
    await store.subscriptions.add(subscription())
    await store.watches.add(watch(), board(watch()))
    await sent(store)


@pytest.mark.usefixtures("engine")
async def test_a_turn_is_written_whole(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await prepared(store)
        await store.ledger.record(whole(1, 2))
        assert len(await store.follows.all()) == 1
        assert len(await store.sightings.of_domain("default", DOMAIN)) == 2
        assert len(await store.alarms.of_account("default")) == 2
        ((outdated, _, _, _),) = await store.watches.outdated(1)
        assert list(outdated.streams) == [task(1).stream, task(2).stream]
        assert (await sent(store)).changes == (change(1), change(2))


@pytest.mark.usefixtures("engine")
async def test_a_turn_written_again_tells_nothing_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await prepared(store)
        await store.ledger.record(whole(1, 2))
        first = await sent(store)
        await store.ledger.record(whole(1, 2))
        assert await store.notices.due(NOW, limit=10) == ()
        assert first.changes == (change(1), change(2))


async def test_a_locked_store_takes_nothing_of_a_turn(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    async with Store.open(f"sqlite:///{file}", busy_timeout_s=0.01) as store:
        await prepared(store)
        before = everything(file)
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="database is locked"):
                await store.ledger.record(whole(1, 2))
        assert everything(file) == before
        await store.ledger.record(whole(1, 2))
        assert len(await store.notices.due(NOW, limit=10)) == 1


async def test_a_full_disk_takes_nothing_of_a_turn_and_names_no_secret(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await prepared(store)
        before = everything(tmp_path / "store.sqlite3")
        async with store.database.reading() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar() or 0
            # Room for the state, and for some of what is to be told.
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 40}")
        with pytest.raises(StoreUnavailable, match="database or disk is full") as caught:
            await store.ledger.record(whole(*range(200)))
        assert everything(tmp_path / "store.sqlite3") == before
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_turn_that_is_refused_half_way_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await prepared(store)
        before = everything(tmp_path / "store.sqlite3")
        async with store.database.writing() as connection:
            await connection.exec_driver_sql(
                "CREATE TRIGGER refusing BEFORE INSERT ON told BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        with pytest.raises(StoreUnavailable, match="no"):
            await store.ledger.record(whole(1))
    assert everything(tmp_path / "store.sqlite3") == before


@asynccontextmanager
async def counted(store: Store) -> AsyncIterator[list[str]]:
    """The statements that go to the driver, each at the price of a step into its thread."""
    statements: list[str] = []

    def note(*details: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        statements.append(details[2])

    engine = store.database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def test_a_flood_takes_few_statements(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await prepared(store)
        async with counted(store) as few:
            await store.ledger.record(whole(*range(2)))
        async with counted(store) as many:
            await store.ledger.record(whole(*range(10, 2010)))
        assert len(many) - len(few) < 20
        flood = await sent(store)
        assert len(flood.changes) == 2002


@pytest.mark.usefixtures("engine")
async def test_a_flood_over_many_channels_is_told_in_each(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        spread = [
            told(number, source=f"sub{number}", channel_id=f"C{number % 700}")
            for number in range(1400)
        ]
        async with counted(store) as statements:
            await store.ledger.record(turn(*spread))
        assert len(statements) < 25
        assert len(await store.notices.due(NOW, limit=1000)) == 700
        assert (await store.notices.counts())["open"] == 1400


class Delivery:
    """An outbox that is clumsy on purpose: every step is somebody else's choice."""

    def __init__(self, store: Store, sent_as: dict[int, tuple[str, ...]]) -> None:
        self.store = store
        self.sent_as = sent_as

    async def claim(self) -> None:
        for due in await self.store.notices.due(SOON, limit=10):
            notice = await self.store.notices.claim(due.id, SOON)
            assert notice is not None
            told_now = tuple(one.task.task_id for one in notice.changes)
            assert told_now
            # A message that was sent is never sent with other contents.
            assert self.sent_as.setdefault(notice.id, told_now) == told_now

    async def settle(self, outcome: str) -> None:
        for notice in await self.store.notices.recent("T1", None, 1000):
            if notice.state is NoticeState.SENDING:
                if outcome == "posted":
                    await self.store.notices.posted(notice, str(notice.id), SOON)
                elif outcome == "unsure":
                    await self.store.notices.unsure(notice.id, SOON)
                else:
                    await self.store.notices.again(notice.id, SOON, "ratelimited")

    async def drain(self) -> None:
        await self.store.notices.interrupted()
        while await self.store.notices.due(SOON, limit=1):
            await self.claim()
            await self.settle("posted")


_NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=6)
_KINDS = st.sampled_from([NoticeKind.FAILURES, NoticeKind.CHANGES])
_STEPS = st.one_of(
    st.tuples(st.just("record"), _KINDS, _NUMBERS),
    st.tuples(st.sampled_from(["claim", "posted", "unsure", "again", "crash"])),
)


@given(steps=st.lists(_STEPS, max_size=25))
@settings(max_examples=40)
async def test_every_change_is_in_exactly_one_notice(steps: list[tuple[Any, ...]]) -> None:
    wanted: set[str] = set()
    with TemporaryDirectory() as name:
        folder, sent_as = Path(name), dict[int, tuple[str, ...]]()
        runs = _between_crashes(steps)
        for number, run in enumerate(runs, start=1):
            async with opened(folder, Clock()) as store:
                delivery = Delivery(store, sent_as)
                await store.notices.interrupted()
                for step, *details in run:
                    if step == "record":
                        kind, numbers = details
                        all_ = [_of_kind(kind, number) for number in numbers]
                        await store.ledger.record(turn(*all_))
                        wanted.update(one.key for one in all_)
                    elif step == "claim":
                        await delivery.claim()
                    else:
                        await delivery.settle(step)
                if number == len(runs):
                    await delivery.drain()
                    notices = await store.notices.recent("T1", None, 1000)
    assert {notice.state for notice in notices} <= {NoticeState.POSTED}
    found = Counter(
        f"{notice.kind}:{one.task.task_id}" for notice in notices for one in notice.changes
    )
    assert found == Counter(wanted)
    assert {notice.id: tuple(one.task.task_id for one in notice.changes) for notice in notices} == (
        sent_as
    )


def _of_kind(kind: NoticeKind, number: int) -> Told:
    what = ChangeKind.FAILED if kind is NoticeKind.FAILURES else ChangeKind.COMPLETED
    due_at = NOW if kind is NoticeKind.FAILURES else SOON - timedelta(seconds=number % 3)
    key = f"{kind}:{task(number).task_id}"
    return told(number, kind=kind, key=key, due_at=due_at, change=change(number, what))


def _between_crashes(steps: list[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    runs: list[list[tuple[Any, ...]]] = [[]]
    for step in steps:
        if step[0] == "crash":
            runs.append([])
        else:
            runs[-1].append(step)
    return runs
