from __future__ import annotations

import pytest

from bot import errors
from bot.live.retry import MAX_PAUSE_S, kind_of, pause_s


def pauses(error: errors.LiveError, *, random: float = 1.0) -> list[float]:
    """The pauses before each further try, until there is none."""
    found: list[float] = []
    while (pause := pause_s(error, failed_before=len(found), random=lambda: random)) is not None:
        found.append(pause)
    return found


@pytest.mark.parametrize(
    "error", [errors.Unavailable(), errors.TimedOut(), errors.MalformedReply()]
)
def test_what_may_be_gone_soon_is_tried_three_times_more_with_growing_pauses(
    error: errors.LiveError,
) -> None:
    assert pauses(error) == pytest.approx([0.2, 0.4, 0.8])


def test_pauses_differ_between_callers_by_up_to_a_half() -> None:
    assert pauses(errors.Unavailable(), random=0.0) == pytest.approx([0.1, 0.2, 0.4])


@pytest.mark.parametrize(
    "error",
    [errors.NonceUsed(), errors.ClockSkewed(server_time_s=1_800_000_000.0), errors.TokenExpired()],
)
def test_what_can_be_put_right_is_tried_once_more_and_at_once(error: errors.LiveError) -> None:
    assert pauses(error) == [0.0]


@pytest.mark.parametrize(
    "error",
    [
        errors.ClockSkewed(),
        errors.CredentialsRefused(),
        errors.PermissionRefused(),
        errors.ArgumentRefused(),
        errors.LiveError(code="Unheard.Of"),
    ],
)
def test_what_would_go_wrong_again_is_final(error: errors.LiveError) -> None:
    assert pauses(error) == []


def test_the_pause_that_the_api_asks_for_is_kept() -> None:
    assert pause_s(
        errors.Throttled(retry_after_s=2.5), failed_before=4, random=lambda: 0.0
    ) == pytest.approx(2.5)


def test_callers_that_are_to_wait_equally_long_do_not_come_back_all_at_once() -> None:
    error = errors.Throttled(retry_after_s=2.5)
    late = pause_s(error, failed_before=0, random=lambda: 1.0)
    assert late == pytest.approx(2.6)


def test_a_pause_of_hours_is_capped() -> None:
    error = errors.Throttled(retry_after_s=86_400.0)
    assert pause_s(error, failed_before=0, random=lambda: 0.0) == MAX_PAUSE_S


@pytest.mark.parametrize("asked_s", [None, 0.0])
def test_throttling_without_a_pause_is_met_with_growing_ones_up_to_the_cap(
    asked_s: float | None,
) -> None:
    found = pauses(errors.Throttled(retry_after_s=asked_s))
    assert found[:4] == pytest.approx([0.5, 1.0, 2.0, 4.0])
    assert len(found) == 20
    assert max(found) == MAX_PAUSE_S


def test_a_hang_and_a_cut_off_reply_count_as_the_same_trouble() -> None:
    assert kind_of(errors.TimedOut()) is kind_of(errors.MalformedReply()) is errors.Unavailable


def test_throttling_does_not_use_up_the_tries_for_other_trouble() -> None:
    assert kind_of(errors.Throttled()) is not kind_of(errors.Unavailable())


def test_an_error_without_a_rule_is_a_kind_of_its_own() -> None:
    assert kind_of(errors.PermissionRefused()) is errors.PermissionRefused
