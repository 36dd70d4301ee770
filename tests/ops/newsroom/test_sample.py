from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from ops.newsroom import Schedule, Story, sample
from ops.newsroom.sample import paragraphs, read_story
from worker.errors import BadInput

SAMPLE = sample()
FLAGSHIP = "perundingan-cegah-invasi-ukraina"
# Anything that could touch a topic, in the four languages of the sample, case left aside.
TRACES = {
    "Ukraine": r"ukrain|україн|украин|kyiv|київ|киев",
    "NATO": r"\bnato\b|\bнато\b|atlanti|атлант",
    "Floods": r"\bbanjir|\bflood",
}


def words_of(story: Story) -> str:
    return "\n".join((story.title, story.summary, *story.paragraphs))


@pytest.mark.parametrize("story", SAMPLE.stories, ids=lambda story: story.slug)
def test_the_words_that_a_story_is_expected_to_match_stand_in_it(story: Story) -> None:
    text = "\n".join((story.title, *story.paragraphs))
    for topic, words in story.expected.words.items():
        missing = [word for word in words if not re.search(rf"\b{re.escape(word)}\b", text)]
        assert not missing, topic


@pytest.mark.parametrize("story", SAMPLE.stories, ids=lambda story: story.slug)
def test_a_story_expected_to_stay_silent_has_no_trace_of_the_topic_in_its_own_words(story: Story) -> None:
    own = words_of(story).replace("nato a Genova", "").replace("nato e cresciuto", "")
    for topic, pattern in TRACES.items():
        found = re.findall(pattern, own, re.IGNORECASE)
        assert bool(found) == (topic in story.expected.topics), topic


@pytest.mark.parametrize("story", SAMPLE.stories, ids=lambda story: story.slug)
def test_each_story_gives_the_reason_of_its_expectation(story: Story) -> None:
    assert len(story.expected.reason) > 20
    assert story.expected.words.keys() == SAMPLE.topics.keys()


def test_the_flagship_names_the_alliance_in_its_tenth_paragraph_only() -> None:
    story = SAMPLE.story(FLAGSHIP)
    assert [n for n, text in enumerate(story.paragraphs, start=1) if "NATO" in text] == [10]
    assert "NATO" not in story.title + story.summary
    assert "Ukraina" in story.title


def test_one_story_has_the_alliance_in_its_related_box_only() -> None:
    story = SAMPLE.story("harga-kakao-turun")
    assert any("NATO" in headline for headline in story.furniture.related)
    assert "NATO" not in words_of(story)
    assert not story.expected.topics


def test_one_story_has_the_alliance_only_as_the_lower_case_word_of_another_language() -> None:
    story = SAMPLE.story("a-baker-from-two-ports")
    assert set(re.findall(r"\bnato\b", words_of(story), re.IGNORECASE)) == {"nato"}
    assert not story.expected.topics


def test_the_same_event_is_told_in_three_languages_and_copied_by_a_second_outlet() -> None:
    talks = [story for story in SAMPLE.stories if story.event == "geneva-talks"]
    assert {SAMPLE.outlet(story.outlet).language for story in talks} == {"id", "uk", "ru"}
    (copy,) = [story for story in talks if story.copy_of]
    original = SAMPLE.story(copy.copy_of)
    assert copy.outlet != original.outlet
    shared = set(copy.paragraphs) & set(original.paragraphs)
    assert len(shared) >= 0.8 * len(copy.paragraphs)


def test_the_sample_is_as_varied_as_a_real_morning() -> None:
    lengths = [len(story.paragraphs) for story in SAMPLE.stories]
    assert 24 <= len(SAMPLE.stories) <= 30
    assert sum(8 <= n <= 14 for n in lengths) >= 10
    assert min(lengths) >= 4
    assert {outlet.language for outlet in SAMPLE.outlets} == {"id", "en", "uk", "ru"}
    assert {outlet.feed for outlet in SAMPLE.outlets} == {"rss", "atom", "json"}
    assert any(outlet.feed_manners.delay_s for outlet in SAMPLE.outlets)
    assert any(outlet.feed_manners.failing for outlet in SAMPLE.outlets)
    assert Counter(bool(story.expected.topics) for story in SAMPLE.stories)[False] >= 10
    assert len(SAMPLE.backlog) >= 5
    assert {topic for _, topic in SAMPLE.truth} == set(SAMPLE.topics)


def test_every_file_beside_the_sample_is_a_story_in_it() -> None:
    folder = Path(__file__).parents[3] / "ops/newsroom/articles"
    assert len(list(folder.iterdir())) == len(SAMPLE.stories)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = ", "is not TOML"),
        ('title = "x"\n[expect]\nreason = ""', "needs the key 'text'"),
        ('title = "x"\ntext = "y"', "needs the key 'expect'"),
        ('title = "x"\noutlet = "a"\ntext = "y"\nbyline = 1\n[expect]\nreason = ""', "'byline'"),
        ('title = "x"\noutlet = "a"\ntext = "y"\n[expect]\nWar = []', "needs the key 'reason'"),
    ],
)
def test_a_story_file_that_cannot_be_used_names_the_story_and_the_fault(text: str, complaint: str) -> None:
    with pytest.raises(BadInput, match="story 'x-y'") as caught:
        read_story("x-y", text)
    assert complaint in str(caught.value)


def test_blank_lines_part_paragraphs_and_line_breaks_do_not() -> None:
    assert paragraphs("\none\ntwo\n\n\n  three \n") == ("one two", "three")


def test_the_sample_can_be_read_more_than_once() -> None:
    assert isinstance(sample(), Schedule)
    assert sample() == SAMPLE
