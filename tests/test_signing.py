from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bot.live.credentials import Credentials
from bot.live.signing import Request, canonical_query, nonces, signed
from bot.sandbox.live.signature import Received, sign, string_to_sign

EXAMPLE_KEYS = Credentials("YourAccessKeyId", "YourAccessKeySecret")
EXAMPLE_DATE = datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC)
EXAMPLE = Request(
    host="ecs.cn-shanghai.aliyuncs.com",
    action="RunInstances",
    version="2014-05-26",
    query=canonical_query(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    ),
)


def test_the_example_that_the_vendor_published_comes_out_the_same() -> None:
    headers = signed(
        EXAMPLE, credentials=EXAMPLE_KEYS, nonce="3156853299f313e23d1673dc12e1703d", at=EXAMPLE_DATE
    )
    assert headers["authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
    assert headers["x-acs-date"] == "2023-10-26T10:22:32Z"


def test_a_security_token_is_sent_and_signed() -> None:
    keys = Credentials("id", "secret", "token")
    headers = signed(EXAMPLE, credentials=keys, nonce="n", at=EXAMPLE_DATE)
    assert headers["x-acs-security-token"] == "token"
    assert headers["x-acs-accesskey-id"] == "id"
    assert "x-acs-accesskey-id" in headers["authorization"]
    assert "x-acs-security-token" in headers["authorization"]


def test_a_content_type_is_sent_and_signed_where_there_is_one() -> None:
    typed = structs.replace(EXAMPLE, content_type="text/plain")
    headers = signed(typed, credentials=EXAMPLE_KEYS, nonce="n", at=EXAMPLE_DATE)
    assert headers["content-type"] == "text/plain"
    assert "SignedHeaders=content-type;host;" in headers["authorization"]
    plain = signed(EXAMPLE, credentials=EXAMPLE_KEYS, nonce="n", at=EXAMPLE_DATE)
    assert "content-type" not in plain


def test_no_nonce_is_made_twice() -> None:
    one, other = nonces(), nonces()
    made = [make() for make in (one, other) for _ in range(1000)]
    assert len(set(made)) == len(made)
    assert {len(nonce) for nonce in made} == {32}


def test_only_unreserved_characters_stay_as_they_are() -> None:
    assert canonical_query({"b": "a-_.~ +*/", "a": "中"}) == "a=%E4%B8%AD&b=a-_.~%20%2B%2A%2F"


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1)))
def test_a_server_reads_the_query_as_it_was_meant(parameters: dict[str, str]) -> None:
    assert (
        dict(parse_qsl(canonical_query(parameters), strict_parsing=bool(parameters))) == parameters
    )


def test_a_date_is_sent_in_whole_seconds() -> None:
    at = EXAMPLE_DATE.replace(microsecond=999_999)
    headers = signed(EXAMPLE, credentials=EXAMPLE_KEYS, nonce="n", at=at)
    assert headers["x-acs-date"] == "2023-10-26T10:22:32Z"


def test_blanks_round_a_token_are_neither_signed_nor_sent() -> None:
    one, other = (
        signed(EXAMPLE, credentials=Credentials("id", "secret", token), nonce="n", at=EXAMPLE_DATE)
        for token in ("token", " token\n")
    )
    assert one == other


def test_parameters_are_sorted_by_name() -> None:
    assert canonical_query({"b": "2", "a": "1", "B": "3"}) == "B=3&a=1&b=2"


@given(st.sampled_from(["nonce", "query", "secret", "date"]))
def test_whatever_is_changed_the_signature_changes(what: str) -> None:
    def signature(changed: str = "") -> str:
        request = Request(EXAMPLE.host, EXAMPLE.action, EXAMPLE.version, f"a={changed == 'query'}")
        return signed(
            request,
            credentials=Credentials("id", f"secret{changed == 'secret'}"),
            nonce=f"n{changed == 'nonce'}",
            at=EXAMPLE_DATE.replace(second=int(changed == "date")),
        )["authorization"]

    assert signature(what) != signature()


@given(st.text(max_size=80) | st.sampled_from(["s" * 63, "s" * 64, "s" * 65, "密" * 30]))
def test_the_signature_is_the_hmac_of_what_is_to_be_signed_whatever_the_secret(secret: str) -> None:
    headers = signed(EXAMPLE, credentials=Credentials("id", secret), nonce="n", at=EXAMPLE_DATE)
    names, _, signature = (
        headers["authorization"].partition("SignedHeaders=")[2].partition(",Signature=")
    )
    received = Received("POST", "/", EXAMPLE.query, headers)
    assert signature == sign(secret, string_to_sign(received, names.split(";")))
