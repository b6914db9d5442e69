"""What stands in a person's Home."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import StoreUnavailable
from bot.live.quota import Use
from bot.reader import Language, Preferences
from bot.roles import Right
from bot.sandbox.slack.limits import check
from bot.views import errors
from bot.views import home as views
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.preferences import ZONES
from bot.views.refs import FormRef, PageRef
from bot.watch.model import Followed
from tests.test_views import CHINESE, MAY_ALL, NOW, READER, Anything, may
from tests.test_views_any import subscriptions, texts, watches
from tests.test_views_boards import a_watch
from tests.test_views_told import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.reader import Reader

HOUR = timedelta(hours=1)
IDLE = Use(last_minute=0, waiting=0, per_s=10, full_per_s=10)
NOTHING = views.Facts(
    watches=(),
    subscriptions=(),
    followed=(),
    quotas={"default": IDLE},
    preferences=Preferences(),
    slack_s=READER,
    rows=10,
    rights=MAY_ALL,
)


def drawn(reader: Reader = READER, **fields: Anything) -> dict[str, Any]:
    return taken(views.home(replace(NOTHING, **fields), reader, now=NOW))


def test_where_several_processes_share_it_is_said_whose_the_quota_is() -> None:
    quotas = {"default": IDLE, "sports": replace(IDLE, is_of_all=True)}
    lines = said(drawn(quotas=quotas, is_alone=False)).splitlines()
    [ours] = [line for line in lines if "of this process alone" in line]
    assert "default" in ours
    assert "of this process" not in said(drawn(quotas=quotas))


def test_domains_that_nobody_follows_say_of_when_their_data_is() -> None:
    others = {"live.example.com": NOW, "vip.example.com": None}
    lines = said(drawn(others=others)).splitlines()
    first = lines.index("Data") + 1
    assert lines[first].startswith("live.example.com: read ")
    assert lines[first + 1] == "vip.example.com: read when somebody asks"


def test_accounts_that_have_no_room_are_counted() -> None:
    quotas = {f"account{number}": IDLE for number in range(13)}
    assert "and 3 more" in said(drawn(quotas=quotas))


def taken(view: dict[str, Any]) -> dict[str, Any]:
    """The view, each block of which Slack takes."""
    assert view["type"] == "home"
    assert 0 < len(view["blocks"]) <= 100
    for block in view["blocks"]:
        assert check({"text": "x", "blocks": [block]}) == []
    return view


def said(view: dict[str, Any]) -> str:
    """All that its headings, sections and context lines say."""
    return "\n".join(text for block in view["blocks"] for text in _texts(block))


def _texts(block: dict[str, Any]) -> Iterator[str]:
    if "text" in block:
        yield block["text"]["text"]
    if block["type"] == "context":
        yield from (element["text"] for element in block["elements"])


def controls(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [
        control
        for block in view["blocks"]
        for control in [*block.get("elements", []), block.get("accessory", {})]
    ]
    return {control["action_id"]: control for control in found if "action_id" in control}


def test_who_follows_nothing_is_told_how_to_begin() -> None:
    view = drawn()
    assert "You follow nothing yet" in said(view)
    assert "`/preload watch status=preloading until=20:00`" in said(view)
    assert "`/preload subscribe domain=live.example.com`" in said(view)
    assert controls(view)["form.open"]["value"] == FormRef().pack()


def test_a_watch_can_be_opened_and_stopped() -> None:
    watch = a_watch()
    view = drawn(watches=(watch,))
    assert "My watches" in said(view)
    assert "watched in <#C0001>" in said(view)
    assert "You follow nothing yet" not in said(view)
    ref = FollowRef.unpack(controls(view)["home.stop"]["value"])
    assert (ref.kind, ref.id) == (FollowKind.WATCH, watch.id)
    opens = PageRef.unpack(controls(view)["home.open"]["value"])
    assert opens == PageRef.to(watch.ask)
    assert replace(NOTHING, watches=(watch,)).asks == (watch.ask,)


def test_a_subscription_can_be_opened_muted_and_ended() -> None:
    view = drawn(subscriptions=(SUBSCRIPTION,))
    assert "*live.example.com, told in <#C0001>*\nfailed, complete" in said(view)
    assert {"home.open", "home.mute", "home.unsubscribe"} <= controls(view).keys()
    muted = drawn(subscriptions=(replace(SUBSCRIPTION, muted_until=NOW + HOUR),))
    assert "Muted until 20:42" in said(muted)
    assert controls(muted)["home.mute"]["options"][0]["text"]["text"] == "unmute"


def test_who_may_only_query_is_offered_that_alone() -> None:
    view = drawn(rights=may(Right.QUERY))
    assert "/preload" not in said(view)
    assert "You follow nothing yet" not in said(view)
    assert "form.open" in controls(view)
    assert "form.open" not in controls(drawn(rights=may(Right.WATCH)))


def test_who_follows_nothing_is_told_only_what_they_may_begin() -> None:
    watching = said(drawn(rights=may(Right.WATCH)))
    assert "`/preload watch status=preloading until=20:00`" in watching
    assert "/preload subscribe" not in watching


def test_what_may_be_ended_no_more_is_shown_without_the_buttons() -> None:
    mine: Anything = {"watches": (a_watch(),), "subscriptions": (SUBSCRIPTION,)}
    for rights in (may(Right.QUERY), may(*Right, domains=frozenset({"cup.example.com"}))):
        view = drawn(**mine, rights=rights)
        assert "watched in <#C0001>" in said(view)
        assert "told in <#C0001>" in said(view)
        assert not {"home.stop", "home.mute", "home.unsubscribe"} & controls(view).keys()
    assert "home.stop" in controls(drawn(**mine, rights=may(Right.WATCH)))
    assert "home.mute" in controls(drawn(**mine, rights=may(Right.SUBSCRIBE)))


def test_more_than_the_home_takes_is_counted() -> None:
    many = tuple(replace(a_watch(), id=f"w{number}") for number in range(60))
    told = tuple(replace(SUBSCRIPTION, id=f"s{number}") for number in range(60))
    view = drawn(watches=many, subscriptions=told)
    assert said(view).count("watched in") == 18
    assert said(view).count("told in") == 17
    assert "42 more: `/preload list all`" in said(view)
    assert "43 more: `/preload list all`" in said(view)
    assert "home.rows" in controls(view)


def test_the_age_of_each_domain_s_data_is_told_failing_ones_first() -> None:
    read = Followed("default", "live.example.com", read_at=NOW - timedelta(seconds=12))
    failing = Followed(
        "other", "cup.example.com", read_at=NOW, failing_since=NOW - HOUR, failure="Throttling.User"
    )
    new = Followed("default", "new.example.com")
    lines = said(drawn(followed=(read, new, failing))).splitlines()
    first = lines.index("Data") + 1
    assert lines[first : first + 3] == [
        "⚠️ cup.example.com (other): not read since 18:42: Throttling.User",
        "live.example.com: read 19:41:58 (UTC+8)",
        "⏳ new.example.com: being read for the first time …",
    ]


def test_the_quota_of_each_account_is_told_as_it_is_now() -> None:
    busy = Use(last_minute=423, waiting=3, per_s=7, full_per_s=10)
    view = drawn(quotas={"default": IDLE, "sports": busy})
    assert "default: 0 calls in the last minute, 0 waiting, at most 10 a second" in said(view)
    assert (
        "⚠️ sports: 423 calls in the last minute, 3 waiting, at most 7 a second · "
        "slowed down, as the API throttled; usually 10"
    ) in said(view)


def chosen(view: dict[str, Any], action_id: str) -> tuple[str, str]:
    initial = controls(view)[action_id]["initial_option"]
    return initial["value"], initial["text"]["text"]


def test_settings_are_as_in_slack_until_they_are_chosen() -> None:
    view = drawn()
    assert chosen(view, "home.language") == ("slack", "as in Slack: English")
    assert chosen(view, "home.zone") == ("slack", "as in Slack: Asia/Shanghai (UTC+8)")
    assert chosen(view, "home.rows") == ("slack", "as set up: 10")


def test_what_was_chosen_stands_there_and_what_slack_says_can_be_had_back() -> None:
    preferences = Preferences(Language.CHINESE, ZoneInfo("Asia/Kathmandu"), 20)
    reader = preferences.over(READER)
    view = drawn(reader, preferences=preferences)
    assert chosen(view, "home.language") == ("zh", "中文")
    assert chosen(view, "home.zone") == ("Asia/Kathmandu", "Asia/Kathmandu (UTC+5:45)")
    assert chosen(view, "home.rows") == ("20", "20")
    first = controls(view)["home.zone"]["options"][0]
    assert first["text"]["text"] == "同 Slack：Asia/Shanghai (UTC+8)"


def test_every_offered_zone_is_one() -> None:
    assert [ZoneInfo(name).key for name in ZONES] == list(dict.fromkeys(ZONES))


@pytest.mark.parametrize("reader", [READER, CHINESE])
def test_a_home_that_cannot_be_read_says_why_and_can_be_tried_again(reader: Reader) -> None:
    message = errors.message(StoreUnavailable("locked"), reader)
    view = taken(views.refused(message, reader))
    assert message.text.split(".")[0].split("。")[0] in said(view)
    assert set(controls(view)) == {"home.refresh"}


some_facts = st.builds(
    views.Facts,
    watches=st.lists(watches, max_size=40).map(tuple),
    subscriptions=st.lists(subscriptions, max_size=40).map(tuple),
    followed=st.lists(
        st.builds(Followed, texts, texts, failure=texts, failing_since=st.none() | st.just(NOW)),
        max_size=40,
    ).map(tuple),
    quotas=st.dictionaries(texts, st.just(IDLE), max_size=12),
    preferences=st.just(Preferences()),
    slack_s=st.sampled_from([READER, CHINESE]),
    rows=st.integers(5, 30),
    rights=st.sampled_from([MAY_ALL, may(Right.QUERY), may()]),
)


@settings(max_examples=40, deadline=timedelta(seconds=3))
@given(some_facts, st.sampled_from([READER, CHINESE]))
def test_whatever_is_followed_slack_takes_the_home(facts: views.Facts, reader: Reader) -> None:
    view = taken(views.home(facts, reader, now=NOW))
    assert "home.rows" in controls(view)
