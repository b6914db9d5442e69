"""Resident memory of the bot's process: after its start, and after 10,000 distinct questions.

Each question goes through the front door, misses the cache, and is asked at the (stood-in) API.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.bench import apps, slack
from tests.bench.figures import Figure
from tests.bench.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.processes import Server
    from tests.bench.slack import Slack

QUESTIONS = 10_000
AT_ONCE = 32
_SIGN = b'"type":"table"'


async def run(*, quick: bool = False) -> list[Figure]:
    """Measure the bot, and beside it a Bolt hello-world."""
    count = 50 if quick else QUESTIONS
    async with (
        slack.running() as side,
        serving("tests.bench.reply") as api,
        apps.hello_world(side) as hello,
        apps.bot(side, api.address) as bot,
    ):
        await side.asks(bot.address, "help")
        await side.asks(hello.address, "")
        started, hello_mib = bot.resident_mib, hello.resident_mib
        await _ask_all(side, bot, count)
        return list(_figures(count, started, bot.resident_mib, hello_mib))


async def _ask_all(side: Slack, bot: Server, count: int) -> None:
    """Ask for the last minute, the last two minutes, …, of one domain and another."""
    domains = ("live.example.com", "vip.example.com", "a.example.com")
    left = iter(range(count))

    async def some() -> None:
        for number in left:
            minutes, domain = divmod(number, len(domains))
            question = f"domain={domains[domain]} since={minutes + 1}m"
            _, answer = await side.asks(bot.address, question)
            assert _SIGN in answer, answer

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


def _figures(count: int, started: float, asked: float, hello: float) -> Iterator[Figure]:
    yield Figure("memory", "resident after the start", started, "MiB", "Bolt hello-world", hello)
    yield Figure(
        "memory",
        f"resident after {count:,} distinct questions",
        asked,
        "MiB",
        "after the start",
        started,
    )
