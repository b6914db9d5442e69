"""How a person wants answers, to be chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.asks import MAX_ROWS, MIN_ROWS
from bot.reader import Language
from bot.views import blocks
from bot.views.limits import OPTIONS
from bot.views.mrkdwn import plain
from bot.views.times import zone_name
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bot.reader import Preferences, Reader
    from bot.views.limits import Block

AS_SLACK: Final = "slack"
"""Of the menus: what Slack, or the settings, say."""
LANGUAGES: Final = {Language.ENGLISH: "English", Language.CHINESE: "中文"}
ROW_CHOICES: Final = (MIN_ROWS, 10, 15, 20, MAX_ROWS)
ZONES: Final = (
    "UTC",
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Kuala_Lumpur",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Manila",
    "Asia/Bangkok",
    "Asia/Ho_Chi_Minh",
    "Asia/Jakarta",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Asia/Riyadh",
    "Asia/Almaty",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Africa/Cairo",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Africa/Johannesburg",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Bogota",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "Australia/Perth",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Honolulu",
)
"""The zones that most people live in; any other is Slack's to say."""


def settings(
    chosen: Preferences, slack_s: Reader, reader: Reader, *, rows: int, now: datetime
) -> Iterator[Block]:
    """A menu for each.

    Args:
        chosen: what they have chosen.
        slack_s: who they are as Slack says, whatever they have chosen.
        reader: who reads it.
        rows: how many rows a page the settings of the bot say.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    zones = [*map(ZoneInfo, ZONES), *([chosen.zone] if chosen.zone else [])]
    yield blocks.header(w.t("Settings"))
    yield _setting(
        w.t("Language"),
        "home.language",
        w.t("as in Slack: {value}", value=LANGUAGES[slack_s.language]),
        {language.value: name for language, name in LANGUAGES.items()},
        chosen.language,
    )
    yield _setting(
        w.t("Time zone"),
        "home.zone",
        w.t("as in Slack: {value}", value=_zone(slack_s.zone, reader, now)),
        {zone.key: _zone(zone, reader, now) for zone in zones},
        chosen.zone.key if chosen.zone else None,
    )
    yield _setting(
        w.t("Rows a page"),
        "home.rows",
        w.t("as set up: {value}", value=rows),
        {str(choice): str(choice) for choice in ROW_CHOICES},
        str(chosen.rows) if chosen.rows else None,
    )


def _setting(
    label: str, action_id: str, usual: str, choices: Mapping[str, str], chosen: str | None
) -> Block:
    """A choice of one of several, or of none of them."""
    words_of = {AS_SLACK: usual, **choices}
    options = {value: blocks.option(text, value) for value, text in words_of.items()}
    initial = options.get(chosen or AS_SLACK, options[AS_SLACK])
    menu = blocks.select(action_id, label, list(options.values())[:OPTIONS], initial)
    return blocks.section(f"*{label}*", accessory=menu)


def _zone(zone: ZoneInfo, reader: Reader, now: datetime) -> str:
    """`Asia/Shanghai (UTC+8)`."""
    there = zone_name(now, replace(reader, zone=zone))
    return zone.key if zone.key == there else f"{plain(zone.key, 60)} ({there})"
