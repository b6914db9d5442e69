"""The process is killed thirty times while two thousand tasks change: nothing lost, none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.killing import Ordeal
from tests.chaos.ordeal import endured

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_after_thirty_kills_each_change_was_told_once(tmp_path: Path) -> None:
    ordeal = Ordeal(seed=1)
    outcome = await endured(ordeal, tmp_path)
    assert outcome.report.is_clean, f"{outcome.kills}: {outcome.report}"
    assert outcome.rested_s is not None
    assert not outcome.ended
    assert len(outcome.kills) == ordeal.kills
