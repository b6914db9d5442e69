"""Answers about tasks: a page of them, one of them, and what is said until they are there."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.roles import ALL, Right
from bot.views import blocks, refs
from bot.views.commands import command
from bot.views.limits import OPTION_CHARS, OPTIONS, Message, fitted
from bot.views.mrkdwn import (
    NOTHING,
    code,
    escaped,
    masked,
    owned,
    plain,
    shortened,
    stream_name,
)
from bot.views.page import AREAS, Page, stale_note, wider
from bot.views.status import status_of
from bot.views.times import clock, dated, to_the_second, window
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.asks import Answer, Ask, TaskCard
    from bot.errors import WhichAccount
    from bot.live.model import PreloadTask
    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.views.pick_refs import PickRef
    from bot.words import Words

_URL_CHARS = 1_500
_PAGES_IN_MEMORY = 64
"""For those who ask the same within the same second (`bot.queries`)."""


def page(
    answer: Answer,
    reader: Reader,
    *,
    now: datetime,
    table: bool = True,
    shared: bool = False,
    direct: bool = False,
    refreshing: bool = False,
    may: frozenset[Right] = ALL,
) -> Message:
    """A page of an answer.

    Args:
        answer: the answer; rows that do not fit are left to the next page.
        reader: for whom.
        now: the moment it is drawn at, against which windows are held.
        table: whether Slack takes table blocks; otherwise the same rows come as a list.
        shared: the message is for a channel, whose people live in several zones.
        direct: it is a direct message: there is nobody to share it with.
        refreshing: the rows are old ones, being read again at this moment.
        may: what whoever sees it may do of its domain, there: controls that can do nothing are not
            there.
    """
    # The API's times are whole seconds: within one nothing changes.
    now = now.replace(microsecond=0)
    how = {"table": table, "shared": shared, "direct": direct, "refreshing": refreshing}
    return _drawn(answer, reader, now=now, may=may, **how)


@lru_cache(maxsize=_PAGES_IN_MEMORY)
def _drawn(
    answer: Answer, reader: Reader, *, now: datetime, may: frozenset[Right], **how: bool
) -> Message:
    return Page(answer, reader, now=now, may=may, **how).message()


def card(card: TaskCard, reader: Reader, *, now: datetime, may: frozenset[Right] = ALL) -> Message:
    """Everything known of one task; windows are held against `now`, and `may` is as of `page`."""
    w, task = words(reader.language), card.row.task
    status = status_of(card.row, reader, w, now=now, old=card.stale is not None)
    name = stream_name(task.url, card.ask.domain)
    observed_at = to_the_second(card.observed_at, reader, now)
    body = [blocks.section(f"*{status.mrkdwn}*　{escaped(name)}")]
    if card.stale is not None:
        body.append(blocks.section(f"⚠️ {stale_note(card.stale, observed_at, w)}"))
    newer = _newer(card, reader, w, now)
    if newer:
        body.append(blocks.section(newer))
    fields = _fields(task, card.ask.account, reader, w, now)
    body.append(blocks.section(code(masked(task.url), _URL_CHARS), fields))
    observed = w.t("observed {time}", time=observed_at)
    quoted = w.t("request ID {request_id}", request_id=code(card.request_id, 100))
    body.append(blocks.context(f"{observed} · {quoted}" if card.request_id else observed))
    asks = [card.ask]
    ref = refs.PageRef.to(card.ask).pack()
    buttons = [
        blocks.button("card.refresh", w.t("Refresh"), ref),
        *([blocks.button("card.watch", w.t("Watch"), ref)] if Right.WATCH in may else []),
    ]
    if task.url.strip() and task.url.isprintable():
        stream = replace(wider(card.ask), task_id=None, urls=(task.url,))
        all_tasks, of_stream = w.t("All tasks of this stream"), refs.PageRef.to(stream)
        buttons.append(blocks.button("card.stream", all_tasks, of_stream.pack()))
        asks.append(stream)
    body.append(blocks.actions(buttons))
    text = w.t("{said}: {names}", said=escaped(name, 300), names=status.mrkdwn)
    return fitted(Message(text, tuple(body), tuple(asks)))


def _fields(task: PreloadTask, account: str, reader: Reader, w: Words, now: datetime) -> list[str]:
    area = w.t(AREAS[task.area]) if task.area in AREAS else task.area
    progress = NOTHING if task.process is None else w.t("{percent} %", percent=f"{task.process:g}")
    told = w.t("InternalError (the API names no further cause)")
    described = told if task.description == "InternalError" else task.description
    created = NOTHING if task.created is None else dated(task.created, reader, now)
    values = (
        (w.t("Window"), window(task, reader, now)),
        (w.t("Created"), created),
        (w.t("Area"), area),
        (w.t("Progress"), progress),
        (w.t("Status in the API's words"), task.status),
        (w.t("Description"), described),
        (w.t("Domain"), owned(task.domain, account)),
        (w.t("Task ID"), task.task_id),
    )
    return [f"*{label}*\n{escaped(value, 300)}" for label, value in values]


def _newer(card: TaskCard, reader: Reader, w: Words, now: datetime) -> str:
    """What the stream's newer task is, if there is one."""
    newest = card.row.newest
    if newest is None or newest.task_id == card.row.task.task_id:
        return ""
    row = replace(card.row, task=newest)
    status = status_of(row, reader, w, now=now, old=card.stale is not None)
    return w.t(
        "This stream has a newer task: {status}, created {time}, {task_id}",
        status=status.mrkdwn,
        time=NOTHING if newest.created is None else clock(newest.created, reader, now),
        task_id=code(newest.task_id, 100),
    )


def fetching(ask: Ask, reader: Reader) -> Message:
    """Said when an answer takes its time; the answer takes its place."""
    w = words(reader.language)
    domain = escaped(owned(ask.domain, ask.account), 350)
    said = w.t("Asking the Live API about {domain} …", domain=domain)
    return fitted(Message(said, (blocks.context(f"⏳ {said}"),)))


def pick_domain(ask: Ask, domains: Sequence[str], reader: Reader, ref: PickRef) -> Message:
    """Which domain, where the command names none and several are known.

    `ref` says how the command was to be answered; its key and choice are put in.
    """
    w = words(reader.language)
    said = w.t("Which domain?")
    typed = command(ask, page=ref.page, public=ref.public)
    hint = w.t("Next time: {command}", command=code(f"{typed} domain=…", 500))
    once = w.t("or set one for this channel: {command}", command=code("/preload default domain=…"))
    lines = [f"*{said}*", f"{hint} · {once}"]
    if len(domains) > OPTIONS:
        lines.append(
            w.t("{shown} of {count} domains are shown.", shown=OPTIONS, count=f"{len(domains):,}")
        )
    options = list(_options(replace(ref, key=ask.key), domains))
    body = [blocks.section("\n".join(lines))]
    if options:
        menu = blocks.select("domain.pick", w.t("Pick a domain"), options)
        body.append(blocks.actions([menu]))
    return fitted(Message(w.paragraph([said, hint]), tuple(body), (ask,)))


def pick_account(ask: Ask, accounts: Sequence[str], reader: Reader, ref: PickRef) -> Message:
    """Which account, where several have the domain and the command names none; as `pick_domain`."""
    options = list(_options(replace(ref, key=ask.key), accounts))
    typed = command(ask, page=ref.page, public=ref.public)
    asking = _which_account(ask.domain, typed, "account.pick", options, reader)
    return replace(asking, asks=(ask,))


def pick_account_for(typed: str, ref: PickRef, error: WhichAccount, reader: Reader) -> Message:
    """Which account, where a command does more than to show tasks.

    Args:
        typed: the command, with no signature in it.
        ref: under which key it is kept, and where it was asked.
        error: the domain and its accounts.
        reader: for whom.
    """
    options = list(_options(ref, error.accounts))
    return _which_account(error.domain, typed, "account.command", options, reader)


def _which_account(
    domain: str, typed: str, action_id: str, options: list[Block], reader: Reader
) -> Message:
    w = words(reader.language)
    said = w.t("{domain} is of several accounts. Which one?", domain=escaped(domain, 300))
    hint = w.t("Next time: {command}", command=code(f"{shortened(typed, 480)} account=…", 500))
    menu = blocks.select(action_id, w.t("Pick an account"), options)
    body = (blocks.section(f"*{said}*\n{hint}"), blocks.actions([menu]))
    return fitted(Message(w.paragraph([said, hint]), body))


def _options(ref: PickRef, choices: Sequence[str]) -> Iterator[Block]:
    for choice in choices:
        try:
            yield blocks.option(plain(choice, OPTION_CHARS), replace(ref, choice=choice).pack())
        except refs.ReferenceTooLong:
            continue
