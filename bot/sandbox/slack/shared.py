"""What the parts of the local Slack share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.faults import Faults, RateLimits
from bot.sandbox.slack.messages import Messages
from bot.sandbox.slack.workspace import BOT_STARTS_IN, SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A call that arrived: of a Web API method, or of a response URL (`response_url`).

    Attributes:
        method: the method's name.
        arguments: what was sent, without tokens.
        at: when it arrived.
        status: the HTTP status it was answered with; None where the answer was lost on purpose.
        answer: the JSON it was answered with.
    """

    method: str
    arguments: Mapping[str, Any]
    at: datetime
    status: int | None
    answer: Mapping[str, Any]


class Refused(Exception):
    """Slack's `{"ok": false}`."""

    def __init__(self, error: str, **more: Any) -> None:  # noqa: ANN401 - whatever the answer adds
        super().__init__(error)
        self.answer: dict[str, Any] = {"ok": False, "error": error, **more}


class Shared:
    """The workspace as it is now.

    Attributes:
        now: the wall clock.
        base_url: where this server is reached (`http://127.0.0.1:1234`).
        faults: what goes wrong on purpose.
        messages: what stands in the channels.
        calls: every call of the Web API and of a response URL.
        rates: Slack's rate limits.
        joined: the channels the bot is in; adding one invites it.
        private: the channels that are private, and the people in them; for the Web API: the page
            and whoever types by it are not held to that.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.base_url = ""
        self.faults = Faults()
        self.messages = Messages(now)
        self.calls: list[Call] = []
        self.rates = RateLimits(now)
        self.joined = set(BOT_STARTS_IN)
        self.private: dict[str, tuple[str, ...]] = {}

    @property
    def scopes(self) -> list[str]:
        """What the app was granted, without what is taken from it on purpose."""
        return [scope for scope in SCOPES if scope not in self.faults.missing_scopes]
