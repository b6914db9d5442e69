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
from bot.sandbox.slack.elements import NoSuchControl
from bot.sandbox.slack.shared import Refused
from bot.sandbox.slack.workspace import BOT, CHANNELS, COMMANDS, PEOPLE, SHORTCUTS, TEAM_NAME

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from bot.sandbox.slack.server import LocalSlack
    from bot.sandbox.slack.views import View
    from bot.sandbox.slack.workspace import User

PING_EVERY_S = 15
_GONE = "that is not open any more"
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
        web.post("/local/shortcut", local.shortcut),
        web.post("/local/home", local.home),
        web.post("/local/suggest", local.suggest),
        web.post("/local/submit", local.submit),
        web.post("/local/close", local.close),
        web.post("/local/upload", local.upload),
        web.get("/local/file/{file}", slack.file_store.show),
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
                "shortcuts": list(SHORTCUTS),
                **self._views(me),
                "messages": [one.for_page() for one in self._slack.messages.seen_by(me.id)],
            }
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        me = _person(request.query.get("user"))
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        stream = web.StreamResponse(headers=headers)
        with suppress(ConnectionResetError):  # the page was closed
            await self._tell(request, stream, me)
        return stream

    async def _tell(self, request: web.Request, stream: web.StreamResponse, me: User) -> NoReturn:
        """Write what the person may see of all changes from now on, as they come."""
        messages, views = self._slack.messages, self._slack.views
        mark, views_mark, shown = messages.mark, views.mark, self._views(me)
        await stream.prepare(request)
        await stream.write(b": hello\n\n")
        while True:
            if not await _first_of(messages.after(mark), views.after(views_mark)):
                await stream.write(b": ping\n\n")
                continue
            events: list[dict[str, Any]] = []
            if messages.mark > mark:
                changes = await messages.after(mark)
                mark = changes[-1].number
                events += [one.for_page() for one in changes if one.message.is_for(me.id)]
            if views.mark > views_mark:
                views_mark, before, shown = views.mark, shown, self._views(me)
                changed = (kind for kind in shown if shown[kind] != before[kind])
                events += [{"type": kind, "view": shown[kind]} for kind in changed]
            for event in events:
                await stream.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())

    def _views(self, me: User) -> dict[str, dict[str, Any] | None]:
        """What the person has open."""
        standing = {"home": self._slack.home(me.id), "modal": self._slack.modal(me.id)}
        return {kind: view.for_apps() if view else None for kind, view in standing.items()}

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
        me, action_id = _person(given.get("user")).id, _text(given, "action_id")
        chosen, block_id = given.get("selected_option"), _text(given, "block_id")
        option = _text(chosen, "value") if isinstance(chosen, dict) else None
        try:
            if "view_id" in given:
                view = self._view(given, me).holding(given.get("values") or {})
                outcome = await self._slack.click_in_view(
                    me, action_id, option=option, block_id=block_id, view=view
                )
            else:
                outcome = await self._slack.click(
                    me, _text(given, "message_id"), action_id, option=option, block_id=block_id
                )
        except NoSuchControl as error:
            return _answer(str(error))
        return _answer(outcome.error)

    async def shortcut(self, request: web.Request) -> web.Response:
        given = await _body(request)
        name = _text(given, "callback_id")
        try:
            if given.get("message_id"):
                me, message_id = _person(given.get("user")).id, _text(given, "message_id")
                outcome = await self._slack.message_shortcut(me, message_id, name)
            else:
                me, channel = _place(given)
                outcome = await self._slack.shortcut(me, name, channel=channel)
        except NoSuchControl as error:
            return _answer(str(error))
        return _answer(outcome.error)

    async def home(self, request: web.Request) -> web.Response:
        given = await _body(request)
        outcome = await self._slack.open_home(_person(given.get("user")).id)
        return _answer(outcome.error)

    async def suggest(self, request: web.Request) -> web.Response:
        given = await _body(request)
        me, typed = _person(given.get("user")).id, given.get("value")
        try:
            options = await self._slack.suggest(
                me,
                _text(given, "action_id"),
                typed if isinstance(typed, str) else "",
                block_id=_text(given, "block_id"),
            )
        except (NoSuchControl, TimeoutError, Refused) as error:
            return _answer(str(error))
        return web.json_response({"ok": True, "options": options})

    async def submit(self, request: web.Request) -> web.Response:
        given = await _body(request)
        me, values = _person(given.get("user")).id, given.get("values")
        if not isinstance(values, dict):
            raise web.HTTPBadRequest(text="values are missing")
        try:
            outcome = await self._slack.send(self._view(given, me).holding(values))
        except NoSuchControl as error:
            return _answer(str(error))
        if outcome.errors:
            return web.json_response({"ok": False, "errors": dict(outcome.errors)})
        return _answer(outcome.error)

    async def close(self, request: web.Request) -> web.Response:
        given = await _body(request)
        me, view_id = _person(given.get("user")).id, _text(given, "view_id")
        top = self._slack.modal(me)
        if top is None or top.id != view_id:
            return _answer(_GONE)
        outcome = await self._slack.close_modal(me)
        return _answer(outcome.error)

    async def upload(self, request: web.Request) -> web.Response:
        given = dict(await request.post())
        file = given.get("file")
        if not isinstance(file, web.FileField):
            raise web.HTTPBadRequest(text="file is missing")
        text = given.get("text")
        self._slack.upload(
            *_place(given), file.filename, file.file.read(), text if isinstance(text, str) else ""
        )
        return _answer(None)

    def _view(self, given: dict[str, Any], me: str) -> View:
        """The view of the given ID, which must be the person's.

        Raises:
            NoSuchControl: there is none.
        """
        view = self._slack.views.find(_text(given, "view_id"))
        if view is None or view.user != me:
            raise NoSuchControl(_GONE)
        return view


async def _first_of(*waiting: Coroutine[Any, Any, object]) -> bool:
    """Wait for the first of them; whether it came before it was time to say something."""
    tasks = [asyncio.ensure_future(one) for one in waiting]
    try:
        done, _ = await asyncio.wait(
            tasks, timeout=PING_EVERY_S, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)
    finally:
        for task in tasks:
            task.cancel()


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
