"""The Web API methods that the bot uses: arguments in, answer out.

Source: https://docs.slack.dev/reference/methods, for arguments, answers, scopes and errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.sandbox.slack import workspace
from bot.sandbox.slack.limits import POST_TEXT_CHARS, UPDATE_TEXT_CHARS, check
from bot.sandbox.slack.shapes import Problem
from bot.sandbox.slack.shared import Refused
from bot.sandbox.slack.workspace import BOT, BOT_ID, TEAM_ID, TEAM_NAME

if TYPE_CHECKING:
    from bot.sandbox.slack.faults import Faults
    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.shared import Shared
    from bot.sandbox.slack.socket import Sockets
    from bot.sandbox.slack.workspace import Channel

_TRUE = {"1", "true", "True"}
_PAGE = 100
_MOST = 999

Answer: TypeAlias = dict[str, Any]
Act: TypeAlias = Callable[[Answer], Answer]


class Methods:
    """The methods over one workspace; each raises `Refused` where Slack refuses."""

    def __init__(self, slack: Shared, sockets: Sockets) -> None:
        self._slack = slack
        self._sockets = sockets

    def table(self) -> Mapping[str, tuple[str | None, Act]]:
        """Each method with the scope it needs; of direct messages, `channels:` reads as `im:`."""
        return {
            "auth.test": (None, self._auth_test),
            "users.info": ("users:read", self._users_info),
            "conversations.info": ("channels:read", self._conversations_info),
            "conversations.members": ("channels:read", self._conversations_members),
            "conversations.open": ("im:write", self._conversations_open),
            "conversations.history": ("channels:history", self._conversations_history),
            "conversations.replies": ("channels:history", self._conversations_replies),
            "chat.postMessage": ("chat:write", self._chat_post_message),
            "chat.postEphemeral": ("chat:write", self._chat_post_ephemeral),
            "chat.update": ("chat:write", self._chat_update),
            "chat.delete": ("chat:write", self._chat_delete),
            "blocks.validate": (None, self._blocks_validate),
            "apps.connections.open": (None, self._apps_connections_open),
            "usergroups.list": ("usergroups:read", self._usergroups_list),
            "usergroups.users.list": ("usergroups:read", self._usergroups_users_list),
        }

    def _auth_test(self, _given: Answer) -> Answer:
        who = {"user": BOT.name, "user_id": BOT.id, "bot_id": BOT_ID}
        url = f"https://{workspace.TEAM_DOMAIN}.slack.com/"
        team = {"url": url, "team": TEAM_NAME, "team_id": TEAM_ID}
        return {**team, **who, "is_enterprise_install": False}

    def _users_info(self, given: Answer) -> Answer:
        found = workspace.user(given.get("user"))
        if found is None:
            raise Refused("user_not_found")
        with_locale = _flag(given, "include_locale")
        return {"user": workspace.described(found, self._slack.now(), with_locale=with_locale)}

    def _conversations_info(self, given: Answer) -> Answer:
        return {"channel": self._described(self._known(given))}

    def _conversations_members(self, given: Answer) -> Answer:
        place = self._known(given)
        people = [one.id for one in workspace.PEOPLE if place.admits(one.id)]
        members = [*self._slack.private.get(place.id, people)]
        members += [BOT.id] if place.id in self._slack.joined else []
        start, end = _bounds(given)
        metadata = {"next_cursor": str(end) if end < len(members) else ""}
        return {"members": members[start:end], "response_metadata": metadata}

    def _conversations_open(self, given: Answer) -> Answer:
        place = workspace.channel(given.get("users"))
        if place is None or not place.is_im:
            raise Refused("user_not_found")
        return {"no_op": True, "already_open": True, "channel": self._described(place)}

    def _described(self, place: Channel) -> Answer:
        is_archived = place.id in self._slack.faults.archived
        facts = {"id": place.id, "is_archived": is_archived, "is_im": place.is_im}
        if place.is_im:
            return {**facts, "user": place.user}
        return {
            **facts,
            "name": place.name,
            "is_channel": True,
            "is_private": place.id in self._slack.private,
            "is_member": place.id in self._slack.joined,
            "topic": {"value": place.topic},
        }

    def _conversations_history(self, given: Answer) -> Answer:
        place = self._inside(given)
        here = [one for one in self._slack.messages if one.channel == place.id]
        found = [one for one in reversed(here) if one.thread_ts in {None, one.ts}]
        return _paged(found, given)

    def _conversations_replies(self, given: Answer) -> Answer:
        place = self._inside(given)
        ts = str(given.get("ts"))
        if self._slack.messages.at(place.id, ts) is None:
            raise Refused("thread_not_found")
        here = [one for one in self._slack.messages if one.channel == place.id]
        return _paged([one for one in here if ts in {one.ts, one.thread_ts}], given)

    def _chat_post_message(self, given: Answer) -> Answer:
        place = self._inside(given)
        validate(given, self._slack.faults)
        thread = given.get("thread_ts")
        message = self._slack.messages.post(BOT, place.id, given, thread_ts=thread)
        shown = message.for_apps(with_metadata=True)
        return {"channel": place.id, "ts": message.ts, "message": shown}

    def _chat_post_ephemeral(self, given: Answer) -> Answer:
        place = self._inside(given)
        person = workspace.user(given.get("user"))
        if person is None or not place.admits(person.id):
            raise Refused("user_not_in_channel")
        validate(given, self._slack.faults)
        more = {"only_visible_to": person.id, "thread_ts": given.get("thread_ts")}
        message = self._slack.messages.post(BOT, place.id, given, **more)
        return {"message_ts": message.ts}

    def _chat_update(self, given: Answer) -> Answer:
        message = self._own(given, "cant_update_message")
        validate(given, self._slack.faults, text_chars=UPDATE_TEXT_CHARS)
        changed = self._slack.messages.change(message, given)
        names = {"channel": changed.channel, "ts": changed.ts, "text": changed.text}
        return {**names, "message": changed.for_apps()}

    def _chat_delete(self, given: Answer) -> Answer:
        message = self._own(given, "cant_delete_message")
        self._slack.messages.remove(message)
        return {"channel": message.channel, "ts": message.ts}

    def _blocks_validate(self, given: Answer) -> Answer:
        alone = "blocks" in given
        whole = {"blocks": given["blocks"]} if alone else given.get("message")
        if alone == ("message" in given) or not isinstance(whole, dict):
            raise Refused("invalid_arguments")
        cut = "/blocks" if alone else ""
        errors = [
            {"pointer": one.where.removeprefix(cut), "code": one.error, "message": one.what}
            for one in _problems({"text": "-", **whole}, self._slack.faults, POST_TEXT_CHARS)
        ]
        if errors:
            raise Refused("invalid_blocks" if alone else "invalid_message", errors=errors)
        return {}

    def _apps_connections_open(self, _given: Answer) -> Answer:
        return {"url": self._sockets.new_url()}

    def _usergroups_list(self, given: Answer) -> Answer:
        with_users = _flag(given, "include_users")
        groups = [
            {"id": name, "team_id": TEAM_ID, "is_usergroup": True, "handle": handle, "name": handle}
            | ({"users": list(users)} if with_users else {})
            for name, (handle, users) in workspace.GROUPS.items()
        ]
        return {"usergroups": groups}

    def _usergroups_users_list(self, given: Answer) -> Answer:
        group = workspace.GROUPS.get(str(given.get("usergroup")))
        if group is None:
            raise Refused("no_such_subteam")
        return {"users": list(group[1])}

    def _known(self, given: Answer) -> Channel:
        """A channel that the bot may know of: a private one only if it is in it."""
        place = _channel(given)
        if place.id in self._slack.private and place.id not in self._slack.joined:
            raise Refused("channel_not_found")
        return place

    def _inside(self, given: Answer) -> Channel:
        place = self._known(given)
        if place.id not in self._slack.joined:
            raise Refused("not_in_channel")
        if place.id in self._slack.faults.archived:
            raise Refused("is_archived")
        return place

    def _own(self, given: Answer, error: str) -> Message:
        place = self._inside(given)
        message = self._slack.messages.at(place.id, str(given.get("ts")))
        if message is None:
            raise Refused("message_not_found")
        if message.user != BOT.id:
            raise Refused(error)
        return message


def validate(
    payload: Mapping[str, Any], faults: Faults, *, text_chars: int = POST_TEXT_CHARS
) -> None:
    """Hold a message to Slack's limits.

    Raises:
        Refused: with Slack's error, and in `response_metadata.messages` where and why.
    """
    problems = _problems(payload, faults, text_chars)
    if problems:
        why = [str(one) for one in problems]
        raise Refused(problems[0].error, errors=why, response_metadata={"messages": why})
    metadata = payload.get("metadata")
    if metadata and not (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")


def _problems(payload: Mapping[str, Any], faults: Faults, text_chars: int) -> list[Problem]:
    problems = check(payload, text_chars=text_chars)
    if faults.refuse_tables:
        for place, block in enumerate(payload.get("blocks") or ()):
            if isinstance(block, dict) and block.get("type") == "table":
                where = f"/blocks/{place}/type"
                problems.append(Problem("invalid_blocks", "unsupported type: table", where))
    return problems


def _channel(given: Answer) -> Channel:
    found = workspace.channel(given.get("channel"))
    if found is None:
        raise Refused("channel_not_found")
    return found


def _flag(given: Answer, name: str) -> bool:
    return str(given.get(name)) in _TRUE


def _bounds(given: Answer) -> tuple[int, int]:
    """From where to where a page goes."""
    cursor, limit = str(given.get("cursor") or "0"), str(given.get("limit") or _PAGE)
    if not cursor.isdigit():
        raise Refused("invalid_cursor")
    if not limit.isdigit() or not 1 <= int(limit) <= _MOST:
        raise Refused("invalid_limit")
    return int(cursor), int(cursor) + int(limit)


def _paged(messages: list[Message], given: Answer) -> Answer:
    """A page of what apps may see of these messages, between `oldest` and `latest`."""
    oldest, latest = str(given.get("oldest") or "0"), str(given.get("latest") or "9999999999")
    start, end = _bounds(given)
    ends = {oldest, latest} if _flag(given, "inclusive") else set()
    public = [one for one in messages if one.only_visible_to is None]
    kept = [one for one in public if oldest < one.ts < latest or one.ts in ends]
    with_metadata = _flag(given, "include_all_metadata")
    return {
        "messages": [one.for_apps(with_metadata=with_metadata) for one in kept[start:end]],
        "has_more": end < len(kept),
        "response_metadata": {"next_cursor": str(end) if end < len(kept) else ""},
    }
