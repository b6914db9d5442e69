"""`preload-bot` as a process of its own: what it prints, how it ends, what it remembers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from bot.manifest import manifest
from bot.sandbox import live as live_sandbox
from bot.sandbox import slack as slack_sandbox
from bot.sandbox.live import SimulatedLive
from bot.sandbox.slack import Fault, LocalSlack
from tests.end_to_end.people import ANNA, LIVE_OPS
from tests.engines import new_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack import Message
    from tests.servers import Postgres

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-process-test",
    "SLACK_APP_TOKEN": "xapp-process-test",
    "SLACK_SIGNING_SECRET": "process-signing-secret",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "testid",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testsecret",
}
COMMAND = "/preload domain=live.example.com status=failed"


def is_answer(message: Message) -> bool:
    """Whether it answers `COMMAND`: 13 failed at first, and more a quarter of a minute later."""
    return bool(re.search(r"1\d failed of 140", message.text))


async def ran(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run `preload-bot` to its end: exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


class Outside:
    """Both ends of the sandbox, and the environment of a bot between them."""

    def __init__(self, live: SimulatedLive, slack: LocalSlack, environment: dict[str, str]) -> None:
        self.live = live
        self.slack = slack
        self.environment = environment
        self.log = ""

    @asynccontextmanager
    async def serving(self, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """The bot as a process, until it ends by itself or is ended here."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "serve",
            *options,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment},
        )
        assert process.stderr is not None
        lines: list[str] = []
        try:
            async for line in process.stderr:
                lines.append(line.decode())
                if found := re.search(r'"address": "([^"]+)"', lines[-1]):
                    self.slack.request_url = (
                        None if "--socket-mode" in options else f"{found[1]}/slack/events"
                    )
                    break
            reading = asyncio.create_task(process.stderr.read())
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            self.log = "".join(lines) + (await reading).decode()
            await process.wait()


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    live = SimulatedLive()
    slack = LocalSlack(
        signing_secret=SECRETS["SLACK_SIGNING_SECRET"],
        bot_token=SECRETS["SLACK_BOT_TOKEN"],
        app_token=SECRETS["SLACK_APP_TOKEN"],
    )
    async with live_sandbox.running(live) as endpoint, slack_sandbox.running(slack) as page:
        environment = {
            **SECRETS,
            "SLACK_API_URL": f"{page}/api/",
            "PRELOAD_BOT_ENDPOINT": endpoint,
            "PRELOAD_BOT_DOMAINS": "live.example.com,vip.example.com",
            "PRELOAD_BOT_HOST": "127.0.0.1",
            "PORT": "0",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.sqlite3'}",
        }
        yield Outside(live, slack, environment)


async def test_on_sigterm_it_finishes_what_was_asked_and_ends_well(outside: Outside) -> None:
    outside.live.faults.latency_s = 0.3
    async with outside.serving() as process:
        outcome = await outside.slack.command(ANNA, LIVE_OPS, COMMAND)
        assert outcome.ok
        process.send_signal(signal.SIGTERM)
        answer = await outside.slack.settled(
            ANNA,
            after=outcome.mark,
            until=is_answer,
            timeout_s=60,
        )
        assert answer.blocks
        assert await process.wait() == 0
    for secret in SECRETS.values():
        assert secret not in outside.log.replace("testid", "")


async def test_after_a_kill_and_a_restart_the_buttons_still_work(outside: Outside) -> None:
    async with outside.serving() as process:
        outcome = await outside.slack.command(ANNA, LIVE_OPS, COMMAND)
        answer = await outside.slack.settled(ANNA, after=outcome.mark, until=is_answer)
        process.kill()
        await process.wait()
    option = next(
        option["value"]
        for block in answer.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == "page.status"
        for option in element["options"]
        if option["value"].endswith("|all")
    )
    async with outside.serving():
        outcome = await outside.slack.click(ANNA, answer.id, "page.status", option=option)
        again = await outside.slack.settled(ANNA, after=outcome.mark)
        assert again.id == answer.id
        assert "streams" in again.text


async def test_it_serves_by_socket_mode(outside: Outside) -> None:
    async with outside.serving("--socket-mode") as process:
        outcome = await outside.slack.command(ANNA, LIVE_OPS, COMMAND)
        assert outcome.ok
        await outside.slack.settled(ANNA, after=outcome.mark, until=is_answer)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_an_app_token_that_slack_refuses_stops_the_start_with_its_name(
    outside: Outside,
) -> None:
    outside.slack.faults.add(Fault("apps.connections.open", times=1_000, error="invalid_auth"))
    code, _, err = await ran("serve", "--socket-mode", **outside.environment)
    assert code == 1
    assert "SLACK_APP_TOKEN" in err
    assert "invalid_auth" in err
    assert "Traceback" not in err


async def test_it_can_be_ended_while_it_still_tries_to_reach_slack(outside: Outside) -> None:
    outside.slack.faults.add(Fault("apps.connections.open", times=1_000, status=503))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "serve",
        "--socket-mode",
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **outside.environment},
    )
    assert process.stderr is not None
    try:
        while "Retrying" not in (await process.stderr.readline()).decode():
            pass
        process.send_signal(signal.SIGTERM)
        await process.stderr.read()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()


@pytest.mark.parametrize("command", ["serve", "demo --no-browser", "simulate"])
async def test_a_port_that_is_taken_is_said_to_be(outside: Outside, command: str) -> None:
    taken = str(urlsplit(outside.environment["SLACK_API_URL"]).port)
    option = () if command == "serve" else ("--port", taken)
    code, _, err = await ran(*command.split(), *option, **{**outside.environment, "PORT": taken})
    assert code == 1
    assert taken in err
    assert "port" in err
    assert "Traceback" not in err


async def test_a_store_that_cannot_be_opened_stops_the_start_with_its_setting(
    outside: Outside,
) -> None:
    environment = {**outside.environment, "DATABASE_URL": "sqlite:////nowhere/bot.sqlite3"}
    code, _, err = await ran("serve", **environment)
    assert code == 1
    assert "DATABASE_URL" in err
    assert "unable to open database file" in err


async def test_a_wrong_setting_stops_the_start_with_its_name_and_never_its_value() -> None:
    code, out, err = await ran("serve", SLACK_BOT_TOKEN="hunter2-hunter2", PORT="http")
    assert code == 1
    assert "SLACK_BOT_TOKEN" in err
    assert "PORT" in err
    assert "hunter2" not in out + err


async def test_the_demo_plays_commands_and_clicks_in_their_order() -> None:
    code, out, _ = await ran(
        "demo",
        "--run",
        "/preload status=failed",
        "--click",
        "page.next",
        "--run",
        "/preload help",
        "--click",
        "page.prev",
    )
    steps = [line for line in out.splitlines() if line.startswith("> ")]
    assert code == 0
    assert steps == ["> /preload status=failed", "> page.next", "> /preload help", "> page.prev"]
    assert "11–13 of 13" in out


async def test_the_demo_prints_what_slack_got_as_json_in_chinese_if_wanted() -> None:
    code, out, _ = await ran("demo", "--as", "zh", "--json", "--run", "/preload 预热失败")
    payload = json.loads(out)
    assert code == 0
    assert "预热失败" in payload["text"]
    assert {"table", "actions"} <= {block["type"] for block in payload["blocks"]}


async def test_the_demo_prints_where_the_terminal_has_no_such_letters() -> None:
    code, out, err = await ran(
        "demo", "--as", "zh", "--run", "/preload 预热失败", PYTHONIOENCODING="ascii"
    )
    assert code == 0, err
    assert "13" in out


async def test_the_demo_fails_where_a_step_cannot_be_taken() -> None:
    code, out, _ = await ran("demo", "--run", "/preload help", "--click", "page.next")
    assert code == 1
    assert "page.next" in out


async def test_the_manifest_is_printed_for_http_and_for_socket_mode() -> None:
    for url in (None, "https://bot.example.com"):
        code, out, _ = await ran("manifest", *(["--url", url] if url else []))
        assert code == 0
        assert json.loads(out) == manifest(url)


async def test_help_names_every_command_and_the_version_is_the_packages() -> None:
    code, out, _ = await ran("--help")
    assert code == 0
    for command in ("serve", "demo", "simulate", "doctor", "audit", "migrate", "manifest"):
        assert f"\n  {command} " in out
    code, out, _ = await ran("--version")
    assert re.fullmatch(r"preload-bot, version \d+\.\d+\.\d+\n", out)


@pytest.mark.long
async def test_of_several_processes_that_start_at_once_one_makes_the_store(
    postgres_server: Postgres,
) -> None:
    url = await new_database(postgres_server)
    ended = await asyncio.gather(*(ran("migrate", DATABASE_URL=url) for _ in range(4)))
    assert [code for code, _, _ in ended] == [0] * 4, ended
    said = sorted(out for _, out, _ in ended)
    assert [out.partition(": revision")[0] for out in said] == [
        "The store is made",
        *["The store is up to date"] * 3,
    ]
