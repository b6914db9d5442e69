"""Asking what other processes may ask as well: the way it goes where there are none.

Where there are, `bot.shared_answers` goes between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

V = TypeVar("V")


class Kind(NamedTuple, Generic[V]):
    """A kind of answer.

    Attributes:
        name: which no other has. It changes whenever what is written does: processes of two
            versions run side by side for a while.
        written, read: to bytes, and from them; `read` raises `msgspec.DecodeError`.
        kept_s: for how long one is good, in seconds, from when it was found.
    """

    name: str
    written: Callable[[V], bytes]
    read: Callable[[bytes], V]
    kept_s: Callable[[V], float]


class Found(NamedTuple, Generic[V]):
    """An answer, and how old it is, in seconds."""

    value: V
    age_s: float


class Asking(Protocol):
    """How questions are asked."""

    async def asked(
        self, kind: Kind[V], key: object, ask: Callable[[], Awaitable[V]], *, anew: bool = False
    ) -> Found[V]:
        """The answer that is there, or the one that somebody is asking for, or what `ask` gives.

        Args:
            kind: of the answer.
            key: what is asked: its repr is the same in all processes.
            ask: asks the API.
            anew: what is there is not good enough.

        Raises:
            LiveError: what `ask` raised. Others do not hear of it, but ask themselves.
        """
        ...

    async def put(self, kind: Kind[V], key: object, value: V) -> None:
        """Have an answer there under another key, too."""
        ...


class Alone:
    """One process: it asks."""

    async def asked(
        self,
        kind: Kind[V],  # noqa: ARG002 - nothing is written
        key: object,  # noqa: ARG002 - as above
        ask: Callable[[], Awaitable[V]],
        *,
        anew: bool = False,  # noqa: ARG002 - it always is
    ) -> Found[V]:
        """What `ask` gives."""
        return Found(await ask(), 0.0)

    async def put(self, kind: Kind[V], key: object, value: V) -> None:
        """Nobody is there to find it."""


ALONE = Alone()
