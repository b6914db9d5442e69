"""Attached files, downloaded from a loopback server that stands for Slack's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.files import GONE, NOT_SHOWN, NOT_SLACK, TOO_LARGE, Files
from bot.slack.messages import Attached

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_aiohttp import AiohttpServer

TOKEN = "xoxb-local"
LIST = b"rtmp://live.example.com/liveApp/cup_main\n"
MOST_BYTES = 1_000


@dataclass
class Slack:
    """A host of files."""

    url: str = ""
    answer: web.StreamResponse = field(default_factory=lambda: web.Response(body=LIST))
    heard: list[str | None] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(request.headers.get("Authorization"))
        return self.answer

    def file(self, size: int = len(LIST)) -> Attached:
        return Attached("F0001", "list.csv", "text/csv", size, f"{self.url}/files/list.csv")


@pytest.fixture
async def slack(aiohttp_server: AiohttpServer) -> Slack:
    slack = Slack()
    application = web.Application()
    application.router.add_get("/{path:.*}", slack.handle)
    slack.url = str((await aiohttp_server(application)).make_url("")).rstrip("/")
    return slack


@pytest.fixture
async def files(slack: Slack) -> AsyncIterator[Files]:
    async with aiohttp.ClientSession() as session:
        api_url = f"{slack.url}/api/"
        client = AsyncWebClient(TOKEN, base_url=api_url, session=session, retry_handlers=[])
        yield Files(session, client, token=TOKEN, api_url=api_url, timeout_s=0.5)


def told(**file: object) -> web.Response:
    return web.json_response({"ok": True, "file": {"id": "F0001", **file}})


async def test_of_a_file_slack_is_asked_what_it_is(files: Files, slack: Slack) -> None:
    names = {"name": "list.csv", "mimetype": "text/csv", "size": len(LIST)}
    slack.answer = told(**names, url_private=f"{slack.url}/files/list.csv")
    assert await files.info("F0001") == slack.file()


@pytest.mark.parametrize("code", ["missing_scope", "file_not_found", "access_denied"])
async def test_a_file_that_slack_tells_nothing_of_is_not_shown(
    files: Files, slack: Slack, code: str
) -> None:
    slack.answer = web.json_response({"ok": False, "error": code})
    with pytest.raises(SlackRefused) as refused:
        await files.info("F0001")
    assert refused.value.code == NOT_SHOWN
    slack.answer = told(file_access=code)
    with pytest.raises(SlackRefused) as refused:
        await files.info("F0001")
    assert refused.value.code == NOT_SHOWN


async def test_a_deleted_file_is_refused_and_an_answer_without_one_is_none(
    files: Files, slack: Slack
) -> None:
    slack.answer = web.json_response({"ok": False, "error": "file_deleted"})
    with pytest.raises(SlackRefused) as refused:
        await files.info("F0001")
    assert refused.value.code == "file_deleted"
    slack.answer = web.json_response({"ok": True})
    with pytest.raises(SlackUnavailable):
        await files.info("F0001")


async def refusal(files: Files, file: Attached) -> str:
    with pytest.raises(SlackRefused) as refused:
        await files.content(file, most_bytes=MOST_BYTES)
    return refused.value.code


async def test_a_file_is_read_with_the_bot_s_token(files: Files, slack: Slack) -> None:
    assert await files.content(slack.file(), most_bytes=MOST_BYTES) == LIST
    assert slack.heard == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com.evil.example.com/x",
        "https://evil.example.com/files.slack.com",
        "http://files.slack.com/files-pri/T1-F1/list.csv",
        "https://files.slack.com:8443/x",
        "https://files.slack.com@evil.example.com/x",
        "https://files.slack.com\\@evil.example.com/x",
        "//files.slack.com/x",
        "file:///etc/hosts",
        "https://[",
        "",
    ],
)
async def test_nobody_but_slack_gets_the_token(files: Files, slack: Slack, url: str) -> None:
    file = Attached("F0001", "list.csv", "text/csv", 1, url)
    assert await refusal(files, file) == NOT_SLACK
    assert slack.heard == []


@pytest.mark.parametrize("status", [404, 410])
async def test_a_file_whose_content_is_gone_is_refused_as_one_that_was_deleted(
    files: Files, slack: Slack, status: int
) -> None:
    slack.answer = web.Response(status=status)
    assert await refusal(files, slack.file()) == GONE


async def test_a_redirect_is_not_followed(files: Files, slack: Slack) -> None:
    slack.answer = web.Response(status=302, headers={"Location": "http://evil.example.com/"})
    assert await refusal(files, slack.file()) == NOT_SHOWN
    assert len(slack.heard) == 1


async def test_slack_s_login_page_means_that_the_bot_is_not_shown_the_file(
    files: Files, slack: Slack
) -> None:
    slack.answer = web.Response(text="<html>Sign in</html>", content_type="text/html")
    assert await refusal(files, slack.file()) == NOT_SHOWN


async def test_a_file_that_is_too_large_is_not_asked_for(files: Files, slack: Slack) -> None:
    assert await refusal(files, slack.file(size=MOST_BYTES + 1)) == TOO_LARGE
    assert slack.heard == []


async def test_no_more_is_read_than_allowed_whatever_size_was_said(
    files: Files, slack: Slack
) -> None:
    slack.answer = web.Response(body=b"x" * (MOST_BYTES + 1))
    assert await refusal(files, slack.file(size=1)) == TOO_LARGE


async def test_a_host_in_trouble_is_unavailable(files: Files, slack: Slack) -> None:
    for content_type in ("text/plain", "text/html"):
        slack.answer = web.Response(status=503, text="Sorry", content_type=content_type)
        with pytest.raises(SlackUnavailable):
            await files.content(slack.file(), most_bytes=MOST_BYTES)
