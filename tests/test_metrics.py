from __future__ import annotations

import re
from collections import Counter

import prometheus_client
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot import metrics
from bot.exposition import counting_throttled
from bot.metrics import METRICS, OTHER, PREFIX, Count, Meter, Prometheus, Time


@pytest.fixture
def meter() -> Prometheus:
    return Prometheus(prometheus_client)


def series(meter: Prometheus, name: str) -> dict[tuple[str, ...], float]:
    """What is read of a metric: its value by its labels' values, in the order of their names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(meter.text().decode())
        for sample in family.samples
        if sample.name == PREFIX + name
    }


def test_every_metric_says_what_it_is_and_its_unit() -> None:
    assert len({one.name for one in METRICS}) == len(METRICS)
    for one in METRICS:
        assert re.fullmatch(r"[a-z_]+", one.name)
        assert one.help.endswith(".")
        assert one.name.endswith("_total") == isinstance(one, Count)
        assert not isinstance(one, Time) or one.name.endswith("_seconds")


def test_what_is_reported_can_be_read(meter: Prometheus) -> None:
    meter.count(metrics.CALLS, "Describe", "ok", "person")
    meter.count(metrics.CALLS, "Describe", "ok", "person")
    meter.took(metrics.ACK, 0.2, "http")
    meter.count(metrics.TURNED_AWAY)
    assert series(meter, "live_calls_total") == {("ok", "Describe", "person"): 2}
    assert series(meter, "ack_seconds_sum") == {("http",): 0.2}
    assert series(meter, "turned_away_total") == {(): 1}


def test_a_level_is_what_was_said_last_and_nothing_else(meter: Prometheus) -> None:
    meter.level(metrics.SWEEP, {("a.example.com",): 2.0, ("b.example.com",): 3.0}, "main")
    meter.level(metrics.SWEEP, {("a.example.com",): 5.0}, "other")
    meter.level(metrics.SWEEP, {("b.example.com",): 4.0}, "main")
    assert series(meter, "sweep_seconds") == {
        ("main", "b.example.com"): 4.0,
        ("other", "a.example.com"): 5.0,
    }


def test_whatever_others_reply_there_are_not_many_series(meter: Prometheus) -> None:
    for number in range(2_100):
        meter.count(metrics.CALLS, "Describe", f"Code{number}", "person")
    read = series(meter, "live_calls_total")
    assert len(read) == 2_001
    assert read[OTHER, OTHER, OTHER] == 100


def test_one_that_heeds_nothing_takes_all_that_is_reported() -> None:
    meter = Meter()
    meter.count(metrics.TURNED_AWAY)
    meter.took(metrics.ACK, 0.2, "http")
    meter.level(metrics.OUTBOX, {(): 1})


async def test_each_429_of_slacks_is_counted_by_its_method(meter: Prometheus) -> None:
    statuses = Counter({"/api/chat.postMessage": 429, "/commands/T1/2/secret": 429})

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=statuses[request.path] or 200)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(application) as server:
        middlewares = counting_throttled(meter, str(server.make_url("/api/")))
        async with ClientSession(middlewares=middlewares) as session:
            for path in ("/api/chat.postMessage", "/commands/T1/2/secret", "/api/auth.test"):
                async with session.post(server.make_url(path)) as reply:
                    await reply.read()
    assert series(meter, "slack_throttled_total") == {
        ("chat.postMessage",): 1,
        ("response_url",): 1,
    }


def test_nothing_is_traced_where_nothing_counts() -> None:
    assert counting_throttled(metrics.UNMETERED, "https://slack.com/api/") == []
