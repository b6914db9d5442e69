"""What people do in modals: look for an option, fill in, send, close.

Source: https://docs.slack.dev/surfaces/modals (what an app may answer to a submission).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import elements, requests, workspace
from bot.sandbox.slack.dispatch import Outcome
from bot.sandbox.slack.elements import NoSuchControl
from bot.sandbox.slack.shared import Refused, Shared
from bot.sandbox.slack.view_limits import check_options
from bot.sandbox.slack.view_methods import checked_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack.dispatch import Dispatch
    from bot.sandbox.slack.response_urls import ResponseUrls
    from bot.sandbox.slack.views import View, Views
    from bot.sandbox.slack.workspace import User

_REQUIRED = "Please complete this required field."
"""Slack's own words, for a field that was left empty."""
_UNREADABLE = "invalid_command_response"


class Filling(Shared):
    """Everybody's modals and Homes.

    Attributes:
        views: what is open.
    """

    views: Views
    _dispatch: Dispatch
    _response_urls: ResponseUrls

    def modal(self, user: str) -> View | None:
        """The topmost modal that a person has open."""
        return self.views.modal(user)

    def home(self, user: str) -> View | None:
        """A person's Home, once the app has published one."""
        return self.views.home(user)

    async def suggest(
        self, user: str, action_id: str, typed: str, *, block_id: str | None = None
    ) -> list[dict[str, Any]]:
        """Type into a menu that the app fills; what it offers, without its groups.

        Raises:
            NoSuchControl: there is no such menu in the open modal, or it asks for more to be typed.
            TimeoutError: the app offers nothing in time.
            Refused: what it offers breaks a limit.
        """
        view = self._open(user)
        place, menu = elements.control(view.blocks, action_id, block_id)
        if menu["type"] != "external_select" or len(typed) < menu.get("min_query_length", 3):
            raise NoSuchControl(f"{action_id} asks for nothing at {typed!r}")
        payload = requests.typing_payload(
            workspace.person(user), view, block_id=place, action_id=action_id, typed=typed
        )
        error, answer = await self._dispatch.send(payload)
        if error is not None:
            raise TimeoutError(error)
        if problems := check_options(answer):
            raise Refused("invalid_options", errors=[str(one) for one in problems])
        if "option_groups" in answer:
            return [option for group in answer["option_groups"] for option in group["options"]]
        return list(answer["options"])

    async def submit(self, user: str, values: Mapping[str, object]) -> Outcome:
        """Fill in the open modal, by action ID, and send it.

        Raises:
            NoSuchControl: there is no modal, or it has no such field or option, or cannot be sent.
        """
        view = self._open(user)
        for action_id, value in values.items():
            place, element = elements.control(view.blocks, action_id, None)
            chosen = elements.filled(element, value)
            view = view.holding({place: {action_id: chosen}})
        return await self.send(view)

    async def send(self, view: View) -> Outcome:
        """Send a modal as it is filled in.

        Raises:
            NoSuchControl: it has no button for it, or holds what Slack lets nobody send.
        """
        if not view.given.get("submit"):
            raise NoSuchControl(f"{view.id} has no button to send it")
        elements.fit(view.blocks, view.values)
        mark, empty = self.messages.mark, _left_empty(view)
        if empty:
            self.views.stand(replace(view, errors=empty))
            return Outcome(None, mark, empty)
        person = workspace.person(view.user)
        answering = self._answering(person, view)
        payload = requests.submission_payload(
            person,
            self.views.stand(replace(view, errors={})),
            response_urls=answering,
            trigger_id=self.views.trigger(person.id),
        )
        error, answer = await self._dispatch.send(payload)
        if error is not None:
            return Outcome(error, mark)
        try:
            errors = self._answered(view.id, answer)
        except Refused:
            return Outcome(_UNREADABLE, mark)
        return Outcome(None, mark, errors)

    async def close_modal(self, user: str) -> Outcome:
        """Close the open modal; the app is told if it wants to be."""
        view = self._open(user)
        is_cleared = bool(view.given.get("clear_on_close"))
        self.views.close(view, everything=is_cleared)
        if not view.given.get("notify_on_close"):
            return Outcome(None, self.messages.mark)
        payload = requests.closing_payload(workspace.person(user), view, is_cleared=is_cleared)
        return await self._taken(payload)

    def _answered(self, view_id: str, answer: Mapping[str, Any]) -> Mapping[str, str]:
        """Do what the app answers to a modal that was sent; what it finds wrong, by block ID.

        Raises:
            Refused: the answer is none that Slack can read.
        """
        view = self.views.find(view_id)
        if view is None:  # the app has put another in its place meanwhile
            return {}
        match answer.get("response_action"):
            case "errors":
                errors = _errors(view, answer.get("errors"))
                self.views.stand(replace(view, errors=errors))
                return errors
            case "update":
                self.views.update(view, checked_view(answer.get("view"), "modal"))
            case "push":
                self.views.push(view.user, checked_view(answer.get("view"), "modal"))
            case "clear":
                self.views.close(view, everything=True)
            case None if not answer:
                self.views.close(view)
            case _:
                raise Refused(_UNREADABLE)
        return {}

    def _answering(self, person: User, view: View) -> list[dict[str, str]]:
        """A URL for each place that was chosen for the answer."""
        urls = []
        for block in view.blocks:
            for one in elements.controls(block):
                state = view.values.get(block["block_id"], {}).get(one["action_id"], {})
                chosen = state.get("selected_conversation")
                if not chosen or not one.get("response_url_enabled"):
                    continue
                place = workspace.channel(chosen)
                if place is None or not place.admits(person.id):
                    raise NoSuchControl(f"{person.id} is not in {chosen}")
                names = {"block_id": block["block_id"], "action_id": one["action_id"]}
                url = self._response_urls.new(person.id, place.id)
                urls.append({**names, "channel_id": place.id, "response_url": url})
        return urls

    def _open(self, user: str) -> View:
        view = self.modal(user)
        if view is None:
            raise NoSuchControl(f"{user} has no modal open")
        return view

    async def _taken(self, payload: Mapping[str, Any]) -> Outcome:
        mark = self.messages.mark
        error, _ = await self._dispatch.send(payload)
        return Outcome(error, mark)


def _errors(view: View, given: object) -> dict[str, str]:
    """What the app has found wrong, each with an input block of the view.

    Raises:
        Refused: that is not what it says.
    """
    known = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(given, dict) or not given or not given.keys() <= known:
        raise Refused(_UNREADABLE)
    if not all(isinstance(what, str) and what.strip() for what in given.values()):
        raise Refused(_UNREADABLE)
    return dict(given)


def _left_empty(view: View) -> dict[str, str]:
    """What Slack itself finds wrong before it asks the app, by block ID."""
    return {
        block["block_id"]: _REQUIRED
        for block in view.blocks
        if block["type"] == "input"
        and not block.get("optional")
        and elements.is_empty(view.values[block["block_id"]][block["element"]["action_id"]])
    }
