"""Groups of words that topics are filed under are found where their words stand side by side."""

from __future__ import annotations

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


def test_a_group_is_looked_for_until_it_is_discarded() -> None:
    groups, text = _looking_for("a b", "a b c", "b b"), FieldText("body", "a b b c", None)
    assert set(groups.within(text)) == {"a b", "b b"}
    groups.discard("b b")
    assert list(groups.within(text)) == ["a b"]
    groups.discard("a b")
    assert list(groups.within(FieldText("body", "a b c", None))) == ["a b c"]
    groups.discard("a b c")
    assert not groups
