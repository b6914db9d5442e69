"""What can be done with a watch's message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.asks import Row
from bot.views import blocks, refs
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.following_controls import stop_button
from bot.views.limits import MESSAGE_WEIGHT, OPTIONS, weight
from bot.views.mrkdwn import shortened, stream_name
from bot.views.status import status_of
from bot.views.times import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.watch.boards import Line
    from bot.watch.model import Watch
    from bot.words import Words

_NAME_CHARS = 50
_SPARE = 100
"""Of a message's weight, for what surrounds the controls."""


def controls(
    watch: Watch,
    lines: Sequence[Line],
    reader: Reader,
    w: Words,
    *,
    now: datetime,
    old: bool,
    beside: Sequence[Block],
) -> list[Block]:
    """The controls beneath a watch's message; none where there are none.

    Args:
        watch: the watch.
        lines: its streams, those to be opened first in front.
        reader: its owner.
        w: their words.
        now: the moment it is drawn at.
        old: the domain cannot be read: nothing is called ready.
        beside: the message's other blocks: the menu takes the room they leave.
    """
    ref = FollowRef(FollowKind.WATCH, watch.id)
    stop = stop_button("board.stop", ref, w) if watch.ended_at is None else None
    room = MESSAGE_WEIGHT - weight([*beside, stop or {}]) - _SPARE
    options = list(_fitting(_options(watch, lines, reader, w, now=now, old=old), room))
    menu = blocks.select("board.open", w.t("Open"), options) if options else None
    found = [control for control in (menu, stop) if control is not None]
    return [blocks.actions(found)] if found else []


def _options(
    watch: Watch, lines: Sequence[Line], reader: Reader, w: Words, *, now: datetime, old: bool
) -> Iterator[Block]:
    for line in lines:
        task = line.task
        if task is None or not task.task_id.strip() or not task.task_id.isprintable():
            continue
        status = status_of(Row(task, task), reader, w, now=now, old=old)
        name = shortened(stream_name(task.url, watch.ask.domain), _NAME_CHARS)
        created = f" · {clock(task.created, reader, now)}" if task.created else ""
        try:
            ref = refs.OpenRef(watch.ask.key, task.task_id).pack()
        except refs.ReferenceTooLong:
            continue
        yield blocks.option(f"{status.icon} {name}{created}", ref)


def _fitting(options: Iterator[Block], room: int) -> Iterator[Block]:
    for count, option in enumerate(options):
        room -= weight(option)
        if room < 0 or count == OPTIONS:
            return
        yield option
