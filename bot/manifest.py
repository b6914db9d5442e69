"""The Slack app's manifest: what Slack has to know to create the app.

Reference: https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMAND = "/preload"
EVENTS_PATH = "/slack/events"
"""One path serves commands, clicks and events."""
FORM = "form"
"""The global shortcut, and the callback ID of the form that it opens."""
CHECK = "check"
"""The message shortcut."""

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "commands": f"the {COMMAND} command",
        "chat:write": "posting answers and keeping them up to date",
        "users:read": "each person's time zone and language",
        "channels:read": "whether the bot is in a public channel",
        "groups:read": "whether the bot, and whoever asks, is in a private channel",
        "channels:history": "looking up whether a post arrived in a public channel",
        "groups:history": "looking up whether a post arrived in a private channel",
        "im:write": "telling a person by direct message",
        "files:read": "reading a list of streams that is attached to a message",
        "files:write": "exporting an answer as a file",
        "usergroups:read": "roles by user group",
    }
)
"""Each bot scope, and what it is for. All from the first day: a new one means reinstalling."""


def manifest(url: str | None = None) -> dict[str, object]:
    """The manifest of an app that talks Socket Mode, or HTTP where `url` is given.

    Args:
        url: where Slack reaches the bot (`https://bot.example.com`), without the path.

    Raises:
        SettingsError: `url` is not an https address; Slack calls no other.
    """
    endpoint = {} if url is None else {"url": _events_url(url)}
    request_url = {} if url is None else {"request_url": _events_url(url)}
    options_url = {} if url is None else {"message_menu_options_url": _events_url(url)}
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Preload Bot",
            "description": "Know whether every live stream is preloaded at the CDN edge.",
            "background_color": "#1d3557",
        },
        "features": {
            # Without its Messages tab an app cannot send a person direct messages.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "preload", "always_online": True},
            "shortcuts": [
                {
                    "name": "Ask about preload tasks",
                    "type": "global",
                    "callback_id": FORM,
                    "description": "Opens a form: which domain, which status, since when",
                },
                {
                    "name": "Check these streams",
                    "type": "message",
                    "callback_id": CHECK,
                    "description": "Is every stream of this message preloaded?",
                },
            ],
            "slash_commands": [
                {
                    "command": COMMAND,
                    **endpoint,
                    "description": "Preload tasks of your live streams",
                    "usage_hint": "[domain=live.example.com] [status=failed] [since=2h] | help",
                    # Channels and people arrive by their ID, not by a name that may change.
                    "should_escape": True,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": ["app_home_opened"]},
            "interactivity": {"is_enabled": True, **request_url, **options_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def to_json(url: str | None = None) -> str:
    """`manifest` as the text to paste into Slack, ending in a newline."""
    return json.dumps(manifest(url), indent=2, ensure_ascii=False) + "\n"


def _events_url(url: str) -> str:
    problem = SettingsError("--url", "an https address without a path: https://bot.example.com")
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise problem from error
    extras = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if parts.scheme != "https" or not parts.hostname or any(extras):
        raise problem
    return f"https://{parts.netloc}{EVENTS_PATH}"
