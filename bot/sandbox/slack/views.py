"""What the app has open for people: modals, one upon the other, and each person's Home.

Source: https://docs.slack.dev/surfaces/modals (three in a stack at most; a trigger is good for one
modal within 3 seconds) and https://docs.slack.dev/surfaces/app-home.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import elements
from bot.sandbox.slack.shared import Refused
from bot.sandbox.slack.workspace import APP_ID, BOT_ID, TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

TRIGGER_LIVES_S = 3.0
MODALS = 3


@dataclass(frozen=True, slots=True)
class View:
    """A modal or a Home as it stands; every change makes a new one with the same `id`.

    Attributes:
        id, type, callback_id, private_metadata, blocks, hash: as Slack has them.
        user: whose it is.
        given: what the app sent: title, submit and close among it.
        values: what stands in its inputs, by block and action ID.
        errors: what the app has found wrong with the last submission, by block ID.
    """

    id: str
    type: str
    user: str
    blocks: tuple[dict[str, Any], ...]
    hash: str
    callback_id: str = ""
    private_metadata: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What stands above a modal."""
        return str((self.given.get("title") or {}).get("text", ""))

    def holding(self, given: Mapping[str, Any]) -> View:
        """The view with that in its elements, by block and action ID; it may hold no others."""
        values = {
            place: {name: _held(given, place, name, state) for name, state in states.items()}
            for place, states in self.values.items()
        }
        return replace(self, values=values)

    def for_apps(self) -> dict[str, Any]:
        """As the Web API and interaction payloads show it."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": self.type,
            "blocks": list(self.blocks),
            "private_metadata": self.private_metadata,
            "callback_id": self.callback_id,
            "state": {"values": {place: dict(one) for place, one in self.values.items()}},
            "hash": self.hash,
            **{name: self.given.get(name) for name in ("title", "submit", "close")},
            "clear_on_close": bool(self.given.get("clear_on_close")),
            "notify_on_close": bool(self.given.get("notify_on_close")),
            "app_id": APP_ID,
            "bot_id": BOT_ID,
        }


class Views:
    """Everybody's views.

    Args:
        now: the wall clock, by which triggers expire.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._triggers: dict[str, tuple[str, str | None, float]] = {}
        self._modals: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}
        self._news = asyncio.Event()
        self._made = 0
        self.mark = 0
        """The number of the last change."""

    def trigger(self, user: str, channel: str | None = None) -> str:
        """A trigger for what a person did; `channel` is where they look."""
        name = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[name] = user, channel, self._now().timestamp() + TRIGGER_LIVES_S
        return name

    def modal(self, user: str) -> View | None:
        """The topmost modal that a person has open."""
        stack = self._modals.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> View | None:
        """A person's Home, once the app has published one."""
        return self._homes.get(user)

    def find(self, view_id: str) -> View | None:
        """The view of this ID, if it is open."""
        homes = self._homes.values()
        modals = (view for stack in self._modals.values() for view in stack)
        return next((view for view in (*homes, *modals) if view.id == view_id), None)

    def open(self, trigger_id: str, given: Mapping[str, Any], *, upon: bool = False) -> View:
        """Open a modal, upon the person's others if `upon`, else only where they have none.

        Raises:
            Refused: the trigger is unknown, used or too old; there are too many.
        """
        if trigger_id not in self._triggers:
            raise Refused("invalid_trigger_id")
        user, channel, until = self._triggers[trigger_id]
        if until == float("-inf"):
            raise Refused("exchanged_trigger_id")
        self._triggers[trigger_id] = user, channel, float("-inf")
        if until < self._now().timestamp():
            raise Refused("expired_trigger_id")
        return self.push(user, given, channel=channel, upon=upon)

    def push(
        self,
        user: str,
        given: Mapping[str, Any],
        *,
        channel: str | None = None,
        upon: bool = True,
    ) -> View:
        """Put a modal upon a person's others; without `upon` it takes their place.

        Raises:
            Refused: there are too many.
        """
        stack = self._modals.setdefault(user, [])
        if not upon:
            stack.clear()
        if len(stack) >= MODALS:
            raise Refused("push_limit_reached")
        self._made += 1
        view = self._filled(View(f"V{self._made:08d}", "modal", user, (), ""), given, channel)
        stack.append(view)
        return self._told(view)

    def publish(self, user: str, given: Mapping[str, Any]) -> View:
        """Put a Home in the place of a person's present one."""
        self._made += 1
        before = self._homes.get(user) or View(f"V{self._made:08d}", "home", user, (), "")
        self._homes[user] = self._filled(before, given, None)
        return self._told(self._homes[user])

    def update(self, view: View, given: Mapping[str, Any]) -> View:
        """Change what a modal shows; what stands in inputs that stay, stays."""
        return self.stand(self._filled(view, given, None).holding(view.values))

    def stand(self, view: View) -> View:
        """Have a view stand as it is given, in the place of the one of its ID."""
        if view.type == "home":
            self._homes[view.user] = view
        else:
            stack = self._modals[view.user]
            stack[[one.id for one in stack].index(view.id)] = view
        return self._told(view)

    def close(self, view: View, *, everything: bool = False) -> None:
        """Close a modal, or all of its person's."""
        stack = self._modals[view.user]
        self._modals[view.user] = [] if everything else [one for one in stack if one.id != view.id]
        self._told(view)

    async def after(self, mark: int) -> int:
        """The number of the last change, once it is past that one."""
        while self.mark <= mark:
            await self._news.wait()
        return self.mark

    def _filled(self, view: View, given: Mapping[str, Any], channel: str | None) -> View:
        blocks = tuple(_named(place, block) for place, block in enumerate(given["blocks"]))
        return replace(
            view,
            blocks=blocks,
            hash=f"{self._now().timestamp():.0f}.{secrets.token_hex(4)}",
            callback_id=str(given.get("callback_id", "")),
            private_metadata=str(given.get("private_metadata", "")),
            given=given,
            values=elements.states(blocks, channel),
            errors={},
        )

    def _told(self, view: View) -> View:
        self.mark += 1
        news, self._news = self._news, asyncio.Event()
        news.set()
        return view


def _held(given: Mapping[str, Any], place: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    """What is given for an element, if it is of its type; else what stands there."""
    block = given.get(place)
    one = block.get(name) if isinstance(block, dict) else None
    if not isinstance(one, dict) or one.keys() != state.keys() or one["type"] != state["type"]:
        return state
    return one


def _named(place: int, block: Mapping[str, Any]) -> dict[str, Any]:
    """The block with the IDs that Slack gives where the app gave none."""
    named = {"block_id": f"v{place}", **block}
    if named["type"] == "actions":
        numbered = enumerate(block["elements"])
        named["elements"] = [{"action_id": f"a{number}", **one} for number, one in numbered]
    for part in ("accessory", "element"):
        if part in named:
            named[part] = {"action_id": "a0", **block[part]}
    return named
