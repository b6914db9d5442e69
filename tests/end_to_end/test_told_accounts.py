"""Which accounts somebody is told of: those that may have a domain of theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.roles import ADMINS, EVERYONE, GUESTS, OTHERS, Right
from tests.end_to_end.people import ANNA
from tests.end_to_end.test_accounts import OWN, SHARED, accounts
from tests.end_to_end.test_form import Filler
from tests.end_to_end.test_roles import GUS, OUTSIDERS, grant, granting

if TYPE_CHECKING:
    from bot.demo import Demo

VIP = "vip.example.com"
"""Of the account called default alone."""
LIMITED = granting(
    grant(EVERYONE, may=Right.QUERY),
    grant(ADMINS, may=Right.SUBSCRIBE),
    grant(GUESTS, OTHERS, may=Right.QUERY, domains=frozenset({VIP})),
)


async def home(demo: Demo, user: str) -> str:
    await demo.slack.open_home(user)
    await demo.bot.jobs.idle()
    shown = demo.slack.home(user)
    assert shown is not None
    return json.dumps(shown.blocks)


@pytest.mark.parametrize("user", OUTSIDERS)
async def test_who_is_limited_to_some_domains_is_told_only_of_accounts_that_may_have_one(
    user: str,
) -> None:
    async with accounts(SHARED, OWN, adjusted=LIMITED) as (demo, _):
        assert "calls in the last minute" in await home(demo, user)
        assert "backup" not in await home(demo, user)
        filler = Filler(demo, user)
        for mistyped in ("bakcup", "bakcup in", "bakcup status=faild"):
            assert "backup" not in await filler.types(f"/preload {VIP} account={mistyped}")
        await filler.opens()
        assert "backup" not in str(filler.form)
        await filler.asks(f"{VIP} account=bakcup")
        assert "`account=bakcup`" in str(filler.form)
        assert '"backup"' not in json.dumps(filler.form.blocks)
        assert f"{VIP}: " in await filler.sends()


async def test_an_account_that_somebody_is_not_told_of_is_an_unknown_one_to_them() -> None:
    async with accounts(SHARED, OWN, adjusted=LIMITED) as (demo, _):
        gus, said = Filler(demo, GUS), []
        for name in ("backup", "nobody"):
            answer = await gus.types(f"/preload {VIP} account={name}")
            said.append(answer.replace(name, "…").replace("^" * len(name), "^"))
            await gus.opens()
            assert f"account={name}" in str(gus.form.blocks[0])
        assert said[0] == said[1]
        assert "none of the accounts: default" in said[0]


async def test_an_account_without_configured_domains_may_have_any_and_is_named() -> None:
    async with accounts(adjusted=LIMITED) as (demo, _):
        gus = Filler(demo, GUS)
        assert "backup" in await home(demo, GUS)
        assert "Did you mean `backup`?" in await gus.types(f"/preload {VIP} account=bakcup")


async def test_who_may_ask_about_all_domains_is_told_of_all_accounts() -> None:
    async with accounts(SHARED, OWN, adjusted=LIMITED) as (demo, _):
        anna = Filler(demo)
        assert "backup: 0 calls" in await home(demo, ANNA)
        assert "default, backup" in await anna.types(f"/preload {VIP} account=bakcup")
        await anna.opens()
        assert [one["value"] for one in anna.field("account")["options"]] == [
            "*",
            "default",
            "backup",
        ]


async def test_who_may_only_subscribe_to_a_domain_names_its_account() -> None:
    adjusted = granting(grant(EVERYONE, may=Right.SUBSCRIBE, domains=frozenset({SHARED})))
    async with accounts(SHARED, OWN, adjusted=adjusted) as (demo, _):
        said = await Filler(demo).types(f"/preload subscribe {SHARED} account=backup")
        assert f"{SHARED} (backup)" in said
