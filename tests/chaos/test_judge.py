"""The judge itself, by channels made up: it sees what is lost, doubled, late and wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.live import World
from bot.sandbox.slack.messages import Messages
from bot.sandbox.slack.workspace import BOT
from tests.chaos.judge import Bounds, Report, Subscribed, Watched, judge
from tests.chaos.reading import EVENT_TYPE

if TYPE_CHECKING:
    from bot.sandbox.slack import Message

DOMAIN, CHANNEL = "d1.example.com", "C0001"
START = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
BOUNDS = Bounds(late_s=60, seen_s=30)


class Story:
    """A world and a channel whose messages are written by hand, at seconds from the start."""

    def __init__(self) -> None:
        self.at = START
        self.world = World(seed=1, speed=1.0, now=lambda: self.at)
        self.messages = Messages(lambda: self.at)
        self.muted: tuple[tuple[datetime, datetime], ...] = ()
        self.watched: list[Watched] = []

    def task(self, name: str, *, at_s: float, ends_s: float, fails: bool = False) -> None:
        self.world.add(
            f"rtmp://{DOMAIN}/liveApp/{name}",
            created=START + timedelta(seconds=at_s),
            pending_s=0,
            preloading_s=ends_s - at_s,
            outcome="failed" if fails else "complete",
            window=(START, START + timedelta(hours=6)),
        )

    def says(self, at_s: float, key: str, text: str, *, to: Message | None = None) -> Message:
        self.at = START + timedelta(seconds=at_s)
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
        payload = {"text": "Something happened", "blocks": blocks, "metadata": metadata}
        thread_ts = to.ts if to else None
        return self.messages.post(BOT, CHANNEL, payload, thread_ts=thread_ts)

    def judged(self, at_s: float = 600, bounds: Bounds = BOUNDS) -> Report:
        subscribed = Subscribed(CHANNEL, DOMAIN, START, self.muted)
        return judge(
            self.world.tasks,
            self.messages,
            at=START + timedelta(seconds=at_s),
            subscribed=[subscribed],
            watched=self.watched,
            bounds=bounds,
        )


@pytest.fixture
def story() -> Story:
    """One stream fails and one completes, and history that is not told."""
    story = Story()
    story.task("s00001x", at_s=10, ends_s=50, fails=True)
    story.task("s00002x", at_s=10, ends_s=60)
    story.task("s00003x", at_s=-500, ends_s=-400, fails=True)
    return story


def test_what_is_told_once_in_time_is_well(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    story.says(70, "changes:sub:2", "✅ liveApp/s00002x")
    report = story.judged()
    assert report.is_clean, report


def test_what_is_told_in_the_thread_is_told(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    root = story.says(70, "changes:sub:2", "1 completed")
    story.says(71, "changes:sub:2:1", "✅ liveApp/s00002x", to=root)
    assert story.judged().is_clean


def test_what_is_not_told_is_lost(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    assert story.judged().lost == ["C0001 changes: s00002x"]


def test_what_is_told_as_something_else_is_lost(story: Story) -> None:
    story.says(65, "changes:sub:1", "❌ liveApp/s00001x, s00002x")
    report = story.judged()
    assert report.lost == ["C0001 failures: s00001x"]
    assert report.wrong == ["C0001 changes: s00001x, 1 times instead of 0"]


def test_what_another_channel_or_person_is_told_does_not_count(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": "changes:sub:2"}}
    story.messages.post(BOT, "C0002", {"text": "s00002x", "metadata": metadata})
    story.messages.post(BOT, CHANNEL, {"text": "s00002x"}, only_visible_to="U0001")
    assert story.judged().lost == ["C0001 changes: s00002x"]


def test_a_message_posted_twice_is_doubled(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    for at_s in (70, 75):
        story.says(at_s, "changes:sub:2", "✅ liveApp/s00002x")
    report = story.judged()
    assert report.doubled == ["C0001: changes:sub:2, 2 times"]


def test_a_reply_posted_twice_is_doubled(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    root = story.says(70, "changes:sub:2", "1 completed")
    for at_s in (71, 72):
        story.says(at_s, "changes:sub:2:1", "✅ liveApp/s00002x", to=root)
    assert story.judged().doubled == ["C0001: changes:sub:2:1, 2 times"]


def test_a_stream_named_in_two_messages_is_doubled(story: Story) -> None:
    for at_s in (55, 58):
        story.says(at_s, f"failures:sub:{at_s}", "❌ liveApp/s00001x failed")
    story.says(70, "changes:sub:2", "✅ liveApp/s00002x")
    assert story.judged().doubled == ["C0001 failures: s00001x, 2 times instead of 1"]


def test_what_is_told_long_after_it_is_late(story: Story) -> None:
    story.says(111, "failures:sub:1", "❌ liveApp/s00001x failed")
    story.says(119, "changes:sub:2", "✅ liveApp/s00002x")
    assert story.judged().late == ["C0001 failures: s00001x, 61.0 s after it"]


@pytest.mark.parametrize(("calm_s", "is_late"), [(50, True), (51, False)])
def test_what_is_told_of_a_storm_is_late_only_long_after_that(
    story: Story, calm_s: float, *, is_late: bool
) -> None:
    story.says(111, "failures:sub:1", "❌ liveApp/s00001x failed")
    story.says(119, "changes:sub:2", "✅ liveApp/s00002x")
    bounds = replace(BOUNDS, calm_since=START + timedelta(seconds=calm_s))
    assert bool(story.judged(bounds=bounds).late) is is_late


def test_what_is_told_before_it_is_so_is_wrong(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    story.says(58, "changes:sub:2", "✅ liveApp/s00002x")
    assert story.judged().wrong == ["C0001 changes: s00002x, 2.0 s before it"]


def test_history_that_is_told_is_wrong(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x, liveApp/s00003x")
    story.says(70, "changes:sub:2", "✅ liveApp/s00002x")
    assert story.judged().wrong == ["C0001 failures: s00003x, 1 times instead of 0"]


@pytest.mark.parametrize(("more", "lost"), [(2, 0), (1, 2)])
def test_what_is_not_named_must_be_said_to_be_more(story: Story, more: int, lost: int) -> None:
    story.task("s00004x", at_s=10, ends_s=60)
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    root = story.says(70, "changes:sub:2", f"{DOMAIN}: 2 completed")
    part = story.says(71, "changes:sub:2:1", "-", to=root)
    story.messages.change(part, {"text": f"and {more} more: /preload status=complete"})
    assert len(story.judged().lost) == lost


def test_a_retry_may_be_told_besides_and_a_failure_soon_retried_need_not_be(story: Story) -> None:
    story.task("s00001x", at_s=65, ends_s=100)
    story.says(70, "changes:sub:2", "✅ liveApp/s00002x · ↻ liveApp/s00001x is preloaded again")
    story.says(110, "changes:sub:3", "✅ liveApp/s00001x recovered")
    assert story.judged().is_clean
    story.says(120, "changes:sub:4", "✅ liveApp/s00001x recovered")
    assert story.judged().doubled == ["C0001 changes: s00001x, 3 times instead of 2"]


def test_a_silence_keeps_what_fails_in_it_for_its_end(story: Story) -> None:
    story.muted = ((START + timedelta(seconds=20), START + timedelta(seconds=200)),)
    report = story.judged()
    assert report.lost == ["C0001 once unmuted: s00001x"]
    story.says(205, "repeat:sub:1", "❌ liveApp/s00001x still failed")
    assert story.judged().is_clean
    story.says(206, "changes:sub:2", "✅ liveApp/s00002x")
    assert story.judged().wrong == ["C0001 changes: s00002x, 1 times instead of 0"]


def test_what_is_repeated_though_it_fails_no_more_is_wrong(story: Story) -> None:
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    story.says(70, "changes:sub:2", "✅ liveApp/s00002x")
    story.says(300, "repeat:sub:3", "❌ liveApp/s00001x, liveApp/s00002x still failed")
    assert story.judged().wrong == ["C0001 repeat: s00002x fails no more"]


@pytest.fixture
def watch(story: Story) -> Message:
    """Both streams are watched, and all is told, but for the verdict."""
    story.watched = [Watched(CHANNEL, "Cup final", ("s00001x", "s00002x"))]
    board = story.says(5, "board:w1", "*Cup final: 1 of 2 ready*")
    story.says(54, "alert:w1:first-failure", "<@U0001> ❌ liveApp/s00001x failed", to=board)
    story.says(55, "failures:sub:1", "❌ liveApp/s00001x failed")
    story.says(70, "changes:sub:2", "✅ liveApp/s00002x")
    return board


def test_a_watch_with_one_board_one_alert_and_one_verdict_is_well(
    story: Story, watch: Message
) -> None:
    story.says(62, "verdict:w1:verdict", "NOT READY: 1 of 2 ready", to=watch)
    report = story.judged()
    assert report.is_clean, report


def test_a_verdict_that_is_missing_is_lost_and_a_second_one_doubled(
    story: Story, watch: Message
) -> None:
    assert story.judged().lost == ["C0001 Cup final: 0 verdicts"]
    for place in "ab":
        story.says(62, f"verdict:w1:{place}", "NOT READY: 1 of 2 ready", to=watch)
    assert story.judged().doubled == ["C0001 Cup final: 2 verdicts"]


def test_a_verdict_before_the_end_is_wrong(story: Story, watch: Message) -> None:
    story.task("s00002x", at_s=580, ends_s=700)
    story.messages.change(watch, {"text": "Cup final: 0 of 2 ready"})
    story.says(590, "verdict:w1:verdict", "0 of 2 ready", to=watch)
    assert story.judged().wrong == ["C0001 Cup final: 1 verdicts"]


@pytest.mark.parametrize(
    "text", ["Cup final: 2 of 2 ready", "Cup final: 1 of 3 ready", "Cup final"]
)
def test_a_board_that_shows_another_state_is_wrong(story: Story, watch: Message, text: str) -> None:
    story.says(62, "verdict:w1:verdict", "NOT READY: 1 of 2 ready", to=watch)
    story.messages.change(watch, {"text": text})
    assert len(story.judged().wrong) == 1


def test_a_verdict_that_is_green_too_soon_is_wrong(story: Story, watch: Message) -> None:
    story.says(62, "verdict:w1:verdict", "Cup final: all 2 streams ready", to=watch)
    assert story.judged().wrong == ["C0001 Cup final verdict says 2 of 2 ready: it is 1 of 2"]


@pytest.mark.usefixtures("watch")
def test_no_board_is_lost_and_two_are_doubled(story: Story) -> None:
    story.says(80, "board:w1:2", "*Cup final: 1 of 2 ready*")
    assert story.judged().doubled == ["C0001 Cup final: 2 boards"]
    for message in (one for one in story.messages if "Cup" in str(one.blocks)):
        story.messages.remove(message)
    assert story.judged().lost == ["C0001 Cup final: 0 boards"]


def test_a_first_failure_that_calls_nobody_is_lost(story: Story, watch: Message) -> None:
    story.says(62, "verdict:w1:verdict", "NOT READY: 1 of 2 ready", to=watch)
    alert = next(one for one in story.messages if "<@U0001>" in str(one.blocks))
    story.messages.remove(alert)
    assert story.judged().lost == ["C0001 Cup final: its first failure"]
