"""The bot dies at each crossing of its border; in the end each notice stands there once."""

from __future__ import annotations

import random
from functools import partial

import pytest

from tests.chaos import clock
from tests.chaos.border import Border
from tests.chaos.scripted import Theatre, evening, theatre

pytestmark = pytest.mark.long

SAMPLE = 25
"""How many of the crossings are tried here; `python -m tests.chaos --crossings` tries all."""

FEWER = 5
"""By so many crossings earlier the bot dies where the evening ended before it did."""


async def played(border: Border) -> tuple[Theatre, str]:
    async with theatre(border=border) as stage:
        await evening(stage)
        report = stage.judged()
    return stage, "" if report.is_clean else str(report)


@pytest.fixture(scope="module")
def crossings() -> list[str]:
    border = Border()
    _, wrong = clock.run(lambda: played(border))
    assert not wrong
    return border.crossings


def test_where_nothing_goes_wrong_each_notice_stands_there_once(crossings: list[str]) -> None:
    kinds = {" ".join(one.split()[:2]) for one in crossings}
    assert {"before a", "after a", "live arrives", "slack chat.postMessage"} <= kinds
    assert "slack chat.update arrives" in crossings


@pytest.mark.parametrize("sample", range(SAMPLE))
def test_after_a_death_at_a_crossing_each_notice_stands_there_once(
    crossings: list[str], sample: int
) -> None:
    chance = random.Random(sample)
    # each from its own part of the evening, so that all parts are tried
    fatal = int((sample + chance.random()) * len(crossings) / SAMPLE) + 1
    late_s, lives = chance.choice((0.0, 3.0, 9.5)), 1
    while lives == 1:  # an evening may have a few crossings fewer, and end before that one
        border = Border(fatal, late_s=late_s)
        stage, wrong = clock.run(partial(played, border))
        assert not wrong, f"{border}: {wrong}"
        lives, fatal = stage.lives, fatal - FEWER
        assert fatal > 0
