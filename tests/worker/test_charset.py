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


GREEK = "Το ΝΑΤΟ ανακοίνωσε νέα στρατιωτική βοήθεια προς την Ουκρανία"
ARABIC = "أعلن حلف الناتو عن مساعدات عسكرية جديدة لأوكرانيا"
KOREAN = "북대서양조약기구는 우크라이나에 대한 새로운 군사 지원을 발표했다. 한국 정부는 환영했다."
CHINESE = "北约秘书长宣布向乌克兰提供新的军事援助，中国外交部发言人对此表示关注。"
TAIWANESE = "北約秘書長宣布向烏克蘭提供新的軍事援助，臺灣外交部發言人對此表示關注。"
LONG_JAPANESE = "北大西洋条約機構はウクライナへの新たな軍事支援を発表した。日本政府はこれを歓迎している。"


@pytest.mark.parametrize("declared", [None, "utf-8", "iso-8859-1"])
@pytest.mark.parametrize(
    ("text", "written"),
    [
        (CHINESE, "gb18030"),
        (TAIWANESE, "big5"),
        (LONG_JAPANESE, "shift_jis"),
        (LONG_JAPANESE, "euc_jp"),
        (LONG_JAPANESE, "iso2022_jp"),
        (KOREAN, "euc_kr"),
        (KOREAN, "iso2022_kr"),
        (GREEK, "cp1253"),
        (ARABIC, "cp1256"),
        (UKRAINIAN, "koi8-u"),
        (RUSSIAN, "iso8859-5"),
        (RUSSIAN, "cp866"),
    ],
)
def test_words_tell_their_charset_where_nobody_says_it_or_somebody_says_another(text, written, declared):
    document = (
        f"<rss><channel><item><title>{text}</title><description>{text}</description></item></channel></rss>"
    )
    assert decode(document.encode(written), declared).text == document


@pytest.mark.parametrize(
    ("text", "written", "language"),
    [
        ("Żółta łódź, źródła", "cp1250", "pl"),
        ("Türkiye’nin ışık, şeker", "cp1254", "tr-TR"),
        ("נאט״ו הודיע על סיוע צבאי חדש", "cp1255", "he"),
        ("Ārlietu ministrs, žurnāls", "cp1257", "lv"),
    ],
)
def test_where_accents_tell_nothing_the_language_of_the_document_does(text, written, language):
    document = f"<rss><channel><language>{language}</language><title>{text}</title></channel></rss>"
    assert decode(document.encode(written)).text == document


@pytest.mark.parametrize(
    ("label", "written", "text"),
    [
        ("x-sjis", "shift_jis", LONG_JAPANESE),
        ("EUC_JP", "euc_jp", LONG_JAPANESE),
        ("csISO2022JP", "iso2022_jp", LONG_JAPANESE),
        ("KS_C_5601-1987", "cp949", KOREAN),
        ("x-cp1251", "cp1251", RUSSIAN),
        ("x-gbk", "gbk", CHINESE),
        ("KOI8-U", "koi8-u", UKRAINIAN),
    ],
)
def test_charsets_are_known_by_the_names_that_documents_give_them(label, written, text):
    found = decode(text.encode(written), label)
    assert (found.text, found.warning) == (text, None)


def test_pieces_in_another_charset_are_read_in_theirs():
    body = f"<a>{RUSSIAN}</a><b>".encode() + RUSSIAN.encode("cp1251") + b"</b>"
    found = decode(body, "utf-8")
    assert found.text == f"<a>{RUSSIAN}</a><b>{RUSSIAN}</b>"
    assert "cp1251" in found.warning


def test_a_document_that_is_cut_inside_of_a_character_loses_no_other():
    found = decode("<a>всё".encode()[:-1], "windows-1251")
    assert (found.text, found.charset) == ("<a>вс", "utf-8")


def test_a_single_accent_in_an_ascii_text_is_western_whatever_is_declared():
    assert decode(b"<a>a caf\xe9 in town</a>", "utf-8").text == "<a>a café in town</a>"


def test_markup_in_utf_16_may_begin_with_blanks():
    assert decode("\n <rss>é</rss>".encode("utf-16-be"), "utf-8").text == "\n <rss>é</rss>"


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
