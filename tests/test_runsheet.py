"""Play URLs found in messages and in lists, however those came to be."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runsheet import decoded, read, typed
from handlers.addresses import is_url, with_protocol

MAIN = "rtmp://live.example.com/liveApp/cup_main"
CAMERA = "http://live.example.com/liveApp/cup_cam2.flv"
SIGNED = f"{CAMERA}?auth_key=1795350000-0-0-5ecre7"


def found(*texts: str) -> list[str]:
    return list(read(texts, is_url, with_protocol).urls)


def odd(*texts: str) -> list[str]:
    return list(read(texts, is_url, with_protocol).odd)


def without_protocol(*texts: str) -> list[str]:
    return list(read(texts, is_url, with_protocol).without_protocol)


@pytest.mark.parametrize(
    "said",
    [
        f"{MAIN} {SIGNED}",
        f"<{MAIN}|{MAIN}> and <{SIGNED.replace('&', '&amp;')}>",
        f"```\n{MAIN}\n{SIGNED}\n```",
        f"`{MAIN}`,`{SIGNED}`",
        f"• {MAIN}\n• {SIGNED}.",
        f"1. {MAIN};\n2. {SIGNED}!",
        f"请检查{MAIN}，{SIGNED}。谢谢",
        f"主路：{MAIN}（备路：{SIGNED}）",
        f"“{MAIN}”、“{SIGNED}”已开播",
        f"({MAIN}) [{SIGNED}]",
        f"*{MAIN}* ~{SIGNED}~",
        f"_{MAIN}_ _{SIGNED}_",
        f"|{MAIN}|HD|\n|{SIGNED}|HD|",
        f"main={MAIN} cam='{SIGNED}'",
        f"{MAIN},{SIGNED},{MAIN}",
        f"&gt; {MAIN}\n&gt; {SIGNED}",
        f"{MAIN}\u200b\u00a0{SIGNED}\u3000",
    ],
)
def test_urls_are_found_in_a_message_however_it_is_written(said: str) -> None:
    assert found(typed(said)) == [MAIN, SIGNED]


def test_an_ampersand_in_a_query_is_what_was_typed() -> None:
    assert found(typed(f"<{CAMERA}?a=1&amp;b=2>")) == [f"{CAMERA}?a=1&b=2"]


def test_what_is_read_where_slack_made_a_link_is_what_counts() -> None:
    assert found(typed(f"<http://elsewhere.example.com/x|{MAIN}>")) == [MAIN]
    assert found(typed(f"<{CAMERA}|the second camera>")) == [CAMERA]


def test_a_stream_s_name_keeps_its_marks() -> None:
    url = "rtmp://live.example.com/liveApp/cup_(main)-a=b_"
    assert found(f"({url})") == [url]


@pytest.mark.parametrize(
    "said",
    [
        "{} 19.30/20.00 and/or a@b.example.com/c",
        "stream,url\ncup,{}\n",
        "<http://{}|{}> <http://live.example.com|live.example.com>",
        "<https://{}/|{}>",
    ],
)
def test_an_address_without_its_protocol_is_no_play_url_whatever_slack_links_it_to(
    said: str,
) -> None:
    address = "live.example.com/liveApp/cup_main"
    text = typed(said.replace("{}", address))
    assert without_protocol(text, address) == [address]
    assert found(text) == odd(text) == []


def test_a_host_in_any_script_is_a_host() -> None:
    assert found("rtmp://直播.example.com/a/b在这里") == ["rtmp://直播.example.com/a/b"]


def test_each_url_counts_once_in_the_order_they_stand_in() -> None:
    assert found(f"{CAMERA}\n{MAIN}", f"{MAIN}\n{CAMERA}\n{SIGNED}") == [CAMERA, MAIN, SIGNED]


@pytest.mark.parametrize(
    "said", ["rtmp://live.example.com", "rtmp://live.example.com/", "rtmp://lo_cal/a/b", "srt://"]
)
def test_an_address_that_is_no_play_url_is_named(said: str) -> None:
    assert found(said) == []
    assert odd(f"{said}, {MAIN}") == [said]


@pytest.mark.parametrize(
    "name", ["主路", "主路_1.flv", "主路/副路", "камера1", "直播?auth_key=5ecre7"]
)
def test_a_name_in_another_script_is_no_play_url_and_not_cut_to_one(name: str) -> None:
    url = f"rtmp://live.example.com/liveApp/{name}"
    for said in (f"{url}, {MAIN}", typed(f"<{url}> {MAIN}"), f"请检查{url}，{MAIN}"):
        assert found(said) == [MAIN]
        assert odd(said) == [url.partition("?")[0]]


def test_what_is_said_right_after_an_app_s_name_hides_no_url() -> None:
    said = f"rtmp://live.example.com/liveApp/主路{MAIN}"
    assert found(said) == [MAIN]
    assert odd(said) == ["rtmp://live.example.com/liveApp/主路"]


def test_names_in_another_script_are_counted_one_by_one() -> None:
    urls = [f"live.example.com/liveApp/机位_{number}.flv" for number in (1, 2)]
    assert odd(" ".join([*urls, *urls])) == urls


def test_a_message_without_addresses_has_none() -> None:
    said = "Kick-off 19:30, see README.md; <#C0001|live-ops> <@U0001> 50/50 :warning: cup_main"
    assert found(typed(said)) == odd(typed(said)) == without_protocol(typed(said)) == []


SHEET = f'流,Play URL,Start\r\n主路,{MAIN},19:30\r\n"机位 2","{SIGNED}","19:30"\r\n'


@pytest.mark.parametrize(
    "content",
    [
        SHEET.encode(),
        codecs.BOM_UTF8 + SHEET.encode(),
        SHEET.encode("gbk"),
        SHEET.encode("utf-16"),
        codecs.BOM_UTF16_BE + SHEET.encode("utf-16-be"),
        SHEET.encode("utf-16-le"),
        SHEET.encode("utf-16-be"),
        SHEET.replace(",", "\t").encode(),
        SHEET.replace(",", ";").encode(),
        SHEET.encode() + b"\xff",
        f'=HYPERLINK("{MAIN}","main")\n"=HYPERLINK(""{SIGNED}"",""cam"")"'.encode(),
    ],
    ids=[
        "utf-8",
        "utf-8 marked",
        "gbk",
        "utf-16",
        "utf-16-be",
        "utf-16-le unmarked",
        "utf-16-be unmarked",
        "tabs",
        "semicolons",
        "a stray byte",
        "links",
    ],
)
def test_a_list_is_read_whatever_a_spreadsheet_wrote_it_as(content: bytes) -> None:
    text = decoded(content)
    assert text is not None
    assert found(text) == [MAIN, SIGNED]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04\x14\x00\x06\x00" + bytes(100), b"\x89PNG\r\n\x1a\n\xff\x00\x01"]
)
def test_what_is_no_text_is_not_read(content: bytes) -> None:
    assert decoded(content) is None


def test_an_empty_file_is_an_empty_list() -> None:
    assert decoded(b"") == ""


@given(st.text(max_size=300), st.text(max_size=300))
def test_what_stands_around_a_url_does_not_hide_it(before: str, after: str) -> None:
    assert MAIN in found(typed(f"{before}\n{MAIN}\n{after}"))


@given(st.binary(max_size=300))
def test_no_file_is_too_odd_to_look_at(content: bytes) -> None:
    text = decoded(content)
    assert text is None or found(text) is not None
