"""What becomes of the text a person types: as the Mac client and then the server change it.

Source: Slack's "Formatting with mrkdwn" and "Implementing slash commands" (escaping switched on):
`& < >` are escaped, links and bare domains come as `<target|text>`, channels and people as IDs.
The Mac client makes straight quotes round and `--` a dash, except inside a link.
"""

from __future__ import annotations

import re

from bot.sandbox.slack.workspace import names

_TLDS = "com|net|org|cn|io|tv|live|dev|app"
_TOKEN = re.compile(
    rf"""
      (?P<scheme>\b[a-z][a-z0-9+.-]*://[^\s<>"“”]+)
    | (?P<domain>(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{_TLDS})\b
        (?:[/:?][^\s<>"“”]*)?)
    | (?P<name>(?<!\w)[#@][\w-]+)
    | (?P<dash>--)
    | (?P<quote>["'])
    | (?P<special>[&<>])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TRAILING = ".,;:!?)，。、；：！？）"
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LINKED = ("http://", "https://")


def formatted(text: str) -> str:
    """The text as an app receives it."""
    known = names()

    def one(match: re.Match[str]) -> str:
        token = match.group()
        if match["scheme"] or match["domain"]:
            return _link(token)
        if match["name"]:
            return known.get(token.lower(), token)
        if match["dash"]:
            return "—"
        return _round(match) if match["quote"] else _ESCAPES[token]

    return _TOKEN.sub(one, text)


def escaped(text: str) -> str:
    """The text with `& < >` escaped."""
    return re.sub("[&<>]", lambda match: _ESCAPES[match.group()], text)


def _link(token: str) -> str:
    kept = token.rstrip(_TRAILING)
    target, rest = escaped(kept), escaped(token[len(kept) :])
    if "://" not in target:
        return f"<http://{target}|{target}>{rest}"
    # other schemes (rtmp) stay as they were typed
    return f"<{target}>{rest}" if target.lower().startswith(_LINKED) else f"{target}{rest}"


def _round(match: re.Match[str]) -> str:
    opens = match.start() == 0 or match.string[match.start() - 1] in " \t\n([{=:,"
    if match["quote"] == '"':
        return "“" if opens else "”"
    return "‘" if opens else "’"
