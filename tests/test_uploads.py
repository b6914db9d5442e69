"""Files to Slack: three calls, each obeyed when it says wait, and none done twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_aiohttp import AiohttpServer

OPEN, PLACE = "conversations.open", "files.getUploadURLExternal"
BYTES, SHARE = "bytes", "files.completeUploadExternal"
SECRET = "5ecre7"


@dataclass(frozen=True)
class File:
    name: str = "preload.csv"
    content: bytes = "状态\r\n".encode()
    comment: str = "*350 tasks*"


@dataclass
class Slack:
    """A Slack that answers as files want it, but for what it was told for a method."""

    url: str = ""
    heard: list[tuple[str, Any]] = field(default_factory=list)
    instead: dict[str, list[web.Response | str]] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        is_bytes = name == BYTES
        self.heard.append((name, await request.read() if is_bytes else await fields(request)))
        if instead := self.instead.get(name):
            answer = instead.pop(0)
            if isinstance(answer, web.Response):
                return answer
            if answer == "hang up":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return web.json_response({"ok": False, "error": answer})
        if is_bytes:
            return web.Response(text="OK - 8")
        answers: dict[str, dict[str, Any]] = {
            OPEN: {"channel": {"id": "D0001"}},
            PLACE: {"upload_url": f"{self.url}/{BYTES}?key={SECRET}", "file_id": "F1"},
            SHARE: {"files": [{"id": "F1"}]},
        }
        return web.json_response({"ok": True, **answers[name]})

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.heard]


async def fields(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}


@pytest.fixture
async def slack(aiohttp_server: AiohttpServer) -> Slack:
    slack = Slack()
    app = web.Application(client_max_size=1 << 23)
    app.router.add_route("*", "/{name}", slack.handle)
    server = await aiohttp_server(app)
    slack.url = str(server.make_url("")).rstrip("/")
    return slack


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
async def uploads(slack: Slack, pauses: list[float]) -> AsyncIterator[Uploads]:
    async def sleep(delay_s: float) -> None:
        pauses.append(delay_s)

    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            "xoxb-local", base_url=f"{slack.url}/", session=session, retry_handlers=[]
        )
        yield Uploads(session, client, sleep=sleep)


def asked_to_wait(seconds: int) -> web.Response:
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
    )


async def test_a_file_comes_by_direct_message(uploads: Uploads, slack: Slack) -> None:
    await uploads.to_person("U0001", File())
    assert slack.names == [OPEN, PLACE, BYTES, SHARE]
    opened, place, content, shared = (said for _, said in slack.heard)
    assert opened["users"] == "U0001"
    assert (place["filename"], place["length"]) == ("preload.csv", "8")
    assert content == File().content
    assert json.loads(shared["files"]) == [{"id": "F1", "title": "preload.csv"}]
    assert (shared["channel_id"], shared["initial_comment"]) == ("D0001", "*350 tasks*")


async def test_a_file_is_posted_in_a_channel(uploads: Uploads, slack: Slack) -> None:
    await uploads.to_channel("C0001", File())
    assert slack.names == [PLACE, BYTES, SHARE]
    assert slack.heard[-1][1]["channel_id"] == "C0001"


@pytest.mark.parametrize(
    ("method", "calls"),
    [
        (PLACE, [PLACE, PLACE, BYTES, SHARE]),
        (BYTES, [PLACE, BYTES, PLACE, BYTES, SHARE]),
        (SHARE, [PLACE, BYTES, SHARE, SHARE]),
    ],
)
async def test_it_waits_as_long_as_slack_asks(
    uploads: Uploads, slack: Slack, pauses: list[float], method: str, calls: list[str]
) -> None:
    slack.instead[method] = [asked_to_wait(7)]
    await uploads.to_channel("C0001", File())
    assert pauses == [7.0]
    assert slack.names == calls


async def test_longer_than_half_a_minute_is_not_waited(
    uploads: Uploads, slack: Slack, pauses: list[float]
) -> None:
    slack.instead[PLACE] = [asked_to_wait(31)]
    with pytest.raises(SlackUnavailable, match="ratelimited"):
        await uploads.to_channel("C0001", File())
    assert pauses == []


async def test_what_is_not_shared_yet_is_tried_again_and_has_not_arrived(
    uploads: Uploads, slack: Slack, pauses: list[float]
) -> None:
    slack.instead[BYTES] = [web.Response(status=503), "hang up", web.Response(status=500)]
    with pytest.raises(SlackUnavailable) as error:
        await uploads.to_channel("C0001", File())
    assert not error.value.delivered
    assert pauses == [0.5, 1.0]
    assert slack.names == [PLACE, BYTES] * 3


@pytest.mark.parametrize("answer", [web.Response(status=503), "hang up"])
async def test_sharing_whose_outcome_is_unknown_is_not_repeated(
    uploads: Uploads, slack: Slack, answer: web.Response | str
) -> None:
    slack.instead[SHARE] = [answer]
    with pytest.raises(SlackUnavailable) as error:
        await uploads.to_channel("C0001", File())
    assert error.value.delivered
    assert slack.names == [PLACE, BYTES, SHARE]


@pytest.mark.parametrize(
    ("method", "scope"), [(OPEN, "im:write"), (PLACE, "files:write"), (SHARE, "files:write")]
)
async def test_a_missing_scope_is_named(
    uploads: Uploads, slack: Slack, method: str, scope: str
) -> None:
    slack.instead[method] = ["missing_scope"]
    with pytest.raises(SlackRefused) as refused:
        await uploads.to_person("U0001", File())
    assert (refused.value.code, refused.value.place) == ("missing_scope", scope)


async def test_a_refusal_is_final(uploads: Uploads, slack: Slack, pauses: list[float]) -> None:
    slack.instead[SHARE] = ["not_in_channel"]
    with pytest.raises(SlackRefused, match="not_in_channel"):
        await uploads.to_channel("C0003", File())
    assert pauses == []
    slack.instead[BYTES] = [web.Response(status=403)]
    with pytest.raises(SlackRefused, match="http_403"):
        await uploads.to_channel("C0003", File())


@pytest.mark.parametrize("said", [{"ok": True}, {"ok": True, "upload_url": 1, "file_id": "F1"}])
async def test_an_answer_without_a_place_is_no_place(
    uploads: Uploads, slack: Slack, said: dict[str, Any]
) -> None:
    slack.instead[PLACE] = [web.json_response(said) for _ in range(3)]
    with pytest.raises(SlackUnavailable, match="malformed_reply"):
        await uploads.to_channel("C0001", File())


async def test_a_slack_that_does_not_answer_is_not_waited_for(
    aiohttp_server: AiohttpServer,
) -> None:
    async def hanging(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    async def sleep(_: float) -> None:
        pass

    app = web.Application(client_max_size=1 << 23)
    app.router.add_route("*", "/{name}", hanging)
    server = await aiohttp_server(app)
    async with aiohttp.ClientSession() as session:
        base_url = str(server.make_url("/"))
        client = AsyncWebClient("xoxb", base_url=base_url, session=session, retry_handlers=[])
        impatient = Uploads(session, client, sleep=sleep, timeout_s=0.01)
        with pytest.raises(SlackUnavailable, match="timeout"):
            await impatient.to_person("U0001", File())


async def test_no_error_tells_the_place_where_bytes_are_put(uploads: Uploads, slack: Slack) -> None:
    slack.instead[BYTES] = ["hang up"] * 3
    with pytest.raises(SlackUnavailable) as error:
        await uploads.to_channel("C0001", File())
    assert SECRET not in f"{error.value} {error.value!r} {error.value.__cause__}"


async def test_a_large_file_goes_the_same_way(uploads: Uploads, slack: Slack) -> None:
    await uploads.to_person("U0001", File(content=b"x" * (3 << 20)))
    assert (BYTES, b"x" * (3 << 20)) in slack.heard
