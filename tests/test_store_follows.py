from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.watch.model import Followed
from bot.watch.notices import Turn
from tests.stored import DOMAIN, NOW, SOON, opened

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("engine")

BLIND = Followed(
    "default",
    DOMAIN,
    baseline_at=NOW,
    created_until=SOON,
    read_at=SOON,
    failing_since=NOW,
    failure="Throttling.User",
    is_blind=True,
)
NEW = Followed("default", "other.example.com")


async def test_how_far_a_domain_has_come_is_there_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.ledger.record(Turn(Followed("default", DOMAIN)))
        await store.ledger.record(Turn(BLIND))
        await store.ledger.record(Turn(NEW))
    async with opened(tmp_path) as store:
        assert await store.follows.all() == (BLIND, NEW)
        assert await store.follows.find("default", DOMAIN) == BLIND
        assert await store.follows.find("second", DOMAIN) is None


async def test_a_domain_that_is_forgotten_begins_anew(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.ledger.record(Turn(BLIND))
        await store.ledger.record(Turn(NEW))
        await store.follows.forget("default", DOMAIN)
        assert await store.follows.all() == (NEW,)
