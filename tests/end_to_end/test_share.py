"""Share: what is posted for a whole channel is as it is now, or says that it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.sandbox.live import UNAVAILABLE

if TYPE_CHECKING:
    import pytest

    from bot.demo import Demo
    from tests.end_to_end.people import Person

GREEN = "✅"


def grown_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read up to now answers no question any more."""
    monkeypatch.setattr("bot.memory.FRESH_S", -1.0)
    monkeypatch.setattr("bot.memory.FRESH_SETTLED_S", -1.0)
    monkeypatch.setattr("bot.cache.ThisSecond.held", lambda _self, _key: None)


def preloaded(demo: Demo, *names: str, hours_ago: int = 2, fails: bool = False) -> None:
    """Preload streams of quiet.example.com, whose tasks are over at once."""
    now = datetime.now(UTC)
    for name in names:
        demo.live.world.add(
            f"http://quiet.example.com/liveApp/{name}.flv",
            created=now - timedelta(hours=hours_ago),
            pending_s=0,
            preloading_s=0,
            window=(now - timedelta(hours=1), now + timedelta(hours=3)),
            outcome="failed" if fails else "complete",
        )


async def test_what_has_failed_since_it_was_asked_is_not_shared_as_ready(
    anna: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    preloaded(demo, "one")
    assert GREEN in await anna.types("/preload quiet.example.com")
    preloaded(demo, "one", hours_ago=1, fails=True)
    grown_old(monkeypatch)
    said = await anna.clicks("page.share")
    assert anna.read is not None
    assert anna.read.only_visible_to is None
    assert "❌ failed" in said
    assert GREEN not in said


async def test_an_old_answer_that_cannot_be_read_again_is_shared_as_old(
    anna: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    preloaded(demo, "one")
    await anna.types("/preload quiet.example.com")
    demo.live.faults.inject(UNAVAILABLE)
    grown_old(monkeypatch)
    said = await anna.clicks("page.share")
    assert "Not current" in said
    assert GREEN not in said
    assert "liveApp/one.flv" in said


async def test_an_answer_of_just_now_is_shared_without_a_call(
    anna: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.memory.FRESH_S", 3_600.0)
    monkeypatch.setattr("bot.memory.FRESH_SETTLED_S", 3_600.0)
    await anna.types("/preload status=failed")
    rows, calls = anna.table(), len(demo.live.arrivals)
    await anna.clicks("page.share")
    assert anna.table() == rows
    assert len(demo.live.arrivals) == calls


async def test_an_old_page_is_shared_as_it_is_now_and_says_where_rows_have_moved(
    anna: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    preloaded(demo, *(f"cam{number}" for number in range(7)))
    assert "tasks 6–7 of 7" in await anna.types("/preload quiet.example.com size=5 page=2")
    preloaded(demo, "cam8", hours_ago=1)
    grown_old(monkeypatch)
    said = await anna.clicks("page.share")
    assert "tasks 6–8 of 8" in said
    assert "rows may have moved" in said
