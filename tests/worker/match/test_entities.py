"""Every entity pack proves itself by its own examples, and a broken pack is named."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import BadInput
from worker.match import TopicIndex, entity_names, namebook
from worker.match.entities import (
    Catalogue,
    Entity,
    Example,
    Name,
    entity_of,
    pack_files,
    read_lines,
    read_pack,
    shipped,
)
from worker.match.entities.packs import entries
from worker.match.namebook import NameBook
from worker.model import Article, Topic, TopicId

ALL = list(shipped().values())
KEYS = [entity.key for entity in ALL if entity.examples]
PACKS = dict(pack_files())


def _read(pack: str) -> list[Entity]:
    read = read_lines if pack.endswith(".jsonl") else read_pack
    return read(PACKS[pack].decode(), f"entities/{pack}")


def _hits(key: str, article: Article) -> list[str]:
    index = TopicIndex()
    index.add(Topic(TopicId(1), key, f"@{key}"))
    return [hit.text for match in index.match(article) for hit in match.hits]


@pytest.fixture(scope="module")
def every_entity() -> TopicIndex:
    """One topic per entity that has examples, its number the entity's place in `KEYS`."""
    index = TopicIndex()
    for number, key in enumerate(KEYS):
        index.add(Topic(TopicId(number), key, f"@{key}"))
    return index


@pytest.mark.parametrize("pack", PACKS)
def test_an_entity_is_hit_in_its_examples_and_nowhere_else(pack: str, every_entity: TopicIndex) -> None:
    wrong = []
    for entity in _read(pack):
        for example in entity.examples:
            found = every_entity.match(Article("", example.text, language=example.language))
            hits = [hit.text for match in found if KEYS[match.topic] == entity.key for hit in match.hits]
            if hits != list(example.hits):
                wrong.append(f"{entity.key}: {example.language} {example.text!r}: {hits}")
    assert wrong == []


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_read_piece_by_piece_says_what_it_says_as_a_whole(pack: str) -> None:
    piecewise = [(key, entry()) for key, entry in entries(PACKS[pack], f"entities/{pack}")]
    assert piecewise == [(entity.key, entity) for entity in _read(pack)]


@pytest.mark.parametrize("pack", [pack for pack in PACKS if pack.endswith(".toml")])
def test_every_entity_of_a_pack_for_people_shows_where_it_hits(pack: str) -> None:
    assert [entity.key for entity in _read(pack) if not entity.examples] == []


def test_a_word_in_also_words_is_a_name_of_its_entity() -> None:
    strangers = [
        (entity.key, word)
        for entity in ALL
        for word in entity.also_words.keys() - {name.text for name in entity.names}
    ]
    assert strangers == []


def test_a_name_that_is_a_foreign_word_stays_silent_in_that_language_only() -> None:
    iceland = "Island liegt im Nordatlantik"
    assert _hits("iceland", Article("", iceland, language="de")) == ["Island"]
    assert _hits("iceland", Article("", "Rhode Island and Long Island", language="en")) == []


FLOORS = {"countries.jsonl": 245, "capitals.jsonl": 190, "cities.jsonl": 300}


@pytest.mark.parametrize(("pack", "least"), FLOORS.items())
def test_a_generated_pack_has_not_shrunk(pack: str, least: int) -> None:
    assert len(_read(pack)) >= least


def test_every_country_is_named_in_the_languages_of_the_desk() -> None:
    desk = set("id en uk ru pl de fr es".split())
    without = {
        entity.key: desk - {name.language for name in shipped()[entity.key].names}
        for entity in _read("countries.jsonl")
        if entity.kind == "country"
    }
    assert {key: missing for key, missing in without.items() if missing} == {}


# As the press of these languages writes them.
COUNTRIES = {
    "ukraine": "Ukraina Ukraine Україна Украина Ukraina Ukraine Ukraine Ucrania Ucraina Ukrayna "
    "أوكرانيا אוקראינה 乌克兰 ウクライナ 우크라이나",
    "germany": "Jerman Germany Німеччина Германия Niemcy Deutschland Allemagne Alemania Germania Almanya "
    "ألمانيا גרמניה 德国 ドイツ 독일",
    "japan": "Jepang Japan Японія Япония Japonia Japan Japon Japón Giappone Japonya "
    "اليابان יפן 日本 日本 일본",
    "india": "India India Індія Индия Indie Indien Inde India India Hindistan الهند הודו 印度 インド 인도",
    "brazil": "Brasil Brazil Бразилія Бразилия Brazylia Brasilien Brésil Brasil Brasile Brezilya "
    "البرازيل ברזיל 巴西 ブラジル 브라질",
    "egypt": "Mesir Egypt Єгипет Египет Egipt Ägypten Égypte Egipto Egitto Mısır "
    "مصر מצרים 埃及 エジプト 이집트",
    "iran": "Iran Iran Іран Иран Iran Iran Iran Irán Iran İran إيران איראן 伊朗 イラン 이란",
    "vietnam": "Vietnam Vietnam Вʼєтнам Вьетнам Wietnam Vietnam Viêt_Nam Vietnam Vietnam Vietnam "
    "فيتنام וייטנאם 越南 ベトナム 베트남",
    "spain": "Spanyol Spain Іспанія Испания Hiszpania Spanien Espagne España Spagna İspanya "
    "إسبانيا ספרד 西班牙 スペイン 스페인",
    "greece": "Yunani Greece Греція Греция Grecja Griechenland Grèce Grecia Grecia Yunanistan "
    "اليونان יוון 希腊 ギリシャ 그리스",
}
FIFTEEN = "id en uk ru pl de fr es it tr ar he zh ja ko".split()


@pytest.mark.parametrize(("key", "names"), COUNTRIES.items())
def test_a_country_is_found_under_its_names_in_fifteen_languages(key: str, names: str) -> None:
    written = dict(zip(FIFTEEN, (name.replace("_", " ") for name in names.split()), strict=True))
    found = {tongue: _hits(key, Article("", f"{name}.", language=tongue)) for tongue, name in written.items()}
    assert found == {tongue: [name] for tongue, name in written.items()}


def test_the_keys_that_people_learn_first_are_there() -> None:
    wanted = """
        ukraine russia nato kyiv moscow putin biden zelensky usa un eu china indonesia germany france japan israel
        iran india turkey georgia poland uk uae south-korea north-korea dr-congo congo czechia ivory-coast myanmar
        north-macedonia timor-leste cape-verde hong-kong macao palestine vatican taiwan kosovo jakarta washington-dc
        london beijing paris new-york singapore-city mexico-city panama-city luxembourg-city
    """
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


@pytest.mark.parametrize(("language", "expected"), [("de", ["EU"]), ("pt", [])])
def test_a_shouted_acronym_of_two_letters_counts_where_the_pack_knows_it_is_no_word(
    language: str, expected: list[str]
) -> None:
    assert _hits("eu", Article("EU PLUS MAXIMUM", "", language=language)) == expected


@pytest.mark.parametrize(
    ("key", "text", "home", "elsewhere"),
    [
        ("eu", "Karar AB için önemli", "tr", "sv"),
        ("un", "Die UNO berät", "de", "it"),
        ("usa", "Chính phủ Mỹ", "vi", "en"),
    ],
)
def test_a_short_name_counts_at_home_only(key: str, text: str, home: str, elsewhere: str) -> None:
    assert len(_hits(key, Article("", text, language=home))) == 1
    assert _hits(key, Article("", text, language=elsewhere)) == []


def test_a_norwegian_genitive_stands_straight_on_the_acronym() -> None:
    assert _hits("usa", Article("", "Det er USAs president", language="no")) == ["USAs"]
    assert _hits("eu", Article("", "They are EUs and Eus", language="en")) == []


def test_a_short_name_of_a_country_needs_its_marks() -> None:
    assert _hits("usa", Article("", "My", language="vi")) == []
    assert _hits("usa", Article("", "See My house and My garden")) == []


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


_X = '[[entity]]\nkey = "x"\n'
BROKEN = {
    "": "expected [[entity]] tables and nothing else",
    "key = 1": "expected [[entity]] tables and nothing else",
    "entity = [3]": "expected an entity as a table, not 3",
    "entity = 3": "expected [[entity]] tables and nothing else",
    "nonsense": "Expected",
    '[[entity]]\nkee = "x"': "entity '?': kee: expected only the fields also_words, as_of,",
    '[[entity]]\ntitle = "x"': "entity '?': key: expected small letters a-z, digits, - and _",
    '[[entity]]\nkey = "X Y"': "entity 'X Y': key: expected small letters a-z, digits, - and _",
    _X + _X: "entity 'x': expected one entry in a file, found two",
    _X + "title = 3": "entity 'x': title: expected a text",
    _X + 'title = " "': "entity 'x': title: expected a text",
    _X + 'names.english = { name = ["X"] }': "entity 'x': names.english: expected a language code",
    _X + 'names.en = { names = ["X"] }': "entity 'x': names.en: expected a table with name, acronym, any",
    _X + 'names.en = { name = "X" }': "entity 'x': names.en.name: expected a list of texts",
    _X + "names.en = { name = [1] }": "entity 'x': names.en.name: expected a list of texts",
    _X + "names = 3": "entity 'x': names: expected a table",
    _X + 'names.en = { name = ["?!"] }': "entity 'x': names.en.name: expected letters or digits in '?!'",
    _X + "stop = 3": "entity 'x': stop: expected a table",
    _X + 'stop = ["—"]': "entity 'x': stop: expected letters or digits",
    _X + 'stop.en = "Y"': "entity 'x': stop.en: expected a list of texts",
    _X + 'also_words = { X = "en" }': "entity 'x': also_words.X: expected a list of texts",
    _X + 'also_words = { X = ["English"] }': "entity 'x': also_words.X: expected language codes",
    _X + 'not_in = { X = ["English"] }': "entity 'x': not_in.X: expected language codes",
    _X + 'kind = "planet"': "entity 'x': kind: expected one of country, territory,",
    _X + 'as_of = "15 January"': "entity 'x': as_of: expected a day",
    _X + "as_of = 2026-01-15": "entity 'x': as_of: expected a text",
    _X + 'source = "a friend"': "entity 'x': source: expected a web address",
    _X + 'examples.silent = [["en"]]': "entity 'x': examples.silent: expected [[",
    _X + 'examples.silent = [["en", "X", "X"]]': "entity 'x': examples.silent: expected [[",
    _X + 'examples.match = [["en", "X"]]': "entity 'x': examples.match: expected [[",
    _X + "examples.match = 3": "entity 'x': examples.match: expected [[",
    _X + 'examples.loud = [["en", "X"]]': "entity 'x': examples.loud: expected only match and silent",
}


@pytest.mark.parametrize(("toml", "complaint"), BROKEN.items())
def test_a_broken_pack_is_refused_with_its_name(toml: str, complaint: str) -> None:
    with pytest.raises(BadInput) as error:
        read_pack(toml, "entities/x.toml")
    assert complaint in str(error.value)
    assert str(error.value).startswith("entities/x.toml: ")


@pytest.mark.parametrize("text", ['{"key": "x", "title": 3}', '{"key": "x"', '{"title": "x"}', "[]"])
def test_a_broken_line_is_refused_with_its_file(text: str) -> None:
    with pytest.raises(BadInput, match=r"^entities/x\.jsonl: "):
        read_lines(text, "entities/x.jsonl")
    with pytest.raises(BadInput, match=r"^entities/x\.jsonl: "):
        [entry() for _, entry in entries(text.encode(), "entities/x.jsonl")]


_WORDS = st.sampled_from(
    "key title kind as_of source stop also_words not_in names examples en mul name any match silent odd".split()
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.sampled_from(["en", "who", "2026-01-15"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_WORDS, JSON, max_size=6))
def test_whatever_a_table_says_it_is_an_entity_or_bad_input(said: dict[str, object]) -> None:
    table = {"key": "who", **said}
    complaint = ""
    try:
        entity = entity_of(table)
    except BadInput as error:
        complaint = str(error)
    assert ": expected " in complaint if complaint else entity.key == table["key"]


def test_an_entity_says_all_it_was_told() -> None:
    said = """
        [[entity]]
        key = "who"
        title = "World Health Organization"
        kind = "organisation"
        as_of = "2026-01-15"
        source = "https://www.who.int"
        stop.en = ["Doctor Who"]
        also_words = { WHO = ["en"] }
        names.en = { name = ["World Health Organization"], acronym = ["WHO"] }
        examples.match = [["id", "Kata WHO kemarin", "WHO"]]
        examples.silent = [["en", "The man who came"]]
    """
    assert read_pack(said, "x.toml") == [
        Entity(
            key="who",
            title="World Health Organization",
            names=(Name("World Health Organization", "en", "name"), Name("WHO", "en", "acronym")),
            also_words={"WHO": frozenset({"en"})},
            stop=(Name("Doctor Who", "en", "any"),),
            examples=(
                Example("id", "Kata WHO kemarin", ("WHO",)),
                Example("en", "The man who came"),
            ),
            kind="organisation",
            as_of="2026-01-15",
            source="https://www.who.int",
        )
    ]


def _who(**more: object) -> Entity:
    return entity_of({"key": "who", **more})


def test_what_several_packs_say_about_a_key_counts_together() -> None:
    first = _who(title="WHO", names={"en": {"acronym": ["WHO"]}}, also_words={"WHO": ["en"]})
    more = _who(
        title="Another", names={"fr": {"acronym": ["OMS"]}}, stop=["Doctor Who"], also_words={"WHO": ["nl"]}
    )
    joined = Catalogue().extended([first, more, more])["who"]
    assert joined.title == "WHO"
    assert [name.text for name in joined.names] == ["WHO", "OMS"]
    assert joined.also_words == {"WHO": {"en", "nl"}}
    assert joined.stop == (Name("Doctor Who", "mul", "any"),)


def test_an_extended_catalogue_leaves_the_first_as_it_was() -> None:
    first = Catalogue().extended([_who(title="WHO", names={"en": {"acronym": ["WHO"]}})])
    assert len(first["who"].names) == 1
    second = first.extended([_who(names={"fr": {"acronym": ["OMS"]}})])
    assert (len(first["who"].names), len(second["who"].names)) == (1, 2)
    assert set(shipped().extended([first["who"]])) == {*shipped(), "who"}


@pytest.mark.parametrize(
    ("entity", "complaint"),
    [
        (_who(names={"en": {"name": ["X"]}}), "entity 'who': title: expected"),
        (_who(title="WHO"), "entity 'who': names: expected at least one"),
    ],
)
def test_an_entity_that_nobody_completes_is_refused(entity: Entity, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        Catalogue().extended([entity])


def test_the_nearest_keys_are_found_by_name_before_spelling() -> None:
    assert shipped().nearest("ukraina") == ["ukraine"]
    assert shipped().nearest("Nueva York") == ["new-york"]
    assert shipped().nearest("natoo") == ["nato"]
    assert shipped().nearest("putn") == ["putin"]
    assert shipped().nearest("perserikatan_bangsa-bangsa") == ["un"]
    assert shipped().nearest("zelenski")[0] == "zelensky"
    assert shipped().nearest("qqqqqq") == []


def test_what_extends_a_catalogue_is_near_as_well() -> None:
    small = Catalogue().extended([Entity("un", "United Nations", (Name("United Nations", "en", "name"),))])
    assert small.nearest("united-nations") == ["un"]
    more = Entity("un", "United Nations", (Name("Bangsa Bersatu", "id", "name"),))
    other = Entity("band", "The Band", (Name("United Nations", "en", "name"),))
    larger = small.extended([more, other])
    assert larger.nearest("bangsa bersatu") == ["un"]
    assert larger.nearest("United Nations") == ["un", "band"]
    assert small.nearest("United Nations") == ["un"]


def test_names_compiled_for_a_catalogue_are_forgotten_with_it() -> None:
    catalogue = shipped().extended([Entity("contoh", "Contoh", (Name("Contoh", "id", "name"),))])
    NameBook(catalogue, ["contoh", "nato"])
    assert catalogue in namebook._COMPILED
    gone = weakref.ref(catalogue)
    del catalogue
    gc.collect()
    assert gone() is None


def test_an_entity_that_cannot_be_read_leaves_a_book_as_it_was() -> None:
    book = NameBook(shipped())
    with pytest.raises(KeyError):
        book.add("no-such-thing")
    book.add("nato")
    book.discard("nato")
    assert (book.names, book.stops) == ({}, {})
