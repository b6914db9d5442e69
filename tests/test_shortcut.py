"""What a message shortcut brings of its message."""

from __future__ import annotations

from typing import Any

from bot.slack.incoming import Attached, Shortcut

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


def test_files_come_with_what_it_takes_to_read_them() -> None:
    file = {
        "id": "F0001",
        "name": "list.csv",
        "mimetype": "text/csv",
        "size": 12,
        "url_private": "https://files.slack.com/files-pri/T1-F1/list.csv",
        "url_private_download": "https://files.slack.com/files-pri/T1-F1/download/list.csv",
    }
    shortcut = taken(text="", files=[file, None, {"size": "12"}])
    url = "https://files.slack.com/files-pri/T1-F1/download/list.csv"
    assert shortcut.files[0] == Attached("F0001", "list.csv", "text/csv", 12, url)
    assert shortcut.files[1:] == (Attached("", "", "", 0, ""),) * 2
