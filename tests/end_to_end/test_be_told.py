"""Being told: what happens to streams, and what then stands in the channels."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from bot.demo import CHANNEL, Demo, running
from bot.sandbox.slack.printed import printed
from bot.settings import Watching
from tests.end_to_end.people import ANNA, GENERAL, LIWEI, Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.sandbox.live.world import Task
    from bot.sandbox.slack import Message

GREEN = "✅"
QUIET = "quiet.example.com"
BEFORE = f"rtmp://{QUIET}/liveApp/before"
"""A stream that failed before anything was followed."""
TOLD_WITHIN_S = 60.0
"""Far longer than it takes: this only ends a test that would never."""


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running(watch=Watching(fresh_s=1)) as demo:
        before = demo.bot.now() - timedelta(minutes=5)
        demo.live.world.add(BEFORE, created=before, outcome="failed")
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    """Anna in #general, where nothing is followed before she says so."""
    return Person(demo, channel=GENERAL)


@pytest.fixture
def liwei(demo: Demo) -> Person:
    return Person(demo, LIWEI, GENERAL)


def preload(
    demo: Demo,
    name: str,
    outcome: Literal["complete", "failed"] = "complete",
    *,
    after_s: float = 0.3,
    window_h: float = 3.0,
) -> Task:
    """Submit a stream of the quiet domain now; it is preloading, and finished after that time."""
    now = demo.bot.now()
    return demo.live.world.add(
        f"rtmp://{QUIET}/liveApp/{name}",
        outcome=outcome,
        pending_s=0.0,
        preloading_s=after_s,
        window=(now, now + timedelta(hours=window_h)),
    )


async def posted(
    demo: Demo, mark: int, says: Callable[[str], bool], *, channel: str = GENERAL
) -> Message:
    """The message that comes to stand in a channel and says so."""

    def is_it(message: Message) -> bool:
        is_there = message.channel == channel and message.only_visible_to is None
        return is_there and says(printed(message, zone="UTC"))

    return await demo.slack.settled(ANNA, after=mark, until=is_it, timeout_s=TOLD_WITHIN_S)


def standing(demo: Demo, channel: str = GENERAL) -> list[str]:
    """What the bot has posted there, as it stands."""
    return [
        printed(message, zone="UTC")
        for message in demo.slack.messages.seen_by(ANNA, channel)
        if message.only_visible_to is None
    ]


async def baseline(demo: Demo) -> None:
    """Wait until all of the domain has been read once: what happens from then on is told."""
    mark = demo.slack.messages.mark
    person = Person(demo, ANNA, CHANNEL)
    await person.types(f"/preload watch {BEFORE}")
    await posted(demo, mark, lambda said: "0 of 1 ready" in said, channel=CHANNEL)


# --- subscriptions ---


async def test_a_failure_is_told_once_and_calls_who_subscribed(anna: Person, demo: Demo) -> None:
    await anna.types(f"/preload subscribe {QUIET}")
    await baseline(demo)
    mark = demo.slack.messages.mark
    preload(demo, "cup_main", "failed")
    notice = await posted(demo, mark, lambda said: "cup_main" in said)
    assert notice.mentions == (ANNA,)
    assert "1 stream failed" in printed(notice, zone="UTC")
    assert not any("liveApp/before" in said for said in standing(demo))


async def test_what_completes_together_is_told_together(anna: Person, demo: Demo) -> None:
    await anna.types(f"/preload subscribe {QUIET} group=3s")
    await baseline(demo)
    mark = demo.slack.messages.mark
    for number in range(8):
        preload(demo, f"cup_cam{number}")
    notice = await posted(demo, mark, lambda said: "8 completed" in said)
    assert notice.mentions == ()
    assert len(standing(demo)) == 1


async def test_only_the_wanted_statuses_are_told(anna: Person, demo: Demo) -> None:
    await anna.types(f"/preload subscribe {QUIET} status=failed")
    await baseline(demo)
    mark = demo.slack.messages.mark
    preload(demo, "cup_fine")
    preload(demo, "cup_main", "failed", after_s=1.0)
    await posted(demo, mark, lambda said: "cup_main" in said)
    assert not any("cup_fine" in said for said in standing(demo))


async def test_a_failed_stream_that_was_submitted_again_and_recovers_is_told(
    anna: Person, demo: Demo
) -> None:
    await anna.types(f"/preload subscribe {QUIET} group=0s")
    await baseline(demo)
    mark = demo.slack.messages.mark
    preload(demo, "cup_main", "failed")
    await posted(demo, mark, lambda said: "cup_main" in said)
    preload(demo, "cup_main")
    await posted(demo, mark, lambda said: "recovered" in said and "cup_main" in said)


async def test_a_muted_channel_is_told_nothing_while_others_are(anna: Person, demo: Demo) -> None:
    await anna.types(f"/preload subscribe {QUIET}")
    await anna.types("/preload list")
    await anna.clicks("sub.mute", "for 1 hour")
    await anna.types(f"/preload subscribe {QUIET} in=#live-ops")
    await baseline(demo)
    mark = demo.slack.messages.mark
    preload(demo, "cup_main", "failed")
    await posted(demo, mark, lambda said: "cup_main" in said, channel=CHANNEL)
    assert standing(demo) == []


async def test_a_chinese_subscriber_s_channel_is_told_in_chinese(liwei: Person, demo: Demo) -> None:
    await liwei.types(f"/preload 订阅{QUIET}")
    await baseline(demo)
    mark = demo.slack.messages.mark
    preload(demo, "cup_main", "failed")
    notice = await posted(demo, mark, lambda said: "cup_main" in said)
    assert "预热失败" in printed(notice, zone="UTC")


async def test_deliveries_say_when_each_notice_was_seen_queued_and_posted(
    anna: Person, demo: Demo
) -> None:
    await anna.types(f"/preload subscribe {QUIET}")
    assert "deliver" in (await anna.types("/preload deliveries")).lower()
    await baseline(demo)
    mark = demo.slack.messages.mark
    preload(demo, "cup_main", "failed")
    await posted(demo, mark, lambda said: "cup_main" in said)
    said = ""
    while "posted" not in said:  # the message stands there a moment before that is noted
        said = await anna.types("/preload deliveries 5")
    assert QUIET in said
    assert "seen" in said
    assert "queued" in said


# --- watches ---


async def test_a_watch_counts_up_in_one_message_to_its_verdict(anna: Person, demo: Demo) -> None:
    mark = demo.slack.messages.mark
    tasks = [preload(demo, f"cup_cam{number}", after_s=3.0 + number / 2) for number in range(3)]
    urls = " ".join(task.url for task in tasks)
    await anna.types(f'/preload watch {urls} name="Cup final"')
    board = await posted(demo, mark, lambda said: "Cup final: 0 of 3 ready" in said)
    verdict = await posted(demo, mark, lambda said: "@anna " in said and GREEN in said)
    assert verdict.thread_ts == board.ts
    assert verdict.mentions == (ANNA,)
    ended = await posted(demo, mark, lambda said: "all 3 streams ready" in said and "Ended" in said)
    assert ended.id in {board.id, verdict.id}
    await demo.slack.settled(
        ANNA,
        after=mark,
        until=lambda one: one.id == board.id and "board.stop" not in str(one.blocks),
    )


async def test_a_url_without_a_task_is_named_from_the_start_and_no_verdict_is_green(
    anna: Person, demo: Demo
) -> None:
    mark = demo.slack.messages.mark
    ready = preload(demo, "cup_main", after_s=0.0)
    await anna.types(f"/preload watch {ready.url} rtmp://{QUIET}/liveApp/nobody name=Cup")
    board = await posted(demo, mark, lambda said: "1 of 2 ready" in said)
    said = printed(board, zone="UTC")
    assert "liveApp/nobody" in said
    assert GREEN not in said


async def test_the_first_failure_calls_who_asked_in_the_thread(anna: Person, demo: Demo) -> None:
    mark = demo.slack.messages.mark
    failing = preload(demo, "cup_main", "failed", after_s=3.0)
    slow = preload(demo, "cup_cam1", after_s=600.0)
    await anna.types(f"/preload watch {failing.url} {slow.url} name=Cup")
    board = await posted(demo, mark, lambda said: "Cup: " in said)
    alert = await posted(
        demo, mark, lambda said: "@anna" in said and "cup_main" in said and "failed" in said
    )
    if alert.id != board.id:
        assert alert.thread_ts == board.ts
    assert ANNA in alert.mentions


async def test_a_watch_of_a_filter_takes_in_what_is_created_later_and_loses_nothing(
    anna: Person, demo: Demo
) -> None:
    mark = demo.slack.messages.mark
    preload(demo, "cup_cam1", after_s=5.0)
    await anna.types(f"/preload watch {QUIET} status=preloading name=Moving")
    await posted(demo, mark, lambda said: "Moving: 0 of 1 ready" in said)
    preload(demo, "cup_cam2", after_s=4.0)
    await posted(demo, mark, lambda said: "Moving: 2 of 2 ready" in said or "all 2" in said)


async def test_a_stopped_watch_says_who_and_is_changed_no_more(
    anna: Person, liwei: Person, demo: Demo
) -> None:
    mark = demo.slack.messages.mark
    task = preload(demo, "cup_main", after_s=600.0)
    await anna.types(f"/preload watch {task.url} name=Cup")
    liwei.read = await posted(demo, mark, lambda said: "Cup: 0 of 1 ready" in said)
    said = await liwei.clicks("board.stop")
    assert "Stopped by @liwei" in said
    anna.read = demo.slack.messages.get(liwei.read.id)
    assert anna.controls() == {"board.open"}


async def test_a_stream_of_a_board_opens_as_a_card_for_the_clicker(
    anna: Person, demo: Demo
) -> None:
    mark = demo.slack.messages.mark
    task = preload(demo, "cup_main", after_s=600.0)
    await anna.types(f"/preload watch {task.url} name=Cup")
    anna.read = board = await posted(demo, mark, lambda said: "Cup: 0 of 1 ready" in said)
    card = await anna.clicks("board.open")
    assert task.task_id in card
    assert anna.read is not None
    assert anna.read.id != board.id
    assert anna.read.only_visible_to == ANNA
