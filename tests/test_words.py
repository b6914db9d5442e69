import ast
import re
import string
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.reader import Language
from bot.words import words

TREE = Path(__file__).parent.parent
KEYWORDS = {"t": None, "n": (1, 2), "marked": None}
ENGLISH = words(Language.ENGLISH)
CHINESE = words(Language.CHINESE)


def sentences() -> set[object]:
    methods = [("sandbox/**", "ignore"), ("**.py", "python")]
    return {
        message
        for room in ("bot", "handlers")
        for _, _, message, _, _ in extract_from_dir(
            TREE / room, method_map=methods, keywords=KEYWORDS
        )
    }


def catalogues() -> list[Catalog]:
    sources = sorted(files("bot.words").joinpath("zh").iterdir(), key=lambda file: file.name)
    return [read_po(BytesIO(one.read_bytes()), locale="zh", abort_invalid=True) for one in sources]


def chinese() -> list[Message]:
    return [message for catalogue in catalogues() for message in catalogue if message.id]


def translations() -> list[tuple[str | tuple[str, ...], str]]:
    found: list[tuple[str | tuple[str, ...], str]] = []
    for message in chinese():
        key = message.id if isinstance(message.id, str) else tuple(message.id)
        text = message.string or ""
        found.append((key, text if isinstance(text, str) else text[0]))
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_sentence_has_its_translation_and_no_translation_is_left_over() -> None:
    assert {key for key, _ in translations()} == sentences()


def test_no_translation_is_empty_or_fuzzy() -> None:
    assert [message.id for message in chinese() if message.fuzzy] == []
    assert [key for key, text in translations() if not text] == []
    assert not any(catalogue.obsolete for catalogue in catalogues())


def test_each_sentence_is_translated_in_one_place_alone() -> None:
    keys = [key for key, _ in translations()]
    assert len(keys) == len(set(keys))


def test_translations_have_the_same_fields_as_their_sentences() -> None:
    for key, text in translations():
        many = key if isinstance(key, str) else key[1]
        assert fields(text) == fields(many), key


def test_chinese_sentences_use_full_width_punctuation() -> None:
    beside_chinese = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")
    assert [text for _, text in translations() if beside_chinese.search(text)] == []


def test_no_sentence_hides_in_an_f_string_where_extraction_does_not_see_it() -> None:
    hidden = []
    for room in ("bot", "handlers"):
        for path in (TREE / room).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            for joined in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
                hidden += [
                    f"{path.name}:{call.lineno}"
                    for call in ast.walk(joined)
                    if isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr in {"t", "n"}
                    and call.args
                    and isinstance(call.args[0], ast.Constant)
                ]
    assert hidden == []


def test_english_sentences_are_their_own_translation() -> None:
    assert ENGLISH.t("ready, until {time}", time="23:00") == "ready, until 23:00"


def test_chinese_uses_the_vendors_terms() -> None:
    assert CHINESE.t("failed") == "预热失败"
    assert CHINESE.t("preloading {percent} %", percent=63) == "预热中 63%"
    assert CHINESE.t("pending") == "等待预热"


@pytest.mark.parametrize(("count", "text"), [(1, "d: 1 task"), (1_240, "d: 1,240 tasks")])
def test_things_are_counted_in_the_right_number(count: int, text: str) -> None:
    assert ENGLISH.n("{domain}: {count} task", "{domain}: {count} tasks", count, domain="d") == text


def test_chinese_counts_need_no_plural() -> None:
    assert CHINESE.n("{domain}: {count} task", "{domain}: {count} tasks", 2, domain="d") == (
        "d：2 个任务"
    )


def test_a_value_is_never_read_as_a_format() -> None:
    assert ENGLISH.t("{domain}: no tasks", domain="{count.__class__}") == (
        "{count.__class__}: no tasks"
    )


def test_sentences_are_joined_as_the_language_does() -> None:
    assert ENGLISH.sentences(["a", "b"]) == "a. b"
    assert CHINESE.sentences(["a", "b"]) == "a。b"
    assert ENGLISH.paragraph(["A.", "", "B."]) == "A. B."
    assert CHINESE.paragraph(["甲。", "", "乙。"]) == "甲。乙。"
    assert CHINESE.listed(["甲", "乙"]) == "甲，乙"


def test_a_language_is_read_once() -> None:
    assert words(Language.CHINESE) is CHINESE
