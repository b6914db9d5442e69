from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.store import Store
from bot.watch.heartbeat import EVERY_S, Heartbeat
from tests.stored import subscription

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SECRET = "0123-secret"


@dataclass
class Switch:
    """A dead-man's switch, and a bot's heartbeat."""

    store: Store
    heartbeat: Heartbeat
    statuses: list[int] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.pings.append(request.path)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def follow(self) -> None:
        assert await self.store.subscriptions.add(subscription("sub1")) is None


@pytest.fixture
async def switch(tmp_path: Path) -> AsyncIterator[Switch]:
    answers: list[Switch] = []

    async def answer(request: web.Request) -> web.Response:
        return await answers[0].answer(request)

    application = web.Application()
    application.router.add_get(f"/ping/{SECRET}", answer)
    async with (
        Store.open(f"sqlite:///{tmp_path / 'bot.sqlite3'}") as store,
        aiohttp.ClientSession() as session,
        TestServer(application) as server,
    ):
        url = SecretStr(str(server.make_url(f"/ping/{SECRET}")))
        answers.append(Switch(store, Heartbeat(session, url, store)))
        yield answers[0]


async def test_it_pings_after_a_sweep_that_worked_and_not_again_before_the_next(
    switch: Switch,
) -> None:
    await switch.follow()
    switch.heartbeat.worked()
    switch.heartbeat.worked()
    assert await switch.heartbeat.turn() == EVERY_S
    assert switch.pings == [f"/ping/{SECRET}"]
    await switch.heartbeat.turn()
    assert len(switch.pings) == 1
    switch.heartbeat.worked()
    await switch.heartbeat.turn()
    assert len(switch.pings) == 2


async def test_where_nothing_is_followed_there_is_nothing_to_read_and_it_pings(
    switch: Switch,
) -> None:
    await switch.heartbeat.turn()
    assert len(switch.pings) == 1


async def test_a_switch_that_fails_is_told_of_once_and_without_its_address(
    switch: Switch,
) -> None:
    switch.statuses += [500, 404, 200, 503]
    with structlog.testing.capture_logs() as lines:
        for _ in range(4):
            await switch.heartbeat.turn()
    assert [(line["event"], line.get("reason")) for line in lines] == [
        ("heartbeat not taken", "http_500"),
        ("heartbeat taken again", None),
        ("heartbeat not taken", "http_503"),
    ]


async def test_a_switch_that_cannot_be_reached_stops_nothing(tmp_path: Path) -> None:
    async with TestServer(web.Application()) as server:
        gone = str(server.make_url(f"/ping/{SECRET}"))
    async with (
        Store.open(f"sqlite:///{tmp_path / 'bot.sqlite3'}") as store,
        aiohttp.ClientSession() as session,
    ):
        with structlog.testing.capture_logs() as lines:
            assert await Heartbeat(session, SecretStr(gone), store).turn() == EVERY_S
    assert [line["event"] for line in lines] == ["heartbeat not taken"]
    assert SECRET not in repr(lines)


async def test_without_an_address_nothing_is_pinged(tmp_path: Path) -> None:
    async with (
        Store.open(f"sqlite:///{tmp_path / 'bot.sqlite3'}") as store,
        aiohttp.ClientSession() as session,
    ):
        assert await Heartbeat(session, None, store).turn() > EVERY_S
