"""The catalogues: every sentence a person reads, in English and in Chinese.

The English sentence is the key; the files of `zh/` hold the Chinese ones, in the vendor's own
terms. They are read when they are first needed, into memory: no compiled catalogue to forget.
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol

from bot.reader import Language

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Catalogue(Protocol):
    def gettext(self, message: str, /) -> str: ...

    def ngettext(self, one: str, many: str, count: int, /) -> str: ...


class Words:
    """One language's sentences. Fields are put in after translating, never read as format."""

    def __init__(self, language: Language, catalogue: _Catalogue) -> None:
        self.language = language
        self._catalogue = catalogue

    def t(self, sentence: str, **fields: object) -> str:
        """The sentence in this language, its `{fields}` filled in."""
        return self._catalogue.gettext(sentence).format(**fields)

    def as_it_is(self, text: str) -> str:
        """The text in this language, if it has another there; braces in it are no fields."""
        return self._catalogue.gettext(text) if text else ""

    def n(self, one: str, many: str, count: int, **fields: object) -> str:
        """The sentence for `count` things; `{count}` is filled in with its thousands apart."""
        sentence = self._catalogue.ngettext(one, many, count)
        return sentence.format(count=f"{count:,}", **fields)

    def listed(self, parts: Iterable[str]) -> str:
        """Parts of a sentence, one after the other."""
        return self.t(", ").join(parts)

    def sentences(self, parts: Iterable[str]) -> str:
        """Sentences, one after the other; the last stands without its full stop."""
        return self.t(". ").join(parts)

    def paragraph(self, parts: Iterable[str]) -> str:
        """Whole sentences, each with its own full stop; Chinese puts no space between them."""
        space = "" if self.language is Language.CHINESE else " "
        return space.join(filter(None, parts))


def marked(sentence: str) -> str:
    """The sentence itself: marks one that stands in a table and is translated where it is used."""
    return sentence


@cache
def words(language: Language) -> Words:
    """The sentences of a language."""
    if language is Language.ENGLISH:
        return Words(language, gettext.NullTranslations())
    return Words(language, _read(language))


def _read(language: Language) -> gettext.GNUTranslations:
    """The sentences of all files of the language's folder."""
    from babel.messages.catalog import Catalog  # noqa: PLC0415 - babel is slow to import
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - and English needs none of it
    from babel.messages.pofile import read_po  # noqa: PLC0415

    whole = Catalog(locale=language)
    for file in files(__package__).joinpath(language).iterdir():
        part = read_po(io.BytesIO(file.read_bytes()), locale=language, abort_invalid=True)
        for message in part:
            whole[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
