"""Text by its kind: neutralised, escaped, masked, shortened.

Slack reads markup in mrkdwn and in a message's top-level `text` only; plain text, table cells and
rich text are literal. Values that come from outside go through `plain` for the literal kinds and
through `escaped` for the others: then nothing in a stream's name can notify a channel, draw an
emoji, make text bold, turn the reading direction round or break a line.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from bot.asks import DEFAULT_ACCOUNT

NOTHING = "–"
"""What stands where there is nothing to show: Slack refuses empty texts."""

_MAX_CHARS = 1_000
_SCHEME_AND_LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/@]*@", re.IGNORECASE)
_HIDDEN = re.compile(r"[?？#].*|(?:%3f|auth_key).*", re.IGNORECASE | re.DOTALL)
_SIGNATURE = re.compile(r"(auth_key(?:=|%3d))([^\s&,，、]+)", re.IGNORECASE)
_EMOJI_CODE = re.compile(r":(?=[a-z+_][\w+'-]*:)", re.IGNORECASE)
_EVERYBODY = re.compile(r"@(?=channel|here|everyone)", re.IGNORECASE)
_WORD_JOINER = "\u2060"
_STYLES: Final = {
    "*": "\N{ASTERISK OPERATOR}",
    "_": "\N{MODIFIER LETTER LOW MACRON}",
    "~": "\N{TILDE OPERATOR}",
    "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
}
"""What turns text bold, italic, struck out, monospaced; and what looks like it and does not."""
_STYLE = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])")  # within a word, `_` styles nothing


def plain(text: str, limit: int = _MAX_CHARS) -> str:
    """A value from outside as literal text of one line, at most `limit` characters, never empty.

    Control and format characters (line breaks, bidirectional and zero-width marks) go, half
    surrogates too. The green tick is ours alone: a value's own becomes a plain check mark.
    """
    if not text.isprintable():
        text = "".join(map(_printable, text[: 4 * limit]))
    text = " ".join(text.replace("✅", "✓").split())
    return clipped(text, limit) or NOTHING


def _printable(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp" | "Zs":
            return " "
        case "Cf":
            return ""
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
    return character


def escaped(text: str, limit: int = _MAX_CHARS) -> str:
    """A value from outside for mrkdwn and for top-level `text`: shown as it is, calling nobody.

    It styles neither itself nor what it stands in.
    """
    text = _STYLE.sub(lambda mark: _STYLES[mark[0]], _without_markup(plain(text, limit)))
    if ":" in text:
        text = _EMOJI_CODE.sub(f":{_WORD_JOINER}", text)
    if "@" in text:
        text = _EVERYBODY.sub(f"@{_WORD_JOINER}", text)
    return text


def owned(thing: str, account: str) -> str:
    """What is an account's with its name, unless that needs none. Neither is made neutral here."""
    return thing if account in {"", DEFAULT_ACCOUNT} else f"{thing} ({account})"


def code(text: str, limit: int = _MAX_CHARS) -> str:
    """A value from outside in a monospaced run of mrkdwn, to be copied as it is."""
    return f"`{_without_markup(plain(text, limit)).replace('`', _STYLES['`'])}`"


def _without_markup(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clipped(text: str, limit: int) -> str:
    """The text, cut at its end to `limit` characters."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def shortened(text: str, limit: int) -> str:
    """The text, cut in the middle to `limit` characters: ends tell streams apart."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) * 2 // 3
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def masked(url: str) -> str:
    """A URL fit to be seen: without login, and `?…` for its query, which may be a signature."""
    return _HIDDEN.sub("?…", _SCHEME_AND_LOGIN.sub(r"\1", url.strip()))


def bare(url: str) -> str:
    """A URL without login and query."""
    return masked(url).removesuffix("?…")


def is_bare(url: str) -> bool:
    """Whether a URL has neither login nor query: whoever sees it learns no secret."""
    return masked(url) == url.strip()


def unsigned(text: str) -> str:
    """The text, every signature in it dotted out; as long as before, so that places stay."""
    return _SIGNATURE.sub(lambda match: match[1] + "•" * len(match[2]), text)


def stream_name(url: str, domain: str) -> str:
    """A play URL as people call the stream: `app/stream.suffix`, its host only if unexpected."""
    seen = bare(url)
    try:
        parts = urlsplit(seen)
    except ValueError:
        return plain(seen)
    if not parts.netloc:
        return plain(seen)
    if parts.netloc.lower() == domain.lower():
        return plain(parts.path.lstrip("/") or parts.netloc)
    return plain(parts.netloc + parts.path)


def stream_names(urls: list[str], domain: str, limit: int = 40) -> list[str]:
    """The streams' names, each at most about `limit` long where that keeps them apart.

    The protocol is shown only where two names would otherwise be the same.
    """
    names = [stream_name(url, domain) for url in urls]
    if len(set(names)) < len(set(urls)):
        names = _with_protocol(names, [url.partition("://")[0].strip().lower() for url in urls])
    distinct = len(set(names))
    for length in (limit, limit * 3 // 2, limit * 5 // 2):
        short = [shortened(name, length) for name in names]
        if len(set(short)) == distinct:
            break
    return short


def _with_protocol(names: list[str], protocols: list[str]) -> list[str]:
    spoken: dict[str, set[str]] = {}
    for name, protocol in zip(names, protocols, strict=True):
        spoken.setdefault(name, set()).add(protocol)
    return [
        f"{plain(protocol, 10)}://{name}" if len(spoken[name]) > 1 else name
        for name, protocol in zip(names, protocols, strict=True)
    ]
