"""Several accounts of the Live API, each with its own endpoint, keys, domains and quota."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.demo import Demo, running
from bot.live.client import Timeouts
from bot.sandbox import live as live_sandbox
from bot.sandbox.live import HANG, Refuse, SimulatedLive
from bot.sandbox.slack.printed import printed
from bot.settings import Account, Settings, Watching
from bot.slack.incoming import Click
from bot.views.refs import ChoiceRef
from handlers import front
from tests.end_to_end.people import ANNA, GENERAL, LIVE_OPS, LIWEI, Person
from tests.end_to_end.test_check import checks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

KEY = "backupid"
SHARED, OWN = "live.example.com", "box.example.org"
HOUSE = "rtmp://box.example.org/liveApp/house"


@asynccontextmanager
async def accounts(
    *domains: str, adjusted: Callable[[Settings], Settings] = lambda settings: settings
) -> AsyncIterator[tuple[Demo, SimulatedLive]]:
    """The demo's own account, and a second one called backup that is configured with `domains`."""
    backup = SimulatedLive(seed=2)
    backup.keys.secrets[KEY] = "backupsecret"
    backup.world.add(HOUSE, created=datetime.now(UTC) - timedelta(minutes=5))
    async with live_sandbox.running(backup) as endpoint:
        account = Account(
            access_key_id=KEY,
            access_key_secret=SecretStr("backupsecret"),
            endpoint=endpoint,
            domains=domains,
        )

        def with_both(settings: Settings) -> Settings:
            both = {**settings.accounts, "backup": account}
            return adjusted(settings).model_copy(update={"accounts": both})

        timeouts, watch = Timeouts(call_s=1.5, try_s=0.5), Watching(fresh_s=1)
        async with running(adjusted=with_both, timeouts=timeouts, watch=watch) as demo:
            yield demo, backup


def asked(live: SimulatedLive) -> list[str]:
    """The operations that were called."""
    return [call.action for call in live.arrivals]


async def test_a_domain_finds_its_account_which_is_named() -> None:
    async with accounts(OWN) as (demo, backup):
        answer = await Person(demo).types(f"/preload {OWN}")
        assert "box.example.org (backup)" in answer
        assert "house" in answer
        assert asked(backup)
        assert asked(demo.live) == []


async def test_an_account_without_configured_domains_is_asked_which_it_has() -> None:
    async with accounts() as (demo, backup):
        answer = await Person(demo).types(f"/preload {OWN}")
        assert "box.example.org (backup)" in answer
        assert asked(backup)[0] == "DescribeLiveUserDomains"


async def test_a_domain_is_asked_of_the_account_it_is_configured_for() -> None:
    async with accounts() as (demo, backup):
        answer = await Person(demo).types(f"/preload {SHARED}")
        assert f"{SHARED}: " in answer
        assert asked(backup) == []


async def test_two_accounts_with_one_domain_ask_which() -> None:
    async with accounts(SHARED, OWN) as (demo, backup):
        anna = Person(demo)
        answer = await anna.types(f"/preload {SHARED} status=failed size=20")
        assert "live.example.com is of several accounts. Which one?" in answer
        assert asked(demo.live) == asked(backup) == []
        answer = await anna.clicks("account.pick", "backup")
        assert "live.example.com (backup): " in answer
        assert "failed" in answer
        assert asked(demo.live) == []
        again = await anna.clicks("page.refresh")
        assert "live.example.com (backup): " in again


async def test_what_was_asked_for_everyone_is_for_everyone_of_the_account_picked() -> None:
    async with accounts(SHARED, OWN) as (demo, _):
        anna = Person(demo)
        asked = await anna.types(f"/preload {SHARED} public size=5 page=2")
        assert f"/preload domain={SHARED} size=5 page=2 public account=…" in asked
        answer = await anna.clicks("account.pick", "default")
        assert "tasks 6–10 of 140" in answer
        assert anna.read is not None
        assert anna.read.only_visible_to is None


async def test_the_account_can_be_typed() -> None:
    async with accounts(SHARED) as (demo, backup):
        answer = await Person(demo).types(f"/preload {SHARED} account=backup")
        assert "live.example.com (backup): " in answer
        answer = await Person(demo).types(f"/preload {SHARED} account=default")
        assert f"{SHARED}: " in answer
        assert asked(demo.live)
        assert asked(backup)


async def test_a_mistyped_account_is_named_with_the_nearest_one() -> None:
    async with accounts(SHARED) as (demo, _):
        answer = await Person(demo).types(f"/preload {SHARED} account=bakcup")
        assert "bakcup is none of the accounts: default, backup." in answer
        assert "Did you mean `backup`?" in answer


async def test_a_default_domain_remembers_its_account() -> None:
    async with accounts(SHARED) as (demo, _):
        anna = Person(demo)
        await anna.types(f"/preload default {SHARED} account=backup")
        assert "live.example.com (backup)" in await anna.types("/preload")
        assert asked(demo.live) == []
        assert "live.example.com (backup)" in await anna.types("/preload default")


async def test_a_default_domain_of_two_accounts_takes_the_account_too() -> None:
    async with accounts(SHARED) as (demo, _):
        anna = Person(demo, channel=GENERAL)
        answer = await anna.types(f"/preload default {SHARED}")
        assert "live.example.com is of several accounts. Which one?" in answer
        picker = anna.read
        assert "no default domain" in await anna.types("/preload default")
        anna.read = picker
        await anna.clicks("account.command", "backup")
        assert "live.example.com (backup)" in await anna.types("/preload default")


async def test_a_watch_of_a_domain_of_two_accounts_asks_which_and_begins_as_it_was_typed() -> None:
    async with accounts(SHARED) as (demo, _):
        anna = Person(demo)
        url = f"rtmp://{SHARED}/liveApp/cup?auth_key=5ecre7"
        answer = await anna.types(f'/preload watch {url} until=3h in=#general name="Cup final"')
        assert "live.example.com is of several accounts. Which one?" in answer
        assert "name=" in answer
        assert "account=…" in answer
        assert "5ecre7" not in answer
        assert not await demo.bot.desk.store.watches.active()
        picker = anna.read
        answer = await anna.clicks("account.command", "backup")
        assert "Cup final" in answer
        assert picker is not None
        assert anna.read is not None
        assert anna.read.id == picker.id
        [watch] = await demo.bot.desk.store.watches.active()
        assert watch.ask.account == "backup"
        assert watch.ask.urls == (url,)
        assert (watch.name, watch.channel_id) == ("Cup final", GENERAL)
        left = watch.until - demo.bot.desk.now()
        assert timedelta(hours=2, minutes=58) < left <= timedelta(hours=3)
        assert "DescribeLiveStreamPreloadTasks" not in asked(demo.live)


async def test_a_watch_of_the_channel_s_default_domain_asks_for_the_account_as_well() -> None:
    async with accounts(SHARED) as (demo, _):
        liwei = Person(demo, LIWEI)
        await demo.bot.desk.store.defaults.set(
            "T0001", LIVE_OPS, domain=SHARED, set_by=LIWEI, account=None
        )
        assert "请选择其中一个" in await liwei.types("/preload watch status=failed")
        await liwei.clicks("account.command", "backup")
        [watch] = await demo.bot.desk.store.watches.active()
        assert (watch.ask.account, watch.ask.domain) == ("backup", SHARED)


async def test_a_checked_domain_of_two_accounts_asks_which_and_goes_on_with_that_one() -> None:
    async with accounts(SHARED) as (demo, backup):
        anna = Person(demo)
        text = f"rtmp://{SHARED}/liveApp/cup?auth_key=5ecre7 rtmp://{SHARED}/liveApp/final"
        said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        assert "live.example.com is of several accounts. Which one?" in said
        assert "0 of 2 ready* · 2 not looked up" in said
        assert anna.controls() == {"check.account", "check.refresh"}
        first = anna.read
        said = await anna.clicks("check.account", "backup")
        assert "0 of 2 ready* · 2 without a task" in said
        assert "live.example.com (backup)" in said
        assert "several accounts" not in said
        assert asked(demo.live) == []
        assert {call.parameters["DomainName"] for call in backup.arrivals} == {SHARED}
        assert anna.read is not None
        assert first is not None
        assert anna.read.id == first.id
        assert "live.example.com (backup)" in await anna.clicks("check.refresh")
        await anna.clicks("check.watch")
        [watch] = await demo.bot.desk.store.watches.active()
        assert (watch.ask.account, len(watch.ask.urls)) == ("backup", 2)


async def test_each_checked_domain_of_two_accounts_is_picked_for_itself() -> None:
    async with accounts(SHARED, OWN, "vip.example.com") as (demo, backup):
        anna = Person(demo)
        text = f"rtmp://{SHARED}/liveApp/cup {HOUSE} rtmp://vip.example.com/liveApp/cup"
        said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        assert said.count("Which one?") == 2
        assert [call.parameters["DomainName"] for call in backup.arrivals] == [OWN]
        said = await anna.clicks("check.watch")
        [watch] = await demo.bot.desk.store.watches.active()
        assert watch.ask.domain == OWN
        assert any("of several accounts: `default`, `backup`" in one for one in anna.sees())


async def test_what_was_picked_for_one_checked_domain_is_kept_for_the_next() -> None:
    async with accounts(SHARED, "vip.example.com") as (demo, _):
        anna = Person(demo)
        text = f"rtmp://{SHARED}/liveApp/cup rtmp://vip.example.com/liveApp/cup"
        await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        said = await anna.clicks("check.account", "backup")
        assert said.count("Which one?") == 1
        said = await anna.clicks("check.account", "default")
        assert "live.example.com (backup) · vip.example.com (default)" in said
        assert "2 without a task" in said


async def test_a_checked_domain_is_asked_about_while_an_account_does_not_say_what_it_has() -> None:
    async with accounts() as (demo, backup):
        backup.faults.inject(HANG, action="DescribeLiveUserDomains")
        anna = Person(demo)
        said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, HOUSE))
        assert "no domain that an account has" not in said
        assert "1 stream, ready" in said


async def test_a_checked_domain_that_the_api_does_not_know_is_said_to_be_none() -> None:
    async with accounts() as (demo, backup):
        backup.faults.inject(HANG, action="DescribeLiveUserDomains")
        anna = Person(demo)
        text = f"https://docs.example.org/runsheet {HOUSE}"
        said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        assert "no domain that an account has" not in said
        assert "docs.example.org: could not be read now" in said
        assert "the account has no play domain `docs.example.org`" in said


async def test_a_checked_domain_that_no_account_has_is_asked_of_none_once_all_have_said() -> None:
    async with accounts() as (demo, backup):
        anna = Person(demo)
        text = f"https://docs.example.org/runsheet {HOUSE}"
        said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        assert "1 URL is of no domain that an account has: docs.example.org" in said
        domains = {call.parameters.get("DomainName") for call in backup.arrivals}
        assert "docs.example.org" not in domains


async def test_of_a_checked_domain_that_the_api_does_not_know_no_watch_is_made() -> None:
    async with accounts() as (demo, backup):
        backup.faults.inject(Refuse("Forbidden.RAM", 403), action="DescribeLiveUserDomains")
        anna = Person(demo)
        text = f"https://docs.example.org/runsheet {HOUSE}"
        await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        said = await anna.clicks("check.watch")
        assert "the account has no play domain `docs.example.org`" in said
        assert any("liveApp/house is watched" in one for one in anna.sees())
        assert not any("docs.example.org is watched" in one for one in anna.sees())


async def test_an_export_of_a_domain_of_two_accounts_asks_which_and_sends_that_ones_file() -> None:
    async with accounts(SHARED) as (demo, backup):
        anna = Person(demo)
        backup.world.add(
            f"rtmp://{SHARED}/liveApp/spare", created=datetime.now(UTC) - timedelta(minutes=5)
        )
        answer = await anna.types(f"/preload export {SHARED} json")
        assert "Which one?" in answer
        picker = anna.read
        answer = await anna.clicks("account.command", "backup")
        assert "direct message" in answer
        assert picker is not None
        assert anna.read is not None
        assert anna.read.id == picker.id
        [file] = demo.slack.files.values()
        assert file.name.endswith(".json")
        assert b"liveApp/spare" in (file.content or b"")
        assert "DescribeLiveStreamPreloadTasks" not in asked(demo.live)


async def test_an_export_that_was_picked_tells_its_progress_in_the_picker_s_place() -> None:
    async with accounts(SHARED) as (demo, backup):
        anna = Person(demo)
        for number in range(250):
            created = datetime.now(UTC) - timedelta(minutes=number)
            backup.world.add(f"rtmp://{SHARED}/liveApp/spare_{number}", created=created)
        await anna.types(f"/preload export {SHARED}")
        before = len(anna.sees())
        backup.faults.latency_s = 0.4
        answer = await anna.clicks("account.command", "backup")
        assert "direct message" in answer
        assert len(anna.sees()) == before


async def test_an_account_that_is_gone_since_cannot_be_picked() -> None:
    async with accounts(SHARED) as (demo, _):
        anna = Person(demo)
        await anna.types(f"/preload watch {SHARED}")
        key = anna.elements()[0]["options"][0]["value"].split("|")[1]
        for choice in (ChoiceRef(key, "gone"), ChoiceRef("0123456789abcdef", "backup")):
            mark = demo.slack.messages.mark
            click = Click(
                "account.command", choice.pack(), "T0001", LIVE_OPS, ANNA, "", in_private=True
            )
            await front.take_click(demo.bot.desk, click)
            told = await demo.slack.settled(ANNA, after=mark)
            assert "no longer works" in printed(told, zone="UTC")
        assert not await demo.bot.desk.store.watches.active()


async def test_what_shall_be_followed_asks_which_account_it_is_of() -> None:
    async with accounts(SHARED) as (demo, _):
        liwei = Person(demo, LIWEI)
        answer = await liwei.types(f"/preload subscribe {SHARED} repeat=1h")
        assert "同时属于多个账号" in answer
        answer = await liwei.clicks("account.command", "backup")
        assert "live.example.com (backup)" in answer
        [told] = await demo.bot.desk.store.subscriptions.of_channel("T0001", LIVE_OPS)
        assert (told.account, told.repeat) == ("backup", timedelta(hours=1))
        answer = await liwei.types(f"/preload subscribe {SHARED} account=default")
        assert "(backup)" not in answer
        answer = await liwei.types("/preload list")
        assert "2" in answer
        assert "live.example.com (backup)" in answer
        answer = await liwei.types(f"/preload unsubscribe {SHARED} account=backup")
        assert "live.example.com (backup)" in answer
        assert "(backup)" not in await liwei.types("/preload list")


async def test_a_domain_that_no_account_lists_is_asked_of_one_that_cannot_say() -> None:
    async with accounts() as (demo, backup):
        backup.faults.inject(HANG, action="DescribeLiveUserDomains")
        answer = await Person(demo).types(f"/preload {OWN}")
        assert "box.example.org (backup)" in answer


async def test_keys_that_are_refused_are_named_as_their_account_reads_them() -> None:
    async with accounts(OWN) as (demo, backup):
        anna = Person(demo)
        backup.keys.secrets[KEY] = "another"
        demo.live.keys.secrets.clear()
        answer = await anna.types(f"/preload {OWN}")
        assert "`ALIBABA_CLOUD_ACCESS_KEY_SECRET_BACKUP` (backup)" in answer
        answer = await anna.types(f"/preload {SHARED}")
        assert "check `ALIBABA_CLOUD_ACCESS_KEY_ID`" in answer
