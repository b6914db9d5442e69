"""Four processes and their servers are ill-treated while hundreds of tasks change."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.chaos.replicas import Trial, tried


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_whatever_becomes_of_the_processes_each_change_is_told_once() -> None:
    # Not in pytest's own folder: another run of pytest's would close that to all but its user.
    with TemporaryDirectory(prefix="preload-bot-chaos-") as folder:
        ended = await tried(Trial(seed=1, tasks=1_000, lasts_s=75), Path(folder))
    assert ended.report.is_clean, f"{ended.kills}: {ended.report}"
    assert ended.rested_s is not None
    assert not ended.ended
    assert len(ended.kills) >= 20
    assert 0 < ended.busiest <= 10
