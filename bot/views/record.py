"""The audit record as it is read in Slack: who did what, where and when, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.asks import DEFAULT_ACCOUNT
from bot.record import Deed, Outcome
from bot.views import blocks
from bot.views.answering import answer
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

_PLAIN: Final = {("account", DEFAULT_ACCOUNT)}
"""What goes without saying."""

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
    if not entries:
        return nothing(reader)
    more = w.t("All of it as a file: {command}", command=code("/preload audit json"))
    said = w.n("The latest entry of the record", "The latest {count} entries", len(entries))
    zone = w.t("times are {zone}", zone=zone_name(now, reader))
    lines = blocks.sections(_lines(entries, reader, w, now))
    body = (blocks.section(f"*{said}*"), *lines, blocks.context(f"{zone} · {more}"))
    return fitted(Message(said, body))


def nothing(reader: Reader) -> Message:
    """There is nothing to show."""
    w = words(reader.language)
    return answer(w.t("Nothing stands in the record yet"), (), w)


@dataclass(frozen=True, slots=True)
class File:
    """The record as a file.

    Attributes:
        name: with its suffix.
        content: its bytes: a line of JSON for each entry, the earliest first.
        comment: what stands above it, in mrkdwn.
    """

    name: str
    content: bytes
    comment: str


def file(entries: Sequence[Entry], reader: Reader, *, now: datetime, is_cut: bool) -> File:
    """The record as a file. Takes its time.

    Args:
        entries: the latest first.
        reader: who asked.
        now: the moment it is made at.
        is_cut: there are older ones, which were asked for too.
    """
    w = words(reader.language)
    lines = "".join(f"{entry.to_json()}\n" for entry in reversed(entries))
    comment = w.n("{count} entry of the record", "{count} entries of the record", len(entries))
    if is_cut:
        printed = code("preload-bot audit")
        older = w.t(
            "Older ones are not in the file: where the bot runs, {command} prints all",
            command=printed,
        )
        comment = f"{comment}\n⚠️ {older}"
    return File(f"preload_record_{now:%Y%m%dT%H%M%SZ}.jsonl", lines.encode(), comment)


def sent(name: str, reader: Reader) -> Message:
    """The file called `name` is with the reader."""
    w = words(reader.language)
    return answer(w.t("It came to you by direct message: {name}", name=code(name, 300)), (), w)


def refused(reason: str, reader: Reader) -> Message:
    """Slack won't have the file, for a reason in its own word."""
    w = words(reader.language)
    said = w.t("Slack does not take the file: {reason}", reason=code(reason, _VALUE_CHARS))
    return answer(said, [_elsewhere(w)], w)


def not_taken(reason: str, reader: Reader, *, delivered: bool) -> Message:
    """Slack failed; where the file may have arrived all the same, that is said."""
    w = words(reader.language)
    said = w.t("Slack did not take the file: {reason}", reason=code(reason, _VALUE_CHARS))
    mend = w.t("Try again in a minute.")
    if delivered:
        mend = w.t("It may have arrived all the same: look for it before you ask again")
    return answer(said, [mend], w, hint=_elsewhere(w))


def _elsewhere(w: Words) -> str:
    return w.t("Where the bot runs, {command} prints it.", command=code("preload-bot audit"))


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
    about = {name: value for name, value in entry.about.items() if (name, value) not in _PLAIN}
    about.pop("id", "")  # names nothing that a person knows
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
