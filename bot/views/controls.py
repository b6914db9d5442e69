"""What can be done with an answer. Controls that can do nothing are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.asks import MAX_ROWS, MIN_ROWS
from bot.live.model import StatusFilter
from bot.roles import ALL, Right
from bot.views import blocks, refs
from bot.views.limits import OVERFLOW_OPTIONS
from bot.views.status import filter_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.asks import Answer, Ask
    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.words import Words

_INLINE_CHARS = 400
"""Six buttons carry the question, and all of them count towards a message's weight."""
_ROW_CHOICES = (MIN_ROWS, 10, 20, MAX_ROWS)


def controls(
    answer: Answer,
    w: Words,
    reader: Reader,
    *,
    shown: int,
    tasks: Sequence[tuple[str, str]],
    shared: bool,
    refreshing: bool,
    may: frozenset[Right] = ALL,
) -> list[Block]:
    """The controls beneath an answer.

    Args:
        answer: the answer.
        w: the reader's words.
        reader: who it was drawn for.
        shown: how many of its rows are shown.
        tasks: label and task ID of each row that can be opened.
        shared: the message is posted for a whole channel.
        refreshing: the rows are being read again at this moment.
        may: what whoever sees it may do of its domain, there.
    """
    if Right.QUERY not in may:
        return []
    ask, turn, key = answer.ask, _Turn(answer, shown), answer.ask.key
    found: list[Block | None] = [
        turn.button("page.prev", w.t("‹ Prev"), turn.before),
        turn.button("page.next", w.t("Next ›"), turn.after),
        None if refreshing else refresh(answer, w, reader if shared else None),
        status_menu(answer, w) if ask.task_id is None else None,
        _open_menu(key, w, tasks),
        _watch(ask, w) if Right.WATCH in may else None,
        None if shared else turn.button("page.share", w.t("Share"), answer.offset),
        _more_menu(answer, key, w, turn),
    ]
    return [control for control in found if control is not None]


class _Turn:
    """The pages before and after the one shown; None where there is none."""

    def __init__(self, answer: Answer, shown: int) -> None:
        self._answer = answer
        after = answer.offset + shown
        self.before = max(0, answer.offset - answer.ask.rows) if answer.offset > 0 else None
        self.after = after if shown and after < answer.total else None
        self._anchors: dict[int | None, str] = {}
        if shown:  # what stands next to the page that is turned to
            last, first = answer.rows[shown - 1].task, answer.rows[0].task
            self._anchors[self.after] = refs.anchor_of(last.task_id)
            if answer.offset >= answer.ask.rows:
                self._anchors[self.before] = refs.anchor_of(first.task_id)

    def button(self, action_id: str, text: str, offset: int | None) -> Block | None:
        if offset is None:
            return None
        ref = refs.PageRef.to(
            self._answer.ask,
            offset=offset,
            end=self._answer.end,
            total=self._answer.total,
            anchor=self._anchors.get(offset),
        )
        return blocks.button(action_id, text, ref.pack(_INLINE_CHARS))


def _watch(ask: Ask, w: Words) -> Block:
    return blocks.button("page.watch", w.t("Watch"), refs.PageRef.to(ask).pack(_INLINE_CHARS))


def refresh(answer: Answer, w: Words, poster: Reader | None) -> Block:
    """The button that asks again; for everyone as for whoever posted the message, if it was."""
    posted = None if poster is None else (poster.language, poster.zone)
    total = answer.total or None
    ref = refs.PageRef.to(answer.ask, offset=answer.offset, total=total, posted=posted)
    return blocks.button("page.refresh", w.t("Refresh"), ref.pack(_INLINE_CHARS))


def status_menu(answer: Answer, w: Words) -> Block:
    """The menu that asks for another status, or for all."""
    chosen = answer.ask.status or refs.ALL
    words: dict[str, str] = {refs.ALL: w.t("all statuses")}
    words |= {status: filter_word(status, w) for status in StatusFilter}
    options = {
        choice: blocks.option(word, refs.ChoiceRef(answer.ask.key, choice, end=answer.end).pack())
        for choice, word in words.items()
    }
    return blocks.select("page.status", w.t("Status"), list(options.values()), options[chosen])


def _open_menu(key: str, w: Words, tasks: Sequence[tuple[str, str]]) -> Block | None:
    options = list(_open_options(key, tasks))
    return blocks.select("page.open", w.t("Open a task"), options) if options else None


def _open_options(key: str, tasks: Sequence[tuple[str, str]]) -> Iterator[Block]:
    for label, task_id in tasks:
        try:
            yield blocks.option(label, refs.OpenRef(key, task_id).pack())
        except refs.ReferenceTooLong:
            continue


def _more_menu(answer: Answer, key: str, w: Words, turn: _Turn) -> Block:
    ask = answer.ask
    choices = []
    if turn.before is not None:
        choices.append((refs.FIRST, w.t("First page")))
    if turn.after is not None:
        choices.append((refs.LAST, w.t("Last page")))
    others = [
        rows for rows in _ROW_CHOICES if rows != ask.rows and answer.total > min(rows, ask.rows)
    ]
    room = OVERFLOW_OPTIONS - len(choices) - 1  # the last is for the export
    for rows in others[-room:]:
        text = w.n("{count} row a page", "{count} rows a page", rows)
        choices.append((f"{refs.ROWS}{rows}", text))
    choices.append((refs.EXPORT, w.t("Export as CSV")))
    options = [
        blocks.option(text, refs.ChoiceRef(key, choice, end=answer.end).pack())
        for choice, text in choices
    ]
    return blocks.overflow("page.more", options)
