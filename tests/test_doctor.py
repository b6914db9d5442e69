"""`preload-bot doctor` against the simulated Live API and the local Slack."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import sys
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from click.testing import CliRunner

from bot.asks import Ask
from bot.cli import main
from bot.doctor import Finding, examined, printed
from bot.doctor.manifests import described, differences
from bot.manifest import SCOPES, manifest
from bot.sandbox import live as live_sandbox
from bot.sandbox import slack as slack_sandbox
from bot.sandbox.live import Refuse, SimulatedLive
from bot.sandbox.slack import Fault, LocalSlack
from bot.store import Store
from tests.engines import url_in
from tests.servers import valkey
from tests.stored import board, subscription, watch
from tests.test_store import FIRST_VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from aiohttp.typedefs import Handler
    from pytest_aiohttp import AiohttpServer

BOT_TOKEN, APP_TOKEN = "xoxb-clinic-1", "xapp-clinic-2"
NOBODY_THERE = "http://127.0.0.1:9"


@dataclass
class Patient:
    """What the doctor looks at: both ends of the sandbox, and the environment of a bot."""

    live: SimulatedLive
    slack: LocalSlack
    env: dict[str, str]
    fast: timedelta = timedelta()
    """How far this machine's clock is ahead."""
    found: tuple[Finding, ...] = field(default=())

    async def examined(self) -> tuple[Finding, ...]:
        def now() -> datetime:
            return datetime.now(UTC) + self.fast

        self.found = await examined(None, env=self.env, now=now)
        return self.found

    async def finding(self, check: str) -> Finding:
        """The only finding of this check."""
        (one,) = [one for one in await self.examined() if one.check == check]
        return one

    async def faults(self) -> list[str]:
        """The checks that found something to mend."""
        return [one.check for one in await self.examined() if not one.ok]


async def serving(aiohttp_server: AiohttpServer, answer: Handler) -> str:
    """The address of a server that answers so, whatever is asked."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return str((await aiohttp_server(app)).make_url("/"))


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
async def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Patient]:
    monkeypatch.chdir(tmp_path)
    live = SimulatedLive()
    slack = LocalSlack(signing_secret="shhh-hmac", bot_token=BOT_TOKEN, app_token=APP_TOKEN)
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(live_sandbox.running(live))
        base = await stack.enter_async_context(slack_sandbox.running(slack))
        env = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": "shhh-hmac",
            "SLACK_API_URL": f"{base}/api/",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "testid",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testsecret",
            "PRELOAD_BOT_ENDPOINT": endpoint,
            "PRELOAD_BOT_DOMAINS": "live.example.com",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.sqlite3'}",
        }
        yield Patient(live, slack, env)


async def test_a_bot_in_good_health_gets_a_line_for_each_thing_and_nothing_to_do(
    patient: Patient,
) -> None:
    found = await patient.examined()
    assert [one.check for one in found if one.ok and not one.fix] == [
        "settings",
        "credentials of default",
        "Live API for default",
        "Slack bot token",
        "Slack scopes",
        "Slack manifest",
        "Slack tables",
        "channels",
        "Slack app token",
        "Slack signing secret",
        "store",
        "clock",
        "clock",
    ]
    assert len(found) == 13


async def test_each_wrong_setting_is_named_with_what_is_allowed(patient: Patient) -> None:
    patient.env |= {"PORT": "eighty", "SLACK_BOT_TOKEN": "xoxp-of-a-person"}
    found = await patient.examined()
    assert [(one.check, one.ok, one.detail) for one in found] == [
        ("settings", False, "SLACK_BOT_TOKEN"),
        ("settings", False, "PORT"),
    ]
    assert "xoxb-" in found[0].fix
    assert "0-65535" in found[1].fix
    assert "xoxp-of-a-person" not in printed(found, as_json=True)


async def test_permission_is_tried_with_a_real_call_for_each_domain(patient: Patient) -> None:
    patient.env["PRELOAD_BOT_DOMAINS"] = "live.example.com,vip.example.com"
    found = [one for one in await patient.examined() if one.check == "Live API for default"]
    calls = [(call.action, call.parameters.get("DomainName")) for call in patient.live.arrivals]
    assert calls == [
        ("DescribeLiveUserDomains", None),
        ("DescribeLiveStreamPreloadTasks", "live.example.com"),
        ("DescribeLiveStreamPreloadTasks", "vip.example.com"),
    ]
    assert [one.ok for one in found] == [True, True]
    assert "of vip.example.com finds" in found[1].detail


async def test_one_wrong_domain_does_not_hide_the_others(patient: Patient) -> None:
    patient.env["PRELOAD_BOT_DOMAINS"] = "live.example.org,live.example.com"
    wrong, right = [one for one in await patient.examined() if one.check == "Live API for default"]
    assert (wrong.ok, right.ok) == (False, True)
    assert "live.example.org: InvalidDomain.NotFound" in wrong.detail
    assert "correct accounts.default.domains" in wrong.fix


async def test_only_so_many_domains_are_tried(patient: Patient) -> None:
    patient.env["PRELOAD_BOT_DOMAINS"] = ",".join(
        ["live.example.com"] + [f"d{n}.example.com" for n in range(24)]
    )
    last = [one for one in await patient.examined() if one.check == "Live API for default"][-1]
    assert (last.ok, last.detail) == (True, "5 domains more were not tried")
    assert len(patient.live.arrivals) == 21


async def test_refused_permissions_come_with_the_policy_to_paste(patient: Patient) -> None:
    patient.env["PRELOAD_BOT_DOMAINS"] = "live.example.com,vip.example.com"
    patient.live.faults.inject(Refuse("Forbidden.RAM", 403))
    finding = await patient.finding("Live API for default")
    assert finding.detail.startswith(
        "DescribeLiveUserDomains; DescribeLiveStreamPreloadTasks of live.example.com; "
        "DescribeLiveStreamPreloadTasks of vip.example.com: Forbidden.RAM"
    )
    policy = json.loads(finding.fix[finding.fix.index("{") :])
    assert policy == {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "live:DescribeLiveStreamPreloadTasks",
                "Resource": [
                    "acs:cdn:*:*:domain/live.example.com",
                    "acs:cdn:*:*:domain/vip.example.com",
                ],
            },
            {
                "Effect": "Allow",
                "Action": "live:DescribeLiveUserDomains",
                "Resource": ["acs:cdn:*:*:domain/*"],
            },
        ],
    }


@pytest.mark.parametrize(
    ("changed", "code", "advice"),
    [
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "other"},
            "InvalidAccessKeyId.NotFound",
            "correct accounts.default.access_key_id (ALIBABA_CLOUD_ACCESS_KEY_ID)",
        ),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "other-secret"},
            "SignatureDoesNotMatch",
            "correct accounts.default.access_key_secret (ALIBABA_CLOUD_ACCESS_KEY_SECRET)",
        ),
        (
            {"PRELOAD_BOT_DOMAINS": "live.example.org"},
            "InvalidDomain.NotFound",
            "correct accounts.default.domains",
        ),
        (
            {"PRELOAD_BOT_ENDPOINT": NOBODY_THERE},
            "cannot connect",
            f"see that {NOBODY_THERE} is the Live API (accounts.default.endpoint)",
        ),
    ],
)
async def test_what_the_live_api_refuses_is_told_with_the_setting_to_look_at(
    patient: Patient, changed: dict[str, str], code: str, advice: str
) -> None:
    patient.env |= changed
    finding = await patient.finding("Live API for default")
    assert not finding.ok
    assert code in finding.detail
    assert advice in finding.fix


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (405, "text/html", "<h1>Method Not Allowed</h1>"),
        (404, "text/plain", "404: Not Found"),
        (403, "text/html", "<h1>Forbidden</h1>"),
        (401, "text/html", "<h1>Who are you?</h1>"),
        (200, "text/html", "<h1>Welcome</h1>"),
        (404, "application/json", '{"Code": "InvalidAction.NotFound"}'),
        (400, "application/json", '{"Code": "InvalidVersion"}'),
    ],
)
async def test_an_address_that_is_not_the_live_api_s_is_told(
    patient: Patient, aiohttp_server: AiohttpServer, status: int, content_type: str, body: str
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, content_type=content_type, text=body)

    patient.env["PRELOAD_BOT_ENDPOINT"] = await serving(aiohttp_server, answer)
    finding = await patient.finding("Live API for default")
    endpoint = patient.env["PRELOAD_BOT_ENDPOINT"].rstrip("/")
    assert not finding.ok
    assert finding.fix.startswith(f"see that {endpoint} is the Live API")
    assert "accounts.default.endpoint" in finding.fix


async def test_without_domains_those_that_the_account_lists_are_tried(patient: Patient) -> None:
    del patient.env["PRELOAD_BOT_DOMAINS"]
    listed, *tried = [
        one for one in await patient.examined() if one.check == "Live API for default"
    ]
    assert "lists 6 play domains; none is in the settings" in listed.detail
    assert listed.ok
    assert len(tried) == 5  # one is offline
    assert all(one.ok for one in tried)


async def test_without_domains_the_policy_is_for_all_of_them(patient: Patient) -> None:
    del patient.env["PRELOAD_BOT_DOMAINS"]
    patient.live.faults.inject(Refuse("NoPermission", 403))
    finding = await patient.finding("Live API for default")
    policy = json.loads(finding.fix[finding.fix.index("{") :])
    resources = [statement["Resource"] for statement in policy["Statement"]]
    assert resources == [["acs:cdn:*:*:domain/*"], ["acs:cdn:*:*:domain/*"]]


async def test_an_account_without_play_domains_is_no_use(patient: Patient) -> None:
    del patient.env["PRELOAD_BOT_DOMAINS"]
    patient.live.world.account.clear()
    assert not (await patient.finding("Live API for default")).ok


async def test_missing_credentials_are_missed_and_nothing_is_called(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", None)  # not installed
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        del patient.env[name]
    assert await patient.faults() == ["credentials of default"]
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in patient.found[1].fix
    assert patient.live.arrivals == []


async def test_where_the_provider_chain_finds_nothing_either_a_line_says_so_and_nothing_else(
    patient: Patient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        del patient.env[name]
    assert await patient.faults() == ["credentials of default"]
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in patient.found[1].fix
    assert capfd.readouterr() == ("", "")


async def test_keys_that_the_provider_chain_finds_are_tried_and_blamed_as_such(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = "alibabacloud_credentials.utils.auth_util.environment_access_key"
    monkeypatch.setattr(f"{read}_id", "testid")  # the library reads the variables at import
    monkeypatch.setattr(f"{read}_secret", "other-secret")
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        del patient.env[name]
    finding = await patient.finding("Live API for default")
    assert "SignatureDoesNotMatch" in finding.detail
    assert "what the vendor's provider chain finds" in finding.fix
    assert "present, from the vendor's provider chain" in {one.detail for one in patient.found}


async def test_each_account_is_looked_at(patient: Patient, tmp_path: Path) -> None:
    endpoint = patient.env.pop("PRELOAD_BOT_ENDPOINT")
    accounts = "".join(
        f'[accounts.{name}]\naccess_key_id = "{key_id}"\naccess_key_secret = "testsecret"\n'
        f'endpoint = "{endpoint}"\ndomains = ["{domain}"]\n'
        for name, key_id, domain in [
            ("main", "testid", "live.example.com"),
            ("spare", "lost", "cup.example.com"),
        ]
    )
    (tmp_path / "preload-bot.toml").write_text(accounts)
    patient.env = {
        name: value
        for name, value in patient.env.items()
        if not name.startswith(("ALIBABA", "PRELOAD"))
    }
    assert await patient.faults() == ["Live API for spare"]
    fix = next(one for one in patient.found if not one.ok).fix
    assert fix == "correct accounts.spare.access_key_id (ALIBABA_CLOUD_ACCESS_KEY_ID_SPARE)"
    assert len([one for one in patient.found if one.check == "clock"]) == 2


async def test_keys_that_one_of_several_accounts_lacks_are_asked_for_by_the_names_it_reads(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", None)  # not installed
    (tmp_path / "preload-bot.toml").write_text("[accounts.default]\n[accounts.box-office]\n")
    finding = await patient.finding("credentials of box-office")
    assert finding.fix.startswith(
        "set ALIBABA_CLOUD_ACCESS_KEY_ID_BOX_OFFICE and ALIBABA_CLOUD_ACCESS_KEY_SECRET_BOX_OFFICE,"
    )


async def test_keys_of_none_of_several_accounts_are_told_with_the_names_they_may_have(
    patient: Patient, tmp_path: Path
) -> None:
    (tmp_path / "preload-bot.toml").write_text("[accounts.main]\n[accounts.spare]\n")
    for name in ("PRELOAD_BOT_ENDPOINT", "PRELOAD_BOT_DOMAINS"):
        del patient.env[name]
    found = await patient.examined()
    assert [one.detail for one in found] == [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    ]
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID_MAIN or ALIBABA_CLOUD_ACCESS_KEY_ID_SPARE" in found[0].fix
    assert "testsecret" not in printed(found, as_json=True)


@pytest.mark.parametrize("fast_s", [45, -45])
async def test_a_clock_less_than_a_minute_off_will_do(patient: Patient, fast_s: int) -> None:
    patient.fast = timedelta(seconds=fast_s)
    assert await patient.faults() == []


@pytest.mark.parametrize(("fast_s", "word"), [(90, "ahead of"), (-90, "behind")])
async def test_a_clock_further_off_is_to_be_set(patient: Patient, fast_s: int, word: str) -> None:
    patient.fast = timedelta(seconds=fast_s)
    assert await patient.faults() == ["clock", "clock"]
    live, slack = patient.found[-2:]
    assert f"s {word} the Live API; the bound is 900 s" in live.detail
    assert f"s {word} Slack; the bound is 300 s" in slack.detail
    assert "NTP" in live.fix


async def test_a_slow_clock_is_blamed_for_the_start_time_that_is_made_from_it(
    patient: Patient,
) -> None:
    patient.live.faults.inject(Refuse("InvalidStartTime.ValueNotSupported"), calls=1)
    finding = await patient.finding("Live API for default")
    assert "InvalidStartTime" in finding.detail
    assert finding.fix == "set this machine's clock (NTP)"


@pytest.mark.parametrize("minutes", [5, 20])
async def test_a_clock_past_the_live_apis_bound_is_the_only_fault_it_causes(
    patient: Patient, minutes: int
) -> None:
    patient.live.faults.skew = timedelta(minutes=minutes)
    assert await patient.faults() == ["clock"]
    assert "behind the Live API" in patient.found[-2].detail


async def test_a_server_that_does_not_tell_the_time_is_not_judged_by_it(
    patient: Patient, aiohttp_server: AiohttpServer
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True}, headers={"Date": "soon"})

    patient.env["SLACK_API_URL"] = await serving(aiohttp_server, answer)
    clock = await patient.finding("clock")
    assert "the Live API" in clock.detail


async def test_a_missing_bot_token_is_missed(patient: Patient) -> None:
    del patient.env["SLACK_BOT_TOKEN"]
    finding = await patient.finding("Slack bot token")
    assert (finding.ok, finding.detail) == (False, "SLACK_BOT_TOKEN is not set")
    assert "OAuth & Permissions" in finding.fix


async def test_a_refused_bot_token_is_told_in_slacks_word(patient: Patient) -> None:
    patient.env["SLACK_BOT_TOKEN"] = "xoxb-of-old"
    finding = await patient.finding("Slack bot token")
    assert (finding.ok, finding.detail) == (False, "invalid_auth")
    assert "SLACK_BOT_TOKEN" in finding.fix


async def test_each_missing_scope_is_told_with_what_it_is_for(patient: Patient) -> None:
    patient.slack.faults.missing_scopes |= {"users:read", "files:write"}
    found = [one for one in await patient.examined() if one.check == "Slack scopes"]
    for one, scope in zip(found, ["users:read", "files:write"], strict=True):
        assert not one.ok
        assert f"{scope} is missing" in one.detail
        assert SCOPES[scope] in one.detail
        assert "reinstall" in one.fix


async def test_a_refused_app_token_is_told(patient: Patient) -> None:
    patient.env["SLACK_APP_TOKEN"] = "xapp-of-old"
    finding = await patient.finding("Slack app token")
    assert (finding.ok, finding.detail) == (False, "invalid_auth")
    assert "connections:write" in finding.fix


async def test_http_alone_needs_no_app_token(patient: Patient) -> None:
    del patient.env["SLACK_APP_TOKEN"]
    assert await patient.faults() == []
    assert "Slack app token" not in {one.check for one in patient.found}


async def test_without_a_way_in_both_are_named(patient: Patient) -> None:
    del patient.env["SLACK_APP_TOKEN"], patient.env["SLACK_SIGNING_SECRET"]
    finding = await patient.finding("Slack's way in")
    assert not finding.ok
    assert "SLACK_SIGNING_SECRET" in finding.fix
    assert "SLACK_APP_TOKEN" in finding.fix


async def test_a_refused_table_is_no_failure(patient: Patient) -> None:
    patient.slack.faults.refuse_tables = True
    finding = await patient.finding("Slack tables")
    assert finding.ok
    assert finding.detail == (
        "no, so answers come as lists (blocks.validate: invalid_blocks: unsupported type: table)"
    )


async def test_a_table_that_slack_refuses_in_a_sentence_is_no_failure(
    patient: Patient, aiohttp_server: AiohttpServer
) -> None:
    async def answer(request: web.Request) -> web.Response:
        said: dict[str, object] = {"ok": True}
        if request.path.endswith("blocks.validate"):
            said = {"ok": False, "error": "invalid_blocks", "errors": ["no tables [/0]"]}
        return web.json_response(said)

    patient.env["SLACK_API_URL"] = await serving(aiohttp_server, answer)
    finding = await patient.finding("Slack tables")
    assert finding.ok
    assert (
        "answers come as lists (blocks.validate: invalid_blocks: no tables [/0])" in finding.detail
    )


async def test_a_workspace_that_cannot_validate_blocks_is_no_failure(patient: Patient) -> None:
    patient.slack.faults.add(Fault(method="blocks.validate", error="unknown_method"))
    finding = await patient.finding("Slack tables")
    assert finding.ok
    assert finding.detail == "the first answer will show (blocks.validate: unknown_method)"


async def test_a_slack_out_of_reach_is_told_for_both_tokens(patient: Patient) -> None:
    patient.env["SLACK_API_URL"] = NOBODY_THERE
    assert await patient.faults() == ["Slack bot token", "Slack app token"]
    fixes = [one.fix for one in patient.found if not one.ok]
    assert all(f"{NOBODY_THERE}/ is Slack's Web API (SLACK_API_URL)" in fix for fix in fixes)


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (200, "text/plain", "It works!"),
        (404, "text/plain", "404: Not Found"),
        (200, "text/html", "<h1>Welcome</h1>"),
        (502, "application/json", "<h1>Bad Gateway</h1>"),
        (200, "application/json", '{"Code": "InvalidAction.NotFound"}'),
    ],
)
async def test_an_address_that_is_not_slacks_is_told(
    patient: Patient, aiohttp_server: AiohttpServer, status: int, content_type: str, body: str
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, content_type=content_type, text=body)

    patient.env["SLACK_API_URL"] = await serving(aiohttp_server, answer)
    finding = await patient.finding("Slack bot token")
    assert (finding.ok, finding.detail) == (False, "not an answer of Slack's")
    assert "SLACK_API_URL" in finding.fix


async def test_the_store_is_written_and_left_as_it_was(patient: Patient) -> None:
    await use(patient, "C0001")
    assert (await patient.finding("store")).ok
    async with Store.open(patient.env["DATABASE_URL"]) as store:
        assert await store.defaults.get("doctor", "doctor") is None


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def revision_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        [[found]] = connection.execute("SELECT version_num FROM preload_bot_version")
        return str(found)


async def test_a_store_of_an_older_version_is_read_and_left_for_that_version(
    patient: Patient, tmp_path: Path
) -> None:
    await use(patient, "C0003")
    with closing(sqlite3.connect(tmp_path / "bot.sqlite3")) as older, older:
        older.executescript(
            "DROP TABLE leases; DROP TABLE workers; DROP TABLE requests_seen;"
            "UPDATE preload_bot_version SET version_num = '0003';"
        )
    before = (tmp_path / "bot.sqlite3").read_bytes()
    finding = await patient.finding("store")
    assert (finding.ok, finding.fix) == (True, "")
    assert re.search(
        r"has revision 0003, this version needs \d{4}: `serve` or `migrate` brings it up, and "
        "from then on the older version refuses it",
        finding.detail,
    )
    assert revision_of(tmp_path / "bot.sqlite3") == "0003"
    assert (tmp_path / "bot.sqlite3").read_bytes() == before
    [channel] = [one for one in patient.found if one.check == "channels"]
    assert "#cup-final C0003 (1 subscription)" in channel.detail


async def test_an_older_store_that_does_not_say_what_is_in_use_is_not_taken_for_unused(
    patient: Patient, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "bot.sqlite3")) as older, older:
        older.executescript(FIRST_VERSION)
    assert await patient.faults() == []
    [channels] = [one for one in patient.found if one.check == "channels"]
    assert channels.detail == "not looked at: which are in use cannot be read from the store"


async def test_a_store_of_a_newer_version_comes_with_what_to_do(
    patient: Patient, tmp_path: Path
) -> None:
    await use(patient, "C0001")
    with closing(sqlite3.connect(tmp_path / "bot.sqlite3")) as newer, newer:
        newer.execute("UPDATE preload_bot_version SET version_num = '9999'")
    finding = await patient.finding("store")
    assert not finding.ok
    assert "of a newer version (revision 9999)" in finding.detail
    assert finding.fix == "run that version, or name another store in store.url (DATABASE_URL)"


async def test_a_store_that_is_not_there_yet_is_not_made(patient: Patient, tmp_path: Path) -> None:
    finding = await patient.finding("store")
    assert (finding.ok, finding.fix) == (True, "")
    assert finding.detail == f"none yet: `serve` makes {tmp_path / 'bot.sqlite3'}"
    assert files(tmp_path) == []
    [channels] = [one for one in patient.found if one.check == "channels"]
    assert channels.detail == "none in use"


@pytest.mark.usefixtures("engine")
async def test_a_database_with_nothing_in_it_stays_so(patient: Patient, tmp_path: Path) -> None:
    patient.env["DATABASE_URL"] = url_in(tmp_path)
    if patient.env["DATABASE_URL"].startswith("sqlite"):
        (tmp_path / "store.sqlite3").touch()
    for _ in range(2):
        finding = await patient.finding("store")
        assert (finding.ok, finding.fix) == (True, "")
        assert "is empty: `serve` or `migrate` makes its tables" in finding.detail


async def test_a_store_that_cannot_be_made_is_told(patient: Patient, tmp_path: Path) -> None:
    patient.env["DATABASE_URL"] = f"sqlite:///{tmp_path / 'nowhere' / 'bot.sqlite3'}"
    finding = await patient.finding("store")
    assert not finding.ok
    assert "nowhere/bot.sqlite3: cannot be made: No such file or directory" in finding.detail
    assert "DATABASE_URL" in finding.fix


async def test_a_store_that_cannot_be_read_leaves_its_channels_unknown(
    patient: Patient, tmp_path: Path
) -> None:
    (tmp_path / "bot.sqlite3").write_text("no database, but long enough to be read as one" * 100)
    assert await patient.faults() == ["store"]
    [channels] = [one for one in patient.found if one.check == "channels"]
    assert channels.detail == "not looked at: which are in use cannot be read from the store"


async def test_a_driver_that_is_not_installed_is_to_be_installed(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)  # not installed
    patient.env["DATABASE_URL"] = "postgresql://bot:hunter22@127.0.0.1:9/preload"
    finding = await patient.finding("store")
    assert finding.detail.endswith("asyncpg is missing")
    assert finding.fix == "uv sync --extra postgres, or pip install '.[postgres]'"


async def test_a_server_s_password_is_not_printed(patient: Patient) -> None:
    patient.env["DATABASE_URL"] = "postgresql://bot:hunter22@127.0.0.1:9/preload"
    finding = await patient.finding("store")
    assert not finding.ok
    assert "postgresql://bot:***@127.0.0.1:9/preload" in finding.detail
    assert "hunter22" not in printed([finding], as_json=True)
    assert "see that the server runs" in finding.fix


async def test_a_redis_that_is_not_there_is_said_without_its_password(patient: Patient) -> None:
    patient.env["REDIS_URL"] = "redis://:hunter22@127.0.0.1:9/0"
    finding = await patient.finding("Redis")
    assert not finding.ok
    assert finding.detail.startswith("127.0.0.1:9/0: ConnectionError")
    assert "REDIS_URL" in finding.fix
    assert "hunter22" not in printed([finding], as_json=True)


async def test_a_redis_that_gives_out_places_is_fine(patient: Patient, tmp_path: Path) -> None:
    with valkey(tmp_path) as server:
        patient.env["REDIS_URL"] = server.url
        finding = await patient.finding("Redis")
    assert finding.ok
    assert f"127.0.0.1:{server.port}/0 answers" in finding.detail


# --- channels ---


async def use(patient: Patient, channel_id: str, *, default: bool = False) -> None:
    """Have the store say that the bot is used there."""
    async with Store.open(patient.env["DATABASE_URL"]) as store:
        if default:
            await store.defaults.set("T0001", channel_id, domain="live.example.com", set_by="U0001")
        else:
            await store.subscriptions.add(subscription(channel_id, channel_id=channel_id))


async def test_channels_that_the_bot_is_in_need_nothing(patient: Patient) -> None:
    await use(patient, "C0001")
    finding = await patient.finding("channels")
    assert (finding.ok, finding.detail) == (True, "1 of 1 in use were looked at")


async def test_a_channel_that_the_bot_is_to_post_in_and_is_not_in_comes_with_the_invitation(
    patient: Patient,
) -> None:
    await use(patient, "C0003")
    finding = await patient.finding("channels")
    assert not finding.ok
    assert finding.detail == "#cup-final C0003 (1 subscription): the bot is not in it"
    assert finding.fix == "type there: /invite @preload"


async def test_a_channel_that_is_gone_or_private_comes_with_the_invitation_too(
    patient: Patient,
) -> None:
    await use(patient, "C0999")
    finding = await patient.finding("channels")
    assert not finding.ok
    assert "C0999 (1 subscription)" in finding.detail
    assert "/invite @preload" in finding.fix


async def test_an_archived_channel_is_to_be_unsubscribed(patient: Patient) -> None:
    patient.slack.faults.archived.add("C0001")
    await use(patient, "C0001")
    finding = await patient.finding("channels")
    assert not finding.ok
    assert "it is archived" in finding.detail
    assert "/preload unsubscribe in=<#C0001>" in finding.fix


async def test_where_only_commands_are_typed_the_bot_need_not_be(patient: Patient) -> None:
    await use(patient, "C0003", default=True)
    finding = await patient.finding("channels")
    assert finding.ok
    assert "commands work there" in finding.detail
    assert "/invite @preload" in finding.fix


async def test_direct_messages_and_what_scopes_hide_are_in_nobody_s_way(patient: Patient) -> None:
    for channel_id in ("C0001", "C0003", "D0001"):
        await use(patient, channel_id)
    patient.slack.faults.add(Fault(method="conversations.info", error="missing_scope"))
    hidden, outside = [one for one in await patient.examined() if one.check == "channels"]
    assert (hidden.ok, hidden.detail) == (True, "C0001 not looked at: missing_scope")
    assert not outside.ok
    assert "#cup-final" in outside.detail


async def test_channels_that_slack_does_not_tell_of_are_no_failure(patient: Patient) -> None:
    await use(patient, "C0001")
    patient.slack.faults.add(Fault(method="conversations.info", status=503))
    finding = await patient.finding("channels")
    assert finding.ok
    assert "not looked at: http_503" in finding.detail


# --- the manifest ---


def changed(whole: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The manifest with something else at this place."""
    copy = json.loads(json.dumps(whole))
    *parents, last = path.split(".")
    place = copy
    for name in parents:
        place = place[name]
    place[last] = value
    return dict(copy)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("features.app_home.home_tab_enabled", False, "the Home tab is off"),
        ("features.app_home.messages_tab_enabled", False, "the Messages tab is off"),
        ("features.shortcuts", [], "the message shortcut “Check these streams”"),
        ("features.slash_commands", [], "the command /preload is missing"),
        ("features.slash_commands", [{"command": "/preload"}], "should_escape"),
        ("settings.event_subscriptions.bot_events", [], "the event app_home_opened"),
        ("settings.interactivity.is_enabled", False, "no button works"),
        ("settings.socket_mode_enabled", False, "Socket Mode is off"),
        ("oauth_config.scopes.bot", list(SCOPES)[1:], "the scope commands is missing"),
        ("oauth_config", {}, "the scope files:write is missing, for exporting"),
    ],
)
def test_each_difference_to_this_version_s_manifest_is_named(
    path: str, value: object, said: str
) -> None:
    theirs = described(changed(manifest(), path, value))
    assert said in "; ".join(differences(theirs, only_way_in="Socket Mode"))


def test_the_manifest_itself_differs_in_nothing() -> None:
    url = "https://bot.example.com"
    assert list(differences(described(manifest()), only_way_in="Socket Mode")) == []
    assert list(differences(described(manifest(url)), only_way_in="HTTP")) == []
    for whole in (manifest(), manifest(url)):
        assert list(differences(described(whole))) == []


def test_for_http_each_missing_address_is_named() -> None:
    theirs = changed(
        manifest("https://bot.example.com"), "settings.interactivity", {"is_enabled": True}
    )
    found = list(differences(described(theirs), only_way_in="HTTP"))
    assert [one.partition(",")[0] for one in found] == [
        "no address for interactivity (request_url)",
        "no address for menus (message_menu_options_url)",
    ]
    [socket] = differences(described(manifest()), only_way_in="HTTP")
    assert "Socket Mode is on" in socket


@dataclass
class Owner:
    """A Slack that tells an app's manifest to its owner."""

    said: dict[str, Any]
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.heard.append((method, token))
        if method == "apps.manifest.export":
            return web.json_response(self.said)
        scopes = {"x-oauth-scopes": ",".join(SCOPES)}
        said = {"ok": True, "bot": {"app_id": "A0B0T"}, "user": "preload", "bot_id": "B1"}
        return web.json_response(said, headers=scopes)


async def test_with_the_owner_s_token_the_app_s_manifest_is_compared(
    patient: Patient, aiohttp_server: AiohttpServer
) -> None:
    theirs = changed(manifest(), "features.app_home.home_tab_enabled", value=False)
    owner = Owner({"ok": True, "manifest": theirs})
    patient.env["SLACK_API_URL"] = await serving(aiohttp_server, owner.answer)
    patient.env["SLACK_CONFIG_TOKEN"] = "xoxe.xoxp-owner-3"
    finding = await patient.finding("Slack manifest")
    assert (finding.ok, finding.detail) == (False, "the Home tab is off")
    assert "preload-bot manifest" in finding.fix
    assert ("apps.manifest.export", "xoxe.xoxp-owner-3") in owner.heard
    assert ("bots.info", BOT_TOKEN) in owner.heard
    owner.said["manifest"] = manifest()
    patient.env["SLACK_APP_TOKEN"] = "xapp-1-A0APP-77-5ecre7"
    finding = await patient.finding("Slack manifest")
    assert (finding.ok, finding.detail) == (True, "of A0APP: as this version has it")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ({"ok": False, "error": "token_expired"}, "make a new one"),
        ({"ok": False, "error": "invalid_auth"}, "make a new one"),
        ({"ok": False, "error": "app_not_found"}, "a token of somebody who manages A0APP"),
        ({"ok": False, "error": "invalid_app_id"}, "a token of somebody who manages A0APP"),
        ({"ok": False, "error": "failed_export"}, "try again"),
        ({"ok": False, "error": "internal_error"}, "try again"),
        ({"ok": True}, "is Slack's Web API (SLACK_API_URL)"),
        ({"ok": True, "manifest": [1]}, "is Slack's Web API (SLACK_API_URL)"),
        ({"error": ""}, "is Slack's Web API (SLACK_API_URL)"),
    ],
)
async def test_each_reason_not_to_tell_the_manifest_has_its_own_advice(
    patient: Patient, aiohttp_server: AiohttpServer, said: dict[str, Any], advice: str
) -> None:
    patient.env["SLACK_API_URL"] = await serving(aiohttp_server, Owner(said).answer)
    patient.env["SLACK_CONFIG_TOKEN"] = "xoxe.xoxp-owner-3"
    patient.env["SLACK_APP_TOKEN"] = "xapp-1-A0APP-77-5ecre7"
    finding = await patient.finding("Slack manifest")
    assert not finding.ok
    assert advice in finding.fix
    assert ("make a new one" in finding.fix) is (advice == "make a new one")
    assert "owner-3" not in printed([finding], as_json=True)


async def test_a_slack_that_does_not_answer_for_the_manifest_wants_no_new_token(
    patient: Patient,
) -> None:
    patient.env["SLACK_CONFIG_TOKEN"] = "xoxe.xoxp-owner-3"
    patient.env["SLACK_APP_TOKEN"] = "xapp-1-A0APP-77-5ecre7"
    patient.slack.faults.add(Fault(method="apps.manifest.export", status=503))
    finding = next(one for one in await patient.examined() if one.check == "Slack manifest")
    assert (finding.ok, finding.detail) == (False, "apps.manifest.export: not an answer of Slack's")
    assert "can be reached" in finding.fix


async def test_an_app_whose_id_slack_does_not_tell_wants_no_new_token(patient: Patient) -> None:
    patient.env["SLACK_CONFIG_TOKEN"] = "xoxe.xoxp-owner-3"
    patient.slack.faults.add(Fault(method="bots.info", error="missing_scope"))
    finding = await patient.finding("Slack manifest")
    assert (finding.ok, finding.detail) == (True, "not compared: bots.info: missing_scope")


async def test_no_secret_is_printed_even_if_a_server_repeats_it(
    patient: Patient, capfd: pytest.CaptureFixture[str]
) -> None:
    said = "no such key: LTAI5tAbCdEfGh12 with testsecret"
    patient.live.faults.inject(Refuse("InvalidAccessKeyId.Inactive", message=said))
    patient.slack.faults.add(Fault(method="auth.test", error=f"bad_token {BOT_TOKEN}"))
    patient.slack.faults.add(Fault(method="apps.connections.open", error=APP_TOKEN))
    found = await patient.examined()
    everything = printed(found, as_json=True) + printed(found, as_json=False)
    assert "InvalidAccessKeyId.Inactive" in everything
    for secret in ("testsecret", "LTAI5t", "clinic", "shhh-hmac"):
        assert secret not in everything
    assert capfd.readouterr() == ("", "")


async def test_what_is_followed_of_an_account_that_is_gone_gets_a_line_for_that_account(
    patient: Patient,
) -> None:
    old = Ask("old", "live.example.com", urls=("rtmp://live.example.com/app/cup",))
    async with Store.open(patient.env["DATABASE_URL"]) as store:
        for channel_id, account in (("C1", "old"), ("C2", "old"), ("C1", "default")):
            one = subscription(account + channel_id, channel_id=channel_id, account=account)
            await store.subscriptions.add(one)
        shown = replace(watch(), ask=old)
        await store.watches.add(shown, board(shown))
    finding = await patient.finding("accounts")
    assert not finding.ok
    assert finding.detail.startswith("2 subscriptions, 1 watch of account old, which the settings")
    assert "[accounts.old]" in finding.fix


FOUND = (
    Finding("store", ok=True, detail="bot.sqlite3 is up to date"),
    Finding("Slack bot token", ok=False, detail="invalid_auth", fix="copy it\nfrom there"),
)


def test_a_person_reads_a_line_for_each_and_what_to_do_below_it() -> None:
    assert printed(FOUND, as_json=False).splitlines() == [
        "ok   store: bot.sqlite3 is up to date",
        "FIX  Slack bot token: invalid_auth",
        "       copy it",
        "       from there",
    ]


def test_a_program_reads_a_list_of_objects() -> None:
    assert json.loads(printed(FOUND, as_json=True)) == [
        {"check": "store", "ok": True, "detail": "bot.sqlite3 is up to date", "fix": ""},
        {
            "check": "Slack bot token",
            "ok": False,
            "detail": "invalid_auth",
            "fix": "copy it\nfrom there",
        },
    ]


def test_scripts_go_by_the_exit_code_which_help_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    helped = CliRunner().invoke(main, ["doctor", "--help"])
    assert "Exits with 0 where nothing is to be mended, and with 1" in helped.output
    examined = CliRunner().invoke(main, ["doctor"], env={"PORT": "eighty"})
    assert examined.exit_code == 1
    assert examined.output.startswith("FIX  settings: PORT")
