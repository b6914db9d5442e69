"""What stands at the bot's door: health, and requests that are not what they should be."""

from __future__ import annotations

import asyncio
import io
import json
import time
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.demo import Demo, running
from bot.sandbox.slack import Fault
from bot.slack.guard import signed
from tests.end_to_end.people import ANNA, LIVE_OPS, Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

SECRET = "demo-signing-secret"
HELLO = urlencode({"command": "/preload", "text": "help", "user_id": ANNA, "team_id": "T0001"})


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running() as demo:
        yield demo


async def posted(
    demo: Demo,
    body: bytes,
    headers: Mapping[str, str] = MappingProxyType({}),
    *,
    age_s: int = 0,
    sign: bool = True,
) -> tuple[int, str]:
    """Post to the bot as Slack would; the answer's status and text."""
    timestamp = str(int(time.time()) - age_s)
    given = {"Content-Type": "application/x-www-form-urlencoded"}
    if sign:
        given["X-Slack-Request-Timestamp"] = timestamp
        given["X-Slack-Signature"] = signed(timestamp, body, secret=SECRET)
    assert demo.slack.request_url is not None
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            demo.slack.request_url, data=io.BytesIO(body), headers={**given, **headers}
        ) as reply,
    ):
        return reply.status, await reply.text()


async def got(demo: Demo, path: str) -> tuple[int, str]:
    assert demo.slack.request_url is not None
    url = demo.slack.request_url.removesuffix("/slack/events") + path
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return reply.status, await reply.text()


async def test_a_signed_request_is_acknowledged_with_nothing(demo: Demo) -> None:
    assert await posted(demo, HELLO.encode()) == (200, "")


@pytest.mark.parametrize(
    ("body", "options", "status"),
    [
        (HELLO.encode(), {"sign": False}, 401),
        (HELLO.encode(), {"headers": {"X-Slack-Signature": "v0=0000"}}, 401),
        (HELLO.encode(), {"headers": {"X-Slack-Signature": "v0=ünsigned"}}, 401),
        (HELLO.encode(), {"headers": {"X-Slack-Request-Timestamp": "soon"}}, 401),
        (HELLO.encode(), {"age_s": 301}, 401),
        (b"\xff\xfe", {}, 400),
        (b"payload=%7Bnot+json", {}, 400),
        (b"", {}, 400),
        (b"x" * (1024 * 1024 + 1), {}, 413),
        (b"ssl_check=1&token=x", {"sign": False}, 200),
        (b"command=%2Fsomething-else&text=x", {}, 404),
        (b'{"type": "event_callback", "event": {"type": "message", "user": "U1"}}', {}, 404),
        (b'{"type": "event_callback", "event": "none"}', {}, 400),
        (b'{"type": "event_callback"}', {}, 400),
        (b'{"type": ["block_actions"]}', {}, 400),
        (b'{"type": "block_actions", "actions": 5}', {}, 400),
        (b'{"type": "view_submission"}', {}, 400),
        (b'{"type": "view_submission", "view": []}', {}, 400),
        (b'{"type": "url_verification", "challenge": "x"}', {}, 200),
    ],
)
async def test_what_is_not_as_it_should_be_is_answered_and_never_500(
    demo: Demo, body: bytes, options: dict[str, object], status: int
) -> None:
    assert (await posted(demo, body, **options))[0] == status  # type: ignore[arg-type] # its own options


async def test_an_identical_request_gets_200_and_no_second_answer(demo: Demo) -> None:
    timestamp = str(int(time.time()))
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signed(timestamp, HELLO.encode(), secret=SECRET),
    }
    first = await posted(demo, HELLO.encode(), headers, sign=False)
    again = await posted(demo, HELLO.encode(), headers, sign=False)
    assert first == again == (200, "")
    await demo.bot.jobs.idle()


async def test_a_button_of_another_version_says_run_it_again(demo: Demo) -> None:
    anna = Person(demo)
    await anna.types("/preload status=failed")
    payload = {
        "type": "block_actions",
        "user": {"id": ANNA, "team_id": "T0001"},
        "team": {"id": "T0001"},
        "channel": {"id": LIVE_OPS},
        "container": {"is_ephemeral": True, "channel_id": LIVE_OPS},
        "response_url": demo.slack._response_urls.new(ANNA, LIVE_OPS),
        "actions": [{"type": "button", "action_id": "page.next", "value": "p0|old"}],
    }
    status, _ = await posted(demo, urlencode({"payload": json.dumps(payload)}).encode())
    assert status == 200
    await demo.bot.jobs.idle()
    assert "again" in anna.sees()[-1]


async def test_it_is_alive_and_ready(demo: Demo) -> None:
    assert await got(demo, "/livez") == (200, "ok")
    status, body = await got(demo, "/readyz")
    assert (status, set(json.loads(body).values())) == (200, {"ok"})


async def test_it_is_not_ready_while_slack_does_not_answer(demo: Demo) -> None:
    demo.slack.faults.add(Fault("auth.test", status=503))
    status, body = await got(demo, "/readyz")
    assert status == 503
    assert json.loads(body)["slack"] != "ok"


async def test_past_the_bound_of_jobs_the_person_is_told_to_try_again(demo: Demo) -> None:
    anna = Person(demo)
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    for _ in range(demo.bot.settings.server.max_jobs):
        demo.bot.jobs.start("waiting", wait())
    outcome = await demo.slack.command(ANNA, LIVE_OPS, "/preload status=failed")
    assert outcome.ok
    await demo.slack.settled(ANNA, after=outcome.mark)
    assert "again" in anna.sees()[-1]
    gate.set()
    await demo.bot.jobs.idle()


async def test_what_nobody_foresaw_is_told_under_the_id_that_the_log_has(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    anna = Person(demo)

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    demo.bot.desk.queries.page = broken  # type: ignore[method-assign,assignment] # a bug
    said = await anna.types("/preload status=failed")
    assert "Something went wrong in the bot" in said
    request_id = said.split("`")[1]
    assert request_id in capsys.readouterr().out
