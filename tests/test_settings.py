from __future__ import annotations

import re
import tomllib
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from bot.errors import SettingsError
from bot.reader import Language
from bot.roles import DEFAULT, Grant, Right
from bot.settings import Settings, WrongSettings, load, require, suffix_of
from bot.settings.reading import FILE_VARIABLE
from bot.settings.variables import ACCOUNT_VARIABLES, KEY_VARIABLES, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXAMPLE = Path(__file__).parent.parent / "preload-bot.example.toml"
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-env", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s3cret-env"}


def read(text: str, tmp_path: Path, env: Mapping[str, str] | None = None) -> Settings:
    file = tmp_path / "preload-bot.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, env or {})


def problems(text: str, tmp_path: Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(WrongSettings) as caught:
        read(text, tmp_path, env)
    return {problem.name: problem.allowed for problem in caught.value.problems}


def revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def test_nothing_set_is_one_account_with_the_vendors_key_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(env={})
    assert list(settings.accounts) == ["default"]
    assert settings.accounts["default"].key_source == "chain"
    assert settings.domains == ()
    assert settings.display.rows == 10
    assert settings.display.language is Language.ENGLISH
    assert settings.display.zone == ZoneInfo("UTC")
    assert revealed(settings.store.url) == "sqlite:///preload-bot.sqlite3"


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(
        env={
            **KEYS,
            "ALIBABA_CLOUD_SECURITY_TOKEN": "sts",
            "PRELOAD_BOT_DOMAINS": "live.example.com, Cup.Example.com,",
            "PRELOAD_BOT_ENDPOINT": "https://live.eu-central-1.aliyuncs.com/",
            "SLACK_BOT_TOKEN": "xoxb-1\n",
            "SLACK_APP_TOKEN": "xapp-1",
            "SLACK_SIGNING_SECRET": "signing",
            "SLACK_API_URL": "http://127.0.0.1:8080/api",
            "DATABASE_URL": "sqlite+aiosqlite:////var/lib/bot.sqlite3",
            "PRELOAD_BOT_LOG_LEVEL": "DEBUG",
        }
    )
    account = settings.accounts["default"]
    assert account.key_source == "static"
    assert account.access_key_id == "LTAI-env"
    assert revealed(account.access_key_secret) == "s3cret-env"
    assert revealed(account.security_token) == "sts"
    assert account.endpoint == "https://live.eu-central-1.aliyuncs.com"
    assert settings.domains == ("live.example.com", "cup.example.com")
    assert revealed(settings.slack.bot_token) == "xoxb-1"
    assert revealed(settings.slack.app_token) == "xapp-1"
    assert revealed(settings.slack.signing_secret) == "signing"
    assert settings.slack.api_url == "http://127.0.0.1:8080/api/"
    assert revealed(settings.store.url) == "sqlite+aiosqlite:////var/lib/bot.sqlite3"
    assert settings.log.level == "debug"


@pytest.mark.parametrize("url", ["postgresql://u:p@h:5432/d?ssl=require", "postgres://u:p@h/d"])
def test_the_store_may_be_on_a_server(url: str, tmp_path: Path) -> None:
    settings = read("", tmp_path, {"DATABASE_URL": url})
    assert revealed(settings.store.url) == url
    assert "u:p" not in repr(settings)


def test_the_address_of_a_dead_mans_switch_is_a_secret(tmp_path: Path) -> None:
    settings = read("", tmp_path, {"HEARTBEAT_URL": "https://switch.example.com/s3cret"})
    assert "https://switch.example.com/s3cret" in settings.secrets()
    assert "s3cret" not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        read("", tmp_path, {"HEARTBEAT_URL": "switch/s3cret"})
    assert caught.value.name == "HEARTBEAT_URL"
    assert "s3cret" not in str(caught.value)


def test_the_environment_counts_where_the_file_says_otherwise(tmp_path: Path) -> None:
    text = "[slack]\nbot_token = 'xoxb-file'\n[server]\nport = 1\nmax_jobs = 7"
    settings = read(text, tmp_path, {"SLACK_BOT_TOKEN": "xoxb-env", "PORT": "8080"})
    assert revealed(settings.slack.bot_token) == "xoxb-env"
    assert (settings.server.port, settings.server.max_jobs) == (8080, 7)


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    assert read("[server]\nport = 1", tmp_path, {"PORT": "", "DATABASE_URL": " "}).server.port == 1


@pytest.mark.parametrize(
    ("env", "text", "host"),
    [
        ({}, "", "127.0.0.1"),
        ({"PORT": "80"}, "", "0.0.0.0"),  # noqa: S104 - what the test is about
        ({"PORT": "80", "PRELOAD_BOT_HOST": "::1"}, "", "::1"),
        ({"PORT": "80"}, "[server]\nhost = '10.0.0.1'", "10.0.0.1"),
    ],
)
def test_the_bot_listens_to_others_only_where_a_platform_names_the_port(
    env: dict[str, str], text: str, host: str, tmp_path: Path
) -> None:
    assert read(text, tmp_path, env).server.host == host


def test_the_file_is_found_in_the_working_directory_or_through_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "preload-bot.toml").write_text("[display]\nrows = 5", encoding="utf-8")
    (tmp_path / "other.toml").write_text("\ufeff[display]\r\nrows = 6\r\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load(env={}).display.rows == 5
    assert load(env={FILE_VARIABLE: "other.toml"}).display.rows == 6
    assert load(Path("preload-bot.toml"), {FILE_VARIABLE: "other.toml"}).display.rows == 5


def test_without_an_environment_given_the_processs_own_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "4321")
    assert load().server.port == 4321


def test_without_grants_members_do_the_everyday_and_admins_administer(tmp_path: Path) -> None:
    assert read("", tmp_path).roles.grants == DEFAULT


def test_grants_replace_those_that_hold_by_default(tmp_path: Path) -> None:
    text = """
        [[grants]]
        to = ["S0123ABCD", "everyone"]
        may = ["query", "watch"]
        domains = ["Live.example.com"]
        [[grants]]
        to = ["admins"]
        may = ["administer"]
    """
    everyday, admins = read(text, tmp_path).roles.grants
    assert everyday == Grant(
        ("S0123ABCD", "everyone"),
        frozenset({Right.QUERY, Right.WATCH}),
        frozenset({"live.example.com"}),
    )
    assert admins == Grant(("admins",), frozenset({Right.ADMINISTER}))


def test_a_domain_leads_to_its_account(tmp_path: Path) -> None:
    text = """
        [accounts.main]
        access_key_id = "a"
        access_key_secret = "b"
        domains = ["live.example.com", "Cup.example.com"]
        [accounts.second]
        domains = ["other.example.com"]
    """
    settings = read(text, tmp_path)
    assert settings.domains == ("live.example.com", "cup.example.com", "other.example.com")
    assert settings.accounts_of("live.example.com") == ("main",)
    assert settings.accounts_of("CUP.example.com") == ("main",)
    assert settings.accounts_of("other.example.com") == ("second",)
    assert settings.accounts_of("unknown.example.com") == ()
    assert [account.key_source for account in settings.accounts.values()] == ["static", "chain"]


def test_keys_of_the_environment_replace_those_of_the_file_as_one_set(tmp_path: Path) -> None:
    text = """
        [accounts.main]
        access_key_id = "file"
        access_key_secret = "file"
        security_token = "file"
    """
    account = read(text, tmp_path, KEYS).accounts["main"]
    assert account.access_key_id == "LTAI-env"
    assert revealed(account.access_key_secret) == "s3cret-env"
    assert account.security_token is None


def test_of_several_accounts_the_default_one_has_the_environments_keys(tmp_path: Path) -> None:
    text = """
        [accounts.default]
        [accounts.main]
        access_key_id = "file"
        access_key_secret = "file"
    """
    accounts = read(text, tmp_path, {**KEYS, "PRELOAD_BOT_DOMAINS": "a.example.com"}).accounts
    assert accounts["default"].access_key_id == "LTAI-env"
    assert accounts["default"].domains == ("a.example.com",)
    assert accounts["main"].access_key_id == "file"
    assert accounts["main"].domains == ()


def test_an_account_set_to_the_chain_leaves_the_environments_keys_to_it(tmp_path: Path) -> None:
    account = read('[accounts.main]\nkey_source = "chain"', tmp_path, KEYS).accounts["main"]
    assert account.key_source == "chain"
    assert account.access_key_id is None


def test_domains_for_no_account_in_particular_are_refused(tmp_path: Path) -> None:
    text = "[accounts.a]\naccess_key_id = 'a'\naccess_key_secret = 'a'\n[accounts.b]"
    env = {"PRELOAD_BOT_DOMAINS": "live.example.com"}
    found = problems(text, tmp_path, env)
    assert list(found) == ["PRELOAD_BOT_DOMAINS"]
    assert "PRELOAD_BOT_DOMAINS_A or PRELOAD_BOT_DOMAINS_B" in found["PRELOAD_BOT_DOMAINS"]


@pytest.mark.parametrize(
    "keys",
    ["access_key_id = '{0}'\naccess_key_secret = '{0}'", ""],
    ids=["with keys of their own", "without keys"],
)
def test_keys_of_no_account_in_the_environment_are_refused_with_the_names_they_may_have(
    keys: str, tmp_path: Path
) -> None:
    text = "\n".join(f"[accounts.{name}]\n{keys.format(name)}" for name in ("main", "box-office"))
    found = problems(text, tmp_path, KEYS)
    assert list(found) == list(KEYS)
    for name, allowed in found.items():
        assert f"{name}_MAIN or {name}_BOX_OFFICE" in allowed
        assert "LTAI-env" not in allowed


@pytest.mark.parametrize("name", [*KEY_VARIABLES, *ACCOUNT_VARIABLES])
def test_a_variable_with_the_name_of_no_account_is_refused_with_the_names_it_may_have(
    name: str, tmp_path: Path
) -> None:
    found = problems("[accounts.main]\n[accounts.spare]", tmp_path, {f"{name}_MIAN": "s3cret"})
    assert found == {
        f"{name}_MIAN": "no account reads it (there are main and spare): "
        f"call it {name}_MAIN or {name}_SPARE, or unset it"
    }
    found = problems("[accounts.main]", tmp_path, {f"{name}_MIAN": "s3cret"})
    assert found == {
        f"{name}_MIAN": f"no account reads it (there is main): call it {name}, or unset it"
    }


@pytest.mark.parametrize("name", KEY_VARIABLES)
def test_a_key_for_an_account_that_asks_the_vendor_s_chain_is_refused(
    name: str, tmp_path: Path
) -> None:
    text = '[accounts.main]\nkey_source = "chain"\n[accounts.spare]'
    found = problems(text, tmp_path, {f"{name}_MAIN": "s3cret"})
    assert found == {
        f"{name}_MAIN": 'not beside key_source = "chain" of its account: unset one of them'
    }


def test_variables_for_named_accounts_are_refused_where_the_file_that_names_them_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        WrongSettings, match=r"_ID_MAIN: no account reads it \(there is default\): "
    ):
        load(env={"ALIBABA_CLOUD_ACCESS_KEY_ID_MAIN": "LTAI-main"})


def test_the_vendor_s_other_variables_are_nobody_s_mistake(tmp_path: Path) -> None:
    others = (
        "ALIBABA_CLOUD_ACCESS_KEY_ID_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        "ALIBABA_CLOUD_PROFILE",
        "ALIBABA_CLOUD_ROLE_ARN",
        "ALIBABA_CLOUD_ROLE_SESSION_NAME",
    )
    settings = read("[accounts.main]", tmp_path, KEYS | dict.fromkeys(others, "theirs"))
    assert settings.accounts["main"].access_key_id == "LTAI-env"


def test_keys_that_the_vendors_chain_finds_for_one_of_several_accounts_are_let_stand(
    tmp_path: Path,
) -> None:
    own = "[accounts.b]\naccess_key_id = 'b'\naccess_key_secret = 'b'"
    accounts = read(f"[accounts.a]\nkey_source = 'chain'\n{own}", tmp_path, KEYS).accounts
    assert [one.key_source for one in accounts.values()] == ["chain", "static"]
    assert accounts["b"].access_key_id == "b"


def test_keys_without_a_name_are_the_default_ones_among_several_accounts(tmp_path: Path) -> None:
    own = "[accounts.b]\naccess_key_id = 'b'\naccess_key_secret = 'b'"
    accounts = read(f"[accounts.default]\n{own}", tmp_path, KEYS).accounts
    assert accounts["default"].access_key_id == "LTAI-env"
    assert accounts["b"].access_key_id == "b"


@pytest.mark.parametrize("names", [("main",), ("default", "box-office"), ("main", "box-office")])
def test_an_account_reads_the_variable_that_it_is_said_to_have(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    text = "".join(
        f"[accounts.{name}]\naccess_key_id = '{name}'\naccess_key_secret = 's'\n" for name in names
    )
    told = read(text, tmp_path).accounts
    env = {f"{key}{suffix_of(name, told)}": f"{name} {key}" for name in names for key in KEYS}
    accounts = read(text, tmp_path, env).accounts
    for name in names:
        assert accounts[name].access_key_id == f"{name} ALIBABA_CLOUD_ACCESS_KEY_ID"


@pytest.mark.parametrize(
    ("text", "env", "name", "allowed"),
    [
        ("[display]\nrows = 31", {}, "display.rows", "rows a page, 5-30"),
        ("[display]\nrows = 4", {}, "display.rows", "rows a page, 5-30"),
        ("[display]\nlanguage = 'fr'", {}, "display.language", '"en" or "zh"'),
        ("[display]\nzone = 'Mars/Base'", {}, "display.zone", "a time zone: UTC, Asia/Shanghai"),
        ("[server]\nport = 70000", {}, "server.port", "a port, 0-65535 (0: any free one)"),
        ("", {"PORT": "http"}, "PORT", "a port, 0-65535 (0: any free one)"),
        ("[log]\nlevel = 'loud'", {}, "log.level", "debug, info, warning, error"),
        ("log = 'info'", {}, "log", "a table: [log]"),
        ("[record]\nkeep_days = 0", {}, "record.keep_days", "days, 1-3650"),
        ("[grants]\nto = ['U0001']", {}, "grants", "tables [[grants]]"),
        ("[[grants]]\nmay = ['watch']", {}, "grants[0].to", "everyone, admins, guests, others"),
        ("[[grants]]\nto = []\nmay = ['watch']", {}, "grants[0].to", "a user group"),
        ("[[grants]]\nto = ['#ops']\nmay = ['watch']", {}, "grants[0].to[0]", "IDs in Slack"),
        ("[[grants]]\nto = ['admin']\nmay = ['watch']", {}, "grants[0].to[0]", "admins"),
        ("[[grants]]\nto = ['admins']\nmay = []", {}, "grants[0].may", "query, watch, "),
        ("[[grants]]\nto = ['admins']\nmay = ['all']", {}, "grants[0].may[0]", "administer"),
        (
            "[[grants]]\nto = ['admins']\nmay = ['watch']\ndomains = []",
            {},
            "grants[0].domains",
            "left out: all",
        ),
        ("slack = 1", {"SLACK_BOT_TOKEN": "xoxb-1"}, "slack", "a table: [slack]"),
        ("server = 1", {"PORT": "1"}, "server", "a table: [server]"),
        ("[slack]\nbot_token = 'xoxp-1'", {}, "slack.bot_token", "the app's bot token: xoxb-…"),
        ("", {"SLACK_BOT_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN", "the app's bot token: xoxb-…"),
        ("", {"DATABASE_URL": "mysql://u:p@h/d"}, "DATABASE_URL", "sqlite:///path/to/file"),
        ("", {"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL", "sqlite:///path/to/file"),
        ("[accounts.a.calls_per_s]\ndescribe = 0", {}, "accounts.a.calls_per_s.describe", "1-1000"),
        ("[accounts.a.calls_per_s]\nset = 1001", {}, "accounts.a.calls_per_s.set", "1-1000"),
        ("[accounts.a]\ndomains = 'x.com'", {}, "accounts.a.domains", "play domains"),
        ("[accounts.a]\ndomains = ['a.com', 'b_c']", {}, "accounts.a.domains[1]", "play domains"),
        ("", {"PRELOAD_BOT_DOMAINS": "https://x.com"}, "PRELOAD_BOT_DOMAINS", "play domains"),
        ("[accounts.a]\nendpoint = 'live.x.com'", {}, "accounts.a.endpoint", "an https:// address"),
        ("[accounts.a]\nendpoint = 'http://x.com'", {}, "accounts.a.endpoint", "an https:// "),
        ("[accounts.a]\nendpoint = 'https://x.com?a'", {}, "accounts.a.endpoint", "an https:// "),
        ("", {"SLACK_API_URL": "https://[x"}, "SLACK_API_URL", "an https:// address"),
        ("[accounts.'a.b']", {}, "accounts.a.b", "the name of letters, digits, - and _"),
        ("[accounts]", {}, "accounts", "tables [accounts.NAME]"),
        ("accounts = 1", KEYS, "accounts", "tables [accounts.NAME]"),
        ("accounts.a = 1", KEYS, "accounts.a", "tables [accounts.NAME]"),
        ("[accounts.a]\nkey_source = 'dynamic'", {}, "accounts.a.key_source", '"static" or'),
        (
            "[accounts.a]\naccess_key_id = 'a'",
            {},
            "accounts.a.access_key_secret",
            "missing: access_key_id and access_key_secret go together",
        ),
        (
            "[accounts.a]\nkey_source = 'static'\naccess_key_secret = 's'",
            {},
            "accounts.a.access_key_id",
            "go together",
        ),
        (
            "",
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "a"},
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "missing: ",
        ),
        (
            "[accounts.a]\naccess_key_id = 'file'",
            {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env"},
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "missing: ",
        ),
        (
            "[accounts.a]\nkey_source = 'chain'\naccess_key_id = 'a'",
            {},
            "accounts.a.access_key_id",
            'not beside key_source = "chain"',
        ),
    ],
)
def test_a_wrong_setting_is_named_as_it_was_written_with_what_is_allowed(
    text: str, env: dict[str, str], name: str, allowed: str, tmp_path: Path
) -> None:
    found = problems(text, tmp_path, env)
    assert list(found) == [name]
    assert allowed in found[name]


def test_a_domain_may_be_of_two_accounts(tmp_path: Path) -> None:
    text = """
        [accounts.a]
        access_key_id = "a"
        access_key_secret = "a"
        domains = ["live.example.com"]
        [accounts.b]
        domains = ["LIVE.example.com"]
    """
    settings = read(text, tmp_path)
    assert settings.accounts_of("live.example.com") == ("a", "b")
    assert settings.domains == ("live.example.com",)


def test_each_account_has_variables_with_its_name_after_them(tmp_path: Path) -> None:
    text = """
        [accounts.main]
        [accounts.box-office]
        domains = ["box.example.com"]
    """
    env = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID_MAIN": "LTAI-main",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET_MAIN": "s3cret-main",
        "PRELOAD_BOT_DOMAINS_MAIN": "live.example.com, cup.example.com",
        "ALIBABA_CLOUD_ACCESS_KEY_ID_BOX_OFFICE": "LTAI-box",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET_BOX_OFFICE": "s3cret-box",
    }
    accounts = read(text, tmp_path, env).accounts
    assert accounts["main"].domains == ("live.example.com", "cup.example.com")
    assert revealed(accounts["main"].access_key_secret) == "s3cret-main"
    assert accounts["box-office"].access_key_id == "LTAI-box"
    assert accounts["box-office"].domains == ("box.example.com",)


def test_a_wrong_variable_of_one_account_is_named_as_it_is_written(tmp_path: Path) -> None:
    found = problems("[accounts.main]", tmp_path, {"PRELOAD_BOT_DOMAINS_MAIN": "no_domain"})
    assert list(found) == ["PRELOAD_BOT_DOMAINS_MAIN"]


@pytest.mark.parametrize("keys", ["", "access_key_id = 'a'\naccess_key_secret = 'b'"])
def test_two_accounts_cannot_share_keys_and_so_a_quota(keys: str, tmp_path: Path) -> None:
    found = problems(f"[accounts.a]\n{keys}\n[accounts.b]\n{keys}", tmp_path)
    assert found == {"accounts": "each account needs keys of its own: the quota is the account's"}


@pytest.mark.parametrize(
    ("text", "name", "allowed"),
    [
        ("[slack]\nbot_tokn = 'x'", "slack.bot_tokn", "unknown; did you mean bot_token?"),
        ("[slak]", "slak", "unknown; did you mean slack?"),
        (
            "[accounts.a.calls_per_s]\ndescrbe = 3",
            "accounts.a.calls_per_s.descrbe",
            "unknown; did you mean describe?",
        ),
        ("[server]\nx = 1", "server.x", "not one of host, port, max_jobs, drain_s"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    text: str, name: str, allowed: str, tmp_path: Path
) -> None:
    assert problems(text, tmp_path) == {name: allowed}


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read("[display]\nrows = 1\nlanguage = 'fr'", tmp_path, {"PORT": "x"})
    assert str(caught.value).splitlines() == [
        "display.rows: rows a page, 5-30",
        'display.language: "en" or "zh"',
        "PORT: a port, 0-65535 (0: any free one)",
    ]
    assert caught.value.name == "display.rows"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("[slack]\nbot_token = s3cret", "not TOML at line 2, column 13"),
        ("[slack]\nbot_token = 's3cret", "not TOML at end of document"),
        ("[slack", "not TOML at end of document"),
    ],
)
def test_a_file_that_is_not_toml_is_told_the_place_and_nothing_of_what_stands_there(
    text: str, allowed: str, tmp_path: Path
) -> None:
    file = tmp_path / "preload-bot.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongSettings) as caught:
        load(file, {})
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    assert str(caught.value) == f"preload-bot.toml: {allowed}"


def test_a_file_that_cannot_be_read_is_named_as_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^PRELOAD_BOT_SETTINGS: a file that can be read"):
        load(env={FILE_VARIABLE: str(tmp_path / "missing.toml")})
    with pytest.raises(SettingsError, match=r"^missing\.toml: a file .* \(No such file"):
        load(tmp_path / "missing.toml", {})
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(SettingsError, match=r"^latin\.toml: a file of UTF-8 text"):
        load(tmp_path / "latin.toml", {})


def test_no_text_made_of_the_settings_shows_a_secret(tmp_path: Path) -> None:
    text = """
        [slack]
        bot_token = "xoxb-s3cret"
        app_token = "xapp-s3cret"
        signing_secret = "s3cret"
        [accounts.a]
        access_key_id = "LTAI"
        access_key_secret = "s3cret"
        security_token = "s3cret"
        [store]
        url = "sqlite:///s3cret"
    """
    settings = read(text, tmp_path)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "s3cret" not in shown
    assert "LTAI" in shown


def test_no_error_shows_a_value(tmp_path: Path) -> None:
    text = """
        [slack]
        bot_token = "s3cret"
        app_token = ["s3cret"]
        signing_secret = {a = "s3cret"}
        api_url = "https://s3cret@[s3cret"
        s3 = "s3cret"
        [accounts.a]
        key_source = "s3cret"
        access_key_secret = 5
        endpoint = "http://s3cret"
        domains = ["s3cret"]
        [accounts.a.calls_per_s]
        describe = "s3cret"
        [display]
        zone = "s3cret"
        language = "s3cret"
        [log]
        level = "s3cret"
    """
    env = {"DATABASE_URL": "postgresql://s3cret@h", "PORT": "s3cret"}
    with pytest.raises(WrongSettings) as caught:
        read(text, tmp_path, env)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert len(caught.value.problems) >= 13
    assert "s3cret" not in shown
    assert caught.value.__context__ is None


def test_what_a_command_needs_is_asked_for_by_its_name_in_the_environment(tmp_path: Path) -> None:
    slack = read("[slack]\nbot_token = 'xoxb-1'", tmp_path).slack
    require(slack, "bot_token")
    with pytest.raises(WrongSettings) as caught:
        require(slack, "bot_token", "app_token", "signing_secret")
    assert [problem.name for problem in caught.value.problems] == [
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
    ]


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = read("", tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        settings.display.rows = 5  # type: ignore[misc] # what the test is about


def example() -> str:
    """The example file with its settings switched on: `#name = value`, without a blank."""
    return re.sub(r"^#(?=[\w\[])", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def paths(kind: Any) -> Iterator[str]:  # noqa: ANN401 - a type annotation
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        values = [part for part in get_args(kind) if isinstance(part, type)]
        sections = [part for part in values if issubclass(part, BaseModel)]
        within = ".default" if get_origin(kind) is dict else ""
        yield from (f"{within}{path}" for section in sections for path in paths(section))
        return
    for name, field in kind.model_fields.items():
        below = list(paths(field.annotation))
        yield from (f".{name}{path}" for path in below or [""])


def written(tables: Mapping[str, object]) -> Iterator[str]:
    for name, value in tables.items():
        inner = value if isinstance(value, list) else [value]
        below = [path for one in inner if isinstance(one, dict) for path in written(one)]
        yield from (f".{name}{path}" for path in below or [""])


def test_the_example_file_has_every_setting_and_is_right(tmp_path: Path) -> None:
    assert set(written(tomllib.loads(example()))) == set(paths(Settings))
    assert read(example(), tmp_path).accounts_of("live.example.com") == ("default",)


def test_the_example_file_as_it_is_changes_nothing(tmp_path: Path) -> None:
    assert load(EXAMPLE, {}) == read("", tmp_path)


def test_the_example_file_shows_the_defaults(tmp_path: Path) -> None:
    shown, default = read(example(), tmp_path), read("", tmp_path)
    assert shown.display == default.display
    assert shown.server == default.server
    assert shown.store == default.store
    assert shown.log == default.log
    assert shown.record == default.record
    assert [(one.to, one.may) for one in shown.roles.grants] == [
        (one.to, one.may) for one in default.roles.grants
    ]
    assert shown.slack.api_url == default.slack.api_url
    assert shown.accounts["default"].endpoint == default.accounts["default"].endpoint
    assert shown.accounts["default"].calls_per_s == default.accounts["default"].calls_per_s


def test_the_example_file_names_every_variable_of_the_environment() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    variables = [FILE_VARIABLE, *VARIABLES, *KEY_VARIABLES, *ACCOUNT_VARIABLES]
    assert [name for name in variables if name not in text] == []
