from __future__ import annotations

import asyncio
import os
import signal

import pytest

from bot.app import until_told_to_stop


async def test_being_told_to_stop_twice_lets_the_closing_come_to_its_end() -> None:
    closed = False
    with until_told_to_stop():
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            closed = True
    assert closed


async def test_a_cancellation_by_anybody_else_stays_one() -> None:
    async def wait() -> None:
        with until_told_to_stop():
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_where_the_loop_takes_no_signals_it_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:  # as on Windows, where asyncio.run sees to Ctrl-C
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", refuse)
    with until_told_to_stop():
        await asyncio.sleep(0)
