"""What Slack sends to an app, and its signature. Pure.

Sources: Slack's references "Implementing slash commands", "block_actions payload" and "Verifying
requests from Slack".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bot.sandbox.slack.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, VERIFICATION_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.workspace import Channel, User

_MENUS = {"static_select", "overflow"}


class NoSuchControl(LookupError):
    """There is no such message, button or option for this person."""


def command_payload(
    user: User, channel: Channel, *, command: str, text: str, response_url: str
) -> dict[str, str]:
    """A slash command's form fields."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": _trigger_id(),
    }


def click_payload(
    user: User,
    channel: Channel,
    message: Message,
    action: Mapping[str, Any],
    *,
    response_url: str,
) -> dict[str, Any]:
    """A `block_actions` payload. Of an ephemeral message Slack does not send the message."""
    private = message.only_visible_to is not None
    shown = {} if private else {"message": message.for_apps()}
    return {
        "type": "block_actions",
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": private,
        },
        "trigger_id": _trigger_id(),
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": channel.name},
        **shown,
        "state": {"values": _state(message, action)},
        "response_url": response_url,
        "actions": [dict(action)],
    }


def click_action(
    message: Message, action_id: str, *, block_id: str | None, option: str | None, at: str
) -> dict[str, Any]:
    """The entry of `actions` for a control that stands in the message.

    Args:
        message: where the control is.
        action_id: the control's.
        block_id: its block's; None takes the first control of that ID.
        option: of a menu, an option's value or its visible text.
        at: the click's timestamp.

    Raises:
        NoSuchControl: the message has no such control or option.
    """
    found = [
        (block["block_id"], one)
        for block in message.all_blocks
        if block_id in {None, block["block_id"]}
        for one in _controls(block)
        if one["action_id"] == action_id
    ]
    if not found:
        there = ", ".join(one["action_id"] for b in message.all_blocks for one in _controls(b))
        raise NoSuchControl(f"no {action_id}; there are: {there or 'no controls'}")
    place, control = found[0]
    kept = {name: value for name, value in control.items() if name in _ECHOED[control["type"]]}
    action = {**kept, "block_id": place, "action_ts": at}
    if control["type"] in _MENUS:
        action["selected_option"] = _option(control, option)
    return action


_ECHOED = {
    "button": {"type", "action_id", "text", "value", "style"},
    "static_select": {"type", "action_id", "placeholder", "initial_option"},
    "overflow": {"type", "action_id"},
}


def _controls(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "actions":
        return list(block["elements"])
    return [block["accessory"]] if "accessory" in block else []


def _option(menu: Mapping[str, Any], wanted: str | None) -> dict[str, Any]:
    for one in menu["options"]:
        if wanted in {one["value"], one["text"]["text"]}:
            return dict(one)
    there = ", ".join(one["text"]["text"] for one in menu["options"])
    raise NoSuchControl(f"no option {wanted} in {menu['action_id']}; there are: {there}")


def _state(message: Message, action: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is chosen in each select of the message, after the click."""
    values: dict[str, dict[str, Any]] = {}
    for block in message.all_blocks:
        for one in _controls(block):
            if one["type"] == "static_select":
                clicked = (action["block_id"], action["action_id"])
                is_clicked = (block["block_id"], one["action_id"]) == clicked
                chosen = action["selected_option"] if is_clicked else one.get("initial_option")
                entry = {"type": "static_select", "selected_option": chosen}
                values.setdefault(block["block_id"], {})[one["action_id"]] = entry
    return values


def form(payload: Mapping[str, Any]) -> bytes:
    """The body of a request by HTTP: a command's fields, or an interaction as one JSON field."""
    fields = payload if "command" in payload else {"payload": json.dumps(payload)}
    return urlencode(fields).encode()


def signed(body: bytes, *, signing_secret: str, at_s: int) -> dict[str, str]:
    """The headers of a request to the app."""
    base = b"v0:%d:%s" % (at_s, body)
    digest = hmac.new(signing_secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": str(at_s),
        "X-Slack-Signature": f"v0={digest}",
    }


def _trigger_id() -> str:
    return f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
