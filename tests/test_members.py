"""Who may see what stands in a channel, as far as Slack tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, LocalSlack, running
from bot.slack import members
from bot.slack.channels import Channels
from bot.slack.members import FRESH_S, RETRY_S, Members

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "xoxb-local"
ANNA, LIWEI = "U0001", "U0002"
LIVE_OPS, GENERAL = "C0001", "C0002"
MANY = tuple(f"U9{number:03}" for number in range(members.PAGE + 50))


class Asking:
    """Members over a local Slack in which #general is private, with anna in it."""

    def __init__(self, slack: LocalSlack, client: AsyncWebClient) -> None:
        self.slack, self.at_s = slack, 0.0
        slack.private[GENERAL] = (ANNA,)
        self.members = Members(client, Channels(client), clock_s=lambda: self.at_s)

    async def may_see(self, user_id: str, channel_id: str = GENERAL) -> bool | None:
        return await self.members.may_see(channel_id, user_id)

    def asked(self, method: str) -> int:
        return sum(call.method == method for call in self.slack.calls)


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    slack = LocalSlack(signing_secret="secret", bot_token=TOKEN, app_token="xapp-local")
    async with running(slack) as base, aiohttp.ClientSession() as session:
        base_url = f"{base}/api/"
        client = AsyncWebClient(TOKEN, base_url=base_url, session=session, retry_handlers=[])
        yield Asking(slack, client)


async def test_a_public_channel_is_everyones_and_nobody_is_looked_for(asking: Asking) -> None:
    assert await asking.may_see(LIWEI, LIVE_OPS) is True
    assert asking.asked("conversations.members") == 0


async def test_a_private_channel_is_of_those_who_are_in_it(asking: Asking) -> None:
    assert await asking.may_see(ANNA) is True
    assert await asking.may_see(LIWEI) is False


async def test_who_is_in_it_is_not_asked_again_for_a_while(asking: Asking) -> None:
    await asking.may_see(LIWEI)
    asking.slack.private[GENERAL] = (ANNA, LIWEI)
    assert await asking.may_see(LIWEI) is False
    assert asking.asked("conversations.members") == 1
    asking.at_s += FRESH_S
    assert await asking.may_see(LIWEI) is True


async def test_all_pages_are_read(asking: Asking) -> None:
    asking.slack.private[GENERAL] = (*MANY, LIWEI)
    assert await asking.may_see(LIWEI) is True
    assert await asking.may_see(ANNA) is False
    assert asking.asked("conversations.members") == 2


async def test_who_is_beyond_what_is_read_is_not_known(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MOST_PAGES", 1)
    asking.slack.private[GENERAL] = (*MANY, LIWEI)
    assert await asking.may_see(MANY[0]) is True
    assert await asking.may_see(LIWEI) is None


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members"])
async def test_what_slack_does_not_tell_is_not_known_and_soon_asked_again(
    asking: Asking, method: str
) -> None:
    asking.slack.faults.add(Fault(method, error="internal_error"))
    assert await asking.may_see(ANNA) is None
    asking.at_s += RETRY_S
    assert await asking.may_see(ANNA) is True


async def test_without_the_scope_for_private_channels_nothing_is_known_of_them(
    asking: Asking,
) -> None:
    asking.slack.faults.missing_scopes.add("groups:read")
    assert await asking.may_see(ANNA) is None
    assert await asking.may_see(ANNA, LIVE_OPS) is True
