"""The sieve never keeps an article from a topic that would match it, and keeps most others."""

from __future__ import annotations

import unicodedata
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.worker.match.test_cases import CASES, _found
from tests.worker.match.test_entities import ALL
from worker.errors import BadQuery
from worker.match import TopicIndex
from worker.match.fold import bare, fold
from worker.match.sieve import Sieve, _FirstNet
from worker.match.writings import Sought
from worker.model import Article, Topic, TopicId

WORDS = (
    "nato NATO Nato ＮＡＴＯ НАТО Ukraina Україні Украиной Ukrainanya wa-Ukraina l'Ukraine L’Église peche pêche "
    "PÊCHE Straße STRASSE strasse Œuvre oeuvre Łódź lodz İstanbul istanbul ёлка елка 北约 乌克兰 "
    '集中国力 ウクライナ ｳｸﾗｲﾅ وأوكرانيا أُوكرانيا ארה"ב ประเทศยูเครน यूक्रेन C++ covid-19 so\u00adft ﬁn fin '
    "🚀 𝐍𝐀𝐓𝐎 perangkat New York new-york"
).split(" ")
QUERIES = (
    "nato", "@nato", "@ukraine", "@ukraine AND @nato", "ukraina OR peche", "pêche", "strasse", "Straße", "=NATO",
    '=C++', "title:nato", "perang*", '"new york"', '"new york"~2', "atleast/2(nato, ukraina, lodz)", "oeuvre",
    "nato NEAR/3 ukraina", "istanbul", "елка", "北约", "ウクライナ", "中国", "أوكرانيا", 'ארה"ב', "soft", "fin",
    "nato -ukraina", "nato AND ukraina", "(nato OR lodz) AND (peche OR fin) -kota", "@nato NEAR/6 perang*",
    '"pakta ukraina" OR "new york" AND 北约', "title:(nato AND lodz)",
    "lodz lang:pl", "covid-19", "@turkey OR @china", "église", "eglise",
)  # fmt: skip


def through(queries: list[str], *texts: str) -> list[bool]:
    sieve, written = Sieve(queries), [text.encode() for text in texts]
    found = sieve.through(written)
    assert found == [sieve.through([text])[0] for text in written]
    return found


def agrees(query: str, article: Article) -> None:
    index = TopicIndex()
    index.add(Topic(TopicId(1), "", query))
    if index.match(article):
        assert through([query], "hujan", f"{article.title}\n{article.body}", "")[1], (query, article)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_matches_goes_through_in_any_writing(query, form):
    for written in WORDS:
        for text in (written, written.upper(), written.lower(), written.title()):
            agrees(query, Article(unicodedata.normalize(form, f"x {text} di pakta"), "", None))
    agrees(query, Article("", unicodedata.normalize(form, " ".join(WORDS)), None))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(QUERIES), st.lists(st.sampled_from(WORDS), max_size=8), st.text(max_size=6))
@example("strasse", ["ẞ"], "STRAẞE")
def test_what_matches_goes_through_among_anything(query, words, between):
    agrees(query, Article(between.join(words), " ".join(words), None))


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "M"], max_codepoint=0xFFFF), min_size=1, max_size=5))
@example("ﾞ")
def test_a_word_of_any_letters_is_found_where_the_topic_finds_it(word):
    try:
        for text in (word, word.upper(), unicodedata.normalize("NFD", word)):
            agrees(word, Article(f"x {text} y", "", None))
    except BadQuery:
        pass  # an operator, or no word


@cache
def ways_to_write() -> dict[str, list[str]]:
    """For each letter, or two, beyond Han and Hangul all that folds to it: other cases and widths, ligatures, letters
    of four bytes; and the same in parts."""
    ways: dict[str, set[str]] = {}
    for char in map(
        chr, (*range(0x30, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x10000), *range(0x1D400, 0x1D800))
    ):
        if char.isalnum():
            for folded in {fold(char), bare(fold(char))}:
                if 1 <= len(folded) <= 2:
                    ways.setdefault(folded, set()).update((char, unicodedata.normalize("NFD", char)))
    return {folded: sorted(written) for folded, written in ways.items() if len(written) > 1}


HANGING = (*"\u0301\u0483\u064b\u05b0\u094d\u3099\u20dd\u200d\ufe0f\u00ad\u200f🚀𐎀", "🏴\U000e0067", "")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_word_is_found_however_its_letters_are_written(data):
    letters = data.draw(st.lists(st.sampled_from(sorted(ways_to_write())), min_size=1, max_size=6))
    written = "".join(data.draw(st.sampled_from(ways_to_write()[each])) for each in letters)
    hung = data.draw(st.sampled_from(HANGING))
    at = data.draw(st.integers(0, len(written)))
    try:
        for text in (written, written[:at] + hung + written[at:], f"{hung} {written}{hung}"):
            agrees("".join(letters), Article(f"x {text} y", "", None))
    except BadQuery:
        pass  # an operator, or no word


@pytest.mark.parametrize("word", ["하늘", "ガラス", "και", "оё", "لا", "հեմն", "กำ", "ກຳ", "ёлка", "भारत"])
def test_a_word_beyond_ascii_is_found_in_letters_that_begin_with_other_bytes(word):
    narrow = (
        word.replace("ガ", "ｶﾞ").replace("ラ", "ﾗ").replace("ス", "ｽ").replace("لا", "ﻻ").replace("մն", "ﬓ")
    )
    for written in (word, narrow, word.upper(), word.replace("αι", "ᾳ")):
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            agrees(word, Article(unicodedata.normalize(form, f"x {written} y"), "", None))


def test_whatever_matches_in_the_cases_of_careful_readers_goes_through():
    sieve = cache(lambda query: Sieve([query]))
    for case in CASES:
        if _found(case) is not None:
            text = f"{case.get('title', '')}\n{case['body']}"
            assert sieve(case["query"]).through([text.encode()]) == [True], (case["id"], case["query"], text)


@pytest.mark.parametrize("entity", ALL[::12], ids=lambda entity: entity.key)
def test_whatever_names_an_entity_in_its_examples_goes_through(entity):
    for each in entity.examples:
        agrees(f"@{entity.key}", Article("", each.text, each.language))


def test_a_text_without_the_bytes_of_a_word_is_not_looked_at():
    texts = ["Hujan di \u200bkota", "Дощ у місті", "地震 di Łódź", "київ"]
    assert through(["київ"], *texts) == [False, False, False, True]
    assert through(["地震", "київ"], *texts) == [False, False, True, True]


def test_marks_are_no_reason_to_read_a_text():
    texts = ["यूक्रेन में युद्ध", "สงคราม​ในยูเครน", "מִלְחָמָה בְּאוּקְרָאִינָה", "الحَربُ في أُوكرانيا", "wo\u0301rt"]
    assert through(["київ OR nato"], *texts) == [False] * 5
    assert through(["यूक्रेन"], *texts) == [True, False, False, False, False]
    assert through(["ยูเครน"], *texts) == [False, True, False, False, False]
    assert through(["אוקראינה OR أوكرانيا OR wort"], *texts) == [False, False, True, True, True]


def test_a_sign_for_two_letters_is_found_by_either_half_of_a_word_too():
    texts = ["Straße", "STRASSE", "Straſse", "strafe", "Encyclopædia", "encyclopaedia", "œuvre", "Flußschiff"]
    assert through(["strasse OR encyclopaedia OR oeuvre OR flussschiff"], *texts) == [
        True, True, True, False, True, True, True, True,
    ]  # fmt: skip
    assert through(["stras*"], "Straße", "Strada") == [True, False]


def test_more_words_than_one_pattern_takes():
    words = [Sought(f"kota{n}x") for n in range(2500)]
    net = _FirstNet(words)
    texts = [b"di kota0x", b"di Kota2499X.", b"kota2500x"]
    assert [at for at, _, _ in net.caught(texts)] == [0, 1]


def test_what_holds_none_of_the_words_is_kept():
    texts = [
        "Hujan turun lama sekali di kota.",
        "Sekjen NATO tiba.",
        "senator",
        "Дощ іде",
        "🚀 roket",
        "нато",
    ]
    assert through(["@nato"], *texts) == [False, True, False, False, False, False]
    assert through(["@nato"], "НАТО", "Nato", "nATO", "NATO-LAND") == [True, True, False, True]
    assert through(["nato", "roket"], *texts)[4]
    assert through(["nato"]) == []


def test_each_text_answers_for_itself_however_many_there_are():
    texts = ["nat", "o", "näto", "", "x" * 5000, "nato " * 2] * 50
    assert through(["nato"], *texts) == [False, False, True, False, False, True] * 50


def test_a_word_in_the_middle_of_another_is_none():
    texts = [
        "senator",
        "natof",
        "2nato",
        "natonya",
        "NATOnyalah!",
        "natomulah",
        "وnato",
        "nato가",
        "日nato月",
    ]
    assert through(["nato"], *texts) == [False, False, False, True, True, True, True, True, True]
    assert through(["nat*"], *texts) == [False, True, False, True, True, True, True, True, True]
    assert through(["київ"], "київський", "Київ–Львів", "укиїв", "у Київ") == [False, True, False, True]
    # in scripts that write no blanks, or hang little words on others, the letters alone count
    assert through(["北约 OR أوكرانيا"], "在北约国", "وبأوكرانيا") == [True, True]


def test_a_word_ends_where_an_address_begins_and_one_within_it_is_none():
    texts = [
        "natohttps://a.id/nato",
        "natoWWW.a.id",
        "x https://a.id/nato",
        "https://a.idnato",
        "https://a.idнато",
    ]
    assert through(["nato"], *texts) == [True, True, False, False, False]
    assert through(["нато"], *texts) == [False, False, False, False, True]


def test_marks_that_part_words_are_told_from_those_that_join_letters():
    texts = ["x\u0600nato", "x\u3099nato", "x\u200bnato", "x\u0301nato", "na\u00adto", "\u200bnato\ufe0f"]
    assert through(["nato"], *texts) == [True, True, False, False, True, True]


def test_a_name_needs_its_capital_where_its_script_has_them():
    texts = ["it was who said so", "Badan itu (WHO)", "ᴺATO", "l'Ægypte", "ægypte", "l'ÉGLISE"]
    assert through(["@who"], *texts) == [False, True, False, False, False, False]
    assert through(["@nato"], *texts)[2]
    assert through(["who"], *texts) == [True, True, False, False, False, False]


NEIGHBOURS = (
    *"x2'\u2019_-.日가وⅣßéЖ", "\u0600", "\u3099", "\u0301", "\u200d", "\u00ad", "nya", "lah", "kupun", "l'", "D\u2019",
    "'nun", "https://a.id/x", "www.a.id", "://", "ال", "ו", "는", "ها", "\u0374", "²", "🚀", "\ufe0f", "\n", " ",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(QUERIES),
    st.lists(st.sampled_from(NEIGHBOURS), max_size=3).map("".join),
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(NEIGHBOURS), max_size=3).map("".join),
)
def test_a_word_that_is_one_to_the_matcher_stands_alone_here_too(query, before, word, behind):
    for written in (word, word.lower(), word.upper()):
        agrees(query, Article(f"{before}{written}{behind}", f"x{before}{written}{behind}x", None))


WRITTEN = {
    "nato": "NATO Nato nato ＮＡＴＯ na\u00adto NATO'nun NATO’lerinden وnato nato는 NATOnya natolah".split(
        " "
    ),
    "ukraina": "Ukraina UKRAINA Ukrainanya wa-Ukraina l'Ukraina lorsqu\u2019Ukraina ukrain\u0301a Ukraina-lah".split(
        " "
    ),
    "eglise": ["Église", "l'Église", "L\u2019ÉGLISE", "e\u0301glise", "jusqu'église", "eglise"],
    "strasse": ["Straße", "STRASSE", "Straſse", "STRAẞE"],
    "oeuvre": ["Œuvre", "d'Œuvre", "oeuvre", "OEUVRE"],
    "fin": ["fin", "ﬁn", "fïn"],
    "2": ["2", "２", "²"],
}
BETWEEN = st.lists(st.sampled_from((" ", "\n", "-", ", ", "… — “", *NEIGHBOURS)), max_size=3).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_words_side_by_side_to_the_matcher_are_so_here_too(data):
    asked = data.draw(st.lists(st.sampled_from(sorted(WRITTEN)), min_size=2, max_size=3))
    query = data.draw(
        st.sampled_from(('"{}"', '"{}*"', '"{}" OR lodz', '"{}" -lodz', '"{}" AND 2', 'title:{!r} OR "{}"'))
    )
    words = [data.draw(st.sampled_from(WRITTEN[word])) for word in asked]
    blanks = [data.draw(st.one_of(st.just(" "), BETWEEN)) for _ in range(len(words) + 1)]
    text = "".join(map("".join, zip(blanks, [*words, ""], strict=True)))
    try:
        for written in (text, f"x {text} 2", f"l'{text}'nun"):
            agrees(query.replace("{!r}", "lodz").format(" ".join(asked)), Article(written, written, None))
    except BadQuery:
        pass  # a beginning that is too short


def test_the_words_of_a_phrase_far_from_one_another_are_none():
    texts = [
        "tidak ada",
        "Tidak, ADA!",
        "tidaknya l'ada",
        "tidak lagi ada",
        "ada dan tidak",
        "tidak satu dua tiga ada",
    ]
    assert through(['"tidak ada"'], *texts) == [True, True, True, True, False, False]
    assert through(['"tidak ada" OR hujan'], *texts, "hujan") == [True, True, True, True, False, False, True]
    assert through(['"tidak ada"', "dua"], *texts) == [True, True, True, True, False, True]
    assert through(['"tidak ada*" AND satu'], *texts, "satu tidak adanya") == [*[False] * 6, True]


def test_all_that_a_query_needs_is_looked_for():
    texts = ["Sekjen NATO tiba di Kyiv.", "Sekjen NATO tiba di Roma.", "Hujan di Kyiv, NATO diam."]
    assert through(["@nato AND kyiv AND sekjen"], *texts) == [True, False, False]
    assert through(['"sekjen nato tiba di roma"', "hujan AND kyiv"], *texts) == [False, True, True]
    assert through(["sekjen NEAR/3 roma"], *texts) == [False, True, False]


def test_letters_that_look_alike_from_afar_are_told_apart():
    assert through(["中"], "中国", "\u4e00\u5e2d\u04ad \u042d\u06ad") == [
        True,
        False,
    ]  # all end on the same bits


def test_a_query_that_cannot_be_read_is_refused():
    with pytest.raises(BadQuery):
        Sieve(["nato AND"])
