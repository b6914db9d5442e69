"""How often it is planned, and what is made of a plan meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.watch.agenda import PLANNING_SHARE, Agenda
from bot.watch.needs import Freshness
from tests.reading_loop import Domain
from tests.test_planner import DOMAIN, LONG, need, pending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.watch.needs import Need

NOW = datetime(2026, 11, 22, 19, tzinfo=UTC)
PER_S = 8


@dataclass
class Account:
    """Domains that are all to be read; to go through them takes its time."""

    domains: int
    takes_s: float
    clock_s: float = 1000.0
    plans: int = 0

    def __post_init__(self) -> None:
        self.agenda = Agenda(Freshness(), PER_S, lambda: self.clock_s)

    def needs(self) -> Iterator[Need]:
        self.plans += 1
        for number in range(self.domains):
            yield Domain(f"live{number:03}.example.com").need()
        self.clock_s += self.takes_s

    def asks(self, most: int = PER_S) -> list[str]:
        return [call.domain for call in self.agenda.take(self.needs(), now=NOW, most=most)]


def test_what_is_planned_at_once_is_planned_anew_each_time() -> None:
    account = Account(domains=30, takes_s=0)
    assert account.asks() == account.asks()  # none of them was said to be sent
    assert account.plans == 2
    assert account.agenda.next_at_s == account.clock_s


def test_a_plan_that_took_long_is_followed_for_longer_and_call_by_call() -> None:
    account = Account(domains=300, takes_s=0.1)
    account.asks()
    asked = [account.asks(), account.asks()]
    assert [len(each) for each in asked] == [PER_S, PER_S]
    assert not set(asked[0]) & set(asked[1])
    assert account.plans == 2


def test_planning_takes_no_more_than_its_share_of_the_time() -> None:
    account = Account(domains=300, takes_s=0.1)
    began_s = account.clock_s
    while account.clock_s < began_s + 60:
        assert account.asks()
        account.clock_s = max(account.clock_s + 1, account.agenda.next_at_s)
    took_s = account.plans * account.takes_s
    assert took_s <= PLANNING_SHARE * (account.clock_s - began_s) + account.takes_s


def test_nothing_is_planned_while_a_plan_that_is_used_up_is_still_good() -> None:
    account = Account(domains=1, takes_s=0.1)
    assert [len(account.asks()) for _ in range(3)] == [1, 1, 0]  # the first is not followed
    assert account.plans == 2
    assert account.agenda.next_at_s > account.clock_s


def test_where_more_is_due_a_plan_lasts_no_longer_than_its_calls() -> None:
    account = Account(domains=0, takes_s=14 / PER_S * PLANNING_SHARE)

    def needs() -> Iterator[Need]:
        for domain in range(4):
            named = [pending(f"{domain}.{number}", url=long_url(number)) for number in range(300)]
            yield need(named)
        account.clock_s += account.takes_s

    for _ in range(2):
        began_s = account.clock_s
        calls = account.agenda.take(needs(), now=NOW, most=PER_S)
    assert [call.cost for call in calls] == [4, 4, 4]  # there would be time for 14
    assert account.agenda.next_at_s == pytest.approx(began_s + 12 / PER_S)


def long_url(number: int) -> str:
    return f"rtmp://{DOMAIN}/liveApp/{number}.flv{LONG}"


def test_what_is_wanted_anew_does_not_wait_for_the_plan_s_end() -> None:
    account = Account(domains=1, takes_s=0.1)
    account.asks()
    account.asks()
    account.agenda.put_aside()
    plans = account.plans
    assert account.asks()
    assert account.plans == plans + 1


def test_where_little_may_be_asked_the_rest_of_the_plan_comes_later() -> None:
    account = Account(domains=300, takes_s=0.1)
    account.asks()
    assert len(account.asks(most=1)) == 1
    assert account.plans == 2
    assert len(account.asks()) == PER_S
    assert account.plans == 2
    assert account.agenda.next_at_s <= account.clock_s
