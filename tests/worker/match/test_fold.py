"""Spellings that mean the same word fold to the same string, in two layers."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.match.fold import bare, fold, loose, plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "Straße"),
        ("İSTANBUL", "istanbul"),
        ("ISPARTA", "ısparta"),
        ("ＮＡＴＯ", "nato"),
        ("ﾛｼｱ", "ロシア"),
        ("na\u00adto", "nato"),
        ("na\u200bto\ufeff", "nato"),
        ("cafe\u0301", "café"),
        ("за́мок", "замок"),
        ("ёлка", "елка"),
        ("е\u0308лка", "елка"),
        ("prem’er", "prem'er"),
        ("прем\u02bcєр", "прем'єр"),
        ("روســـيا", "روسيا"),
        ("أُوكْرَانِيَا", "اوكرانيا"),
        ("שָׁלוֹם", "שלום"),
        ('ארה"ב', "ארה״ב"),
        ("ΟΔΟΣ", "οδος"),
        ("Ὀδυσσεύς", "Ὀδυσσεύσ"),
        ("ﬁn", "fin"),
        ("ก\u0e4d\u0e32", "กำ"),
    ],
)
def test_two_spellings_of_one_word_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("accented", "without"),
    [("pêche", "peche"), ("Łódź", "lodz"), ("Ørsted", "orsted"), ("Đặng", "dang"), ("œuvre", "oeuvre"),
     ("Æthel", "aethel"), ("Ħal", "hal"), ("München", "munchen"), ("Αθήνα", "αθηνα"), ("ǖ", "u")],
)  # fmt: skip
def test_accents_come_off_in_the_bare_layer_only(accented: str, without: str) -> None:
    assert bare(fold(accented)) == without
    assert fold(accented) != without


@pytest.mark.parametrize("word", ["йод", "їжак", "ґанок", "हिन्दी", "ガス", "ไม้", "ѓавол"])
def test_marks_outside_latin_and_greek_are_letters(word: str) -> None:
    assert bare(fold(word)) == unicodedata.normalize("NFC", word)


def test_compatibility_forms_that_are_not_one_word_stay() -> None:
    assert fold("½") == "½"
    assert fold("ﷺ") == "ﷺ"


@given(st.text(max_size=12))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert bare(bare(fold(text))) == bare(fold(text))
    assert plain(plain(text)) == plain(text)


def test_a_loose_name_is_compared_as_people_compare() -> None:
    assert loose("  Le  Monde\tDiplomatique ") == "le monde diplomatique"
    assert loose("El País") == "el pais"


@given(st.text(alphabet="aeoßàéîñøłđæœżąōűĳāёйўїґάέώאءه'9", max_size=12))
def test_plain_words_lose_their_accents_as_all_others_do(word: str) -> None:
    # ẽ is beyond what the quick way knows.
    assert bare(fold(f"{word}ẽ")) == bare(fold(word)) + "e"
