"""A simulated Live API: as strict as the real one, with an account that looks like an evening.

Key `testid`, secret `testsecret`; with a security token `testsid`, `testssecret`, `testtoken`.
"""

from __future__ import annotations

from bot.sandbox.live.faults import (
    CUT,
    HANG,
    HTML_502,
    INTERNAL,
    ODDITIES,
    RESET,
    UNAVAILABLE,
    Break,
    Empty,
    Faults,
    Odd,
    Raw,
    Refuse,
    Throttle,
)
from bot.sandbox.live.meter import Arrival, busiest_second
from bot.sandbox.live.server import SimulatedLive, running
from bot.sandbox.live.world import Domain, Task, World

__all__ = [
    "CUT",
    "HANG",
    "HTML_502",
    "INTERNAL",
    "ODDITIES",
    "RESET",
    "UNAVAILABLE",
    "Arrival",
    "Break",
    "Domain",
    "Empty",
    "Faults",
    "Odd",
    "Raw",
    "Refuse",
    "SimulatedLive",
    "Task",
    "Throttle",
    "World",
    "busiest_second",
    "running",
]
