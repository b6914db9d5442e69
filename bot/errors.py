"""The one tree of errors. An error carries fields; sentences are made in `bot.views.errors`."""

from __future__ import annotations

from dataclasses import dataclass, field


class BotError(Exception):
    """Anything the bot can explain to the person who asked."""


@dataclass(eq=False)
class SettingsError(BotError):
    """A setting is missing or wrong. Never carries the value: it may be a secret.

    Attributes:
        name: the setting as it is written in the file or the environment.
        allowed: what would be right, in a few words.
    """

    name: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.name}: {self.allowed}"


@dataclass(eq=False)
class UsageError(BotError):
    """A command that cannot be understood.

    Attributes:
        problem: a key of `bot.views.usage.SENTENCES`, which has a sentence for each.
        text: the command's text as it was read (normalised: no zero-width marks, plain quotes).
        start: where in `text` the wrong part begins, in characters.
        end: where it ends (exclusive; equal to `start` where something is missing).
        values: what the sentence names (`{"given": "faild", "key": "status"}`).
        suggestion: the nearest valid replacement for `text[start:end]`, if one is near.
        example: one whole command that works.
    """

    problem: str
    text: str = ""
    start: int = 0
    end: int = 0
    values: dict[str, str] = field(default_factory=dict)
    suggestion: str | None = None
    example: str = "/preload status=failed"

    def __str__(self) -> str:
        return f"{self.problem} at {self.start}-{self.end}"


@dataclass(eq=False)
class WhichAccount(BotError):
    """A domain is of several accounts (`accounts`, their names), and none was named."""

    domain: str
    accounts: tuple[str, ...]


class StaleReference(BotError):
    """A button from an older version of the bot, or one whose stored query is gone."""


class Busy(BotError):
    """As many jobs are running as may run; the person is asked to try again."""


class StoreUnavailable(BotError):
    """The store cannot be read or written now."""


@dataclass(eq=False)
class StoreUnfit(StoreUnavailable):
    """Nor will it be until somebody sees to it: `problem` says why, `advice` what to do."""

    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.advice}"


class StoreMissing(StoreUnfit):
    """Its file is not there."""


class StaleLease(BotError):
    """Another process does this work now: nothing was written."""


@dataclass(eq=False)
class LiveError(BotError):
    """The Live API did not answer as asked.

    Attributes:
        code: the API's code (`Throttling.User`), or "" where there was none.
        message: the API's own message, or what was wrong with the reply; free of secrets.
        http_status: the reply's status, or None if there was no reply.
        request_id: the API's request ID, or "".
    """

    code: str = ""
    message: str = ""
    http_status: int | None = None
    request_id: str = ""

    def __str__(self) -> str:
        parts = [self.code or type(self).__name__, self.message]
        if self.http_status is not None:
            parts.append(f"HTTP {self.http_status}")
        if self.request_id:
            parts.append(f"request {self.request_id}")
        return ", ".join(part for part in parts if part)


@dataclass(eq=False)
class Throttled(LiveError):
    """The account is over its quota. `retry_after_s` is what the API asks for, if it does."""

    retry_after_s: float | None = None


class Unavailable(LiveError):
    """The API failed on its side, or could not be reached: worth another try."""


class TimedOut(Unavailable):
    """No answer within the call's deadline."""


class MalformedReply(Unavailable):
    """The reply is not what it should be: HTML, cut-off JSON, missing fields."""


class TooManyWait(LiveError):
    """As many questions as may are waiting for the API: this one was not asked."""


@dataclass(eq=False)
class AccountGone(LiveError):
    """What is stored names an account (`account`) that the settings no longer have."""

    account: str = ""

    def __str__(self) -> str:
        return f"there is no account {self.account}"


class NonceUsed(LiveError):
    """The nonce was seen before: sign afresh."""


@dataclass(eq=False)
class ClockSkewed(LiveError):
    """The request's date is too far from the gateway's clock (`server_time_s`, Unix seconds)."""

    server_time_s: float | None = None


class TokenExpired(LiveError):
    """The security token has expired: refresh the credentials."""


class CredentialsRefused(LiveError):
    """The key, the secret or the token is wrong, missing or inactive."""


class PermissionRefused(LiveError):
    """The key is right, but RAM does not allow this action on this domain."""


@dataclass(eq=False)
class ArgumentRefused(LiveError):
    """An argument is wrong, said by us before sending or by the API.

    Attributes:
        argument: the vendor's name for it (`DomainName`, `PageSize`), or "".
        allowed: what would be right, in a few words ("1-100"), or "".
    """

    argument: str = ""
    allowed: str = ""
