"""All tasks of a question as a file: CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What the file is."""

    CSV = "csv"
    JSON = "json"
