from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.live.model import StatusFilter
from bot.watch.model import ChangeKind, Followed, Seen
from bot.watch.notices import Turn
from tests.stored import DOMAIN, NOW, SOON, opened, task, turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store import Store

pytestmark = pytest.mark.usefixtures("engine")

HOUR = timedelta(hours=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


def seen(number: int = 1, **more: object) -> Seen:
    return Seen(task(number, **more), observed_at=NOW, progressed_at=NOW - HOUR)


async def of_domain(store: Store) -> list[str]:
    return [one.key for one in await store.sightings.of_domain("default", DOMAIN)]


async def test_what_was_seen_is_found_whole(store: Store) -> None:
    whole = Seen(
        task(
            area="global",
            window_start=SOON,
            window_end=SOON + HOUR,
            process=62.5,
            description="Successfully",
            found_as=StatusFilter.PRELOADING,
        ),
        observed_at=SOON,
        progressed_at=NOW,
        said=frozenset({ChangeKind.STUCK, ChangeKind.WINDOW_SOON}),
    )
    bare = Seen(task(2, task_id="", created=None, status=""), NOW, NOW)
    await store.ledger.record(turn(seen=(whole, bare)))
    assert await store.sightings.of_domain("default", DOMAIN) == (bare, whole)


async def test_what_is_seen_later_takes_the_place_of_what_was_seen_before(store: Store) -> None:
    await store.ledger.record(turn(seen=(seen(1), seen(2))))
    later = Seen(task(1, status="complete"), SOON, SOON)
    await store.ledger.record(turn(seen=(later,)))
    assert await store.sightings.of_domain("default", DOMAIN) == (later, seen(2))


async def test_of_what_is_as_it_was_the_times_are_written_and_nothing_else(store: Store) -> None:
    first, second = seen(1), seen(2)
    await store.ledger.record(turn(seen=(first, second)))
    again = replace(first, observed_at=SOON, progressed_at=NOW)
    await store.ledger.record(turn(again=(again,)))
    assert await store.sightings.of_domain("default", DOMAIN) == (again, second)


async def test_tasks_are_those_of_one_account_and_domain(store: Store) -> None:
    await store.ledger.record(turn(seen=(seen(1),)))
    await store.ledger.record(Turn(Followed("second", DOMAIN), seen=(seen(2),)))
    await store.ledger.record(Turn(Followed("default", "other.example.com"), seen=(seen(3),)))
    assert await of_domain(store) == ["task-1"]


async def test_of_a_domain_what_is_unfinished_or_lately_seen_may_be_read_alone(
    store: Store,
) -> None:
    old, stale, fresh = seen(1), seen(2, status="pending"), Seen(task(3), SOON, SOON)
    await store.ledger.record(turn(seen=(old, stale, fresh)))
    found = await store.sightings.of_domain("default", DOMAIN, since=SOON)
    assert set(found) == {stale, fresh}


async def test_of_each_stream_the_newest_task_is_found(store: Store) -> None:
    url = task(1).url
    retried = seen(9, url=url, created=NOW + HOUR)
    older = seen(8, url=url, created=NOW - HOUR)
    undated = seen(7, url=url, created=None)
    await store.ledger.record(turn(seen=(retried, seen(1), older, undated, seen(2), seen(3))))
    streams = [task(1).stream, task(2).stream, "rtmp://live.example.com/app/never"]
    assert await store.sightings.newest("default", DOMAIN, streams) == {
        task(1).stream: retried,
        task(2).stream: seen(2),
    }
    assert await store.sightings.newest("second", DOMAIN, streams) == {}
    assert await store.sightings.newest("default", DOMAIN, []) == {}


async def test_of_a_streams_tasks_of_one_second_the_one_that_is_behind_is_the_newest(
    store: Store,
) -> None:
    url = task(1).url
    behind = seen(1, url=url, status="failed")
    ready = seen(2, url=url, status="complete")
    older = seen(3, url=url, status="failed", created=NOW - HOUR)
    await store.ledger.record(turn(seen=(ready, behind, older)))
    assert await store.sightings.newest("default", DOMAIN, [task(1).stream]) == {
        task(1).stream: behind
    }


async def test_a_task_without_a_creation_time_is_its_streams_if_it_is_the_only_one(
    store: Store,
) -> None:
    await store.ledger.record(turn(seen=(seen(created=None),)))
    found = await store.sightings.newest("default", DOMAIN, [task().stream])
    assert found == {task().stream: seen(created=None)}


async def test_more_streams_than_a_statement_takes_are_found(store: Store) -> None:
    all_ = tuple(seen(number) for number in range(1200))
    await store.ledger.record(turn(seen=all_))
    streams = [one.task.stream for one in all_]
    assert len(await store.sightings.newest("default", DOMAIN, streams)) == 1200


async def test_what_was_last_seen_long_ago_is_forgotten_a_bounded_number_at_once(
    store: Store,
) -> None:
    old = tuple(seen(number) for number in range(1500))
    await store.ledger.record(turn(seen=(*old, Seen(task(2000), SOON, NOW))))
    assert [await store.sightings.prune(SOON) for _ in range(3)] == [1000, 500, 0]
    assert await of_domain(store) == ["task-2000"]
