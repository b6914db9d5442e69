"""Walks through the bot, as an operator takes them: several steps, and what stands there then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.live import UNAVAILABLE

if TYPE_CHECKING:
    from bot.demo import Demo
    from tests.end_to_end.people import Person

GREEN = "✅"


async def test_rows_that_could_not_be_read_again_are_green_on_no_page_and_not_when_shared(
    anna: Person, demo: Demo
) -> None:
    await anna.types("/preload vip.example.com size=20")
    demo.live.faults.inject(UNAVAILABLE)
    said = [await anna.clicks("page.refresh")]
    said.append(await anna.clicks("page.next"))
    said.append(await anna.clicks("page.prev"))
    said.append(await anna.clicks("page.share"))
    assert all("Not current" in one for one in said)
    assert not any(GREEN in one for one in said)
    demo.live.faults.clear()
    assert GREEN in await anna.types("/preload vip.example.com size=20")
