"""`preload-bot demo --run … --click …`: what a person is shown at each step, as text or as JSON."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.demo import Step, play


def typed(text: str) -> Step:
    return Step(is_click=False, text=text)


def clicked(control: str) -> Step:
    return Step(is_click=True, text=control)


async def played(*steps: Step, as_json: bool = False, language: str = "en") -> tuple[bool, str]:
    """Whether something came of every step, and what was printed."""
    out = StringIO()
    went_well = await play(steps, speed=1.0, seed=1, language=language, as_json=as_json, out=out)
    return went_well, out.getvalue()


async def documents(*steps: Step) -> list[dict[str, Any]]:
    went_well, out = await played(*steps, as_json=True)
    assert went_well
    return [json.loads(line) for line in out.splitlines()]


async def test_a_command_that_opens_a_form_prints_the_form_as_it_is_filled_in() -> None:
    went_well, out = await played(typed("/preload ask status=failed"))
    lines = out.splitlines()
    assert went_well
    assert lines[:2] == ["> /preload ask status=failed", "Preload tasks"]
    assert {"Status: failed", "Rows a page: 10", "Where to answer: #live-ops"} <= set(lines)
    assert lines[-2:] == ["[Ask] [Cancel]", ""]


async def test_a_button_that_opens_a_form_prints_the_form_and_not_its_message_again() -> None:
    went_well, out = await played(typed("/preload dmain=x"), clicked("form.open"))
    message, form = out.split("> form.open\n")
    assert went_well
    assert message.endswith("[Open the form]\n\n")
    assert form.startswith("Preload tasks\n")
    assert "Open the form" not in form


async def test_a_form_is_not_printed_again_with_the_next_answer() -> None:
    went_well, out = await played(typed("/preload ask"), typed("/preload help"))
    _, answer = out.split("> /preload help\n")
    assert went_well
    assert "(only visible to you)" in answer
    assert "[Ask] [Cancel]" not in answer


async def test_an_export_prints_the_file_that_came_and_what_was_said_of_it() -> None:
    went_well, out = await played(typed("/preload export status=failed"))
    sent, _, said = out.partition("(only visible to you)\n")
    assert went_well
    assert re.search(r"📎 preload_live\.example\.com_failed_\S+ \([\d,]+ bytes\)\n  .*Status", sent)
    assert "13 tasks exported" in said


async def test_a_menu_in_a_message_is_taken_by_the_name_of_its_option() -> None:
    went_well, out = await played(
        typed("/preload status=failed"), clicked("page.status=all"), clicked("page.next")
    )
    assert went_well
    assert "tasks 11–20 of 140" in out


async def test_as_json_a_form_is_what_slack_got_of_it() -> None:
    (form,) = await documents(typed("/preload ask status=failed"))
    assert (form["type"], form["callback_id"]) == ("modal", "form")
    status = next(one for one in form["blocks"] if one["block_id"] == "status")
    assert status["element"]["initial_option"]["value"] == "failed"


async def test_as_json_a_file_stands_in_its_message() -> None:
    sent, said = await documents(typed("/preload export status=failed"))
    (file,) = sent["files"]
    assert file["mimetype"] == "text/csv"
    assert file["name"] in said["text"]
    assert "files" not in said


@pytest.mark.parametrize(
    ("control", "why"),
    [
        ("page.next", "neither a form nor a message has page.next"),
        ("status=complete", "no status; there are: no controls"),
    ],
)
async def test_a_step_that_cannot_be_taken_ends_the_play(control: str, why: str) -> None:
    went_well, out = await played(typed("/preload ask"), clicked(control), typed("/preload help"))
    assert not went_well
    assert out.endswith(f"\n{control}: {why}\n")


async def test_channels_and_people_are_printed_by_their_names() -> None:
    _, out = await played(typed("/preload subscribe live.example.com"), typed("/preload list"))
    assert "*#live-ops is told of live.example.com" in out
    assert "@anna" in out
    assert "C0001" not in out
    assert "U0001" not in out


async def test_the_dates_of_a_shared_answer_are_printed_in_the_readers_language() -> None:
    _, out = await played(typed("/preload public size=5"), language="zh")
    assert re.search(r"创建于 \d+月\d+日 \d\d:\d\d – \d+月\d+日 \d\d:\d\d", out)


@pytest.mark.parametrize(
    "arguments",
    [
        ["simulate", "--port", "99999"],
        ["simulate", "--port", "0", "--tasks", "-5"],
        ["simulate", "--port", "0", "--qps", "0"],
        ["demo", "--port", "-1"],
        ["demo", "--speed", "0"],
        ["demo", "--speed", "-1"],
        ["demo", "--speed", "inf"],
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(arguments: list[str]) -> None:
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2
    assert "is not in the range" in refused.output
