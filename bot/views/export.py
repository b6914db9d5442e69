"""What is said of an export: under way, done, cancelled, failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.export import MOST_TASKS, Format
from bot.views import blocks, errors
from bot.views.answering import answer
from bot.views.commands import command
from bot.views.export_csv import as_csv
from bot.views.export_json import as_json
from bot.views.export_notes import notes, too_many_tasks
from bot.views.export_refs import ExportRef
from bot.views.limits import Message, fitted
from bot.views.mentions import channel
from bot.views.mrkdwn import code, escaped, owned
from bot.views.times import dated, to_the_second
from bot.words import words

if TYPE_CHECKING:
    from datetime import datetime

    from bot.asks import Ask
    from bot.errors import BotError
    from bot.export import Export, Step
    from bot.reader import Reader
    from bot.views.refs import FormRef
    from bot.words import Words

_DOMAIN_CHARS = 300
_CODE_CHARS = 100
_COMMAND_CHARS = 800


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a question.

    Attributes:
        ask: the question.
        format: what the file shall be.
        channel_id: the channel that gets it; None is the person alone.
    """

    ask: Ask
    format: Format
    channel_id: str | None = None

    @property
    def command(self) -> str:
        """The command that exports it again, as literal text."""
        asked = f"/preload export{command(self.ask).removeprefix('/preload')}"
        told = (self.format if self.format is not Format.CSV else "", self.channel_id and "public")
        return " ".join([asked, *filter(None, told)])

    @property
    def name(self) -> str:
        """What the file is called, but for its time: letters, digits, `.`, `-` and `_`."""
        parts = ("preload", self.ask.domain, self.ask.status or "")
        return "_".join(filter(None, ("".join(filter(_is_plain, part)) for part in parts)))


def _is_plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in ".-_")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent.

    Attributes:
        name: with its suffix.
        content: its bytes.
        comment: what stands above it, in mrkdwn.
    """

    name: str
    content: bytes
    comment: str


def file(export: Export, wish: Wish, reader: Reader, *, now: datetime) -> File:
    """The file and what is said of it; windows are held against `now`. Takes its time."""
    written = f"{export.end:%Y%m%dT%H%M%SZ}"
    is_csv = wish.format is Format.CSV
    content = as_csv(export, reader, now=now) if is_csv else as_json(export, now=now)
    w = words(reader.language)
    lines = (f"*{_exported(export, wish, w)}*", *notes(export, w), _facts(export, reader, w, now))
    return File(f"{wish.name}_{written}.{wish.format}", content, "\n".join(lines))


def under_way(step: Step | None, wish: Wish, known_as: str, reader: Reader) -> Message:
    """How far it is; `known_as` is its ID in the store, and `step` None before the first reply."""
    w = words(reader.language)
    domain = _domain(wish)
    cancel = blocks.button("export.cancel", w.t("Cancel"), ExportRef(known_as).pack())
    if step is None:
        said = w.t("Counting the tasks of {domain} …", domain=domain)
        return answer(f"⏳ {said}", [_destination(wish, w)], w, controls=[cancel])
    lines = [_destination(wish, w)]
    if step.read:
        said = w.t(
            "Exporting {domain}: {read} of {count} tasks are read",
            domain=domain,
            read=f"{step.read:,}",
            count=f"{step.goal:,}",
        )
    else:
        said = w.n(
            "Exporting {count} task of {domain}",
            "Exporting {count} tasks of {domain}",
            step.goal,
            domain=domain,
        )
    if step.total > MOST_TASKS:
        lines.append(too_many_tasks(step.total, w))
    if step.again:
        lines.append(w.t("They are read once more, as tasks may have changed places meanwhile"))
    lines.append(
        w.n(
            "{count} call of the Live API is still to come; people's questions go first",
            "{count} calls of the Live API are still to come; people's questions go first",
            step.calls_to_come,
        )
    )
    return answer(f"⏳ {said}", lines, w, controls=[cancel])


def done(export: Export, wish: Wish, name: str, reader: Reader, *, now: datetime) -> Message:
    """The file called `name` is where it should be."""
    w = words(reader.language)
    where = w.t("It came to you by direct message: {name}", name=code(name, 300))
    if wish.channel_id is not None:
        place = channel(wish.channel_id, w)
        where = w.t("It is posted in {channel}: {name}", channel=place, name=code(name, 300))
    facts = _facts(export, reader, w, now)
    return answer(_exported(export, wish, w), [where, *notes(export, w)], w, hint=facts)


def nothing(
    export: Export, wish: Wish, form: FormRef | None, reader: Reader, *, now: datetime
) -> Message:
    """No task matches: there is no file. The filters are repeated, to be mended in the form."""
    w = words(reader.language)
    said = w.t("{domain}: no tasks match, so there is no file", domain=_domain(wish))
    lines, facts = [*notes(export, w), _again(wish, w)], _facts(export, reader, w, now)
    button = blocks.button("form.open", w.t("Open the form"), form.pack()) if form else None
    return answer(said, lines, w, hint=facts, controls=[button])


def cancelled(wish: Wish, step: Step | None, reader: Reader, *, calls: int = 0) -> Message:
    """It was cancelled in time: there is no file. It took so many calls of the API."""
    w = words(reader.language)
    said = w.t("The export of {domain} is cancelled", domain=_domain(wish))
    return answer(said, [_how_far(step, calls, w)], w, hint=_again(wish, w))


def took_too_long(
    longest_s: float, wish: Wish, step: Step | None, reader: Reader, *, calls: int = 0
) -> Message:
    """It was given up after so long; it took so many calls of the API."""
    w = words(reader.language)
    said = w.n(
        "The export of {domain} was given up: it took longer than {count} minute",
        "The export of {domain} was given up: it took longer than {count} minutes",
        max(1, round(longest_s / 60)),
        domain=_domain(wish),
    )
    mend = w.t("Ask for less at a time: of one status, or with since= and until=")
    return answer(said, [_how_far(step, calls, w), mend], w, hint=_again(wish, w))


def cancelling(reader: Reader) -> Message:
    """It will be, after the call that is under way."""
    w = words(reader.language)
    said = w.t("The export is cancelled: no file will come")
    return answer(said, (), w)


def too_late(reader: Reader) -> Message:
    """There is nothing to cancel any more."""
    w = words(reader.language)
    return answer(w.t("That export has ended already"), (), w)


def too_many(most: int, reader: Reader) -> Message:
    """The person has as many exports under way as may be."""
    w = words(reader.language)
    said = w.t("{most} exports of yours are under way already", most=most)
    return answer(said, [w.t("Wait for one of them, or cancel it, then ask again")], w)


def stopped(
    error: BotError,
    wish: Wish,
    step: Step | None,
    reader: Reader,
    *,
    calls: int = 0,
    suffix: str = "",
    log_id: str = "",
) -> Message:
    """The API did not answer half way, after so many calls.

    `suffix` and `log_id` are as in `bot.views.errors`.
    """
    w = words(reader.language)
    said = w.t("The export of {domain} could not be finished", domain=_domain(wish))
    why = errors.message(error, reader, ask=wish.ask, suffix=suffix, log_id=log_id)
    head = blocks.section(f"*{said}*\n{_how_far(step, calls, w)}")
    again = blocks.context(_again(wish, w))
    return fitted(Message(w.sentences([said, why.text]), (head, *why.blocks, again)))


def cut_off(wish: Wish, step: Step | None, reader: Reader, *, calls: int = 0) -> Message:
    """The bot is being stopped before the file is there; it took so many calls of the API."""
    w = words(reader.language)
    said = w.t("The bot was stopped before the export of {domain} was ready", domain=_domain(wish))
    return answer(said, [_how_far(step, calls, w)], w, hint=_again(wish, w))


def without_scope(scope: str, wish: Wish, reader: Reader) -> Message:
    """Slack takes no file, as the app lacks a scope."""
    w = words(reader.language)
    said = w.t(
        "Slack does not take the file: the app lacks the scope {scope}", scope=code(scope, 100)
    )
    mend = w.t(
        "Ask the bot's operator to add it in OAuth & Permissions and to reinstall the app; "
        "preload-bot doctor names all that are missing"
    )
    return answer(said, [mend], w, hint=_again(wish, w))


def refused(reason: str, wish: Wish, reader: Reader) -> Message:
    """Slack won't have the file, for a reason in its own word."""
    w = words(reader.language)
    said = w.t("Slack does not take the file: {reason}", reason=code(reason, _CODE_CHARS))
    mend = w.t("If it goes on, give this to the bot's operator")
    return answer(said, [mend], w, hint=_again(wish, w))


def not_taken(reason: str, wish: Wish, reader: Reader, *, delivered: bool) -> Message:
    """Slack failed; where the file may have arrived all the same, that is said."""
    w = words(reader.language)
    said = w.t("Slack did not take the file: {reason}", reason=code(reason, _CODE_CHARS))
    mend = w.t("Try again in a minute.")
    if delivered:
        mend = w.t("It may have arrived all the same: look for it before you ask again")
    return answer(said, [mend], w, hint=_again(wish, w))


def _domain(wish: Wish) -> str:
    return escaped(owned(wish.ask.domain, wish.ask.account), _DOMAIN_CHARS)


def _exported(export: Export, wish: Wish, w: Words) -> str:
    return w.n(
        "{domain}: {count} task exported",
        "{domain}: {count} tasks exported",
        len(export.found),
        domain=_domain(wish),
    )


def _destination(wish: Wish, w: Words) -> str:
    if wish.channel_id is None:
        return w.t("The file comes to you by direct message")
    return w.t("The file is posted in {channel}", channel=channel(wish.channel_id, w))


def _how_far(step: Step | None, calls: int, w: Words) -> str:
    """How much was read in vain, and what it cost."""
    said = w.t("No task had been read; there is no file")
    if step is not None:
        place = {"read": f"{step.read:,}", "count": f"{step.goal:,}"}
        said = w.t("{read} of {count} tasks had been read; there is no file", **place)
    return f"{said} · {_calls(calls, w)}" if calls else said


def _calls(count: int, w: Words) -> str:
    return w.n("{count} call of the Live API", "{count} calls of the Live API", count)


def _again(wish: Wish, w: Words) -> str:
    return w.t("Run it again: {command}", command=code(wish.command, _COMMAND_CHARS))


def _facts(export: Export, reader: Reader, w: Words, now: datetime) -> str:
    """Of what time it is, and what it cost."""
    start, end = dated(export.start, reader, now), dated(export.end, reader, now)
    created = w.t("created {start} – {end}", start=start, end=end)
    observed = w.t("observed {time}", time=to_the_second(export.observed_from, reader, now))
    return f"{created} · {observed} · {_calls(export.calls, w)}"
