"""What Slack sends, parsed once: a slash command and a click.

Source: Slack's reference of slash command payloads and of `block_actions` payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command as it was typed.

    Attributes:
        text: what follows the command's name, formatted by Slack.
        team_id, channel_id, user_id: where and by whom.
        response_url: where answers go, 5 times within 30 minutes. A secret.
    """

    text: str
    team_id: str
    channel_id: str
    user_id: str
    response_url: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Command:
        """Parse a slash command's form fields."""
        return cls(
            text=str(body.get("text", "")),
            team_id=str(body.get("team_id", "")),
            channel_id=str(body.get("channel_id", "")),
            user_id=str(body.get("user_id", "")),
            response_url=str(body.get("response_url", "")),
        )


@dataclass(frozen=True, slots=True)
class Click:
    """A button pressed or a menu's option taken.

    Attributes:
        action_id: which control.
        value: the button's value, or the value of the option that was taken.
        team_id, channel_id, user_id: where and by whom.
        response_url: where answers go, 5 times within 30 minutes. A secret.
        in_private: the message is one that only the clicker sees; otherwise all in the channel do.
    """

    action_id: str
    value: str
    team_id: str
    channel_id: str
    user_id: str
    response_url: str
    in_private: bool

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Click:
        """Parse a `block_actions` payload; of several actions, the first."""
        action = _mapping(next(iter(body.get("actions") or ()), None))
        option = _mapping(action.get("selected_option"))
        container = _mapping(body.get("container"))
        channel = _mapping(body.get("channel"))
        return cls(
            action_id=str(action.get("action_id", "")),
            value=str(option.get("value") or action.get("value") or ""),
            team_id=str(_mapping(body.get("team")).get("id", "")),
            channel_id=str(channel.get("id") or container.get("channel_id") or ""),
            user_id=str(_mapping(body.get("user")).get("id", "")),
            response_url=str(body.get("response_url", "")),
            in_private=bool(container.get("is_ephemeral")),
        )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
