from __future__ import annotations

import pytest

from bot.errors import StoreUnavailable
from bot.store.silence import REST_S, Silence


class Seconds:
    """A monotonic clock that stands until it is set."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def unanswered(silence: Silence) -> None:
    with pytest.raises(TimeoutError), silence.heard():
        raise TimeoutError


def refused(silence: Silence) -> bool:
    """Whether a use of the server fails without trying."""
    try:
        with silence.heard():
            return False
    except StoreUnavailable:
        return True


def test_a_server_that_did_not_answer_is_left_alone_for_a_while() -> None:
    clock_s = Seconds()
    silence = Silence(clock_s)
    assert not refused(silence)
    unanswered(silence)
    clock_s.s = REST_S - 0.1
    assert refused(silence)
    clock_s.s = REST_S
    assert not refused(silence)


def test_one_finds_out_whether_it_answers_again_while_the_others_fail_at_once() -> None:
    clock_s = Seconds()
    silence = Silence(clock_s)
    unanswered(silence)
    clock_s.s = REST_S
    with silence.heard():
        assert refused(silence)
    assert not refused(silence)


def test_a_server_that_does_not_answer_again_is_left_alone_again() -> None:
    clock_s = Seconds()
    silence = Silence(clock_s)
    unanswered(silence)
    clock_s.s = REST_S
    unanswered(silence)
    clock_s.s = 2 * REST_S - 0.1
    assert refused(silence)


def test_what_else_goes_wrong_is_no_silence() -> None:
    silence = Silence(Seconds())
    with pytest.raises(ZeroDivisionError), silence.heard():
        raise ZeroDivisionError
    assert not refused(silence)
