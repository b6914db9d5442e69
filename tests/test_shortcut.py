"""What a message shortcut brings of its message."""

from __future__ import annotations

from typing import Any

from bot.slack.incoming import Shortcut
from bot.slack.messages import Attached

MAIN = "rtmp://live.example.com/liveApp/cup_main"
CAMERA = "http://live.example.com/liveApp/cup_cam2.flv"


def taken(**message: Any) -> Shortcut:  # noqa: ANN401 - a message's fields
    return Shortcut.of(
        {
            "type": "message_action",
            "callback_id": "check",
            "team": {"id": "T0001"},
            "channel": {"id": "C0003"},
            "user": {"id": "U0001"},
            "response_url": "https://hooks.slack.com/app/1",
            "trigger_id": "1.2",
            "message": message,
        }
    )


def test_a_person_s_message_is_read_once() -> None:
    elements = [{"type": "text", "text": "rtmp://live.exam"}, {"type": "text", "text": "ple.com"}]
    shortcut = taken(text=f"<{MAIN}>", user="U0002", blocks=[{"elements": elements}])
    assert shortcut.text == f"<{MAIN}>"
    assert (shortcut.channel_id, shortcut.user_id) == ("C0003", "U0001")


def test_of_an_app_s_message_all_that_is_read_counts() -> None:
    shortcut = taken(
        text="Alert",
        bot_id="B0001",
        blocks=[
            {"type": "section", "text": {"type": "mrkdwn", "text": f"down: {MAIN}"}},
            {"type": "actions", "elements": [{"action_id": "a", "value": "http://a.b.cc/secret"}]},
        ],
        attachments=[{"fields": [{"title": "Stream", "value": CAMERA}], "id": 1}],
    )
    assert shortcut.text == f"Alert\ndown: {MAIN}\nStream\n{CAMERA}"


def test_of_a_person_s_link_what_slack_shows_of_the_page_is_not_read() -> None:
    page = {"title": "Runbook", "title_link": "https://docs.example.org/a", "text": CAMERA}
    assert taken(text=f"<{MAIN}>", attachments=[page, None, "x"]).text == f"<{MAIN}>"


def test_a_word_in_bold_ends_no_address_in_rich_text() -> None:
    elements = [
        {"type": "text", "text": "rtmp://live.example.com/liveApp/"},
        {"type": "text", "text": "cup_main", "style": {"bold": True}},
        {"type": "emoji", "name": "soccer"},
        {"type": "link", "url": CAMERA, "text": "camera 2"},
    ]
    section = {"type": "rich_text_section", "elements": elements}
    blocks = [{"type": "rich_text", "elements": [section]}]
    assert taken(text="", bot_id="B1", blocks=blocks).text == f"\n{MAIN} {CAMERA}"


def forwarded(**message: Any) -> dict[str, Any]:  # noqa: ANN401 - a message's fields
    """A message as it comes in another one; its blocks as Slack nests them."""
    nested = {"team": "T0001", "channel": "C0001", "ts": "1.1", "message": {"blocks": []}}
    names = {"from_url": "https://live-ops.slack.com/archives/C0001/p11", "fallback": "x: …"}
    return {"is_share": True, "message_blocks": [nested], **names, **message}


def test_of_a_forwarded_message_text_blocks_and_files_are_read_once() -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f"down: {CAMERA}"}}
    blocks = [{"message": {"blocks": [section]}}]
    files = [{"id": "F1", "name": "cup.csv", "title": "http://a.b.cc/c", "mimetype": "text/csv"}]
    inner = forwarded(text=f"<{MAIN}>", message_blocks=blocks, files=files)
    for kind in ("is_share", "is_msg_unfurl"):
        attachment = {**inner, "is_share": False, kind: True}
        shortcut = taken(text="see below", files=[{"id": "F2"}], attachments=[attachment])
        lines = shortcut.text.split("\n")
        assert sorted(lines) == [f"<{MAIN}>", f"down: {CAMERA}", "see below"]
        assert [file.id for file in shortcut.files] == ["F2", "F1"]


def test_what_is_forwarded_in_a_forwarded_message_is_read_too() -> None:
    innermost = forwarded(text=CAMERA, files=[{"id": "F1"}])
    shortcut = taken(text="", attachments=[forwarded(text=MAIN, attachments=[innermost])])
    assert shortcut.text.split() == [MAIN, CAMERA]
    assert [file.id for file in shortcut.files] == ["F1"]


def test_files_come_with_what_it_takes_to_read_them() -> None:
    file = {
        "id": "F0001",
        "name": "list.csv",
        "mimetype": "text/csv",
        "size": 12,
        "url_private": "https://files.slack.com/files-pri/T1-F1/list.csv",
        "url_private_download": "https://files.slack.com/files-pri/T1-F1/download/list.csv",
    }
    shortcut = taken(text="", files=[file, None, {"size": "12"}, "F1"])
    url = "https://files.slack.com/files-pri/T1-F1/download/list.csv"
    assert shortcut.files[0] == Attached("F0001", "list.csv", "text/csv", 12, url)
    assert shortcut.files[1:] == (Attached("", "", "", 0, ""),)
