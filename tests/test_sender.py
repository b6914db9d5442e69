from __future__ import annotations

import asyncio
import json
import socket
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, LocalSlack, running
from bot.slack.errors import ResponseUrlSpent, SlackRefused, SlackUnavailable
from bot.slack.guard import slack_endpoint
from bot.slack.repeats import RepeatsInMemory
from bot.slack.sender import Sender

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from pytest_aiohttp import AiohttpServer
    from slack_bolt.context.ack.async_ack import AsyncAck

Reply: TypeAlias = "Callable[[web.Request], Awaitable[web.StreamResponse]]"
SECRET_PATH = "/commands/T1/397700885554/96rGlfmibIGlgcZRskXaIFfN"
TOKEN = "xoxb-local"
ME, CHANNEL = "U0001", "C0001"


@dataclass(frozen=True)
class Said:
    text: str = "3 failed of 137"
    blocks: list[dict[str, Any]] = field(
        default_factory=lambda: [{"type": "section", "text": {"type": "mrkdwn", "text": "3"}}]
    )

    @property
    def blocks_json(self) -> bytes:
        return json.dumps(self.blocks).encode()


@dataclass
class Slack:
    """A Slack that answers what it is told, in order, and then `ok`."""

    replies: list[Reply]
    url: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(await request.json())
        if self.replies:
            return await self.replies.pop(0)(request)
        return web.json_response({"ok": True, "ts": "1.2"})


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
async def slack(aiohttp_server: AiohttpServer) -> Slack:
    slack = Slack([])
    app = web.Application()
    app.router.add_post("/{path:.*}", slack.handle)
    server = await aiohttp_server(app)
    slack.url = str(server.make_url(SECRET_PATH))
    return slack


@pytest.fixture
def sender(session: aiohttp.ClientSession, slack: Slack, pauses: list[float]) -> Sender:
    async def sleep(delay_s: float) -> None:
        pauses.append(delay_s)

    base_url = slack.url.removesuffix(SECRET_PATH) + "/api/"
    client = AsyncWebClient(TOKEN, base_url=base_url, session=session, retry_handlers=[])
    return Sender(session, client, sleep=sleep)


def answering(status: int, said: object = "", **headers: str) -> Reply:
    async def reply(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(said, str):
            return web.Response(status=status, text=said, headers=named)
        return web.json_response(said, status=status, headers=named)

    return reply


async def hanging_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hanging(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def test_an_answer_is_for_the_person_alone_and_unfurls_nothing(
    sender: Sender, slack: Slack
) -> None:
    slack.replies = [answering(200, "ok")]
    await sender.respond(slack.url, Said())
    assert slack.heard == [
        {
            "text": "3 failed of 137",
            "blocks": Said().blocks,
            "unfurl_links": False,
            "unfurl_media": False,
            "response_type": "ephemeral",
            "replace_original": False,
        }
    ]


async def test_half_a_surrogate_pair_in_an_answer_reaches_slack(
    sender: Sender, slack: Slack
) -> None:
    await sender.respond(slack.url, Said("cup\ud83d 比赛"))
    assert slack.heard[0]["text"] == "cup\ud83d 比赛"


async def test_an_answer_can_be_for_all_or_replace_or_go(sender: Sender, slack: Slack) -> None:
    await sender.respond(slack.url, Said(), in_channel=True)
    await sender.respond(slack.url, Said(), replace_original=True)
    await sender.delete_original(slack.url)
    shared, replaced, deleted = slack.heard
    assert (shared["response_type"], shared["replace_original"]) == ("in_channel", False)
    assert replaced["replace_original"] is True
    assert deleted == {"delete_original": True}


async def test_answers_share_a_connection(
    sender: Sender, slack: Slack, session: aiohttp.ClientSession
) -> None:
    ports: list[object] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.append(request.transport.get_extra_info("peername"))
        return web.Response(text="ok")

    slack.replies = [reply, reply]
    await sender.respond(slack.url, Said())
    await sender.respond(slack.url, Said())
    assert ports[0] == ports[1]
    assert not session.closed


@pytest.mark.parametrize(
    ("reply", "code", "place"),
    [
        (answering(200, {"ok": False, "error": "invalid_blocks"}), "invalid_blocks", ""),
        (answering(400, "invalid_blocks"), "invalid_blocks", ""),
        (answering(400), "http_400", ""),
        (answering(403, "<html>no</html>"), "http_403", ""),
        (answering(302, Location="/elsewhere"), "http_302", ""),
        (
            answering(
                400,
                {
                    "ok": False,
                    "error": "invalid_blocks",
                    "errors": [
                        "must be less than 151 characters [json-pointer:/blocks/0/text/text]"
                    ],
                },
            ),
            "invalid_blocks",
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            answering(
                200,
                {
                    "ok": False,
                    "error": "invalid_blocks",
                    "response_metadata": {"messages": ["[ERROR] [json-pointer:/blocks/1]"]},
                },
            ),
            "invalid_blocks",
            "[ERROR] [json-pointer:/blocks/1]",
        ),
    ],
)
async def test_a_refusal_has_slacks_word_and_place_and_is_final(
    sender: Sender, slack: Slack, reply: Reply, code: str, place: str
) -> None:
    slack.replies = [reply]
    with pytest.raises(SlackRefused) as caught:
        await sender.respond(slack.url, Said(), replace_original=True)
    assert (caught.value.code, caught.value.place) == (code, place)
    assert str(caught.value) == (f"{code}: {place}" if place else code)
    assert len(slack.heard) == 1


@pytest.mark.parametrize("code", ["used_url", "expired_url"])
@pytest.mark.parametrize("in_json", [True, False])
async def test_a_spent_url_is_told_apart(
    sender: Sender, slack: Slack, code: str, *, in_json: bool
) -> None:
    slack.replies = [answering(404, {"ok": False, "error": code} if in_json else code)]
    with pytest.raises(ResponseUrlSpent, match=code):
        await sender.respond(slack.url, Said())


@pytest.mark.parametrize("said", [[1], {}, "<html>proxy</html>"])
async def test_a_success_that_is_not_slacks_is_none(
    sender: Sender, slack: Slack, said: object
) -> None:
    slack.replies = [answering(200, said)]
    with pytest.raises(SlackUnavailable, match="malformed_reply"):
        await sender.respond(slack.url, Said())


async def test_slow_down_is_obeyed(sender: Sender, slack: Slack, pauses: list[float]) -> None:
    slack.replies = [answering(429, Retry_After="7"), answering(429, Retry_After="2")]
    await sender.respond(slack.url, Said())
    assert pauses == [7, 2]
    assert len(slack.heard) == 3


@pytest.mark.parametrize("header", [{}, {"Retry_After": "soon"}, {"Retry_After": "-5"}])
async def test_slow_down_without_a_number_is_a_second(
    sender: Sender, slack: Slack, pauses: list[float], header: dict[str, str]
) -> None:
    slack.replies = [answering(429, **header)]
    await sender.respond(slack.url, Said())
    assert pauses == [1]


async def test_slow_down_for_minutes_is_told_and_not_waited_for(
    sender: Sender, slack: Slack, pauses: list[float]
) -> None:
    slack.replies = [answering(429, Retry_After="600")]
    with pytest.raises(SlackUnavailable, match="ratelimited") as caught:
        await sender.respond(slack.url, Said())
    assert caught.value.retry_after_s == 600
    assert not pauses


async def test_slow_down_for_ever_ends_in_an_error(
    sender: Sender, slack: Slack, pauses: list[float]
) -> None:
    slack.replies = [answering(429, Retry_After="1")] * 9
    with pytest.raises(SlackUnavailable, match="ratelimited"):
        await sender.respond(slack.url, Said())
    assert (len(slack.heard), pauses) == (3, [1, 1])


@pytest.mark.parametrize("fault", [answering(503, "<html>"), hanging_up])
async def test_a_replacement_is_repeated_when_slack_fails(
    sender: Sender,
    slack: Slack,
    pauses: list[float],
    fault: Reply,
) -> None:
    slack.replies = [fault, fault]
    await sender.respond(slack.url, Said(), replace_original=True)
    slack.replies = [fault, fault]
    await sender.delete_original(slack.url)
    assert pauses == [0.5, 1, 0.5, 1]
    slack.replies = [fault] * 3
    with pytest.raises(SlackUnavailable):
        await sender.respond(slack.url, Said(), replace_original=True)


@pytest.mark.parametrize("fault", [answering(503, "<html>"), hanging_up])
async def test_a_new_message_that_may_have_arrived_is_not_repeated(
    sender: Sender,
    slack: Slack,
    pauses: list[float],
    fault: Reply,
) -> None:
    slack.replies = [fault]
    with pytest.raises(SlackUnavailable) as caught:
        await sender.respond(slack.url, Said())
    assert caught.value.delivered
    assert len(slack.heard) == 1
    assert not pauses


async def test_a_new_message_that_never_left_is_tried_again(
    sender: Sender, pauses: list[float]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}{SECRET_PATH}"
        with pytest.raises(SlackUnavailable) as caught:
            await sender.respond(url, Said())
    assert not caught.value.delivered
    assert pauses == [0.5, 1]


async def test_an_answer_that_hangs_is_given_up(
    session: aiohttp.ClientSession, slack: Slack
) -> None:
    slack.replies = [hanging]
    sender = Sender(session, AsyncWebClient(TOKEN, session=session), timeout_s=0.05)
    with pytest.raises(SlackUnavailable, match="timeout") as caught:
        await sender.respond(slack.url, Said())
    assert caught.value.delivered


@pytest.mark.parametrize("start", ["", "nowhere", "http://", "http://[::1"])
async def test_a_url_that_is_none_is_refused_without_showing_it(sender: Sender, start: str) -> None:
    url = start + SECRET_PATH
    with pytest.raises(SlackRefused) as caught:
        await sender.respond(url, Said())
    assert SECRET_PATH not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "fault", [answering(500), answering(404, "used_url"), answering(429), hanging_up]
)
async def test_no_error_shows_the_url(
    sender: Sender,
    slack: Slack,
    fault: Reply,
) -> None:
    slack.replies = [fault] * 3
    with pytest.raises((SlackRefused, SlackUnavailable)) as caught:
        await sender.respond(slack.url, Said())
    assert SECRET_PATH not in "".join(traceback.format_exception(caught.value))


async def test_a_post_is_a_new_message_and_returns_its_name(sender: Sender, slack: Slack) -> None:
    assert (await sender.post("U0001", Said())).ts == "1.2"
    (said,) = slack.heard
    assert (said["channel"], said["unfurl_links"]) == ("U0001", False)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (answering(502, "<html>"), "http_502"),
        (answering(200, "{cut", Content_Type="application/json"), "malformed_reply"),
        (answering(200, {}), "malformed_reply"),
        (hanging_up, "ServerDisconnectedError"),
    ],
)
async def test_a_post_of_unknown_outcome_is_not_repeated(
    sender: Sender,
    slack: Slack,
    fault: Reply,
    reason: str,
) -> None:
    slack.replies = [fault]
    with pytest.raises(SlackUnavailable, match=reason) as caught:
        await sender.post("C0001", Said())
    assert caught.value.delivered
    assert len(slack.heard) == 1


async def test_a_post_obeys_slow_down(sender: Sender, slack: Slack, pauses: list[float]) -> None:
    slack.replies = [answering(429, {"ok": False, "error": "ratelimited"}, Retry_After="3")]
    assert (await sender.post("C0001", Said())).ts == "1.2"
    assert pauses == [3]


@pytest.fixture
def moment() -> list[datetime]:
    """The local Slack's and the bot's clock: its one entry is now."""
    return [datetime(2026, 11, 22, 12, tzinfo=UTC)]


@pytest.fixture
def urls() -> list[str]:
    """The `response_url` of each command typed in the local Slack."""
    return []


@pytest.fixture
async def local(
    moment: list[datetime], urls: list[str], aiohttp_server: AiohttpServer
) -> AsyncIterator[LocalSlack]:
    """A local Slack whose requests go through the guard to a bot that only acknowledges."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0001", bot_token=TOKEN)

    bolt = AsyncApp(
        authorize=authorize, process_before_response=True, request_verification_enabled=False
    )

    async def remember(ack: AsyncAck, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        await ack()

    bolt.command("/preload")(remember)

    def now() -> datetime:
        return moment[0]

    app = web.Application()
    app.router.add_post(
        "/slack/events",
        slack_endpoint(bolt, secret="shh", now=now, repeats=RepeatsInMemory(now=now)),
    )
    server = await aiohttp_server(app)
    slack = LocalSlack(signing_secret="shh", bot_token=TOKEN, app_token="xapp-local", now=now)
    async with running(slack):
        slack.request_url = str(server.make_url("/slack/events"))
        yield slack


@pytest.fixture
def local_sender(local: LocalSlack, session: aiohttp.ClientSession, pauses: list[float]) -> Sender:
    async def sleep(delay_s: float) -> None:
        pauses.append(delay_s)

    base_url = f"{local.base_url}/api/"
    client = AsyncWebClient(TOKEN, base_url=base_url, session=session, retry_handlers=[])
    return Sender(session, client, sleep=sleep)


async def test_in_slack_an_answer_appears_is_replaced_and_goes(
    local: LocalSlack, local_sender: Sender, urls: list[str]
) -> None:
    outcome = await local.command(ME, CHANNEL, "/preload status=failed")
    assert outcome.ok
    await local_sender.respond(urls[0], Said("fetching"))
    shown = await local.settled(ME, after=outcome.mark)
    assert (shown.text, shown.only_visible_to) == ("fetching", ME)

    await local_sender.respond(urls[0], Said("3 failed"), replace_original=True)
    replaced = local.messages.get(shown.id)
    assert replaced is not None
    assert replaced.text == "3 failed"

    await local_sender.delete_original(urls[0])
    assert local.messages.get(shown.id) is None


async def test_in_slack_a_url_is_spent_after_five_answers_or_half_an_hour(
    local: LocalSlack, local_sender: Sender, urls: list[str], moment: list[datetime]
) -> None:
    await local.command(ME, CHANNEL, "/preload")
    for _ in range(5):
        await local_sender.respond(urls[0], Said())
    with pytest.raises(ResponseUrlSpent, match="used_url"):
        await local_sender.respond(urls[0], Said())
    await local.command(ME, CHANNEL, "/preload again")
    moment[0] += timedelta(minutes=31)
    with pytest.raises(ResponseUrlSpent, match="expired_url"):
        await local_sender.respond(urls[1], Said())


async def test_in_slack_a_bad_block_is_refused_with_its_place(
    local: LocalSlack, local_sender: Sender, urls: list[str]
) -> None:
    await local.command(ME, CHANNEL, "/preload")
    too_long = Said(blocks=[{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}])
    with pytest.raises(SlackRefused, match=r"invalid_blocks: .*/blocks/0"):
        await local_sender.respond(urls[0], too_long)
    with pytest.raises(SlackRefused, match=r"invalid_blocks: .*/blocks/0"):
        await local_sender.post(CHANNEL, too_long)


async def test_in_slack_a_person_is_told_by_direct_message_in_spite_of_a_429(
    local: LocalSlack, local_sender: Sender, pauses: list[float]
) -> None:
    local.faults.add(Fault(method="chat.postMessage", status=429, retry_after_s=4))
    mark = local.messages.mark
    posted = await local_sender.post(ME, Said("your answer"))
    told = await local.settled(ME, after=mark)
    assert (told.ts, told.text, told.channel) == (posted.ts, "your answer", posted.channel_id)
    await local_sender.update(posted, Said("another"))
    [changed] = local.messages.seen_by(ME, "D0001")
    assert (changed.ts, changed.text) == (posted.ts, "another")
    assert pauses == [4]


async def test_in_slack_a_post_whose_reply_was_lost_is_there_once(
    local: LocalSlack, local_sender: Sender
) -> None:
    local.faults.add(Fault(method="chat.postMessage", accepted_after_s=0))
    with pytest.raises(SlackUnavailable) as caught:
        await local_sender.post(CHANNEL, Said())
    assert caught.value.delivered
    assert [call.method for call in local.calls] == ["chat.postMessage"]
