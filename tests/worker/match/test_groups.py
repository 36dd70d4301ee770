"""Groups of words that topics are filed under are found where their words stand side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.match.groups import Groups
from worker.match.text import FieldText


def _looking_for(*groups: str) -> Groups:
    found = Groups()
    for group in groups:
        found.add(group)
    return found


def test_words_side_by_side_are_found_under_each_key_they_answer_to() -> None:
    groups = _looking_for(
        "ukraina menang", "ukraina menang ukraine", "menang ukraine gagne", "ukraine gagne x"
    )
    text = FieldText("body", "Ukrainanya menang, l'Ukraine gagne", None)
    assert set(groups.within(text)) == {"ukraina menang", "ukraina menang ukraine", "menang ukraine gagne"}
    plain = FieldText("body", "menang ukraine gagne", None)
    assert list(groups.within(plain)) == ["menang ukraine gagne"]


WORDS = st.sampled_from("a b c d'a".split())
GROUPS = st.sets(st.lists(st.sampled_from("a b c".split()), min_size=2, max_size=3).map(" ".join), max_size=8)


@given(GROUPS, GROUPS, st.lists(WORDS, max_size=8))
def test_all_that_is_looked_for_is_found_and_nothing_else(
    kept: set[str], gone: set[str], words: list[str]
) -> None:
    groups = _looking_for(*kept, *(gone - kept))
    for group in gone - kept:
        groups.discard(group)
    text = FieldText("body", " ".join(words), None)
    stands = {group for group in kept if text.runs([(key, False) for key in group.split()])}
    assert set(groups.within(text)) == stands
    assert {*groups.among({*text.keys})} == {group for group in kept if text.keys >= {*group.split()}}
    assert bool(groups) is bool(kept)


def test_a_group_is_looked_for_until_it_is_discarded() -> None:
    groups, text = _looking_for("a b", "a b c", "b b"), FieldText("body", "a b b c", None)
    assert set(groups.within(text)) == {"a b", "b b"}
    groups.discard("b b")
    assert list(groups.within(text)) == ["a b"]
    groups.discard("a b")
    assert list(groups.within(FieldText("body", "a b c", None))) == ["a b c"]
    groups.discard("a b c")
    assert not groups
