"""The plain answer: a sentence, what else there is to it, where to go from there, buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import blocks
from bot.views.limits import Message, fitted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.asks import Ask
    from bot.views.limits import Block
    from bot.words import Words


def answer(
    said: str,
    lines: Iterable[str],
    w: Words,
    *,
    hint: str = "",
    controls: Iterable[Block | None] = (),
    asks: tuple[Ask, ...] = (),
) -> Message:
    """An answer, its texts mrkdwn.

    Args:
        said: the sentence.
        lines: what else there is to it.
        w: the reader's words.
        hint: where to go from there, in small.
        controls: the buttons; one alone stands beside the text.
        asks: the questions that they name by key.
    """
    rest, buttons = list(lines), [control for control in controls if control is not None]
    beside = buttons.pop() if len(buttons) == 1 else None
    body = [blocks.section("\n".join([f"*{said}*", *rest]), accessory=beside)]
    if hint:
        body.append(blocks.context(hint))
    if buttons:
        body.append(blocks.actions(buttons))
    return fitted(Message(w.sentences([said, *rest]), tuple(body), asks))
