"""Looking up many streams of several domains at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from bot import runsheet
from bot.asks import Ask, Place
from bot.checking import Checked, Line
from bot.errors import LiveError, WhichAccount
from bot.listing import WHOLE_TASKS
from bot.live.model import PreloadTask, stream_of
from handlers import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.asks import Answer
    from bot.checking import Source
    from bot.errors import BotError
    from handlers.desk import Desk

_Newest: TypeAlias = "dict[str, PreloadTask | None]"


@dataclass(frozen=True, slots=True)
class Parted:
    """Play URLs, by whose they are.

    Attributes:
        subjects: by what is to be asked, all tasks of a domain of an account.
        ambiguous: by a domain that several accounts have; and which.
        strangers: by a domain that no account has, how many URLs there are.
    """

    subjects: dict[Ask, tuple[str, ...]] = field(default_factory=dict)
    ambiguous: dict[str, tuple[WhichAccount, tuple[str, ...]]] = field(default_factory=dict)
    strangers: Counter[str] = field(default_factory=Counter)


async def parted(desk: Desk, urls: Iterable[str]) -> Parted:
    """Find whose the URLs are."""
    found, known = Parted(), await desk.accounts.domains()
    by_domain: dict[str, list[str]] = {}
    for url in urls:
        by_domain.setdefault(addresses.domain(url) or "", []).append(url)
    for domain, those in by_domain.items():
        if known and domain not in known:
            found.strangers[domain] = len(those)
            continue
        try:
            found.subjects[Ask(await desk.account_of(domain), domain)] = tuple(those)
        except WhichAccount as error:
            found.ambiguous[domain] = error, tuple(those)
    return found


async def checked(desk: Desk, source: Source, *, refresh: bool = False) -> Checked:
    """Look the URLs up, those of each domain by themselves, all side by side.

    What cannot be read costs none of the others: the result says what is not known, and why.
    """
    parts, place = await parted(desk, source.urls), Place(refresh=refresh)
    failures: dict[str, BotError] = {name: error for name, (error, _) in parts.ambiguous.items()}
    portions = [
        replace(subject, urls=portion, rows=WHOLE_TASKS)
        for subject, urls in parts.subjects.items()
        for portion in runsheet.portions(urls)
    ]
    found = await asyncio.gather(*(_answers(desk, ask, place) for ask in portions))
    newest: _Newest = {}
    old: set[str] = set()
    observed = []
    for one in chain.from_iterable(found):
        if isinstance(one, _Failed):
            failures.setdefault(one.ask.domain, one.because)
            continue
        observed.append(one.observed_at)
        newest |= _newest(one)
        if (why := one.stale or one.unchecked) is not None:
            failures.setdefault(one.ask.domain, why)
        if one.stale is not None:
            old.update(map(stream_of, one.ask.urls))
    lines = (
        Line(url, ask, newest.get(stream), is_known=stream in newest, is_old=stream in old)
        for stream, url, ask in _streams(source, parts)
    )
    return Checked(
        question=Ask("", "", urls=source.urls),
        source=source,
        lines=tuple(lines),
        failures=failures,
        strangers=parts.strangers,
        observed_at=min(observed, default=None),
    )


def _streams(source: Source, parts: Parted) -> Iterator[tuple[str, str, Ask]]:
    """Each stream of a known domain once, as its first URL stands in the message; what to ask."""
    asks = {url: subject for subject, urls in parts.subjects.items() for url in urls}
    for domain, (_, urls) in parts.ambiguous.items():
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
    because: LiveError


async def _answers(desk: Desk, ask: Ask, place: Place) -> list[Answer | _Failed]:
    """What the API says of the URLs; those that it said too much of asked again, fewer at once.

    Which task is a stream's newest is surely known only where all of its tasks were read.
    """
    try:
        answer = await desk.queries.page(ask, place)
    except LiveError as error:
        return [_Failed(ask, error)]
    known = _newest(answer)
    left = tuple(url for url in ask.urls if stream_of(url) not in known)
    if not left or answer.unchecked is not None or len(ask.urls) == 1:
        return [answer]
    half = (len(left) + 1) // 2
    fewer = [replace(ask, urls=urls) for urls in (left[:half], left[half:]) if urls]
    more = await asyncio.gather(*(_answers(desk, one, place) for one in fewer))
    return [answer, *chain.from_iterable(more)]


def _newest(answer: Answer) -> _Newest:
    """Each stream's newest task as far as the answer knows it; None of one that has none."""
    found: _Newest = {stream_of(url): None for url in answer.without_task}
    return found | {row.task.stream: row.newest for row in answer.rows if row.newest is not None}
