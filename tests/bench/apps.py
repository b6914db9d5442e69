"""The two apps that are compared, each in a process of its own, and what they talk to."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.processes import Server, serving
from tests.bench.slack import SIGNING_SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from tests.bench.slack import Slack

DOMAINS = ("live.example.com", "vip.example.com")

_SETTINGS = """\
[slack]
bot_token = "xoxb-bench"
signing_secret = "{secret}"
api_url = "{api_url}"

[accounts.bench]
access_key_id = "testid"
access_key_secret = "testsecret"
endpoint = "{endpoint}"
domains = {domains}
calls_per_s = {{ describe = {rate} }}

[server]
port = 0

[watch]
fresh_s = {fresh_s}

[store]
url = "{store}"
"""


@asynccontextmanager
async def bot(
    slack: Slack,
    endpoint: str,
    domains: Sequence[str] = DOMAINS,
    *,
    rate: int = 1000,
    fresh_s: int = 10,
    store: str | None = None,
) -> AsyncIterator[Server]:
    """`preload-bot serve` with so many calls a second.

    On a `store` that is shared it only answers; else it has one that is thrown away afterwards.
    """
    role = "all" if store is None else "web"
    with TemporaryDirectory(prefix="preload-bot-bench-") as folder:
        settings = Path(folder) / "preload-bot.toml"
        settings.write_text(
            _SETTINGS.format(
                secret=SIGNING_SECRET,
                api_url=slack.api_url,
                endpoint=endpoint,
                domains=json.dumps(list(domains)),
                rate=rate,
                fresh_s=fresh_s,
                store=store or f"sqlite:///{folder}/bench.sqlite3",
            )
        )
        async with serving(
            "bot", "serve", "--role", role, "--settings", str(settings), says="listening"
        ) as server:
            yield server


def hello_world(slack: Slack) -> AbstractAsyncContextManager[Server]:
    """Bolt's hello-world."""
    return serving("tests.bench.hello", slack.api_url, SIGNING_SECRET)
