from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import pytest

from bot.reader import Language, Reader
from handlers import reply

if TYPE_CHECKING:
    from handlers.desk import Desk

UNUSED = cast("Desk", None)


@pytest.fixture
def to_anna(monkeypatch: pytest.MonkeyPatch) -> reply.Reply:
    """A reply to which everything that is not there at once takes long enough to be announced."""
    monkeypatch.setattr(reply, "SLOW_S", 0.0)
    return reply.Reply(UNUSED, Reader("U1", Language.ENGLISH, ZoneInfo("UTC")), "", "")


async def test_what_is_there_at_once_is_not_announced(to_anna: reply.Reply) -> None:
    async def work() -> str:
        return "answer"

    async def announce() -> bool:
        raise AssertionError

    assert await to_anna.unless_quick(work(), announce) == ("answer", False)


async def test_an_answer_waits_for_its_announcement_to_be_taken(to_anna: reply.Reply) -> None:
    announcing, taken, found = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def announce() -> bool:
        announcing.set()
        return await taken.wait()

    answering = asyncio.create_task(to_anna.unless_quick(found.wait(), announce))
    await announcing.wait()
    found.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not answering.done()
    taken.set()
    assert await answering == (True, True)


async def test_an_announcement_ends_with_the_job_it_is_for(to_anna: reply.Reply) -> None:
    announcing, never = asyncio.Event(), asyncio.Event()
    ended: list[bool] = []

    async def announce() -> bool:
        announcing.set()
        try:
            return await never.wait()
        finally:
            ended.append(True)

    answering = asyncio.create_task(to_anna.unless_quick(never.wait(), announce))
    await announcing.wait()
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert ended
