from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asks import Ask
from bot.errors import StaleReference
from bot.live.model import StatusFilter
from bot.reader import Language
from bot.views.follow_refs import (
    HOUR,
    MORNING,
    UNMUTE,
    FollowKind,
    FollowRef,
    NoticeRef,
    WishRef,
)
from bot.views.pick_refs import PickRef, asked_in
from bot.views.refs import (
    BUTTON_VALUE_CHARS,
    OPTION_VALUE_CHARS,
    ChoiceRef,
    OpenRef,
    PageRef,
    ReferenceTooLong,
    anchor_of,
    question_in,
)

NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
ASK = Ask("main", "live.example.com", status=StatusFilter.FAILED)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
moments = st.datetimes(timezones=st.just(UTC))
seconds = st.integers(1_577_836_800, 2_208_988_800).map(lambda s: datetime.fromtimestamp(s, UTC))
asks = st.builds(
    Ask,
    words,
    words,
    status=st.none() | st.sampled_from(StatusFilter),
    task_id=st.none() | words.filter(bool),
    urls=st.lists(words, max_size=5).map(tuple),
    since=st.none() | seconds | st.integers(1, 10**6).map(lambda s: timedelta(seconds=s)),
    until=st.none() | seconds,
    rows=st.integers(5, 30),
)
places = st.builds(
    PageRef.to,
    asks,
    offset=st.integers(0, 10**9),
    end=st.none() | moments,
    total=st.none() | st.integers(0, 10**9),
    anchor=st.none() | words.map(anchor_of),
    posted=st.none()
    | st.tuples(
        st.sampled_from(Language), st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai")])
    ),
)


@given(places)
def test_a_page_comes_back_as_it_was_packed_or_by_its_key(ref: PageRef) -> None:
    packed = ref.pack()
    back = PageRef.unpack(packed)
    assert len(packed) <= BUTTON_VALUE_CHARS
    assert ref.ask is not None
    assert (back.offset, back.end, back.total, back.anchor, back.posted) == (
        ref.offset,
        ref.end,
        ref.total,
        ref.anchor,
        ref.posted,
    )
    assert back.ask == ref.ask or (back.ask is None and back.key == ref.ask.key)


@pytest.mark.parametrize(
    "how", ["", "zh", "xx,UTC", "zh,Nowhere/Else", "zh,Asia", "zh,../x", "zh,"]
)
def test_a_page_posted_in_no_language_or_zone_is_a_stale_reference(how: str) -> None:
    with pytest.raises(StaleReference):
        PageRef.unpack(f"p2|{how}|0||||key")


@given(st.text(max_size=200))
def test_any_other_text_is_a_stale_reference(text: str) -> None:
    for kind in (PageRef, ChoiceRef, PickRef, OpenRef, NoticeRef, FollowRef, WishRef):
        with pytest.raises(StaleReference):
            kind.unpack(text)


@pytest.mark.parametrize(
    "text",
    [
        "p0|0||||{}",
        "p1|0||||{broken",
        "p1|x||||{}",
        "p1|0|" + "9" * 30 + "|||{}",
        'p1|0||||{"s":"x"}',
    ],
)
def test_a_page_of_another_version_or_a_broken_one_is_stale(text: str) -> None:
    with pytest.raises(StaleReference):
        PageRef.unpack(text)


def test_a_page_of_another_version_may_hold_its_question() -> None:
    written = ASK.to_json()
    assert question_in(f"p0|{written}") == question_in(PageRef.to(ASK, end=NOW).pack()) == ASK
    for text in (
        "",
        "p0|0",
        f"p0|{ASK.key}",
        "p0|{broken",
        'p0|{"d":"live.example.com","z":1}',
        'p0|{"a":"main"}',
    ):
        assert question_in(text) is None


def test_a_question_too_long_for_its_button_is_named_by_its_key() -> None:
    ask = Ask("main", "d", urls=tuple(f"rtmp://live.example.com/a/{n:090}" for n in range(100)))
    back = PageRef.unpack(PageRef.to(ask, offset=10).pack())
    assert (back.ask, back.key, back.offset) == (None, ask.key, 10)


@pytest.mark.parametrize("mark", ["?auth_key=", "%3Fauth_key=", ",auth_key%3D", "？sign="])
def test_a_signature_never_stands_in_a_button(mark: str) -> None:
    ask = Ask("main", "d", urls=(f"http://live.example.com/a/b.flv{mark}17-0-0-5ecre7",))
    packed = PageRef.to(ask).pack()
    assert "5ecre7" not in packed
    assert PageRef.unpack(packed).key == ask.key


def test_a_page_known_by_its_key_alone_is_packed_by_it() -> None:
    assert PageRef.unpack(PageRef(None, "0123456789abcdef").pack()).key == "0123456789abcdef"


def test_a_page_without_question_and_key_cannot_be_packed() -> None:
    with pytest.raises(ReferenceTooLong):
        PageRef(None, None).pack()


@given(st.builds(ChoiceRef, st.just(ASK.key), words, end=st.none() | moments))
def test_a_choice_comes_back_and_the_value_ends_in_it(ref: ChoiceRef) -> None:
    packed = ref.pack()
    assert ChoiceRef.unpack(packed) == ref
    assert packed.endswith(f"|{ref.choice}")
    assert len(packed) <= OPTION_VALUE_CHARS


def test_a_long_choice_gives_up_the_pinned_end_before_it_gives_up() -> None:
    ref = ChoiceRef(ASK.key, "d" * 125, end=NOW)
    assert ChoiceRef.unpack(ref.pack()) == ChoiceRef(ASK.key, "d" * 125)
    with pytest.raises(ReferenceTooLong):
        ChoiceRef(ASK.key, "d" * 150).pack()


@given(
    st.builds(
        PickRef,
        st.just(ASK.key),
        words,
        st.integers(1, 999_999),
        st.booleans(),
        st.sampled_from(["", "C0001"]),
    )
)
def test_a_pick_comes_back_and_the_value_ends_in_it(ref: PickRef) -> None:
    assert PickRef.unpack(ref.pack()) == ref
    assert ref.pack().endswith(f"|{ref.choice}")


def test_a_domain_offered_before_picks_said_how_to_answer_can_still_be_picked() -> None:
    before = ChoiceRef(ASK.key, "live.example.com").pack()
    assert PickRef.unpack(before) == PickRef(ASK.key, "live.example.com")
    assert PickRef.unpack("k1|k|2|public|d") == PickRef("k", "d", page=2, public=True)
    for text in ("k1|k|x||d", "k1|k|1|d", "k2|k|1||d", "c1|k"):
        with pytest.raises(StaleReference):
            PickRef.unpack(text)


def test_where_it_was_asked_stands_in_picks_alone() -> None:
    assert asked_in(PickRef(ASK.key, "d", asked_in="C0001").pack()) == "C0001"
    assert asked_in(PageRef.to(ASK).pack()) == asked_in("") == ""


def test_a_choice_of_another_version_or_a_broken_one_is_stale() -> None:
    for text in ("c0|k||x", "c1|k|when|x", "c1|k"):
        with pytest.raises(StaleReference):
            ChoiceRef.unpack(text)


@given(words)
def test_a_task_to_open_comes_back(task_id: str) -> None:
    ref = OpenRef(ASK.key, task_id)
    assert OpenRef.unpack(ref.pack()) == ref


def test_a_task_id_too_long_for_a_menu_is_refused() -> None:
    with pytest.raises(ReferenceTooLong):
        OpenRef(ASK.key, "t" * 150).pack()


muting = st.sampled_from(["", HOUR, MORNING, UNMUTE])


@given(st.builds(NoticeRef, st.just("sub000000001"), words, muting))
def test_a_notice_comes_back_with_what_was_chosen_for_it(ref: NoticeRef) -> None:
    assert NoticeRef.unpack(ref.pack()) == ref


@given(st.builds(FollowRef, st.sampled_from(FollowKind), words, muting, st.booleans()))
def test_what_is_followed_comes_back_with_what_was_chosen_for_it(ref: FollowRef) -> None:
    assert FollowRef.unpack(ref.pack()) == ref


@given(st.builds(WishRef, st.just("watch0000001"), st.just(ASK.key), st.none() | moments, words))
def test_what_is_wished_of_a_watch_comes_back_in_a_button(ref: WishRef) -> None:
    assert WishRef.unpack(ref.pack()) == ref


def test_a_notices_key_too_long_for_a_menu_is_refused_there_and_taken_by_a_button() -> None:
    ref = NoticeRef("sub000000001", "k" * 150, HOUR)
    with pytest.raises(ReferenceTooLong):
        ref.pack()
    assert NoticeRef.unpack(ref.pack(BUTTON_VALUE_CHARS)) == ref


def test_something_else_to_be_followed_is_stale() -> None:
    for text in ("f1||watch|x", "f2|||event|x", "f2||watch|x"):
        with pytest.raises(StaleReference):
            FollowRef.unpack(text)
