"""Whose calls these are, and where their keys come from. Secrets never stand in a repr or error."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
PRODUCT = Path("/sys/class/dmi/id/product_name")
"""Holds `Alibaba Cloud ECS` on the vendor's instances."""


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
    """Where credentials come from."""

    async def current(self, *, by_s: float | None = None) -> Credentials:
        """Credentials that are good as far as is known.

        Args:
            by_s: until when they are waited for at most, in the loop's time.

        Raises:
            CredentialsRefused: there are none, or none in time.
        """
        ...

    def expired(self, credentials: Credentials) -> None:
        """The API said that these have expired: `current` shall give newer ones."""
        ...


class StaticCredentials:
    """Keys from the settings or the environment; they never change."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def current(self, *, by_s: float | None = None) -> Credentials:  # noqa: ARG002 - at hand
        """The keys."""
        return self._credentials

    def expired(self, credentials: Credentials) -> None:
        """Nothing can be done about it: there are no others."""


def from_environment(variables: Mapping[str, str]) -> Credentials:
    """The keys in the variables that the vendor's tools read.

    Raises:
        CredentialsRefused: the ID or the secret is missing.
    """
    names = (ID_VARIABLE, SECRET_VARIABLE, TOKEN_VARIABLE)
    key_id, secret, token = (variables.get(name, "").strip() for name in names)
    if not key_id or not secret:
        missing = ID_VARIABLE if not key_id else SECRET_VARIABLE
        raise CredentialsRefused(message=f"{missing} is not set")
    return Credentials(key_id, secret, token or None)


def vendor_chain(product: Path = PRODUCT) -> Callable[[], Credentials]:
    """Open the vendor's default provider chain; blocks, and so does what it returns.

    The instance's role is asked for on the vendor's machines alone (`product` says what this one
    is), or where `ALIBABA_CLOUD_ECS_METADATA` names it: anywhere else nobody answers, for seconds.

    Source: `alibabacloud-credentials`, the extra `ram`. Only its sync interface is used: its async
    one holds a thread lock across an await, which freezes the loop of two concurrent callers. One
    client is kept, as each starts a thread; it renews a token 15 minutes before its end, which it
    does not tell.

    Raises:
        CredentialsRefused: the library is not installed.
    """
    try:
        from alibabacloud_credentials.client import Client  # noqa: PLC0415 - an optional extra
        from alibabacloud_credentials.utils import auth_util  # noqa: PLC0415 - as above
    except ImportError as error:
        advice = "uv sync --extra ram, or pip install '.[ram]'"
        raise CredentialsRefused(message=f"no provider chain is installed: {advice}") from error
    # It prints what fails, with tracebacks, past all handlers of ours; our error says it.
    logging.getLogger("credentials").disabled = True
    if not auth_util.environment_ecs_metadata and not _is_of_the_vendor(product):
        auth_util.environment_ecs_metadata_disabled = "true"  # it has read its variables by now
    client = Client()

    def ask() -> Credentials:
        found = client.get_credential()
        token = found.security_token or None
        return Credentials(found.access_key_id or "", found.access_key_secret or "", token)

    return ask


def _is_of_the_vendor(product: Path) -> bool:
    """Whether this machine is an instance of ECS: its firmware says so."""
    try:
        return "Alibaba Cloud" in product.read_text(errors="replace")
    except OSError:
        return False


class ProviderChain:
    """Credentials from a blocking function, asked in a worker thread, one question at a time.

    Args:
        open_chain: makes the function, and makes it anew where what it gave had expired; by
            default the vendor's provider chain. It blocks too.
        now: the wall clock, in UTC.
        timeout_s: how long an answer is waited for.
    """

    def __init__(
        self,
        open_chain: Callable[[], Callable[[], Credentials]] = vendor_chain,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_s: float = CHAIN_TIMEOUT_S,
    ) -> None:
        self._open_chain = open_chain
        self._chain: Callable[[], Credentials] | None = None
        self._now = now
        self._timeout_s = timeout_s
        self._held: Credentials | None = None
        self._good_until = datetime.min.replace(tzinfo=UTC)
        self._asking: asyncio.Task[Credentials] | None = None

    async def current(self, *, by_s: float | None = None) -> Credentials:
        """The credentials held, or new ones shortly before those expire.

        Whoever asks while they are being fetched gets the same.

        Raises:
            CredentialsRefused: there are none, or none in time.
        """
        if self._held is not None and self._now() < self._good_until:
            return self._held
        if self._asking is None:
            self._asking = asyncio.create_task(self._fetched(), name="credentials")
            self._asking.add_done_callback(self._forget)
        until_s = asyncio.get_running_loop().time() + self._timeout_s
        try:
            async with asyncio.timeout_at(until_s if by_s is None else min(by_s, until_s)):
                return await asyncio.shield(self._asking)
        except TimeoutError as error:
            raise CredentialsRefused(message="the provider chain does not answer") from error

    def expired(self, credentials: Credentials) -> None:
        """Forget these credentials, unless newer ones are held already."""
        if credentials == self._held:
            self._held = self._chain = None

    async def _fetched(self) -> Credentials:
        held = await asyncio.to_thread(self._asked)
        ends = held.expires_at - RENEWED_BEFORE if held.expires_at else self._now() + KEPT
        self._held, self._good_until = held, ends
        return held

    def _asked(self) -> Credentials:
        try:
            if self._chain is None:
                self._chain = self._open_chain()
            found = self._chain()
        except CredentialsRefused:
            raise
        except Exception as error:  # noqa: BLE001 - the vendor's library raises bare ones
            problem = type(error).__name__
        else:
            if found.access_key_id and found.access_key_secret:
                return found
            problem = "an empty key"
        # Not where the provider's error is still at hand: its text may hold secrets.
        raise CredentialsRefused(message=f"no key from the provider chain: {problem}")

    def _forget(self, asking: asyncio.Task[Credentials]) -> None:
        self._asking = None
        if not asking.cancelled():
            asking.exception()  # told to whoever still waits; nobody else need hear of it
