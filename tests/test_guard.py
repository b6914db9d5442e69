from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from structlog.testing import capture_logs

from bot.errors import SettingsError
from bot.slack.guard import Accepted, Answered, _form, judge, signed, slack_endpoint
from bot.slack.repeats import RepeatsInMemory

if TYPE_CHECKING:
    from aiohttp.test_utils import TestClient
    from aiohttp.typedefs import Handler
    from pytest_aiohttp import AiohttpClient
    from slack_bolt.context.ack.async_ack import AsyncAck

    Client = TestClient[web.Request, web.Application]

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"
COMMAND = urlencode({"command": "/preload", "text": "状态=失败", "user_id": "U1"}).encode()
LIMIT = 10_000


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    """The bodies Bolt's listeners were called with."""
    return []


@pytest.fixture
def read_timeout_s() -> float:
    return 10.0


@pytest.fixture
def outcomes() -> asyncio.Queue[int]:
    """The status of each request, once the endpoint is done with it; 500 if it raised."""
    return asyncio.Queue()


@pytest.fixture
def app(
    clock: Clock,
    heard: list[dict[str, Any]],
    read_timeout_s: float,
    outcomes: asyncio.Queue[int],
) -> web.Application:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-test")

    bolt = AsyncApp(
        authorize=authorize, process_before_response=True, request_verification_enabled=False
    )

    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack()

    bolt.command("/preload")(listen)
    bolt.action("page.next")(listen)

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 500
        try:
            reply = await handler(request)
            status = reply.status
            return reply
        finally:
            outcomes.put_nowait(status)

    app = web.Application(middlewares=[note])
    endpoint = slack_endpoint(
        bolt,
        secret=SECRET,
        now=clock,
        repeats=RepeatsInMemory(now=clock),
        max_body_bytes=LIMIT,
        read_timeout_s=read_timeout_s,
    )
    app.router.add_post("/slack/events", endpoint)
    return app


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, app: web.Application) -> Client:
    return await aiohttp_client(app)


def headers(body: bytes, *, at: datetime = NOW, content_type: str = FORM) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signed(timestamp, body, secret=SECRET),
    }


async def status(client: Client, body: bytes, sent: dict[str, str]) -> int:
    async with client.post("/slack/events", data=body, headers=sent) as reply:
        if reply.status != 200:
            assert await reply.read() == b""
        return reply.status


def test_the_signature_is_the_one_of_slacks_own_example() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    assert signed("1531420618", body, secret=SECRET) == (
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    )


async def test_a_signed_command_reaches_its_listener(
    client: Client, heard: list[dict[str, Any]]
) -> None:
    assert await status(client, COMMAND, headers(COMMAND)) == 200
    assert [body["text"] for body in heard] == ["状态=失败"]


@given(st.text("ab=&+%2f;é \ufffd") | st.text())
def test_any_form_is_read_as_the_standard_library_reads_it(text: str) -> None:
    try:
        fields = dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            _form(text)
    else:
        assert _form(text) == fields


async def test_headers_which_no_signature_covers_do_not_steer_bolt(
    client: Client, heard: list[dict[str, Any]]
) -> None:
    steering = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "listen"}
    assert await status(client, COMMAND, headers(COMMAND) | steering) == 200
    assert len(heard) == 1


async def test_a_click_reaches_its_listener(client: Client, heard: list[dict[str, Any]]) -> None:
    click = {"type": "block_actions", "actions": [{"action_id": "page.next", "block_id": "b"}]}
    body = urlencode({"payload": json.dumps(click)}).encode()
    assert await status(client, body, headers(body)) == 200
    assert heard == [click]


async def test_a_command_that_speaks_of_a_payload_is_still_a_command(
    client: Client, heard: list[dict[str, Any]]
) -> None:
    text = "rtmp://live.example.com/liveApp/payload_cam"
    body = urlencode({"command": "/preload", "text": text}).encode()
    assert await status(client, body, headers(body)) == 200
    assert [said["text"] for said in heard] == [text]


async def test_slacks_check_of_the_url_is_answered(client: Client) -> None:
    body = b'{"type":"url_verification","challenge":"3eZbrw1a"}'
    sent = headers(body, content_type="application/json; charset=utf-8")
    async with client.post("/slack/events", data=body, headers=sent) as reply:
        assert (reply.status, await reply.json()) == (200, {"challenge": "3eZbrw1a"})


async def test_the_unsigned_certificate_probe_gets_an_empty_200(
    client: Client, heard: list[dict[str, Any]]
) -> None:
    sent = {"Content-Type": FORM}
    async with client.post("/slack/events", data=b"ssl_check=1&token=x", headers=sent) as reply:
        assert (reply.status, await reply.read()) == (200, b"")
    assert await status(client, b"ssl_check=0&token=x", sent) == 401
    assert not heard


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"X-Slack-Signature": ""}, "unsigned"),
        ({"X-Slack-Request-Timestamp": ""}, "unsigned"),
        ({"X-Slack-Signature": "v0=" + "0" * 64}, "wrong_signature"),
        ({"X-Slack-Signature": "v0=ünïcode"}, "wrong_signature"),
        ({"X-Slack-Request-Timestamp": "soon"}, "malformed_timestamp"),
        ({"X-Slack-Request-Timestamp": "1795348800.5"}, "malformed_timestamp"),
        ({"X-Slack-Request-Timestamp": "-1795348800"}, "malformed_timestamp"),
        ({"X-Slack-Request-Timestamp": "١٧٩٥٣٤٨٨٠٠"}, "malformed_timestamp"),
        ({"X-Slack-Request-Timestamp": "9" * 5000}, "malformed_timestamp"),
        (headers(COMMAND, at=NOW - timedelta(seconds=301)), "stale"),
        (headers(COMMAND, at=NOW + timedelta(seconds=301)), "stale"),
        (headers(COMMAND + b"&text=more"), "wrong_signature"),
        (headers(COMMAND, at=NOW - timedelta(seconds=1)) | {
            "X-Slack-Request-Timestamp": str(int(NOW.timestamp()))
        }, "wrong_signature"),
    ],
)  # fmt: skip
async def test_who_cannot_be_shown_to_be_slack_is_answered_401(
    client: Client, heard: list[dict[str, Any]], change: dict[str, str], reason: str
) -> None:
    with capture_logs() as lines:
        assert await status(client, COMMAND, headers(COMMAND) | change) == 401
    assert [line["reason"] for line in lines] == [reason]
    assert not heard


async def test_a_request_without_any_header_is_answered_401(client: Client) -> None:
    assert await status(client, COMMAND, {}) == 401
    assert await status(client, b"", {}) == 401


async def test_a_signature_of_raw_bytes_is_answered_401(client: Client) -> None:
    timestamp = str(int(NOW.timestamp())).encode()
    reply = await raw(
        client,
        b"Content-Length: 1\r\nX-Slack-Request-Timestamp: " + timestamp
        + b"\r\nX-Slack-Signature: v0=\xff\xfe\r\n\r\nx",
    )  # fmt: skip
    assert reply == 401


@pytest.mark.parametrize("age_s", [-300, 300])
async def test_a_request_on_the_edge_of_its_age_is_let_in(client: Client, age_s: int) -> None:
    sent = headers(COMMAND, at=NOW - timedelta(seconds=age_s))
    assert await status(client, COMMAND, sent) == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM),
        (b"text=\xff\xfe", FORM),
        (b"text=%ff%fe", FORM),
        (b"payload=", FORM),
        (b"payload=%7Bcut", FORM),
        (b"payload=%5B1%5D", FORM),
        (b"payload=null", FORM),
        (b"payload=" + b"%5B" * 2000, FORM),
        (b"{cut", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "application/json"),
        (b"1", "application/json"),
        (b"command=/preload", "application/json"),
        (b'{"text":"\xff"}', "application/json"),
        (b'{"team":5}', "application/json"),
        (b'{"authorizations":[5]}', "application/json"),
        (b'{"response_urls":[5]}', "application/json"),
    ],
)
async def test_what_slack_signed_but_cannot_be_read_is_answered_400(
    client: Client, heard: list[dict[str, Any]], body: bytes, content_type: str
) -> None:
    assert await status(client, body, headers(body, content_type=content_type)) == 400
    assert not heard


async def test_a_longer_body_than_slack_sends_is_answered_413(
    client: Client, heard: list[dict[str, Any]]
) -> None:
    fits = COMMAND + b"&pad=" + b"x" * (LIMIT - len(COMMAND) - 5)
    assert await status(client, fits, headers(fits)) == 200
    assert await status(client, fits + b"x", headers(fits + b"x")) == 413
    assert len(heard) == 1


async def test_a_long_body_is_refused_before_it_is_sent(client: Client) -> None:
    assert await raw(client, b"Content-Length: 1000000000\r\n\r\n") == 413


async def test_an_endless_body_is_refused_before_its_end(client: Client) -> None:
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    assert await raw(client, b"Transfer-Encoding: chunked\r\n\r\n" + 3 * chunk) == 413


async def test_a_small_body_that_unpacks_to_a_long_one_is_answered_413(client: Client) -> None:
    body = gzip.compress(b"x" * (LIMIT + 1))
    assert await status(client, body, {"Content-Encoding": "gzip"}) == 413


async def test_a_broken_body_is_answered_400(client: Client) -> None:
    sent = b"Transfer-Encoding: chunked\r\n\r\n"
    assert await raw(client, sent + b"5\r\nhello\r\nzz\r\n") == 400
    assert await status(client, b"not packed", {"Content-Encoding": "gzip"}) == 400


@pytest.mark.parametrize("read_timeout_s", [0.0])
async def test_a_body_that_does_not_come_is_not_waited_for(client: Client) -> None:
    assert await raw(client, b"Content-Length: 5\r\n\r\nhel") == 408


async def test_who_hangs_up_in_the_middle_is_no_error_of_ours(
    app: web.Application, outcomes: asyncio.Queue[int]
) -> None:
    # aiohttp's test server cancels the handler then; the real one does not.
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _, writer = await asyncio.open_connection(*runner.addresses[0])
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel")
    writer.close()
    await writer.wait_closed()
    assert await outcomes.get() == 400
    await runner.cleanup()


async def test_only_post_is_answered(client: Client) -> None:
    async with client.get("/slack/events") as reply:
        assert reply.status == 405


async def test_a_request_sent_twice_is_answered_once(
    client: Client, clock: Clock, heard: list[dict[str, Any]]
) -> None:
    sent = headers(COMMAND)
    assert [await status(client, COMMAND, sent) for _ in range(2)] == [200, 200]
    clock.at += timedelta(seconds=300)
    assert await status(client, COMMAND, sent) == 200
    assert len(heard) == 1
    clock.at += timedelta(seconds=1)
    assert await status(client, COMMAND, sent) == 401


async def test_a_request_from_a_clock_ahead_of_ours_is_remembered_as_long_as_it_is_good(
    client: Client, clock: Clock, heard: list[dict[str, Any]]
) -> None:
    sent = headers(COMMAND, at=NOW + timedelta(seconds=300))
    assert await status(client, COMMAND, sent) == 200
    clock.at += timedelta(seconds=600)
    assert await status(client, COMMAND, sent) == 200
    assert len(heard) == 1


async def test_the_same_command_typed_again_is_answered_again(
    client: Client, clock: Clock, heard: list[dict[str, Any]]
) -> None:
    assert await status(client, COMMAND, headers(COMMAND)) == 200
    clock.at += timedelta(seconds=1)
    assert await status(client, COMMAND, headers(COMMAND, at=clock.at)) == 200
    assert len(heard) == 2


async def test_nothing_of_a_refused_request_is_logged(
    client: Client, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    body = b"text=the-body-itself"
    sent = headers(body) | {"X-Slack-Signature": "v0=the-signature-itself"}
    assert await status(client, body, sent) == 401
    assert await status(client, b"{the-body-itself", headers(b"{the-body-itself")) == 400
    written = caplog.text + "".join(capsys.readouterr())
    assert "stopped before Bolt" in written
    assert "itself" not in written


def test_without_a_secret_there_is_no_endpoint() -> None:
    with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET"):
        slack_endpoint(
            AsyncApp(token="xoxb-test"),
            secret="",
            now=lambda: NOW,
            repeats=RepeatsInMemory(now=lambda: NOW),
        )


def test_the_verdict_carries_what_was_said() -> None:
    verdict = judge(CIMultiDict(headers(COMMAND)), COMMAND, secret=SECRET, now=NOW)
    assert isinstance(verdict, Accepted)
    assert verdict.fields == {"command": "/preload", "text": "状态=失败", "user_id": "U1"}
    wrong = judge(CIMultiDict(headers(COMMAND)), COMMAND, secret="another", now=NOW)
    assert wrong == Answered(401, "wrong_signature")


async def raw(client: Client, rest: bytes) -> int:
    """The status of a POST written by hand; the connection is closed without sending more."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: localhost\r\n" + rest)
    await writer.drain()
    status_line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(status_line.split()[1])
