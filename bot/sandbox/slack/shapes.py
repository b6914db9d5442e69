"""What a value may be: small checks, put together to Block Kit's table in `limits`.

Each function here makes a check: (value, place) → what is wrong, worded as Slack words it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Problem:
    """Why Slack refuses a message.

    Attributes:
        error: Slack's error, such as `invalid_blocks`.
        what: what is wrong, in Slack's words; "" where the error says it all.
        where: a JSON pointer into the message.
    """

    error: str
    what: str = ""
    where: str = ""

    def __str__(self) -> str:
        return f"[ERROR] {self.what or self.error} [json-pointer:{self.where}]"


Check: TypeAlias = Callable[[Any, str], Iterator[Problem]]


def wrong(what: str, where: str) -> Problem:
    """A problem of the blocks."""
    return Problem("invalid_blocks", what, where)


def fewer(most: int) -> str:
    """Slack's words for a text that is too long."""
    return f"must be less than {most + 1} characters"


def string(most: int, *, blank: bool = False) -> Check:
    """A string of 1 to `most` characters; of nothing but white space only where `blank`."""

    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield wrong("must be a string", where)
        elif not value or not (blank or value.strip()):
            yield wrong("must be more than 0 characters", where)
        elif len(value) > most:
            yield wrong(fewer(most), where)

    return checked


def whole(least: int, most: int) -> Check:
    """An integer in that range."""

    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield wrong(f"must be an integer from {least} to {most}", where)

    return checked


def flag(value: object, where: str) -> Iterator[Problem]:
    """A boolean."""
    if not isinstance(value, bool):
        yield wrong("must be a boolean", where)


def word(*allowed: str) -> Check:
    """One of those words."""

    def checked(value: object, where: str) -> Iterator[Problem]:
        if value not in allowed:
            yield wrong(f"must be one of: {', '.join(allowed)}", where)

    return checked


def items(of: Check, *, least: int = 1, most: int) -> Check:
    """A list of `least` to `most` items, each of them `of`."""

    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield wrong("must be an array", where)
            return
        if len(value) < least:
            yield wrong(f"no fewer than {least} items allowed", where)
        if len(value) > most:
            yield wrong(f"no more than {most} items allowed", where)
        for place, item in enumerate(value):
            yield from of(item, f"{where}/{place}")

    return checked


def fields(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object of those fields and no others."""
    known = {**(optional or {}), **required}

    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield wrong("must provide an object", where)
            return
        for name in required:
            if name not in value:
                yield wrong(f"missing required field: {name}", where)
        for name, part in value.items():
            if name in known:
                yield from known[name](part, f"{where}/{name}")
            else:
                yield wrong(f"invalid additional property: {name}", where)

    return checked


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of the kinds it is."""

    def checked(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield wrong("must provide an object", where)
        elif "type" not in value:
            yield wrong("missing required field: type", where)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            yield wrong(f"unsupported type: {value['type']}", f"{where}/type")
        else:
            rest = {name: part for name, part in value.items() if name != "type"}
            yield from kinds[value["type"]](rest, where)

    return checked


def both(first: Check, second: Check) -> Check:
    """What holds for the value, and what holds between the fields of an object."""

    def checked(value: object, where: str) -> Iterator[Problem]:
        yield from first(value, where)
        if isinstance(value, dict):
            yield from second(value, where)

    return checked
