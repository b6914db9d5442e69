"""Walks through the bot, as an operator takes them: several steps, and what stands there then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.asks import Ask, Place
from bot.errors import StaleReference
from bot.live.model import StatusFilter
from bot.sandbox.live import UNAVAILABLE
from bot.slack.incoming import HomeOpened
from handlers.desk import Unanswered
from tests.end_to_end.people import ANNA

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


async def test_what_the_bot_itself_refuses_is_said_in_the_reader_s_language(
    liwei: Person,
) -> None:
    said = await liwei.types("/preload http://live.example.com/liveApp/cup?x=1,2")
    assert "不含逗号的地址" in said
    assert "not sent" not in said


async def test_a_button_older_than_what_the_api_keeps_is_answered_with_the_command(
    demo: Demo,
) -> None:
    desk = demo.bot.desk.serving(HomeOpened("T0001", ANNA, "home"))
    ask = Ask("default", "vip.example.com", status=StatusFilter.FAILED)
    with pytest.raises(Unanswered) as unanswered:
        await desk.page(ask, Place(end=desk.now() - timedelta(days=4)))
    assert unanswered.value.ask == ask
    assert isinstance(unanswered.value.because, StaleReference)


async def test_a_default_domain_that_nobody_knows_is_doubted(anna: Person, liwei: Person) -> None:
    said = await anna.types("/preload default live.exampel.com")
    assert "not among the known domains. Did you mean `live.example.com`?" in said
    assert "您无权管理" in await liwei.types("/preload 默认 live.exampel.com")
    assert "⚠️" not in await anna.types("/preload default live.example.com")


async def test_a_status_that_nothing_is_in_is_no_dead_end(anna: Person) -> None:
    await anna.types("/preload archive.example.com since=6h")
    window = anna.table()
    assert "Nothing was started" in await anna.clicks("page.status", "pending")
    await anna.clicks("page.status", "all")
    assert anna.table() == window
