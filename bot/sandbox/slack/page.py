"""What the local page asks for: the state, its changes, and what a person does."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import jinja2
from aiohttp import web

from bot.sandbox.slack import workspace
from bot.sandbox.slack.requests import NoSuchControl
from bot.sandbox.slack.workspace import BOT, CHANNELS, COMMANDS, PEOPLE, TEAM_NAME

if TYPE_CHECKING:
    from bot.sandbox.slack.server import LocalSlack
    from bot.sandbox.slack.workspace import User

PING_EVERY_S = 15
_HERE = Path(__file__).parent


def routes(slack: LocalSlack) -> list[web.AbstractRouteDef]:
    """The page, its files and `/local/…`."""
    local = _Page(slack)
    return [
        web.get("/", local.shell),
        web.static("/static", _HERE / "static"),
        web.get("/local/state", local.state),
        web.get("/local/events", local.events),
        web.post("/local/command", local.command),
        web.post("/local/say", local.say),
        web.post("/local/action", local.action),
    ]


class _Page:
    def __init__(self, slack: LocalSlack) -> None:
        self._slack = slack
        loader = jinja2.FileSystemLoader(_HERE / "templates")
        self._templates = jinja2.Environment(loader=loader, autoescape=True)

    async def shell(self, _request: web.Request) -> web.Response:
        page = self._templates.get_template("page.html").render(team=TEAM_NAME)
        return web.Response(text=page, content_type="text/html")

    async def state(self, request: web.Request) -> web.Response:
        me = _person(request.query.get("user"))
        at = self._slack.now()
        return web.json_response(
            {
                "team": TEAM_NAME,
                "me": me.id,
                "users": [asdict(one) | {"tz_offset": one.tz_offset(at)} for one in PEOPLE],
                "bot": {"id": BOT.id, "name": BOT.real_name},
                "channels": [one.for_page() for one in CHANNELS if one.admits(me.id)],
                "commands": list(COMMANDS),
                "messages": [one.for_page() for one in self._slack.messages.seen_by(me.id)],
            }
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        me = _person(request.query.get("user"))
        mark = self._slack.messages.mark
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        stream = web.StreamResponse(headers=headers)
        await stream.prepare(request)
        with suppress(ConnectionResetError):  # the page was closed
            await self._tell(stream, me, mark)
        return stream

    async def _tell(self, stream: web.StreamResponse, me: User, mark: int) -> NoReturn:
        """Write what the person may see of the changes after `mark`, as they come."""
        await stream.write(b": hello\n\n")
        while True:
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    changes = await self._slack.messages.after(mark)
            except TimeoutError:
                await stream.write(b": ping\n\n")
                continue
            for change in changes:
                mark = change.number
                if change.message.is_for(me.id):
                    event = json.dumps(change.for_page(), ensure_ascii=False)
                    await stream.write(f"data: {event}\n\n".encode())

    async def command(self, request: web.Request) -> web.Response:
        given = await _body(request)
        name = _text(given, "text").partition(" ")[0]
        if name != workspace.COMMAND:
            return _answer(f"{name} is not a valid command.")
        # the outcome is an event: a failure is shown by Slackbot in the channel
        await self._slack.command(*_place(given), _text(given, "text"))
        return _answer(None)

    async def say(self, request: web.Request) -> web.Response:
        given = await _body(request)
        thread_ts = _text(given, "thread_ts") if given.get("thread_ts") else None
        self._slack.say(*_place(given), _text(given, "text"), thread_ts=thread_ts)
        return _answer(None)

    async def action(self, request: web.Request) -> web.Response:
        given = await _body(request)
        option = given.get("selected_option")
        try:
            outcome = await self._slack.click(
                _person(given.get("user")).id,
                _text(given, "message_id"),
                _text(given, "action_id"),
                block_id=_text(given, "block_id"),
                option=_text(option, "value") if isinstance(option, dict) else None,
            )
        except NoSuchControl as error:
            return _answer(str(error))
        return _answer(outcome.error)


def _answer(error: str | None) -> web.Response:
    return web.json_response({"ok": True} if error is None else {"ok": False, "error": error})


def _person(user_id: object) -> User:
    person = workspace.user(user_id or PEOPLE[0].id)
    if person is None or person.is_bot:
        raise web.HTTPBadRequest(text="no such person")
    return person


def _place(given: dict[str, Any]) -> tuple[str, str]:
    """The IDs of the person and of the channel, which they must be in."""
    person, place = _person(given.get("user")), workspace.channel(given.get("channel"))
    if place is None or not place.admits(person.id):
        raise web.HTTPBadRequest(text="no such channel")
    return person.id, place.id


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="not JSON") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="not an object")
    return body


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise web.HTTPBadRequest(text=f"{name} is missing")
    return value
