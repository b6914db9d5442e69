"""Two worker processes on a real PostgreSQL: one is killed, or stopped while it has the work."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from itertools import pairwise
from signal import SIGKILL
from typing import TYPE_CHECKING

import pytest

from tests.chaos.killing import Outcome
from tests.chaos.ordeal import (
    DOMAINS,
    Scene,
    asked_for,
    comes_to_rest,
    environment,
    peopled,
    play,
)
from tests.chaos.replicas import Replica, balanced, running
from tests.chaos.world import staged, utc_now
from tests.engines import new_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tests.servers import Postgres

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

TAKEOVER_S = 15.0
READ_EVERY_S = 5.0
"""A domain in which something goes on is read so often, and more."""
STOPPED_S = 20.0
LASTS_S = 60.0


@asynccontextmanager
async def at_work(server: Postgres) -> AsyncIterator[tuple[Scene, Sequence[Replica], Outcome]]:
    """A web process and two workers, with tasks that change from now on."""
    outcome = Outcome()
    async with staged(seed=1, now=utc_now, monotonic=time.monotonic) as stage:
        author = peopled(stage, 1)
        settings = environment(stage) | {"DATABASE_URL": await new_database(server)}
        web, *workers = [
            Replica(role, settings, outcome, lambda: False) for role in ("web", "worker", "worker")
        ]
        async with balanced([web]) as stage.slack.request_url, running([web, *workers]):
            scene = await asked_for(stage, author)
            author.start = utc_now()
            play(author, scene.watched, tasks=300, lasts_s=LASTS_S)
            yield scene, workers, outcome


async def put_through(server: Postgres, deed: Callable[[Replica], bool]) -> None:
    """Do it to each of the workers; each domain is read on, and each thing told once."""
    async with at_work(server) as (scene, workers, outcome):
        since_s = time.monotonic()
        for worker in workers:  # one of them delivers
            await asyncio.sleep(5)
            assert deed(worker)
            await asyncio.sleep(STOPPED_S)
        until_s = time.monotonic()
        await comes_to_rest(scene, outcome, rests_s=90)
        assert outcome.report.is_clean, str(outcome.report)
        for domain in DOMAINS:
            calls_s = [
                call.at
                for call in scene.stage.live.arrivals
                if call.parameters.get("DomainName") == domain and since_s < call.at < until_s
            ]
            longest_s = max(after - before for before, after in pairwise(calls_s))
            assert longest_s < TAKEOVER_S + READ_EVERY_S


async def test_what_a_killed_worker_did_is_taken_over(postgres_server: Postgres) -> None:
    await put_through(postgres_server, lambda worker: worker.send(SIGKILL))


async def test_a_worker_that_was_stopped_does_no_harm_when_it_wakes(
    postgres_server: Postgres,
) -> None:
    await put_through(postgres_server, lambda worker: worker.stop(STOPPED_S))
