"""What a check found, and how that is printed. For the command line, so in English only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from textwrap import indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: what was looked at.
        ok: whether it is as it should be.
        detail: what was seen.
        fix: what to do, perhaps in several lines; "" where there is nothing to do.
    """

    check: str
    ok: bool
    detail: str
    fix: str = ""


def printed(findings: Sequence[Finding], *, as_json: bool) -> str:
    """The findings as lines for a person, or as a JSON list of objects."""
    if as_json:
        return json.dumps([asdict(one) for one in findings], indent=2, ensure_ascii=False)
    return "\n".join(_lines(one) for one in findings)


def _lines(one: Finding) -> str:
    line = f"{'ok ' if one.ok else 'FIX'}  {one.check}: {one.detail}"
    return f"{line}\n{indent(one.fix, '       ')}" if one.fix else line
