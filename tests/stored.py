"""Values to store, each with what a test cares for; and a store whose clock stands."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from bot.asks import Ask
from bot.live.model import PreloadTask
from bot.store import Store
from bot.watch.model import Change, ChangeKind, Followed, Subscription, Watch
from bot.watch.notices import NoticeKind, Told, Turn
from tests.engines import url_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.watch.notices import Notice

NOW = datetime(2026, 11, 22, 19, 42, tzinfo=UTC)
SOON = NOW + timedelta(seconds=10)
DOMAIN = "live.example.com"
SIGNED = "?auth_key=s3cret"


class Clock:
    """A wall clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(folder: Path, clock: Clock | None = None) -> AsyncIterator[Store]:
    """The store in this folder; opened again it is the same."""
    async with Store.open(url_in(folder), now=clock or Clock()) as store:
        yield store


def task(number: int = 1, **more: Any) -> PreloadTask:  # noqa: ANN401 - a task's fields
    url = f"rtmp://{DOMAIN}/app/cup_{number}{SIGNED}"
    plain = PreloadTask(f"task-{number}", DOMAIN, url, created=NOW, status="failed")
    return msgspec.structs.replace(plain, **more)


def subscription(id_: str = "sub1", **more: Any) -> Subscription:  # noqa: ANN401 - its fields
    plain = Subscription(id_, "T1", "C1", "default", DOMAIN, owner="U1", created_at=NOW)
    return replace(plain, **more)


def watch(id_: str = "watch1", **more: Any) -> Watch:  # noqa: ANN401 - its fields
    ask = Ask("default", DOMAIN, urls=(task(1).url,))
    until = NOW + timedelta(hours=6)
    plain = Watch(id_, "T1", "C1", ask, owner="U1", created_at=NOW, until=until)
    return replace(plain, streams={task(1).stream: task(1).url}, **more)


def change(number: int = 1, kind: ChangeKind = ChangeKind.FAILED) -> Change:
    return Change(kind, task(number), NOW)


def told(number: int = 1, **more: Any) -> Told:  # noqa: ANN401 - its fields
    """A failure of a stream, for the subscription `sub1`, due now."""
    plain = Told(
        kind=NoticeKind.FAILURES,
        source="sub1",
        key=f"failed:{number}",
        team_id="T1",
        channel_id="C1",
        seen_at=NOW,
        due_at=NOW,
        change=change(number),
    )
    return replace(plain, **more)


def board(of: Watch) -> Told:
    """The message of a watch, due now."""
    return told(
        kind=NoticeKind.BOARD,
        source=of.id,
        key=of.board_key,
        team_id=of.team_id,
        channel_id=of.channel_id,
        change=None,
    )


def alert(of: Watch, number: int = 1) -> Told:
    """A failure, in a watch's thread, due now."""
    place = {"source": of.id, "channel_id": of.channel_id, "thread": of.board_key}
    return told(number, kind=NoticeKind.ALERT, **place)


def turn(*all_: Told, **more: Any) -> Turn:  # noqa: ANN401 - a turn's fields
    return Turn(Followed("default", DOMAIN), told=all_, **more)


async def tell(store: Store, *all_: Told) -> None:
    """Queue them as one turn does."""
    await store.ledger.record(turn(*all_))


async def sent(store: Store, at: datetime = NOW) -> Notice:
    """The notice whose turn it is, posted; its `ts` is its key."""
    due = await store.notices.due(at, limit=1)
    notice = await store.notices.claim(due[0].id, at)
    assert notice is not None
    await store.notices.posted(notice, notice.key, at)
    return notice
