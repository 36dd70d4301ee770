"""The grammar of queries: what they say, how they are printed, and what is wrong with bad ones."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import BadQuery
from worker.match import parse_query, print_query
from worker.match.cursor import EASY, Cursor
from worker.match.fold import plain
from worker.match.nodes import (
    And,
    AtLeast,
    Exact,
    Filter,
    Link,
    Named,
    Near,
    Not,
    Or,
    Phrase,
    Scoped,
    Word,
)
from worker.match.terms import phrase, spelled_out, words

CANONICAL = {
    "ukraina": "ukraina",
    "Ukraina rusia": "Ukraina AND rusia",
    "a AND b OR c": "a AND b OR c",
    "a OR b c": "a OR b AND c",
    "(a OR b) c": "(a OR b) AND c",
    "a | b & c": "a OR b AND c",
    "a -b": "a AND NOT b",
    "a NOT NOT b": "a AND NOT NOT b",
    "a -(b OR c)": "a AND NOT (b OR c)",
    "or and near in": "or AND and AND near AND in",
    '"OR" "NEAR"': '"OR" AND "NEAR"',
    "a NEAR b ONEAR/3 c": "a NEAR/5 b ONEAR/3 c",
    "a NEAR/2 (b NEAR/3 c)": "a NEAR/2 (b NEAR/3 c)",
    "(a NEAR/2 b) NEAR/3 c": "a NEAR/2 b NEAR/3 c",
    "a NEAR/1 b c": "a NEAR/1 b AND c",
    '"pakta pertahanan"~3': '"pakta pertahanan"~3',
    "“pakta pertahanan” «new start» „eins zwei“": '"pakta pertahanan" AND "new start" AND "eins zwei"',
    '"serang* militer" perang*': '"serang* militer" AND perang*',
    "covid-19 AT&T U.S.": '"covid 19" AND "AT T" AND "U S"',
    "prem’er l'Ukraine": "prem'er AND l'Ukraine",
    '=NATO ="New  START" =C++': '="NATO" AND ="New START" AND ="C++"',
    "@nato OR @UKRAINE": "@nato OR @ukraine",
    "title:a body:(b OR c)": "title:a AND body:(b OR c)",
    "title:(title:a)": "title:a",
    "a lang:id,uk": "a AND (lang:id OR lang:uk)",
    "a source:bisnis* tag:indonesia": "a AND source:bisnis* AND tag:indonesia",
    'a author:"Ayu Lestari" url:/ekonomi/': 'a AND author:"Ayu Lestari" AND url:/ekonomi/',
    'a -url:"https://x.y/?a=1,2"': 'a AND NOT url:"https://x.y/?a=1,2"',
    "a url:https://x.y/z": "a AND url:https://x.y/z",
    'atleast/2(a, b OR c, "d e")': 'atleast/2(a, b OR c, "d e")',
    "中国 美国*": '"中国" AND "美国*"',
    "ウクライナ ウク*": "ウクライナ AND ウク*",
    "covid-19va*": '"covid 19va*"',
    'ארה"ב': "ארה״ב",
    "title:a,b": "title:(a OR b)",
    "TITLE:x": "title:x",
}


@pytest.mark.parametrize(("written", "canonical"), CANONICAL.items())
def test_a_query_has_one_canonical_form(written: str, canonical: str) -> None:
    assert print_query(parse_query(written)) == canonical
    assert parse_query(canonical) == parse_query(written)


def test_each_part_knows_its_column() -> None:
    tree = parse_query('ukraina AND (title:nato OR "a b" NEAR c)')
    assert isinstance(tree, And)
    either = tree.parts[1]
    assert isinstance(either, Or)
    assert [tree.parts[0].column, either.parts[0].column, either.parts[1].column] == [1, 14, 28]


def test_the_tree_is_made_of_plain_values() -> None:
    a, phrase = Word("a"), Phrase((Word("b"), Word("c")), 1)
    assert parse_query('a NEAR/2 "b c"~1') == Near(a, (Link(phrase, 2, False),))
    assert parse_query("atleast/1(=D, @nato) lang:id") == And(
        (AtLeast(1, (Exact("D"), Named("nato"))), Filter("lang", "id"))
    )
    assert parse_query("a NOT title:emas*") == And((a, Not(Scoped("title", Word("emas", prefix=True)))))


WRONG = {
    "": "column 1: the query is empty; write at least one word",
    "ukraina AND (a": "column 13: '(' is never closed; write ')' where it ends",
    "titel:x": "column 1: unknown field 'titel:'; did you mean 'title:'?",
    "ukraina NEAR/x b": "column 9: NEAR needs a number after '/'; write NEAR/5",
    "ukraina NEAR/ b": "column 9: NEAR needs a number after '/'; write NEAR/5",
    "a ONEAR/101 b": "column 3: ONEAR/101 is too much; 100 is the most",
    "a)": "column 2: ')' closes nothing; remove it",
    "a ()": "column 3: '()' is empty; write a term between them or remove them",
    "a OR": "column 3: OR needs a term after it",
    "(a OR) b": "column 4: OR needs a term after it",
    "a AND": "column 3: AND needs a term after it",
    "a NOT": "column 3: NOT needs a term after it",
    "a NEAR/3": "column 3: NEAR needs a term after it",
    "title:": "column 1: 'title:' needs a term after it",
    'a "b': 'column 3: the quotation mark is never closed; write " where it ends',
    'a ""': "column 3: the quotation marks are empty; write a word between them or remove them",
    "pe*": "column 1: 'pe*' is too short; write at least 3 letters before '*'",
    "中*": "column 1: '中*' is too short; write at least 2 letters before '*'",
    "covid-1*": "column 7: '1*' is too short; write at least 3 letters before '*'",
    "per*ang": "column 4: '*' may only end a word; remove it",
    "*ang": "column 1: '*' may only end a word; remove it",
    '"a *"': "column 4: '*' may only end a word; remove it",
    "@ukraina": "column 1: unknown entity '@ukraina'; did you mean '@ukraine'?",
    "a @natoo": "column 3: unknown entity '@natoo'; did you mean '@nato'?",
    "@": "column 1: '@' needs the name of an entity after it; write @ukraine",
    "a OR NOT b": "column 6: needs at least one positive term; add a word that must be there",
    "a - b": "column 3: '-' needs a term directly after it; write -word, or leave the sign out",
    "title:-x": "column 7: '-' excludes only after a blank or '('; write NOT",
    "title:(body:x)": "column 8: 'body:' inside 'title:' can never match; write them side by side",
    "lang:(source:x) a": "column 7: 'source:' cannot stand inside 'lang:'; write them side by side",
    "a NEAR title:b": "column 8: 'title:' cannot stand beside NEAR; write title:(a NEAR b)",
    "a NEAR (b c)": "column 8: AND cannot stand beside NEAR; join words, phrases, entities, OR of these, "
    "or another NEAR",
    "a NEAR -b": "column 8: NOT cannot stand beside NEAR; join words, phrases, entities, OR of these, "
    "or another NEAR",
    "a lang:english": "column 8: 'english' is not a language code; did you mean lang:en?",
    "a lang:": "column 3: 'lang:' needs a term after it",
    "= b": "column 1: '=' needs a word after it; write =NATO or =\"New START\"",
    "a ???": "column 3: '???' has no letters or digits; remove it, or write the word it stands for",
    '"a b"~': "column 6: '~' needs a number after it; write \"two words\"~3",
    '"a b"~101': "column 6: ~101 is too much; 100 is the most",
    "atleast/(a)": "column 1: atleast needs a number after '/'; write atleast/2(a, b, c)",
    "atleast/2 a": "column 1: atleast needs its terms between '(' and ')'; write atleast/2(a, b, c)",
    "atleast/3(a, b)": "column 1: atleast/3 of 2 is too much; 2 is the most",
    "atleast/0(a, b)": "column 1: atleast/0 is always true; ask for at least 1",
    "atleast/2(a, b": "column 10: '(' is never closed; write ')' where it ends",
    "atleast/1(a,)": "column 12: , needs a term after it",
}


@pytest.mark.parametrize(("written", "complaint"), WRONG.items())
def test_a_bad_query_is_told_where_it_is_wrong_and_what_to_do(written: str, complaint: str) -> None:
    with pytest.raises(BadQuery) as error:
        parse_query(written)
    assert str(error.value) == complaint


@pytest.mark.parametrize(
    "written",
    ["-a", "NOT a", "lang:id", "lang:id source:x", "a OR lang:id", "NOT (a b)", "a OR (b OR -c)",
     "atleast/1(a, lang:id)", "atleast/2(a, -b, -c)", "NOT (lang:id OR NOT lang:en)", "title:(NOT a)"],
)  # fmt: skip
def test_a_branch_that_names_nothing_is_refused(written: str) -> None:
    with pytest.raises(BadQuery, match="needs at least one positive term"):
        parse_query(written)


@pytest.mark.parametrize(
    "written",
    [
        "a lang:id",
        "NOT NOT a",
        "NOT (NOT a OR lang:id)",
        "atleast/2(a, b, -c)",
        "a (b OR -c)",
        "title:(a -b)",
    ],
)
def test_a_query_is_accepted_where_every_branch_names_something(written: str) -> None:
    assert parse_query(print_query(parse_query(written))) == parse_query(written)


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("a" * 20_001, "column 20001: the query has 20,001 characters, more than 20,000"),
        ("a " * 4_001, "more than 4,000 terms"),
        ("(" * 10_000, "nested more than 40 levels deep"),
        ("NOT " * 4_000 + "a", "nested more than 40 levels deep"),
        ("title:" * 3_000 + "a", "nested more than 40 levels deep"),
        ("atleast/1(" * 1_900, "nested more than 40 levels deep"),
        ("-(" * 5_000, "nested more than 40 levels deep"),
        ("a NEAR/" + "9" * 9_000 + " b", "is too much; 100 is the most"),
    ],
)
def test_a_hostile_query_is_refused_with_a_sentence(written: str, part: str) -> None:
    with pytest.raises(BadQuery) as error:
        parse_query(written)
    assert part in str(error.value)
    assert len(str(error.value)) < 300


def test_the_limits_themselves_are_allowed() -> None:
    assert isinstance(parse_query("a " * 4_000), And)
    assert isinstance(parse_query("a NEAR/100 b"), Near)
    assert parse_query("(" * 39 + "a" + ")" * 39) == Word("a")


def test_a_long_chain_is_read_and_printed_without_deep_recursion() -> None:
    tree = parse_query(" NEAR ".join(["a"] * 1_900))
    assert isinstance(tree, Near)
    assert parse_query(print_query(tree)) == tree


_SIGNS = """
    a Ukraina perang* 中国 " “ « » ( ) OR AND NOT NEAR NEAR/3 ONEAR/2 - = @nato @ ~2 title: lang:id lang:
    url:/a/ , atleast/2( | & * ' x\u00ady É ½ ﷺ İ ß ำ
"""
_SCRAPS = st.sampled_from([*_SIGNS.split(), " ", "  ", "\n"])


def _complaint(written: str) -> BadQuery | None:
    """What is wrong with a query; nothing if it reads, and reads the same again as printed."""
    try:
        tree = parse_query(written)
    except BadQuery as error:
        return error
    assert parse_query(print_query(tree)) == tree
    return None


@given(st.lists(_SCRAPS, max_size=14).map("".join) | st.lists(_SCRAPS, max_size=14).map(" ".join))
def test_whatever_is_typed_is_either_refused_or_read_again_as_printed(written: str) -> None:
    complaint = _complaint(written)
    assert complaint is None or 1 <= complaint.column <= len(written) + 1


@given(st.text(max_size=60))
def test_any_text_at_all_is_either_refused_or_read_again_as_printed(written: str) -> None:
    complaint = _complaint(written)
    assert complaint is None or 1 <= complaint.column <= len(written) + 1


EASY_LETTERS = [char for char in map(chr, range(0x10000)) if EASY.fullmatch(char)]
EASY_WORDS = st.text(st.sampled_from(EASY_LETTERS), min_size=1, max_size=8)


def test_easy_letters_mean_themselves() -> None:
    assert [char for char in EASY_LETTERS if plain(char) != char or not char.isalnum()] == []


@given(EASY_WORDS, st.lists(EASY_WORDS, min_size=1, max_size=4))
def test_what_is_read_at_a_glance_is_what_a_second_look_would_read(one: str, several: list[str]) -> None:
    quoted = " ".join(several)
    assert asdict(spelled_out(one, 7)) == asdict(words(one, 7))
    assert asdict(spelled_out(f'"{quoted}"', 7)) == asdict(phrase(quoted, 7))
    assert asdict(parse_query(f'x "{quoted}" y')) == asdict(parse_query(f"x \u201c{quoted}\u201d y"))


def test_most_terms_are_read_at_a_glance() -> None:
    terms = ("nato", '"joko widodo"', "україна", "Łódź", '"a b"~3', "a-b", "don't", "名古屋", "perang*")
    assert [Cursor(term).ahead() for term in terms] == ["word", "phrase", "word", "word", *["other"] * 5]
