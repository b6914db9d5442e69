"""A signed caller of the simulated Live API, and a clock that stands until it is moved."""

from __future__ import annotations

import hashlib
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from bot.sandbox.live import SimulatedLive, running
from bot.sandbox.live.signature import DATE_FORMAT, Received, sign, string_to_sign

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

DESCRIBE = "DescribeLiveStreamPreloadTasks"
SET = "SetLiveStreamPreloadTasks"
DOMAINS = "DescribeLiveUserDomains"


@dataclass
class Clock:
    """Wall clock and monotonic clock, moved by hand."""

    time: datetime = datetime(2026, 11, 22, 19, 42, tzinfo=UTC)
    seconds: float = 100.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    json: Any

    @property
    def code(self) -> str:
        return str(self.json.get("Code", ""))

    @property
    def tasks(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = self.json["PreloadTasks"]["PreloadTask"]
        return tasks


@dataclass
class Caller:
    """Signs as asked, wrongly too."""

    session: aiohttp.ClientSession
    address: str
    live: SimulatedLive
    clock: Clock
    key: tuple[str, str] = ("testid", "testsecret")
    token: str = ""
    changed: dict[str, str] = field(default_factory=dict)
    """Headers to sign with other values, or, where empty, not to send and sign at all."""
    unsigned: frozenset[str] = frozenset()
    forged: dict[str, str] = field(default_factory=dict)
    """Headers replaced after signing."""
    body: bytes = b""

    async def __call__(self, action: str = DESCRIBE, path: str = "/", **parameters: str) -> Answer:
        query = urlencode(parameters)
        url = URL(f"{self.address}{path}?{query}", encoded=True)
        headers = self._headers(url, action)
        received = Received("POST", path, query, headers, self.body)
        signed = sorted(headers.keys() - self.unsigned)
        signature = sign(self.key[1], string_to_sign(received, signed))
        headers["authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.key[0]},"
            f"SignedHeaders={';'.join(signed)},Signature={signature}"
        )
        headers |= self.forged
        async with self.session.post(url, data=self.body or None, headers=headers) as reply:
            text = await reply.text()
            json = await reply.json() if "json" in reply.content_type else None
            return Answer(reply.status, reply.headers.copy(), text, json)

    def _headers(self, url: URL, action: str) -> dict[str, str]:
        headers = {
            "host": url.authority,
            "x-acs-action": action,
            "x-acs-version": "2016-11-01",
            "x-acs-date": self.clock.now().strftime(DATE_FORMAT),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(self.body).hexdigest(),
        }
        if self.token:
            headers |= {"x-acs-security-token": self.token, "x-acs-accesskey-id": self.key[0]}
        headers |= self.changed
        return {name: value for name, value in headers.items() if value}


@asynccontextmanager
async def calling(live: SimulatedLive, clock: Clock) -> AsyncIterator[Caller]:
    """Serve `live` and call it."""
    async with running(live) as address, aiohttp.ClientSession() as session:
        yield Caller(session, address, live, clock)


@asynccontextmanager
async def standing(**options: Any) -> AsyncIterator[Caller]:  # noqa: ANN401 - SimulatedLive's own options
    """A simulated API whose clock stands, and a caller."""
    clock = Clock()
    live = SimulatedLive(now=clock.now, monotonic=clock.monotonic, **options)
    async with calling(live, clock) as caller:
        yield caller
