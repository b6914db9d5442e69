from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.live.signature import Keyring, Received, string_to_sign
from tests.live_caller import standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.live_caller import Caller

EXAMPLE = Received(
    method="POST",
    path="/",
    query="ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
    headers={
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
        "authorization": (
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
            "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
            "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        ),
    },
)
EXAMPLE_AT = datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC)


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with standing(qps=1000) as caller:
        yield caller


def test_the_vendors_worked_example_is_accepted() -> None:
    keys = Keyring(secrets={"YourAccessKeyId": "YourAccessKeySecret"})
    assert keys.check(EXAMPLE, at=EXAMPLE_AT) == "YourAccessKeyId"


def test_the_canonical_request_of_the_worked_example_has_the_published_hash() -> None:
    signed = sorted(EXAMPLE.headers.keys() - {"authorization"})
    published = "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    assert string_to_sign(EXAMPLE, signed) == f"ACS3-HMAC-SHA256\n{published}"


def test_a_plus_in_the_query_is_a_space() -> None:
    spaced = replace(EXAMPLE, query="PlayUrl=a+b%2Bc")
    assert spaced.parameters() == {"PlayUrl": "a b+c"}
    signed = ["host", "x-acs-date"]
    assert string_to_sign(spaced, signed) == string_to_sign(
        replace(spaced, query="PlayUrl=a%20b%2Bc"), signed
    )


def test_a_nonce_is_forgotten_only_when_its_date_would_be_refused() -> None:
    keys = Keyring(secrets={"YourAccessKeyId": "YourAccessKeySecret"})
    keys.nonces = {"long ago": EXAMPLE_AT - timedelta(minutes=31), "lately": EXAMPLE_AT}
    keys.check(EXAMPLE, at=EXAMPLE_AT)
    assert keys.nonces.keys() == {"lately", EXAMPLE.headers["x-acs-signature-nonce"]}


def test_no_secret_is_in_a_repr() -> None:
    assert "testsecret" not in repr(Keyring())
    assert "testtoken" not in repr(Keyring())


async def test_a_signed_call_is_answered(call: Caller) -> None:
    answer = await call(DomainName="live.example.com", PlayUrl="http://h/a b+c~*'(é?x=1&y=2")
    assert (answer.status, answer.json["TotalNum"]) == (200, 0)


async def test_another_secret_does_not_match(call: Caller) -> None:
    call.key = ("testid", "guessed")
    answer = await call(DomainName="live.example.com")
    assert answer.code == "SignatureDoesNotMatch"
    assert "StringToSign" in answer.json["Message"]


@pytest.mark.parametrize(
    "forged",
    [
        {"x-acs-action": "DescribeLiveUserDomains"},
        {"x-acs-signature-nonce": "another"},
        {"x-acs-content-sha256": "0" * 64},
    ],
)
async def test_what_was_changed_after_signing_does_not_match(
    call: Caller, forged: dict[str, str]
) -> None:
    call.forged = forged
    assert (await call(DomainName="live.example.com")).code == "SignatureDoesNotMatch"


async def test_the_body_must_have_the_hash_that_was_signed(call: Caller) -> None:
    call.body = b"a=1"
    call.changed = {"x-acs-content-sha256": "0" * 64, "content-type": "text/plain"}
    answer = await call(DomainName="live.example.com")
    assert answer.code == "SignatureDoesNotMatch"
    assert "body" in answer.json["Message"]


async def test_the_type_of_a_body_must_be_signed(call: Caller) -> None:
    call.body = b"a=1"
    assert (await call(DomainName="live.example.com")).code == "IncompleteSignature"
    call.changed = {"content-type": "text/plain"}
    assert (await call(DomainName="live.example.com")).status == 200


@pytest.mark.parametrize(
    "name",
    [
        "host",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
    ],
)
async def test_each_header_of_the_minimum_must_be_signed(call: Caller, name: str) -> None:
    call.unsigned = frozenset({name})
    answer = await call(DomainName="live.example.com")
    assert answer.code == "IncompleteSignature"
    assert name in answer.json["Message"]


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer abc", "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host,Signature=short"],
)
async def test_a_missing_or_malformed_authorization_is_incomplete(
    call: Caller, authorization: str
) -> None:
    call.forged = {"authorization": authorization}
    assert (await call(DomainName="live.example.com")).code == "IncompleteSignature"


async def test_a_signed_header_that_was_not_sent_is_named(call: Caller) -> None:
    headers = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-ghost;"
    headers += "x-acs-signature-nonce;x-acs-version"
    call.forged = {
        "authorization": f"ACS3-HMAC-SHA256 Credential=testid,SignedHeaders={headers},"
        f"Signature={'0' * 64}"
    }
    answer = await call(DomainName="live.example.com")
    assert answer.code == "IncompleteSignature"
    assert "x-acs-ghost" in answer.json["Message"]


async def test_an_unknown_key_is_not_found(call: Caller) -> None:
    call.key = ("nobody", "testsecret")
    answer = await call(DomainName="live.example.com")
    assert (answer.status, answer.code) == (404, "InvalidAccessKeyId.NotFound")


async def test_a_key_that_is_switched_off_is_inactive(call: Caller) -> None:
    call.live.keys.inactive.add("testid")
    assert (await call(DomainName="live.example.com")).code == "InvalidAccessKeyId.Inactive"


@pytest.mark.parametrize(("minutes", "code"), [(14, ""), (16, "InvalidTimeStamp.Expired")])
@pytest.mark.parametrize("sign", [1, -1])
async def test_a_date_may_be_15_minutes_off(
    call: Caller, minutes: int, code: str, sign: int
) -> None:
    date = call.clock.now() + timedelta(minutes=sign * minutes)
    call.changed = {"x-acs-date": date.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert (await call(DomainName="live.example.com")).code == code


async def test_a_date_in_another_form_is_refused(call: Caller) -> None:
    call.changed = {"x-acs-date": "2026-11-22 19:42:00"}
    assert (await call(DomainName="live.example.com")).code == "InvalidTimeStamp.Format"


async def test_a_nonce_is_good_for_one_call(call: Caller) -> None:
    call.changed = {"x-acs-signature-nonce": "once"}
    assert (await call(DomainName="live.example.com")).status == 200
    assert (await call(DomainName="live.example.com")).code == "SignatureNonceUsed"


async def test_a_forged_call_does_not_use_up_its_nonce(call: Caller) -> None:
    call.changed = {"x-acs-signature-nonce": "mine"}
    call.key = ("testid", "guessed")
    await call(DomainName="live.example.com")
    call.key = ("testid", "testsecret")
    assert (await call(DomainName="live.example.com")).status == 200


async def test_a_temporary_key_needs_its_token_until_that_expires(call: Caller) -> None:
    call.key = ("testsid", "testssecret")
    assert (await call(DomainName="live.example.com")).code == "MissingSecurityToken"
    call.token = "another"
    answer = await call(DomainName="live.example.com")
    assert answer.code == "InvalidSecurityToken.MismatchWithAccessKey"
    call.token = "testtoken"
    assert (await call(DomainName="live.example.com")).status == 200
    call.live.keys.expired.add("testsid")
    assert (await call(DomainName="live.example.com")).code == "InvalidSecurityToken.Expired"


@pytest.mark.parametrize("name", ["x-acs-security-token", "x-acs-accesskey-id"])
async def test_a_token_and_its_key_must_be_signed(call: Caller, name: str) -> None:
    call.key, call.token = ("testsid", "testssecret"), "testtoken"
    call.unsigned = frozenset({name})
    assert (await call(DomainName="live.example.com")).code == "IncompleteSignature"


async def test_a_token_goes_with_the_id_of_its_own_key(call: Caller) -> None:
    call.key, call.token = ("testsid", "testssecret"), "testtoken"
    call.changed = {"x-acs-accesskey-id": "testid"}
    assert (await call(DomainName="live.example.com")).code == "IncompleteSignature"
    call.key, call.changed = ("testid", "testsecret"), {}
    answer = await call(DomainName="live.example.com")
    assert answer.code == "InvalidSecurityToken.MismatchWithAccessKey"
