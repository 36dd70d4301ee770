"""Every entity pack proves itself by its own examples, and a broken pack is named."""

from __future__ import annotations

import pytest

from worker.errors import BadInput
from worker.match import TopicIndex, entity_names
from worker.match.entities import Entity, Example, entities, read_entity
from worker.model import Article, Topic, TopicId

ALL = list(entities().values())
EXAMPLES = [(entity.key, example) for entity in ALL for example in entity.examples]


def _hits(key: str, article: Article) -> list[str]:
    index = TopicIndex()
    index.add(Topic(TopicId(1), key, f"@{key}"))
    return [hit.text for match in index.match(article) for hit in match.hits]


@pytest.mark.parametrize(("key", "example"), EXAMPLES, ids=lambda value: str(getattr(value, "text", value)))
def test_an_entity_is_hit_in_its_examples_and_nowhere_else(key: str, example: Example) -> None:
    assert _hits(key, Article("", example.text, language=example.language)) == list(example.hits)


@pytest.mark.parametrize("entity", ALL, ids=lambda entity: entity.key)
def test_every_pack_shows_where_it_hits_and_where_it_stays_silent(entity: Entity) -> None:
    assert any(example.hits for example in entity.examples)
    assert any(not example.hits for example in entity.examples)


@pytest.mark.parametrize("entity", ALL, ids=lambda entity: entity.key)
def test_every_entity_is_named_in_the_languages_of_the_desk(entity: Entity) -> None:
    assert {"id", "en", "uk", "ru", "pl", "de", "fr", "es"} <= {name.language for name in entity.names}


def test_the_first_pack_is_there() -> None:
    wanted = "ukraine russia nato kyiv moscow putin biden zelensky usa un eu china indonesia"
    assert set(wanted.split()) <= set(entity_names())
    assert entity_names()["nato"] == "NATO"


@pytest.mark.parametrize(
    "text",
    [
        "They told us who won, as we saw",
        "Tell us. As for us, who knows?",
        "TELL US WHO WON",
        "WHO ARE THE UN-EASY",
    ],
)
def test_ordinary_words_that_look_like_acronyms_stay_silent(text: str) -> None:
    assert [key for key in ("usa", "un") if _hits(key, Article(text, "", language="en"))] == []


def test_a_short_acronym_in_a_shouted_headline_counts_when_the_article_names_the_entity_elsewhere() -> None:
    assert _hits("usa", Article("US VOTES TODAY", "Nobody knows.", language="en")) == []
    assert _hits("usa", Article("US VOTES TODAY", "The United States votes.", language="en")) == [
        "US",
        "United States",
    ]


def test_a_longer_acronym_in_a_shouted_headline_speaks_for_itself() -> None:
    assert _hits("un", Article("PBB DESAK GENCATAN SENJATA", "", language="id")) == ["PBB"]
    assert _hits("nato", Article("NATO A ROMA", "Una festa.", language="it")) == []
    assert _hits("nato", Article("NATO A ROMA", "Il vertice della NATO.", language="it")) == ["NATO", "NATO"]


@pytest.mark.parametrize(
    ("language", "expected"), [("en", ["Nato"]), ("de", ["Nato"]), ("it", []), ("es", []), ("pt", [])]
)
def test_nato_at_the_start_of_a_sentence_counts_where_it_is_no_word(
    language: str, expected: list[str]
) -> None:
    assert _hits("nato", Article("Nato ...", "", language=language)) == expected


def test_a_region_in_the_language_code_makes_no_difference() -> None:
    assert _hits("nato", Article("Nato ...", "", language="it-IT")) == []
    assert _hits("ukraine", Article("Ukrainaku", "", language="id_ID")) == ["Ukrainaku"]


def test_an_italian_birth_is_no_alliance_even_where_nobody_tells_the_language() -> None:
    born = Article("Nato a Roma nel 1950", "Il pittore, nato povero, è morto ricco. Nato in Italia.")
    assert _hits("nato", born) == []


def test_a_name_inside_a_longer_one_is_one_hit() -> None:
    assert _hits("usa", Article("", "The United States of America", language="en")) == [
        "United States of America"
    ]


def test_a_name_next_to_its_stop_context_still_counts() -> None:
    assert _hits("kyiv", Article("", "Chicken Kiev in Kiev", language="en")) == ["Kiev"]


BROKEN = {
    "key = 1": "entities/x.toml: it offers no names",
    "nonsense": "entities/x.toml: ",
    'kee = "x"': "entities/x.toml: 'kee' is not a key of an entity",
    '[names.en]\nname = ["X"]': "entities/x.toml: 'key' is missing",
    'key = "X Y"\ntitle = "X"\n[names.en]\nname = ["X"]': "may hold only small letters",
    'key = "x"\n[names.en]\nname = ["X"]': "'title' is missing",
    'key = "x"\ntitle = "X"\n[names.english]\nname = ["X"]': "'english' is not a language code",
    'key = "x"\ntitle = "X"\n[names.en]\nnames = ["X"]': "takes the keys name, acronym, any",
    'key = "x"\ntitle = "X"\n[names.en]\nname = "X"': "'names.en.name' must be a list of texts",
    'key = "x"\ntitle = "X"\nnames = 3': "'names' must be a table",
    'key = "x"\ntitle = "X"\n[names.en]\nname = ["?!"]': "'?!' has no letters or digits",
    'key = "x"\ntitle = "X"\n[names.en]\nname = ["X"]\n[examples]\nsilent = [["en"]]': "an example is",
    'key = "x"\ntitle = "X"\n[names.en]\nname = ["X"]\n[examples]\nmatch = [["en", "X"]]': "names the words",
}


@pytest.mark.parametrize(("toml", "complaint"), BROKEN.items())
def test_a_broken_pack_is_refused_with_its_name(toml: str, complaint: str) -> None:
    with pytest.raises(BadInput) as error:
        read_entity(toml, "x.toml")
    assert complaint in str(error.value)
    assert str(error.value).startswith("entities/x.toml: ")
