from __future__ import annotations

from msgspec import msgpack

from bot.listing import in_order
from bot.live.model import PreloadTask
from tests.shelf import EVENING, task


def test_tasks_that_another_process_read_stand_where_they_would_here() -> None:
    failed = tuple(task(n, minutes_ago=n, status="failed") for n in range(4))
    retried = task(9, name="cam0")
    latest = {one.stream: one for one in (*failed, retried)}
    read = msgpack.Decoder(dict[str, PreloadTask]).decode(msgpack.encode(latest))
    order = [one.task_id for one in in_order(failed, EVENING, read)]
    assert order == ["task-1", "task-2", "task-3", "task-0"]
