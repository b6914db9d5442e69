"""Asking by the form: opened whatever the API does, mended, answered where it was asked for."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from bot.demo import Demo, running
from bot.live.client import Timeouts
from bot.record import Deed
from bot.roles import Right
from bot.sandbox.live import HANG, UNAVAILABLE, Refuse
from bot.sandbox.slack import Fault
from bot.store.schema import drafts
from bot.views.refs import PageRef
from tests.end_to_end.people import ANNA, GENERAL, LIVE_OPS, LIWEI, Person
from tests.end_to_end.test_accounts import SHARED, accounts
from tests.end_to_end.test_roles import grant, granting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.sandbox.slack import Outcome, View
    from bot.settings import Settings

URL = "rtmp://live.example.com/liveApp/cup_main?auth_key=1795347730-0-0-5ecre7"
LIST_DOMAINS = "DescribeLiveUserDomains"
DOUBT = "live.exmaple.com is not among the known domains. Did you mean live.example.com?"


class Filler(Person):
    """A person who fills in forms."""

    @property
    def form(self) -> View:
        """The form that is open."""
        found = self.demo.slack.modal(self.user)
        assert found is not None
        return found

    @property
    def has_form(self) -> bool:
        return self.demo.slack.modal(self.user) is not None

    async def asks(self, text: str = "") -> None:
        """Type `/preload ask …`, which is answered by the form."""
        outcome = await self.demo.slack.command(self.user, self.channel, f"/preload ask {text}")
        assert outcome.ok, outcome.error
        await self.demo.bot.jobs.idle()

    async def opens(self) -> None:
        """Press the button that opens the form in the message read last."""
        assert self.read is not None
        outcome = await self.demo.slack.click(self.user, self.read.id, "form.open")
        assert outcome.ok, outcome.error
        await self.demo.bot.jobs.idle()

    async def sends(self, **values: object) -> str:
        """Send the form; returns the answer."""
        mark = self.demo.slack.messages.mark
        outcome = await self.submits(**values)
        assert outcome.errors == {}
        assert outcome.ok, outcome.error
        assert not self.has_form
        return await self._reads(mark)

    async def submits(self, **values: object) -> Outcome:
        return await self.demo.slack.submit(self.user, values)

    def field(self, name: str) -> dict[str, Any]:
        """The element of a field."""
        found: dict[str, Any] = self._block(name)["element"]
        return found

    def hint(self, name: str) -> str:
        return str(self._block(name).get("hint", {}).get("text", ""))

    def _block(self, name: str) -> Mapping[str, Any]:
        return next(one for one in self.form.blocks if one.get("block_id") == name)


@asynccontextmanager
async def unlisted(*, socket_mode: bool = False, call_s: float = 1.5) -> AsyncIterator[Demo]:
    """The demo, its account without configured domains: the API has to list them."""

    def adjusted(settings: Settings) -> Settings:
        account = settings.accounts["default"].model_copy(update={"domains": ()})
        return settings.model_copy(update={"accounts": {"default": account}})

    timeouts = Timeouts(call_s=call_s, try_s=call_s)
    async with running(socket_mode=socket_mode, adjusted=adjusted, timeouts=timeouts) as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Filler:
    return Filler(demo)


@pytest.fixture
def liwei(demo: Demo) -> Filler:
    return Filler(demo, LIWEI)


def offered(options: list[dict[str, Any]]) -> list[str]:
    return [str(option["value"]) for option in options]


async def test_ask_opens_a_form_and_the_form_asks(anna: Filler) -> None:
    await anna.asks()
    assert anna.form.callback_id == "form"
    answer = await anna.sends(domain="live.example.com", status="failed")
    assert "live.example.com: 13 failed of 140 tasks" in answer
    assert "(only visible to you)" in answer
    assert anna.read is not None
    assert anna.read.channel == LIVE_OPS


async def test_the_form_stands_filled_in_with_what_followed_ask(demo: Demo, anna: Filler) -> None:
    await anna.asks(f"status=failed since=2h size=20 task=77 public url={URL}")
    two_hours_ago = datetime.now(UTC) - timedelta(hours=2)
    assert anna.field("status")["initial_option"]["value"] == "failed"
    assert anna.field("url")["initial_value"] == URL
    assert anna.field("task")["initial_value"] == "77"
    assert anna.field("size")["initial_option"]["value"] == "20"
    assert anna.field("public")["initial_option"]["value"] == "yes"
    assert anna.field("since")["initial_date_time"] == pytest.approx(
        two_hours_ago.timestamp(), abs=60
    )
    assert demo.live.arrivals == []


async def test_a_typo_is_mended_in_the_form(anna: Filler) -> None:
    refused = await anna.types("/preload status=faild since=2d blue")
    assert "Did you mean `failed`?" in refused
    await anna.opens()
    assert anna.hint("status") == (
        "⚠️ There is no status faild: it is complete, pending, preloading or failed. "
        "Did you mean failed?"
    )
    assert "`blue`" in str(anna.form.blocks[0])
    answer = await anna.sends(status="failed")
    assert "live.example.com: 13 failed" in answer


async def test_a_signature_reaches_the_form_but_stands_in_no_message(
    demo: Demo, anna: Filler
) -> None:
    await anna.types(f"/preload status=faild url={URL}")
    assert anna.read is not None
    assert "5ecre7" not in str(anna.read.payload)
    await anna.opens()
    assert anna.field("url")["initial_value"] == URL
    assert "live.example.com, 1 URL" in await anna.sends(status="all")
    assert "5ecre7" not in str(anna.read.payload)
    [refresh] = [one for one in anna.elements() if one["action_id"] == "page.refresh"]
    asked = await demo.bot.desk.kept(PageRef.unpack(refresh["value"]).key)
    assert asked.urls == (URL,)


async def test_an_unknown_domain_is_mended_in_the_form(anna: Filler) -> None:
    refused = await anna.types("/preload domain=live.exmaple.com status=failed")
    assert "no play domain" in refused
    await anna.opens()
    assert anna.field("domain")["initial_option"]["value"] == "live.exmaple.com"
    assert anna.hint("domain") == f"⚠️ {DOUBT}"
    assert anna.field("status")["initial_option"]["value"] == "failed"
    assert "13 failed" in await anna.sends(domain="live.example.com")


async def test_a_domain_that_is_too_long_for_its_menu_is_said_to_be_left_out(anna: Filler) -> None:
    longest = ".".join(["a" * 60, "b" * 60, "c" * 60, "d" * 50, "example", "com"])
    for typed in (f"{longest} blue", f"status=faild {longest} blue"):
        await anna.asks(typed)
        assert "initial_option" not in anna.field("domain")
        assert f"`blue domain={longest}`" in str(anna.form.blocks[0])
    assert "no play domain" in await anna.types(f"/preload {longest} task=77")
    await anna.opens()
    assert f"`domain={longest}`" in str(anna.form.blocks[0])


async def test_a_mistyped_domain_is_refused_at_its_field_when_the_accounts_have_listed_theirs() -> (
    None
):
    async with unlisted() as demo:
        anna = Filler(demo)
        await anna.asks()
        assert (await anna.submits(domain="live.exmaple.com")).errors == {"domain": DOUBT}
        assert "live.example.com: " in await anna.sends(domain="live.example.com")


async def test_nobody_is_kept_from_asking_about_a_domain_like_no_known_one(anna: Filler) -> None:
    await anna.asks("domain=box.example.org")
    assert "⚠️" not in anna.hint("domain")
    assert "no play domain" in await anna.sends(domain="box.example.org")


async def test_a_domain_is_not_refused_while_an_account_has_not_said_which_it_has() -> None:
    async with unlisted() as demo:
        demo.live.faults.inject(UNAVAILABLE, action=LIST_DOMAINS)
        anna = Filler(demo)
        await anna.asks("domain=live.exmaple.com")
        assert (await anna.submits(domain="live.exmaple.com")).errors == {}


async def test_a_mistyped_export_is_mended_in_the_form_and_is_an_export_still(
    demo: Demo, anna: Filler
) -> None:
    await anna.types("/preload export status=faild json page=2")
    await anna.opens()
    assert anna.field("format")["initial_option"]["value"] == "json"
    assert "`page=2`" in str(anna.form.blocks[0])
    assert "13 tasks" in await anna.sends(status="failed")
    [file] = demo.slack.files.values()
    assert file.name.endswith(".json")


async def test_the_form_exports_what_it_asks_about(demo: Demo) -> None:
    outcome = await demo.slack.shortcut(ANNA, "form")
    assert outcome.ok, outcome.error
    await demo.bot.jobs.idle()
    anna = Filler(demo)
    values = {"domain": "live.example.com", "status": "failed", "format": "csv", "in": None}
    assert "13 tasks" in await anna.sends(**values)
    [file] = demo.slack.files.values()
    assert file.name.endswith(".csv")


async def test_an_export_to_everyone_goes_to_the_channel_that_was_chosen(
    demo: Demo, anna: Filler
) -> None:
    await anna.asks("failed json public")
    await anna.sends()
    [file] = demo.slack.files.values()
    assert file.channel == LIVE_OPS


async def test_what_the_api_does_not_answer_can_be_asked_anew_by_the_form(
    demo: Demo, anna: Filler
) -> None:
    demo.live.faults.inject(Refuse("Forbidden.RAM", 403))
    refused = await anna.types("/preload export status=failed json")
    assert "live:DescribeLiveStreamPreloadTasks" in refused
    await anna.opens()
    assert anna.field("status")["initial_option"]["value"] == "failed"
    assert anna.field("format")["initial_option"]["value"] == "json"


async def test_where_nothing_is_found_the_form_asks_otherwise(anna: Filler) -> None:
    found = await anna.types("/preload task=0a1b2c3d status=failed")
    assert "Nothing was started" in found
    await anna.opens()
    assert anna.field("task")["initial_value"] == "0a1b2c3d"
    assert anna.field("domain")["initial_option"]["value"] == "live.example.com"
    assert "13 failed" in await anna.sends(task="")


async def test_what_is_wrong_stands_at_its_field_in_the_persons_language(
    demo: Demo, anna: Filler, liwei: Filler
) -> None:
    now = int(datetime.now(UTC).timestamp())
    wrong = {"url": f"{URL}\nnonsense", "task": "7 8", "since": now - 60, "until": now - 120}
    await anna.asks()
    assert (await anna.submits(**wrong)).errors == {
        "url": "nonsense is not a play URL.",
        "task": "7 8 is not a task ID.",
        "until": "This is not after the beginning.",
    }
    assert anna.has_form
    await liwei.asks()
    assert (await liwei.submits(since=now + 7_200)).errors == {"since": "这个时间还没有到。"}
    assert demo.live.arrivals == []
    answer = await anna.sends(url=URL, task="", until=now)
    assert "1 URL: no tasks" in answer


async def test_the_answer_goes_where_it_was_chosen_to_go_and_to_whom(
    demo: Demo, anna: Filler, liwei: Filler
) -> None:
    liwei.channel = GENERAL
    before = liwei.sees()
    await anna.asks()
    await anna.sends(domain="live.example.com", status="failed", **{"in": GENERAL})
    assert anna.read is not None
    assert anna.read.channel == GENERAL
    assert liwei.sees() == before
    await anna.asks()
    await anna.sends(domain="live.example.com", public="yes", **{"in": GENERAL})
    assert len(liwei.sees()) == len(before) + 1
    assert "live.example.com: " in liwei.sees()[-1]
    assert demo.slack.joined


async def test_what_may_be_asked_is_what_may_be_where_the_form_was_opened() -> None:
    granted = grant(GENERAL, may=Right.QUERY)
    elsewhere = grant("everyone", may=Right.QUERY, domains=frozenset({"archive.example.com"}))
    async with running(adjusted=granting(granted, elsewhere)) as demo:
        anna = Filler(demo, ANNA, LIVE_OPS)
        await anna.asks()
        refused = await anna.sends(domain="live.example.com", **{"in": GENERAL})
        assert "You may not query live.example.com." in refused
        await anna.asks("export")
        refused = await anna.sends(domain="live.example.com", format="csv", **{"in": GENERAL})
        assert "You may not query live.example.com." in refused
        entries = [one async for one in demo.bot.desk.store.record.all()]
        assert [(one.deed, one.outcome.value, one.channel_id) for one in entries] == [
            (Deed.EXPORT, "refused", LIVE_OPS)
        ]
        assert demo.live.arrivals == []
        anna.channel = GENERAL
        await anna.asks()
        answer = await anna.sends(domain="live.example.com", public="yes", **{"in": LIVE_OPS})
        assert "live.example.com: " in answer
        assert anna.read is not None
        assert anna.read.channel == LIVE_OPS


async def test_an_answer_where_its_reader_may_not_ask_has_no_controls_for_them() -> None:
    async with running(adjusted=granting(grant(GENERAL, may=Right.QUERY))) as demo:
        for url in ("", "rtmp://live.example.com/liveApp/nothing"):
            anna = Filler(demo, ANNA, GENERAL)
            await anna.asks()
            await anna.sends(domain="live.example.com", url=url, **{"in": LIVE_OPS})
            assert anna.controls() == set()
            await anna.asks()
            await anna.sends(domain="live.example.com", url=url)
            assert "page.refresh" in anna.controls()


async def test_the_channel_that_was_typed_is_where_the_answer_goes(anna: Filler) -> None:
    await anna.asks(f"status=failed in=<#{GENERAL}|general>")
    assert anna.field("in")["initial_conversation"] == GENERAL
    assert "13 failed" in await anna.sends(domain="live.example.com")
    assert anna.read is not None
    assert anna.read.channel == GENERAL


async def test_a_channel_that_there_is_not_keeps_the_form_from_nothing(anna: Filler) -> None:
    await anna.asks("status=failed in=#nowhere")
    assert anna.hint("in") == "⚠️ #nowhere is not a channel: choose one."
    assert "13 failed" in await anna.sends()
    assert anna.read is not None
    assert anna.read.channel == LIVE_OPS


async def test_a_form_without_a_place_is_answered_by_direct_message(anna: Filler) -> None:
    outcome = await anna.demo.slack.shortcut(ANNA, "form")
    assert outcome.ok, outcome.error
    await anna.demo.bot.jobs.idle()
    everyone = await anna.submits(domain="live.example.com", public="yes", **{"in": None})
    assert everyone.errors == {"in": "Everyone where? Choose a channel."}
    answer = await anna.sends(domain="live.example.com", public="no", **{"in": None})
    assert "live.example.com: " in answer
    assert anna.read is not None
    assert anna.read.channel == "D0001"


async def test_the_form_opens_in_chinese_for_who_reads_chinese(liwei: Filler) -> None:
    assert "预热失败" in str(await liwei.types("/preload 状态=失拜"))
    await liwei.opens()
    assert liwei.form.title == "预热任务"
    assert liwei.hint("status").startswith("⚠️ ")
    await liwei.asks("预热失败 最近2小时")
    assert liwei.field("status")["initial_option"]["text"]["text"] == "预热失败"


async def test_a_form_that_asks_in_vain_can_be_opened_again() -> None:
    async with unlisted() as demo:
        demo.live.faults.inject(UNAVAILABLE, action=LIST_DOMAINS)
        anna = Filler(demo, ANNA, GENERAL)
        await anna.asks("status=failed task=77")
        assert "No play domain is set up or listed" in await anna.sends(size="20")
        await anna.opens()
        assert anna.field("status")["initial_option"]["value"] == "failed"
        assert anna.field("size")["initial_option"]["value"] == "20"
        assert anna.field("task")["initial_value"] == "77"


async def test_what_is_kept_no_more_is_said_to_be_so(demo: Demo, anna: Filler) -> None:
    await anna.types("/preload status=faild")
    async with demo.bot.desk.store.database.writing() as connection:
        await connection.execute(drafts.delete())
    mark = demo.slack.messages.mark
    await anna.opens()
    assert not anna.has_form
    assert "no longer works" in str((await demo.slack.settled(ANNA, after=mark)).payload)


async def test_a_store_that_takes_no_draft_leaves_a_button_to_an_empty_form(
    demo: Demo, anna: Filler
) -> None:
    async with demo.bot.desk.store.database.writing() as connection:
        await connection.execute(text("DROP TABLE drafts"))
    assert "There is no status" in await anna.types("/preload status=faild since=2h")
    await anna.opens()
    assert "initial_date_time" not in anna.field("since")


async def test_of_several_accounts_the_form_asks_for_one() -> None:
    async with accounts(SHARED) as (demo, backup):
        anna = Filler(demo)
        await anna.types(f"/preload {SHARED} account=bakcup status=failed")
        await anna.opens()
        assert "backup" in anna.hint("account")
        answer = await anna.sends(account="backup")
        assert f"{SHARED} (backup): " in answer
        assert backup.arrivals
        assert demo.live.arrivals == []
        await anna.asks(f"{SHARED}")
        assert "is of several accounts" in await anna.sends()


async def test_without_a_domain_the_form_asks_as_a_command_does(anna: Filler) -> None:
    await anna.asks()
    assert "live.example.com: " in await anna.sends()  # the channel's default
    await anna.asks()
    assert "Which domain?" in await anna.sends(**{"in": GENERAL})


async def test_a_trigger_that_came_too_late_leaves_a_button_that_opens_the_form(
    demo: Demo, anna: Filler
) -> None:
    demo.slack.faults.add(Fault("views.open", error="expired_trigger_id"))
    said = await anna.types(f"/preload ask status=failed url={URL}")
    assert "The form did not open in time." in said
    assert "5ecre7" not in str(anna.read)
    assert not anna.has_form
    await anna.opens()
    assert anna.field("status")["initial_option"]["value"] == "failed"
    assert anna.field("url")["initial_value"] == URL


async def test_a_slack_that_does_not_answer_leaves_the_button_too(demo: Demo, anna: Filler) -> None:
    demo.slack.faults.add(Fault("views.open", status=503))
    assert "The form did not open in time." in await anna.types("/preload ask")
    await anna.opens()
    assert anna.has_form


async def test_the_menu_completes_domains_and_takes_what_is_typed(anna: Filler) -> None:
    await anna.asks()
    slack = anna.demo.slack
    everything = offered(await slack.suggest(ANNA, "domain", ""))
    assert "live.example.com" in everything
    assert offered(await slack.suggest(ANNA, "domain", "live.example.c"))[0] == "live.example.com"
    assert offered(await slack.suggest(ANNA, "domain", "new.example.org"))[-1] == "new.example.org"


async def test_letters_that_are_typed_again_at_once_are_completed_again(anna: Filler) -> None:
    await anna.asks()
    for _ in range(5):  # of which two are asked within one second, with one signature
        assert "live.example.com" in offered(await anna.demo.slack.suggest(ANNA, "domain", "li"))


async def test_who_may_ask_in_a_channel_only_is_suggested_its_domains_there() -> None:
    granted = granting(grant(LIVE_OPS, may=Right.QUERY))
    async with running(adjusted=granted) as demo:
        await Filler(demo).asks()
        assert "live.example.com" in offered(await demo.slack.suggest(ANNA, "domain", "live"))


@pytest.mark.parametrize("socket_mode", [False, True])
async def test_the_form_opens_and_its_menu_answers_while_the_api_hangs(socket_mode: bool) -> None:
    async with unlisted(socket_mode=socket_mode, call_s=2.5) as demo:
        demo.live.faults.inject(HANG, action=LIST_DOMAINS)
        anna = Filler(demo)
        outcome = await demo.slack.command(ANNA, LIVE_OPS, "/preload ask status=failed")
        assert outcome.ok, outcome.error
        async with asyncio.timeout(10):
            await demo.slack.views.after(0)
        assert anna.has_form
        assert len(demo.bot.jobs) == 1  # which looks up the domains
        typed = offered(await demo.slack.suggest(ANNA, "domain", "live.example.com"))
        assert typed == ["live.example.com"]


async def test_the_last_list_is_suggested_at_once_while_the_api_is_asked_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with unlisted(call_s=10) as demo:
        await Filler(demo).asks()
        monkeypatch.setattr("bot.queries.DOMAINS_FRESH_S", -1.0)
        demo.live.faults.inject(HANG, action=LIST_DOMAINS)
        async with asyncio.timeout(2):
            for typed in ("live", "vip", "li"):
                assert offered(await demo.slack.suggest(ANNA, "domain", typed))
        assert len(demo.bot.jobs) == 1
        await demo.bot.jobs.drain(0.01)


async def test_an_account_that_hangs_holds_up_no_other_ones_domains() -> None:
    async with accounts() as (demo, backup):
        backup.faults.inject(HANG, action=LIST_DOMAINS)
        outcome = await demo.slack.shortcut(ANNA, "form")
        assert outcome.ok, outcome.error
        await demo.slack.views.after(0)
        async with asyncio.timeout(1):
            assert SHARED in offered(await demo.slack.suggest(ANNA, "domain", "live"))
        await demo.bot.jobs.drain(0.01)


async def test_domains_that_the_api_lists_are_at_hand_when_the_menu_opens() -> None:
    async with unlisted() as demo:
        anna = Filler(demo)
        await anna.asks()
        calls = len(demo.live.arrivals)
        assert [call.action for call in demo.live.arrivals] == [LIST_DOMAINS]
        assert "live.example.com" in offered(await demo.slack.suggest(ANNA, "domain", "live"))
        assert len(demo.live.arrivals) == calls
