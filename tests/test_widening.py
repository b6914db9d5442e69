"""What a watch shows of what is wished, and what it is once it is widened to that."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.asks import Ask
from bot.live.model import StatusFilter
from bot.watch.model import Watch
from bot.watch.widening import (
    Wish,
    covering,
    covers,
    overlapping,
    shared,
    streams_of,
    widened,
)
from tests.stored import NOW, watch

HOUR = timedelta(hours=1)


def a_list(*names: str, account: str = "default") -> Ask:
    """A question about these streams."""
    return Ask(
        account, "live.example.com", urls=tuple(f"rtmp://live.example.com/app/{n}" for n in names)
    )


def watch_of(ask: Ask, id_: str = "watch1") -> Watch:
    """A watch of what is asked for."""
    return replace(watch(id_), ask=ask, streams=streams_of(ask))


FAILED = Ask("default", "live.example.com", status=StatusFilter.FAILED)
lists = st.lists(st.sampled_from("abcdef"), min_size=1, unique=True).map(lambda all_: a_list(*all_))
asks = lists | st.just(FAILED) | st.just(replace(FAILED, status=None))


def test_a_list_is_covered_by_a_watch_of_all_its_streams() -> None:
    assert covers(watch_of(a_list("a", "b", "c")), a_list("c", "a"))
    assert not covers(watch_of(a_list("a", "b")), a_list("a", "c"))
    assert not covers(watch_of(a_list("a", "b")), a_list("a", account="other"))


def test_the_same_stream_with_another_signature_is_the_same() -> None:
    signed = replace(FAILED, status=None, urls=("rtmp://live.example.com/app/a?auth_key=1-2-3-4",))
    assert covers(watch_of(a_list("a")), signed)
    assert widened(watch_of(a_list("a")), Wish(signed)).ask.urls == a_list("a").urls


def test_a_filter_is_covered_by_the_same_alone() -> None:
    assert covers(watch_of(FAILED), FAILED)
    assert not covers(watch_of(FAILED), replace(FAILED, since=HOUR))
    assert not covers(watch_of(replace(FAILED, status=None)), a_list("a"))
    assert not covers(watch_of(a_list("a")), replace(FAILED, status=None))


def test_of_several_watches_that_show_some_the_one_with_most_is_named() -> None:
    watches = [watch_of(a_list("a"), "one"), watch_of(a_list("b", "c"), "two"), watch_of(FAILED)]
    assert overlapping(watches, a_list("a", "b", "c")) == watches[1]
    assert overlapping(watches, a_list("d")) is None
    assert overlapping([], a_list("d")) is None
    assert covering(watches, a_list("a", "b")) is None
    assert covering(watches, FAILED) == watches[2]


def test_a_watch_takes_in_new_streams_behind_its_own_and_has_them_read() -> None:
    before = replace(watch_of(a_list("a", "b")), is_read=True)
    after = widened(before, Wish(a_list("c", "b", "d"), NOW + 9 * HOUR, "Cup"))
    assert after.ask == a_list("a", "b", "c", "d")
    assert after.streams == streams_of(after.ask)
    assert (after.until, after.name, after.is_read) == (NOW + 9 * HOUR, "Cup", False)


def test_an_earlier_end_and_no_name_leave_what_there_is() -> None:
    before = replace(watch_of(a_list("a")), is_read=True, name="Cup")
    assert widened(before, Wish(a_list("a"), NOW)) == before
    assert widened(before, Wish(a_list("a"))) == before


@given(asks, asks)
def test_what_was_widened_covers_what_was_wished_and_what_it_covered(has: Ask, wants: Ask) -> None:
    before = watch_of(has)
    if not covers(before, wants) and not shared(before, wants):
        return
    after = widened(before, Wish(wants))
    assert covers(after, wants)
    assert covers(after, has)
    assert widened(after, Wish(wants)) == after
