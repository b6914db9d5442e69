"""The Web API by HTTP: arguments read, token and scope checked, faults and 429s, calls recorded."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.slack import workspace
from bot.sandbox.slack.file_methods import FileMethods
from bot.sandbox.slack.methods import Methods
from bot.sandbox.slack.shared import Call, Refused
from bot.sandbox.slack.view_methods import ViewMethods

if TYPE_CHECKING:
    from bot.sandbox.slack.faults import Fault
    from bot.sandbox.slack.files import Files
    from bot.sandbox.slack.methods import Act
    from bot.sandbox.slack.shared import Shared
    from bot.sandbox.slack.socket import Sockets
    from bot.sandbox.slack.views import Views

_AS_JSON = {"blocks", "attachments", "metadata", "message", "view", "files"}
_OK = 200
_TOO_MANY = 429


class WebApi:
    """`/api/{method}`.

    Args:
        slack: the workspace.
        views: its modals and Homes.
        files: its files.
        sockets: where `apps.connections.open` leads.
        bot_token: the token of every other method.
        app_token: the token of `apps.connections.open`.
    """

    def __init__(
        self,
        slack: Shared,
        views: Views,
        files: Files,
        sockets: Sockets,
        *,
        bot_token: str,
        app_token: str,
    ) -> None:
        self._slack = slack
        self._methods = {
            **Methods(slack, sockets).table(),
            **ViewMethods(views).table(),
            **FileMethods(slack, files).table(),
        }
        self._bot_token = bot_token
        self._app_token = app_token

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        method = request.match_info["method"]
        try:
            given = await _arguments(request)
        except Refused as refused:
            return self._answer(method, {}, refused.answer)
        token = given.pop("token", None)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or token
        channel = given.get("channel") or given.get("channel_id")
        fault = self._slack.faults.next(method, channel)
        if fault is not None and fault.accepted_after_s is not None:
            await asyncio.sleep(fault.accepted_after_s)
            return self._lose(request, method, given, self._called(method, given, token))
        refused_as = self._struck(fault, method, channel)
        if refused_as is None:
            return self._answer(method, given, self._called(method, given, token))
        status, error, headers = refused_as
        return self._answer(method, given, Refused(error).answer, status, headers)

    def _struck(
        self, fault: Fault | None, method: str, channel: str | None
    ) -> tuple[int, str, dict[str, str]] | None:
        """The status, error and headers of a call that is not let through."""
        slack = self._slack
        wait_s = slack.rates.refuse_for_s(method, channel) if slack.faults.rate_limits else None
        if fault is not None and fault.status == _TOO_MANY:
            wait_s = fault.retry_after_s
        if wait_s is not None:
            return _TOO_MANY, "ratelimited", {"Retry-After": str(wait_s)}
        if fault is not None:
            return fault.status, fault.error or "internal_error", {}
        return None

    def _called(self, method: str, given: dict[str, Any], token: str | None) -> dict[str, Any]:
        try:
            return {"ok": True, **self._authorised(method, given, token)(given)}
        except Refused as refused:
            return refused.answer

    def _authorised(self, method: str, given: dict[str, Any], token: str | None) -> Act:
        if method not in self._methods:
            raise Refused("unknown_method", req_method=method)
        scope, act = self._methods[method]
        wanted, other = self._bot_token, self._app_token
        if method == "apps.connections.open":
            wanted, other = other, wanted
        if token != wanted:
            known = "not_allowed_token_type" if token == other else "invalid_auth"
            raise Refused(known if token else "not_authed")
        place = workspace.channel(given.get("channel"))
        if scope in {"channels:read", "channels:history"} and place:
            of = "groups" if place.id in self._slack.private else "channels"
            scope = f"{'im' if place.is_im else of}:{scope.partition(':')[2]}"
        scopes = self._slack.scopes
        if scope is not None and scope not in scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(scopes))
        return act

    def _answer(
        self,
        method: str,
        given: dict[str, Any],
        answer: dict[str, Any],
        status: int = _OK,
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        at = self._slack.now()
        self._slack.calls.append(Call(method, given, at, status, answer))
        date = format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)
        shown = {"Date": date, "x-oauth-scopes": ",".join(self._slack.scopes), **(headers or {})}
        return web.json_response(answer, status=status, headers=shown)

    def _lose(
        self, request: web.Request, method: str, given: dict[str, Any], answer: dict[str, Any]
    ) -> web.Response:
        """The call has taken effect, and its caller never hears of it."""
        self._slack.calls.append(Call(method, given, self._slack.now(), None, answer))
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


async def _arguments(request: web.Request) -> dict[str, Any]:
    """The arguments, from the query, a form or JSON; those that are JSON in a form are parsed."""
    given: dict[str, Any] = dict(request.query)
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
