"""What Slack sends, parsed once: a command, a click, a shortcut, a form, the Home being opened.

Source: Slack's reference of slash command payloads, of interaction payloads (`block_actions`,
`shortcut`, `message_action`, `view_submission`, `block_suggestion`) and of `app_home_opened`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from bot.slack.messages import files_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.slack.messages import Attached


def is_channel(channel_id: str) -> bool:
    """Whether it is the ID of a channel, not that of direct messages, or "" for none."""
    return channel_id[:1] not in {"", "D"}


class Command(msgspec.Struct, frozen=True):
    """A slash command as it was typed.

    Attributes:
        text: what follows the command's name, formatted by Slack.
        team_id, channel_id, user_id: where and by whom.
        response_url: where answers go, 5 times within 30 minutes. A secret.
        trigger_id: opens a modal, once, within 3 seconds; "" where there is none.
        answered_in: the channel that was chosen for the answer; "" is where it was asked.
    """

    text: str
    team_id: str
    channel_id: str
    user_id: str
    response_url: str
    trigger_id: str = ""
    answered_in: str = ""

    @property
    def goes_to(self) -> str:
        """The channel in which the answer stands."""
        return self.answered_in or self.channel_id

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Command:
        """Parse a slash command's form fields."""
        return cls(
            text=str(body.get("text", "")),
            team_id=str(body.get("team_id", "")),
            channel_id=str(body.get("channel_id", "")),
            user_id=str(body.get("user_id", "")),
            response_url=str(body.get("response_url", "")),
            trigger_id=str(body.get("trigger_id", "")),
        )

    @classmethod
    def of_form(cls, submission: Submission) -> Command:
        """What a form asks for, as if it had been typed where that was opened."""
        return cls(
            text="",
            team_id=submission.team_id,
            channel_id=submission.asked_in,
            user_id=submission.user_id,
            response_url=submission.response_url,
            answered_in=submission.answered_in,
        )


@dataclass(frozen=True, slots=True)
class Click:
    """A button pressed or a menu's option taken.

    Attributes:
        action_id: which control.
        value: the button's value, or the value of the option that was taken.
        team_id, channel_id, user_id: where and by whom; `channel_id` is "" in the app's Home.
        response_url: where answers go, 5 times within 30 minutes; "" in the Home. A secret.
        in_private: the message is one that only the clicker sees, or in direct messages (whose IDs
            begin with D); otherwise all in the channel see it.
        trigger_id: opens a modal, once, within 3 seconds; "" where there is none.
    """

    action_id: str
    value: str
    team_id: str
    channel_id: str
    user_id: str
    response_url: str
    in_private: bool
    trigger_id: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Click:
        """Parse a `block_actions` payload; of several actions, the first."""
        action = _mapping(next(iter(body.get("actions") or ()), None))
        option = _mapping(action.get("selected_option"))
        container = _mapping(body.get("container"))
        channel = _mapping(body.get("channel"))
        channel_id = str(channel.get("id") or container.get("channel_id") or "")
        return cls(
            action_id=str(action.get("action_id", "")),
            value=str(option.get("value") or action.get("value") or ""),
            team_id=str(_mapping(body.get("team")).get("id", "")),
            channel_id=channel_id,
            user_id=str(_mapping(body.get("user")).get("id", "")),
            response_url=str(body.get("response_url", "")),
            in_private=bool(container.get("is_ephemeral")) or channel_id.startswith("D"),
            trigger_id=str(body.get("trigger_id", "")),
        )


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut that was taken: a global one, or one of a message.

    Attributes:
        callback_id: which one.
        team_id, channel_id, user_id: where and by whom; `channel_id` is "" of a global one.
        response_url: where answers go; "" of a global one. A secret.
        trigger_id: opens a modal, once, within 3 seconds.
        text: what is read in the message (`bot.slack.messages.texts_of`); "" of a global one.
        files: what is attached to the message, and to those that are forwarded in it.
    """

    callback_id: str
    team_id: str
    channel_id: str
    user_id: str
    response_url: str
    trigger_id: str
    text: str = ""
    files: tuple[Attached, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Shortcut:
        """Parse a `shortcut` or a `message_action` payload."""
        message = _mapping(body.get("message"))
        return cls(
            callback_id=str(body.get("callback_id", "")),
            team_id=str(_mapping(body.get("team")).get("id", "")),
            channel_id=str(_mapping(body.get("channel")).get("id", "")),
            user_id=str(_mapping(body.get("user")).get("id", "")),
            response_url=str(body.get("response_url", "")),
            trigger_id=str(body.get("trigger_id", "")),
            text="\n".join(texts_of(message)),
            files=tuple(files_of(message)),
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was sent.

    Attributes:
        callback_id: which form.
        team_id, channel_id, user_id: where and by whom; `channel_id` is where the form was opened
            (its `private_metadata`), "" in no channel.
        answered_in: the channel that was chosen for the answer, or "".
        response_url: where answers go, in that channel; "" where none was chosen. A secret.
        values: what stands in each field, by its `action_id`: text, the chosen option's value (of
            several with a comma between), a channel's ID, a moment in Unix seconds; "" for none.
    """

    callback_id: str
    team_id: str
    channel_id: str
    user_id: str
    response_url: str
    values: Mapping[str, str]
    answered_in: str = ""

    @property
    def asked_in(self) -> str:
        """Where it counts as asked: where it was opened; in no channel, where its answer goes."""
        if is_channel(self.channel_id):
            return self.channel_id
        return self.answered_in or self.channel_id

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Submission:
        """Parse a `view_submission` payload."""
        view = _mapping(body.get("view"))
        fields = _mapping(_mapping(view.get("state")).get("values"))
        answers = _mapping(next(iter(body.get("response_urls") or ()), None))
        return cls(
            callback_id=str(view.get("callback_id", "")),
            team_id=str(_mapping(body.get("team")).get("id", "")),
            channel_id=str(view.get("private_metadata") or ""),
            user_id=str(_mapping(body.get("user")).get("id", "")),
            response_url=str(answers.get("response_url", "")),
            values={
                str(name): _value(_mapping(state))
                for block in fields.values()
                for name, state in _mapping(block).items()
            },
            answered_in=str(answers.get("channel_id", "")),
        )


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a person has typed into a menu of a form that we fill (`block_suggestion`).

    `channel_id` is where the form was opened: its `private_metadata`.
    """

    action_id: str
    typed: str
    team_id: str
    user_id: str
    channel_id: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Suggestion:
        """Parse a `block_suggestion` payload."""
        return cls(
            action_id=str(body.get("action_id", "")),
            typed=str(body.get("value") or ""),
            team_id=str(_mapping(body.get("team")).get("id", "")),
            user_id=str(_mapping(body.get("user")).get("id", "")),
            channel_id=str(_mapping(body.get("view")).get("private_metadata") or ""),
        )


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Somebody looks at the app's Home, or at its messages (`tab`)."""

    team_id: str
    user_id: str
    tab: str
    channel_id: str = ""
    response_url: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> HomeOpened:
        """Parse an event's envelope."""
        event = _mapping(body.get("event"))
        return cls(
            team_id=str(body.get("team_id", "")),
            user_id=str(event.get("user", "")),
            tab=str(event.get("tab", "")),
        )


def _value(state: Mapping[str, Any]) -> str:
    """What stands in a field, whatever kind it is."""
    several = state.get("selected_options")
    if several is not None:
        return ",".join(str(_mapping(one).get("value", "")) for one in several)
    option = _mapping(state.get("selected_option")).get("value")
    given = (state.get("value"), option, state.get("selected_conversation"))
    moment = state.get("selected_date_time")
    return str(next((one for one in (*given, moment) if one is not None), ""))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
