"""The vendor's own SDK, unchanged, takes the simulated API for the real one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config

from bot.sandbox.live import SimulatedLive, Throttle, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

MAIN = "live.example.com"
DESCRIBE, SET, DOMAINS = (
    "describe_live_stream_preload_tasks",
    "set_live_stream_preload_tasks",
    "describe_live_user_domains",
)


class Sdk:
    """One client of the vendor's, called in a thread or on the loop."""

    def __init__(self, address: str, live: SimulatedLive, *, is_async: bool) -> None:
        self.live = live
        self.keys: dict[str, str] = {
            "access_key_id": "testid",
            "access_key_secret": "testsecret",
        }
        self._endpoint = address.removeprefix("http://")
        self._is_async = is_async

    async def __call__(self, operation: str, **fields: object) -> dict[str, Any]:
        """The reply's body as the SDK maps it back to the API's names."""
        config = Config(endpoint=self._endpoint, protocol="HTTP", **self.keys)
        client = Client(config)
        name = "".join(word.capitalize() for word in operation.split("_"))
        request = getattr(models, f"{name}Request")(**fields)
        if self._is_async:
            call: Callable[[Any], Awaitable[Any]] = getattr(client, f"{operation}_async")
            reply = await call(request)
        else:
            reply = await asyncio.to_thread(getattr(client, operation), request)
        assert reply.status_code == 200
        body: dict[str, Any] = reply.body.to_map()
        return body


@pytest.fixture(params=[False, True], ids=["sync", "async"])
async def sdk(request: pytest.FixtureRequest) -> AsyncIterator[Sdk]:
    live = SimulatedLive(qps=1000)
    async with running(live) as address:
        yield Sdk(address, live, is_async=request.param)


async def test_it_reads_tasks(sdk: Sdk) -> None:
    body = await sdk(DESCRIBE, domain_name=MAIN, status="failed", page_num=1, page_size=3)
    tasks = body["PreloadTasks"]["PreloadTask"]
    assert body["TotalNum"] > len(tasks) == body["PageSize"] == 3
    assert {task["Status"] for task in tasks} == {"Failed"}
    assert [arrival.code for arrival in sdk.live.arrivals] == [""]


async def test_it_makes_tasks_and_finds_them_by_their_urls(sdk: Sdk) -> None:
    url = f"rtmp://{MAIN}/liveApp/a stream+of~*'é?auth_key=1-2-3&x=1"
    made = await sdk(SET, domain_name=MAIN, play_url=f"{url},rtmp://elsewhere.example.com/a/b")
    assert (made["Status"], made["TotalURL"], made["SuccessURL"]) == ("Failed", 2, 1)
    found = await sdk(DESCRIBE, domain_name=MAIN, play_url=url)
    [task] = found["PreloadTasks"]["PreloadTask"]
    [first, _] = made["PreloadTasksMessages"]["PreloadTasksMessage"]
    assert (task["PlayUrl"], task["TaskId"]) == (url, first["TaskId"])


async def test_it_lists_domains(sdk: Sdk) -> None:
    body = await sdk(DOMAINS, domain_name="archive", live_domain_type="liveVideo")
    [domain] = body["Domains"]["PageData"]
    assert (domain["DomainName"], domain["LiveDomainStatus"]) == ("archive.example.com", "online")


async def test_it_signs_with_a_security_token(sdk: Sdk) -> None:
    sdk.keys = {
        "access_key_id": "testsid",
        "access_key_secret": "testssecret",
        "security_token": "testtoken",
    }
    assert (await sdk(DESCRIBE, domain_name=MAIN))["TotalNum"] > 100


async def test_it_sends_100_long_urls(sdk: Sdk) -> None:
    urls = [f"http://{MAIN}/liveApp/{'long' * 60}{n}.flv?auth_key=1-2-3" for n in range(100)]
    made = await sdk(SET, domain_name=MAIN, play_url=",".join(urls))
    assert (made["Status"], made["SuccessURL"]) == ("Success", 100)


@pytest.mark.parametrize(
    ("operation", "fields", "code"),
    [
        (DESCRIBE, {}, "MissingDomainName"),
        (DESCRIBE, {"domain_name": "other.example.com"}, "InvalidDomain.NotFound"),
        (DESCRIBE, {"domain_name": MAIN, "page_size": 101}, "InvalidPageSize.ValueNotSupported"),
        (SET, {"domain_name": MAIN, "play_url": "a/b.m3u8"}, "InvalidPlayUrl.NotSupported"),
        (DOMAINS, {"page_size": 51}, "InvalidPageSize.ValueNotSupported"),
    ],
)
async def test_it_raises_a_refusal_with_its_code(
    sdk: Sdk, operation: str, fields: dict[str, object], code: str
) -> None:
    with pytest.raises(AlibabaCloudException) as raised:
        await sdk(operation, **fields)
    assert raised.value.code == code
    assert [arrival.code for arrival in sdk.live.arrivals] == [code]


async def test_it_raises_what_throttles_it(sdk: Sdk) -> None:
    sdk.live.faults.inject(Throttle(wait_ms=300), calls=1)
    with pytest.raises(AlibabaCloudException) as raised:
        await sdk(DESCRIBE, domain_name=MAIN)
    assert raised.value.code == "Throttling.User"
    assert (await sdk(DESCRIBE, domain_name=MAIN))["TotalNum"] > 100
