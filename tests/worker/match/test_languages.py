"""Every language file proves itself by its own examples; nothing has to be added here for a new one."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from worker.match import languages as registry
from worker.match.fold import fold
from worker.match.languages import Language, forms, languages
from worker.match.text import pieces
from worker.match.words import word

ALL = list(languages().values())


def _keys(written: str, language: str) -> set[str]:
    return {key for piece in pieces(written) for key in word(piece.written, language).keys}


@pytest.mark.parametrize("language", ALL, ids=lambda language: language.code)
def test_names_have_the_forms_their_language_gives_them(language: Language) -> None:
    for name, expected in language.inflected.items():
        assert set(expected.split()) <= forms(name, language.code), name


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
def test_a_language_has_examples_that_could_fail(language: Language) -> None:
    assert language.attached
    assert language.strangers


def test_the_languages_of_the_desk_are_there() -> None:
    assert {"id", "ms", "en", "uk", "ru", "pl", "de", "fr", "es"} <= languages().keys()


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
