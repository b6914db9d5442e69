"""That nothing is read any more for an account that the settings no longer have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import AccountGone
from bot.views.mrkdwn import code, escaped

if TYPE_CHECKING:
    from bot.words import Words

_CHARS = 100


def unread(account: str, w: Words) -> str:
    """Of what is followed, that its account is gone, for a line of its own."""
    said = w.t(
        "Nothing reads it: the settings no longer have the account {account}",
        account=code(account, _CHARS),
    )
    return f"⚠️ {said}"


def failure_of(failure: str, account: str, w: Words) -> str:
    """Why a domain cannot be read, as it is stored (`Followed.failure`), escaped; "" for no reason.

    Args:
        failure: an API's code or a short word.
        account: whose the domain is.
        w: the reader's words.
    """
    if failure == AccountGone.__name__:
        return w.t(
            "the settings no longer have the account {account}", account=code(account, _CHARS)
        )
    return escaped(failure, _CHARS) if failure.strip() else ""
