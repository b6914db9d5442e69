"""What is measured, what it is held against, and the table of it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ANYTHING = math.inf


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, and the baseline measured beside it.

    Attributes:
        area: the part of the benchmark (`client`).
        name: what was measured.
        value, baseline_value: the two measurements, in `unit`.
        baseline: what it is held against.
        ratio_at_most, ratio_at_least: the goal for `ratio`, if there is one.
        at_most, at_least: the goal for `value`, if there is one.
    """

    area: str
    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float
    ratio_at_most: float = ANYTHING
    ratio_at_least: float = -ANYTHING
    at_most: float = ANYTHING
    at_least: float = -ANYTHING

    @property
    def ratio(self) -> float:
        """The value in baselines."""
        return self.value / self.baseline_value

    @property
    def goal(self) -> str:
        """The goal in words; "" if there is none."""
        bounds = (
            ("ratio ≤", self.ratio_at_most),
            ("ratio ≥", self.ratio_at_least),
            ("≤", self.at_most),
            ("≥", self.at_least),
        )
        return ", ".join(f"{word} {bound:.4g}" for word, bound in bounds if math.isfinite(bound))

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; None if there is none."""
        if not self.goal:
            return None
        return (
            self.ratio_at_least <= self.ratio <= self.ratio_at_most
            and self.at_least <= self.value <= self.at_most
        )

    def to_json(self) -> str:
        """The figure on one line."""
        fields = {
            "area": self.area,
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "baseline_value": self.baseline_value,
            "ratio": self.ratio,
            "goal": self.goal or None,
            "met": self.is_met,
        }
        return json.dumps(fields, ensure_ascii=False)


def table(figures: Iterable[Figure]) -> str:
    """The figures as people read them."""
    marks = {True: "met", False: "MISSED", None: ""}
    head = ("", "measured", "value", "baseline", "its value", "ratio", "goal", "")
    rows = [
        (
            one.area,
            one.name,
            f"{one.value:.4g} {one.unit}",
            one.baseline,
            f"{one.baseline_value:.4g} {one.unit}",
            f"{one.ratio:.3g}",
            one.goal,
            marks[one.is_met],
        )
        for one in figures
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )
