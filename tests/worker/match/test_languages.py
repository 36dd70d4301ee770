"""Every language file proves itself by its own examples; nothing has to be added here for a new one."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.yardstick import costs_less, spent_on
from worker.match import languages as registry
from worker.match.cut import pieces
from worker.match.fold import bare, fold
from worker.match.languages import Language, forms, forms_at_home, languages
from worker.match.languages.sr import cyrillic, latin
from worker.match.paradigms import declined
from worker.match.words import word

ALL = list(languages().values())


def _keys(written: str, language: str) -> set[str]:
    return {key for piece in pieces(written) for key in word(piece.written, language).keys}


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_names_have_the_forms_their_language_gives_them(language: Language) -> None:
    for name, expected in language.inflected.items():
        known = forms(name, language.code) | forms_at_home(name, language.code)
        assert set(expected.split()) <= known, name


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_a_word_is_found_with_what_its_language_hangs_on_it(language: Language) -> None:
    for base, writings in language.attached.items():
        for written in writings.split():
            assert fold(base) in _keys(written, language.code), written


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_a_word_is_not_found_in_another_word(language: Language) -> None:
    for base, writings in language.strangers.items():
        for written in writings.split():
            assert fold(base) not in _keys(written, language.code), written


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_the_forms_of_a_name_are_no_other_words(language: Language) -> None:
    for name, others in language.unrelated.items():
        keys = {key for form in forms(name, language.code) for key in (fold(form), bare(fold(form)))}
        found = [other for other in others.split() if {fold(other), bare(fold(other))} & keys]
        assert found == [], name


@pytest.mark.parametrize(
    ("name", "language", "guarded"),
    [
        ("Italia", "fi", "Italian"),
        ("Korea", "fi", "Korean"),
        ("Niger", "fi", "Nigeriä"),
        ("Indien", "de", "Indiens"),
        ("Island", "de", "Islands"),
        ("Czechy", "pl", "Czech"),
        ("Кина", "sr", "Kini"),
        ("Peru", "hu", "Perut"),
        ("Róma", "hu", "Rómán"),
        ("Şam", "tr", "Şama"),
        ("Pakistan", "tr", "Pakistanı"),
    ],
)
def test_a_form_that_is_a_word_elsewhere_counts_only_at_home(name: str, language: str, guarded: str) -> None:
    assert guarded not in forms(name, language)
    assert guarded in forms_at_home(name, language)


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_what_counts_only_at_home_is_written_as_it_is_compared(language: Language) -> None:
    assert {form.lower() for form in language.at_home} == language.at_home


def test_a_language_without_a_file_has_nothing_at_home() -> None:
    assert forms_at_home("Ukraina", "xx") == frozenset()


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_a_language_has_examples_that_could_fail(language: Language) -> None:
    assert language.attached
    assert language.strangers
    assert language.unrelated


@pytest.mark.parametrize("code", "uk ru pl cs de nl fi tr el".split())
def test_a_language_that_inflects_shows_names_across_its_paradigms(code: str) -> None:
    assert len(languages()[code].inflected) >= 25


def test_the_languages_of_the_desk_are_there() -> None:
    inflecting = "uk ru pl cs sk be bg sr hr lt lv et fi hu ro de nl sv da no tr el hi fa ar he vi"
    others = "id ms en fr es pt it zh ja ko th"
    assert set(f"{inflecting} {others}".split()) == languages().keys()


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
@settings(max_examples=60, deadline=None)
@given(name=st.text(min_size=1, max_size=12))
def test_any_text_has_few_forms_and_is_one_of_them(language: Language, name: str) -> None:
    found = forms(name, language.code)
    assert name in found
    assert len(found) <= 80
    assert all(found)
    assert forms(name, language.code) == found


NAMES = sorted({name for language in ALL for name in (*language.inflected, *language.unrelated)})


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_the_names_of_every_language_have_few_forms_in_this_one(language: Language) -> None:
    for name in NAMES:
        for written in (name, name.upper(), name.lower(), name[:3], name[-3:]):
            found = forms(written, language.code)
            assert written in found, written
            assert len(found) <= 80, written
            assert all(found), written


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_a_very_long_word_takes_no_longer_than_its_letters(language: Language) -> None:
    names = ("a" * 50_000, "Київ" * 10_000, "ch" * 20_000, "न्द" * 15_000)
    assert costs_less(1, lambda: spent_on(lambda: [forms(name, language.code) for name in names]))
    assert all(name in forms(name, language.code) for name in names)


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
@pytest.mark.parametrize("written", "NATO G7 ONZ США AI 2024 COVID-19".split())
def test_acronyms_and_numbers_keep_their_form(language: Language, written: str) -> None:
    assert forms(written, language.code) == {written}


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
@pytest.mark.parametrize("particle", "и i of de da".split())
def test_a_particle_of_a_longer_name_keeps_its_form(language: Language, particle: str) -> None:
    assert forms(particle, language.code) <= {particle, cyrillic(particle), latin(particle)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Волга", {"Волга", "Волги", "Волге"}),
        ("Кама", {"Кама", "Камы"}),
        ("Рим", {"Рим", "Рима"}),
        ("Осло", {"Осло"}),
        ("Лев", {"Лев", "Льва"}),
        ("Ока", {"Ока", "Оки", "Оке"}),
        ("İzmir", {"İzmir"}),
    ],
)
def test_a_table_declines_by_the_longest_ending(name: str, expected: set[str]) -> None:
    table = """
        [мн]а: а ы
        [гк]а: а и е
        м: м ма
        [лс]о: о а
    """
    assert declined(table, whole="лев: льва", unchanging="осло")(name) == expected


def test_two_paradigms_for_one_ending_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two paradigms for names in -га"):
        declined("[гк]а: а и\n[вг]а: а ы")


def test_a_language_without_a_file_leaves_names_as_they_are() -> None:
    assert forms("Ukraina", "xx") == {"Ukraina"}


@pytest.mark.parametrize(
    ("offered", "complaint"),
    [(None, "languages/xx.py offers no LANGUAGE"), (Language("yy", "Y"), "calls its language 'yy'")],
)
def test_a_file_that_offers_nothing_stops_the_start_with_its_name(
    offered: Language | None, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("worker.match.languages.xx")
    if offered:
        module.LANGUAGE = offered  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(ImportError, match=complaint):
        registry._language("xx")
