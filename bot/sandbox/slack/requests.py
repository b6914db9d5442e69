"""What Slack sends to an app, and its signature. Pure.

Sources: Slack's references "Implementing slash commands", "Interaction payloads", "app_home_opened"
and "Verifying requests from Slack".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bot.sandbox.slack import elements
from bot.sandbox.slack.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, VERIFICATION_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.views import View
    from bot.sandbox.slack.workspace import Channel, User


def command_payload(
    user: User,
    channel: Channel,
    *,
    command: str,
    text: str,
    response_url: str,
    trigger_id: str,
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
        "trigger_id": trigger_id,
    }


def click_payload(
    user: User,
    channel: Channel,
    message: Message,
    action: Mapping[str, Any],
    *,
    response_url: str,
    trigger_id: str,
) -> dict[str, Any]:
    """A `block_actions` payload. Of an ephemeral message Slack does not send the message."""
    private = message.only_visible_to is not None
    shown = {} if private else {"message": message.for_apps()}
    return {
        **_interaction("block_actions", user, trigger_id),
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": private,
        },
        "channel": {"id": channel.id, "name": channel.name},
        **shown,
        "state": {"values": _after(message.all_blocks, action)},
        "response_url": response_url,
        "actions": [dict(action)],
    }


def view_click_payload(
    user: User, view: View, action: Mapping[str, Any], *, trigger_id: str
) -> dict[str, Any]:
    """A `block_actions` payload of a control in a modal or a Home: of no channel."""
    return {
        **_interaction("block_actions", user, trigger_id),
        "container": {"type": "view", "view_id": view.id},
        "view": view.for_apps(),
        "actions": [dict(action)],
    }


def shortcut_payload(user: User, callback_id: str, *, trigger_id: str, at: str) -> dict[str, Any]:
    """A global shortcut; it knows no channel."""
    names = {"callback_id": callback_id, "action_ts": at}
    return {**_interaction("shortcut", user, trigger_id), **names}


def message_shortcut_payload(
    user: User,
    channel: Channel,
    message: Message,
    callback_id: str,
    *,
    response_url: str,
    trigger_id: str,
    at: str,
) -> dict[str, Any]:
    """A message shortcut, with the message as it stands."""
    return {
        **_interaction("message_action", user, trigger_id),
        "callback_id": callback_id,
        "action_ts": at,
        "message_ts": message.ts,
        "message": message.for_apps(),
        "channel": {"id": channel.id, "name": channel.name},
        "response_url": response_url,
    }


def submission_payload(
    user: User, view: View, *, response_urls: Iterable[Mapping[str, str]], trigger_id: str
) -> dict[str, Any]:
    """A `view_submission` payload."""
    urls = [dict(one) for one in response_urls]
    return {
        **_interaction("view_submission", user, trigger_id),
        "view": view.for_apps(),
        "response_urls": urls,
    }


def closing_payload(user: User, view: View, *, is_cleared: bool) -> dict[str, Any]:
    """A `view_closed` payload; `is_cleared` of all modals at once."""
    return {
        **_interaction("view_closed", user),
        "view": view.for_apps(),
        "is_cleared": is_cleared,
    }


def typing_payload(
    user: User, view: View, *, block_id: str, action_id: str, typed: str
) -> dict[str, Any]:
    """A `block_suggestion` payload."""
    return {
        **_interaction("block_suggestion", user),
        "container": {"type": "view", "view_id": view.id},
        "view": view.for_apps(),
        "block_id": block_id,
        "action_id": action_id,
        "value": typed,
    }


def event_payload(event: Mapping[str, Any], *, at_s: int) -> dict[str, Any]:
    """An event in its envelope."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": dict(event),
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": at_s,
        "authorizations": [],
    }


def click_action(
    blocks: Iterable[Mapping[str, Any]],
    action_id: str,
    *,
    block_id: str | None,
    option: str | None,
    at: str,
) -> dict[str, Any]:
    """The entry of `actions` for a control.

    Args:
        blocks: where the control is.
        action_id: the control's.
        block_id: its block's; None takes the first control of that ID.
        option: of a menu, an option's value or its visible text; of another element what is put
            there.
        at: the click's timestamp.

    Raises:
        NoSuchControl: there is no such control or option.
    """
    place, control = elements.control(blocks, action_id, block_id)
    kind = control["type"]
    echoed = {name: value for name, value in control.items() if name in _ECHOED}
    action = {**echoed, "block_id": place, "action_ts": at}
    if kind == "button":
        return action
    if kind == "overflow":
        return {**action, "selected_option": elements.option(control, option)}
    return {**action, **elements.filled(control, option)}


_ECHOED = {"type", "action_id", "text", "value", "style", "placeholder", "initial_option"}


def _after(
    blocks: Iterable[Mapping[str, Any]], action: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What is chosen in each select of the message, after the click."""
    values = elements.states(blocks)
    clicked = values.get(action["block_id"], {}).get(action["action_id"])
    if clicked is not None:
        clicked |= {name: action[name] for name in clicked if name in action}
    return values


def _interaction(kind: str, user: User, trigger_id: str | None = None) -> dict[str, Any]:
    """What every interaction says; without a trigger where it can open nothing."""
    named = {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id}
    return {
        "type": kind,
        "user": named,
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        **({"trigger_id": trigger_id} if trigger_id else {}),
    }


def body_of(payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body of a request by HTTP and its content type.

    An event is JSON; a command is a form of its fields, an interaction a form of one JSON field.
    """
    if "event" in payload:
        return json.dumps(payload).encode(), "application/json"
    fields = payload if "command" in payload else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def signed(
    body: bytes,
    *,
    signing_secret: str,
    at_s: int,
    content_type: str = "application/x-www-form-urlencoded",
) -> dict[str, str]:
    """The headers of a request to the app."""
    base = b"v0:%d:%s" % (at_s, body)
    digest = hmac.new(signing_secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": str(at_s),
        "X-Slack-Signature": f"v0={digest}",
    }
