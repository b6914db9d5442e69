"""The local Slack's Web API, through the real slack_sdk client."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, LocalSlack, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

LIVE_OPS, CUP_FINAL = "C0001", "C0003"
METADATA = {"event_type": "preload_notice", "event_payload": {"key": "k1"}}
DIVIDER = {"type": "divider", "block_id": "line"}


class Api:
    """A local Slack whose clock stands still, and clients of its Web API."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 19, 42, 10, tzinfo=UTC)
        self.slack = LocalSlack(
            signing_secret="s", bot_token="xoxb-1", app_token="xapp-1", now=lambda: self.at
        )
        self.base = ""
        self.http: aiohttp.ClientSession

    def client(self, token: str | None) -> AsyncWebClient:
        return AsyncWebClient(token, base_url=f"{self.base}/api/", session=self.http)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    made = Api()
    async with AsyncExitStack() as stack:
        made.base = await stack.enter_async_context(running(made.slack))
        made.http = await stack.enter_async_context(aiohttp.ClientSession())
        yield made


@pytest.fixture
def client(api: Api) -> AsyncWebClient:
    return api.client("xoxb-1")


async def refusal(call: Awaitable[Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await call
    answer: dict[str, Any] = caught.value.response.data
    return answer


async def test_a_token_tells_who_the_bot_is_and_what_it_may(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0001", "U0BOT", "B0001")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_an_answer_is_dated_by_slacks_own_clock(client: AsyncWebClient) -> None:
    assert (await client.auth_test()).headers["Date"] == "Sun, 22 Nov 2026 19:42:10 GMT"


@pytest.mark.parametrize(
    ("token", "error"),
    [(None, "not_authed"), ("xoxb-2", "invalid_auth"), ("xapp-1", "not_allowed_token_type")],
)
async def test_a_wrong_token_is_refused(api: Api, token: str | None, error: str) -> None:
    assert (await refusal(api.client(token).auth_test()))["error"] == error


async def test_a_missing_scope_is_named(api: Api, client: AsyncWebClient) -> None:
    api.slack.faults.missing_scopes.add("users:read")
    answer = await refusal(client.users_info(user="U0001"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
    assert "users:read" not in answer["provided"]
    # nor was the app granted what reading direct messages takes
    answer = await refusal(client.conversations_history(channel="D0001"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:history")


async def test_an_unknown_method_is_refused(client: AsyncWebClient) -> None:
    assert (await refusal(client.api_test()))["error"] == "unknown_method"


async def test_a_user_has_a_language_only_if_it_is_asked_for(client: AsyncWebClient) -> None:
    user = (await client.users_info(user="U0002", include_locale=True))["user"]
    assert (user["locale"], user["tz"], user["tz_offset"]) == ("zh-CN", "Asia/Shanghai", 28_800)
    assert "locale" not in (await client.users_info(user="U0002"))["user"]
    assert (await refusal(client.users_info(user="U9")))["error"] == "user_not_found"


async def test_who_is_in_a_channel_comes_page_by_page_and_of_a_private_one_only_to_who_is_in_it(
    api: Api, client: AsyncWebClient
) -> None:
    here = await client.conversations_members(channel=LIVE_OPS, limit=2)
    assert here["members"] == ["U0001", "U0002"]
    cursor = here["response_metadata"]["next_cursor"]
    rest = await client.conversations_members(channel=LIVE_OPS, cursor=cursor)
    assert rest["members"] == ["U0003", "U0004", "U0BOT"]
    assert rest["response_metadata"] == {"next_cursor": ""}
    for wrong in ({"limit": 1000}, {"cursor": "no"}):
        refused = await refusal(client.conversations_members(channel=LIVE_OPS, **wrong))
        assert refused["error"] in {"invalid_limit", "invalid_cursor"}
    api.slack.private |= {LIVE_OPS: ("U0001",), CUP_FINAL: ("U0002",)}
    members = (await client.conversations_members(channel=LIVE_OPS))["members"]
    assert members == ["U0001", "U0BOT"]
    assert (await client.conversations_info(channel=LIVE_OPS))["channel"]["is_private"]
    for call in (client.conversations_members, client.conversations_info):
        assert (await refusal(call(channel=CUP_FINAL)))["error"] == "channel_not_found"
    api.slack.faults.missing_scopes.add("groups:read")
    refused = await refusal(client.conversations_members(channel=LIVE_OPS))
    assert (refused["error"], refused["needed"]) == ("missing_scope", "groups:read")


async def test_a_channel_says_whether_the_bot_is_in_it(api: Api, client: AsyncWebClient) -> None:
    here = (await client.conversations_info(channel=LIVE_OPS))["channel"]
    assert (here["name"], here["is_member"], here["is_archived"]) == ("live-ops", True, False)
    assert not (await client.conversations_info(channel=CUP_FINAL))["channel"]["is_member"]
    refused = await refusal(client.chat_postMessage(channel=CUP_FINAL, text="x"))
    assert refused["error"] == "not_in_channel"
    api.slack.joined.add(CUP_FINAL)
    await client.chat_postMessage(channel=CUP_FINAL, text="x")
    api.slack.faults.archived.add(CUP_FINAL)
    refused = await refusal(client.chat_postMessage(channel=CUP_FINAL, text="x"))
    assert refused["error"] == "is_archived"
    refused = await refusal(client.conversations_info(channel="C9"))
    assert refused["error"] == "channel_not_found"


async def test_a_person_is_written_to_by_dm(api: Api, client: AsyncWebClient) -> None:
    opened = await client.conversations_open(users="U0002")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="one")
    await client.chat_postMessage(channel="U0002", text="two")
    assert [one.text for one in api.slack.messages.seen_by("U0002", "D0002")] == ["one", "two"]
    assert api.slack.messages.seen_by("U0001") == []


async def test_a_post_is_updated_and_deleted(api: Api, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=LIVE_OPS, text="one", blocks=[DIVIDER])
    assert posted["message"]["blocks"] == [DIVIDER]
    name = {"channel": LIVE_OPS, "ts": posted["ts"]}
    await client.chat_update(**name, text="two")
    (message,) = api.slack.messages
    assert (message.text, message.blocks, message.edited) == ("two", (), True)
    await client.chat_delete(**name)
    assert len(api.slack.messages) == 0
    assert (await refusal(client.chat_delete(**name)))["error"] == "message_not_found"
    theirs = api.slack.say("U0001", LIVE_OPS, "mine")
    refused = await refusal(client.chat_update(channel=LIVE_OPS, ts=theirs.ts, text="x"))
    assert refused["error"] == "cant_update_message"


async def test_an_ephemeral_post_is_seen_by_one_and_cannot_be_updated(
    api: Api, client: AsyncWebClient
) -> None:
    posted = await client.chat_postEphemeral(channel=LIVE_OPS, user="U0001", text="for you")
    assert [one.text for one in api.slack.messages.seen_by("U0001")] == ["for you"]
    assert api.slack.messages.seen_by("U0002") == []
    refused = await refusal(client.chat_update(channel=LIVE_OPS, ts=posted["message_ts"], text="x"))
    assert refused["error"] == "message_not_found"
    refused = await refusal(client.chat_postEphemeral(channel="D0001", user="U0002", text="x"))
    assert refused["error"] == "user_not_in_channel"
    assert (await client.conversations_history(channel=LIVE_OPS))["messages"] == []


async def test_history_is_read_in_pages_newest_first(client: AsyncWebClient) -> None:
    posted = [await client.chat_postMessage(channel=LIVE_OPS, text=f"{n}") for n in range(5)]
    read: list[str] = []
    cursor: str | None = None
    while cursor != "":
        page = await client.conversations_history(channel=LIVE_OPS, limit=2, cursor=cursor)
        read += [one["text"] for one in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
        assert page["has_more"] is bool(cursor)
    assert read == ["4", "3", "2", "1", "0"]
    ends = {"oldest": posted[1]["ts"], "latest": posted[3]["ts"]}
    between = await client.conversations_history(channel=LIVE_OPS, **ends)
    assert [one["text"] for one in between["messages"]] == ["2"]
    between = await client.conversations_history(channel=LIVE_OPS, **ends, inclusive=True)
    assert [one["text"] for one in between["messages"]] == ["3", "2", "1"]
    refused = await refusal(client.conversations_history(channel=LIVE_OPS, limit=1_000))
    assert refused["error"] == "invalid_limit"


async def test_metadata_comes_back_only_if_it_is_asked_for(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=LIVE_OPS, text="x", metadata=METADATA)
    await client.chat_update(channel=LIVE_OPS, ts=posted["ts"], text="y")
    (bare,) = (await client.conversations_history(channel=LIVE_OPS))["messages"]
    assert "metadata" not in bare
    read = await client.conversations_history(channel=LIVE_OPS, include_all_metadata=True)
    assert read["messages"][0]["metadata"] == METADATA
    broken = {"event_type": "preload_notice", "event_payload": "k1"}
    refused = await refusal(client.chat_postMessage(channel=LIVE_OPS, text="x", metadata=broken))
    assert refused["error"] == "invalid_metadata_format"


async def test_replies_are_read_from_their_thread_only(client: AsyncWebClient) -> None:
    parent = await client.chat_postMessage(channel=LIVE_OPS, text="parent")
    ts = parent["ts"]
    await client.chat_postMessage(channel=LIVE_OPS, text="reply", thread_ts=ts, metadata=METADATA)
    history = await client.conversations_history(channel=LIVE_OPS)
    assert [one["text"] for one in history["messages"]] == ["parent"]
    replies = await client.conversations_replies(channel=LIVE_OPS, ts=ts, include_all_metadata=True)
    assert [one["text"] for one in replies["messages"]] == ["parent", "reply"]
    assert replies["messages"][1]["metadata"] == METADATA
    refused = await refusal(client.conversations_replies(channel=LIVE_OPS, ts="1.2"))
    assert refused["error"] == "thread_not_found"


async def test_a_payload_past_slacks_limits_is_refused_with_the_place(
    api: Api, client: AsyncWebClient
) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    why = "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"
    answer = await refusal(client.chat_postMessage(channel=LIVE_OPS, text="x", blocks=[header]))
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [why]
    assert len(api.slack.messages) == 0
    posted = await client.chat_postMessage(channel=LIVE_OPS, text="x" * 4_001)
    refused = await refusal(client.chat_update(channel=LIVE_OPS, ts=posted["ts"], text="x" * 4_001))
    assert refused["error"] == "msg_too_long"


async def test_blocks_are_validated_without_being_posted(api: Api, client: AsyncWebClient) -> None:
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    assert (await client.blocks_validate(blocks=[table]))["ok"]
    assert (await client.blocks_validate(message={"blocks": [table]}))["ok"]
    api.slack.faults.refuse_tables = True
    answer = await refusal(client.blocks_validate(blocks=[DIVIDER, table]))
    assert (answer["error"], answer["errors"][0]["pointer"]) == ("invalid_blocks", "/1/type")
    answer = await refusal(client.blocks_validate(message={"blocks": [table]}))
    assert answer["errors"][0]["pointer"] == "/blocks/0/type"
    assert (await refusal(client.blocks_validate()))["error"] == "invalid_arguments"
    assert len(api.slack.messages) == 0


async def test_a_refused_table_is_taken_in_an_attachment(api: Api, client: AsyncWebClient) -> None:
    api.slack.faults.refuse_tables = True
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    refused = await refusal(client.chat_postMessage(channel=LIVE_OPS, text="x", blocks=[table]))
    assert refused["error"] == "invalid_blocks"
    attached = await client.chat_postMessage(
        channel=LIVE_OPS, text="x", attachments=[{"blocks": [table]}]
    )
    assert attached["message"]["attachments"][0]["blocks"][0]["type"] == "table"


async def test_arguments_come_as_a_form_or_as_json(api: Api) -> None:
    url = f"{api.base}/api/chat.postMessage"
    given = {"channel": LIVE_OPS, "text": "x", "token": "xoxb-1"}
    async with api.http.post(url, data={**given, "blocks": json.dumps([DIVIDER])}) as reply:
        assert (await reply.json())["message"]["blocks"] == [DIVIDER]
    async with api.http.post(url, json={**given, "blocks": [DIVIDER]}) as reply:
        assert (await reply.json())["message"]["blocks"] == [DIVIDER]
    bad: list[tuple[dict[str, Any], str]] = [
        ({"data": {**given, "blocks": "["}}, "invalid_blocks_format"),
        ({"json": [1]}, "json_not_object"),
        ({"data": "{", "headers": {"Content-Type": "application/json"}}, "invalid_json"),
    ]
    for sent, error in bad:
        async with api.http.post(url, **sent) as reply:
            assert await reply.json() == {"ok": False, "error": error}
    assert all("token" not in call.arguments for call in api.slack.calls)


async def test_calls_are_kept_without_their_tokens(api: Api, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=LIVE_OPS, text="x")
    (call,) = api.slack.calls
    assert (call.method, call.status, call.at) == ("chat.postMessage", 200, api.at)
    assert call.arguments == {"channel": LIVE_OPS, "text": "x"}
    assert "xoxb-1" not in repr(call)


async def test_posts_to_a_channel_are_paced_at_one_a_second_after_a_burst(
    api: Api, client: AsyncWebClient
) -> None:
    for _ in range(5):
        await client.chat_postMessage(channel=LIVE_OPS, text="x")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=LIVE_OPS, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "5"
    assert caught.value.response["error"] == "ratelimited"
    await client.chat_postMessage(channel="C0002", text="another channel")
    api.at += timedelta(seconds=5)
    await client.chat_postMessage(channel=LIVE_OPS, text="x")
    api.slack.faults.rate_limits = False
    for _ in range(6):
        await client.chat_postMessage(channel=LIVE_OPS, text="x")


async def test_updates_are_fifty_a_minute_for_the_whole_workspace(
    client: AsyncWebClient,
) -> None:
    names = [
        {"channel": one, "ts": (await client.chat_postMessage(channel=one, text="x"))["ts"]}
        for one in (LIVE_OPS, "C0002")
    ]
    for place in range(50):
        await client.chat_update(**names[place % 2], text="y")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_update(**names[0], text="y")
    assert caught.value.response.headers["Retry-After"] == "60"


async def test_planned_faults_strike_the_calls_they_name(api: Api, client: AsyncWebClient) -> None:
    faults = api.slack.faults
    faults.add(Fault("chat.postMessage", LIVE_OPS, times=2, status=429, retry_after_s=30))
    await client.chat_postMessage(channel="C0002", text="x")
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=LIVE_OPS, text="x")
        assert caught.value.response.headers["Retry-After"] == "30"
    faults.add(Fault(status=503))
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    assert caught.value.response.status_code == 503
    faults.add(Fault("auth.test", error="account_inactive"))
    assert (await refusal(client.auth_test()))["error"] == "account_inactive"
    await client.chat_postMessage(channel=LIVE_OPS, text="x")


async def test_a_lost_reply_has_taken_effect(api: Api, client: AsyncWebClient) -> None:
    client.retry_handlers.clear()
    api.slack.faults.add(Fault("chat.postMessage", accepted_after_s=0))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=LIVE_OPS, text="x")
    assert [one.text for one in api.slack.messages] == ["x"]
    assert api.slack.calls[0].status is None


async def test_a_post_may_be_accepted_after_its_client_has_given_up(api: Api) -> None:
    api.slack.faults.add(Fault("chat.postMessage", accepted_after_s=0.1))
    url = f"{api.base}/api/chat.postMessage"
    given = {"channel": LIVE_OPS, "text": "x", "token": "xoxb-1"}
    waiting = asyncio.create_task(api.slack.messages.after(0))
    with pytest.raises(TimeoutError):
        await api.http.post(url, json=given, timeout=aiohttp.ClientTimeout(total=0.01))
    assert len(api.slack.messages) == 0
    assert [one.message.text for one in await waiting] == ["x"]
