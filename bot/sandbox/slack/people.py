"""What people do beside filling in: write, type commands, click, take shortcuts, open the Home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import elements, requests, workspace
from bot.sandbox.slack.dispatch import Outcome
from bot.sandbox.slack.elements import NoSuchControl
from bot.sandbox.slack.filling import Filling
from bot.sandbox.slack.messages import SLACKBOT
from bot.sandbox.slack.shared import Refused
from bot.sandbox.slack.typed import formatted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.slack.files import Files
    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.views import View


class People(Filling):
    """Everybody in the workspace, and what they can do.

    Attributes:
        file_store: the files.
    """

    file_store: Files

    def say(self, user: str, channel: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Write a plain message as that person."""
        person, place = workspace.where(user, channel)
        return self.messages.post(person, place.id, {"text": formatted(text)}, thread_ts=thread_ts)

    def upload(self, user: str, channel: str, name: str, content: bytes, text: str = "") -> Message:
        """Attach a file to a message as that person."""
        return self.attach(user, channel, [(name, content)], text)

    def attach(
        self, user: str, channel: str, files: Iterable[tuple[str, bytes]], text: str = ""
    ) -> Message:
        """Attach files, each with its name, to a message as that person."""
        person, place = workspace.where(user, channel)
        said, store = formatted(text), self.file_store
        new = [store.add(person.id, name, content) for name, content in files]
        described = tuple(store.described(store.share(one.id, place.id, said)) for one in new)
        return self.messages.post(person, place.id, {"text": said}, files=described)

    def forward(self, user: str, channel: str, message_id: str, text: str = "") -> Message:
        """Forward a message to a channel as that person, with what they say to it.

        Raises:
            NoSuchControl: the person sees no such message.
        """
        person, place = workspace.where(user, channel)
        message = self._seen(user, message_id)
        shared = message.forwarded()
        return self.messages.post(
            person, place.id, {"text": formatted(text), "attachments": [shared]}
        )

    async def command(self, user: str, channel: str, text: str) -> Outcome:
        """Type a slash command (`/preload status=failed`); returns once it is acknowledged.

        Raises:
            LookupError: no such person, or not in that channel.
        """
        person, place = workspace.where(user, channel)
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
        person, place = workspace.where(user, message.channel)
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
        self,
        user: str,
        action_id: str,
        *,
        option: str | None = None,
        block_id: str | None = None,
        view: View | None = None,
    ) -> Outcome:
        """The same in a view, as it is filled in: in the open modal, else in the person's Home.

        Raises:
            NoSuchControl: there is neither, or it has no such control, or that one tells nobody.
        """
        view = view or self.modal(user) or self.home(user)
        if view is None:
            raise NoSuchControl(f"{user} has nothing open")
        telling = tuple(one for one in view.blocks if elements.tells(one))
        action = self._action(telling, action_id, block_id, option)
        standing = view.values.get(action["block_id"], {}).get(action_id)
        if standing is not None and option is None:  # a field that tells what stands in it
            action |= standing
        elif standing is not None:
            chosen = {**standing, **{name: action[name] for name in standing if name in action}}
            view = view.holding({action["block_id"]: {action_id: chosen}})
        view = self.views.stand(view)
        trigger_id = self.views.trigger(user)
        payload = requests.view_click_payload(
            workspace.person(user), view, action, trigger_id=trigger_id
        )
        return await self._taken(payload)

    async def shortcut(self, user: str, callback_id: str, *, channel: str | None = None) -> Outcome:
        """Take a global shortcut while looking at a channel.

        Raises:
            NoSuchControl: the app has none of this name.
        """
        _offered("global", callback_id)
        trigger_id = self.views.trigger(user, channel)
        payload = requests.shortcut_payload(
            workspace.person(user), callback_id, trigger_id=trigger_id, at=self._moment()
        )
        return await self._taken(payload)

    async def message_shortcut(self, user: str, message_id: str, callback_id: str) -> Outcome:
        """Take a shortcut of a message.

        Raises:
            NoSuchControl: the app has none of this name; the person sees no such message, or it is
                for them alone: such a one has no shortcuts.
        """
        _offered("message", callback_id)
        message = self._seen(user, message_id)
        if message.only_visible_to is not None:
            raise NoSuchControl("an ephemeral message has no shortcuts")
        person, place = workspace.where(user, message.channel)
        payload = requests.message_shortcut_payload(
            person,
            place,
            message,
            callback_id,
            response_url=self._response_urls.new(person.id, place.id),
            trigger_id=self.views.trigger(person.id, place.id),
            at=self._moment(),
        )
        return await self._taken(payload)

    async def open_home(self, user: str) -> Outcome:
        """Look at the app's Home."""
        view = self.home(user)
        place = workspace.channel(user)
        event = {
            "type": "app_home_opened",
            "user": workspace.person(user).id,
            "channel": place.id if place else "",
            "tab": "home",
            "event_ts": self.messages.timestamp(),
            **({"view": view.for_apps()} if view else {}),
        }
        at_s = int(self.now().timestamp())
        return await self._taken(requests.event_payload(event, at_s=at_s))

    def _seen(self, user: str, message_id: str) -> Message:
        message = self.messages.get(message_id)
        if message is None or not message.is_for(user):
            raise NoSuchControl(f"{user} sees no message {message_id}")
        return message

    def _action(
        self,
        blocks: tuple[dict[str, Any], ...],
        action_id: str,
        block_id: str | None,
        option: str | None,
    ) -> dict[str, Any]:
        return requests.click_action(
            blocks, action_id, block_id=block_id, option=option, at=self._moment()
        )

    def _moment(self) -> str:
        return f"{self.now().timestamp():.6f}"


def _offered(kind: str, callback_id: str) -> None:
    shortcuts = {(one["type"], one["callback_id"]) for one in workspace.SHORTCUTS}
    if (kind, callback_id) not in shortcuts:
        raise NoSuchControl(f"the app has no {kind} shortcut {callback_id}")
