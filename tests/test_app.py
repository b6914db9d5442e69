from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from bot.app import opened
from bot.asks import Ask
from bot.live.protocol import CREATE_TASKS, DESCRIBE_DOMAINS, DESCRIBE_TASKS
from bot.live.quota import LocalQuota
from bot.reader import Language
from bot.sandbox import live as live_sandbox
from bot.sandbox import slack as slack_sandbox
from bot.sandbox.live import SimulatedLive
from bot.sandbox.slack import Fault, LocalSlack
from bot.serving import until_told_to_stop
from bot.settings import load

SETTINGS = """
[slack]
bot_token = "xoxb-app-test"
api_url = "{page}/api/"

[accounts.default]
access_key_id = "testid"
access_key_secret = "testsecret"
endpoint = "{endpoint}"
region_id = "cn-shanghai"
calls_per_s = {{describe = 3, set = 4, domains = 5}}

[display]
language = "zh"
zone = "Asia/Shanghai"

[store]
url = "sqlite:///{folder}/bot.sqlite3"
"""

if TYPE_CHECKING:
    from pathlib import Path


async def test_what_is_set_has_its_effect(tmp_path: Path) -> None:
    live = SimulatedLive()
    slack = LocalSlack(signing_secret="s", bot_token="xoxb-app-test", app_token="xapp-app-test")
    slack.faults.add(Fault("users.info", error="user_not_found"))
    file = tmp_path / "preload-bot.toml"
    async with live_sandbox.running(live) as endpoint, slack_sandbox.running(slack) as page:
        file.write_text(SETTINGS.format(endpoint=endpoint, page=page, folder=tmp_path.as_posix()))
        async with opened(load(file, {})) as bot:
            reader = await bot.desk.people.reader("U0009")
            await bot.desk.queries.page(Ask("default", "live.example.com"))
            quotas = bot.lives["default"].quotas
    assert (reader.language, reader.zone.key) == (Language.CHINESE, "Asia/Shanghai")
    assert {call.parameters["RegionId"] for call in live.arrivals} == {"cn-shanghai"}
    for action, per_s in ((DESCRIBE_TASKS, 3), (CREATE_TASKS, 4), (DESCRIBE_DOMAINS, 5)):
        quota = quotas[action]
        assert isinstance(quota, LocalQuota)
        assert quota._places.per_s == per_s


async def test_being_told_to_stop_twice_lets_the_closing_come_to_its_end() -> None:
    closed = False
    with until_told_to_stop():
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            closed = True
    assert closed


async def test_a_cancellation_by_anybody_else_stays_one() -> None:
    async def wait() -> None:
        with until_told_to_stop():
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_where_the_loop_takes_no_signals_it_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:  # as on Windows, where asyncio.run sees to Ctrl-C
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", refuse)
    with until_told_to_stop():
        await asyncio.sleep(0)
