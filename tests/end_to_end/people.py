"""A person at the local Slack: types, clicks, and reads what stands there then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.printed import printed

if TYPE_CHECKING:
    from bot.demo import Demo
    from bot.sandbox.slack import Message

ANNA, LIWEI = "U0001", "U0002"
LIVE_OPS, GENERAL = "C0001", "C0002"


@dataclass
class Person:
    """Someone in the local Slack.

    `read` is the message they looked at last.
    """

    demo: Demo
    user: str = ANNA
    channel: str = LIVE_OPS
    read: Message | None = field(default=None, init=False)

    async def types(self, text: str) -> str:
        """Type a command; returns the answer as it stands when the bot is done, as text."""
        mark = self.demo.slack.messages.mark
        outcome = await self.demo.slack.command(self.user, self.channel, text)
        assert outcome.ok, outcome.error
        return await self._reads(mark)

    async def clicks(self, control: str, choice: str | None = None) -> str:
        """Click in the message read last; returns the answer likewise."""
        assert self.read is not None
        mark = self.demo.slack.messages.mark
        outcome = await self.demo.slack.click(
            self.user, self.read.id, control, option=self._option(control, choice)
        )
        assert outcome.ok, outcome.error
        return await self._reads(mark)

    def controls(self) -> set[str]:
        """What can be clicked in the message read last."""
        return {one["action_id"] for one in self.elements() if "action_id" in one}

    def elements(self) -> list[dict[str, Any]]:
        """The controls themselves."""
        assert self.read is not None
        found: list[dict[str, Any]] = []
        for block in self.read.all_blocks:
            found += block["elements"] if block["type"] == "actions" else []
            found += [block["accessory"]] if "accessory" in block else []
        return found

    def table(self) -> list[list[str]]:
        """The rows of the table in the message read last, without its head."""
        assert self.read is not None
        tables = [block for block in self.read.all_blocks if block["type"] == "table"]
        return [[cell["text"] for cell in row] for row in tables[0]["rows"][1:]]

    def sees(self) -> list[str]:
        """All messages in the channel that the person sees, as text."""
        messages = self.demo.slack.messages.seen_by(self.user, self.channel)
        return [printed(message, zone="UTC") for message in messages]

    async def _reads(self, mark: int) -> str:
        await self.demo.bot.jobs.idle()
        self.read = await self.demo.slack.settled(self.user, after=mark)
        return printed(self.read, zone="UTC")

    def _option(self, control: str, choice: str | None) -> str | None:
        for element in self.elements():
            for option in element.get("options", ()) if element["action_id"] == control else ():
                if choice in {None, option["text"]["text"], option["value"].split("|")[-1]}:
                    return str(option["value"])
        return choice
