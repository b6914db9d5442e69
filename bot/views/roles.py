"""Why somebody may not do what they asked for, and who can see to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.roles import ADMINS, NotAllowed, Right, Standing
from bot.views import blocks
from bot.views.limits import Message, fitted
from bot.views.mentions import channel, group, person
from bot.views.mrkdwn import code, escaped
from bot.words import marked, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.reader import Reader
    from bot.roles import Unchecked
    from bot.words import Words

_SETTING: Final = "[[grants]]"
_FILE: Final = "preload-bot.toml"
_MOST_NAMED: Final = 10

_OF_A_DOMAIN: Final[Mapping[Right, str]] = {
    Right.QUERY: marked("You may not query {domain}."),
    Right.WATCH: marked("You may not watch {domain}."),
    Right.SUBSCRIBE: marked("You may not change what channels are told of {domain}."),
    Right.ADMINISTER: marked("You may not administer {domain}."),
}
_OF_ANY: Final[Mapping[Right | None, str]] = {
    Right.QUERY: marked("You may not query."),
    Right.WATCH: marked("You may not watch anything."),
    Right.SUBSCRIBE: marked("You may not change what channels are told."),
    Right.ADMINISTER: marked("You may not administer the bot."),
    None: marked("You may not use the bot."),
}
_OUTSIDERS: Final[Mapping[Standing, str]] = {
    Standing.GUEST: marked("Guests may do only what is granted to them expressly."),
    Standing.OTHER: marked(
        "People of other workspaces may do only what is granted to them expressly."
    ),
}


def refused(error: NotAllowed | Unchecked, reader: Reader) -> Message:
    """What they may not, and who can see to it; or that this cannot be known now."""
    w = words(reader.language)
    if not isinstance(error, NotAllowed):
        said = w.t("Slack does not say who you are, so it is not known what you may do.")
        if error.groups:
            said = w.t(
                "Slack does not say whether you are in {groups}: what you may do is not known.",
                groups=w.listed(group(one) for one in error.groups[:_MOST_NAMED]),
            )
        advice = w.t("Try again in a minute. If it goes on, tell whoever runs the bot.")
        return _message(said, [advice], w)
    said = reason(error, w)
    why = _OUTSIDERS.get(error.standing)
    lines = [w.t(why)] if why else []
    if error.channels:
        places = w.listed(channel(one, w) for one in error.channels[:_MOST_NAMED])
        lines.append(w.t("Whoever asks in {channels} may.", channels=places))
    if whom := _whom(error.whom, w):
        lines.append(w.t("Ask {people} to see to it.", people=whom))
    lines.append(
        w.t(
            "Whoever runs the bot grants it with {setting} in {file}.",
            setting=code(_SETTING),
            file=code(_FILE),
        )
    )
    return _message(said, lines, w)


def reason(error: NotAllowed, w: Words) -> str:
    """What they may not, in one sentence of mrkdwn."""
    if error.right is None or error.domain is None:
        return w.t(_OF_ANY[error.right])
    return w.t(_OF_A_DOMAIN[error.right], domain=escaped(error.domain, 300))


def _whom(names: tuple[str, ...], w: Words) -> str:
    """Those known by an ID, else the workspace's admins where they administer; "" for nobody."""
    known = [group(one) if one[0] == "S" else person(one) for one in names if one != ADMINS]
    if known:
        return w.listed(known[:_MOST_NAMED])
    return w.t("an admin of this workspace") if ADMINS in names else ""


def _message(said: str, lines: list[str], w: Words) -> Message:
    text = "\n".join([f"*{said}*", *lines])
    return fitted(Message(w.paragraph([said, *lines]), (blocks.section(text),)))
