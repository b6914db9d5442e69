from __future__ import annotations

from bot.live.remembered import Remembered


def test_what_is_remembered_is_made_once() -> None:
    made: list[str] = []

    def length(text: str) -> int:
        made.append(text)
        return len(text)

    lengths = Remembered(length, most=2)
    assert [lengths[text] for text in ("a", "bc", "a", "bc")] == [1, 2, 1, 2]
    assert made == ["a", "bc"]


def test_when_it_is_full_all_is_forgotten() -> None:
    lengths = Remembered(len, most=2)
    for text in ("a", "bc", "def"):
        assert lengths[text] == len(text)
    assert list(lengths) == ["def"]


def test_no_secret_stands_in_its_repr() -> None:
    keyed = Remembered[str, int](len, most=2)
    assert keyed["testsecret"] == 10
    assert repr(keyed) == "<1 remembered>"
