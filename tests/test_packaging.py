from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution, version
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
CONSTRAINTS = dict(entry.split("==") for entry in PROJECT["tool"]["uv"]["constraint-dependencies"])
REQUIREMENTS = (ROOT / "requirements.txt").read_text().splitlines()
ADVISING = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "preload-bot.example.toml")),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "bot").rglob("*.py"),
]
"""Files that say how to install something."""
PINNED = dict(line.split("==") for line in REQUIREMENTS if "==" in line)


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(name: str, extras: frozenset[str], found: set[str]) -> set[str]:
    """The package and all it needs here, by what the installed packages say of themselves."""
    for requirement in distribution(name).requires or ():
        wanted, _, marker = requirement.partition(";")
        if "extra ==" in marker and not any(
            f"'{one}'" in marker.replace('"', "'") for one in extras
        ):
            continue
        if "sys_platform" in marker or "platform_system" in marker:
            continue
        if re.search(r"python_(full_)?version <", marker):
            continue
        match = re.match(r"([\w.-]+)\s*(?:\[([^]]*)\])?", wanted.strip())
        assert match
        dependency = normalised(match[1])
        more = frozenset((match[2] or "").replace(" ", "").split(",")) - {""}
        if dependency not in found or more:
            found.add(dependency)
            needed(dependency, more, found)
    return found


def test_requirements_txt_pins_just_what_the_bot_needs_where_it_is_deployed() -> None:
    found = needed("preload-bot", frozenset(), set())
    for entry in chain.from_iterable(EXTRAS.values()):
        name = normalised(re.split(r"[\[><=;~ ]", entry)[0])
        found |= {name, *needed(name, frozenset(), set())}
    assert set(PINNED) == found
    assert REQUIREMENTS[-1] == "."  # and the bot itself


def test_requirements_txt_says_how_it_is_made_with_all_extras() -> None:
    head = " ".join(line.lstrip("# ") for line in REQUIREMENTS if line.startswith("#"))
    assert re.findall(r"--extra (\w+)", head) == sorted(EXTRAS)


def test_extras_are_installed_from_the_checkout_as_no_registry_has_the_bot() -> None:
    for file in ADVISING:
        text, where = file.read_text(encoding="utf-8"), str(file.relative_to(ROOT))
        assert "preload-bot[" not in text, where
        by_uv = re.findall(r"--extra (\w+)", text)
        by_pip = re.findall(r"'\.\[([\w,]+)\]'", text)
        assert by_uv == [name for names in by_pip for name in names.split(",")], where
        assert set(by_uv) <= set(EXTRAS), where


def test_deployments_and_tests_use_the_same_versions() -> None:
    assert {name: CONSTRAINTS.get(name) for name in PINNED} == PINNED
    assert {name: version(name) for name in PINNED} == PINNED


def test_the_whole_tree_of_the_environment_is_pinned() -> None:
    groups = PROJECT["dependency-groups"]["dev"]
    named = {normalised(re.split(r"[\[><=;~ ]", entry)[0]) for entry in groups}
    assert named <= set(CONSTRAINTS)


def test_no_file_names_a_registrys_host() -> None:
    text = (ROOT / "pyproject.toml").read_text() + "\n".join(REQUIREMENTS)
    assert "index-url" not in text
    assert "://" not in text


def test_the_readmes_test_command_is_the_one_that_ci_runs() -> None:
    command = "pip install uv && uv run pytest -n 2"
    assert f"```sh\n{command}\n```" in (ROOT / "README.md").read_text()
    # What they cover is asked for beside it: to find that out takes longer than the tests.
    assert f"\nexport PYTEST_ADDOPTS=--cov\n{command}\n" in (ROOT / ".ci" / "run").read_text()
