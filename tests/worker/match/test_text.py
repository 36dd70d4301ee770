"""Texts become words that know their place, their keys and their case."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.match.cut import cut, cutter, pieces, small_letters, thoroughly
from worker.match.letters import LetterTable
from worker.match.text import FieldText
from worker.match.words import Case, case_of, signs, vocabulary, word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rusia-Ukraina, covid-19.", ["Rusia", "Ukraina", "covid", "19"]),
        ("l’Ukraine prem'er 'quoted'", ["l’Ukraine", "prem'er", "quoted"]),
        ("U.S. AT&T 1,5", ["U", "S", "AT", "T", "1", "5"]),
        ("#save_ukraine @user", ["save", "ukraine", "user"]),
        ("中国とロシア", ["中", "国", "と", "ロシア"]),
        ("プロシア NATO加盟 5G网络", ["プロシア", "NATO", "加", "盟", "5G", "网", "络"]),
        ("กำลัง ก\u0e4d\u0e32", ["กำ", "ลั", "ง", "ก\u0e4d\u0e32"]),
        ("NATO는 우크라이나", ["NATO는", "우크라이나"]),
        ('ארה"ב "שלום"', ['ארה"ב', "שלום"]),
        ("see https://x.org/Ukraina?a=(b) now, www.a.id", ["see", "now"]),
        ("看https://x.org/a看", ["看", "看"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("na\u00adto\u200b x", ["na\u00adto", "x"]),
        ("one\n\ntwo", ["one", "two"]),
        ("", []),
        ("… — ?!", []),
    ],
)
def test_a_text_is_cut_into_words(text: str, words: list[str]) -> None:
    assert [piece.written for piece in pieces(text)] == words


@given(st.text(max_size=80))
def test_words_stand_where_they_say_and_in_order(text: str) -> None:
    found = list(pieces(text))
    assert all(text[piece.start : piece.end] == piece.written for piece in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.text(max_size=40))
def test_every_letter_and_digit_is_in_some_word_unless_it_is_an_address(text: str) -> None:
    if "http" in text.lower() or "www" in text.lower():
        return
    inside = {at for piece in pieces(text) for at in range(piece.start, piece.end)}
    assert {at for at, char in enumerate(text) if char.isalnum()} <= inside


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("Ukrainanya", {"ukrainanya", "ukraina"}),
        ("l’Église", {"l'église", "l'eglise", "église", "eglise"}),
        ("NATO’s", {"nato's", "nato"}),
        ("O'Brien", {"o'brien"}),
        ("masalah", {"masalah"}),
        ("masalahnya", {"masalahnya", "masalah"}),
        ("Kenya", {"kenya"}),
        ("Peña", {"peña", "pena"}),
        ("йод", {"йод"}),
    ],
)
def test_a_word_answers_to_its_keys(written: str, keys: set[str]) -> None:
    assert set(word(written, None).keys) == keys


def test_clitics_that_are_endings_elsewhere_count_only_at_home() -> None:
    assert "rumah" in word("rumahku", "id").keys
    assert "rumah" in word("rumahku", None).keys
    assert set(word("swojemu", "pl").keys) == {"swojemu"}


@pytest.mark.parametrize(
    ("text", "case"),
    [("nato", Case.LOWER), ("Nato", Case.TITLE), ("NATO", Case.UPPER),
     ("McDonald", Case.MIXED),
     ("iPhone", Case.INNER), ("中国", Case.NONE),
      ("უკრაინა", Case.NONE), ("Ǆ", Case.UPPER), ("19", Case.NONE),
     ("НАТО", Case.UPPER), ("5G", Case.UPPER)],
)  # fmt: skip
def test_the_case_of_a_word_is_told(text: str, case: Case) -> None:
    assert case_of(text) is case


def test_the_case_of_a_key_is_that_of_its_own_letters() -> None:
    assert word("l'OTAN", None).keys["otan"] is Case.UPPER
    assert word("NATOnya", None).keys["nato"] is Case.UPPER
    assert word("d'otan", None).keys["otan"] is Case.LOWER


def _field(text: str) -> FieldText:
    return FieldText("body", text, None)


def test_a_sentence_may_begin_after_a_full_stop_a_line_or_an_opening_quote() -> None:
    field = _field('Satu dua. Tiga "empat" lima\nenam')
    opening = [field.at(at) for at in range(len(field)) if field.opens_sentence(at)]
    assert opening == ["Satu", "Tiga", "empat", "lima", "enam"]


def test_only_a_line_all_in_capitals_is_shouting() -> None:
    field = _field("NATO CHIEF WARNS\nNATO chief warns\n\nNATO\nUN, A EU")
    shouting = [field.is_shouting(at) for at in range(len(field))]
    assert shouting == [True] * 3 + [False] * 4 + [True] * 3


def test_a_particle_after_a_hyphen_belongs_to_the_word_but_the_rest_of_a_compound_does_not() -> None:
    field = _field("Ukraina-lah Rusia-Ukraina")
    assert (field.span(0, 0).start, field.span(0, 0).end) == (0, 11)
    assert (field.span(2, 2).start, field.span(2, 2).end) == (12, 17)


@given(st.text(max_size=40), st.sampled_from([None, "id", "pl", "ar", "fi"]))
def test_the_vocabulary_of_a_language_knows_the_keys_that_a_word_answers_to(
    text: str, language: str | None
) -> None:
    field = FieldText("body", text, language)
    for position, token in enumerate(field.tokens):
        keys = set(word(field.at(position), language).keys)
        manifold = vocabulary(language).manifold_among({token})
        assert set(manifold.get(token, (token,))) == keys
        assert keys <= field.keys
    assert {key for at in range(len(field)) for key in field.word(at).keys} == field.keys == set(field.places)


LETTERS = st.sampled_from("abehklnuyаёйїґéßıøłσςάىأكهيبو가나은게ﬁaﾡḥẹ'’") | st.characters(codec="utf-16")


@given(
    st.lists(st.text(LETTERS, min_size=1, max_size=5), min_size=1), st.sampled_from([None, "id", "ar", "ko"])
)
def test_a_word_that_answers_to_something_else_shows_it(words: list[str], language: str | None) -> None:
    written = cut(" ".join(words) + " " * 200)
    everything = vocabulary(language).manifold_among(written.words)
    assert vocabulary(language).manifold_among(written.notable) == everything
    assert {*written.notable} <= {*written.words}


def test_most_words_show_that_they_answer_to_themselves_alone() -> None:
    written = cut(
        "Menteri luar negeri tiba di Kyiv hari ini, katanya. В Киеве встретили министра. Müller " + " " * 200
    )
    assert written.notable == ["katanya", "müller"]


@given(st.text(alphabet="abцé中カﬁ'’ \u0301\u00ad\U00020000\U0001f600İß.", max_size=30))
def test_the_quick_cut_and_the_thorough_one_give_the_same_words(text: str) -> None:
    small = small_letters(text)
    patterns = cutter()
    assert len(small) == len(text)
    assert patterns.of(small).split(small) == patterns.anywhere.split(small)


# So long that they are cut by the table of letters, where it can.
_LONG = st.text(max_size=60) | st.lists(
    st.sampled_from([*"aÉß''’‘`İΣς_-—.:/wW \n", "www.", "https://x.y", "中", "カ", "e\u0301", "\u200b", "\U0001f600",
                     "\U0001d400", "\ud800", *'צה"״ไทำ\u0e4d\u0e32\u00ad\u3000\u2029\xa0', "  ", "://", "WWW"]),
    max_size=60,
).map("".join)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(_LONG)
@example("\U0003134b")
def test_a_long_text_is_cut_by_the_table_of_letters_as_by_the_expressions(text: str) -> None:
    long = f"{text}{' ' * 200}x"
    found, wanted = cut(long), thoroughly(long)
    assert (found.words, found.edges) == (wanted.words, wanted.edges)


@pytest.mark.parametrize(
    ("text", "careful"),
    [
        ("NATO news of the day", []),
        ('NATO צה"ל said', ['צה"ל']),
        ("中文 and ไทย here", ["中文", "ไทย"]),
        ("so\u00adft, hy\u00adphen", ["so\u00adft,", "hy\u00adphen"]),
        ("see https://news.example/a?b and WWW.x.example now", ["https://news.example/a?b", "WWW.x.example"]),
        ("e\u0301", ["e\u0301"]),
    ],
)
def test_only_the_stretch_around_what_needs_care_is_cut_with_care(text: str, careful: list[str]) -> None:
    plane = small_letters("".join(map(chr, range(0x10000))))
    looked = LetterTable(plane, cutter().uncommon, signs()).cut(text + " " * 200)
    assert looked is not None
    assert [text[start:end] for start, end in looked.careful] == careful


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("L'été 'dernier' à Rome’s", True),
        ("goal \U0001f600 scored", True),
        ("www. and http://x.y/z are addresses", True),
        ("中国", False),
        ("e\u0301", False),
    ],
)
def test_only_texts_of_letters_that_stand_by_themselves_are_plain(text: str, plain: bool) -> None:
    assert cut(text + " " * 200).plain is plain
    assert cut(text).words == cut(text + " " * 200).words


def test_a_letter_that_needs_care_does_not_load_the_dictionaries_of_chinese_and_japanese() -> None:
    # 42 MB, and half a millisecond for every such page: one rainbow flag was enough.
    matched = """
import sys
from worker.match.index import TopicIndex
from worker.model import Article, Topic, TopicId
index = TopicIndex()
index.add(Topic(TopicId(1), "NATO", "NATO summit"))
(match,) = index.match(Article("🏳️\\u200d🌈 NATO summit", "中文", "en"))
assert not [name for name in sys.modules if name.startswith("icu4py")], "loaded"
"""
    subprocess.run([sys.executable, "-c", matched], check=True, cwd=Path(__file__).parents[3])
