from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.roles import (
    ADMINS,
    EVERYONE,
    GUESTS,
    OTHERS,
    Grant,
    Person,
    Right,
    Roles,
    Scope,
    Standing,
)

LIVE, CUP = "live.example.com", "cup.example.com"
ANNA = Person("U0001", Standing.MEMBER, is_admin=True, groups=frozenset({"S0001"}))
LIWEI = Person("U0002", Standing.MEMBER)
GUS = Person("U0003", Standing.GUEST)
EVA = Person("U0004", Standing.OTHER)
GONE = Person("U0005", Standing.GONE, is_admin=True, groups=frozenset({"S0001"}))
HERE, THERE = "C0001", "C0002"
EVERYDAY = frozenset({Right.QUERY, Right.WATCH})


def grant(*to: str, may: Right = Right.WATCH, domains: frozenset[str] | None = None) -> Grant:
    return Grant(to, frozenset({may}), domains)


def rights(roles: Roles, person: Person, channel: str = HERE) -> frozenset[Right]:
    return frozenset(right for right in Right if roles.allows(person, right, channel))


@pytest.mark.parametrize(
    ("person", "may"),
    [
        (ANNA, EVERYDAY | {Right.SUBSCRIBE, Right.ADMINISTER}),
        (LIWEI, EVERYDAY),
        (GUS, frozenset()),
        (EVA, frozenset()),
        (GONE, frozenset()),
    ],
)
def test_unless_it_is_set_members_query_and_watch_and_admins_do_all(
    person: Person, may: frozenset[Right]
) -> None:
    assert rights(Roles(), person) == may


@pytest.mark.parametrize(
    ("to", "who"),
    [
        (EVERYONE, {ANNA, LIWEI}),
        (ADMINS, {ANNA}),
        (GUESTS, {GUS}),
        (OTHERS, {EVA}),
        ("U0002", {LIWEI}),
        ("U0003", {GUS}),
        ("U0004", {EVA}),
        ("S0001", {ANNA}),
        (HERE, {ANNA, LIWEI}),
        (THERE, set()),
        ("U0005", set()),
    ],
)
def test_a_grant_is_to_whom_it_names(to: str, who: set[Person]) -> None:
    roles = Roles((grant(to),))
    people = (ANNA, LIWEI, GUS, EVA, GONE)
    assert {one for one in people if roles.allows(one, Right.WATCH, HERE)} == who


def test_a_guest_is_let_in_through_a_group_of_theirs() -> None:
    gus = Person("U0003", Standing.GUEST, groups=frozenset({"S0002"}))
    assert rights(Roles((grant("S0002"),)), gus) == {Right.WATCH}


def test_what_is_granted_in_a_channel_is_so_in_no_other_place() -> None:
    roles = Roles((grant(HERE),))
    assert roles.allows(LIWEI, Right.WATCH, HERE)
    assert not roles.allows(LIWEI, Right.WATCH, THERE)
    assert not roles.allows(LIWEI, Right.WATCH, "")


def test_a_right_of_some_domains_is_of_no_others() -> None:
    roles = Roles((grant(EVERYONE, domains=frozenset({LIVE})),))
    assert roles.allows(LIWEI, Right.WATCH, HERE)
    assert roles.allows(LIWEI, Right.WATCH, HERE, LIVE)
    assert not roles.allows(LIWEI, Right.WATCH, HERE, CUP)


def test_grants_add_up() -> None:
    live = grant(EVERYONE, domains=frozenset({LIVE}))
    cup = grant("U0002", domains=frozenset({CUP}))
    roles = Roles((live, cup))
    assert roles.scope(LIWEI, Right.WATCH, HERE) == Scope(frozenset({LIVE, CUP}))
    assert roles.scope(ANNA, Right.WATCH, HERE) == Scope(frozenset({LIVE}))
    whole = Roles((live, cup, grant("U0002")))
    assert whole.scope(LIWEI, Right.WATCH, HERE).is_all
    assert "any.example.com" in whole.scope(LIWEI, Right.WATCH, HERE)


def test_the_groups_to_ask_slack_for_are_those_that_grants_name() -> None:
    assert Roles().groups == frozenset()
    assert Roles((grant("S0001", "U0001"), grant("S0002", EVERYONE))).groups == {"S0001", "S0002"}


# --- refusals ---


def test_a_refusal_names_those_who_administer_the_domain_by_their_ids() -> None:
    roles = Roles(
        (
            grant("U0001", "S0001", ADMINS, may=Right.ADMINISTER),
            grant("U0001", "C0001", EVERYONE, may=Right.ADMINISTER),
            grant("U0009", may=Right.ADMINISTER, domains=frozenset({CUP})),
        )
    )
    assert roles.refusal(LIWEI, Right.WATCH, LIVE).whom == ("U0001", "S0001", ADMINS)
    assert roles.refusal(LIWEI, Right.WATCH, CUP).whom == ("U0001", "S0001", ADMINS, "U0009")
    assert Roles((grant(EVERYONE),)).refusal(LIWEI, Right.QUERY, LIVE).whom == ()


def test_a_refusal_sends_nobody_to_themselves() -> None:
    roles = Roles((grant("U0002", "U0001", ADMINS, may=Right.ADMINISTER),))
    assert roles.refusal(LIWEI, Right.WATCH, LIVE).whom == ("U0001", ADMINS)
    assert roles.refusal(ANNA, Right.WATCH, LIVE).whom == ("U0002",)


def test_a_refusal_tells_members_where_whoever_asks_may_do_it() -> None:
    roles = Roles((grant(THERE, THERE, domains=frozenset({LIVE})), grant("C0003", may=Right.QUERY)))
    assert roles.refusal(LIWEI, Right.WATCH, LIVE).channels == (THERE,)
    assert roles.refusal(LIWEI, Right.WATCH, CUP).channels == ()
    assert roles.refusal(LIWEI, None, None).channels == (THERE, "C0003")
    assert roles.refusal(GUS, Right.WATCH, LIVE).channels == ()


# --- whatever the grants ---

NAMES = st.sampled_from([EVERYONE, ADMINS, GUESTS, OTHERS, "U0001", "U0003", "S0001", HERE, THERE])
DOMAINS = st.none() | st.frozensets(st.sampled_from([LIVE, CUP]), min_size=1)
GRANTS = st.lists(
    st.builds(
        Grant,
        st.lists(NAMES, min_size=1).map(tuple),
        st.frozensets(st.sampled_from(Right), min_size=1),
        DOMAINS,
    )
).map(tuple)
PEOPLE = st.builds(
    Person,
    st.sampled_from(["U0001", "U0002", "U0003"]),
    st.sampled_from(Standing),
    is_admin=st.booleans(),
    groups=st.frozensets(st.sampled_from(["S0001", "S0002"])),
)
OUTSIDERS = PEOPLE.filter(lambda person: person.standing is not Standing.MEMBER)
PLACES = st.sampled_from([HERE, THERE, ""])


@given(GRANTS, OUTSIDERS, PLACES)
def test_outsiders_may_nothing_that_is_not_granted_to_them_by_name(
    grants: tuple[Grant, ...], person: Person, channel: str
) -> None:
    named = {GUESTS, OTHERS, person.user_id, *person.groups}
    if not any(named.intersection(grant.to) for grant in grants):
        assert rights(Roles(grants), person, channel) == frozenset()


@given(GRANTS, PEOPLE, PLACES)
def test_who_is_gone_may_nothing(grants: tuple[Grant, ...], person: Person, channel: str) -> None:
    gone = Person(person.user_id, Standing.GONE, is_admin=True, groups=person.groups)
    assert rights(Roles(grants), gone, channel) == frozenset()


@given(GRANTS, GRANTS, PEOPLE, PLACES)
def test_one_more_grant_takes_nothing_away(
    grants: tuple[Grant, ...], more: tuple[Grant, ...], person: Person, channel: str
) -> None:
    assert rights(Roles(grants), person, channel) <= rights(Roles(grants + more), person, channel)


@given(GRANTS, PEOPLE, PLACES, st.sampled_from(Right), st.sampled_from([LIVE, CUP]))
def test_a_right_of_a_domain_is_one_of_some_domain(
    grants: tuple[Grant, ...], person: Person, channel: str, right: Right, domain: str
) -> None:
    roles = Roles(grants)
    if roles.allows(person, right, channel, domain):
        assert roles.allows(person, right, channel)
    if roles.scope(person, right, channel).is_all:
        assert roles.allows(person, right, channel, domain)
