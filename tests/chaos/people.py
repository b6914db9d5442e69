"""Somebody in the local Slack who asks until there is an answer: the bot may die over it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.reading import words_of
from tests.chaos.world import ANNA

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack import LocalSlack, Message

PATIENCE_S = 8.0
"""How long an answer may take before one asks again."""
TRIES = 20


@dataclass(frozen=True)
class Person:
    """Someone in the local Slack."""

    slack: LocalSlack
    user: str = ANNA

    async def gets(self, command: str, channel: str, *, shows: str) -> Message:
        """Type a command until an answer shows this.

        Raises:
            TimeoutError: none did, however often it was asked.
        """
        mark = self.slack.messages.mark
        for _ in range(TRIES):
            with suppress(TimeoutError):
                await self.slack.command(self.user, channel, command)
                return await self.slack.settled(
                    self.user,
                    after=mark,
                    until=lambda one: one.only_visible_to == self.user and shows in words_of(one),
                    timeout_s=PATIENCE_S,
                )
        raise TimeoutError(f"no answer to {command} shows {shows}")

    async def chooses(
        self, command: str, channel: str, menu: str, option: str, *, until: Callable[[str], bool]
    ) -> None:
        """Type a command and choose in its answer, until the answer's words are as wanted.

        Raises:
            TimeoutError: they never were.
        """
        for _ in range(TRIES):
            answer = await self.gets(command, channel, shows=menu)
            if until(words_of(answer)):
                return
            with suppress(TimeoutError):
                outcome = await self.slack.click(self.user, answer.id, menu, option=option)
                await self.slack.settled(self.user, after=outcome.mark, timeout_s=PATIENCE_S)
        raise TimeoutError(f"{option} in {menu} never had its effect")

    async def presses(self, command: str, channel: str, button: str, *, shows: str) -> None:
        """Type a command and press a button of its answer, until the answer has it no more.

        Raises:
            TimeoutError: it always had.
        """
        for _ in range(TRIES):
            answer = await self.gets(command, channel, shows=shows)
            if button not in words_of(answer):
                return
            with suppress(TimeoutError):
                outcome = await self.slack.click(self.user, answer.id, button)
                await self.slack.settled(self.user, after=outcome.mark, timeout_s=PATIENCE_S)
        raise TimeoutError(f"{button} never had its effect")
