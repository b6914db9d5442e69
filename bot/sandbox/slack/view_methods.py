"""The Web API methods of modals and Homes.

Source: https://docs.slack.dev/reference/methods/views.open, .update, .push, .publish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import workspace
from bot.sandbox.slack.shared import Refused
from bot.sandbox.slack.view_limits import check_view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.slack.views import View, Views


class ViewMethods:
    """The methods over one workspace's views; each raises `Refused` where Slack refuses."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def table(self) -> Mapping[str, tuple[str | None, Callable[[dict[str, Any]], dict[str, Any]]]]:
        """Each method; none needs a scope."""
        return {
            "views.open": (None, self._open),
            "views.push": (None, self._push),
            "views.update": (None, self._update),
            "views.publish": (None, self._publish),
        }

    def _open(self, given: dict[str, Any]) -> dict[str, Any]:
        view = _checked(given, "modal")
        return _answer(self._views.open(str(given.get("trigger_id")), view))

    def _push(self, given: dict[str, Any]) -> dict[str, Any]:
        view = _checked(given, "modal")
        return _answer(self._views.open(str(given.get("trigger_id")), view, upon=True))

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        shown = self._views.find(str(given.get("view_id")))
        if shown is None or shown.type != "modal":
            raise Refused("not_found")
        view = _checked(given, "modal")
        if given.get("hash") not in {None, shown.hash}:
            raise Refused("hash_conflict")
        return _answer(self._views.update(shown, view))

    def _publish(self, given: dict[str, Any]) -> dict[str, Any]:
        person = workspace.user(given.get("user_id"))
        if person is None or person.is_bot:
            raise Refused("user_not_found")
        view = _checked(given, "home")
        shown = self._views.home(person.id)
        if given.get("hash") not in {None, shown.hash if shown else None}:
            raise Refused("hash_conflict")
        return _answer(self._views.publish(person.id, view))


def checked_view(view: object, kind: str) -> Mapping[str, Any]:
    """A view of that type within Slack's limits.

    Raises:
        Refused: it is not.
    """
    if not isinstance(view, dict) or view.get("type") != kind:
        raise Refused("invalid_arguments")
    if problems := check_view(view):
        why = [str(one) for one in problems]
        raise Refused("invalid_arguments", errors=why, response_metadata={"messages": why})
    return view


def _checked(given: dict[str, Any], kind: str) -> Mapping[str, Any]:
    return checked_view(given.get("view"), kind)


def _answer(view: View) -> dict[str, Any]:
    return {"view": view.for_apps()}
