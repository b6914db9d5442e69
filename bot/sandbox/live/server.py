"""The simulated Live API on the wire."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aiohttp import web

from bot.sandbox.live.evening import fill
from bot.sandbox.live.faults import Break, Empty, Faults, Odd, Raw, Refuse, Throttle
from bot.sandbox.live.meter import Arrival, Meter, busiest_second
from bot.sandbox.live.operations import describe_domains, describe_tasks, set_tasks
from bot.sandbox.live.refusals import JSON, Refused
from bot.sandbox.live.signature import Keyring, Received
from bot.sandbox.live.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.sandbox.live.faults import Fault
    from bot.sandbox.live.operations import Reply, Shape

VERSION = "2016-11-01"
LONGEST_LINE_BYTES = 1 << 20
"""100 long URLs stand in one request line; the gateway's own limit is not documented."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SimulatedLive:
    """One account at the simulated Live API.

    Args:
        seed: of everything that is left to chance.
        qps: calls of DescribeLiveStreamPreloadTasks a second.
        speed: how much faster than the clock the tasks live from now on.
        tasks: about how many tasks live.example.com has at the start.
        shape: of the task list in replies.
        now: the wall clock.
        monotonic: the clock of arrivals, in seconds.

    Attributes:
        keys: the access keys it knows; `keys.expired.add("testsid")` ends the token.
        world: its domains and tasks.
        faults: what is made to go wrong.
        arrivals: every call, in the order of arrival.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        qps: int = 10,
        speed: float = 1.0,
        tasks: int = 140,
        shape: Shape = "nested",
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keys = Keyring()
        self.world = World(seed=seed, speed=speed, now=now)
        self.faults = Faults(random.Random(f"{seed}/faults"))
        self.arrivals: list[Arrival] = []
        self.shape = shape
        self._now = now
        self._monotonic = monotonic
        self._request_ids = random.Random(f"{seed}/requests")
        self._meter = Meter(
            {
                "DescribeLiveStreamPreloadTasks": qps,
                "SetLiveStreamPreloadTasks": 50,
                "DescribeLiveUserDomains": 100,
            }
        )
        fill(self.world, tasks=tasks)

    def busiest_second(self, action: str | None = None) -> int:
        """The most arrivals in any second [t, t + 1); of all operations or of one."""
        return busiest_second(call.at for call in self.arrivals if action in {None, call.action})

    def application(self) -> web.Application:
        """The API as an application; it serves every path, to refuse the wrong ones."""
        limits = {"max_line_size": LONGEST_LINE_BYTES, "handler_cancellation": True}
        application = web.Application(handler_args=limits)
        application.router.add_route("*", "/{path:.*}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        at = self._monotonic()
        path, _, query = request.raw_path.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, path, query, headers, await request.read())
        arrival = Arrival(at, headers.get("x-acs-action", ""), received.parameters())
        self.arrivals.append(arrival)
        fault = self.faults.take(arrival.action, at)
        response = self._answer(received, arrival, fault)
        await asyncio.sleep(self.faults.delay_s())
        if isinstance(fault, Break):
            arrival.code = f"({fault.how})"
            return await _broken(fault, request, response)
        return response

    def _answer(self, received: Received, arrival: Arrival, fault: Fault | None) -> web.Response:
        request_id = str(UUID(int=self._request_ids.getrandbits(128), version=4)).upper()
        clock = self._now() + self.faults.skew
        headers = {
            "Date": format_datetime(clock.astimezone(UTC).replace(microsecond=0), usegmt=True),
            "x-acs-request-id": request_id,
        }
        try:
            reply = self._carry_out(received, arrival, fault, clock) | {"RequestId": request_id}
        except Refused as refused:
            arrival.code = refused.code
            host = received.headers.get("host", "")
            body, content_type = refused.body(request_id=request_id, host=host, xml=self.faults.xml)
            headers |= {**refused.headers, "Content-Type": content_type}
            return web.Response(body=body.encode(), status=refused.http_status, headers=headers)
        if isinstance(fault, Raw):
            arrival.code = f"(HTTP {fault.http_status})"
            headers["Content-Type"] = fault.content_type
            return web.Response(body=fault.body.encode(), status=fault.http_status, headers=headers)
        headers["Content-Type"] = JSON
        return web.Response(body=json.dumps(reply).encode(), headers=headers)

    def _carry_out(
        self, received: Received, arrival: Arrival, fault: Fault | None, clock: datetime
    ) -> Reply:
        self.keys.check(received, at=clock)
        if received.path != "/" or arrival.action not in self._meter.limits:
            raise Refused("InvalidAction.NotFound", "Specified api is not found.", 404)
        if received.headers["x-acs-version"] != VERSION:
            raise Refused("InvalidVersion", "Specified parameter Version is not valid.")
        if isinstance(fault, Refuse | Throttle):
            raise fault.refusal()
        self._meter.admit(arrival.action, arrival.at)
        reply = self._operate(arrival, clock.astimezone(UTC))
        return fault.changed(reply) if isinstance(fault, Empty | Odd) else reply

    def _operate(self, arrival: Arrival, at: datetime) -> dict[str, Any]:
        match arrival.action:
            case "DescribeLiveStreamPreloadTasks":
                return describe_tasks(arrival.parameters, self.world, at=at, shape=self.shape)
            case "SetLiveStreamPreloadTasks":
                return set_tasks(arrival.parameters, self.world, at=at)
            case _:
                return describe_domains(arrival.parameters, self.world)


async def _broken(fault: Break, request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Break the connection instead of sending `whole`."""
    transport = request.transport
    if fault.how == "hang" or transport is None:
        await asyncio.Event().wait()
    elif fault.how == "reset":
        connection = transport.get_extra_info("socket")
        # With a linger of no time a close is a TCP reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        body = whole.body if isinstance(whole.body, bytes) else b""
        part = web.StreamResponse(status=whole.status, headers=whole.headers)
        part.content_length = len(body)
        await part.prepare(request)
        await part.write(body[: len(body) // 2])
        transport.close()
        return part
    return whole


@asynccontextmanager
async def running(
    live: SimulatedLive, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve `live` over plain HTTP; yields its address, such as `http://127.0.0.1:8099`.

    Raises:
        OSError: the port is taken.
    """
    # Whoever still hangs when the server closes is not waited for.
    runner = web.AppRunner(live.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address = runner.addresses[0]
        yield f"http://{address[0]}:{address[1]}"
    finally:
        await runner.cleanup()
