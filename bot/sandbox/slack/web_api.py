"""The Web API methods that the bot uses, by HTTP under `/api/`.

Source: https://docs.slack.dev/reference/methods, for arguments, answers and errors.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from aiohttp import web

from bot.sandbox.slack import workspace
from bot.sandbox.slack.limits import POST_TEXT_CHARS, UPDATE_TEXT_CHARS, Problem, check
from bot.sandbox.slack.workspace import BOT, BOT_ID, SCOPES, TEAM_ID, TEAM_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.sandbox.slack.faults import Fault, Faults, RateLimits
    from bot.sandbox.slack.messages import Message, Messages
    from bot.sandbox.slack.socket import Sockets
    from bot.sandbox.slack.workspace import Channel

_AS_JSON = {"blocks", "attachments", "metadata", "message"}
_TRUE = {"1", "true", "True"}
_PAGE = 100
_MOST = 999

Answer: TypeAlias = dict[str, Any]


class Refused(Exception):
    """Slack's `{"ok": false}`."""

    def __init__(self, error: str, **more: Any) -> None:  # noqa: ANN401 - whatever the answer adds
        super().__init__(error)
        self.answer: Answer = {"ok": False, "error": error, **more}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that arrived: a Web API method, or `response_url`.

    Attributes:
        method: the method's name.
        arguments: what was sent, without tokens.
        at: when it arrived.
        status: the HTTP status it was answered with; None where the answer was lost on purpose.
        answer: the JSON it was answered with.
    """

    method: str
    arguments: Mapping[str, Any]
    at: datetime
    status: int | None
    answer: Answer


class WebApi:
    """The methods, over the workspace's messages.

    Attributes:
        joined: the channels the bot is in; a test may invite it.
    """

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str,
        now: Callable[[], datetime],
        messages: Messages,
        faults: Faults,
        rates: RateLimits,
        sockets: Sockets,
        calls: list[Call],
    ) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self._now = now
        self._messages = messages
        self._faults = faults
        self._rates = rates
        self._sockets = sockets
        self._calls = calls
        self.joined: set[str] = set(workspace.BOT_STARTS_IN)
        self._methods: dict[str, tuple[str | None, Callable[[Answer], Answer]]] = {
            "auth.test": (None, self._auth_test),
            "users.info": ("users:read", self._users_info),
            "conversations.info": ("channels:read", self._conversations_info),
            "conversations.open": ("im:write", self._conversations_open),
            "conversations.history": ("channels:history", self._conversations_history),
            "conversations.replies": ("channels:history", self._conversations_replies),
            "chat.postMessage": ("chat:write", self._chat_post_message),
            "chat.postEphemeral": ("chat:write", self._chat_post_ephemeral),
            "chat.update": ("chat:write", self._chat_update),
            "chat.delete": ("chat:write", self._chat_delete),
            "blocks.validate": (None, self._blocks_validate),
            "apps.connections.open": (None, self._apps_connections_open),
        }

    @property
    def _scopes(self) -> list[str]:
        return [scope for scope in SCOPES if scope not in self._faults.missing_scopes]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        try:
            given = await _arguments(request)
        except Refused as refused:
            return self._answer(method, {}, refused.answer)
        token = given.pop("token", None)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or token
        channel = given.get("channel")
        fault = self._faults.next(method, channel)
        if fault is not None and fault.accepted_after_s is not None:
            return await self._lose(request, fault, method, given, token)
        if fault is not None and fault.status != web.HTTPOk.status_code:
            return self._fail(method, given, fault.status, fault.retry_after_s)
        if self._faults.rate_limits:
            wait_s = self._rates.refuse_for_s(method, channel)
            if wait_s is not None:
                return self._fail(method, given, web.HTTPTooManyRequests.status_code, wait_s)
        if fault is not None and fault.error is not None:
            return self._answer(method, given, Refused(fault.error).answer)
        return self._answer(method, given, self._called(method, given, token))

    def _called(self, method: str, given: Answer, token: str | None) -> Answer:
        try:
            act = self._authorised(method, given, token)
            return {"ok": True, **act(given)}
        except Refused as refused:
            return refused.answer

    def _authorised(
        self, method: str, given: Answer, token: str | None
    ) -> Callable[[Answer], Answer]:
        if method not in self._methods:
            raise Refused("unknown_method", req_method=method)
        scope, act = self._methods[method]
        if not token:
            raise Refused("not_authed")
        wanted, other = self._bot_token, self._app_token
        if method == "apps.connections.open":
            wanted, other = other, wanted
        if token == other:
            raise Refused("not_allowed_token_type")
        if token != wanted:
            raise Refused("invalid_auth")
        place = workspace.channel(given.get("channel"))
        if scope in {"channels:read", "channels:history"} and place and place.is_im:
            scope = f"im:{scope.partition(':')[2]}"
        if scope is not None and scope not in self._scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(self._scopes))
        return act

    def _answer(
        self, method: str, given: Answer, answer: Answer, status: int = 200, **headers: str
    ) -> web.Response:
        self._calls.append(Call(method, given, self._now(), status, answer))
        headers["x-oauth-scopes"] = ",".join(self._scopes)
        return web.json_response(answer, status=status, headers=headers)

    def _fail(self, method: str, given: Answer, status: int, wait_s: int) -> web.Response:
        if status == web.HTTPTooManyRequests.status_code:
            answer = Refused("ratelimited").answer
            return self._answer(method, given, answer, status, **{"Retry-After": str(wait_s)})
        return self._answer(method, given, Refused("internal_error").answer, status)

    async def _lose(
        self, request: web.Request, fault: Fault, method: str, given: Answer, token: str | None
    ) -> web.StreamResponse:
        """Accept the call late, and never say so."""
        await asyncio.sleep(fault.accepted_after_s or 0)
        answer = self._called(method, given, token)
        self._calls.append(Call(method, given, self._now(), None, answer))
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    # The methods: arguments in, answer out.

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
        return {"user": workspace.described(found, self._now(), with_locale=with_locale)}

    def _conversations_info(self, given: Answer) -> Answer:
        return {"channel": self._described(_channel(given))}

    def _conversations_open(self, given: Answer) -> Answer:
        place = workspace.channel(given.get("users"))
        if place is None or not place.is_im:
            raise Refused("user_not_found")
        return {"no_op": True, "already_open": True, "channel": self._described(place)}

    def _described(self, place: Channel) -> Answer:
        facts = {
            "id": place.id,
            "is_archived": place.id in self._faults.archived,
            "is_im": place.is_im,
        }
        if place.is_im:
            return {**facts, "user": place.user}
        return {
            **facts,
            "name": place.name,
            "is_channel": True,
            "is_private": False,
            "is_member": place.id in self.joined,
            "topic": {"value": place.topic},
        }

    def _conversations_history(self, given: Answer) -> Answer:
        place = self._inside(given)
        found = [
            one
            for one in self._messages
            if one.channel == place.id and one.thread_ts in {None, one.ts}
        ]
        return self._paged(list(reversed(found)), given)

    def _conversations_replies(self, given: Answer) -> Answer:
        place = self._inside(given)
        ts = str(given.get("ts"))
        if self._messages.at(place.id, ts) is None:
            raise Refused("thread_not_found")
        found = [
            one
            for one in self._messages
            if one.channel == place.id and ts in {one.ts, one.thread_ts}
        ]
        return self._paged(found, given)

    def _paged(self, messages: list[Message], given: Answer) -> Answer:
        oldest, latest = str(given.get("oldest") or "0"), str(given.get("latest") or "9999999999")
        cursor, limit = str(given.get("cursor") or "0"), str(given.get("limit") or _PAGE)
        if not (cursor.isdigit() and limit.isdigit() and 1 <= int(limit) <= _MOST):
            raise Refused("invalid_cursor" if not cursor.isdigit() else "invalid_limit")
        inclusive = _flag(given, "inclusive")
        kept = [
            one
            for one in messages
            if one.only_visible_to is None
            and (
                float(oldest) < float(one.ts) < float(latest)
                or (inclusive and one.ts in {oldest, latest})
            )
        ]
        start = int(cursor)
        end = start + int(limit)
        with_metadata = _flag(given, "include_all_metadata")
        more = end < len(kept)
        return {
            "messages": [one.for_apps(with_metadata=with_metadata) for one in kept[start:end]],
            "has_more": more,
            "response_metadata": {"next_cursor": str(end) if more else ""},
        }

    def _chat_post_message(self, given: Answer) -> Answer:
        place = self._inside(given)
        validate(given, self._faults)
        thread = given.get("thread_ts")
        message = self._messages.post(BOT, place.id, given, thread_ts=thread)
        shown = message.for_apps(with_metadata=True)
        return {"channel": place.id, "ts": message.ts, "message": shown}

    def _chat_post_ephemeral(self, given: Answer) -> Answer:
        place = self._inside(given)
        person = workspace.user(given.get("user"))
        if person is None or not place.admits(person.id):
            raise Refused("user_not_in_channel")
        validate(given, self._faults)
        more = {"only_visible_to": person.id, "thread_ts": given.get("thread_ts")}
        message = self._messages.post(BOT, place.id, given, **more)
        return {"message_ts": message.ts}

    def _chat_update(self, given: Answer) -> Answer:
        message = self._own(given, "cant_update_message")
        validate(given, self._faults, text_chars=UPDATE_TEXT_CHARS)
        changed = self._messages.change(message, given)
        names = {"channel": changed.channel, "ts": changed.ts, "text": changed.text}
        return {**names, "message": changed.for_apps()}

    def _chat_delete(self, given: Answer) -> Answer:
        message = self._own(given, "cant_delete_message")
        self._messages.remove(message)
        return {"channel": message.channel, "ts": message.ts}

    def _blocks_validate(self, given: Answer) -> Answer:
        given_as = [name for name in ("blocks", "message") if name in given]
        if len(given_as) != 1:
            raise Refused("invalid_arguments")
        whole = {"blocks": given["blocks"]} if given_as == ["blocks"] else given["message"]
        problems = [
            one
            for one in _problems({"text": "-", **whole}, self._faults, POST_TEXT_CHARS)
            if one.error == "invalid_blocks"
        ]
        if problems:
            cut = "/blocks" if given_as == ["blocks"] else ""
            errors = [
                {
                    "pointer": one.where.removeprefix(cut),
                    "code": "failed_constraint",
                    "message": one.what,
                }
                for one in problems
            ]
            raise Refused(f"invalid_{given_as[0]}", errors=errors)
        return {}

    def _apps_connections_open(self, _given: Answer) -> Answer:
        return {"url": self._sockets.new_url()}

    def _inside(self, given: Answer) -> Channel:
        place = _channel(given)
        if place.id not in self.joined:
            raise Refused("not_in_channel")
        if place.id in self._faults.archived:
            raise Refused("is_archived")
        return place

    def _own(self, given: Answer, error: str) -> Message:
        place = self._inside(given)
        message = self._messages.at(place.id, str(given.get("ts")))
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


async def _arguments(request: web.Request) -> Answer:
    """The arguments, from the query, a form or JSON; those that are JSON in a form are parsed."""
    given: Answer = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError as error:
            raise Refused("invalid_json") from error
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        given |= body
    else:
        given |= await request.post()
    for name in _AS_JSON & given.keys():
        if isinstance(given[name], str):
            try:
                given[name] = json.loads(given[name])
            except ValueError as error:
                raise Refused(f"invalid_{name}_format") from error
    return given
