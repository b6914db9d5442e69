from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.live.deadlines import Deadlines
from tests.virtual_time import VirtualTimeLoop, block, run

moments = st.integers(0, 20)


class CountingLoop(VirtualTimeLoop):
    """Counts the timers that are set up."""

    def __init__(self) -> None:
        super().__init__()
        self.timers = 0

    def call_at(self, *arguments: object, **options: object) -> asyncio.TimerHandle:
        self.timers += 1
        return super().call_at(*arguments, **options)  # type: ignore[arg-type] # as they came


async def ended_at(deadlines: Deadlines, by_s: float, lasts_s: float) -> tuple[float, bool]:
    """When a block ends that would last so long, and whether its time was up."""
    loop = asyncio.get_running_loop()
    try:
        with deadlines.by(by_s):
            await asyncio.sleep(lasts_s)
    except TimeoutError:
        return loop.time(), True
    return loop.time(), False


@given(st.lists(st.tuples(moments, moments, moments), max_size=8))
def test_each_block_ends_by_itself_or_at_its_deadline(
    blocks: list[tuple[int, int, int]],
) -> None:
    # The halves see to it that nothing ends at its deadline's very moment.
    async def one(deadlines: Deadlines, begins: int, left: int, lasts: int) -> tuple[float, bool]:
        await asyncio.sleep(begins)
        return await ended_at(deadlines, begins + left + 0.5, lasts)

    async def main() -> None:
        deadlines = Deadlines()
        ends = await asyncio.gather(*(one(deadlines, *block) for block in blocks))
        for (begins, left, lasts), (end, was_up) in zip(blocks, ends, strict=True):
            assert was_up is (lasts > left)
            assert end == pytest.approx(begins + min(lasts, left + 0.5))

    run(main())


def test_many_calls_that_end_in_time_need_one_timer() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        deadlines = Deadlines()
        for _ in range(1000):
            with deadlines.by(loop.time() + 8.0):
                pass
        return loop.timers

    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        assert runner.run(main()) == 1


def test_a_deadline_that_has_passed_ends_the_block_where_it_first_waits() -> None:
    async def main() -> None:
        await asyncio.sleep(5)
        assert await ended_at(Deadlines(), 4.0, 10) == (5.0, True)

    run(main())


def test_deadlines_that_pass_while_the_loop_is_blocked_are_all_kept() -> None:
    async def main() -> None:
        deadlines = Deadlines()
        waiting = [asyncio.create_task(ended_at(deadlines, by, 100)) for by in (3.0, 1.0, 2.0)]
        await asyncio.sleep(0)
        block(2.5)
        assert await asyncio.gather(*waiting) == [(3.0, True), (2.5, True), (2.5, True)]

    run(main())


def test_an_error_of_the_block_is_not_taken_for_a_deadline() -> None:
    async def main() -> None:
        deadlines = Deadlines()
        with pytest.raises(ValueError, match="its own"), deadlines.by(1.0):
            raise ValueError("its own")
        assert await ended_at(deadlines, 1.0, 5) == (1.0, True)

    run(main())


def test_who_cancels_the_task_before_its_deadline_is_heeded() -> None:
    async def main() -> None:
        task = asyncio.create_task(ended_at(Deadlines(), 2.0, 9))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(main())


def test_a_cancellation_in_the_tick_of_the_deadline_is_not_lost() -> None:
    async def main() -> None:
        deadlines = Deadlines()
        task = asyncio.create_task(ended_at(deadlines, 2.0, 9))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_at(2.0, task.cancel)
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run(main())


def test_a_task_that_was_ended_by_a_deadline_can_wait_again() -> None:
    async def main() -> None:
        deadlines = Deadlines()
        assert await ended_at(deadlines, 1.0, 5) == (1.0, True)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        assert await ended_at(deadlines, 9.0, 5) == (6.0, False)

    run(main())


def test_a_deadline_is_for_a_task() -> None:
    failed: list[BaseException] = []

    async def main() -> None:
        def outside() -> None:
            try:
                with Deadlines().by(1.0):
                    pass
            except RuntimeError as error:
                failed.append(error)

        asyncio.get_running_loop().call_soon(outside)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    run(main())
    assert len(failed) == 1
