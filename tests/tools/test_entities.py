"""What the generator of packs does to names, tried without the registers it reads."""

from __future__ import annotations

import json

import pytest

from tools.entities import drafts, inside, lines, naming, words
from tools.entities.drafts import Draft
from worker.match.entities import Entity, Name, entity_of
from worker.match.entities.packs import read_lines


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Côte d’Ivoire", "cote-divoire"),
        ("Antigua and Barbuda", "antigua-and-barbuda"),
        ("Saint Barthélemy", "saint-barthelemy"),
        ("Timor-Leste", "timor-leste"),
        ("Łódź", "lodz"),
    ],
)
def test_a_key_is_the_title_in_small_ascii_letters(title: str, key: str) -> None:
    assert naming.key_of(title) == key


@pytest.mark.parametrize(
    ("said", "code", "language", "names"),
    [
        ("Україна", "UA", "uk", ["Україна"]),
        ("UA", "UA", "xx", []),
        ("Myanmar (Burma)", "MM", "en", ["Myanmar", "Burma"]),
        ("Hongkong (Sonderverwaltungsregion)", "HK", "de", ["Hongkong"]),
        ("Congo (DRC)", "CD", "en", []),
        ("Congo - Kinshasa", "CD", "en", ["Congo-Kinshasa"]),
        ("Congo (República Democrática del Congo)", "CD", "es", ["República Democrática del Congo"]),
        ("Congo (Republic)", "CG", "en", []),
        ("Trinidad & Tobago", "TT", "en", ["Trinidad & Tobago", "Trinidad and Tobago"]),
        ("St. Lucia", "LC", "en", ["St. Lucia", "Saint Lucia"]),
        ("Îles Cook", "CK", "fr", ["îles Cook"]),
        ("Маршалловы о-ва", "MH", "ru", ["Маршалловы острова"]),
        ("in-Niġer", "NE", "mt", ["Niġer"]),
        ("Mỹ", "US", "vi", []),
        ("UK", "GB", "en", []),
        ("США", "US", "ru", ["США"]),
        ("kongo", "CG", "xx", []),
    ],
)  # fmt: skip
def test_what_a_register_calls_a_country_becomes_what_the_press_writes(
    said: str, code: str, language: str, names: list[str]
) -> None:
    assert naming.country_names(said, code, language) == names


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("Київ", ("uk",)),
        ("Быдгощ", ("ru",)),
        ("Мюнхен", ("ru", "uk")),
        ("Мүнхен", ()),
        ("Кијев", ("sr",)),
        ("Charków", ("pl",)),
        ("Munchen", ()),
        ("サンプル", ("ja",)),
        ("基輔", ("zh",)),
        ("키이우", ("ko",)),
    ],
)
def test_letters_tell_the_language_of_a_name_or_nothing_does(name: str, languages: tuple[str, ...]) -> None:
    assert naming.language_of_letters(name) == languages


def test_a_longer_name_of_another_thing_stops_the_shorter_one_in_any_inflection() -> None:
    names = {
        "sudan": [Name("Судан", "ru", "name"), Name("Sudan", "en", "name")],
        "south-sudan": [Name("Южный Судан", "ru", "name"), Name("South Sudan", "en", "name")],
        "ukraine": [Name("Україна", "uk", "name")],
        "army": [Name("Збройні сили України", "uk", "name")],
        "niger": [Name("Niger", "en", "name")],
        "nigeria": [Name("Nigeria", "en", "name")],
    }
    found = inside.stops(names)
    assert {stop.text for stop in found["sudan"]} == {"Южный Судан", "South Sudan"}
    assert {stop.text for stop in found["ukraine"]} == {"Збройні сили України"}
    assert found["niger"] == found["nigeria"] == found["south-sudan"] == set()


def _draft(key: str, rank: str, *names: tuple[str, str]) -> Draft:
    draft = Draft(key, key.title(), "country" if rank == "country" else "city", rank)
    for text, language in names:
        draft.add(text, language)
    return draft


def test_a_name_that_two_have_is_the_countrys() -> None:
    country = _draft("mexico", "country", ("Mexico", "en"), ("Mexique", "fr"))
    city = _draft("mexico-city", "capital", ("Mexico City", "en"), ("Mexico", "fr"))
    drafts.settle([country, city], {})
    assert [name.text for name in city.names] == ["Mexico City"]
    assert {name.text for name in country.names} == {"Mexico", "Mexique"}


def test_a_name_in_english_beats_the_countrys_in_another_language() -> None:
    country = _draft("tunisia", "country", ("Tunisia", "en"), ("Tunis", "hr"))
    city = _draft("tunis", "capital", ("Tunis", "en"))
    drafts.settle([country, city], {})
    assert [name.text for name in country.names] == ["Tunisia"]
    assert [name.text for name in city.names] == ["Tunis"]


def test_a_name_that_people_gave_to_a_thing_is_its_own() -> None:
    first = _draft("first", "country", ("Congo", "en"), ("First", "en"))
    second = _draft("second", "country", ("Second", "en"))
    note = entity_of({"key": "second", "names": {"fr": {"name": ["Congo"]}}})
    drafts.settle([first, second], {"second": note})
    assert [name.text for name in first.names] == ["First"]


def test_a_spelling_counts_once_where_no_rules_inflect_it() -> None:
    draft = _draft("chad", "country", ("Chad", "en"), ("Chad", "agq"), ("Chad", "pl"), ("Cadu", "bem"))
    drafts.settle([draft], {})
    assert [(name.text, name.language) for name in draft.names] == [
        ("Cadu", "bem"), ("Chad", "en"), ("Chad", "pl"),
    ]  # fmt: skip


USES = {("island", "en"): 5.2, ("iceland", "en"): 4.3, ("island", "de"): 4.5, ("island", "ja"): 4.5}


class _Counts:
    languages = ("de", "en", "ja")

    def frequency(self, word: str, language: str) -> float:
        return USES.get((word, language), 0.0)


ICELAND = [Name("Iceland", "en", "name"), Name("Island", "de", "name"), Name("アイスランド", "ja", "name")]


def test_a_name_that_is_a_foreign_word_does_not_count_in_that_language() -> None:
    assert words.not_in(ICELAND, _Counts()) == {"Island": ["en"]}


def test_a_form_of_a_foreign_name_that_is_a_word_silences_it_where_the_name_is_another() -> None:
    graz = [Name("Graz", "pl", "name"), Name("Gratz", "it", "name")]
    uses = {("grazie", "it"): 5.8, ("gratz", "it"): 3.0}
    counts = _Counts()
    counts.languages = ("it",)  # type: ignore[misc]
    counts.frequency = lambda word, language: uses.get((word, language), 0.0)  # type: ignore[method-assign]
    assert words.not_in(graz, counts) == {"Graz": ["it"]}
    assert words.not_in([*graz, Name("Graz", "it", "name")], counts) == {}


def test_people_may_forbid_the_forms_of_a_name() -> None:
    draft = _draft("apia", "capital", ("Apia", "en"), ("Apia", "pl"))
    drafts.without_forms([draft], {"apia": ["pl"]})
    assert [name.language for name in draft.names] == ["en", "mul"]


class _LatvianCounts:
    languages = ("lv",)

    def frequency(self, word: str, language: str) -> float:
        return {"kijevas": 5.0, "kijeva": 4.0}.get(word, 0.0)


def test_a_genitive_of_the_languages_own_name_is_no_foreign_word() -> None:
    lithuanian = Name("Kijevas", "lt", "name")
    assert words.not_in([lithuanian, Name("Kijeva", "lv", "name")], _LatvianCounts()) == {}
    assert words.not_in([lithuanian, Name("Kioto", "lv", "name")], _LatvianCounts()) == {"Kijevas": ["lv"]}


def test_small_languages_do_without_a_name_that_is_a_word_of_a_large_one() -> None:
    draft = _draft("mali", "country", ("Mali", "en"), ("Mari", "kln"), ("Mari", "fr"))
    drafts.without_rare_words([draft], {"mali": {"Mari": ["it"]}})
    assert [(name.text, name.language) for name in draft.names] == [("Mali", "en"), ("Mari", "fr")]


def test_what_people_say_about_a_name_holds_for_its_spellings() -> None:
    draft = _draft("oman", "country", ("Oman", "en"), ("Omán", "es"), ("Umman", "tr"))
    assert drafts.same_words(draft, {"Oman": frozenset({"fi"})}) == {"Oman": ["fi"], "Omán": ["fi"]}


def test_a_pack_is_written_as_it_is_read() -> None:
    draft = _draft("kyiv", "city", ("Київ", "uk"), ("Kyiv", "en"), ("Kiev", "en"))
    draft.stops = {Name("Chicken Kiev", "en", "name")}
    draft.not_in = {"Kiev": ["xx"]}
    text = lines.pack([draft])
    assert list(json.loads(text))[:3] == ["key", "title", "kind"]
    assert read_lines(text, "x.jsonl") == [
        Entity(
            key="kyiv",
            title="Kyiv",
            kind="city",
            names=(Name("Kiev", "en", "name"), Name("Kyiv", "en", "name"), Name("Київ", "uk", "name")),
            stop=(Name("Chicken Kiev", "en", "any"),),
            not_in={"Kiev": frozenset({"xx"})},
        )
    ]
