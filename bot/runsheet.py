"""The play URLs that stand in a message, or in a list attached to one. Pure.

A list is any text with URLs in it: a URL in each line, or in a column of a table.

Sources: Slack's "Formatting text for app surfaces" (`<url|label>`, the three entities); the
vendor's limits of AppName and StreamName (letters, digits and a few marks of ASCII).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_URLS: Final = 400
"""So many URLs of one message are asked for."""

_LINK = re.compile(r"<([a-zA-Z][\w+.-]{0,30}:[^<>|\s]*)(?:\|([^<>]*))?>")
_ENTITY = re.compile(r"&(?:amp|lt|gt);")

# A host may be written in any script; what follows it is ASCII, so that Chinese words and
# punctuation right after a URL are not taken for its end. A comma, too, ends it: the API takes URLs
# as a list with commas. Each run of characters is looked at once, whatever stands in it.
_WHITE = r"\s\x00-\x20\u200b-\u200f\u2028-\u202e\u2060\ufeff"
_SCHEME = r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://"
_HOST = rf"[^{_WHITE}/?#\"'<>`|,;，、。；：！？（）【】《》「」“”‘’]{{0,300}}"
_BARE_HOST = r"(?<![\w@/:.%=&?+-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,10}[a-z][a-z0-9-]{1,62}"
_REST = r"(?:(?![\"'<>`|,;\\])[!-~]){0,3000}"
# Where the stream's name should begin and another script does, that is no sentence's but the name's
# own: what can be no play URL is not to be cut to one.
_FOREIGN = rf"(?<=/)[^\W\x00-\x7f](?:(?!{_SCHEME})[\w./%=-]){{0,300}}"
_ADDRESS = re.compile(
    rf"(?:{_SCHEME}{_HOST}(?:[/?#]{_REST})?|{_BARE_HOST}/{_REST})(?P<foreign>{_FOREIGN})?",
    re.IGNORECASE,
)
_AT_ITS_END = ".:!?*~"
_BRACKETS: Final = (")(", "][", "}{")

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Runsheet:
    """What stands in some texts.

    Attributes:
        urls: the play URLs, in order, each once.
        odd: what is written like an address and is no play URL, likewise. It may hold a signature.
        without_protocol: what would be one but for its protocol, likewise.
    """

    urls: tuple[str, ...]
    odd: tuple[str, ...]
    without_protocol: tuple[str, ...]


def read(
    texts: Iterable[str],
    is_url: Callable[[str], bool],
    with_protocol: Callable[[str], str | None],
) -> Runsheet:
    """The addresses in the texts.

    Args:
        texts: as they were typed.
        is_url: whether an address is a play URL.
        with_protocol: the play URL that an address likely is without its protocol; None for none.
    """
    found = dict(address for text in texts for address in _addresses(text))
    urls, odd, without_protocol = [], [], []
    for address, may_be in found.items():
        if may_be and is_url(address):
            urls.append(address)
        elif may_be and with_protocol(address):
            without_protocol.append(address)
        else:
            odd.append(address)
    return Runsheet(tuple(urls), tuple(odd), tuple(without_protocol))


def typed(text: str) -> str:
    """A message's text as it was typed, without what Slack made of it."""
    text = _LINK.sub(lambda link: f" {_target(link[1], link[2])} ", text)
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text)


def decoded(content: bytes) -> str | None:
    """A file's text, whatever a spreadsheet or an editor wrote it as; None where it is none.

    UTF-8 and UTF-16, with or without their mark, and GBK (as Chinese Windows has it).
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    sample = content[:_SAMPLE_BYTES]
    if b"\x00" in sample:
        return _unmarked_utf_16(content, sample)
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    # What is wanted of it is ASCII: a stray byte in a comment costs nobody the list.
    printable = sum(byte >= ord(" ") or byte in b"\t\r\n" for byte in sample)
    return content.decode("utf-8", errors="replace") if printable == len(sample) else None


def unescaped(text: str) -> str:
    """A list's text without what programs that write JSON make of a slash and of `&`."""
    return text.replace(r"\/", "/").replace(r"\u0026", "&")


def _target(url: str, label: str | None) -> str:
    """What a link of Slack's stands for: what is read there, if that is an address.

    A protocol that is not read there is Slack's guess, and nobody wrote it.
    """
    guessed = re.sub(r"^https?://", "", url)
    return label if label and ("://" in label or label in {guessed, guessed.rstrip("/")}) else url


def _addresses(text: str) -> Iterator[tuple[str, bool]]:
    """What is written like an address, and whether it may be a play URL."""
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if match.start() and text[match.start() - 1] == "_":  # Slack's italics
            address = address.rstrip("_")
        yield address, match["foreign"] is None


def _trimmed(address: str) -> str:
    """The address without the sentence it stands in."""
    unopened = {close: address.count(close) - address.count(open_) for close, open_ in _BRACKETS}
    end = len(address)
    while end and (address[end - 1] in _AT_ITS_END or unopened.get(address[end - 1], 0) > 0):
        end -= 1
        if address[end] in unopened:
            unopened[address[end]] -= 1
    return address[:end]


def _unmarked_utf_16(content: bytes, sample: bytes) -> str | None:
    """The text, if it is UTF-16 of mostly ASCII: that has a zero in every other byte."""
    half = len(sample) // 2
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = sample[first::2].count(0), sample[1 - first :: 2].count(0)
        if not others and zeros * 2 >= half:
            return content.decode(encoding, errors="replace")
    return None
