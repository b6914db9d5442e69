"""Looking up many streams of several domains at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from bot.asks import Ask, Place
from bot.checking import Checked, Line
from bot.errors import BotError, WhichAccount
from bot.listing import WHOLE_TASKS
from bot.live.model import PreloadTask, newest, stream_of
from bot.roles import NotAllowed, Right
from bot.views.check_refs import pick_of
from bot.watch.url_room import end_of_lot, room_for_urls, url_bytes
from handlers import addresses
from handlers.desk import Unanswered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from bot.asks import Answer
    from bot.checking import Source
    from handlers.desk import Desk

LOOKUPS_AT_ONCE = 4
"""Of one person's: others are to find room, too."""

_Newest: TypeAlias = "dict[str, tuple[PreloadTask | None, bool]]"
"""By stream, its newest task, and whether that is sure."""


@dataclass(frozen=True, slots=True)
class Parted:
    """Play URLs, by whose they are.

    Attributes:
        subjects: by what is to be asked, all tasks of a domain of an account.
        failed: by a domain that cannot be asked about, why not, and its URLs.
        strangers: by a domain that surely no account has, how many URLs there are.
        picked: by a domain of several accounts, the one that was picked.
    """

    subjects: dict[Ask, tuple[str, ...]] = field(default_factory=dict)
    failed: dict[str, tuple[BotError, tuple[str, ...]]] = field(default_factory=dict)
    strangers: Counter[str] = field(default_factory=Counter)
    picked: dict[str, str] = field(default_factory=dict)


async def parted(desk: Desk, urls: Iterable[str], picked: Collection[str] = ()) -> Parted:
    """Find whose the URLs are.

    Args:
        desk: the bot's parts.
        urls: the play URLs.
        picked: `bot.views.check_refs.pick_of` the accounts that were picked for domains of several.

    Raises:
        NotAllowed: they may query none of them.
        Unchecked: nobody knows who asks.
    """
    found = Parted()
    by_domain: dict[str, list[str]] = {}
    for url in urls:
        by_domain.setdefault(addresses.domain(url) or "", []).append(url)
    strangers = await desk.accounts.strangers(by_domain)
    found.strangers.update({name: len(by_domain[name]) for name in by_domain if name in strangers})
    ours = [name for name in by_domain if name not in strangers]
    # Side by side: an account that does not say what it has keeps each of them waiting.
    whose = await asyncio.gather(*(_account_of(desk, name, picked, found) for name in ours))
    for domain, account in zip(ours, whose, strict=True):
        if isinstance(account, BotError):
            found.failed[domain] = account, tuple(by_domain[domain])
        else:
            found.subjects[Ask(account, domain)] = tuple(by_domain[domain])
    reasons = [error for error, _ in found.failed.values()]
    if reasons and not found.subjects and all(isinstance(one, NotAllowed) for one in reasons):
        raise reasons[0]
    return found


async def _account_of(
    desk: Desk, domain: str, picked: Collection[str], found: Parted
) -> str | NotAllowed | WhichAccount:
    """The account that has the domain; of several the one that was picked, which is noted.

    Otherwise why it cannot be asked: they may not, or several have it, and none was picked.
    """
    try:
        await desk.caller.insist(Right.QUERY, domain)
        return await desk.account_of(domain)
    except NotAllowed as error:
        return error
    except WhichAccount as error:
        for account in error.accounts:
            if pick_of(domain, account) in picked:
                found.picked[domain] = account
                return account
        return error


async def checked(
    desk: Desk, source: Source, *, picked: Collection[str] = (), refresh: bool = False
) -> Checked:
    """Look the URLs up, those of each domain by themselves, all side by side.

    What cannot be read costs none of the others: the result says what is not known, and why. Raises
    as `parted` does.
    """
    parts, place = await parted(desk, source.urls, picked), Place(refresh=refresh)
    failures: dict[str, BotError] = {name: error for name, (error, _) in parts.failed.items()}
    asks = [
        replace(subject, urls=portion, rows=WHOLE_TASKS)
        for subject, urls in parts.subjects.items()
        for portion in portions(subject.domain, urls)
    ]
    free = asyncio.Semaphore(LOOKUPS_AT_ONCE)
    found = await asyncio.gather(*(_answers(desk, ask, place, free) for ask in asks))
    known: _Newest = {}
    old: set[str] = set()
    observed = []
    for one in chain.from_iterable(found):
        if isinstance(one, _Failed):
            failures.setdefault(one.ask.domain, one.because)
            continue
        observed.append(one.observed_at)
        known |= _newest(one)
        if (why := one.stale or one.unchecked) is not None:
            failures.setdefault(one.ask.domain, why)
        if one.stale is not None:
            old.update(map(stream_of, one.ask.urls))
    lines = (
        _line(url, ask, known.get(stream), is_old=stream in old)
        for stream, url, ask in _streams(source, parts)
    )
    return Checked(
        question=Ask("", "", urls=source.urls),
        source=source,
        lines=tuple(lines),
        failures=failures,
        strangers=parts.strangers,
        observed_at=min(observed, default=None),
        picked=parts.picked,
    )


def _line(
    url: str, ask: Ask, found: tuple[PreloadTask | None, bool] | None, *, is_old: bool
) -> Line:
    task, is_sure = found or (None, True)
    return Line(url, ask, task, is_known=found is not None, is_old=is_old, is_sure=is_sure)


def portions(domain: str, urls: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The URLs, as many at a time as one call has room for."""
    begin, room = 0, room_for_urls(domain)
    sized = [(url, url_bytes(url)) for url in urls]
    while begin < len(urls):
        end = max(begin + 1, end_of_lot(sized, begin, room))
        yield tuple(urls[begin:end])
        begin = end


def _streams(source: Source, parts: Parted) -> Iterator[tuple[str, str, Ask]]:
    """Each stream of a known domain once, as its first URL stands in the message; what to ask."""
    asks = {url: subject for subject, urls in parts.subjects.items() for url in urls}
    for domain, (_, urls) in parts.failed.items():
        asks |= dict.fromkeys(urls, Ask("", domain))
    first: dict[str, str] = {}
    for url in source.urls:
        if url in asks:
            first.setdefault(stream_of(url), url)
    for stream, url in first.items():
        yield stream, url, asks[url]


@dataclass(frozen=True, slots=True)
class _Failed:
    ask: Ask
    because: BotError


async def _answers(
    desk: Desk, ask: Ask, place: Place, free: asyncio.Semaphore
) -> list[Answer | _Failed]:
    """What the API says of the URLs; those that it said too much of asked again, fewer at once.

    Which task is a stream's newest is surely known only where all of its tasks were read.
    """
    try:
        async with free:
            answer = await desk.page(ask, place)
    except Unanswered as unanswered:
        return [_Failed(ask, unanswered.because)]
    known = _newest(answer)
    left = tuple(url for url in ask.urls if stream_of(url) not in known)
    if not left or answer.unchecked is not None or len(ask.urls) == 1:
        return [answer]
    half = (len(left) + 1) // 2
    fewer = [replace(ask, urls=urls) for urls in (left[:half], left[half:]) if urls]
    more = await asyncio.gather(*(_answers(desk, one, place, free) for one in fewer))
    return [answer, *chain.from_iterable(more)]


def _newest(answer: Answer) -> _Newest:
    """Each stream's newest task as far as the answer knows it; None of one that has none.

    In a domain of too many tasks that is not sure of a signed URL, but there is no more to be had.
    """
    found: _Newest = {}
    for url in answer.without_task:
        found[stream_of(url)] = None, not answer.as_typed
    for task in (*answer.outside, *(row.newest for row in answer.rows)):
        if task is not None:
            found[task.stream] = task, True
    if answer.as_typed and answer.whole:
        unsure = newest([row.task for row in answer.rows if row.task.stream not in found])
        found.update({stream: (task, False) for stream, task in unsure.items()})
    return found
