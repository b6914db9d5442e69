"""What a message names: its text, and the lists that are attached to it."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from bot import runsheet
from bot.checking import MOST_FILE_BYTES, MOST_FILES, Hindrance, Source, Unread
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.slack.files import GONE, NOT_SHOWN, TOO_LARGE
from handlers import addresses
from handlers.vocabulary import nearest_domain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping

    from bot.slack.incoming import Shortcut
    from bot.slack.messages import Attached
    from handlers.desk import Desk

_LISTS: Final = frozenset(
    {".csv", ".tsv", ".txt", ".text", ".md", ".json", ".m3u", ".m3u8", ".log"}
)
"""What may be a list whatever Slack takes it for: a playlist it takes for sound."""
_NO_LISTS: Final = ("image/", "video/", "audio/")
"""Nobody expects what is attached of these kinds to be read."""
_HINDRANCES: Final = {
    TOO_LARGE: Hindrance.TOO_LARGE,
    NOT_SHOWN: Hindrance.FORBIDDEN,
    GONE: Hindrance.GONE,
}

Given = TypeVar("Given")

log = structlog.get_logger(__name__)


async def read(desk: Desk, shortcut: Shortcut) -> Source:
    """Read a message and its lists."""
    unread: list[Unread] = []
    lists: list[Attached] = []
    files = {one.id: one for one in shortcut.files}
    described = await asyncio.gather(*(_described(desk, file) for file in files.values()))
    for file_id, file in zip(files, described, strict=True):
        if isinstance(file, Hindrance):
            unread.append(Unread(files[file_id].name or file_id, file))
        elif not _may_be_list(file):
            if file.mimetype.startswith(_NO_LISTS):
                continue
            unread.append(Unread(file.name, Hindrance.NOT_TEXT))
        elif len(lists) == MOST_FILES:
            unread.append(Unread(file.name, Hindrance.TOO_MANY))
        else:
            lists.append(file)
    read = await asyncio.gather(*(_content(desk, file) for file in lists))
    contents: dict[str, bytes] = {}
    for file, content in zip(lists, read, strict=True):
        if isinstance(content, Hindrance):
            unread.append(Unread(file.name, content))
        else:
            contents[file.id] = content
    # Megabytes of text take a while, which nobody else is to wait for.
    found, not_text = await asyncio.to_thread(_found_in, shortcut.text, contents)
    unread += [Unread(file.name, Hindrance.NOT_TEXT) for file in lists if file.id in not_text]
    without_protocol, strange = await _without_protocol(desk, found.without_protocol)
    urls = tuple(dict.fromkeys(map(addresses.lowered, (*found.urls, *strange))))
    return Source(
        urls=urls[: runsheet.MOST_URLS],
        odd=found.odd,
        without_protocol=without_protocol,
        left_out=max(0, len(urls) - runsheet.MOST_URLS),
        unread=tuple(unread),
    )


async def _without_protocol(
    desk: Desk, written: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that may be play URLs but for their protocol; and others, of domains of no account.

    The others, as a guess: what they are of is said, and no protocol would help.
    """
    near, strange = [], []
    known = await desk.accounts.domains() if written else ()
    for address in written:
        domain, guess = addresses.domain(address) or "", addresses.with_protocol(address)
        is_near = not known or domain in known or nearest_domain(domain, known) is not None
        if is_near or guess is None:
            near.append(address)
        else:
            strange.append(guess)
    return tuple(near), tuple(strange)


def _may_be_list(file: Attached) -> bool:
    """Whether a file may be a text; a page of HTML is one of a browser's, not a list."""
    if PurePosixPath(file.name.lower()).suffix in _LISTS:
        return True
    return file.mimetype.startswith("text/") and file.mimetype != "text/html"


async def _described(desk: Desk, file: Attached) -> Attached | Hindrance:
    """The file, of which Slack may have said no more than that it is there."""
    if file.url or not file.id:
        return file
    return await _given(file, desk.files.info(file.id))


async def _content(desk: Desk, file: Attached) -> bytes | Hindrance:
    return await _given(file, desk.files.content(file, most_bytes=MOST_FILE_BYTES))


async def _given(file: Attached, asked: Awaitable[Given]) -> Given | Hindrance:
    """What Slack gives of the file; else why not."""
    try:
        return await asked
    except SlackRefused as refused:
        log.warning("attached file refused", file=file.id, error=str(refused))
        return _HINDRANCES.get(refused.code, Hindrance.UNAVAILABLE)
    except SlackUnavailable as error:
        log.warning("attached file not read", file=file.id, error=str(error))
        return Hindrance.UNAVAILABLE


def _found_in(text: str, contents: Mapping[str, bytes]) -> tuple[runsheet.Runsheet, set[str]]:
    """The addresses in the message and its lists, and the IDs of those that are no text."""
    texts = {name: runsheet.decoded(content) for name, content in contents.items()}
    readable = [runsheet.unescaped(one) for one in texts.values() if one is not None]
    found = runsheet.read(
        [runsheet.typed(text), *readable], addresses.is_url, addresses.with_protocol
    )
    return found, {name for name, one in texts.items() if one is None}
