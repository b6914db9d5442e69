"""`python -m tests.bench`: measure, print a table, then each figure as a line of JSON.

Every figure stands beside a baseline measured in the same run, so that what counts, the ratio,
holds on any machine. Everything is on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import logging

import structlog

from tests.bench import (
    answers,
    client,
    memory,
    quota,
    replicas,
    sharing,
    starting,
    sweeping,
    watching,
)
from tests.bench.figures import Figure, table

AREAS = {
    "client": client.run,
    "answers": answers.run,
    "quota": quota.run,
    "sharing": sharing.run,
    "memory": memory.run,
    "watching": watching.run,
    "sweeping": sweeping.run,
    "starting": starting.run,
    "replicas": replicas.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=AREAS, help="measure only this")
    parser.add_argument("--quick", action="store_true", help="a short run, of rough figures")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures: list[Figure] = []
    for area, run in AREAS.items():
        if given.only in {None, area}:
            figures += asyncio.run(run(quick=given.quick))
    print(table(figures))  # noqa: T201 - what it is for
    for figure in figures:
        print(figure.to_json())  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
