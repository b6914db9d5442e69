from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.manifest import SCOPES, manifest, to_json

ROOT = Path(__file__).parent.parent


def fields(url: str | None = None) -> Any:  # noqa: ANN401 - JSON, to be looked into
    return json.loads(to_json(url))


def test_the_repositorys_manifest_is_the_generated_one_for_socket_mode() -> None:
    assert (ROOT / "manifest.json").read_text(encoding="utf-8") == to_json()


def test_without_an_address_the_app_talks_socket_mode() -> None:
    assert fields()["settings"]["socket_mode_enabled"] is True
    assert "url" not in to_json().replace("usage_hint", "")


def test_with_an_address_slack_calls_the_one_path_there() -> None:
    http = fields("https://bot.example.com/")
    called = "https://bot.example.com/slack/events"
    assert http["settings"]["socket_mode_enabled"] is False
    assert http["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": called,
        "message_menu_options_url": called,
    }
    assert http["settings"]["event_subscriptions"]["request_url"] == called
    assert [command["url"] for command in http["features"]["slash_commands"]] == [called]


def test_the_two_modes_differ_in_nothing_else() -> None:
    http, socket = fields("https://bot.example.com"), fields()
    del http["settings"]["interactivity"]["request_url"]
    del http["settings"]["interactivity"]["message_menu_options_url"]
    del http["settings"]["event_subscriptions"]["request_url"]
    del http["features"]["slash_commands"][0]["url"]
    http["settings"]["socket_mode_enabled"] = True
    assert http == socket


@pytest.mark.parametrize(
    "url",
    [
        "http://bot.example.com",
        "bot.example.com",
        "https://",
        "https://bot.example.com/slack",
        "https://user@bot.example.com",
        "https://[bot.example.com",
        "",
    ],
)
def test_an_address_that_slack_would_not_call_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="--url: an https address"):
        manifest(url)


def test_every_scope_the_bot_will_need_is_asked_for_once_with_its_reason() -> None:
    assert fields()["oauth_config"]["scopes"]["bot"] == [
        "commands",
        "chat:write",
        "users:read",
        "channels:read",
        "groups:read",
        "channels:history",
        "groups:history",
        "im:write",
        "files:read",
        "files:write",
        "usergroups:read",
    ]
    assert all(SCOPES.values())


def test_names_and_descriptions_fit_slacks_lengths() -> None:
    shown = fields()
    command = shown["features"]["slash_commands"][0]
    # https://docs.slack.dev/reference/app-manifest
    assert len(shown["display_information"]["name"]) <= 35
    assert len(shown["display_information"]["description"]) <= 140
    assert len(shown["features"]["bot_user"]["display_name"]) <= 80
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
    assert command["should_escape"] is True


def test_the_procfile_has_a_process_of_each_role() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    # As platforms read it: https://devcenter.heroku.com/articles/procfile
    read = (re.match(r"(\w+): *(.+)", line) for line in lines)
    processes = {found[1]: found[2] for found in read if found}
    assert processes == {
        "web": "preload-bot serve --role web",
        "worker": "preload-bot serve --role worker",
    }
