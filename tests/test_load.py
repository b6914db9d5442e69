"""A crowd, but a small one: how fast it is answered is no test's business."""

from __future__ import annotations

import pytest

from tests.load import run


@pytest.mark.long
@pytest.mark.parametrize("api_hangs", [False, True])
async def test_everybody_in_a_crowd_is_answered_or_told(*, api_hangs: bool) -> None:
    seen = await run(people=30, seconds=6, each=20, api_hangs=api_hangs)
    assert not seen.failures
    assert len(seen.acknowledged_s) > 60
    assert seen.answered_s[True]
    assert seen.answered_s[False]
    assert bool(seen.told) is api_hangs
