"""What of a message was not looked up or is not watched, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.asks import Ask
from bot.checking import MOST_FILE_BYTES, MOST_FILES, Hindrance
from bot.errors import WhichAccount
from bot.roles import NotAllowed
from bot.views import blocks, refs, roles
from bot.views.errors import advised, reason
from bot.views.happenings import first_few
from bot.views.limits import OPTION_CHARS, Message, fitted
from bot.views.mrkdwn import code, escaped, masked, plain, shortened
from bot.views.told import INVITE
from bot.words import marked, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.checking import Checked, Source
    from bot.errors import BotError
    from bot.reader import Reader
    from bot.views.check_refs import CheckRef
    from bot.views.limits import Block
    from bot.words import Words

_ADDRESS_CHARS = 80
_DOMAIN_CHARS = 100
_NAMED = 3

_HINDRANCES = {
    Hindrance.TOO_MANY: marked("only the first {files} files are read"),
    Hindrance.TOO_LARGE: marked("larger than {mib} MiB"),
    Hindrance.NOT_TEXT: marked("not a text file; save a spreadsheet as CSV"),
    Hindrance.FORBIDDEN: marked(
        "Slack does not show it to the bot: type {invite} where it was posted, or if the bot is "
        "there, ask whoever runs it to add the scope files:read"
    ),
    Hindrance.GONE: marked("it has been deleted"),
    Hindrance.UNAVAILABLE: marked("Slack does not give it; try again in a minute"),
}


def unlooked(found: Checked, ref: CheckRef, w: Words) -> Iterator[tuple[str, Block | None]]:
    """All of it, a sentence of mrkdwn each, with the menu that mends it, if one does.

    Args:
        found: what was found of the others.
        ref: of a menu's options: to the first page of that.
        w: the reader's words.
    """
    for domain, error in found.failures.items():
        yield _failure(domain, error, ref, w)
    if strangers := found.strangers:
        names = [escaped(name, _DOMAIN_CHARS) for name in strangers]
        said = w.n(
            "{count} URL is of no domain that an account has",
            "{count} URLs are of no domain that an account has",
            sum(strangers.values()),
        )
        listed = first_few(names, len(names), w, _NAMED)
        yield w.t("{said}: {names}", said=said, names=listed), None
    for said in left_out(found.source, w):
        yield said, None


def _why(domain: str, error: BotError, w: Words) -> str:
    """Why a domain cannot be asked about or watched, in a sentence of mrkdwn."""
    if isinstance(error, NotAllowed):
        return roles.reason(error, w)
    return reason(error, w, Ask("", domain))


def _failure(domain: str, error: BotError, ref: CheckRef, w: Words) -> tuple[str, Block | None]:
    name = escaped(domain, _DOMAIN_CHARS)
    if isinstance(error, NotAllowed):
        return _why(domain, error, w), None
    if not isinstance(error, WhichAccount):
        why = _why(domain, error, w)
        return w.t("{domain}: could not be read now. {reason}", domain=name, reason=why), None
    try:
        options = [
            blocks.option(
                plain(account, OPTION_CHARS),
                ref.picking(domain, account).pack(refs.OPTION_VALUE_CHARS),
            )
            for account in error.accounts
        ]
    except refs.ReferenceTooLong:  # too much was picked before
        return advised(error, w), None
    said = w.t("{domain} is of several accounts. Which one?", domain=name)
    return said, blocks.select("check.account", w.t("Pick an account"), options)


def unwatched(failures: Mapping[str, BotError], reader: Reader) -> Message:
    """The domains whose streams are not watched, or not all of them, and why."""
    w = words(reader.language)
    said = w.t("Of these domains not all streams are watched")
    lines = [
        f"• {escaped(name, _DOMAIN_CHARS)}: {_why(name, error, w)}"
        for name, error in failures.items()
    ]
    text = w.sentences([said, w.listed(escaped(name, _DOMAIN_CHARS) for name in failures)])
    return fitted(Message(text, (blocks.section("\n".join([f"*{said}*", *lines])),)))


def left_out(source: Source, w: Words) -> Iterator[str]:
    """What of the message was not looked up: a sentence of mrkdwn for each kind."""
    if source.odd:
        count = len(source.odd)
        said = w.n("{count} address is no play URL", "{count} addresses are no play URLs", count)
        yield _naming(source.odd, said, w)
    if source.without_protocol:
        said = w.n(
            "{count} address was not looked up, as it is written without its protocol (rtmp:// or "
            "http://)",
            "{count} addresses were not looked up, as they are written without their protocol "
            "(rtmp:// or http://)",
            len(source.without_protocol),
        )
        yield _naming(source.without_protocol, said, w)
    if source.count_odd:
        yield w.n(
            "{count} address was not looked up: it is no play URL or lacks its protocol",
            "{count} addresses were not looked up: they are no play URLs or lack their protocol",
            source.count_odd,
        )
    if source.left_out:
        yield w.n(
            "{count} URL more was left out: at most {most} are looked up at once",
            "{count} URLs more were left out: at most {most} are looked up at once",
            source.left_out,
            most=f"{len(source.urls):,}",
        )
    by_reason: dict[Hindrance, list[str]] = {}
    for one in source.unread:
        by_reason.setdefault(one.why, []).append(code(one.name, _ADDRESS_CHARS))
    for hindrance, names in by_reason.items():
        said = w.t(
            "{names}: not read, {reason}",
            names=first_few(names, len(names), w, _NAMED),
            reason=w.t(
                _HINDRANCES[hindrance],
                files=MOST_FILES,
                mib=MOST_FILE_BYTES >> 20,
                invite=code(INVITE),
            ),
        )
        yield said
    if source.count_unread:
        yield w.n(
            "{count} attached file was not read",
            "{count} attached files were not read",
            source.count_unread,
        )


def _naming(addresses: Sequence[str], said: str, w: Words) -> str:
    """What is said of some addresses, which may hold signatures, and the first few of them."""
    names = [code(shortened(plain(masked(one)), _ADDRESS_CHARS)) for one in addresses]
    return w.t("{said}: {names}", said=said, names=first_few(names, len(names), w, _NAMED))
