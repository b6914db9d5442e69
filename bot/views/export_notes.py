"""What must be known of an export beside its tasks: what is missing, and what is not sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.export import MOST_TASKS
from bot.views import errors
from bot.views.absent import as_typed_note
from bot.views.happenings import first_few
from bot.views.mrkdwn import code, shortened, stream_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.export import Export
    from bot.words import Words

_NAME_CHARS = 60
_NAMED = 10


def too_many_tasks(total: int, w: Words) -> str:
    """That a file does not hold them all, and what to do."""
    return w.t(
        "{count} tasks match, and a file holds the first {most} that the API lists: narrow it with "
        "since=, status= or url= to have all",
        count=f"{total:,}",
        most=f"{MOST_TASKS:,}",
    )


def notes(export: Export, w: Words) -> Iterator[str]:
    """What must be known of it, in mrkdwn."""
    if export.is_capped:
        yield f"⚠️ {too_many_tasks(export.total, w)}"
        if export.is_newest_first:
            yield w.t("These are the newest")
    if not export.is_sure:
        yield "⚠️ " + w.t(
            "Tasks changed places both times while they were read: some may be missing"
        )
    if export.cut:
        yield w.t("The time asked for was cut to the 3 days that the API keeps")
    if export.unchecked is not None:
        yield "❔ " + w.t(
            "Whether the streams have newer tasks could not be checked: {reason}",
            reason=errors.reason(export.unchecked, w),
        )
    elif export.streams_unchecked:
        yield "❔ " + w.n(
            "Of {count} stream it was not checked whether it has a newer task",
            "Of {count} streams it was not checked whether they have newer tasks",
            export.streams_unchecked,
        )
    if export.without_match:
        yield _without_match(export, w)


def _without_match(export: Export, w: Words) -> str:
    """Which of the URLs that were asked about have no line in the file."""
    urls, domain = export.without_match, export.question.domain
    names = [code(shortened(stream_name(url, domain), _NAME_CHARS)) for url in urls]
    said = "❔ " + w.n("{count} URL matches no task", "{count} URLs match no task", len(urls))
    named = w.t("{said}: {names}", said=said, names=first_few(names, len(names), w, _NAMED))
    return f"{named}\n{as_typed_note(w)}" if export.as_typed else named
