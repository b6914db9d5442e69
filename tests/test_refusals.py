from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot import errors
from bot.live.refusals import error_of


def refused(
    code: str = "", *, status: int = 400, message: str = "", **headers: str
) -> errors.LiveError:
    said = {"Code": code, "Message": message, "RequestId": "R-1"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_of(status, CIMultiDict(named), said)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("Throttling", errors.Throttled),
        ("Throttling.User", errors.Throttled),
        ("Throttling.Api", errors.Throttled),
        ("Rejected.Throttling", errors.Throttled),
        ("ServiceUnavailable", errors.Unavailable),
        ("InternalError", errors.Unavailable),
        ("SignatureNonceUsed", errors.NonceUsed),
        ("InvalidTimeStamp.Expired", errors.ClockSkewed),
        ("InvalidTimeStamp.Format", errors.LiveError),
        ("InvalidSecurityToken.Expired", errors.TokenExpired),
        ("InvalidAccessKeyId.NotFound", errors.CredentialsRefused),
        ("InvalidAccessKeyId.Inactive", errors.CredentialsRefused),
        ("SignatureDoesNotMatch", errors.CredentialsRefused),
        ("IncompleteSignature", errors.CredentialsRefused),
        ("InvalidSecurityToken.Malformed", errors.CredentialsRefused),
        ("InvalidSecurityToken.MismatchWithAccessKey", errors.CredentialsRefused),
        ("MissingSecurityToken", errors.CredentialsRefused),
        ("Forbidden.RAM", errors.PermissionRefused),
        ("Forbidden", errors.PermissionRefused),
        ("NoPermission", errors.PermissionRefused),
        ("InvalidDomain.NotFound", errors.ArgumentRefused),
        ("IllegalOperation", errors.ArgumentRefused),
        ("MissingParameter", errors.ArgumentRefused),
        ("InvalidStartTime.Malformed", errors.ArgumentRefused),
        ("Unheard.Of", errors.LiveError),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 404])
def test_the_code_says_what_a_refusal_is_whatever_the_http_status(
    code: str, kind: type[errors.LiveError], status: int
) -> None:
    error = refused(code, status=status)
    assert type(error) is kind
    assert (error.code, error.http_status, error.request_id) == (code, status, "R-1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, errors.MalformedReply),
        (302, errors.MalformedReply),
        (400, errors.LiveError),
        (401, errors.CredentialsRefused),
        (403, errors.PermissionRefused),
        (404, errors.LiveError),
        (408, errors.Unavailable),
        (429, errors.Throttled),
        (500, errors.MalformedReply),
        (502, errors.MalformedReply),
        (503, errors.MalformedReply),
    ],
)
def test_without_a_code_the_http_status_decides(status: int, kind: type[errors.LiveError]) -> None:
    error = error_of(status, CIMultiDict({"X-Acs-Request-Id": "R-2"}), {})
    assert type(error) is kind
    assert (error.http_status, error.request_id) == (status, "R-2")


def test_an_unknown_code_of_a_failing_server_is_worth_another_try() -> None:
    assert type(refused("Unheard.Of", status=503)) is errors.Unavailable


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-acs-retry-after": "1500"}, 1.5),
        ({"X-Acs-Retry-After": " 250 "}, 0.25),
        ({"x-ratelimit-user-api": "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}, 2.0),
        ({"x-ratelimit-user": "Limit:1,Remain:0,TimeLeft: 300,Reset:1234"}, 0.3),
        ({"x-acs-retry-after": "soon", "x-ratelimit-user": "TimeLeft:700"}, 0.7),
        ({"x-acs-retry-after": "-5"}, None),
        ({"x-acs-retry-after": "²"}, None),
        ({"x-ratelimit-user": "Limit:1"}, None),
        ({}, None),
    ],
)
def test_the_pause_asked_for_is_read_from_either_header(
    headers: dict[str, str], seconds: float | None
) -> None:
    error = error_of(400, CIMultiDict(headers), {"Code": "Throttling.User"})
    assert isinstance(error, errors.Throttled)
    assert error.retry_after_s == seconds


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Sun, 22 Nov 2026 11:42:10 GMT", 1_795_347_730.0),
        ("Sun, 22 Nov 2026 11:42:10 -0000", 1_795_347_730.0),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_gateways_clock_is_read_from_its_date(date: str, seconds: float | None) -> None:
    error = refused("InvalidTimeStamp.Expired", Date=date)
    assert isinstance(error, errors.ClockSkewed)
    assert error.server_time_s == seconds


@pytest.mark.parametrize(
    ("code", "message", "argument"),
    [
        ("InvalidDomain.NotFound", "", "DomainName"),
        ("InvalidDomainName.Malformed", "", "DomainName"),
        ("MissingDomainName", "", "DomainName"),
        ("IllegalOperation", "", "DomainName"),
        ("InvalidPageNum.Malformed", "", "PageNum"),
        ("InvalidPageSize.ValueNotSupported", "", "PageSize"),
        ("InvalidStartTime.Malformed", "", "StartTime"),
        ("InvalidEndTime.Mismatch", "", "EndTime"),
        ("InvalidStatus.Malformed", "", "Status"),
        ("InvalidTaskId", "", "TaskId"),
        ("InvalidPlayUrl.ExceedsLimit", "", "PlayUrl"),
        ("InvalidUrl.Malformed", "", "PlayUrl"),
        ("InvalidParameter", "The specified parameter PageSize is not valid.", "PageSize"),
        ("MissingParameter", "Something is missing.", ""),
    ],
)
def test_a_refused_argument_is_named(code: str, message: str, argument: str) -> None:
    error = refused(code, message=message)
    assert isinstance(error, errors.ArgumentRefused)
    assert error.argument == argument


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "IncompleteSignature"])
def test_a_message_that_may_echo_the_string_to_sign_is_not_passed_on(code: str) -> None:
    error = refused(code, message="the server's StringToSign is [POST / x-acs-security-token:tok]")
    assert error.message == ""


@pytest.mark.parametrize(
    "url",
    [
        "rtmp://live.example.com/a/cup?auth_key=17-0-0-f00d",
        "rtmp%3A%2F%2Flive.example.com%2Fa%2Fcup%3Fauth_key%3D17-0-0-f00d",
        "rtmp%253A%252F%252Flive.example.com%252Fa%252Fcup%253fauth_key%253D17-0-0-f00d",
    ],
)
def test_a_urls_signature_in_a_message_is_hidden_in_any_spelling(url: str) -> None:
    error = refused("InvalidPlayUrl.Malformed", message=f'The URL "{url}" is not valid.')
    assert "f00d" not in str(error)
    assert error.message.endswith("is not valid.")
    assert "cup" in error.message


def test_a_signature_is_hidden_even_where_a_long_message_is_cut_off() -> None:
    message = "x" * 280 + "?auth_key=f00d" + "y" * 1_000
    assert "f00d" not in refused("InvalidPlayUrl", message=message).message


@given(
    st.dictionaries(
        st.sampled_from(["Code", "Message", "RequestId", "HostId"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
    ),
    st.integers(100, 599),
)
def test_whatever_a_refusal_holds_an_error_that_can_be_shown_comes_out(
    said: dict[str, Any], status: int
) -> None:
    error = error_of(status, CIMultiDict(), said)
    assert len(str(error).encode()) < 3_000
    assert error.http_status == status


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidSecurityToken.Malformed", "The token s3cret is malformed."),
        ("InvalidAccessKeyId.NotFound", "No such key: s3cret"),
        ("Unheard.Of", "StringToSign is ACS3-HMAC-SHA256 s3cret"),
        ("InvalidPlayUrl.Malformed", "auth_key=s3cret is not allowed, nor Signature: s3cret"),
        ("InvalidPlayUrl.Malformed", "rtmp://live.example.com/a/b?auth_key=s3cret"),
    ],
)
def test_what_the_api_says_is_passed_on_without_any_secret(code: str, message: str) -> None:
    assert "s3cret" not in repr(refused(code, message=message))
