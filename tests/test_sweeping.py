"""The reading of everything, page by page: what is left of it, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from bot.live.model import TaskPage, TaskQuery
from bot.watch.needs import Call, Why
from bot.watch.sweeping import Sweeping

NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
QUERY = TaskQuery("live.example.com", start=NOW - timedelta(days=3), end=NOW)
LATER = replace(QUERY, end=NOW + timedelta(minutes=1))


def page_of(number: int, query: TaskQuery = QUERY) -> Call:
    return Call("default", Why.FULL, (query,), (), late=1.0, page=number)


def reply(total: int) -> TaskPage:
    return TaskPage((), 1, 100, total, "", NOW)


@pytest.fixture
def sweeping() -> Sweeping:
    """A sweep of three pages, of which the first is read."""
    sweeping = Sweeping()
    sweeping.sent(page_of(1), 5.0)
    sweeping.done(page_of(1), reply(250))
    return sweeping


def left(sweeping: Sweeping) -> tuple[int, ...]:
    assert sweeping.sweep is not None
    return sweeping.sweep.left


def test_the_first_reply_says_how_many_pages_are_left(sweeping: Sweeping) -> None:
    assert left(sweeping) == (2, 3)
    assert sweeping.begun_s == 5.0


def test_a_page_is_left_until_it_is_asked_for_and_again_when_it_was_not_read(
    sweeping: Sweeping,
) -> None:
    sweeping.sent(page_of(2), 6.0)
    assert left(sweeping) == (3,)
    sweeping.put_back(page_of(2))
    assert left(sweeping) == (3, 2)


def test_it_ends_with_the_last_reply_whichever_page_that_is(sweeping: Sweeping) -> None:
    for number in (2, 3):
        sweeping.sent(page_of(number), 6.0)
    assert not sweeping.ends_with(page_of(3), reply(250))
    sweeping.done(page_of(3), reply(250))
    assert sweeping.ends_with(page_of(2), reply(250))
    sweeping.done(page_of(2), reply(250))
    assert sweeping.sweep is None
    assert sweeping.begun_s == 5.0


def test_one_whose_first_page_was_not_read_has_not_begun() -> None:
    sweeping = Sweeping()
    sweeping.sent(page_of(1), 5.0)
    sweeping.put_back(page_of(1))
    assert sweeping.sweep is None
    assert sweeping.begun_s == -inf


def test_a_single_page_is_all_of_it() -> None:
    sweeping = Sweeping()
    sweeping.sent(page_of(1), 5.0)
    assert sweeping.ends_with(page_of(1), reply(0))
    sweeping.done(page_of(1), reply(0))
    assert sweeping.sweep is None


def test_what_comes_of_a_sweep_that_was_given_up_changes_nothing(sweeping: Sweeping) -> None:
    sweeping.sent(page_of(2), 6.0)
    sweeping.sent(page_of(1, LATER), 7.0)
    before = sweeping.sweep
    assert not sweeping.ends_with(page_of(2), reply(250))
    sweeping.done(page_of(2), reply(250))
    sweeping.put_back(page_of(2))
    assert sweeping.sweep == before
    assert sweeping.ends_with(page_of(1, LATER), reply(100))


def test_a_sweep_of_a_window_that_may_move_is_none() -> None:
    with pytest.raises(ValueError, match="pinned"):
        Sweeping().sent(page_of(1, replace(QUERY, end=None)), 5.0)
