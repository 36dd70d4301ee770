from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.letter import (
    WORDS,
    facts,
    footer,
    header_text,
    heading,
    lag,
    local_time,
    plain_text,
    runs,
    safe_link,
    subject,
    title,
    why,
)
from alerts.model import Letter

Make = Callable[..., Any]
NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
wild_text = st.text(
    st.characters(codec=None) | st.sampled_from("=?\n\r\0\u202e\u200b\u200d\ud800<>&*"), max_size=300
)


def placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


def test_both_languages_say_everything_with_the_same_values() -> None:
    english, indonesian = WORDS["en"], WORDS["id"]
    assert english.keys() == indonesian.keys()
    for key in english:
        assert english[key].strip()
        assert placeholders(english[key]) == placeholders(indonesian[key]), key
    assert len(english["months"].split()) == len(indonesian["months"].split()) == 12


def test_only_the_form_of_an_article_and_its_sign_are_the_same_in_both_languages() -> None:
    same = {key for key in WORDS["en"] if WORDS["en"][key] == WORDS["id"][key]}
    assert same == {"article"}


@pytest.mark.parametrize(
    ("language", "kind", "count", "said"),
    [
        ("en", "article", 1, "[NATO] Perundingan pakta pertahanan"),
        ("en", "digest", 1, "Digest: 1 article on NATO"),
        ("en", "digest", 3, "Digest: 3 articles on NATO"),
        ("en", "quiet", 2, "From your quiet hours: 2 articles on NATO"),
        ("en", "rollup", 5, "5 more articles on NATO"),
        ("en", "backlog", 23, "23 articles that were already in the feeds you added"),
        ("id", "article", 1, "[NATO] Perundingan pakta pertahanan"),
        ("id", "digest", 3, "Ringkasan: 3 artikel tentang NATO"),
        ("id", "backlog", 1, "1 artikel yang sudah ada di umpan yang Anda tambahkan"),
    ],
)
def test_the_subject_says_what_came(
    letter_of: Make, item_of: Make, language: Any, kind: Any, count: int, said: str
) -> None:
    letter = letter_of(*[item_of()] * count, kind=kind, language=language)
    assert subject(letter) == said


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [("en", 3, "3 older articles on NATO"), ("id", 1, "1 artikel lama tentang NATO")],
)
def test_older_articles_that_somebody_asked_for_are_not_called_those_of_new_feeds(
    letter_of: Make, item_of: Make, language: Any, count: int, said: str
) -> None:
    assert subject(letter_of(*[item_of()] * count, kind="backlog", older=True, language=language)) == said


def test_a_possible_repeat_says_so_first(letter_of: Make) -> None:
    assert subject(letter_of(possible_repeat=True)).startswith("Possible repeat: [NATO]")
    assert subject(letter_of(possible_repeat=True, language="id")).startswith(
        "Mungkin terkirim ulang: [NATO]"
    )


def test_the_backlog_counts_all_its_articles_also_those_the_letter_does_not_hold(letter_of: Make) -> None:
    assert heading(letter_of(kind="backlog", backlog_total=400)).startswith("400 articles")


def test_the_reason_names_subscription_and_topics(letter_of: Make) -> None:
    assert why(letter_of()) == "You get this because “desk, at once” follows NATO."
    assert why(letter_of(subscriptions=())) == "You get this because you follow NATO."
    assert why(letter_of(subscriptions=(), topics=(), language="id")) == (
        "Anda menerima ini karena Anda mengikuti NATO."
    )


def test_the_lag_is_told_in_the_readers_time(letter_of: Make, item_of: Make) -> None:
    letter = letter_of()
    assert lag(letter.items[0], letter) == "published 14:01, seen 14:02"
    assert lag(item_of(published_at=None), letter) == "seen 14:02"
    assert lag(item_of(published_at=None, seen_at=None), letter) == ""


@pytest.mark.parametrize(
    ("at", "language", "shown"),
    [
        (NOW, "en", "14:03"),
        (NOW - timedelta(hours=15), "en", "22 Nov 23:03"),
        (NOW.replace(month=5), "id", "23 Mei 14:03"),
        (NOW.replace(year=2024, month=10), "id", "23 Okt 2024 14:03"),
    ],
)
def test_another_day_shows_its_date(letter_of: Make, at: datetime, language: Any, shown: str) -> None:
    assert local_time(at, letter_of(language=language)) == shown


def test_a_letter_with_an_unknown_zone_still_goes_out_in_universal_time(letter_of: Make) -> None:
    assert local_time(NOW, letter_of(timezone="WIB")) == "07:03"


def test_an_article_read_from_its_feed_only_says_so(letter_of: Make, item_of: Make) -> None:
    item = item_of(summary_only=True)
    assert facts(item, letter_of(item)) == [
        "Harian Contoh",
        "NATO",
        "published 14:01, seen 14:02",
        "summary only: the page could not be read in time",
    ]


def test_the_footer_gives_the_reason_and_the_clock(letter_of: Make) -> None:
    assert footer(letter_of()) == [why(letter_of()), "Times are those of Asia/Jakarta."]


def test_an_article_without_a_title_is_still_named(letter_of: Make, item_of: Make) -> None:
    assert title(item_of(title=" \u200b\n"), letter_of()) == "(without a title)"


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


def test_a_letter_is_said_alike_each_time(letter_of: Make) -> None:
    letter: Letter = letter_of(kind="digest")
    assert subject(letter) == subject(replace(letter))
