from __future__ import annotations

from bot.live.ledger import LastMinute, Ledger


def test_tokens_are_never_given_twice() -> None:
    one, other = Ledger("one"), Ledger("other")
    assert len({one.token(), one.token(), other.token(), other.token()}) == 4


def test_what_is_given_back_is_told_once() -> None:
    ledger = Ledger("one")
    ledger.take("a", free_at=9.0)
    assert ledger.told(0.0) == {}
    ledger.give_back("a", free_at=3.0)
    assert ledger.has_news
    assert ledger.told(1.0) == {"a": 2.0}
    ledger.heard(is_heard=True)
    assert not ledger.has_news
    assert ledger.told(1.5) == {}


def test_what_nobody_heard_is_told_again_also_when_it_is_over() -> None:
    ledger = Ledger("one")
    ledger.give_back("a", free_at=3.0)
    ledger.give_back("b", free_at=1.0)
    for now, told in (
        (1.0, {"a": 2.0, "b": 0.0}),
        (2.0, {"a": 1.0, "b": 0.0}),
        (4.0, {"a": 0, "b": 0}),
    ):
        assert ledger.told(now) == told
        ledger.heard(is_heard=False)


def test_what_may_have_been_given_is_given_back_unless_an_answer_says_otherwise() -> None:
    ledger = Ledger("one")
    ledger.asked_for(("a", "b"))
    ledger.answered(("a",))
    assert ledger.told(0.0) == {"b": 0.0}
    ledger.heard(is_heard=True)
    assert ledger.told(0.0) == {}


def test_whoever_forgot_all_is_told_all_that_is_not_over() -> None:
    ledger = Ledger("one")
    ledger.take("held", free_at=9.0)
    ledger.take("over", free_at=1.0)
    assert ledger.told(0.0) == {}
    ledger.heard(is_heard=True)
    assert ledger.told(1.0) == {}
    ledger.all_is_news()
    assert ledger.told(2.0) == {"held": 7.0}


def test_in_an_outage_everything_is_told_and_what_is_over_is_forgotten() -> None:
    ledger = Ledger("one")
    for number in range(100):
        ledger.take(str(number), free_at=number + 1.5)
        told = ledger.told(float(number), everything=True)
        ledger.heard(is_heard=False)
        assert told == ({str(number - 1): 0.5} if number else {}) | {str(number): 1.5}
    assert ledger
    assert ledger.told(200.0, everything=True) == {}
    assert not ledger


def test_a_call_is_told_until_that_is_heard_and_counts_for_a_minute() -> None:
    calls = LastMinute(10)
    calls.add("a", at=1.0)
    assert calls.untold(2.0) == {"a": 1.0}
    calls.add("b", at=2.5)
    assert calls.untold(3.0) == {"b": 0.5, "a": 2.0}
    calls.told(2.0)
    assert calls.untold(3.0) == {"b": 0.5}
    calls.all_is_news()
    assert calls.untold(61.5) == {"b": 59.0}
    assert [calls.count(now) for now in (3.0, 61.5, 63.0)] == [2, 1, 0]
