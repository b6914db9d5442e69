"""Whom and what the grants name, as `preload-bot doctor` finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.sandbox.live import Refuse
from bot.sandbox.slack import Fault
from bot.sandbox.slack.workspace import GROUPS
from tests.test_doctor import NOBODY_THERE, _logging_as_before, patient

if TYPE_CHECKING:
    from pathlib import Path

    from bot.doctor import Finding
    from tests.test_doctor import Patient

__all__ = ["_logging_as_before", "patient"]

ADMINS = '[[grants]]\nto = ["admins"]\nmay = ["query", "administer"]\n'


async def roles(patient: Patient, tmp_path: Path, grants: str) -> list[Finding]:
    """What is found of roles where the settings grant this."""
    (tmp_path / "preload-bot.toml").write_text(grants)
    return [one for one in await patient.examined() if one.check == "roles"]


def granted(*to: str, may: str = "query", domains: str = "") -> str:
    named = ", ".join(f'"{one}"' for one in to)
    of = f'domains = ["{domains}"]\n' if domains else ""
    return f'[[grants]]\nto = [{named}]\nmay = ["{may}"]\n{of}'


async def test_whom_and_what_is_there_gets_a_line(patient: Patient, tmp_path: Path) -> None:
    grants = ADMINS + granted("S0001", "U0001", "C0001", domains="vip.example.com")
    [finding] = await roles(patient, tmp_path, grants)
    assert (finding.ok, finding.fix) == (True, "")
    assert finding.detail == "all that 2 grants name is there"


@pytest.mark.parametrize(
    ("name", "said", "advice"),
    [
        ("S0NOSUCH", "Slack has no such user group", "Copy group ID"),
        ("U0NOSUCH", "Slack has no such person", "Copy member ID"),
        ("C0NOSUCH", "Slack shows the bot no such channel", "invite the bot"),
        ("U0BOT", "deactivated, or a bot", "take it out"),
    ],
)
async def test_who_is_not_there_is_named_with_what_was_granted(
    patient: Patient, tmp_path: Path, name: str, said: str, advice: str
) -> None:
    [finding] = await roles(patient, tmp_path, ADMINS + granted(name, may="subscribe"))
    assert (finding.ok, finding.detail) == (False, f"{name} (subscribe): {said}")
    assert "[[grants]]" in finding.fix
    assert advice in finding.fix


async def test_a_group_with_nobody_in_it_and_a_channel_where_nobody_can_type_let_nobody(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GROUPS, "S0002", ("night", ()))
    patient.slack.faults.archived.add("C0001")
    group, channel, query, _ = await roles(patient, tmp_path, granted("S0002", "C0001"))
    assert group.detail == "S0002 (query): nobody is in it, or it is disabled"
    assert channel.detail == "C0001 (query): it is archived"
    assert query.detail == "nobody may query: every question is refused"
    assert [one.ok for one in (group, channel, query)] == [False] * 3


async def test_a_domain_that_no_account_has_is_named(patient: Patient, tmp_path: Path) -> None:
    grants = ADMINS + granted("everyone", domains="nosuch.example.com")
    [finding] = await roles(patient, tmp_path, grants)
    assert (finding.ok, finding.detail) == (False, "nosuch.example.com (query): no account has it")
    assert "[[grants]]" in finding.fix


async def test_a_domain_is_not_judged_where_an_account_does_not_list_its_own(
    patient: Patient, tmp_path: Path
) -> None:
    patient.live.faults.inject(Refuse("Forbidden.RAM", 403))
    grants = ADMINS + granted("everyone", domains="nosuch.example.com")
    [finding] = await roles(patient, tmp_path, grants)
    assert finding.ok
    assert finding.detail.startswith("domains not looked at: account default: Forbidden.RAM")


async def test_grants_that_let_nobody_administer_are_pointed_out(
    patient: Patient, tmp_path: Path
) -> None:
    everyone, finding = await roles(patient, tmp_path, granted("everyone"))
    assert everyone.ok
    assert (finding.ok, finding.detail) == (
        True,
        "nobody may administer: change a channel's default domain, read the record in Slack",
    )
    assert "replace the defaults" in finding.fix


async def test_a_right_for_those_alone_who_are_not_there_is_nobody_s(
    patient: Patient, tmp_path: Path
) -> None:
    grants = granted("S0NOSUCH") + granted("everyone", domains="nosuch.example.com")
    found = await roles(patient, tmp_path, grants + granted("admins", may="administer"))
    assert [one.detail.partition(":")[0] for one in found] == [
        "S0NOSUCH (query)",
        "nosuch.example.com (query)",
        "nobody may query",
    ]


async def test_what_slack_does_not_tell_is_no_failure(patient: Patient, tmp_path: Path) -> None:
    patient.slack.faults.add(Fault(method="usergroups.users.list", error="missing_scope"))
    patient.slack.faults.add(Fault(method="users.info", status=503))
    found = await roles(patient, tmp_path, granted("S0NOSUCH", "U0NOSUCH") + ADMINS)
    assert [(one.ok, one.detail) for one in found] == [
        (True, "user groups not looked at: missing_scope"),
        (True, "people not looked at: http_503"),
    ]


async def test_only_so_many_are_looked_at(patient: Patient, tmp_path: Path) -> None:
    people = [f"U{number:04}" for number in range(100, 125)]
    *found, rest = await roles(patient, tmp_path, ADMINS + granted(*people))
    assert len(found) == 20
    assert (rest.ok, rest.detail) == (True, "5 people more were not looked at")


async def test_without_grants_the_defaults_need_no_look(patient: Patient, tmp_path: Path) -> None:
    assert await roles(patient, tmp_path, "") == []


async def test_a_slack_out_of_reach_leaves_roles_unknown(patient: Patient, tmp_path: Path) -> None:
    patient.env["SLACK_API_URL"] = NOBODY_THERE
    [finding] = await roles(patient, tmp_path, ADMINS + granted("S0001"))
    assert (finding.ok, finding.detail) == (
        True,
        "user groups not looked at: ClientConnectorError",
    )
