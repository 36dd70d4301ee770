from __future__ import annotations

from dataclasses import replace

import pytest

from ops.newsroom import Expectation, Outlet, Schedule, Story
from worker.errors import BadInput

STORY = Story("one", "alpha", "Title", ("Text.",))
ALPHA = Outlet("alpha", "Alpha")


@pytest.mark.parametrize(
    ("stories", "complaint"),
    [
        ((STORY, STORY), "story 'one' is there 2 times"),
        ((replace(STORY, slug="Not A Slug"),), "must be of the letters a-z"),
        ((replace(STORY, outlet="beta"),), "names the unknown outlet 'beta'"),
        ((replace(STORY, section="a/b"),), "has the section 'a/b', which is no path"),
        ((replace(STORY, paragraphs=("  ",)),), "needs a title and a paragraph"),
        ((replace(STORY, title=""),), "needs a title and a paragraph"),
        ((replace(STORY, copy_of="two"),), "copies the unknown story 'two'"),
    ],
)
def test_a_schedule_that_does_not_fit_together_says_what_is_wrong(
    stories: tuple[Story, ...], complaint: str
) -> None:
    with pytest.raises(BadInput, match="does not fit together") as caught:
        Schedule((ALPHA,), stories)
    assert complaint in str(caught.value)


def test_all_complaints_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        Schedule((ALPHA, ALPHA), (replace(STORY, outlet="x", copy_of="y"),))
    assert all(word in str(caught.value) for word in ("outlet 'alpha' is there 2 times", "'x'", "'y'"))


@pytest.mark.parametrize("words", [{}, {"War": (), "Peace": ("peace",)}])
def test_a_story_must_speak_of_each_topic_and_of_no_other(words: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(BadInput, match="must say for each topic which words match"):
        Schedule((ALPHA,), (replace(STORY, expected=Expectation(words)),), {"War": "war"})


def test_the_truth_is_every_pair_with_words_and_no_other() -> None:
    topics = {"War": "war", "Peace": "peace"}
    story = replace(STORY, expected=Expectation({"War": ("war",), "Peace": ()}))
    assert Schedule((ALPHA,), (story,), topics).truth == {("one", "War")}


def test_asking_for_what_is_not_there_is_bad_input() -> None:
    schedule = Schedule((ALPHA,), (STORY,))
    with pytest.raises(BadInput, match="no story 'two'"):
        schedule.story("two")
    with pytest.raises(BadInput, match="no outlet 'beta'"):
        schedule.outlet("beta")
