"""What the settings are, and what is allowed.

A field's description says what may stand there: whoever wrote something else reads it.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Annotated, Literal, TypeVar, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot import roles
from bot.asks import DEFAULT_ACCOUNT, DEFAULT_ROWS, MAX_ROWS, MIN_ROWS
from bot.reader import Language
from bot.roles import ADMINS, EVERYONE, GUESTS, OTHERS, Right, Roles

_KEYS = ("access_key_id", "access_key_secret", "security_token")
_Value = TypeVar("_Value")


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise ValueError from error  # without its message: that may hold the value
    on_this_machine = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and on_this_machine):
        raise ValueError
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError
    return value.rstrip("/")


def _like(pattern: str) -> AfterValidator:
    """Have a secret be of a form; no error shows it."""

    def is_like(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value()):
            raise ValueError
        return value

    return AfterValidator(is_like)


_ADDRESS = "an https:// address; http:// only for this machine (127.0.0.1)"
_Address = Annotated[str, AfterValidator(_address)]
_AddressWithSlash = Annotated[_Address, AfterValidator(lambda value: f"{value}/")]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
_Domain = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=253,
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$",
    ),
]
_Level = Literal["debug", "info", "warning", "error"]
_Grantee = Annotated[
    str,
    StringConstraints(
        pattern=rf"^({EVERYONE}|{ADMINS}|{GUESTS}|{OTHERS}|[UWSCG][A-Z0-9]{{2,30}})$"
    ),
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Slack(_Section):
    """The app in Slack. What is missing is missed when it is needed: `bot.settings.require`."""

    bot_token: SecretStr | None = Field(None, description="the app's bot token: xoxb-…")
    app_token: SecretStr | None = Field(
        None, description="an app-level token with connections:write, for Socket Mode: xapp-…"
    )
    signing_secret: SecretStr | None = Field(
        None, min_length=1, description="the app's signing secret, for HTTP"
    )
    api_url: _AddressWithSlash = Field("https://slack.com/api/", description=_ADDRESS)

    @field_validator("bot_token", "app_token")
    @classmethod
    def _is_of_its_kind(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        prefix = "xoxb-" if info.field_name == "bot_token" else "xapp-"
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError
        return value


_RATE = "calls in any one second, 1-1000"


class CallsPerS(_Section):
    """The account's quota for each operation, in calls per second."""

    describe: int = Field(10, ge=1, le=1000, description=_RATE)
    set: int = Field(50, ge=1, le=1000, description=_RATE)
    domains: int = Field(100, ge=1, le=1000, description=_RATE)


class Account(_Section):
    """An Alibaba Cloud account: its keys, its domains, its quota.

    `key_source` is `static` where keys are given, else `chain`: the vendor's provider chain.
    """

    key_source: Literal["static", "chain"] = Field("chain", description='"static" or "chain"')
    access_key_id: str | None = Field(
        None, min_length=1, validate_default=True, description="an access key ID"
    )
    access_key_secret: SecretStr | None = Field(
        None, min_length=1, validate_default=True, description="the access key's secret"
    )
    security_token: SecretStr | None = Field(None, min_length=1, description="an STS token")
    endpoint: _Address = Field("https://live.aliyuncs.com", description=_ADDRESS)
    region_id: str | None = Field(None, min_length=1, description="a region: cn-shanghai")
    domains: tuple[_Domain, ...] = Field((), description="play domains: live.example.com")
    calls_per_s: CallsPerS = Field(default_factory=CallsPerS, description="a table of calls")

    @model_validator(mode="before")
    @classmethod
    def _keys_given_are_meant(cls, given: object) -> object:
        if isinstance(given, dict) and not given.keys().isdisjoint(_KEYS):
            return {"key_source": "static", **given}
        return given

    @field_validator(*_KEYS)
    @classmethod
    def _agrees_with_key_source(cls, value: _Value, info: ValidationInfo) -> _Value:
        source = info.data.get("key_source")
        if source == "static" and value is None and info.field_name != "security_token":
            raise ValueError("missing: access_key_id and access_key_secret go together")
        if source == "chain" and value is not None:
            raise ValueError('not beside key_source = "chain"')
        return value


class Display(_Section):
    """How answers look to a person of whom Slack does not say more."""

    rows: int = Field(
        DEFAULT_ROWS, ge=MIN_ROWS, le=MAX_ROWS, description=f"rows a page, {MIN_ROWS}-{MAX_ROWS}"
    )
    language: Language = Field(Language.ENGLISH, description='"en" or "zh"')
    zone: ZoneInfo = Field(ZoneInfo("UTC"), description="a time zone: UTC, Asia/Shanghai")


class Server(_Section):
    """Where the bot listens, and how much it does at once."""

    host: str = Field("127.0.0.1", min_length=1, description="an address of this machine")
    port: int = Field(3000, ge=0, le=65535, description="a port, 0-65535 (0: any free one)")
    max_jobs: int = Field(400, ge=1, le=10_000, description="answers in the making, 1-10000")
    drain_s: float = Field(
        20, ge=0, le=600, description="seconds to finish running answers at the end, 0-600"
    )


class Watching(_Section):
    """How closely watched domains are followed, and how long what was seen is kept."""

    fresh_s: float = Field(
        10, ge=1, le=300, description="seconds between two looks at what moves, 1-300"
    )
    calls_per_s: int = Field(
        8, ge=1, le=1000, description="calls a second of each account at most, 1-1000"
    )
    keep_days: int = Field(30, ge=4, le=3650, description="days, 4-3650")
    heartbeat_url: Annotated[SecretStr, _like(r"https?://[^\s/]+(/\S*)?")] | None = Field(
        None, description="an http(s):// address that is called while what is followed is read"
    )


class Recording(_Section):
    """The record of who changed what."""

    keep_days: int = Field(365, ge=1, le=3650, description="days, 1-3650")


class Grant(_Section):
    """Who may do something (`bot.roles.Grant`)."""

    to: tuple[_Grantee, ...] = Field(
        description=f"a list of {EVERYONE}, {ADMINS}, {GUESTS}, {OTHERS} and of IDs in Slack: "
        "U0123ABCD a person, S0123ABCD a user group, C0123ABCD a channel",
    )
    may: frozenset[Right] = Field(description=f"a list of {', '.join(Right)}")
    domains: frozenset[_Domain] | None = Field(
        None, description="play domains, live.example.com; left out: all"
    )

    @field_validator("to", "may", "domains")
    @classmethod
    def _is_something(cls, value: _Value) -> _Value:
        if not value and value is not None:
            raise ValueError
        return value


# In memory all connections would be one, and undo each other's transactions.
_STORE_FILE = r"sqlite(\+aiosqlite)?:///(?!:memory:)[^?]+"
_STORE_SERVER = r"postgres(ql)?(\+asyncpg)?://\S+"


class StorePlace(_Section):
    """Where the store is. The URL of a database may carry a password."""

    url: Annotated[SecretStr, _like(f"{_STORE_FILE}|{_STORE_SERVER}")] = Field(
        SecretStr("sqlite:///preload-bot.sqlite3"),
        description="sqlite:///path/to/file, or postgresql://user:password@host/database",
    )

    @property
    def is_shared(self) -> bool:
        """Whether it is one that several processes can share."""
        return self.url.get_secret_value().startswith("postgres")


class RedisPlace(_Section):
    """Where several processes share the accounts' quotas. Its URL may carry a password."""

    url: Annotated[SecretStr, _like(r"rediss?://[^\s/]+(/\S*)?")] | None = Field(
        None, description="redis://:password@host:6379/0, or rediss:// with TLS; left out: none"
    )
    max_processes: int = Field(
        4,
        ge=1,
        le=1000,
        description="processes at most, 1-1000; each has its part while Redis is away",
    )


class Log(_Section):
    """What is logged."""

    level: Annotated[_Level, BeforeValidator(lambda value: str(value).lower())] = Field(
        "info", description=", ".join(get_args(_Level))
    )


class Settings(_Section):
    """All settings. Secrets are `SecretStr`: no repr, str or dump shows them."""

    slack: Slack = Field(default_factory=Slack, description="a table: [slack]")
    accounts: dict[_Name, Account] = Field(
        default_factory=lambda: {DEFAULT_ACCOUNT: Account()},
        min_length=1,
        description="tables [accounts.NAME], the name of letters, digits, - and _",
    )
    display: Display = Field(default_factory=Display, description="a table: [display]")
    server: Server = Field(default_factory=Server, description="a table: [server]")
    watch: Watching = Field(default_factory=Watching, description="a table: [watch]")
    grants: tuple[Grant, ...] = Field((), description="tables [[grants]]")
    record: Recording = Field(default_factory=Recording, description="a table: [record]")
    store: StorePlace = Field(default_factory=StorePlace, description="a table: [store]")
    redis: RedisPlace = Field(default_factory=RedisPlace, description="a table: [redis]")
    log: Log = Field(default_factory=Log, description="a table: [log]")

    @field_validator("accounts")
    @classmethod
    def _are_different(cls, accounts: dict[str, Account]) -> dict[str, Account]:
        if len({account.access_key_id for account in accounts.values()}) < len(accounts):
            raise ValueError("each account needs keys of its own: the quota is the account's")
        return accounts

    @property
    def domains(self) -> tuple[str, ...]:
        """Every configured play domain, each once, in the file's order."""
        listed = (name for account in self.accounts.values() for name in account.domains)
        return tuple(dict.fromkeys(listed))

    @property
    def roles(self) -> Roles:
        """Who may do what: what is granted here, else what holds by default."""
        granted = tuple(roles.Grant(one.to, one.may, one.domains) for one in self.grants)
        return Roles(granted) if granted else Roles()

    def secrets(self) -> tuple[str, ...]:
        """Everything that must never stand in a log."""
        own = (self.slack.bot_token, self.slack.app_token, self.slack.signing_secret)
        keys = ((one.access_key_secret, one.security_token) for one in self.accounts.values())
        addresses = (self.store.url, self.redis.url, self.watch.heartbeat_url)
        given = (*own, *chain.from_iterable(keys), *addresses)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)

    def accounts_of(self, domain: str) -> tuple[str, ...]:
        """The names of the accounts that are configured with this domain: mostly one, or none."""
        wanted = domain.lower()
        return tuple(name for name, one in self.accounts.items() if wanted in one.domains)
