"""A letter of many articles: by topic, then by story, nothing twice and nothing left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sections import sections, stories

Make = Callable[..., Any]
OF_MANY = ["digest", "quiet", "rollup", "backlog"]


def shown(letter: Any) -> list[tuple[str, list[list[int]]]]:
    return [
        (section.topic, [[item.article for item in story] for story in section.stories])
        for section in sections(letter)
    ]


@pytest.fixture(scope="session")
def digest_of(letter_of: Make, item_of: Make) -> Make:
    """A digest of articles given as (topics, story), numbered from 1."""

    def build(*articles: tuple[str, int | None], topics: str = "NCE", **facts: Any) -> Any:
        items = [
            item_of(article=number, topics=tuple(touched), story=story)
            for number, (touched, story) in enumerate(articles, 1)
        ]
        return letter_of(*items, **{"kind": "digest", "topics": tuple(topics), **facts})

    return build


def test_sections_stand_in_the_order_of_the_topics_and_none_is_empty(digest_of: Make) -> None:
    assert shown(digest_of(("E", None), ("N", None))) == [("N", [[2]]), ("E", [[1]])]


def test_an_article_of_several_topics_stands_once_under_the_first(digest_of: Make) -> None:
    assert shown(digest_of(("EN", None), ("C", None))) == [("N", [[1]]), ("C", [[2]])]


def test_a_story_stands_together_under_the_first_topic_that_any_of_it_touches(digest_of: Make) -> None:
    assert shown(digest_of(("E", 7), ("C", None), ("N", 7))) == [("N", [[1, 3]]), ("C", [[2]])]


def test_the_story_that_most_articles_tell_comes_first(digest_of: Make) -> None:
    letter = digest_of(("N", None), ("N", 7), ("N", 8), ("N", 7), ("N", 8), ("N", 8))
    assert shown(letter) == [("N", [[3, 5, 6], [2, 4], [1]])]


def test_a_topic_that_the_letter_does_not_list_comes_last(digest_of: Make) -> None:
    assert shown(digest_of(("X", None), ("", None), ("E", None))) == [("E", [[3]]), ("X", [[1]]), ("", [[2]])]


def test_what_tells_of_one_story_is_not_parted(digest_of: Make) -> None:
    assert shown(digest_of(("N", 7), ("E", 7), kind="article")) == [("", [[1, 2]])]
    assert shown(digest_of(("N", 7), ("E", 7), kind="followup")) == [("", [[1], [2]])]
    assert shown(digest_of(*[("N", 7)] * 4, kind="followup")) == [("", [[1, 2, 3, 4]])]


ARTICLES = st.lists(
    st.tuples(st.lists(st.sampled_from("NCEX"), max_size=3, unique=True), st.none() | st.integers(1, 4)),
    max_size=25,
)


@given(articles=ARTICLES, kind=st.sampled_from([*OF_MANY, "article", "followup", "update"]))
def test_every_article_stands_in_exactly_one_place(digest_of: Make, articles: Any, kind: str) -> None:
    letter = digest_of(*articles, kind=kind) if articles else None
    if letter is None:
        return
    places = Counter(
        item.article for section in sections(letter) for story in section.stories for item in story
    )
    assert places == Counter(item.article for item in letter.items)
    assert all(section.articles > 0 for section in sections(letter))
    assert all(len({item.story for item in story}) == 1 for story in stories(letter.items))
