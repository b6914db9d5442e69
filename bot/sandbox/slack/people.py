"""What people do: write, type commands, click, take shortcuts, fill in forms, open the Home."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import elements, requests, workspace
from bot.sandbox.slack.dispatch import Outcome
from bot.sandbox.slack.elements import NoSuchControl
from bot.sandbox.slack.messages import SLACKBOT
from bot.sandbox.slack.shared import Refused, Shared
from bot.sandbox.slack.typed import formatted
from bot.sandbox.slack.view_limits import check_options
from bot.sandbox.slack.view_methods import checked_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack.dispatch import Dispatch
    from bot.sandbox.slack.files import Files
    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.response_urls import ResponseUrls
    from bot.sandbox.slack.views import View, Views
    from bot.sandbox.slack.workspace import Channel, User

_REQUIRED = "Please complete this required field."
"""Slack's own words, for a field that was left empty."""


class People(Shared):
    """Everybody in the workspace, and what they can do.

    Attributes:
        views: the modals and Homes.
        file_store: the files.
    """

    views: Views
    file_store: Files
    _dispatch: Dispatch
    _response_urls: ResponseUrls

    def say(self, user: str, channel: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Write a plain message as that person."""
        person, place = where(user, channel)
        return self.messages.post(person, place.id, {"text": formatted(text)}, thread_ts=thread_ts)

    def upload(self, user: str, channel: str, name: str, content: bytes, text: str = "") -> Message:
        """Attach a file to a message as that person."""
        person, place = where(user, channel)
        file = self.file_store.add(person.id, name, content)
        described = (self.file_store.described(file),)
        return self.messages.post(person, place.id, {"text": formatted(text)}, files=described)

    async def command(self, user: str, channel: str, text: str) -> Outcome:
        """Type a slash command (`/preload status=failed`); returns once it is acknowledged.

        Raises:
            LookupError: no such person, or not in that channel.
        """
        person, place = where(user, channel)
        mark = self.messages.mark
        name, _, rest = text.strip().partition(" ")
        response_url = self._response_urls.new(person.id, place.id)
        payload = requests.command_payload(
            person,
            place,
            command=name,
            text=formatted(rest.strip()),
            response_url=response_url,
            trigger_id=self.views.trigger(person.id, place.id),
        )
        error, answer = await self._dispatch.send(payload)
        if error is None and answer:
            try:
                self._response_urls.answered(response_url, answer)
            except Refused:
                error = "invalid_command_response"
        if error is not None:
            notice = f'{name} failed with the error "{error}"'
            shown = {"only_visible_to": person.id, "error": notice}
            self.messages.post(SLACKBOT, place.id, {"text": notice}, **shown)
        return Outcome(error, mark)

    async def click(
        self,
        user: str,
        message_id: str,
        action_id: str,
        *,
        option: str | None = None,
        block_id: str | None = None,
    ) -> Outcome:
        """Press a button, or take an option (its value or visible text) of a menu.

        Raises:
            NoSuchControl: the person sees no such message, or it has no such control.
        """
        message = self._seen(user, message_id)
        person, place = where(user, message.channel)
        action = self._action(message.all_blocks, action_id, block_id, option)
        payload = requests.click_payload(
            person,
            place,
            message,
            action,
            response_url=self._response_urls.new(person.id, place.id, clicked=message.id),
            trigger_id=self.views.trigger(person.id, place.id),
        )
        return await self._taken(payload)

    async def click_in_view(
        self, user: str, action_id: str, *, option: str | None = None, block_id: str | None = None
    ) -> Outcome:
        """The same in the modal that the person has open, else in their Home.

        Raises:
            NoSuchControl: neither has such a control.
        """
        view = self.modal(user) or self.home(user)
        if view is None:
            raise NoSuchControl(f"{user} has nothing open")
        action = self._action(view.blocks, action_id, block_id, option)
        standing = view.values.get(action["block_id"], {}).get(action_id)
        if standing is not None:
            chosen = {**standing, **{name: action[name] for name in standing if name in action}}
            view = self.views.stand(_with(view, action["block_id"], action_id, chosen))
        trigger_id = self.views.trigger(user)
        payload = requests.view_click_payload(_person(user), view, action, trigger_id=trigger_id)
        return await self._taken(payload)

    async def shortcut(self, user: str, callback_id: str, *, channel: str | None = None) -> Outcome:
        """Take a global shortcut while looking at a channel."""
        trigger_id = self.views.trigger(user, channel)
        payload = requests.shortcut_payload(_person(user), callback_id, trigger_id=trigger_id)
        return await self._taken(payload)

    async def message_shortcut(self, user: str, message_id: str, callback_id: str) -> Outcome:
        """Take a shortcut of a message.

        Raises:
            NoSuchControl: the person sees no such message, or it is for them alone: such a one
                has no shortcuts.
        """
        message = self._seen(user, message_id)
        if message.only_visible_to is not None:
            raise NoSuchControl("an ephemeral message has no shortcuts")
        person, place = where(user, message.channel)
        payload = requests.message_shortcut_payload(
            person,
            place,
            message,
            callback_id,
            response_url=self._response_urls.new(person.id, place.id),
            trigger_id=self.views.trigger(person.id, place.id),
        )
        return await self._taken(payload)

    async def open_home(self, user: str) -> Outcome:
        """Look at the app's Home."""
        view = self.home(user)
        place = workspace.channel(user)
        event = {
            "type": "app_home_opened",
            "user": _person(user).id,
            "channel": place.id if place else "",
            "tab": "home",
            "event_ts": self.messages.timestamp(),
            **({"view": view.for_apps()} if view else {}),
        }
        at_s = int(self.now().timestamp())
        return await self._taken(requests.event_payload(event, at_s=at_s))

    def modal(self, user: str) -> View | None:
        """The topmost modal that a person has open."""
        return self.views.modal(user)

    def home(self, user: str) -> View | None:
        """A person's Home, once the app has published one."""
        return self.views.home(user)

    async def suggest(
        self, user: str, action_id: str, typed: str, *, block_id: str | None = None
    ) -> list[dict[str, Any]]:
        """Type into a menu that the app fills; what it offers.

        Raises:
            NoSuchControl: there is no such menu in the open modal.
            TimeoutError: the app offers nothing in time.
            Refused: what it offers breaks a limit.
        """
        view = self._open(user)
        place, _ = elements.control(view.blocks, action_id, block_id)
        payload = requests.typing_payload(
            _person(user), view, block_id=place, action_id=action_id, typed=typed
        )
        error, answer = await self._dispatch.send(payload)
        if error is not None:
            raise TimeoutError(error)
        if problems := check_options(answer.get("options")):
            raise Refused("invalid_options", errors=[str(one) for one in problems])
        return list(answer["options"])

    async def submit(self, user: str, values: Mapping[str, object]) -> Outcome:
        """Fill in the open modal, by action ID, and send it.

        Raises:
            NoSuchControl: there is no modal, or it has no such field or option.
        """
        view = self._open(user)
        for action_id, value in values.items():
            place, element = elements.control(view.blocks, action_id, None)
            view = _with(view, place, action_id, elements.filled(element, value))
        return await self.send(view)

    async def send(self, view: View) -> Outcome:
        """Send a modal as it is filled in."""
        mark, empty = self.messages.mark, _left_empty(view)
        if empty:
            self.views.stand(replace(view, errors=empty))
            return Outcome(None, mark, empty)
        person = _person(view.user)
        payload = requests.submission_payload(
            person,
            self.views.stand(replace(view, errors={})),
            response_urls=self._answering(person, view),
            trigger_id=self.views.trigger(person.id),
        )
        error, answer = await self._dispatch.send(payload)
        if error is not None:
            return Outcome(error, mark)
        return self._answered(view, answer, mark)

    async def close_modal(self, user: str) -> Outcome:
        """Close the open modal; the app is told if it wants to be."""
        view = self._open(user)
        self.views.close(view)
        if not view.given.get("notify_on_close"):
            return Outcome(None, self.messages.mark)
        return await self._taken(requests.closing_payload(_person(user), view))

    def _answered(self, view: View, answer: Mapping[str, Any], mark: int) -> Outcome:
        """Do what the app answers to a modal that was sent."""
        match answer.get("response_action"):
            case "errors":
                known = {block["block_id"] for block in view.blocks if block["type"] == "input"}
                errors = {str(place): str(what) for place, what in answer["errors"].items()}
                if not errors or not errors.keys() <= known:
                    return Outcome("invalid_command_response", mark)
                self.views.stand(replace(view, errors=errors))
                return Outcome(None, mark, errors)
            case "update":
                self.views.update(view, checked_view(answer.get("view"), "modal"))
            case "push":
                self.views.push(view.user, checked_view(answer.get("view"), "modal"))
            case "clear":
                self.views.close(view, everything=True)
            case None:
                self.views.close(view)
            case _:
                return Outcome("invalid_command_response", mark)
        return Outcome(None, mark)

    def _answering(self, person: User, view: View) -> list[dict[str, str]]:
        """A URL for each place that was chosen for the answer."""
        urls = []
        for block in view.blocks:
            for one in elements.controls(block):
                state = view.values.get(block["block_id"], {}).get(one["action_id"], {})
                place = workspace.channel(state.get("selected_conversation"))
                if one.get("response_url_enabled") and place is not None:
                    names = {"block_id": block["block_id"], "action_id": one["action_id"]}
                    url = self._response_urls.new(person.id, place.id)
                    urls.append({**names, "channel_id": place.id, "response_url": url})
        return urls

    def _seen(self, user: str, message_id: str) -> Message:
        message = self.messages.get(message_id)
        if message is None or not message.is_for(user):
            raise NoSuchControl(f"{user} sees no message {message_id}")
        return message

    def _open(self, user: str) -> View:
        view = self.modal(user)
        if view is None:
            raise NoSuchControl(f"{user} has no modal open")
        return view

    def _action(
        self,
        blocks: tuple[dict[str, Any], ...],
        action_id: str,
        block_id: str | None,
        option: str | None,
    ) -> dict[str, Any]:
        at = f"{self.now().timestamp():.6f}"
        return requests.click_action(blocks, action_id, block_id=block_id, option=option, at=at)

    async def _taken(self, payload: Mapping[str, Any]) -> Outcome:
        mark = self.messages.mark
        error, _ = await self._dispatch.send(payload)
        return Outcome(error, mark)


def where(user: str, channel: str) -> tuple[User, Channel]:
    """The person, and the channel that they are in.

    Raises:
        LookupError: there is no such person, or not there.
    """
    person, place = workspace.user(user), workspace.channel(channel)
    if person is None or place is None or not place.admits(person.id):
        raise LookupError(f"{user} is not in {channel}")
    return person, place


def _person(user: str) -> User:
    person = workspace.user(user)
    if person is None:
        raise LookupError(f"there is no {user}")
    return person


def _with(view: View, block_id: str, action_id: str, state: dict[str, Any]) -> View:
    """The view with that in one of its fields."""
    block = {**view.values.get(block_id, {}), action_id: state}
    return replace(view, values={**view.values, block_id: block})


def _left_empty(view: View) -> dict[str, str]:
    """What Slack itself finds wrong before it asks the app, by block ID."""
    return {
        block["block_id"]: _REQUIRED
        for block in view.blocks
        if block["type"] == "input"
        and not block.get("optional")
        and elements.is_empty(dict(view.values[block["block_id"]][block["element"]["action_id"]]))
    }
