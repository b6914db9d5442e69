"""Reading the settings from `preload-bot.toml` and the environment, and saying what is wrong.

Where both name a setting, the environment's counts. No error shows a value: it may be a secret.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ValidationError

from bot.asks import DEFAULT_ACCOUNT
from bot.errors import SettingsError
from bot.settings.model import Settings, Slack
from bot.settings.variables import ACCOUNT_VARIABLES, KEY_VARIABLES, VARIABLES, suffix, usual

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    _Place = tuple[int | str, ...]
    _Tables = dict[str, Any]

FILE = "preload-bot.toml"
FILE_VARIABLE = "PRELOAD_BOT_SETTINGS"


@dataclass(eq=False)
class WrongSettings(SettingsError):
    """Everything that is wrong with the settings; `name` and `allowed` are the first problem's."""

    problems: tuple[SettingsError, ...]

    def __str__(self) -> str:
        return "\n".join(f"{problem.name}: {problem.allowed}" for problem in self.problems)


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        path: the file; None is the one that `PRELOAD_BOT_SETTINGS` names, else `preload-bot.toml`
            in the working directory, which may be missing.
        env: the environment; None is the process's own. An empty variable counts as unset.

    Raises:
        WrongSettings: some are wrong, or the file cannot be read.
    """
    env = os.environ if env is None else env
    given = {name: value.strip() for name, value in env.items() if value.strip()}
    tables = _read(path, given)
    variables = _add_environment(tables, given)
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    # Raised outside of `except`: no traceback leads back to what was written.
    raise _wrong([_problem(detail, variables) for detail in details])


def require(slack: Slack, *names: Literal["bot_token", "app_token", "signing_secret"]) -> None:
    """Insist on these settings of Slack's.

    Raises:
        WrongSettings: some are missing, each under its name in the environment.
    """
    missing = [
        SettingsError(variable, f"missing: {Slack.model_fields[name].description}")
        for variable, (_, name) in VARIABLES.items()
        if name in names and getattr(slack, name) is None
    ]
    if missing:
        raise _wrong(missing)


def _wrong(problems: list[SettingsError]) -> WrongSettings:
    return WrongSettings(problems[0].name, problems[0].allowed, tuple(problems))


def _read(path: Path | None, given: Mapping[str, str]) -> _Tables:
    name, file = (path.name, path) if path else (FILE, Path(FILE))
    if path is None and FILE_VARIABLE in given:
        name, file = FILE_VARIABLE, Path(given[FILE_VARIABLE])
    elif path is None and not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problem = f"a file that can be read ({error.strerror})"
    except UnicodeDecodeError:
        problem = "a file of UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        # Only the place: the rest of the message may hold what was written there.
        place = re.search(r"at (line \d+, column \d+|end of document)", str(error))
        problem = f"not TOML at {place[1]}" if place else "not TOML"
    raise _wrong([SettingsError(name, problem)])


def _add_environment(tables: _Tables, given: Mapping[str, str]) -> dict[_Place, str]:
    """Lay the environment over the file's tables; where which variable went."""
    variables: dict[_Place, str] = {}
    for variable, (section, name) in VARIABLES.items():
        table = tables.setdefault(section, {})
        if variable in given and isinstance(table, dict):
            table[name] = given[variable]
            variables[section, name] = variable
    if "PORT" in given and isinstance(tables["server"], dict):
        # Whoever hands out ports (a platform) sends requests to them from outside.
        tables["server"].setdefault("host", "0.0.0.0")  # noqa: S104 - see above
    accounts = tables.setdefault("accounts", {DEFAULT_ACCOUNT: {}})
    if isinstance(accounts, dict):
        variables |= _add_account(accounts, usual(accounts), "", given)
        for name in accounts:
            variables |= _add_account(accounts, name, suffix(name), given)
        if stray := _stray(accounts, given):
            raise _wrong(stray)
    return variables


def _add_account(
    accounts: _Tables, name: str, ending: str, given: Mapping[str, str]
) -> dict[_Place, str]:
    """Lay the variables that end so over an account; where which of them went."""
    account = accounts.get(name)
    if not isinstance(account, dict):
        return {}
    keys = {variable + ending: key for variable, key in KEY_VARIABLES.items()}
    others = {variable + ending: key for variable, key in ACCOUNT_VARIABLES.items()}
    meant = {variable: key for variable, key in others.items() if variable in given}
    if not _asks_chain(account) and not keys.keys().isdisjoint(given):
        meant |= keys  # as one set: an ID of here and a secret of there fit nothing
    for variable, key in meant.items():
        if variable not in given:
            account.pop(key, None)
        else:
            value = given[variable]
            account[key] = _listed(value) if key == "domains" else value
    return {("accounts", name, key): variable for variable, key in meant.items()}


def _stray(accounts: _Tables, given: Mapping[str, str]) -> list[SettingsError]:
    """The variables that no account reads, though they seem to be meant for one."""
    if not accounts:
        return []
    chained = (name for name, account in accounts.items() if _asks_chain(account))
    unread = (f"{variable}{suffix(name)}" for name in chained for variable in KEY_VARIABLES)
    found = [
        SettingsError(one, 'not beside key_source = "chain" of its account: unset one of them')
        for one in unread
        if one in given
    ]
    there = f"there {'is' if len(accounts) == 1 else 'are'} {' and '.join(accounts)}"
    plain = usual(accounts)
    for variable in KEY_VARIABLES | ACCOUNT_VARIABLES:
        names = [f"{variable}{'' if name == plain else suffix(name)}" for name in accounts]
        advice = f"no account reads it ({there}): call it {' or '.join(names)}, or unset it"
        endings = _endings(accounts, variable)
        found += [
            SettingsError(one, advice)
            for one in given
            if f"{one}_".startswith(f"{variable}_") and one.removeprefix(variable) not in endings
        ]
    return found


def _endings(accounts: _Tables, variable: str) -> set[str]:
    """What may stand after a variable's name.

    Keys without a name are let stand for the one account that asks the vendor's provider chain,
    which reads them by itself; and where others look for a file with the key is their affair.
    """
    endings = {suffix(name) for name in accounts} | {"_FILE"}
    chained = sum(isinstance(one, dict) and _is_chained(one) for one in accounts.values())
    if usual(accounts) in accounts or (chained == 1 and variable in KEY_VARIABLES):
        endings.add("")
    return endings


def _is_chained(account: _Tables) -> bool:
    """Whether its keys come from the vendor's provider chain (`Account.key_source`)."""
    has_keys = not account.keys().isdisjoint(KEY_VARIABLES.values())
    return _asks_chain(account) or (account.get("key_source") is None and not has_keys)


def _asks_chain(account: object) -> bool:
    """Whether it says that they do."""
    return isinstance(account, dict) and account.get("key_source") == "chain"


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _problem(detail: ErrorDetails, variables: Mapping[_Place, str]) -> SettingsError:
    place = tuple(part for part in detail["loc"] if part != "[key]")
    known, allowed = _described(place)
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        allowed = f"unknown; did you mean {near[0]}?" if near else f"not one of {', '.join(known)}"
    elif detail["type"] == "value_error":
        allowed = str(detail["ctx"]["error"]) or allowed
    written = (
        variables[place[:end]] for end in range(len(place), 0, -1) if place[:end] in variables
    )
    return SettingsError(next(written, _dotted(place)), allowed)


def _described(place: _Place) -> tuple[list[str], str]:
    """The names known beside the one at `place`, and what is allowed there."""
    kind: Any = Settings
    known, allowed = list[str](), ""
    for part in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            known = list(kind.model_fields)
            field = kind.model_fields.get(str(part))
            if field is not None:
                kind, allowed = field.annotation, field.description or ""
        else:
            # a dict's values, or the members of a list
            kind = next(kind for kind in reversed(get_args(kind)) if kind is not ...)
    return known, allowed


def _dotted(place: _Place) -> str:
    """`accounts.main.domains[0]`, as one would write it in TOML."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
