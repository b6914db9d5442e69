"""Four processes and their servers are ill-treated while hundreds of tasks change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.replicas import Trial, tried

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_whatever_becomes_of_the_processes_each_change_is_told_once(tmp_path: Path) -> None:
    ended = await tried(Trial(seed=1, tasks=1_000, lasts_s=75), tmp_path)
    assert ended.report.is_clean, f"{ended.kills}: {ended.report}"
    assert ended.rested_s is not None
    assert not ended.ended
    assert len(ended.kills) >= 20
    assert 0 < ended.busiest <= 10
