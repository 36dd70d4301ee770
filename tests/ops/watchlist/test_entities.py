"""Entities of one's own: what a file may say of them, what is refused, and how they come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ops.watchlist import DeclaredEntity, Known, Watchlist, parse_entities, parse_watchlist, write_watchlist
from ops.watchlist.entities import extended
from worker.match import TopicIndex
from worker.match.entities import entity_of, shipped
from worker.model import Article, Topic, TopicId

CONTOH = {"key": "contoh", "title": "Harian Contoh", "names": {"id": {"name": ["Harian Contoh"]}}}

_TEXTS = st.sampled_from(
    ["contoh", "Harian Contoh", "HC", "id", "2026-11-25", "place", "", "\x07", "x" * 300, "a.b", "@"]
)
_VALUES = st.recursive(
    _TEXTS | st.integers(0, 9) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "HC", "match"]), inner)
    ),
    max_leaves=6,
)
_KEYS = st.sampled_from(
    ["key", "title", "kind", "as_of", "source", "names", "stop", "also_words", "examples", "colour"]
)


def toml(value: Any) -> str:
    match value:
        case dict():
            return f"{{ {', '.join(f'{json.dumps(key)} = {toml(inner)}' for key, inner in value.items())} }}"
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case _:
            return json.dumps(value)


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _VALUES))
@example({"key": ""})
def test_whatever_a_table_says_it_is_taken_or_refused_with_its_line_and_what_is_taken_comes_back(said):
    text = "\n".join(["[[entity]]", *(f"{key} = {toml(value)}" for key, value in {**CONTOH, **said}.items())])
    found, complaints, _ = parse_watchlist(text, "w.toml")
    assert (found is None) == bool(complaints)
    for complaint in complaints:
        assert str(complaint).startswith("w.toml:")
        assert "[[entity]]" in str(complaint)
    if found is not None:
        json.dumps(found.entities[0].said)
        written = write_watchlist(found)
        assert parse_watchlist(written, "w.toml")[0] == found


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"key": "x" * 201}, "w.toml:2: [[entity]] key: "),
        (
            {"names": {"id": {"name": ["!"]}}},
            "w.toml:4: [[entity]] names.id.name: cannot be used; expected letters",
        ),
        (
            {"source": "example.org"},
            'w.toml:5: [[entity]] source: "example.org" does not fit; expected a web address',
        ),
    ],
)
def test_a_fault_is_told_with_line_key_and_what_was_expected(said, words):
    text = "\n".join(["[[entity]]", *(f"{key} = {toml(value)}" for key, value in {**CONTOH, **said}.items())])
    _, (complaint,), _ = parse_watchlist(text, "w.toml")
    assert str(complaint).startswith(words)


def test_a_topic_may_name_an_entity_that_stands_below_it_or_is_known():
    text = '[[topic]]\nname = "A"\nquery = "@contoh @other"\n' + write_watchlist(
        Watchlist(entities=(DeclaredEntity("contoh", CONTOH),))
    )
    other = DeclaredEntity("other", {**CONTOH, "key": "other"})
    assert parse_watchlist(text, "w.toml")[0] is None
    assert parse_watchlist(text, "w.toml", known=Known(entities=(other,)))[0] is not None


def test_an_entity_that_is_declared_anew_is_not_what_it_was():
    """What is known of it from before does not count beside what the file says."""
    before = DeclaredEntity("contoh", {**CONTOH, "examples": {"match": [["id", "Harian Contoh", "Contoh"]]}})
    text = write_watchlist(Watchlist(entities=(DeclaredEntity("contoh", CONTOH),)))
    assert parse_watchlist(text, "w.toml", known=Known(entities=(before,)))[2] == []


def test_examples_are_tried_with_the_names_that_pantau_brings():
    text = (
        '[[entity]]\nkey = "nato"\nnames.id = { name = ["Pakta Atlantik"] }\n'
        'examples.match = [["id", "NATO atau Pakta Atlantik", "NATO", "Pakta Atlantik"], ["id", "Hujan", "Hujan"]]\n'
    )
    found, complaints, (warning,) = parse_entities(text, "own.toml")
    assert found is not None
    assert complaints == []
    assert (
        str(warning) == 'own.toml:4: [[entity]] examples.match: in "Hujan" nothing is hit; expected "Hujan"'
    )


def test_what_another_version_stored_and_this_one_cannot_read_is_left_out():
    stored = [
        DeclaredEntity("odd", {"key": "odd", "colour": "red"}),
        DeclaredEntity("half", {"key": "half"}),
        DeclaredEntity("contoh", CONTOH),
    ]
    known = extended(shipped(), stored)
    assert "contoh" in known
    assert not {"odd", "half"} & set(known)
    index = TopicIndex(known)
    index.add(Topic(TopicId(0), "", "@contoh"))
    assert index.match(Article("Harian Contoh", ""))
    assert entity_of(CONTOH).title == "Harian Contoh"
