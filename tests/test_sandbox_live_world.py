from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.live import SimulatedLive
from bot.sandbox.live.operations import described
from tests.live_caller import Clock

if TYPE_CHECKING:
    from bot.sandbox.live.world import Task

EPOCH = Clock().now()
MAIN = "live.example.com"


def simulated(clock: Clock | None = None, *, seed: int = 1, speed: float = 1.0) -> SimulatedLive:
    clock = clock or Clock()
    return SimulatedLive(seed=seed, speed=speed, now=clock.now, monotonic=clock.monotonic)


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_task_waits_runs_and_ends() -> None:
    world = simulated().world
    task = world.add("rtmp://live.example.com/a/b", pending_s=10, preloading_s=100)
    looks = [(task.state(EPOCH + after(s)), task.percent(EPOCH + after(s))) for s in (0, 10, 73)]
    assert looks == [("pending", 0), ("preloading", 0), ("preloading", 63)]
    assert (task.state(EPOCH + after(110)), task.percent(EPOCH + after(110))) == ("complete", 100)
    assert task.window_end - task.window_start == timedelta(hours=1)


def test_a_failing_task_stops_where_it_fails() -> None:
    task = simulated().world.add("rtmp://live.example.com/a/b", outcome="failed", stops_at=40)
    assert task.state(task.finished) == "failed"
    assert [task.percent(at) for at in (task.finished, task.finished + after(9999))] == [40, 40]


def test_a_timeline_says_when_a_task_becomes_what() -> None:
    world = simulated().world
    added = world.add("rtmp://x.example.com/a/b", pending_s=5, preloading_s=20, outcome="failed")
    assert world.find(added.task_id).timeline == (
        (EPOCH, "pending"),
        (EPOCH + after(5), "preloading"),
        (EPOCH + after(25), "failed"),
    )
    with pytest.raises(KeyError):
        world.find("nowhere")


def test_every_task_is_at_each_moment_what_its_timeline_says() -> None:
    for task in simulated().world.tasks:
        moments = [moment for moment, _ in task.timeline]
        assert moments == sorted(moments)
        assert [task.state(moment) for moment in moments] == [word for _, word in task.timeline]
        assert all(task.percent(at - after(0.001)) < 100 for at in moments)


def test_a_reply_says_success_of_all_that_has_not_failed() -> None:
    world = simulated().world
    good = world.add("rtmp://live.example.com/a/good", without=["Area"])
    bad = world.add("rtmp://live.example.com/a/bad", outcome="failed", stops_at=7)
    words = [described(good, at)["Status"] for at in (good.created, good.started, good.finished)]
    assert words == ["Success"] * 3
    assert "Area" not in described(good, good.created)
    assert described(good, good.finished)["Description"] == "Successfully"
    failed = described(bad, bad.finished)
    assert (failed["Status"], failed["Process"]) == ("Failed", "7%")
    assert failed["Description"] == "InternalError"


def test_a_seed_makes_the_same_evening_again_and_another_seed_another() -> None:
    assert simulated().world.tasks == simulated().world.tasks
    assert simulated().world.tasks != simulated(seed=2).world.tasks


@pytest.mark.parametrize("seed", range(5))
def test_the_evening_has_all_that_an_evening_has(seed: int) -> None:
    world = simulated(seed=seed).world
    tasks = world.visible(MAIN, at=EPOCH)
    assert len(tasks) == 140
    states = Counter(task.state(EPOCH) for task in tasks)
    assert states["complete"] > 90
    assert states["failed"] >= 5
    assert min(states["preloading"], states["pending"]) >= 1
    done = [task for task in tasks if task.state(EPOCH) == "complete"]
    assert sum(task.window_end <= EPOCH for task in done) >= 10
    assert sum(task.window_start > EPOCH for task in done) >= 10
    assert sum(task.window_start <= EPOCH < task.window_end for task in done) >= 10
    assert {task.area for task in tasks} == {"domestic", "overseas", "global"}
    urls = {task.url for task in tasks}
    assert any(url.startswith("rtmp://") and url.count("/") == 4 for url in urls)
    assert any(".flv?auth_key=" in url for url in urls)
    assert any(task.without for task in world.tasks)
    assert all(task.window_end - task.window_start <= timedelta(hours=6) for task in world.tasks)


@pytest.mark.parametrize("seed", range(5))
def test_some_failures_were_retried_and_some_of_those_are_complete(seed: int) -> None:
    newest: dict[str, Task] = {}
    retried = []
    for task in simulated(seed=seed).world.visible(MAIN, at=EPOCH):
        later = newest.setdefault(task.url.partition("?")[0], task)
        if later is not task and task.state(EPOCH) == "failed":
            retried.append((task, later))
    assert {later.state(EPOCH) for _, later in retried} <= {"complete", "failed"}
    assert any(later.state(EPOCH) == "complete" for _, later in retried)
    signed = [(task.url, later.url) for task, later in retried if "?" in task.url]
    assert signed
    assert all("?auth_key=" in later != url for url, later in signed)


def test_the_domains_are_of_all_sizes() -> None:
    world = simulated().world
    sizes = {name: len(world.visible(name, at=EPOCH)) for name in world.domains}
    assert sizes["archive.example.com"] == 1200
    assert sizes["quiet.example.com"] == 0
    assert 0 < sizes["live.example.cn"] < sizes["vip.example.com"] < 100


def test_every_task_id_is_its_own() -> None:
    tasks = simulated().world.tasks
    assert len({task.task_id for task in tasks}) == len(tasks)


def test_within_minutes_tasks_end_and_new_ones_come() -> None:
    world = simulated().world
    before = world.visible(MAIN, at=EPOCH)
    later = EPOCH + timedelta(minutes=6)
    assert len(world.visible(MAIN, at=later)) > len(before)
    ended = [t for t in before if t.finished > EPOCH and t.finished <= later]
    assert {task.outcome for task in ended} == {"complete", "failed"}


def test_speed_brings_nearer_what_is_to_come_and_leaves_the_past() -> None:
    slow, fast = simulated(), simulated(speed=60)
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    past, same = (
        [(task.url, task.created) for task in live.world.tasks if task.finished <= EPOCH]
        for live in (slow, fast)
    )
    assert past == same
    soon = len(slow.world.visible(MAIN, at=EPOCH + hour))
    assert abs(len(fast.world.visible(MAIN, at=EPOCH + minute)) - soon) <= 1
    assert fast.world.hastened(EPOCH + hour) == EPOCH + minute


def test_newest_stand_first_and_of_one_second_the_later_added() -> None:
    world = SimulatedLive(tasks=0, now=Clock().now).world
    assert world.visible(MAIN, at=EPOCH + timedelta(days=1)) == []
    names = [world.add(f"rtmp://{MAIN}/a/{name}").url[-1] for name in "abc"]
    world.add(f"rtmp://{MAIN}/a/old", created=EPOCH - after(60))
    shown = [task.url.rsplit("/", 1)[1] for task in world.visible(MAIN, at=EPOCH)]
    assert shown == [*reversed(names), "old"]
