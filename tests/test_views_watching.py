"""What those are answered who want something watched."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.live.model import StatusFilter
from bot.views import watching
from bot.views.follow_refs import FollowKind, FollowRef, WishRef
from bot.watch.model import Ending, Watch
from bot.watch.widening import Wish, streams_of
from tests.test_views import NOW, READER, mrkdwn
from tests.test_views_boards import ASK, FILTER, a_watch
from tests.test_views_told import controls, taken

HOUR = timedelta(hours=1)
OF_WATCH = FollowRef(FollowKind.WATCH, "watch0000001")
LATER = a_watch().until + HOUR


def a_list(*names: str) -> Watch:
    """A watch of these streams."""
    ask = replace(ASK, urls=tuple(f"rtmp://live.example.com/app/{name}" for name in names))
    return a_watch(ask=ask, streams=streams_of(ask))


def test_a_new_watch_says_where_how_long_and_can_be_stopped() -> None:
    message = taken(watching.watching(a_watch(), READER, now=NOW))
    assert message.text == (
        "Cup final is watched in <#C0001> from now on. "
        "Until every stream is finished, 23 Nov 00:42 at the latest"
    )
    assert FollowRef.unpack(controls(message)["watch.end"]["value"]) == OF_WATCH
    filtered = watching.watching(a_watch(ask=FILTER), READER, now=NOW)
    assert filtered.text.endswith(". Watched until 23 Nov 00:42")


def test_a_name_does_not_break_the_bold_that_it_stands_in() -> None:
    watch = a_watch(name="Cup *final* _2_ ~old~ `x`")
    message = taken(watching.watching(watch, READER, now=NOW))
    [bold, *_] = mrkdwn(message).splitlines()
    assert bold.startswith("*Cup ∗final∗ ˍ2ˍ ∼old∼ ˋxˋ is watched in <#C0001>")
    assert bold.count("*") == 2
    wish = Wish(watch.ask, LATER, "*Final*")
    widened = watching.already_watched(watch, wish, READER, now=NOW)
    assert "called ∗Final∗" in mrkdwn(widened)


def test_a_watch_in_direct_messages_says_so_in_words() -> None:
    said = watching.watching(a_watch(channel_id="D0001"), READER, now=NOW).text
    assert said.startswith("Cup final is watched in your conversation with the bot from now on")


def test_a_watch_that_shows_the_same_is_named_with_whom_it_is_for() -> None:
    watch = a_list("a")
    message = taken(watching.already_watched(watch, Wish(watch.ask), READER, now=NOW))
    assert "Cup final is watched in <#C0001> already, for <@U0001>" in message.text
    assert controls(message).keys() == {"watch.end"}


@pytest.mark.parametrize("watch", [a_list("a"), a_watch(ask=FILTER)])
def test_another_end_or_name_can_be_had_of_a_watch_there_is(watch: Watch) -> None:
    wish = Wish(watch.ask, LATER, "The final")
    message = taken(watching.already_watched(watch, wish, READER, now=NOW))
    assert "To widen it: until 23 Nov 01:42, called The final" in message.text
    found = controls(message)
    assert found.keys() == {"watch.widen", "watch.end"}
    ref = WishRef.unpack(found["watch.widen"]["value"])
    assert ref == WishRef("watch0000001", watch.ask.key, LATER, "The final")
    assert message.asks == (watch.ask,)


def test_an_earlier_end_and_the_same_name_widen_nothing() -> None:
    watch = a_list("a")
    wish = Wish(watch.ask, watch.until - HOUR, watch.name)
    message = taken(watching.already_watched(watch, wish, READER, now=NOW))
    assert "watch.widen" not in controls(message)


def test_a_watch_of_some_of_the_streams_can_take_the_others_in_or_stay_apart() -> None:
    watch, wish = a_list("a", "b", "c"), Wish(a_list("b", "c", "d", "e").ask)
    message = taken(watching.already_watched(watch, wish, READER, now=NOW))
    assert message.text.startswith(
        "2 of the 4 streams are watched in <#C0001> already: Cup final, for <@U0001>. "
    )
    assert message.text.endswith(". To widen it: 2 more streams")
    found = controls(message)
    assert found.keys() == {"watch.widen", "watch.separately"}
    assert found["watch.widen"]["value"] == found["watch.separately"]["value"]


def test_where_both_together_are_too_many_streams_they_can_only_stay_apart() -> None:
    watch, wish = a_list(*map(str, range(60))), Wish(a_list(*map(str, range(59, 101))).ask)
    message = taken(watching.already_watched(watch, wish, READER, now=NOW))
    assert message.text.startswith("1 of the 42 streams is watched in <#C0001> already")
    assert "Together they are more than 100 streams" in message.text
    assert controls(message).keys() == {"watch.separately"}


def test_what_was_widened_says_what_it_shows_and_how_long() -> None:
    message = taken(watching.was_widened(a_list("a", "b"), READER, now=NOW))
    assert message.text == (
        "Cup final in <#C0001> is widened. 2 streams. "
        "Until every stream is finished, 23 Nov 00:42 at the latest"
    )
    assert controls(message).keys() == {"watch.end"}


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending.STOPPED, "Stopped by <@U0002> at 19:42"),
        (Ending.FINISHED, "Ended at 19:42: every stream is finished"),
        (Ending.UNTIL, "Ended at 19:42"),
    ],
)
def test_of_a_watch_that_is_over_it_is_said_how_it_ended_and_it_can_begin_anew(
    ending: Ending, said: str
) -> None:
    watch = a_watch(ended_at=NOW, ending=ending, stopped_by="U0002")
    wish = Wish(replace(FILTER, status=StatusFilter.FAILED), LATER, "x")
    message = taken(watching.over(watch, wish, READER, now=NOW))
    assert message.text == f"Cup final in <#C0001> is watched no more. {said}"
    ref = WishRef.unpack(controls(message)["watch.separately"]["value"])
    assert ref == WishRef("watch0000001", wish.ask.key, LATER, "x")
    assert message.asks == (wish.ask,)
