from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from bot.reader import Language, Preferences, Reader
from bot.store.schema import preferences
from tests.stored import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store import Store

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


async def test_who_has_chosen_nothing_has_no_preferences(store: Store) -> None:
    assert await store.preferences.get("U1") == Preferences()


async def test_what_is_chosen_is_remembered_and_the_rest_stays(store: Store) -> None:
    assert await store.preferences.get("U1") == Preferences()
    await store.preferences.set("T1", "U1", language=Language.CHINESE)
    await store.preferences.set("T1", "U1", zone=SHANGHAI)
    all_of_it = await store.preferences.set("T1", "U1", rows=20)
    assert all_of_it == Preferences(Language.CHINESE, SHANGHAI, 20)
    assert await store.preferences.get("U1") == all_of_it
    assert await store.preferences.get("U2") == Preferences()


async def test_what_is_chosen_no_more_is_as_slack_says(store: Store) -> None:
    await store.preferences.set("T1", "U1", language=Language.CHINESE, rows=20)
    await store.preferences.set("T1", "U1", language=None)
    assert await store.preferences.get("U1") == Preferences(rows=20)


async def test_a_person_is_the_same_in_whichever_workspace_slack_names(store: Store) -> None:
    await store.preferences.set("T1", "U1", rows=20)
    await store.preferences.set("T2", "U1", language=Language.ENGLISH)
    assert await store.preferences.get("U1") == Preferences(Language.ENGLISH, rows=20)


async def test_preferences_outlive_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.preferences.set("T1", "U1", zone=SHANGHAI)
    async with opened(tmp_path) as store:
        assert await store.preferences.get("U1") == Preferences(zone=SHANGHAI)


async def test_a_zone_that_is_not_known_is_none(store: Store) -> None:
    row = {"team_id": "T1", "user_id": "U1", "language": None, "zone": "Mars/Base", "rows": None}
    async with store.database.writing() as connection:
        await connection.execute(insert(preferences), row)
    assert await store.preferences.get("U1") == Preferences()


def test_preferences_go_over_what_slack_says() -> None:
    slack_s = Reader("U1", Language.ENGLISH, ZoneInfo("Europe/London"))
    assert Preferences().over(slack_s) == slack_s
    chosen = Preferences(Language.CHINESE, SHANGHAI, 20).over(slack_s)
    assert chosen == Reader("U1", Language.CHINESE, SHANGHAI, 20)
