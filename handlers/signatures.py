"""Signatures of play URLs: they are given back to nobody but who typed them.

A question is kept with its signatures, as the Live API may need them; and who sees its answer, or a
copy of that, may be anybody in the channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.asks import Ask
from bot.errors import StoreUnavailable
from bot.views.form import Field
from bot.views.mrkdwn import bare, is_bare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.desk import Desk

LEFT_OUT: Final = "unsigned"
"""Beside the fields of a form: that signatures are left out of them."""

log = structlog.get_logger(__name__)


async def note(desk: Desk, urls: Sequence[str]) -> None:
    """Note that the caller typed these URLs; without a store they will not have them back."""
    if all(map(is_bare, urls)):
        return
    try:
        await desk.store.drafts.keep(_typed(desk, urls))
    except StoreUnavailable as error:
        log.warning("signatures not noted", error=str(error))


async def are_own(desk: Desk, urls: Sequence[str]) -> bool:
    """Whether the caller typed these URLs, or there is no secret in them."""
    if all(map(is_bare, urls)):
        return True
    try:
        return await desk.store.drafts.has(_typed(desk, urls))
    except StoreUnavailable as error:
        log.warning("signatures not looked up", error=str(error))
        return False


def without(typed: Mapping[str, str]) -> dict[str, str]:
    """What stands in the fields of a form, without signatures; noted, if there were any."""
    urls = typed.get(Field.URLS, "").splitlines()
    if all(map(is_bare, urls)):
        return dict(typed)
    return {**typed, Field.URLS: "\n".join(dict.fromkeys(map(bare, urls))), LEFT_OUT: "yes"}


def _typed(desk: Desk, urls: Sequence[str]) -> dict[str, str]:
    """What is kept of who typed which URLs."""
    return {"by": desk.caller.user_id, "urls": Ask("", "", urls=tuple(urls)).key}
