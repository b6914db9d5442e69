"""The table of all settings, as the README shows it: made of the settings themselves.

`uv run python -m tests.settings_table` prints it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from bot.settings import Settings
from bot.settings.reading import ACCOUNT_VARIABLES, KEY_VARIABLES, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_OF_ACCOUNTS = {key: variable for variable, key in (KEY_VARIABLES | ACCOUNT_VARIABLES).items()}
_OF_SECTIONS = {place: variable for variable, place in VARIABLES.items()}


def table() -> str:
    """The rows, with a head."""
    rows = [("setting", "default", "variable", "what may stand there"), ("---",) * 4]
    return "".join(f"| {' | '.join(row)} |\n" for row in (*rows, *_rows(Settings, ())))


def _rows(kind: type[BaseModel], place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in kind.model_fields.items():
        here = (*place, name)
        inner = _section(field.annotation)
        if inner is not None:
            of_many = {"accounts": ("NAME",)}.get(name, ())
            yield from _rows(inner, (*here, *of_many))
            continue
        described = (field.description or "").replace("|", "\\|")
        yield f"`{_written(here)}`", _default(field), _variable(here), described


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
    print(table(), end="")  # noqa: T201 - that is what it is for
