"""What an article tells of: things, numbers and words, whatever its language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.match.entities import shipped
from worker.match.namebook import NameBook
from worker.match.reading import Reading
from worker.model import Article
from worker.story.rarity import Rarity, guessed_share
from worker.story.terms import LEAD, MOST_TERMS, is_number, numbers_in, root, terms_of


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4,200 monitors, 4.200 Beobachter, 4 200 observateurs", ["4200", "4200", "4200"]),
        ("magnitude 6.1, M 6,1", ["6.1", "6.1"]),
        ("4万片, 1.5 million, 210 tys., 95 тисяч, 52 bin", ["40000", "1500000", "210000", "95000", "52000"]),
        ("6.912,35 Punkte", ["6912.35"]),
        ("won 2-1, 34:12.", ["2-1", "34-12", "34", "12"]),
        ("in 2026, 5 people", []),
        ("٢٦٠ ألف", ["260000"]),
        ("1234567890123456789012345678901234567890", []),
        ("", []),
    ],
)
def test_numbers_are_the_same_however_they_are_written(text, numbers):
    assert list(numbers_in(text)) == numbers


@pytest.mark.parametrize(
    "spellings",
    ["Зеленський Зеленский Zelenskyy Zelensky", "Україна Украина", "gempa gempa", "Żółkiewski zolkiewska"],
)
def test_forms_and_scripts_of_a_name_have_one_root(spellings):
    first, *others = [root(word.lower()) for word in spellings.split()]
    if first.startswith("ukrai"):
        assert all(other[:4] == first[:4] for other in others)
    else:
        assert set(others) <= {first}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("id", "Ukraina dan NATO bertemu di Jenewa."),
        ("uk", "Представники України та НАТО зустрілися в Женеві."),
        ("de", "Die Ukraine und die NATO trafen sich in Genf."),
        ("ar", "اجتمع ممثلو أوكرانيا والناتو في جنيف."),
        ("zh", "乌克兰和北约在日内瓦会晤。"),
        ("xx", "Ukraine and NATO met in Geneva."),
        (None, "Ukraine and NATO met in Geneva."),
    ],
)
def test_things_are_the_same_in_every_language(language, text):
    assert {"@ukraine", "@nato", "@geneva"} <= terms_of(Article("", text, language)).keys()


def test_a_name_is_no_word_besides():
    assert terms_of(Article("", "Ukraine met Ukraine.", "en")).keys() == {"@ukraine"}


def test_what_stands_in_the_title_weighs_more():
    terms = terms_of(Article("Palu", "Palu and Donggala and Donggala", "id"))
    assert terms["@palu"] > terms["dongga"]


def test_a_list_counted_from_ten_to_thirty_says_nothing_by_its_numbers():
    text = " ".join(f"{n}. item" for n in range(10, 31)) + " and 4,200 more"
    assert [term for term in terms_of(Article("", text, "en")) if is_number(term)] == ["#4200"]


def test_a_book_does_not_take_long_or_much():
    text = "".join(f"Word{n} " for n in range(200_000))
    assert len(terms_of(Article("", text, "en"))) <= MOST_TERMS
    assert terms_of(Article("", text, "en")) == terms_of(Article("", text[:LEAD], "en"))


@given(st.text(max_size=200), st.text(max_size=400))
def test_any_text_has_terms_and_each_has_a_guessed_share(title, body):
    for term, weight in terms_of(Article(title, body, "en")).items():
        assert weight >= 1
        assert 0 < guessed_share(term) <= 1
        assert Rarity().telling(term, "en") >= 0


@pytest.mark.parametrize("language", ["id", "uk", "de"])
def test_a_book_of_one_language_finds_there_what_the_whole_one_finds(language):
    """On the packs' own examples in that language, of a hundred entities."""
    known = shipped()
    some = [key for key in known if any(each.language == language for each in known[key].examples)][:100]
    whole, own = NameBook(known, some), NameBook(known, some, language)
    for key in some:
        for example in known[key].examples:
            if example.language == language:
                article = Article("", example.text, language)
                assert Reading(article, own).entities() == Reading(article, whole).entities()
