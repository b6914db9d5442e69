"""How long the menus mute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import StaleReference
from bot.views import follow_refs
from handlers import muting

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)  # past midnight in Shanghai


def test_an_hour_is_an_hour() -> None:
    assert muting.until(follow_refs.HOUR, now=NOW, zone=SHANGHAI) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "morning"),
    [
        (SHANGHAI, datetime(2026, 11, 24, 1, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 11, 23, 14, tzinfo=UTC)),
    ],
)
def test_tomorrow_at_nine_is_so_where_the_clicker_is(zone: ZoneInfo, morning: datetime) -> None:
    assert muting.until(follow_refs.MORNING, now=NOW, zone=zone) == morning


def test_tomorrow_at_nine_is_nine_by_the_clock_on_the_night_that_clocks_change() -> None:
    evening = datetime(2026, 11, 1, 1, tzinfo=UTC)  # 21:00 in New York, which falls back at night
    morning = muting.until(follow_refs.MORNING, now=evening, zone=NEW_YORK)
    assert morning == datetime(2026, 11, 1, 14, tzinfo=UTC)


def test_unmuting_leaves_no_end() -> None:
    assert muting.until(follow_refs.UNMUTE, now=NOW, zone=SHANGHAI) is None


def test_a_choice_of_another_version_is_not_guessed_at() -> None:
    with pytest.raises(StaleReference):
        muting.until("2h", now=NOW, zone=SHANGHAI)
