"""What Slack may answer to a message of ours. None of these carries a `response_url` or a token."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import BotError


@dataclass(eq=False)
class SlackRefused(BotError):
    """Slack has read the message and won't have it: sending it again changes nothing.

    Attributes:
        code: Slack's word (`invalid_blocks`, `not_in_channel`), or `http_403` where it gave none.
        place: what it says about where ("must be … [json-pointer:/blocks/0/text]"), or "".
    """

    code: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.place}" if self.place else self.code


class ResponseUrlSpent(SlackRefused):
    """The `response_url` has been used 5 times or is older than 30 minutes."""


class HistoryForbidden(SlackRefused):
    """The app may not read what stands in that channel: it has not the scope for it."""


@dataclass(eq=False)
class SlackUnavailable(BotError):
    """Slack could not be reached, failed on its side, or asked to wait.

    Attributes:
        reason: `timeout`, `http_503`, `ratelimited`, or the name of the connection's error.
        delivered: whether the message may have arrived all the same.
        retry_after_s: how long Slack asks to wait, if it does.
    """

    reason: str
    delivered: bool
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return self.reason
