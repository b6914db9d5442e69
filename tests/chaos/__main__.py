"""Chaos by hand: `python -m tests.chaos --kills 200 --seed 1`, `--crossings`, or `--replicas`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from tests.chaos import clock
from tests.chaos.border import Border
from tests.chaos.judge import Report
from tests.chaos.killing import Ordeal
from tests.chaos.ordeal import endured
from tests.chaos.replicas import Trial, tried
from tests.chaos.scripted import evening, theatre

TASKS = 2_000
REPLICAS_TASKS = 5_000
PER_S = 10
S_A_KILL = 3.0
"""How long the bot lives before it is killed, on average, its start included."""


def main() -> int:
    """Do what the arguments say; 1 where anything was lost, doubled or wrong, or never at rest."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="of the process, by SIGKILL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tasks", type=int, help="that change meanwhile")
    parser.add_argument("--replicas", action="store_true", help="four, on PostgreSQL and Valkey")
    parser.add_argument("--lasts", type=float, default=240.0, help="seconds, with --replicas")
    parser.add_argument("--crossings", action="store_true", help="die once at every crossing")
    parser.add_argument("--every", type=int, default=1, help="only at each n-th crossing")
    parser.add_argument("--first", type=int, default=1, help="from that crossing on")
    parser.add_argument("--log", type=Path, help="where the processes' log is written")
    given = parser.parse_args()
    if given.crossings:
        return crossed(given.first, given.every)
    return shared(given) if given.replicas else killed(given)


def killed(given: argparse.Namespace) -> int:
    """Kill the process so often."""
    ordeal = Ordeal(
        seed=given.seed,
        kills=given.kills,
        tasks=given.tasks or TASKS,
        lasts_s=max(30.0, given.kills * S_A_KILL),
        late=given.kills // 10,
    )
    with TemporaryDirectory(prefix="preload-bot-chaos-") as folder:
        outcome = asyncio.run(endured(ordeal, Path(folder), say=say))
    if given.log:
        given.log.write_text("".join(outcome.log))
    say(f"{len(outcome.kills)} kills, rested after {outcome.rested_s} s; ends {outcome.ended}")
    say(str(outcome.report))
    return int(outcome.rested_s is None)


def shared(given: argparse.Namespace) -> int:
    """Deal with four processes and their servers."""
    trial = Trial(seed=given.seed, tasks=given.tasks or REPLICAS_TASKS, lasts_s=given.lasts)
    with TemporaryDirectory(prefix="preload-bot-chaos-") as folder:
        ended = asyncio.run(tried(trial, Path(folder), say=say))
    if given.log:
        given.log.write_text("".join(ended.log))
    say(f"{Counter(ended.kills)}, rested after {ended.rested_s} s; ends {ended.ended}")
    say(f"busiest second {ended.busiest} with Valkey, {ended.busiest_ever} in all")
    say(str(ended.report))
    return int(ended.rested_s is None or ended.busiest > PER_S or bool(ended.ended))


def crossed(first: int, every: int) -> int:
    """Die at crossings of the script, once at each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    border = Border()
    failed, count = _dies(border), len(border.crossings)
    say(f"{count} crossings")
    for fatal in range(first, count + 1, every):
        failed += _dies(Border(fatal, late_s=(0.0, 3.0, 9.5)[fatal // every % 3]))
    say(f"{failed} went wrong")
    return int(failed > 0)


def _dies(border: Border) -> int:
    async def played() -> Report:
        async with theatre(border=border) as stage:
            await evening(stage)
            return stage.judged()

    try:
        report = clock.run(played)
    except ExceptionGroup as errors:
        report = Report(wrong=[repr(error) for error in errors.exceptions])
    if not report.is_clean:
        say(f"{border}: {report}")
    return int(not report.is_clean)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
