from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from bot.record import Deed, Entry, Outcome
from bot.watch.model import Alarm, Seen
from tests.stored import (
    DOMAIN,
    NOW,
    SOON,
    alert,
    board,
    opened,
    sent,
    subscription,
    task,
    told,
    turn,
    watch,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store import Store

GROWING = ("notices", "told", "sightings", "watches", "alarms", "asks", "record", "exports")


async def use(store: Store) -> None:
    """What goes on again and again while the bot runs."""
    await store.subscriptions.add(subscription())
    await store.watches.add(watch(), board(watch()))
    await sent(store)
    streams = frozenset({watch().id})
    alarm = Alarm("sub1", task().stream, task(), NOW, SOON)
    seen = Seen(task(), NOW, NOW)
    everything = turn(
        told(1),
        alert(watch()),
        seen=(seen,),
        alarms=(alarm,),
        quiet=(("sub1", "other"),),
        watches=(watch(),),
        redrawn=streams,
    )
    await store.ledger.record(everything)
    await store.ledger.record(everything)
    await store.notices.next_due(NOW)
    posted = await sent(store)
    await store.alarms.see(posted.key, "U1")
    await store.alarms.of_notice(posted.key)
    await store.alarms.of_account("default")
    await store.exports.begin("export1", "T1", "U1", most=3)
    await store.exports.is_cancelled("export1")
    await store.exports.cancel("export1", "U1")
    await store.exports.end("export1")
    await store.notices.interrupted()
    await store.notices.by_key(posted.key)
    await store.notices.recent("T1", "C1", 10)
    await store.sightings.of_domain("default", DOMAIN)
    await store.sightings.newest("default", DOMAIN, [task().stream])
    await store.watches.active()
    await store.watches.of_team("T1")
    await store.watches.of_channel("T1", "C1")
    await store.watches.outdated(10)
    await store.watches.drawn("watch1", 1, NOW)
    await store.watches.lost("watch1")
    await store.watches.stop("watch1", "U1", NOW)
    await store.subscriptions.remove("sub1")
    await store.notices.prune(NOW)
    await store.sightings.prune(NOW)
    await store.watches.prune(NOW)
    number = await store.record.begin(Entry(0, NOW, "T1", "C1", "U1", Deed.WATCH))
    await store.record.end(number, Outcome.DONE, {})
    assert [one.id async for one in store.record.latest("T1")] == [number]
    await store.record.prune(NOW)


async def test_nothing_that_is_done_often_reads_the_whole_of_a_growing_table(
    tmp_path: Path,
) -> None:
    done: list[tuple[str, Any]] = []

    def note(*details: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        _, _, statement, parameters, _, many = details
        done.append((statement, parameters[0] if many else parameters))

    async with opened(tmp_path) as store:
        event.listen(store.database._engine.sync_engine, "before_cursor_execute", note)
        await use(store)
        event.remove(store.database._engine.sync_engine, "before_cursor_execute", note)
        scans = []
        async with store.database.reading() as connection:
            for statement, parameters in done:
                if not statement.startswith("BEGIN"):
                    plan = await connection.exec_driver_sql(
                        f"EXPLAIN QUERY PLAN {statement}", parameters
                    )
                    scans += [
                        (row.detail, statement)
                        for row in plan
                        if row.detail.startswith(tuple(f"SCAN {name}" for name in GROWING))
                    ]
    # In the order they are to be drawn: the versions stand in the index, beside that order.
    in_order = [one for one in scans if one[0] == "SCAN watches USING INDEX watches_drawn"]
    assert len(in_order) == 1
    assert [one for one in scans if one not in in_order] == []
