"""CPU time per call, of the client's side alone: the server is another process.

The same page of 20 tasks is fetched by a bare GET of aiohttp that parses nothing, by `LiveClient`,
and by the vendor's SDK; over HTTP and HTTPS, one call at a time and 32.
"""

from __future__ import annotations

import asyncio
import ssl
import statistics
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import aiohttp
from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

from bot.live.client import LiveClient
from bot.live.credentials import Credentials
from bot.live.model import TaskQuery
from bot.live.protocol import DESCRIBE_TASKS
from bot.live.quota import LocalQuota
from tests.bench import certificate
from tests.bench.figures import ANYTHING, Figure
from tests.bench.processes import serving
from tests.bench.reply import TASKS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

AT_ONCE = (1, 32)
CALLS = {"LiveClient": 400, "bare GET": 400, "SDK": 60, "SDK, async": 32}
"""How many calls make a round; at least as many as are made at once."""
BARE_GOAL = 2.0
SDK_HTTP_GOAL = 1 / 2.5
SDK_ASYNC_HTTPS_GOAL = 1 / 40
NO_BOUND_PER_S = 1_000_000

Times = dict[tuple[str, int, str], list[float]]
"""Microseconds of CPU per call in each round, by scheme, calls at once, and caller."""


async def run(*, quick: bool = False) -> list[Figure]:
    """Measure all callers in turns, over both schemes."""
    rounds, share = (1, 0.05) if quick else (5, 1.0)
    times: Times = defaultdict(list)
    with TemporaryDirectory(prefix="preload-bot-bench-") as folder:
        public, both = certificate.write(Path(folder))
        for arguments in ((), (str(both),)):
            async with serving("tests.bench.reply", *arguments) as server:
                scheme = server.address.partition(":")[0].upper()
                async with callers(server.address, public) as calls:
                    for at_once in AT_ONCE * rounds:
                        for caller, call in calls.items():
                            count = max(at_once, round(CALLS[caller] * share))
                            times[scheme, at_once, caller].append(
                                await _cpu_us(call, count=count, at_once=at_once)
                            )
    return list(_figures(times))


@asynccontextmanager
async def callers(
    address: str, authority: Path
) -> AsyncIterator[dict[str, Callable[[], Awaitable[int]] | Callable[[], int]]]:
    """Everything that calls the server at `address`, by name; each says how many tasks it got."""
    trusting = ssl.create_default_context(cafile=str(authority))
    async with AsyncExitStack() as stack:
        session, own = [
            await stack.enter_async_context(
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=0, ssl=trusting),
                    cookie_jar=aiohttp.DummyCookieJar(),
                )
            )
            for _ in range(2)
        ]
        quotas = {DESCRIBE_TASKS: LocalQuota(NO_BOUND_PER_S)}
        live = await stack.enter_async_context(
            LiveClient(Credentials("testid", "testsecret"), address, quotas=quotas, session=own)
        )
        query = TaskQuery("live.example.com")
        scheme, _, host = address.partition("://")
        sdk = Client(
            Config(
                access_key_id="testid",
                access_key_secret="testsecret",
                endpoint=host,
                protocol=scheme.upper(),
            )
        )
        request = models.DescribeLiveStreamPreloadTasksRequest(
            domain_name="live.example.com", page_num=1, page_size=TASKS
        )
        runtime = RuntimeOptions(ca=str(authority))

        async def bare_get() -> int:
            async with session.get(address) as reply:
                return TASKS if await reply.read() else 0

        async def ours() -> int:
            page = await live.describe_preload_tasks(query, page_size=TASKS)
            return len(page.tasks)

        def sdk_call() -> int:
            reply = sdk.describe_live_stream_preload_tasks_with_options(request, runtime)
            return len(reply.body.preload_tasks.preload_task)

        async def sdk_call_async() -> int:
            reply = await sdk.describe_live_stream_preload_tasks_with_options_async(
                request, runtime
            )
            return len(reply.body.preload_tasks.preload_task)

        yield {
            "bare GET": bare_get,
            "LiveClient": ours,
            "SDK": sdk_call,
            "SDK, async": sdk_call_async,
        }


async def _cpu_us(
    call: Callable[[], Awaitable[int]] | Callable[[], int], *, count: int, at_once: int
) -> float:
    """Microseconds of this process's CPU time per call, once connections stand."""
    many = _many_async if asyncio.iscoroutinefunction(call) else _many
    await many(call, at_once, at_once)  # type: ignore[arg-type] # as told by the line above
    began_s = time.process_time()
    await many(call, count, at_once)  # type: ignore[arg-type] # the same
    return 1e6 * (time.process_time() - began_s) / count


async def _many(call: Callable[[], int], count: int, at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        assert set(pool.map(lambda _: call(), range(count))) == {TASKS}


async def _many_async(call: Callable[[], Awaitable[int]], count: int, at_once: int) -> None:
    left = iter(range(count))

    async def some() -> None:
        for _ in left:
            assert await call() == TASKS

    await asyncio.gather(*(some() for _ in range(at_once)))


def _figures(times: Times) -> Iterator[Figure]:
    medians = {key: statistics.median(rounds) for key, rounds in times.items()}
    for (scheme, at_once, baseline), value in medians.items():
        if baseline != "LiveClient":
            yield Figure(
                "client",
                f"CPU a call, {scheme}, {at_once} at once",
                medians[scheme, at_once, "LiveClient"],
                "µs",
                baseline,
                value,
                ratio_at_most=_goal(scheme, at_once, baseline),
            )


def _goal(scheme: str, at_once: int, baseline: str) -> float:
    if baseline == "bare GET":
        return BARE_GOAL if at_once == max(AT_ONCE) else ANYTHING
    if scheme == "HTTP":
        return SDK_HTTP_GOAL
    return SDK_ASYNC_HTTPS_GOAL if baseline == "SDK, async" else ANYTHING
