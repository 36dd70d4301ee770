"""What words begin with, among the beginnings that are looked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.match.beginnings import Beginnings
from worker.match.index import TopicIndex
from worker.model import Article, Topic, TopicId

LETTERS = st.text("abガ", min_size=1, max_size=4)


@given(st.sets(LETTERS, max_size=12), st.sets(LETTERS, max_size=12), st.lists(LETTERS, max_size=12))
def test_every_beginning_of_a_word_is_found_and_what_is_no_longer_looked_for_is_gone(
    kept: set[str], gone: set[str], words: list[str]
) -> None:
    beginnings = Beginnings()
    for beginning in [*kept, *(gone - kept)]:
        beginnings.add(f"{beginning}*")
    for beginning in gone - kept:
        beginnings.discard(f"{beginning}*")
    assert bool(beginnings) is bool(kept)
    assert {*beginnings.among(words)} == {
        f"{beginning}*" for beginning in kept for word in words if word.startswith(beginning)
    }


def test_a_letter_that_a_joined_sign_left_alone_begins_longer_words() -> None:
    index = TopicIndex()
    index.add(Topic(TopicId(1), "gas", "ｶﾞ*"))
    index.add(Topic(TopicId(2), "war", "perang*"))
    assert [match.topic for match in index.match(Article("ガス会社", "perangkat lunak"))] == [1, 2]
    assert [match.topic for match in index.match(Article("ガ", "peran"))] == [1]
    index.discard(TopicId(1))
    assert [match.topic for match in index.match(Article("ガス", "perang"))] == [2]
