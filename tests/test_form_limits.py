"""Whatever was typed, Slack takes the form that it is filled in with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.errors import ArgumentRefused, UsageError
from bot.live.model import StatusFilter
from bot.sandbox.slack.view_limits import check_options, check_view
from bot.views import errors as error_views
from bot.views import form as views
from bot.views import notices
from bot.views.form import Field, Filled
from bot.views.inputs import choices
from bot.views.refs import FormRef
from bot.views.usage import SENTENCES
from handlers import fields
from handlers.drafting import drafted
from handlers.fields import filled
from handlers.form import completed
from tests.test_grammar_properties import FRAGMENTS
from tests.test_views_any import accepted as message_accepted
from tests.test_views_any import asks, moments, readers, texts

if TYPE_CHECKING:
    from bot.asks import Ask
    from bot.reader import Reader

NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
LONG = ["rtmp://live.example.com/a/" + "x" * length for length in (60, 1_900, 3_500)]
THERE: dict[str, Any] = {
    "now": NOW,
    "zone": ZoneInfo("Asia/Shanghai"),
    "domains": ("live.example.com",),
    "accounts": ("default", "main"),
}
commands = (
    st.text()
    | st.lists(st.sampled_from([*FRAGMENTS, *LONG, " "]), max_size=30).map("".join)
    | st.lists(st.sampled_from(LONG), max_size=120).map(" ".join)
)
errors = st.builds(
    UsageError,
    st.sampled_from(sorted(SENTENCES)),
    values=st.dictionaries(st.sampled_from(["given", "first", "second"]), texts),
    suggestion=st.none() | texts,
)
fillings = st.builds(
    Filled,
    st.integers(5, 30),
    domain=texts,
    status=st.none() | st.sampled_from(StatusFilter),
    urls=texts | st.lists(st.sampled_from(LONG), max_size=200).map("\n".join),
    task=texts,
    since=st.none() | moments,
    until=st.none() | moments,
    account=texts,
    is_public=st.booleans(),
    left_out=texts,
    is_unsigned=st.booleans(),
    wrong=st.dictionaries(st.sampled_from(Field), errors, max_size=4),
)
accounts = st.just(("default", "main")) | st.lists(st.from_regex(r"[\w-]{1,64}"), max_size=120)


def accepted(view: dict[str, Any]) -> None:
    """What both judges of payloads take."""
    assert check_view(view) == []
    View(**view).to_dict()


@given(commands, readers)
def test_any_text_fills_in_a_form_that_slack_takes(text: str, reader: Reader) -> None:
    typed = drafted(f"ask {text}", **THERE)
    assert typed is not None
    found = fields.read(typed, **THERE)
    accepted(views.form(filled(typed, found, now=NOW, rows=10), reader, accounts=THERE["accounts"]))


@given(fillings, readers, accounts)
def test_whatever_a_form_is_filled_in_with_slack_takes_it(
    filling: Filled, reader: Reader, names: list[str]
) -> None:
    accepted(views.form(filling, reader, accounts=list(dict.fromkeys(names))))


@given(errors, st.none() | asks, readers)
def test_a_message_that_offers_the_form_is_one_that_slack_takes(
    error: UsageError, ask: Ask | None, reader: Reader
) -> None:
    form = FormRef("0123456789abcdef")
    unknown = ArgumentRefused("InvalidDomain.NotFound", argument="DomainName")
    drawn = [
        (error_views.message(error, reader, form=form), True),
        (error_views.message(unknown, reader, ask=ask), ask is not None),
        (notices.form_not_opened(form, reader), True),
    ]
    for message, offers_it in drawn:
        message_accepted(message)
        assert ("form.open" in str(message.blocks)) is offers_it


@given(st.text(), st.lists(texts, max_size=150))
def test_whatever_is_typed_into_a_menu_its_options_are_few_and_fit(
    typed: str, known: list[str]
) -> None:
    options = choices(completed(typed, known))
    assert check_options({"options": options}) == []
    assert len(options) <= 100
    assert len({option["value"] for option in options}) == len(options)
