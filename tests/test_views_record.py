"""Refusals and the record, as they are read in Slack."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.record import Deed, Entry, Outcome
from bot.roles import ADMINS, NotAllowed, Right, Standing, Unchecked
from bot.views.record import latest
from bot.views.roles import refused
from tests.test_views import CHINESE, NOW, READER, mrkdwn
from tests.test_views_any import accepted

DOMAIN = "live.example.com"
SIGNED = "rtmp://live.example.com/a/b?auth_key=5ecre7"


def denied(**more: Any) -> NotAllowed:  # noqa: ANN401 - an error's fields
    fields: dict[str, Any] = {"whom": (ADMINS,), **more}
    right, domain = fields.pop("right", Right.WATCH), fields.pop("domain", DOMAIN)
    return NotAllowed(right, domain, fields.pop("standing", Standing.MEMBER), **fields)


def entry(**more: Any) -> Entry:  # noqa: ANN401 - an entry's fields
    plain = Entry(1, NOW, "T1", "C0001", "U0001", Deed.SUBSCRIBE, outcome=Outcome.DONE)
    return replace(plain, about={"domain": DOMAIN, "status": "failed"}, **more)


# --- refusals ---


def test_a_refusal_says_what_they_may_not_whom_to_ask_and_where_it_is_granted() -> None:
    said = refused(denied(whom=("U0001", "S0001", ADMINS)), READER)
    assert said.text.startswith(f"You may not watch {DOMAIN}. ")
    assert "Ask <@U0001>, <!subteam^S0001> to see to it." in mrkdwn(said)
    assert "`[[grants]]` in `preload-bot.toml`" in mrkdwn(said)


def test_where_no_administrator_is_known_by_name_the_admins_of_the_workspace_are() -> None:
    assert "Ask an admin of this workspace to see to it." in refused(denied(), READER).text


def test_where_nobody_administers_only_the_setting_is_named() -> None:
    said = refused(denied(whom=()), READER)
    assert "Ask" not in said.text
    assert "`[[grants]]`" in said.text


def test_a_refusal_names_the_channels_where_it_is_allowed() -> None:
    said = refused(denied(channels=("C0001", "C0002")), READER)
    assert "Whoever asks in <#C0001>, <#C0002> may." in said.text


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (Standing.GUEST, "Guests may do only what is granted to them expressly."),
        (Standing.OTHER, "People of other workspaces may do only"),
    ],
)
def test_guests_and_people_from_elsewhere_are_told_why(standing: Standing, why: str) -> None:
    said = refused(denied(right=None, domain=None, standing=standing), READER)
    assert said.text.startswith(f"You may not use the bot. {why}")


def test_each_right_has_its_sentence_in_both_languages() -> None:
    rights = [*Right]
    in_english = {refused(denied(right=one), READER).text for one in rights}
    in_chinese = {refused(denied(right=one), CHINESE).text for one in rights}
    of_any = {refused(denied(right=one, domain=None), READER).text for one in [None, *rights]}
    assert len(in_english) == len(in_chinese) == 4
    assert len(of_any) == 5
    assert all(text.startswith("您无权") for text in in_chinese)


def test_who_cannot_be_checked_is_told_to_try_again() -> None:
    assert "whether you are in <!subteam^S1>: what" in refused(Unchecked(("S1",)), READER).text
    said = refused(Unchecked(), READER).text
    assert "Slack does not say who you are" in said
    assert "Try again" in said


def test_nothing_in_a_refusal_calls_the_channel() -> None:
    said = refused(denied(domain="<!channel>.com", whom=("U1>", "S1>", "<!here>")), READER)
    assert "<!channel>" not in mrkdwn(said)
    assert "<!here>" not in mrkdwn(said)


# --- the record ---


def test_an_entry_is_a_line_of_when_who_what_where_and_what_came_of_it() -> None:
    said = mrkdwn(latest([entry()], READER, now=NOW))
    assert f"<@U0001> · *Subscribe* · {DOMAIN} · <#C0001> · `status=failed` · done" in said
    assert "19:42:10 · " in said
    assert "times are UTC+8" in said
    assert "`/preload audit json`" in said


def test_the_channel_that_was_meant_is_shown_in_place_of_where_it_was_asked() -> None:
    meant = replace(entry(), about={"channel": "C0002"})
    said = mrkdwn(latest([meant, entry(channel_id="D0001")], READER, now=NOW))
    assert "<#C0002>" in said
    assert "<#C0001>" not in said
    assert "a direct conversation" in said


def test_what_names_nothing_to_a_person_is_left_to_the_file() -> None:
    about = {"id": "87792de62eba", "account": "default", "status": "failed"}
    assert "`status=failed`" in mrkdwn(latest([replace(entry(), about=about)], READER, now=NOW))
    other = replace(entry(), about={"account": "second"})
    assert "`account=second`" in mrkdwn(latest([other], READER, now=NOW))


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome.BEGUN, "outcome unknown"),
        (Outcome.DONE, "done"),
        (Outcome.REFUSED, "refused"),
        (Outcome.FAILED, "came to nothing"),
    ],
)
def test_what_came_of_it_is_told_apart(outcome: Outcome, word: str) -> None:
    assert word in mrkdwn(latest([entry(outcome=outcome)], READER, now=NOW))


def test_each_deed_has_its_word_in_both_languages() -> None:
    entries = [entry(deed=deed) for deed in Deed]
    for reader in (READER, CHINESE):
        words = {mrkdwn(latest([one], reader, now=NOW)) for one in entries}
        assert len(words) == len(Deed)


def test_an_empty_record_says_so() -> None:
    assert latest([], READER, now=NOW).text == "Nothing stands in the record yet"
    assert latest([], CHINESE, now=NOW).text == "尚无记录"


def test_an_entry_of_another_day_has_its_date() -> None:
    assert "21 Nov" in mrkdwn(latest([entry(at=NOW - timedelta(days=1))], READER, now=NOW))


def test_more_entries_than_a_message_takes_are_counted() -> None:
    long = replace(entry(), about={"what": "x" * 190})
    said = latest([long] * 50, READER, now=NOW)
    accepted(said)
    assert "older ones have no room here" in mrkdwn(said)


TEXTS = st.text(max_size=400)
ODD = TEXTS.filter(lambda text: bool(text) and not text.isalnum())
IDS = st.just("U0001") | ODD


@given(
    st.lists(
        st.builds(
            Entry,
            st.integers(0),
            st.just(NOW),
            TEXTS,
            st.just("") | IDS,
            IDS,
            st.sampled_from(Deed),
            st.dictionaries(TEXTS, TEXTS, max_size=4),
            st.sampled_from(Outcome),
        ),
        max_size=50,
    ),
    st.sampled_from([READER, CHINESE]),
)
def test_any_record_makes_a_message_that_slack_takes(entries: list[Entry], reader: Any) -> None:  # noqa: ANN401 - either reader
    accepted(latest(entries, reader, now=NOW))


@given(
    st.none() | st.sampled_from(Right),
    st.none() | TEXTS,
    st.sampled_from(Standing),
    st.lists(IDS).map(tuple),
    st.lists(ODD).map(tuple),
)
def test_any_refusal_makes_a_message_that_slack_takes(
    right: Right | None,
    domain: str | None,
    standing: Standing,
    whom: tuple[str, ...],
    channels: tuple[str, ...],
) -> None:
    accepted(refused(NotAllowed(right, domain, standing, whom, channels), CHINESE))


def test_no_signature_is_shown() -> None:
    signed = replace(entry(), about={"what": f"url={SIGNED}"})
    assert "5ecre7" not in str(latest([signed], READER, now=NOW))


def test_a_line_of_json_has_all_of_an_entry() -> None:
    assert json.loads(entry().to_json()) == {
        "id": 1,
        "at": NOW.isoformat().replace("+00:00", "Z"),
        "team_id": "T1",
        "channel_id": "C0001",
        "user_id": "U0001",
        "deed": "subscribe",
        "about": {"domain": DOMAIN, "status": "failed"},
        "outcome": "done",
    }
    assert "\n" not in entry(user_id="U\n").to_json()
