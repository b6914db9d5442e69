"""Answers to those who want something watched: seen by them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.live.model import MAX_URLS
from bot.views.answering import answer
from bot.views.follow_refs import FollowKind, FollowRef, WishRef
from bot.views.following_controls import button, stop_button
from bot.views.mrkdwn import escaped
from bot.views.times import clock
from bot.views.watch_words import ending_of, length_of, shown_of
from bot.watch.widening import Wish, covers, shared, streams_of, widened
from bot.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.reader import Reader
    from bot.views.limits import Block, Message
    from bot.watch.model import Watch
    from bot.words import Words

_NAME_CHARS = 100


def watching(watch: Watch, reader: Reader, *, now: datetime) -> Message:
    """A watch has begun; its message follows in its channel."""
    w = words(reader.language)
    said = w.t("{name} is watched in {channel} from now on", **shown_of(watch, w))
    return answer(said, [length_of(watch, reader, w, now)], w, controls=[_stop(watch, w)])


def already_watched(watch: Watch, wish: Wish, reader: Reader, *, now: datetime) -> Message:
    """The channel has a watch of what is wished, or of a part of it: that can be widened.

    Args:
        watch: what there is: it shows at least one of the streams, or the same filter.
        wish: what was asked for.
        reader: who asked.
        now: the moment it is drawn at.
    """
    w, after = words(reader.language), widened(watch, wish)
    is_whole = covers(watch, wish.ask)
    if is_whole:
        said = w.t("{name} is watched in {channel} already, for {person}", **shown_of(watch, w))
    else:
        said = w.n(
            "{count} of the {total} streams is watched in {channel} already: {name}, for {person}",
            "{count} of the {total} streams are watched in {channel} already: {name}, for {person}",
            shared(watch, wish.ask),
            total=f"{len(streams_of(wish.ask)):,}",
            **shown_of(watch, w),
        )
    lines, widen = [length_of(watch, reader, w, now)], None
    if len(after.ask.urls) > MAX_URLS:
        too_many = w.t("Together they are more than {most} streams", most=f"{MAX_URLS:,}")
        lines.append(too_many)
    elif changes := w.listed(_changes(watch, after, reader, w, now)):
        lines.append(w.t("To widen it: {changes}", changes=changes))
        widen = _wishing("watch.widen", w.t("Widen"), watch, wish)
    apart = _wishing("watch.separately", w.t("Watch separately"), watch, wish)
    controls = [widen, _stop(watch, w) if is_whole else apart]
    return answer(said, lines, w, controls=controls, asks=(wish.ask,))


def was_widened(watch: Watch, reader: Reader, *, now: datetime) -> Message:
    """A watch shows more from now on, or goes on for longer; as it is now."""
    w = words(reader.language)
    said = w.t("{name} in {channel} is widened", **shown_of(watch, w))
    lines = [length_of(watch, reader, w, now)]
    if count := len(watch.streams):
        lines.insert(0, w.n("{count} stream", "{count} streams", count))
    return answer(said, lines, w, controls=[_stop(watch, w)])


def over(watch: Watch, wish: Wish, reader: Reader, *, now: datetime) -> Message:
    """A watch has ended: how; what is wished can be watched anew.

    Args:
        watch: as it ended.
        wish: what a new one would show.
        reader: who asked.
        now: the moment it is drawn at.
    """
    w = words(reader.language)
    said = w.t("{name} in {channel} is watched no more", **shown_of(watch, w))
    anew = _wishing("watch.separately", w.t("Watch anew"), watch, wish)
    ending = ending_of(watch, reader, w, now)
    return answer(said, [ending], w, controls=[anew], asks=(wish.ask,))


def _changes(watch: Watch, after: Watch, reader: Reader, w: Words, now: datetime) -> Iterator[str]:
    """What widening it changes."""
    if more := len(after.streams) - len(watch.streams):
        yield w.n("{count} more stream", "{count} more streams", more)
    if after.until != watch.until:
        yield w.t("until {time}", time=clock(after.until, reader, now))
    if after.name != watch.name:
        yield w.t("called {name}", name=escaped(after.name, _NAME_CHARS))


def _wishing(action_id: str, text: str, watch: Watch, wish: Wish) -> Block | None:
    return button(action_id, text, WishRef(watch.id, wish.ask.key, wish.until, wish.name))


def _stop(watch: Watch, w: Words) -> Block | None:
    return stop_button("watch.end", FollowRef(FollowKind.WATCH, watch.id), w)
