from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import CredentialsRefused
from bot.live.credentials import (
    KEPT,
    RENEWED_BEFORE,
    Credentials,
    ProviderChain,
    StaticCredentials,
    from_environment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def numbered(number: int, *, expires_at: datetime | None = None) -> Credentials:
    return Credentials(f"id-{number}", "secret", "token", expires_at)


@dataclass
class Provider:
    """A provider that gives a new key each time; it can be made to wait, and to fail.

    Attributes:
        life: how long a key lives, or None if that is not told.
        gate: closed, it keeps the asking thread waiting.
        error: what it raises instead.
    """

    now: datetime = NOON
    life: timedelta | None = None
    gate: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    opened: int = 0
    asked: int = 0
    threads: set[int] = field(default_factory=set)

    def open(self) -> Callable[[], Credentials]:
        self.opened += 1
        return self.ask

    def ask(self) -> Credentials:
        self.threads.add(threading.get_ident())
        assert self.gate.wait(30)
        self.asked += 1
        if self.error is not None:
            raise self.error
        expires_at = self.now + self.life if self.life is not None else None
        return numbered(self.asked, expires_at=expires_at)

    def chain(self, *, timeout_s: float = 30.0) -> ProviderChain:
        return ProviderChain(self.open, now=lambda: self.now, timeout_s=timeout_s)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    provider.gate.set()
    yield provider
    provider.gate.set()


def test_the_keys_are_read_from_the_variables_that_the_vendors_tools_read() -> None:
    variables = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret\n",
        "ALIBABA_CLOUD_SECURITY_TOKEN": " token ",
    }
    assert from_environment(variables) == Credentials("id", "secret", "token")
    del variables["ALIBABA_CLOUD_SECURITY_TOKEN"]
    assert from_environment(variables) == Credentials("id", "secret")


@pytest.mark.parametrize(
    "missing", ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
)
def test_a_missing_variable_is_named(missing: str) -> None:
    variables = dict.fromkeys(
        ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"], "hidden"
    )
    with pytest.raises(CredentialsRefused) as refused:
        from_environment(variables | {missing: " "})
    assert missing in str(refused.value)
    assert "hidden" not in repr(refused.value)


def test_secrets_do_not_stand_in_a_repr() -> None:
    shown = f"{Credentials('id', 'secret', 'token')!r} {StaticCredentials(numbered(1))!r}"
    assert "'id'" in shown
    assert "secret=" not in shown
    assert "token" not in shown


async def test_static_credentials_stay_the_same_even_when_called_expired() -> None:
    source = StaticCredentials(numbered(1))
    source.expired(numbered(1))
    assert await source.current() == numbered(1)


async def test_the_provider_is_asked_in_another_thread(provider: Provider) -> None:
    await provider.chain().current()
    assert threading.get_ident() not in provider.threads


async def test_a_slow_provider_is_asked_once_and_freezes_nobody(provider: Provider) -> None:
    provider.gate.clear()
    chain = provider.chain()
    asking = [asyncio.create_task(chain.current()) for _ in range(20)]
    for _ in range(100):
        await asyncio.sleep(0)  # the loop turns while the thread waits
    assert not any(task.done() for task in asking)
    provider.gate.set()
    assert await asyncio.gather(*asking) == [numbered(1)] * 20
    assert provider.asked == 1


async def test_who_stops_waiting_does_not_stop_the_others(provider: Provider) -> None:
    provider.gate.clear()
    chain = provider.chain()
    first, second = (asyncio.create_task(chain.current()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    provider.gate.set()
    assert await second == numbered(1)


async def test_a_provider_that_does_not_answer_is_an_error_in_time(provider: Provider) -> None:
    provider.gate.clear()
    with pytest.raises(CredentialsRefused, match="does not answer"):
        await provider.chain(timeout_s=0.0).current()
    provider.gate.set()


@pytest.mark.parametrize(
    ("life", "kept"),
    [(timedelta(hours=1), timedelta(hours=1) - RENEWED_BEFORE), (None, KEPT)],
)
async def test_credentials_are_kept_until_shortly_before_they_expire(
    provider: Provider, life: timedelta | None, kept: timedelta
) -> None:
    provider.life = life
    chain = provider.chain()
    first = await chain.current()
    provider.now += kept - timedelta(seconds=1)
    assert await chain.current() == first
    provider.now += timedelta(seconds=1)
    assert (await chain.current()).access_key_id == "id-2"
    assert provider.opened == 1


async def test_expired_credentials_are_fetched_anew_once_whoever_complains(
    provider: Provider,
) -> None:
    chain = provider.chain()
    old = await chain.current()
    for _ in range(20):  # calls under way, signed with the old ones
        chain.expired(old)
        assert await chain.current() == numbered(2)
    assert (provider.asked, provider.opened) == (2, 2)


async def test_after_an_error_the_provider_is_asked_again(provider: Provider) -> None:
    chain = provider.chain()
    provider.error = OSError("no route")
    with pytest.raises(CredentialsRefused):
        await chain.current()
    provider.error = None
    assert await chain.current() == numbered(2)


async def test_a_providers_words_are_not_passed_on(provider: Provider) -> None:
    provider.error = ValueError("in profile default: access_key_secret=hidden")
    with pytest.raises(CredentialsRefused) as refused:
        await provider.chain().current()
    assert "ValueError" in str(refused.value)
    assert "hidden" not in "".join(map(repr, chain_of(refused.value)))


async def test_a_providers_own_refusal_is_passed_on(provider: Provider) -> None:
    provider.error = CredentialsRefused(message="install it")
    with pytest.raises(CredentialsRefused, match="install it"):
        await provider.chain().current()


@pytest.mark.parametrize("found", [Credentials("", "secret"), Credentials("id", "")])
async def test_half_a_key_is_none(found: Credentials) -> None:
    with pytest.raises(CredentialsRefused, match="empty"):
        await ProviderChain(lambda: lambda: found).current()


def chain_of(error: BaseException | None) -> list[BaseException]:
    """The error with everything that hangs on it."""
    if error is None:
        return []
    return [error, *chain_of(error.__cause__), *chain_of(error.__context__)]


# --- the vendor's own library, which reads the environment as it is imported ---

ASK_THE_VENDOR = """
import asyncio
from bot.live.credentials import ProviderChain
found = asyncio.run(ProviderChain().current())
print(found.access_key_id, found.access_key_secret, found.security_token)
"""
OFFLINE = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}


def vendor_says(
    home: Path, script: str = ASK_THE_VENDOR, **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "ALIBABA" not in name}
    return subprocess.run(
        [sys.executable, "-c", script],
        env=kept
        | OFFLINE
        | {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
        | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("token", [None, "token"])
def test_the_vendors_chain_finds_keys_in_the_environment(tmp_path: Path, token: str | None) -> None:
    variables = KEYS | ({"ALIBABA_CLOUD_SECURITY_TOKEN": token} if token else {})
    assert vendor_says(tmp_path, **variables).stdout == f"id secret {token}\n"


def test_the_vendors_chain_finds_keys_in_its_own_file(tmp_path: Path) -> None:
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text(
        '{"current": "default", "profiles": [{"name": "default", "mode": "AK",'
        ' "access_key_id": "id", "access_key_secret": "secret"}]}'
    )
    assert vendor_says(tmp_path).stdout == "id secret None\n"


def test_where_the_vendors_chain_finds_nothing_it_is_an_error_of_ours(tmp_path: Path) -> None:
    said = vendor_says(tmp_path)
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1] == (
        "bot.errors.CredentialsRefused: CredentialsRefused,"
        " no key from the provider chain: CredentialException"
    )


WITHOUT_A_NETWORK = """
import socket
def connect(self, address):
    print("reached for", address)
    raise OSError
socket.socket.connect = connect
"""


@pytest.mark.parametrize(
    ("product", "variables", "is_asked"),
    [
        ("KVM", {}, False),
        (None, {}, False),
        ("Alibaba Cloud ECS", {}, True),
        ("KVM", {"ALIBABA_CLOUD_ECS_METADATA": "a-role"}, True),
    ],
)
def test_an_instance_s_role_is_asked_for_only_where_there_may_be_one_and_nothing_is_printed(
    tmp_path: Path, product: str | None, variables: dict[str, str], *, is_asked: bool
) -> None:
    if product is not None:
        (tmp_path / "product_name").write_text(f"{product}\n")
    script = f"""{WITHOUT_A_NETWORK}
from pathlib import Path
from bot.live.credentials import vendor_chain
try:
    vendor_chain(Path({str(tmp_path / "product_name")!r}))()
except Exception:
    print("none")
"""
    everywhere = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "", "no_proxy": "*"}
    said = vendor_says(tmp_path, script, **everywhere, **variables)
    assert ("reached for ('100.100.100.200', 80)" in said.stdout) is is_asked
    assert said.stdout.endswith("none\n")
    assert said.stderr == ""
