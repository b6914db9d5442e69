from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import StoreUnavailable
from bot.slack.repeats import (
    REPEATED_WITHIN_S,
    REST_S,
    RepeatsInMemory,
    RepeatsInStore,
    identity,
    is_repeat,
)
from bot.watch.keeping import Keeping
from tests.stored import NOW, Clock, opened

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from bot.store import Store

either = pytest.mark.usefixtures("engine")

CLICK = {"type": "block_actions", "trigger_id": "13345224609.738474920.8088930838d88f008e0"}


class Seconds:
    """A monotonic clock that stands until it is set."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


class FrozenRequests:
    """A store that does not answer, until it is thawed."""

    def __init__(self) -> None:
        self.asked = 0
        self.thawed = asyncio.Event()

    async def note(self, key: str) -> bool:
        self.asked += 1
        await self.thawed.wait()
        raise StoreUnavailable(key)


def repeats(store: Store, clock_s: Seconds | None = None) -> RepeatsInStore:
    """What one process would have of its own; it has patience, however slow the machine is."""
    memory = RepeatsInMemory(now=Clock())
    return RepeatsInStore(store.requests, memory, clock_s=clock_s or Seconds(), patience_s=60.0)


# --- what names a request ---


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "event_callback", "event_id": "Ev08MFMKH6", "event_time": 1234567890},
        {"command": "/preload", "trigger_id": "13345224609.738474920.8088930838d88f008e0"},
        CLICK,
    ],
)
def test_a_request_that_is_sent_again_has_the_name_it_had(fields: dict[str, Any]) -> None:
    assert identity(fields, "v0=one") == identity(fields, "v0=other")


@pytest.mark.parametrize(
    "fields",
    [
        {"command": "/preload"},
        {"type": "view_submission", "trigger_id": "13345224609.738474920.8088930838d88f008e0"},
    ],
)
def test_a_request_without_a_name_or_with_an_answer_goes_by_its_delivery(
    fields: dict[str, Any],
) -> None:
    assert identity(fields, "v0=one") == identity(fields, "v0=one")
    assert identity(fields, "v0=one") != identity(fields, "v0=other")


def test_a_requests_name_does_not_show_what_opens_a_form() -> None:
    assert CLICK["trigger_id"] not in identity(CLICK, "")
    assert len(identity(CLICK, "v0=\udce4")) == 64


async def test_what_asks_for_the_options_of_a_menu_is_never_a_repeat() -> None:
    here, fields = RepeatsInMemory(now=lambda: NOW), {"type": "block_suggestion", "value": "cup"}
    assert [await is_repeat(here, fields, "v0=one") for _ in range(2)] == [False, False]
    assert [await is_repeat(here, CLICK, "v0=one") for _ in range(2)] == [False, True]


# --- across processes ---


@either
async def test_a_request_that_another_process_has_taken_is_a_repeat(tmp_path: Path) -> None:
    async with opened(tmp_path) as store, repeats(store) as one, repeats(store) as other:
        assert not await one.is_repeat("a")
        assert await other.is_repeat("a")
        assert not await other.is_repeat("b")
        assert await one.is_repeat("a")


@either
async def test_of_those_who_take_a_request_at_once_one_is_told_that_it_is_new(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        processes = [repeats(store) for _ in range(4)]
        said = await asyncio.gather(*(one.is_repeat("a") for one in processes))
    assert sorted(said) == [False, True, True, True]


@either
async def test_requests_that_cannot_come_again_are_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as store:
        assert await store.requests.note("early")
        clock.now += timedelta(seconds=REPEATED_WITHIN_S)
        assert await store.requests.note("late")
        clock.now += timedelta(seconds=1)
        year = timedelta(days=365)
        await Keeping(store, kept=year, recorded=year, now=clock).turn()
        assert await store.requests.note("early")
        assert not await store.requests.note("late")


# --- without a store ---


async def test_a_store_that_is_away_is_not_asked_again_for_a_while() -> None:
    clock_s, away = Seconds(), FrozenRequests()
    away.thawed.set()
    memory = RepeatsInMemory(now=Clock())
    async with RepeatsInStore(away, memory, clock_s=clock_s) as here:
        with capture_logs() as logged:
            assert not await here.is_repeat("a")
            assert not await here.is_repeat("b")
            assert await here.is_repeat("a")
        assert [line["error"] for line in logged] == ["a"]
        clock_s.s = REST_S
        assert not await here.is_repeat("c")
    assert away.asked == 2


async def test_a_store_that_hangs_holds_an_acknowledgement_up_once_and_for_a_moment() -> None:
    hanging = FrozenRequests()
    memory = RepeatsInMemory(now=Clock())
    async with RepeatsInStore(hanging, memory, clock_s=Seconds(), patience_s=0.01) as here:
        with capture_logs() as logged:
            assert not await here.is_repeat("a")
            assert not await here.is_repeat("b")
        assert [line["error"] for line in logged] == ["no answer in time"]
        assert hanging.asked == 1


async def test_only_so_many_requests_are_remembered() -> None:
    here = RepeatsInMemory(now=lambda: NOW, max_entries=2)
    for key in ("a", "b", "c"):
        assert not await here.is_repeat(key)
    assert await here.is_repeat("c")
    assert not await here.is_repeat("a")
