"""Text and links from strangers: nothing breaks out of its line, no letter is cut in two, directions stay their own."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from alerts.foreign import cut, direction, header_text, isolated, isolated_runs, plain_text, runs, safe_link

wild_text = st.text(
    st.characters(codec=None) | st.sampled_from("=?\n\r\0\u202e\u200b\u200d\ud800<>&*\u0301\u2067\u2069"),
    max_size=300,
)
LETTERS = ["e\u0301", "👨‍👩‍👧", "🇮🇩", "क्षि", "กำ", "נ", "中", "a", " ", "한", "1\ufe0f\u20e3"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=?utf-8?q?a=0ABcc:_x=40y.org?=", "= ?utf-8?q?a=0ABcc:_x=40y.org?="),
        ("=\u200d?utf-8?q?a?=", "= ?utf-8?q?a?="),
        ("a\r\nBcc: x@y.org", "a Bcc: x@y.org"),
        ("a\0b\x85c\u2028d\x1be", "ab c de"),
        ("a\ud800b", "a\ufffdb"),
        ("\u202egro.live\u202c", "gro.live"),
        ("  a \t b  ", "a b"),
        ("x" * 100_000, "x" * 199 + "…"),
    ],
)
def test_a_header_shows_foreign_text_and_obeys_none_of_it(text: str, shown: str) -> None:
    assert header_text(text) == shown


@given(text=wild_text, limit=st.integers(1, 250))
def test_no_text_breaks_out_of_its_line(text: str, limit: int) -> None:
    for shown in (header_text(text, limit), plain_text(text, limit)):
        assert len(shown) <= limit
        shown.encode("utf-8")
        assert "  " not in shown
        assert all(unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp") for letter in shown)
        assert not re.search("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)
    assert "=?" not in header_text(text, limit)


def test_joiners_that_persian_and_emoji_need_survive_outside_headers() -> None:
    assert plain_text("می‌خواهم 👨‍👩‍👧", 50) == "می‌خواهم 👨‍👩‍👧"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://news.example.id/a?b=1&c=2#d", "https://news.example.id/a?b=1&c=2#d"),
        ("HTTP://news.example.id/", "HTTP://news.example.id/"),
        (" https://news.example.id/a b|c>d ", "https://news.example.id/a%20b%7Cc%3Ed"),
        ("https://пошта.укр/їжа", "https://пошта.укр/їжа"),
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
        ("https://news.example.id/\u00a0x", "https://news.example.id/%C2%A0x"),
    ],
)
def test_an_ordinary_address_becomes_a_link(url: str, link: str) -> None:
    assert safe_link(url) == link


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "ftp://news.example.id/",
        "//news.example.id/",
        "/relative",
        "https:///path",
        "https://",
        "https://user:pw@news.example.id/",
        "https://news.example.id\\@127.0.0.1/",
        "https://@news.example.id/",
        "https://news.example.id/\nX: y",
        "https://news.example.id/\0",
        "https://news.example.id/\u202etxt",
        "https://news.example.id/\ud800",
        "https://news.example.id:99999/",
        "https://news.example.id:x/",
        "https://[::1/",
        "https://news.example.id/" + "a" * 10_000,
    ],
)
def test_what_is_not_plainly_a_web_address_is_never_a_link(url: str) -> None:
    assert safe_link(url) is None


@given(url=wild_text.map("https://news.example.id/{}".format) | wild_text)
def test_a_link_holds_nothing_that_could_end_it_early_and_stays_itself(url: str) -> None:
    link = safe_link(url)
    if link is not None:
        assert not re.search(r'[\s<>"|\\\x00-\x1f]', link)
        assert safe_link(link) == link


def test_marks_cut_the_sentence_where_the_words_stand() -> None:
    assert runs("Sekjen NATO-nya tiba.", [(7, 11)], 100) == [
        ("Sekjen ", False),
        ("NATO", True),
        ("-nya tiba.", False),
    ]


def test_marks_that_overlap_or_lie_outside_do_no_harm() -> None:
    assert runs("abcdef", [(4, 99), (-5, 1), (0, 2), (3, 3), (5, 2)], 100) == [
        ("a", True),
        ("b", True),
        ("cd", False),
        ("ef", True),
    ]


@given(
    text=wild_text,
    marks=st.lists(st.tuples(st.integers(-9, 320), st.integers(-9, 320))),
    limit=st.integers(2, 400),
)
def test_a_marked_sentence_says_what_the_plain_one_says(text: str, marks: Any, limit: int) -> None:
    pieces = runs(text, marks, limit)
    shown = "".join(piece for piece, _ in pieces)
    assert len(shown) <= limit
    if limit == 400:
        assert shown.replace(" ", "") == plain_text(text, 400).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("Perundingan damai dimulai lagi di Jenewa", 30, "Perundingan damai dimulai…"),
        ("Perundingan damai", 17, "Perundingan damai"),
        ("a" * 40, 10, "aaaaaaaaa…"),
        ("e\u0301" * 9, 8, "e\u0301e\u0301e\u0301…"),
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 9, "👨‍👩‍👧…"),
        ("北约秘书长周三访问基辅", 6, "北约秘书长…"),
        ("नमस्ते दुनिया क्षत्रिय", 17, "नमस्ते दुनिया…"),
    ],
)
def test_a_text_is_cut_after_a_word_or_at_least_after_a_letter(text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown


@given(letters=st.lists(st.sampled_from(LETTERS), max_size=60), limit=st.integers(16, 90))
def test_no_letter_is_cut_in_two(letters: list[str], limit: int) -> None:
    text = "".join(letters)
    whole = list(iter_graphemes(text))
    shown = cut(text, limit)
    assert len(shown) <= limit
    if shown != text:
        kept = list(iter_graphemes(shown.removesuffix("…")))
        assert kept == whole[: len(kept)]


def test_accents_heaped_on_one_letter_do_not_cover_the_page() -> None:
    assert plain_text("Z" + "\u0301" * 500 + "algo", 250) == "Z" + "\u0301" * 4 + "algo"


@pytest.mark.parametrize("text", ["\u200d\u200c", "\u3164", "\u2800\u200b"[1:], " \ufeff "])
def test_a_text_without_ink_is_empty(text: str) -> None:
    assert plain_text(text, 50) == ""


def test_a_mark_takes_in_the_accents_of_its_last_letter() -> None:
    assert runs("Kiyevde\u0301 NATO", [(0, 7)], 50) == [("Kiyevde\u0301", True), (" NATO", False)]


def test_nothing_follows_what_was_cut() -> None:
    assert runs("Sekjen NATO-nya tiba di Kyiv.", [(7, 11), (24, 28)], 20) == [
        ("Sekjen ", False),
        ("NATO", True),
        ("-nya…", False),
    ]
    assert runs("abc def ghi", [(0, 3), (4, 7)], 7) == [("abc", True), (" ", False), ("de…", True)]


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("NATO عنوان", "ltr"),
        ("عنوان NATO", "rtl"),
        ("«(12) כותרת", "rtl"),
        ("12", "ltr"),
        ("", "ltr"),
        ("ناتو", "rtl"),
    ],
)
def test_a_text_runs_as_its_first_letter_does(text: str, way: str) -> None:
    assert direction(text) == way


def test_only_what_runs_right_to_left_is_set_apart() -> None:
    assert isolated("Київ, NATO 北约") == "Київ, NATO 北约"
    assert isolated("الناتو NATO") == "\u2067الناتو NATO\u2069"
    assert isolated("NATO: الناتو") == "\u2066NATO: الناتو\u2069"


def test_a_line_of_a_longer_text_runs_as_the_whole() -> None:
    assert isolated("NATO في كييف", like="قال حلف NATO في كييف") == "\u2067NATO في كييف\u2069"


def test_a_text_in_pieces_is_set_apart_as_one() -> None:
    pieces = [("قال ", False), ("NATO", True)]
    assert isolated_runs(pieces) == [("\u2067", False), *pieces, ("\u2069", False)]
    assert isolated_runs([("NATO", True)]) == [("NATO", True)]
    assert isolated_runs([]) == []


@given(text=wild_text)
def test_signs_of_direction_are_ours_alone_and_in_pairs(text: str) -> None:
    shown = isolated(plain_text(text, 250))
    assert len(re.findall("[\u2066\u2067]", shown)) == shown.count("\u2069") <= 1
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2068]", shown)
    assert plain_text(shown, 250) == plain_text(text, 250)
