"""The catalogue: both languages say everything, with the same values and the plural forms that they have."""

from __future__ import annotations

import string

import pytest

from alerts.words import PLURALS, WORDS, Phrase, phrase

FORMS = {"en": {"one", "other"}, "id": {"other"}}


def forms(said: Phrase) -> list[str]:
    return [said] if isinstance(said, str) else list(said.values())


def placeholders(said: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(said) if name}


def test_both_languages_have_the_same_phrases() -> None:
    assert WORDS["en"].keys() == WORDS["id"].keys()


@pytest.mark.parametrize("key", WORDS["en"])
def test_both_languages_say_it_with_the_same_values(key: str) -> None:
    english, indonesian = WORDS["en"][key], WORDS["id"][key]
    assert isinstance(english, str) is isinstance(indonesian, str)
    assert all(text.strip() == text and text for text in (*forms(english), *forms(indonesian)))
    widest = max(map(placeholders, forms(english)), key=len)
    assert widest == max(map(placeholders, forms(indonesian)), key=len)
    assert all(placeholders(text) <= widest for text in forms(english))


@pytest.mark.parametrize("language", ["en", "id"])
def test_what_counts_has_every_form_of_its_language(language: str) -> None:
    for key, said in WORDS[language].items():  # type: ignore[index]
        if not isinstance(said, str):
            assert set(said) == FORMS[language], key
    assert {PLURALS[language](n) for n in range(200)} == FORMS[language]  # type: ignore[index]


def test_only_forms_and_signs_are_the_same_in_both_languages() -> None:
    same = {key for key in WORDS["en"] if WORDS["en"][key] == WORDS["id"][key]}
    assert same == {"article", "followup_of", "notice"}


def test_months_are_twelve() -> None:
    assert all(len(phrase(language, "months").split()) == 12 for language in WORDS)


def test_a_count_chooses_the_form() -> None:
    assert phrase("en", "outlets", 1) == "1 outlet"
    assert phrase("en", "outlets", 0) == "0 outlets"
    assert phrase("id", "outlets", 1) == "1 media"
    assert (
        phrase("en", "digest_stories", 1, n=4, stories=1, topics="NATO")
        == "Digest: 4 articles of one story on NATO"
    )
    assert (
        phrase("en", "digest_stories", 2, n=4, stories=2, topics="X")
        == "Digest: 4 articles in 2 stories on X"
    )
