"""The table of all settings, as the README shows it: made of the settings themselves.

`uv run python -m tests.settings_table` prints it; with `zh` behind it, in Chinese.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from bot.reader import Language
from bot.settings import Settings
from bot.settings.variables import ACCOUNT_VARIABLES, KEY_VARIABLES, VARIABLES
from tests import settings_chinese

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_OF_ACCOUNTS = {key: variable for variable, key in (KEY_VARIABLES | ACCOUNT_VARIABLES).items()}
_OF_SECTIONS = {place: variable for variable, place in VARIABLES.items()}


_HEAD = ("setting", "default", "variable", "what may stand there")


def table(language: Language = Language.ENGLISH) -> str:
    """The rows, with a head.

    Raises:
        KeyError: a setting says nothing in that language.
    """
    head, rows = _HEAD, _rows(Settings, ())
    if language is Language.CHINESE:
        head = settings_chinese.HEAD
        rows = ((*row, settings_chinese.DESCRIPTIONS[said]) for *row, said in rows)
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * 4, *escaped))


def descriptions() -> set[str]:
    """All that the settings say of what may stand in them."""
    return {said for *_, said in _rows(Settings, ())}


def _rows(kind: type[BaseModel], place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in kind.model_fields.items():
        here = (*place, name)
        inner = _section(field.annotation)
        if inner is not None:
            of_many = {"accounts": ("NAME",)}.get(name, ())
            yield from _rows(inner, (*here, *of_many))
            continue
        yield f"`{_written(here)}`", _default(field), _variable(here), field.description or ""


def _section(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type, or a form of one
    """The section that stands there, if it is one, or several of a kind."""
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _written(place: tuple[str, ...]) -> str:
    return ".".join(place).replace("grants.", "[[grants]] ")


def _default(field: FieldInfo) -> str:
    given = field.get_default(call_default_factory=False)
    value = given.get_secret_value() if isinstance(given, SecretStr) else given
    if value is None or value is PydanticUndefined or value == ():
        return ""
    plain = value.value if isinstance(value, StrEnum) else value
    return f"`{plain.key if isinstance(plain, ZoneInfo) else plain}`"


def _variable(place: tuple[str, ...]) -> str:
    match place:
        case ["accounts", _, name]:
            variable = _OF_ACCOUNTS.get(name)
        case _:
            variable = _OF_SECTIONS.get((place[0], place[-1]))
    return f"`{variable}`" if variable else ""


if __name__ == "__main__":
    print(table(Language(*sys.argv[1:] or [Language.ENGLISH])), end="")  # noqa: T201 - that is what it is for
