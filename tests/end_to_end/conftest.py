from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.demo import Demo, running
from bot.live.client import Timeouts
from tests.end_to_end.people import LIWEI, Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=["http", "socket_mode"])
async def demo(request: pytest.FixtureRequest) -> AsyncIterator[Demo]:
    """The bot between both ends of the sandbox, by HTTP and by Socket Mode."""
    timeouts = Timeouts(call_s=1.5, try_s=0.5)
    is_socket_mode = request.param == "socket_mode"
    async with running(socket_mode=is_socket_mode, timeouts=timeouts) as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    return Person(demo)


@pytest.fixture
def liwei(demo: Demo) -> Person:
    return Person(demo, LIWEI)
