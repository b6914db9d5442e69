"""A command's text cleaned of what Slack and keyboards do to it, and cut into pieces.

Sources: Slack's "Formatting text for app surfaces" (`<url|label>`, `<#C0001|name>`, the three
entities), and "Enabling interactivity with slash commands" (links in a command's text arrive
formatted).
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Final

import msgspec

from handlers.vocabulary import CHINESE_WORD, KEYS, Key, folded

MAX_CHARACTERS: Final = 20_000

_LINK = re.compile(r"<([a-zA-Z][\w+.-]*:[^<>|\s]*)(?:\|([^<>]*))?>")
_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|[^<>]*)?>")
_ENTITY = re.compile(r"&(?:amp|lt|gt);")
_PUNCTUATION: Final = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # full-width ASCII
    **dict.fromkeys(map(ord, "“”„‟«»「」『』＂"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛＇"), "'"),
    **dict.fromkeys(map(ord, "，、；"), ", "),
    **dict.fromkeys(map(ord, "–―‐‑−"), "-"),
    ord("—"): "--",  # what macOS makes of two hyphens
    ord("`"): " ",  # marks code in Slack
    ord("。"): ".",
}
_UNSEEN: Final = {"Cf": "", "Cc": " ", "Zs": " ", "Zl": " ", "Zp": " ", "Cs": "\ufffd"}
"""By Unicode category: format characters (zero-width, soft hyphen, bidi marks, BOM), controls,
spaces, and halves of surrogate pairs, which cannot be sent on."""

_NAME = r"[^\W\d_]+(?:[_-][^\W\d_]+)*"
_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]*://"
_ANY_KEY = "|".join(map(re.escape, KEYS))
_GAP = re.compile(r"[\s,\"']+")
_KEY = re.compile(rf"-{{0,2}}(?P<name>{_NAME})\s*(?:=|:(?!//))(?P<space>\s*)[\"']*")
_FLAG = re.compile(rf"--?(?P<name>{_NAME})(?![^\s,\"'])")
_NAME_THEN_CHINESE = re.compile(rf"[!-~]*\.[a-zA-Z]+(?={CHINESE_WORD.pattern})")
_QUOTED = re.compile(
    r"""\s*[=:]?\s*(?P<mark>["'])\s*(?P<words>[^"\s](?:[^"]*?[^"\s])??)\s*(?P=mark)"""
    r"""(?:(?<=")|(?![^\s,]))"""  # a single quote may be an apostrophe
)
_NAMED = re.compile(
    rf"(?<![a-z])-{{0,2}}(?:{'|'.join(word for word, key in KEYS.items() if key is Key.NAME)})"
    rf"{_QUOTED.pattern}",
    re.IGNORECASE,
)
_CHUNK = re.compile(r"[^\s\"]*")
_NEXT = re.compile(rf",(?=,*$|{_SCHEME}|(?:{_ANY_KEY})[=:])", re.IGNORECASE)

_END = rf"(?=,{{0,3}}(?:[\s\"]|$)|,{_SCHEME})"
_SIGNED = rf"(?:(?!auth_key)[^\s\"])+?(?:(?=auth_key)|{_END})"
_SECRET = re.compile(
    rf"(?<=auth_key)[\s\"']*[=:][\s\"'=:]*{_SIGNED}"
    rf"|(?<=\?)(?![,\"]|['.!]+(?:[\s,\"]|$)){_SIGNED}"
    r"|(?<=://)[^\s/@]+(?=@)",
    re.IGNORECASE,
)
_MASK = "…"
_END_OF_URL = re.compile(r"(\S*?://\S*?)[。！？；]+(?=\s|$|\w+://)")
"""What ends a Chinese sentence behind a URL is none of it."""


class Piece(msgspec.Struct, frozen=True):
    """A key or a word, and where it stands: `start` to `end` in the normalised text.

    Attributes:
        text: the key's name (without dashes and `=`), or the word.
        value_start: where the value would begin, of what was written as a key (`name=`, `name:`,
            `--name`); None of a word.
    """

    text: str
    start: int
    end: int
    value_start: int | None = None

    @property
    def is_key(self) -> bool:
        """Whether it was written as a key."""
        return self.value_start is not None

    @property
    def is_assigned(self) -> bool:
        """Whether `=` or `:` follows it."""
        return self.value_start is not None and self.value_start > self.end


def normalised(text: str) -> str:
    """The text as the person meant to type it: one line, plain punctuation, no Slack markup."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            _UNSEEN.get(unicodedata.category(character), character) for character in text
        )
    if "<" in text:
        text = _LINK.sub(lambda link: _as_typed(link[1], link[2]), text)
        text = _CHANNEL.sub(r"#\1", text)
    if "&" in text:
        text = _ENTITY.sub(lambda entity: unescape(entity[0]), text)
    if not text.isascii():
        text = _END_OF_URL.sub(r"\1 ", text)
        text = re.sub(r"(?<!\S)[–—]+", "--", text)
    text = text.translate(_PUNCTUATION)
    parts, end = [], 0
    for named in _NAMED.finditer(text):  # a name is left as it is
        parts += [_apart(text[end : named.start()]), named[0]]
        end = named.end()
    return " ".join(" ".join([*parts, _apart(text[end:])]).split())


def _apart(text: str) -> str:
    """The text with its words set apart."""
    if not text.isascii():
        text = re.sub(r"第\s*([0-9]+)\s*页", r" 页=\1 ", text)
        text = re.sub(r"每页\s*[=:]?\s*([0-9]+)\s*[条行]", r" 每页=\1 ", text)
        text = " ".join(map(_spaced, text.split()))
    return text


def _as_typed(url: str, label: str | None) -> str:
    """What was typed where Slack made a link of it: the label, if that is the URL's own end."""
    bare = re.sub(r"^(?:https?://|mailto:|tel:)", "", url)
    return label if label and label in {url, bare, bare.rstrip("/")} else url


def _spaced(chunk: str) -> str:
    """Chinese words written together set apart; URLs and domain names are left whole."""
    if "/" in chunk:
        return chunk
    if name := _NAME_THEN_CHINESE.match(chunk):
        return f"{name[0]} {_spaced(chunk[name.end() :])}"
    is_domain = re.search(r"\.[^\W\d]", chunk) is not None

    def apart(match: re.Match[str]) -> str:
        start, end = match.span()
        before = " " if start and chunk[start - 1].isalnum() else ""
        after = " " if end < len(chunk) and chunk[end].isalnum() else ""
        return before + match[0] + after

    if not is_domain:
        return CHINESE_WORD.sub(apart, chunk)
    word = CHINESE_WORD.match(chunk)
    rest = chunk[word.end() :] if word else ""
    return f"{word[0]} {_spaced(rest)}" if word and rest[0].isalnum() else chunk


def pieces(text: str) -> list[Piece]:
    """Cut a normalised text at spaces, quotes and commas into keys and words.

    What stands in quotes after the key `name` is one word.
    """
    found: list[Piece] = []
    position, is_value = 0, False
    while position < len(text):
        if is_value:
            match = None
        elif match := _GAP.match(text, position):
            position = match.end()
            continue
        else:
            match = _KEY.match(text, position) or _FLAG.match(text, position)
        if match:
            start, position = position, match.end()
            found.append(Piece(match["name"], start, match.end("name"), position))
            if name := _quoted_name(text, found[-1]):
                found.append(name)
                position = name.end
                continue
            # What touches `=` is a value, whatever it looks like (`task=a:b`).
            is_value = match.re is _KEY and not match["space"]
            continue
        word = _word(text, position)
        if stripped := word.rstrip("'" if "/" in word else "'.!"):
            found.append(Piece(stripped, position, position + len(stripped)))
        position += len(word)
        if stripped and not is_value and (name := _quoted_name(text, found[-1])):
            found.append(name)
            position = name.end
        is_value = False
    return found


def _quoted_name(text: str, key: Piece) -> Piece | None:
    """What stands in quotes after the key `name`, spaces, commas and all."""
    if KEYS.get(folded(key.text)) is not Key.NAME:
        return None
    quoted = _QUOTED.match(text, key.end)
    return Piece(quoted["words"], *quoted.span("words")) if quoted else None


def _word(text: str, position: int) -> str:
    """The word at `position`, up to a comma.

    A comma in a URL's query is the URL's own, unless another URL, a key or nothing follows it.
    """
    chunk = text[position : _CHUNK.match(text, position).end()]  # type: ignore[union-attr] # matches anything
    query = chunk.find("?") if "/" in chunk else -1
    if query == -1 or "," in chunk[:query]:
        return chunk.partition(",")[0]
    comma = _NEXT.search(chunk, query)
    return chunk[: comma.start()] if comma else chunk


def masked(text: str) -> str:
    """The text without what must not be shown: queries of URLs, `auth_key`s, passwords."""
    return _SECRET.sub(_MASK, text)


def masked_position(text: str, position: int) -> int:
    """Where `position` of `text` is in `masked(text)`."""
    shift = 0
    for secret in _SECRET.finditer(text):
        if position <= secret.start():
            break
        if position < secret.end():
            return min(position - shift, secret.start() - shift + len(_MASK))
        shift += secret.end() - secret.start() - len(_MASK)
    return position - shift
