"""The audit record as it is read in Slack: who did what, where and when, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.record import Deed, Outcome
from bot.views import blocks
from bot.views.limits import Message, fitted
from bot.views.mentions import channel, person
from bot.views.mrkdwn import code, escaped, unsigned
from bot.views.times import seconds, zone_name
from bot.words import marked, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.reader import Reader
    from bot.record import Entry
    from bot.words import Words

_CHARS: Final = 7_500
"""Of all lines: the rest of a message's 9,000 is for what stands around them."""
_VALUE_CHARS: Final = 200

_DEEDS: Final[Mapping[Deed, str]] = {
    Deed.WATCH: marked("Watch"),
    Deed.WIDEN_WATCH: marked("Widen a watch"),
    Deed.STOP_WATCH: marked("Stop a watch"),
    Deed.SUBSCRIBE: marked("Subscribe"),
    Deed.WIDEN: marked("Widen a subscription"),
    Deed.UNSUBSCRIBE: marked("Unsubscribe"),
    Deed.MUTE: marked("Mute"),
    Deed.UNMUTE: marked("Unmute"),
    Deed.SEE: marked("See to failures"),
    Deed.SET_DEFAULT: marked("Set the default domain"),
    Deed.CLEAR_DEFAULT: marked("Clear the default domain"),
    Deed.EXPORT: marked("Export"),
    Deed.CANCEL_EXPORT: marked("Cancel an export"),
    Deed.PREFER: marked("Change one's preferences"),
}
_OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.BEGUN: marked("❔ outcome unknown"),
    Outcome.DONE: marked("done"),
    Outcome.REFUSED: marked("⛔ refused"),
    Outcome.FAILED: marked("❌ came to nothing"),
}


def latest(entries: Sequence[Entry], reader: Reader, *, now: datetime) -> Message:
    """The latest entries of the record.

    Args:
        entries: the latest first.
        reader: who asked.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    more = w.t("All of it as a file: {command}", command=code("/preload audit json"))
    if not entries:
        said = w.t("Nothing stands in the record yet")
        return fitted(Message(said, (blocks.section(f"*{said}*"),)))
    said = w.n("The latest entry of the record", "The latest {count} entries", len(entries))
    zone = w.t("times are {zone}", zone=zone_name(now, reader))
    lines = blocks.sections(_lines(entries, reader, w, now))
    body = (blocks.section(f"*{said}*"), *lines, blocks.context(f"{zone} · {more}"))
    return fitted(Message(said, body))


def _lines(entries: Sequence[Entry], reader: Reader, w: Words, now: datetime) -> Iterator[str]:
    """A line of mrkdwn for each entry, as far as a message takes them."""
    room = _CHARS
    for number, entry in enumerate(entries):
        line = " · ".join(_parts(entry, reader, w, now))
        room -= len(line)
        if room < 0:
            count = f"{len(entries) - number:,}"
            yield w.t("{count} older ones have no room here", count=count)
            return
        yield line


def _parts(entry: Entry, reader: Reader, w: Words, now: datetime) -> Iterator[str]:
    yield seconds(entry.at, reader, now)
    yield person(entry.user_id)
    yield f"*{w.t(_DEEDS[entry.deed])}*"
    about = dict(entry.about)
    if domain := about.pop("domain", ""):
        yield escaped(domain, _VALUE_CHARS)
    place = about.pop("channel", "") or entry.channel_id
    if place:
        is_direct = place.startswith("D")
        yield w.t("a direct conversation") if is_direct else channel(place, w)
    if about:
        said = " ".join(f"{name}={value}" for name, value in about.items())
        yield code(unsigned(said), _VALUE_CHARS)
    yield w.t(_OUTCOMES[entry.outcome])
