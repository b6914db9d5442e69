"""Whose calls these are, and where their keys come from. Secrets never stand in a repr or error."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from bot.errors import CredentialsRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ID_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_ID"
SECRET_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105 - a variable's name
TOKEN_VARIABLE = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105 - a variable's name

RENEWED_BEFORE = timedelta(minutes=3)
"""So long before they expire, credentials are fetched anew."""
KEPT = timedelta(minutes=5)
"""How long credentials without an end are kept before the chain is asked again."""
CHAIN_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, with a security token where it is a temporary (STS) one.

    `expires_at` is the token's end in UTC; None is unknown or never.
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class CredentialsSource(Protocol):
    """Where credentials come from.

    Both raise `CredentialsRefused` where there are none.
    """

    async def current(self) -> Credentials:
        """Credentials that are good as far as is known."""
        ...

    async def refreshed(self) -> Credentials:
        """Credentials fetched anew, since the API said that the current ones have expired."""
        ...


class StaticCredentials:
    """Keys from the settings or the environment; they never change."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def current(self) -> Credentials:
        """The keys."""
        return self._credentials

    async def refreshed(self) -> Credentials:
        """The same keys: there are no others."""
        return self._credentials


def from_environment(variables: Mapping[str, str]) -> Credentials:
    """The keys in the variables that the vendor's tools read.

    Raises:
        CredentialsRefused: the ID or the secret is missing.
    """
    key_id, secret = variables.get(ID_VARIABLE, ""), variables.get(SECRET_VARIABLE, "")
    if not key_id or not secret:
        missing = ID_VARIABLE if not key_id else SECRET_VARIABLE
        raise CredentialsRefused(message=f"{missing} is not set")
    return Credentials(key_id, secret, variables.get(TOKEN_VARIABLE) or None)


def ask_provider_chain() -> Credentials:
    """Ask the vendor's default provider chain; blocks, also on the network.

    Source: `alibabacloud-credentials`, the extra `ram`. Only its sync interface is used: its async
    one holds a thread lock across an await, which freezes the loop of two concurrent callers.

    Raises:
        CredentialsRefused: the library is not installed, or no provider has credentials.
    """
    try:
        from alibabacloud_credentials.client import Client  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise CredentialsRefused(message="install preload-bot[ram], or set keys") from error
    try:
        found = Client().get_credential()
    except Exception as error:  # noqa: BLE001 - the library raises bare Exceptions, with secrets in some
        raise CredentialsRefused(message=f"no provider: {type(error).__name__}") from None
    return Credentials(found.access_key_id, found.access_key_secret, found.security_token or None)


class ProviderChain:
    """Credentials from a blocking function, asked in a worker thread, one question at a time.

    Args:
        ask: the function; by default the vendor's provider chain.
        now: the wall clock, in UTC.
        timeout_s: how long an answer is waited for.
    """

    def __init__(
        self,
        ask: Callable[[], Credentials] = ask_provider_chain,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_s: float = CHAIN_TIMEOUT_S,
    ) -> None:
        self._ask = ask
        self._now = now
        self._timeout_s = timeout_s
        self._held: Credentials | None = None
        self._good_until = datetime.min.replace(tzinfo=UTC)
        self._asking: asyncio.Task[Credentials] | None = None

    async def current(self) -> Credentials:
        """The credentials held, or new ones shortly before those expire."""
        if self._held is not None and self._now() < self._good_until:
            return self._held
        return await self.refreshed()

    async def refreshed(self) -> Credentials:
        """New credentials; whoever asks while they are being fetched gets the same."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._fetched(), name="credentials")
            self._asking.add_done_callback(self._forget)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(self._asking)
        except TimeoutError as error:
            raise CredentialsRefused(message="the provider chain does not answer") from error

    async def _fetched(self) -> Credentials:
        held = await asyncio.to_thread(self._ask)
        ends = held.expires_at - RENEWED_BEFORE if held.expires_at else self._now() + KEPT
        self._held, self._good_until = held, ends
        return held

    def _forget(self, asking: asyncio.Task[Credentials]) -> None:
        self._asking = None
        if not asking.cancelled():
            asking.exception()  # told to whoever still waits; nobody else need hear of it
