"""What of a message was not looked up, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.checking import MOST_FILE_BYTES, MOST_FILES, Hindrance
from bot.views.happenings import first_few
from bot.views.mrkdwn import code, masked, plain, shortened
from bot.words import marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.checking import Source
    from bot.words import Words

_ADDRESS_CHARS = 80
_NAMED = 3

_HINDRANCES = {
    Hindrance.TOO_MANY: marked("only the first {files} files are read"),
    Hindrance.TOO_LARGE: marked("larger than {mib} MiB"),
    Hindrance.NOT_TEXT: marked("not a text file; save a spreadsheet as CSV"),
    Hindrance.FORBIDDEN: marked(
        "the app may not read files: ask whoever runs the bot to add the scope files:read"
    ),
    Hindrance.UNAVAILABLE: marked("Slack does not give it; try again in a minute"),
}


def left_out(source: Source, w: Words) -> Iterator[str]:
    """What of the message was not looked up: a sentence of mrkdwn for each kind."""
    if source.odd:
        names = [code(shortened(plain(masked(one)), _ADDRESS_CHARS)) for one in source.odd]
        count = len(names)
        said = w.n("{count} address is no play URL", "{count} addresses are no play URLs", count)
        yield w.t("{said}: {names}", said=said, names=first_few(names, count, w, _NAMED))
    if source.left_out:
        yield w.n(
            "{count} URL more was left out: at most {most} are looked up at once",
            "{count} URLs more were left out: at most {most} are looked up at once",
            source.left_out,
            most=f"{len(source.urls):,}",
        )
    by_reason: dict[Hindrance, list[str]] = {}
    for name, hindrance in source.unread.items():
        by_reason.setdefault(hindrance, []).append(code(name, _ADDRESS_CHARS))
    for hindrance, names in by_reason.items():
        said = w.t(
            "{names}: not read, {reason}",
            names=first_few(names, len(names), w, _NAMED),
            reason=w.t(_HINDRANCES[hindrance], files=MOST_FILES, mib=MOST_FILE_BYTES >> 20),
        )
        yield said
    if source.count_unread:
        yield w.n(
            "{count} attached file was not read",
            "{count} attached files were not read",
            source.count_unread,
        )
