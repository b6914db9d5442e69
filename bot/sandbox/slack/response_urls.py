"""The URLs by which an app answers a command or a click.

Source: https://docs.slack.dev/interactivity/handling-user-interaction (5 uses, 30 minutes).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.slack.limits import POST_TEXT_CHARS, UPDATE_TEXT_CHARS
from bot.sandbox.slack.methods import validate
from bot.sandbox.slack.shared import Call, Refused
from bot.sandbox.slack.workspace import BOT, TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.sandbox.slack.shared import Shared

USES = 5
LIFETIME = timedelta(minutes=30)


@dataclass(slots=True)
class ResponseUrl:
    """One URL.

    Attributes:
        user, channel: who is answered, and where.
        expires_at: until when it may be used.
        original: the ID of the message that `replace_original` and `delete_original` mean: the
            one clicked in, or the last answer to the command through this URL.
        is_click: it came with a click.
        uses: how often it was used.
    """

    user: str
    channel: str
    expires_at: datetime
    original: str | None
    is_click: bool
    uses: int = 0


class ResponseUrls:
    """Every URL given out."""

    def __init__(self, slack: Shared) -> None:
        self._slack = slack
        self._given: dict[str, ResponseUrl] = {}

    def new(self, user: str, channel: str, *, clicked: str | None = None) -> str:
        """A URL for a command or a form, or for a click in the message of that ID."""
        secret = secrets.token_urlsafe(18)
        expires_at = self._slack.now() + LIFETIME
        is_click = clicked is not None
        self._given[secret] = ResponseUrl(user, channel, expires_at, clicked, is_click)
        kind = "actions" if is_click else "commands"
        return f"{self._slack.base_url}/{kind}/{TEAM_ID}/{secret}"

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one use of a URL."""
        try:
            payload = await request.json()
        except ValueError:
            payload = None
        given = self._given.get(request.match_info["secret"])
        fault = self._slack.faults.next("response_url", given.channel if given else None)
        if fault is not None and fault.status != web.HTTPOk.status_code:
            headers = {"Retry-After": str(fault.retry_after_s)}
            return self._answer(payload, fault.status, Refused("failed").answer, headers)
        if given is None or given.expires_at <= self._slack.now() or given.uses >= USES:
            error = "used_url" if given and given.uses >= USES else "expired_url"
            return self._answer(payload, 404, Refused(error).answer)
        if fault is not None and fault.error is not None:
            return self._answer(payload, 400, Refused(fault.error).answer)
        if not isinstance(payload, dict):
            return self._answer(payload, 400, Refused("invalid_payload").answer)
        try:
            self._take(given, payload)
        except Refused as refused:
            return self._answer(payload, 400, refused.answer)
        given.uses += 1
        return self._answer(payload, 200, {"ok": True})

    def answered(self, response_url: str, payload: Mapping[str, Any]) -> None:
        """Take an answer that came in the acknowledgement itself; it is no use of the URL.

        Raises:
            Refused: as for an answer through the URL.
        """
        self._take(self._given[response_url.rpartition("/")[2]], payload)

    def _take(self, given: ResponseUrl, payload: Mapping[str, Any]) -> None:
        """Post, replace or delete what the payload says.

        Raises:
            Refused: the payload breaks a limit.
        """
        original = self._slack.messages.get(given.original) if given.original else None
        if payload.get("delete_original"):
            if original is not None:
                self._slack.messages.remove(original)
            return
        replaces = bool(payload.get("replace_original")) and original is not None
        text_chars = UPDATE_TEXT_CHARS if replaces else POST_TEXT_CHARS
        validate(payload, self._slack.faults, text_chars=text_chars)
        if original is not None and replaces:
            self._slack.messages.change(original, payload)
            return
        seen_by = None if payload.get("response_type") == "in_channel" else given.user
        more = {"only_visible_to": seen_by, "thread_ts": payload.get("thread_ts")}
        posted = self._slack.messages.post(BOT, given.channel, payload, **more)
        if not given.is_click:
            given.original = posted.id

    def _answer(
        self,
        payload: object,
        status: int,
        answer: dict[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        arguments = payload if isinstance(payload, dict) else {}
        self._slack.calls.append(Call("response_url", arguments, self._slack.now(), status, answer))
        return web.json_response(answer, status=status, headers=headers)
