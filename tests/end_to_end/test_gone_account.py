"""What is stored for an account that the settings no longer have."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.asks import Ask
from bot.demo import CHANNEL, DOMAIN, TEAM, Demo, running
from bot.live.model import stream_of
from bot.sandbox.slack.printed import printed
from bot.settings import StorePlace
from bot.slack.incoming import Click
from bot.store import Store, utc_now
from bot.views.refs import ChoiceRef, PageRef
from bot.watch.model import Ending, Subscription, Watch
from bot.watch.notices import NoticeKind, Told
from handlers import front
from tests.end_to_end.people import ANNA, Person
from tests.end_to_end.test_home import blocks, controls, opens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.settings import Settings

URL = f"rtmp://{DOMAIN}/liveApp/cup"
OLD = Ask("old", DOMAIN, urls=(URL,))
SOON_S = 10


def a_watch(id_: str, *, hours: float) -> Watch:
    """A watch of the gone account, that ends in so many hours."""
    now = utc_now()
    until = now + timedelta(hours=hours)
    streams = {stream_of(URL): URL}
    return Watch(id_, TEAM, CHANNEL, OLD, ANNA, now, until, name=id_, streams=streams)


@asynccontextmanager
async def renamed(folder: Path) -> AsyncIterator[Demo]:
    """The demo on a store in which an account called `old` has a subscription and two watches."""
    url = f"sqlite:///{folder / 'old.sqlite3'}"
    async with Store.open(url) as store:
        await store.subscriptions.add(
            Subscription("sub1", TEAM, CHANNEL, "old", DOMAIN, ANNA, utc_now())
        )
        for watch in (a_watch("tonight", hours=1), a_watch("over", hours=-1)):
            at = watch.created_at
            key = watch.board_key
            board = Told(NoticeKind.BOARD, watch.id, key, TEAM, CHANNEL, at, at)
            await store.watches.add(watch, board)

    def adjusted(settings: Settings) -> Settings:
        return settings.model_copy(update={"store": StorePlace(url=SecretStr(url))})

    async with running(adjusted=adjusted) as demo:
        yield demo


async def stands(demo: Demo, *wanted: str) -> list[str]:
    """The channel's messages, once one of them says all that is wanted."""
    async with asyncio.timeout(SOON_S):
        while True:
            mark = demo.slack.messages.mark
            here = [printed(one, zone="UTC") for one in demo.slack.messages.seen_by(ANNA, CHANNEL)]
            if any(all(word in one for word in wanted) for one in here):
                return here
            await demo.slack.messages.after(mark)


async def test_a_watch_of_an_account_that_is_gone_says_so_and_ends_when_its_time_is_up(
    tmp_path: Path,
) -> None:
    async with renamed(tmp_path) as demo:
        here = await stands(demo, "tonight", "no longer have the account `old`")
        assert not any("first time" in one for one in here if "tonight" in one and "`old`" in one)
        await stands(demo, "over: UNKNOWN, it was never read", "Ended at")
        over = await demo.bot.desk.store.watches.find("over")
        assert over is not None
        assert over.ending is Ending.UNTIL
        tonight = await demo.bot.desk.store.watches.find("tonight")
        assert tonight is not None
        assert tonight.ended_at is None


async def test_a_channel_is_told_that_nothing_is_read_for_it_as_its_account_is_gone(
    tmp_path: Path,
) -> None:
    async with renamed(tmp_path) as demo:
        await stands(demo, "has not been readable since", "no longer have the account `old`")


async def test_the_list_and_the_home_mark_what_nothing_reads(tmp_path: Path) -> None:
    async with renamed(tmp_path) as demo:
        anna = Person(demo)
        listed = await anna.types("/preload list")
        assert listed.count("Nothing reads it: the settings no longer have the account `old`") > 1
        assert "sub.remove" in anna.controls()
        home = await opens(anna)
        assert "Nothing reads it: the settings no longer have the account `old`" in home
        assert "home.unsubscribe" in controls(anna)
        assert "home.open" not in controls(anna)
        assert blocks(anna)


async def test_old_controls_name_the_account_that_is_gone(tmp_path: Path) -> None:
    async with renamed(tmp_path) as demo:
        await demo.bot.desk.keep([OLD])
        page, export = PageRef.to(OLD).pack(), ChoiceRef(OLD.key, "export").pack()
        clicks = {
            "home.open": page,
            "page.refresh": page,
            "page.watch": page,
            "page.more": export,
        }
        for control, value in clicks.items():
            mark = demo.slack.messages.mark
            click = Click(control, value, TEAM, CHANNEL, ANNA, "", in_private=True)
            await front.take_click(demo.bot.desk, click)
            told = printed(await demo.slack.settled(ANNA, after=mark), zone="UTC")
            assert "The settings no longer have the account `old`" in told, control
        active = await demo.bot.desk.store.watches.active()
        assert {watch.id for watch in active} <= {"tonight", "over"}
