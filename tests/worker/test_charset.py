from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.charset import charset_of, decode

RUSSIAN = "Переговоры о прекращении огня начнутся в четверг, сообщил представитель."
UKRAINIAN = "Переговори про припинення вогню почнуться у четвер, їхній перебіг невідомий."
FRENCH = "Le président a déclaré à Besançon que l'été serait « très » chaud."
JAPANESE = "和平交渉は木曜日に始まると報道官が述べた。"


@pytest.mark.parametrize(
    ("text", "written", "declared"),
    [
        (RUSSIAN, "utf-8", None),
        (RUSSIAN, "utf-8", "iso-8859-1"),
        (RUSSIAN, "utf-8-sig", "windows-1251"),
        (RUSSIAN, "utf-16", None),
        (RUSSIAN, "utf-32", "utf-8"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "cp1251", None),
        (RUSSIAN, "cp1251", "utf-8"),
        (RUSSIAN, "cp1251", "iso-8859-1"),
        (RUSSIAN, "koi8-r", None),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (UKRAINIAN, "cp1251", None),
        (FRENCH, "latin-1", "ISO-8859-1"),
        (FRENCH, "cp1252", None),
        ("„Zażółć” gęślą – jaźń", "cp1250", "windows-1250"),
        ("İstanbul'da görüşme", "cp1254", "iso-8859-9"),
        (JAPANESE, "shift_jis", "Shift_JIS"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
        ("和平谈判将于周四开始", "gb18030", "gb2312"),
        ("평화 회담이 목요일에 시작된다", "cp949", "euc-kr"),
    ],
)
def test_a_text_is_read_in_the_charset_it_was_written_in(text, written, declared):
    assert decode(text.encode(written), declared).text == text


def test_markup_in_utf_16_needs_no_mark():
    assert decode("<rss>é</rss>".encode("utf-16-le")).text == "<rss>é</rss>"


def test_a_broken_byte_does_not_make_utf_8_another_charset():
    found = decode(RUSSIAN.encode()[:-1] + b"\xff", "windows-1251")
    assert found.charset == "utf-8"
    assert found.text.startswith(RUSSIAN[:-1])
    assert found.warning


@pytest.mark.parametrize(
    "label", ["punycode", "idna", "zlib", "rot13", "unicode_escape", "utf-7", "x" * 99, "", "../.."]
)
def test_a_label_that_is_no_charset_of_documents_is_not_believed(label):
    assert decode(b"plain \\u0041 +AGE-", label).text == "plain \\u0041 +AGE-"


@pytest.mark.parametrize(
    ("header", "label"),
    [
        ("text/xml; charset=utf-8", "utf-8"),
        ('text/html;CHARSET="windows-1251"; x=y', "windows-1251"),
        ("text/html; charset = koi8-r", "koi8-r"),
        ("text/html", None),
        ("", None),
    ],
)
def test_the_label_is_found_in_the_header(header, label):
    assert charset_of(header) == label


@given(st.binary(max_size=300), st.none() | st.text(max_size=12))
def test_any_bytes_are_some_text(body, label):
    assert isinstance(decode(body, label).text, str)


@given(st.text())
def test_utf_8_is_always_read_as_itself(text):
    plain = text.encode("utf-8", "ignore").decode()
    if not plain.startswith(("\ufeff", "\x00", "<\x00")):
        assert decode(plain.encode(), "windows-1251").text == plain
