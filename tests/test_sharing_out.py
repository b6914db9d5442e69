"""Sweeps by several processes on one store: each domain is read by one, whoever comes and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.store.database import Database
from bot.store.leases import EVERY_S
from bot.watch.notices import NoticeKind
from tests.stored import subscription
from tests.test_loop import Following, followed

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from bot.store.leases import Leases
    from bot.watch.loop import Sweeps

DOMAINS = [f"d{number}.example.com" for number in range(4)]
TAKEOVER_S = 15


class Process:
    """Sweeps, and the leases they go by."""

    def __init__(self, following: Following) -> None:
        self.leases: Leases = following.new_leases()
        self.sweeps: Sweeps = following.new_sweeps(self.leases)

    @property
    def domains(self) -> set[str]:
        return {name.rpartition(":")[2] for name in self.leases.held}


@pytest.fixture(autouse=True)
def _as_where_several_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file as if it were no process's alone: its clock is the test's."""
    monkeypatch.setattr(Database, "is_shared", True)


async def go_on(following: Following, processes: Collection[Process], seconds: int) -> None:
    """Let time pass, a second at a time, for those that are not stopped."""
    for second in range(seconds):
        for process in processes:
            if second % EVERY_S == 0:
                await process.leases.turn()
            await process.sweeps.turn()
            await process.sweeps.idle()
        following.clock.pass_s(1)


async def subscribed(following: Following) -> None:
    for number, domain in enumerate(DOMAINS):
        following.live.world.add(f"rtmp://{domain}/live/old", outcome="complete")
        of = subscription(f"sub{number}", domain=domain, created_at=following.clock.now())
        assert await following.store.subscriptions.add(of) is None


async def fail(following: Following) -> None:
    """A stream of each domain fails."""
    for domain in DOMAINS:
        following.live.world.add(
            f"rtmp://{domain}/live/{domain[:2]}", outcome="failed", pending_s=0, preloading_s=0
        )


async def told(following: Following) -> list[str]:
    """The streams that were told to have failed, each as often as that."""
    return sorted(name for *_, name in await following.notices(NoticeKind.FAILURES))


async def test_each_domain_is_read_by_one_and_all_are(tmp_path: Path) -> None:
    async with followed(tmp_path) as following:
        await subscribed(following)
        one, other = Process(following), Process(following)
        await go_on(following, (one, other), 20)
        assert {len(one.domains), len(other.domains)} == {2}
        assert one.domains | other.domains == set(DOMAINS)
        before = len(following.live.arrivals)
        await go_on(following, (one, other), 30)
        both = len(following.live.arrivals) - before
        async with other.leases:
            pass  # it ends
        before = len(following.live.arrivals)
        await go_on(following, (one,), 30)
        assert one.domains == set(DOMAINS)
        assert both <= len(following.live.arrivals) - before + 2 * len(DOMAINS)


async def test_what_fails_is_told_once_whoever_is_stopped_and_wakes(tmp_path: Path) -> None:
    async with followed(tmp_path) as following:
        await subscribed(following)
        stopped, other = Process(following), Process(following)
        await go_on(following, (stopped, other), 20)
        await fail(following)
        await go_on(following, (other,), TAKEOVER_S + 10)
        assert other.domains == set(DOMAINS)
        assert await told(following) == ["d0", "d1", "d2", "d3"]
        # It wakes, and still takes all for its own that it had.
        assert stopped.domains
        await stopped.sweeps.turn()
        await stopped.sweeps.idle()
        assert not stopped.domains  # it was refused what it would have written
        await go_on(following, (stopped, other), 30)
        assert await told(following) == ["d0", "d1", "d2", "d3"]
        assert len(stopped.domains) == len(other.domains) == 2
        assert not stopped.domains & other.domains


async def test_what_nobody_follows_any_more_is_forgotten_once_by_whoever_had_it(
    tmp_path: Path,
) -> None:
    async with followed(tmp_path) as following:
        await subscribed(following)
        both = Process(following), Process(following)
        await go_on(following, both, 20)
        for number in range(len(DOMAINS)):
            await following.store.subscriptions.remove(f"sub{number}")
        await go_on(following, both, 10)
        assert await following.store.follows.all() == ()
        assert not both[0].domains | both[1].domains
