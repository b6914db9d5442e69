"""What the front pages say is so."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.reader import Language
from bot.roles import DEFAULT as ROLES_BY_DEFAULT
from bot.settings import Settings
from bot.settings.reading import FILE, FILE_VARIABLE
from handlers.grammar import parse
from handlers.vocabulary import KEYS, SUBCOMMANDS, Key, Subcommand
from tests.settings_chinese import DESCRIPTIONS
from tests.settings_table import descriptions, table

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
PAGES = ("README.md", "README.zh-CN.md")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "language"),
    [("README.md", Language.ENGLISH), ("README.zh-CN.md", Language.CHINESE)],
)
def test_the_settings_table_is_the_codes(name: str, language: Language) -> None:
    shown = re.search(r"<!-- settings[^>]*-->\n(.*?)<!-- end -->", page(name), re.DOTALL)
    assert shown
    assert shown[1] == table(language)


def test_every_setting_is_described_in_chinese_and_no_description_is_left_over() -> None:
    assert set(DESCRIPTIONS) == descriptions()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("subcommand", [one for one in Subcommand if one is not Subcommand.TASKS])
def test_every_command_is_shown_with_an_example(name: str, subcommand: Subcommand) -> None:
    words = "|".join(re.escape(one) for one, is_of in SUBCOMMANDS.items() if is_of is subcommand)
    assert re.search(rf"/preload ({words})\b", page(name))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("key", list(Key))
def test_every_key_is_named(name: str, key: Key) -> None:
    words = "|".join(re.escape(word) for word, meaning in KEYS.items() if meaning is key)
    assert re.search(rf"`[^`]*\b({words})\b[^`]*`", page(name))


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_links_to_is_there(name: str) -> None:
    text = page(name)
    targets = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'src="([^":]+)"', text)
    assert targets
    assert [one for one in targets if not (ROOT / one).exists()] == []
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def shell(name: str) -> tuple[list[str], list[str]]:
    """The lines to run that a page gives, and what is said beside them."""
    lines = "".join(re.findall(r"```sh\n(.*?)```", page(name), re.DOTALL)).splitlines()
    parted = [line.partition(" #") for line in lines]
    return [line.rstrip() for line, *_ in parted], [said for *_, said in parted if said]


def test_both_pages_give_the_same_commands_to_run_and_each_says_of_them_in_its_language() -> None:
    english, chinese = map(shell, PAGES)
    assert chinese[0] == english[0]
    assert len(chinese[1]) == len(english[1])
    assert all(re.search("[一-鿿]", said) for said in chinese[1])


def test_both_pages_show_the_same_pictures_each_in_its_language() -> None:
    english, chinese = (set(re.findall(r"screenshots/([\w-]+)\.png", page(one))) for one in PAGES)
    own = {name for name in english if not name.endswith("-zh")}
    assert {name.removesuffix("-zh") for name in chinese if name.endswith("-zh")} == own


def grants(name: str) -> dict[str, object]:
    [shown] = re.findall(r"```toml\n(.*?)```", page(name), re.DOTALL)
    return tomllib.loads(shown)


def test_the_grants_that_both_pages_show_take_nothing_away_that_holds_by_default() -> None:
    assert grants("README.md") == grants("README.zh-CN.md")
    roles = Settings.model_validate(grants("README.md")).roles
    for default in ROLES_BY_DEFAULT:
        for name, right in product(default.to, default.may):
            given = [one for one in roles.grants if name in one.to and one.gives(right, None)]
            assert given, (name, right)
            assert any(one.domains is None for one in given)


@pytest.mark.parametrize("name", PAGES)
def test_the_settings_file_is_mounted_where_the_container_looks_for_it(name: str) -> None:
    folder = re.search(r"^WORKDIR (.+)$", page("Dockerfile"), re.MULTILINE)
    assert folder
    assert f'--volume "$PWD/{FILE}:{folder[1]}/{FILE}:ro"' in page(name)
    assert FILE_VARIABLE in page(name)


def test_what_the_page_has_people_fill_with_secrets_is_kept_out_of_the_repository() -> None:
    ignored = page(".gitignore").splitlines()
    for file in (FILE, "secrets.env"):
        assert file in page("README.md")
        assert file in ignored


def commands(text: str) -> list[str]:
    """Every command that a page shows, without what is said of it beside it."""
    alone = re.findall(r"^(/preload.*?)(?:\s{2,}.*)?$", text, re.MULTILINE)
    return [*alone, *re.findall(r"`(/preload(?! \[)[^`]*)`", text)]


@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_is_shown_is_understood(name: str) -> None:
    shown = commands(page(name))
    assert len(shown) > len(Subcommand)
    for command in shown:
        sent = re.sub(r"#(live-ops)", r"<#C0001|\1>", command)  # by Slack
        parse(sent, now=NOW, zone=ZoneInfo("Asia/Shanghai"), domains=["live.example.com"])
