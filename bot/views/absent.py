"""URLs that were asked for, and of which no task is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.asks import Row
from bot.views.mrkdwn import code, shortened, stream_name
from bot.views.status import status_of
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.asks import Answer
    from bot.reader import Reader
    from bot.words import Words

_NAMES_CHARS = 2_600
_NAME_CHARS = 60


def not_found(answer: Answer, w: Words) -> str:
    """How many URLs found no task."""
    count = len(answer.without_task)
    if answer.as_typed:
        return w.n("{count} URL not found as typed", "{count} URLs not found as typed", count)
    return w.n("{count} URL without a task", "{count} URLs without a task", count)


def found_elsewhere(answer: Answer, w: Words) -> str:
    """How many URLs have tasks, but none that was asked for."""
    count = len(answer.outside)
    if answer.ask.since is None and answer.ask.until is None:
        return w.n(
            "{count} URL with tasks of another signature only",
            "{count} URLs with tasks of another signature only",
            count,
        )
    return w.n(
        "{count} URL with tasks of another time only",
        "{count} URLs with tasks of another time only",
        count,
    )


def without_task(answer: Answer, w: Words) -> Iterator[str]:
    """Those that have no task: by name on the first page, as far as they fit; in mrkdwn."""
    if not answer.without_task:
        return
    said = "❔ " + not_found(answer, w)
    if answer.offset:
        yield said
        return
    named = _named(said, [_name(url, answer) for url in answer.without_task], w)
    yield f"{named}\n{as_typed_note(w)}" if answer.as_typed else named


def outside(answer: Answer, reader: Reader, *, now: datetime, old: bool) -> Iterator[str]:
    """Those that have only other tasks, and what became of these, likewise.

    `old` if it was not just read: nothing is called ready then.
    """
    if not answer.outside:
        return
    w = words(reader.language)
    said = "❔ " + found_elsewhere(answer, w)
    if answer.offset:
        yield said
        return
    states = [status_of(Row(task, task), reader, w, now=now, old=old) for task in answer.outside]
    names = [
        f"{state.icon} {_name(task.url, answer)}"
        for task, state in zip(answer.outside, states, strict=True)
    ]
    yield _named(said, names, w)


def as_typed_note(w: Words) -> str:
    """Why a URL may not be found though its stream has tasks."""
    return w.t(
        "There are too many tasks to look through them all: a signed URL is found only with the "
        "signature that it was submitted with."
    )


def _name(url: str, answer: Answer) -> str:
    return code(shortened(stream_name(url, answer.ask.domain), _NAME_CHARS))


def _named(said: str, names: Sequence[str], w: Words) -> str:
    """As many of the names as there is room for, and how many more there are."""
    fitting, chars = [], _NAMES_CHARS
    for name in names:
        chars -= len(name) + 2
        if chars < 0:
            break
        fitting.append(name)
    listed, more = w.listed(fitting), len(names) - len(fitting)
    listed = w.t("{names} and {count} more", names=listed, count=more) if more else listed
    return w.t("{said}: {names}", said=said, names=listed)
