"""The benchmarks give figures; how good those are is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.bench.figures import Figure, table

FAST = Figure("client", "a call", 2.0, "ms", "a bare one", 4.0, ratio_at_most=0.6)
SLOW = Figure("answers", "a rate", 2.0, "/s", "another", 4.0, ratio_at_least=1.5)
BOUND = Figure("quota", "busiest second", 11, "calls", "none", 11, at_most=10)
FREE = Figure("memory", "resident", 11, "MiB", "before", 10)

MEASURED = {
    "client": {"µs": 12},
    "answers": {"/s": 3, "ms": 1},
    "quota": {"calls": 5, "calls/s": 5},
    "sharing": {"µs": 2},
    "memory": {"MiB": 2},
    "watching": {"calls": 1, "s": 1, "ms": 1},
    "sweeping": {"calls": 2, "s": 2, "ms": 2, "MiB": 2},
    "starting": {"s": 1},
    "replicas": {"/s": 1},
}


def test_a_goal_is_for_the_ratio_or_for_the_value() -> None:
    assert [one.is_met for one in (FAST, SLOW, BOUND, FREE)] == [True, False, False, None]
    assert [one.goal for one in (FAST, SLOW, BOUND, FREE)] == [
        "ratio ≤ 0.6",
        "ratio ≥ 1.5",
        "≤ 10",
        "",
    ]


def test_the_table_shows_each_figure_beside_its_baseline() -> None:
    lines = table([FAST, SLOW, BOUND, FREE]).splitlines()
    assert " ".join(lines[1].split()) == "client a call 2 ms a bare one 4 ms 0.5 ratio ≤ 0.6 met"
    assert lines[2].endswith("MISSED")
    assert lines[4].endswith("1.1")


@pytest.mark.long
@pytest.mark.parametrize("area", MEASURED)
def test_a_quick_run_measures_everything_once(area: str) -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", area]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    shown, _, _ = ran.stdout.partition("\n{")
    figures = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    units = [figure["unit"] for figure in figures]
    assert {unit: units.count(unit) for unit in units} == MEASURED[area]
    for figure in figures:
        assert figure["area"] == area
        assert figure["name"] in shown
        assert figure["value"] > 0
        assert figure["ratio"] == pytest.approx(figure["value"] / figure["baseline_value"])
        assert figure["met"] is None or figure["goal"]
