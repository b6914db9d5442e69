"""The local Slack's files: attached by people, uploaded and read by the app."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import Fault
from bot.sandbox.slack.printed import printed
from tests.slack_room import ANNA, CUP_FINAL, LIVE_OPS, TOKEN, WEI, Clock, Room, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

EVA = "U0004"
CSV = "\ufeff流,Status\r\ncup,failed\r\n".encode()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with opened(Clock()) as made:
        yield made


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def put(room: Room, content: bytes = CSV, name: str = "tasks.csv") -> str:
    """Upload the bytes; the file's ID."""
    place = await room.client.files_getUploadURLExternal(filename=name, length=len(content))
    async with room.http.post(place["upload_url"], data=BytesIO(content)) as reply:
        assert reply.status == 200
    return str(place["file_id"])


async def got(room: Room, url: str, token: str | None = TOKEN) -> tuple[str, bytes]:
    """What is at that address: its type and its bytes."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with room.http.get(url, headers=headers) as reply:
        assert reply.status == 200
        return reply.content_type, await reply.read()


async def test_an_app_uploads_a_file_and_shares_it_with_a_comment(room: Room) -> None:
    file_id = await put(room)
    assert room.slack.files == {}
    assert len(room.slack.messages) == 0
    done = await room.client.files_completeUploadExternal(
        files=[{"id": file_id, "title": "Failed tasks"}],
        channel_id=LIVE_OPS,
        initial_comment="*1 task*",
        thread_ts="1.2",
    )
    assert done["files"] == [{"id": file_id, "title": "Failed tasks"}]
    file = room.slack.files[file_id]
    assert (file.name, file.content, file.comment) == ("tasks.csv", CSV, "*1 task*")
    assert (file.channel, file.title, file.user) == (LIVE_OPS, "Failed tasks", "U0BOT")
    (message,) = room.slack.messages.seen_by(WEI, LIVE_OPS)
    assert (message.text, message.thread_ts) == ("*1 task*", "1.2")
    assert (
        printed(message, zone="UTC")
        == "*1 task*\n📎 tasks.csv (27 bytes)\n  流,Status\n  cup,failed"
    )


async def test_the_sdks_own_upload_arrives(room: Room) -> None:
    opened_dm = await room.client.conversations_open(users=WEI)
    channel = opened_dm["channel"]["id"]
    await room.client.files_upload_v2(filename="tasks.csv", content=CSV, channel=channel)
    (file,) = room.slack.files.values()
    assert (file.content, file.channel) == (CSV, "D0002")
    assert room.slack.messages.seen_by(ANNA) == []


async def test_a_file_of_many_megabytes_arrives(room: Room) -> None:
    content = bytes(5 << 20)
    file_id = await put(room, content)
    await room.client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=LIVE_OPS)
    assert room.slack.files[file_id].content == content


@pytest.mark.parametrize(
    ("channel", "error"), [(CUP_FINAL, "not_in_channel"), ("C9", "channel_not_found")]
)
async def test_a_file_goes_only_where_the_bot_is(room: Room, channel: str, error: str) -> None:
    files: list[dict[str, str | None]] = [{"id": await put(room)}]
    call = room.client.files_completeUploadExternal(files=files, channel_id=channel)
    assert await refused(call) == error
    room.slack.faults.archived.add(LIVE_OPS)
    call = room.client.files_completeUploadExternal(files=files, channel_id=LIVE_OPS)
    assert await refused(call) == "is_archived"
    assert room.slack.files == {}


async def test_of_files_that_are_shared_together_each_must_be_there(room: Room) -> None:
    there = await put(room)
    announced = await room.client.files_getUploadURLExternal(filename="b.csv", length=3)
    for other in (announced["file_id"], "F9"):
        call = room.client.files_completeUploadExternal(
            files=[{"id": there}, {"id": other}], channel_id=LIVE_OPS
        )
        assert await refused(call) == "file_not_found"
    assert room.slack.files == {}
    assert len(room.slack.messages) == 0


async def test_malformed_calls_are_refused(room: Room) -> None:
    for given in ({"filename": "", "length": 1}, {"filename": "a", "length": 0}):
        call = room.client.api_call("files.getUploadURLExternal", params=given)
        assert await refused(call) == "invalid_arguments"
    bodies: list[dict[str, Any]] = [
        {},
        {"files": []},
        {"files": ["F1"]},
        {"files": [{"title": "x"}]},
        {"files": [{"id": "F1"}], "initial_comment": "x" * 4_001},
    ]
    for body in bodies:
        given = {"channel_id": LIVE_OPS, **body}
        call = room.client.api_call("files.completeUploadExternal", json=given)
        assert await refused(call) == "invalid_arguments"


async def test_bytes_are_taken_once_and_only_as_many_as_were_announced(room: Room) -> None:
    place = await room.client.files_getUploadURLExternal(filename="a.csv", length=3)
    for content, status in ((b"ab", 400), (b"abc", 200), (b"xyz", 400)):
        async with room.http.post(place["upload_url"], data=content) as reply:
            assert reply.status == status
    await room.client.files_completeUploadExternal(
        files=[{"id": place["file_id"]}], channel_id=LIVE_OPS
    )
    assert room.slack.files[place["file_id"]].content == b"abc"


async def test_uploading_takes_its_scope(room: Room) -> None:
    room.slack.faults.missing_scopes.add("files:write")
    call = room.client.files_getUploadURLExternal(filename="a.csv", length=3)
    assert await refused(call) == "missing_scope"
    call = room.client.files_completeUploadExternal(files=[{"id": "F1"}], channel_id=LIVE_OPS)
    assert await refused(call) == "missing_scope"


async def test_what_a_person_attaches_stands_in_their_message(room: Room) -> None:
    message = room.slack.upload(ANNA, LIVE_OPS, "cup final.csv", CSV, "see live.example.com")
    assert message.text == "see <http://live.example.com|live.example.com>"
    (file,) = message.for_apps()["files"]
    assert (file["name"], file["filetype"], file["mimetype"]) == (
        "cup final.csv",
        "csv",
        "text/csv",
    )
    assert (file["size"], file["mode"], file["user"]) == (len(CSV), "hosted", ANNA)
    assert file["preview"].startswith("流,Status")
    assert room.slack.files[file["id"]].channel == LIVE_OPS
    (shown,) = message.for_page()["files"]
    assert shown["url"] == f"/local/file/{file['id']}"
    assert shown["size"] == len(CSV)


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.csv", b"\xef\xbb\xbf" + 500 * "流".encode(), "\n  " + 500 * "流"),
        ("a.csv", 501 * "流".encode(), "\n  " + 500 * "流" + "…"),
        ("a.csv", b"\xef\xbb\xbf" + 501 * "⚽🥅".encode(), "\n  " + 250 * "⚽🥅" + "…"),
        ("a.png", 501 * b"x", ""),
        ("a.txt", b"", ""),
    ],
)
async def test_a_file_is_printed_as_far_as_its_preview_goes(
    room: Room, name: str, content: bytes, shown: str
) -> None:
    message = room.slack.upload(ANNA, LIVE_OPS, name, content)
    assert printed(message, zone="UTC") == f"📎 {name} ({len(content):,} bytes){shown}"


async def test_an_app_downloads_a_file_with_its_token(room: Room) -> None:
    message = room.slack.upload(ANNA, LIVE_OPS, "50% #1?/cup final.csv", CSV)
    (file,) = message.for_apps()["files"]
    for url in (file["url_private"], file["url_private_download"]):
        assert await got(room, url) == ("text/csv", CSV)


@pytest.mark.parametrize(
    ("token", "missing"), [(None, set()), ("xoxb-2", set()), (TOKEN, {"files:read"})]
)
async def test_without_token_or_scope_a_download_is_a_login_page(
    room: Room, token: str | None, missing: set[str]
) -> None:
    message = room.slack.upload(ANNA, LIVE_OPS, "a.csv", CSV)
    room.slack.faults.missing_scopes |= missing
    (file,) = message.for_apps()["files"]
    kind, page = await got(room, file["url_private_download"], token)
    assert kind == "text/html"
    assert b"Sign in" in page


async def test_where_the_bot_is_not_in_the_channel_a_download_leads_to_the_login_page(
    room: Room,
) -> None:
    message = room.slack.upload(ANNA, CUP_FINAL, "a.csv", CSV)
    (file,) = message.for_apps()["files"]
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = file["url_private_download"]
    async with room.http.get(url, headers=headers, allow_redirects=False) as reply:
        assert reply.status == 302
        assert "Location" in reply.headers
    room.slack.joined.add(CUP_FINAL)
    assert await got(room, url) == ("text/csv", CSV)


async def test_of_a_file_of_another_workspace_apps_are_told_the_id_alone(room: Room) -> None:
    message = room.slack.upload(EVA, LIVE_OPS, "a.csv", CSV)
    (file,) = message.for_apps()["files"]
    assert (file["file_access"], file["mode"]) == ("check_file_info", "file_access")
    assert not file.keys() & {"name", "mimetype", "size", "url_private", "url_private_download"}
    (shown,) = message.for_page()["files"]
    assert shown["name"] == "a.csv"
    found = (await room.client.files_info(file=file["id"]))["file"]
    assert (found["id"], found["name"], found["size"]) == (file["id"], "a.csv", len(CSV))
    assert await got(room, found["url_private_download"]) == ("text/csv", CSV)


async def test_what_the_bot_may_not_see_it_is_told_nothing_of(room: Room) -> None:
    message = room.slack.upload(ANNA, CUP_FINAL, "a.csv", CSV)
    for name in (message.files[0]["id"], await put(room), "F9"):
        assert await refused(room.client.files_info(file=name)) == "file_not_found"
    room.slack.joined.add(CUP_FINAL)
    await room.client.files_info(file=message.files[0]["id"])
    room.slack.faults.missing_scopes.add("files:read")
    assert await refused(room.client.files_info(file=message.files[0]["id"])) == "missing_scope"


async def test_bytes_are_lost_as_planned(room: Room) -> None:
    message = room.slack.upload(ANNA, LIVE_OPS, "a.csv", CSV)
    (file,) = message.for_apps()["files"]
    room.slack.faults.add(Fault("download", status=503))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with room.http.get(file["url_private"], headers=headers) as reply:
        assert reply.status == 503
    assert await got(room, file["url_private"]) == ("text/csv", CSV)
    place = await room.client.files_getUploadURLExternal(filename="a.csv", length=len(CSV))
    room.slack.faults.add(Fault("upload", status=500))
    async with room.http.post(place["upload_url"], data=CSV) as reply:
        assert reply.status == 500
    call = room.client.files_completeUploadExternal(
        files=[{"id": place["file_id"]}], channel_id=LIVE_OPS
    )
    assert await refused(call) == "file_not_found"


async def test_a_file_that_stands_nowhere_yet_is_not_found(room: Room) -> None:
    file_id = await put(room)
    for place in (f"local/file/{file_id}", f"files-pri/T0001-{file_id}/download/tasks.csv"):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with room.http.get(f"{room.base}/{place}", headers=headers) as reply:
            assert reply.status == 404
    await room.client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=LIVE_OPS)
    _, content = await got(room, f"{room.base}/local/file/{file_id}")
    assert content == CSV


async def test_a_file_nobody_knows_is_not_found(room: Room) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"{room.base}/files-pri/T0001-F9/a.csv"
    async with room.http.get(url, headers=headers) as reply:
        assert reply.status == 404
    async with room.http.post(f"{room.base}/upload/F9", data=b"") as reply:
        assert reply.status == 400
