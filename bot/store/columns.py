"""What stands in a column as something other than the driver's own types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from sqlalchemy import DateTime, Float, String, Text, TypeDecorator

from bot.asks import Ask

if TYPE_CHECKING:
    from sqlalchemy import Dialect

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, in UTC on the way out (SQLite keeps no zone: it would come out naive)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC.

        Raises:
            ValueError: `value` is naive, so no moment (SQLAlchemy wraps it in StatementError).
        """
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored datetime must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as it was stored, aware."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Seconds(TypeDecorator[timedelta]):
    """A duration, as its seconds."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> float | None:
        """The seconds."""
        del dialect
        return None if value is None else value.total_seconds()

    def process_result_value(self, value: float | None, dialect: Dialect) -> timedelta | None:
        """The duration."""
        del dialect
        return None if value is None else timedelta(seconds=value)


class Word(TypeDecorator[W], Generic[W]):
    """One of an enumeration's words, as it is."""

    impl = String(16)
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        self.words = words
        super().__init__()

    def process_bind_param(self, value: W | None, dialect: Dialect) -> str | None:
        """The word."""
        del dialect
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> W | None:
        """The enumeration's member."""
        del dialect
        return None if value is None else self.words(value)


class Words(TypeDecorator[frozenset[W]], Generic[W]):
    """Some of an enumeration's words, in their order and with a comma between."""

    impl = String(64)
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        self.words = words
        super().__init__()

    def process_bind_param(self, value: frozenset[W] | None, dialect: Dialect) -> str | None:
        """The words in a line."""
        del dialect
        return None if value is None else ",".join(sorted(word.value for word in value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[W] | None:
        """The enumeration's members."""
        del dialect
        if value is None:
            return None
        return frozenset(self.words(word) for word in value.split(",") if word)


class Packed(TypeDecorator[T], Generic[T]):
    """A value of a type that msgspec knows, as JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, packed: Any) -> None:  # noqa: ANN401 - a type, or a form such as dict[str, str]
        self.packed = packed
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(packed)
        super().__init__()

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:
        """The JSON."""
        del dialect
        return None if value is None else self._encoder.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:
        """The value."""
        del dialect
        return None if value is None else self._decoder.decode(value)


class AskJson(TypeDecorator[Ask]):
    """An ask, in its own JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Ask | None, dialect: Dialect) -> str | None:
        """The JSON."""
        del dialect
        return None if value is None else value.to_json()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Ask | None:
        """The ask."""
        del dialect
        return None if value is None else Ask.from_json(value)
