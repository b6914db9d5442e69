from __future__ import annotations

import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, LocalSlack, running
from bot.sandbox.slack.workspace import BOT
from bot.slack.errors import HistoryForbidden, SlackRefused, SlackUnavailable
from bot.slack.poster import CLOCK_MARGIN, CLOCK_UNKNOWN, Poster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from pytest_aiohttp import AiohttpServer

TOKEN = "xoxb-local"
CHANNEL = "C0001"
HTTP_DATE = "Sun, 22 Nov 2026 15:00:00 GMT"
START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    text: str = "3 failed"
    blocks: Sequence[dict[str, Any]] = field(
        default_factory=lambda: [{"type": "section", "text": {"type": "mrkdwn", "text": "3"}}]
    )


@dataclass
class Clocks:
    """Slack's clock, this machine's, and the monotonic one; each stands until it is moved."""

    slack: datetime = START
    machine: datetime = START
    seconds: float = 100.0

    def pass_s(self, seconds: float) -> None:
        self.slack += timedelta(seconds=seconds)
        self.machine += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
async def local(clocks: Clocks) -> AsyncIterator[LocalSlack]:
    slack = LocalSlack(
        signing_secret="secret", bot_token=TOKEN, app_token="xapp-local", now=lambda: clocks.slack
    )
    async with running(slack):
        yield slack


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def new_poster(session: aiohttp.ClientSession, clocks: Clocks) -> Callable[..., Poster]:
    def new(base_url: str, timeout_s: float = 5.0) -> Poster:
        client = AsyncWebClient(
            TOKEN, base_url=f"{base_url}/api/", session=session, retry_handlers=[]
        )
        return Poster(
            client, now=lambda: clocks.machine, clock_s=lambda: clocks.seconds, timeout_s=timeout_s
        )

    return new


@pytest.fixture
def poster(local: LocalSlack, new_poster: Callable[..., Poster]) -> Poster:
    return new_poster(local.base_url)


async def test_a_post_carries_its_key_and_unfurls_nothing(
    local: LocalSlack, poster: Poster
) -> None:
    ts = await poster.post(CHANNEL, Said(), key="failures:1")
    (call,) = local.calls
    assert call.arguments["metadata"] == {
        "event_type": "preload_bot_notice",
        "event_payload": {"key": "failures:1"},
    }
    assert (call.arguments["unfurl_links"], call.arguments["unfurl_media"]) == (False, False)
    message = local.messages.at(CHANNEL, ts)
    assert message is not None
    assert (message.text, message.thread_ts) == ("3 failed", None)


async def test_a_reply_stands_in_its_thread(local: LocalSlack, poster: Poster) -> None:
    ts = await poster.post(CHANNEL, Said(), key="a")
    reply = await poster.post(CHANNEL, Said(), key="b", thread_ts=ts)
    message = local.messages.at(CHANNEL, reply)
    assert message is not None
    assert message.thread_ts == ts


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=503), ("http_503", True, None)),
        (Fault(error="fatal_error"), ("fatal_error", True, None)),
        (Fault(accepted_after_s=0), ("ServerDisconnectedError", True, None)),
        (Fault(accepted_after_s=9), ("timeout", True, None)),
        (Fault(status=429, retry_after_s=7), ("ratelimited", False, 7)),
    ],
)
async def test_a_post_is_sent_once_whatever_comes_back(
    local: LocalSlack,
    new_poster: Callable[..., Poster],
    fault: Fault,
    error: tuple[str, bool, float | None],
) -> None:
    fault.times = 9
    local.faults.add(fault)
    with pytest.raises(SlackUnavailable) as caught:
        await new_poster(local.base_url, timeout_s=0.1).post(CHANNEL, Said(), key="a")
    said = caught.value
    assert (said.reason, said.delivered, said.retry_after_s) == error
    assert fault.times == 8


async def test_a_connection_never_made_delivers_nothing(
    new_poster: Callable[..., Poster],
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        poster = new_poster(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(SlackUnavailable) as caught:
            await poster.post(CHANNEL, Said(), key="a")
    assert not caught.value.delivered


async def test_a_refusal_is_told(local: LocalSlack, poster: Poster) -> None:
    local.faults.archived.add(CHANNEL)
    with pytest.raises(SlackRefused, match="is_archived"):
        await poster.post(CHANNEL, Said(), key="a")


async def test_an_update_changes_the_message_and_leaves_its_key(
    local: LocalSlack, poster: Poster
) -> None:
    ts = await poster.post(CHANNEL, Said(), key="board")
    await poster.update(CHANNEL, ts, Said("4 failed"))
    message = local.messages.at(CHANNEL, ts)
    assert message is not None
    assert message.text == "4 failed"
    assert await poster.find(CHANNEL, "board", oldest=START) == ts


async def test_an_update_of_a_message_that_is_gone_is_refused(
    local: LocalSlack, poster: Poster
) -> None:
    ts = await poster.post(CHANNEL, Said(), key="board")
    message = local.messages.at(CHANNEL, ts)
    assert message is not None
    local.messages.remove(message)
    with pytest.raises(SlackRefused, match="message_not_found"):
        await poster.update(CHANNEL, ts, Said())


async def test_a_post_whose_reply_was_lost_is_found(local: LocalSlack, poster: Poster) -> None:
    local.faults.add(Fault(method="chat.postMessage", accepted_after_s=0))
    with pytest.raises(SlackUnavailable):
        await poster.post(CHANNEL, Said(), key="a")
    found = await poster.find(CHANNEL, "a", oldest=START)
    assert found == next(iter(local.messages)).ts
    assert await poster.find(CHANNEL, "b", oldest=START) is None


async def test_a_post_is_found_beyond_the_first_page(local: LocalSlack, poster: Poster) -> None:
    ts = await poster.post(CHANNEL, Said(), key="a")
    for number in range(450):
        local.say("U0001", CHANNEL, f"and {number}")
    assert await poster.find(CHANNEL, "a", oldest=START) == ts
    asked = [call for call in local.calls if call.method == "conversations.history"]
    assert len(asked) == 3


async def test_another_apps_message_with_the_same_key_is_not_ours(
    local: LocalSlack, poster: Poster
) -> None:
    other = {"event_type": "other", "event_payload": {"key": "a"}}
    local.messages.post(BOT, CHANNEL, {"text": "-", "metadata": other})
    assert await poster.find(CHANNEL, "a", oldest=START) is None


async def test_a_reply_is_found_in_its_thread_only(local: LocalSlack, poster: Poster) -> None:
    ts = await poster.post(CHANNEL, Said(), key="a")
    reply = await poster.post(CHANNEL, Said(), key="b", thread_ts=ts)
    assert await poster.find(CHANNEL, "b", oldest=START, thread_ts=ts) == reply
    assert await poster.find(CHANNEL, "b", oldest=START) is None
    assert local.calls[-1].method == "conversations.history"


async def test_where_its_thread_is_gone_a_reply_is_looked_for_in_the_channel(
    poster: Poster,
) -> None:
    ts = await poster.post(CHANNEL, Said(), key="a")
    assert await poster.find(CHANNEL, "a", oldest=START, thread_ts="1.000000") == ts
    assert await poster.find(CHANNEL, "b", oldest=START, thread_ts="1.000000") is None


async def test_a_post_is_looked_for_from_a_little_before_it_was_sent(
    local: LocalSlack, poster: Poster, clocks: Clocks
) -> None:
    ts = await poster.post(CHANNEL, Said(), key="a")
    clocks.pass_s(3600)
    assert await poster.find(CHANNEL, "a", oldest=START + CLOCK_MARGIN / 2) == ts
    assert await poster.find(CHANNEL, "a", oldest=START + CLOCK_MARGIN * 2) is None
    assert local.calls[-1].arguments["oldest"] == f"{(START + CLOCK_MARGIN).timestamp():.6f}"


async def test_without_the_history_scope_nothing_can_be_looked_for(
    local: LocalSlack, poster: Poster
) -> None:
    local.faults.missing_scopes.add("channels:history")
    with pytest.raises(HistoryForbidden, match="missing_scope"):
        await poster.find(CHANNEL, "a", oldest=START)


async def test_direct_messages_cannot_be_looked_through(poster: Poster) -> None:
    with pytest.raises(HistoryForbidden):
        await poster.find("U0001", "a", oldest=START)
    with pytest.raises(HistoryForbidden):
        await poster.find("U0404", "a", oldest=START)


@pytest.mark.parametrize("code", ["is_archived", "channel_not_found"])
async def test_a_channel_that_cannot_be_read_is_not_one_without_the_message(
    local: LocalSlack, poster: Poster, code: str
) -> None:
    local.faults.add(Fault(method="conversations.history", error=code))
    with pytest.raises(SlackRefused, match=code) as caught:
        await poster.find(CHANNEL, "a", oldest=START)
    assert not isinstance(caught.value, HistoryForbidden)


@pytest.mark.parametrize("said", [{"ok": True, "messages": "none"}, {"ok": True, "messages": [1]}])
async def test_a_history_that_cannot_be_read_is_none(
    said: dict[str, Any], aiohttp_server: AiohttpServer, new_poster: Callable[..., Poster]
) -> None:
    base_url = await answering(said, aiohttp_server)
    with pytest.raises(SlackUnavailable, match="malformed_reply"):
        await new_poster(base_url).find(CHANNEL, "a", oldest=START)


async def test_a_success_without_a_name_for_the_message_is_unknown(
    aiohttp_server: AiohttpServer, new_poster: Callable[..., Poster]
) -> None:
    base_url = await answering({"ok": True}, aiohttp_server)
    with pytest.raises(SlackUnavailable, match="malformed_reply") as caught:
        await new_poster(base_url).post(CHANNEL, Said(), key="a")
    assert caught.value.delivered


async def test_a_step_of_this_machines_clock_does_not_move_slacks_time(
    poster: Poster, clocks: Clocks
) -> None:
    clocks.machine += timedelta(hours=1)
    assert await poster.slack_time() == START
    clocks.machine -= timedelta(hours=2)
    clocks.pass_s(90)
    assert await poster.slack_time() == START + timedelta(seconds=90)


async def test_slacks_time_is_asked_for_once(local: LocalSlack, poster: Poster) -> None:
    await poster.slack_time()
    await poster.slack_time()
    assert [call.method for call in local.calls] == ["auth.test"]


async def test_a_refusal_tells_slacks_time_too(
    local: LocalSlack, poster: Poster, clocks: Clocks
) -> None:
    clocks.machine += timedelta(hours=1)
    local.faults.add(Fault(method="auth.test", error="invalid_auth"))
    assert await poster.slack_time() == START


async def test_a_proxys_clock_is_not_slacks(
    aiohttp_server: AiohttpServer, new_poster: Callable[..., Poster]
) -> None:
    base_url = await answering({"error": "no route"}, aiohttp_server, status=403, date=HTTP_DATE)
    assert await new_poster(base_url).slack_time() == START - CLOCK_UNKNOWN


@pytest.mark.parametrize("date", ["", "tomorrow"])
async def test_a_reply_without_a_date_tells_no_time(
    date: str, aiohttp_server: AiohttpServer, new_poster: Callable[..., Poster]
) -> None:
    base_url = await answering({"ok": True}, aiohttp_server, date=date)
    assert await new_poster(base_url).slack_time() == START - CLOCK_UNKNOWN


async def test_a_slack_that_says_nothing_tells_no_time(
    local: LocalSlack, new_poster: Callable[..., Poster]
) -> None:
    local.faults.add(Fault(method="auth.test", accepted_after_s=9))
    with pytest.raises(SlackUnavailable, match="timeout"):
        await new_poster(local.base_url, timeout_s=0.05).slack_time()


async def answering(
    said: dict[str, Any], aiohttp_server: AiohttpServer, *, status: int = 200, date: str = "?"
) -> str:
    """A server that answers everything so; its base URL."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(said, status=status, headers={"Date": date})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return str((await aiohttp_server(app)).make_url("")).rstrip("/")
