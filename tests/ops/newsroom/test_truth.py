"""What the sample says of itself, held against Pantau's own reader and matcher."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ops.newsroom import Story, sample
from ops.newsroom.model import Printed
from ops.newsroom.pages import article_page
from worker.match import TopicIndex, detect
from worker.model import Article, Topic, TopicId
from worker.pages.extract import extract_page

SAMPLE = sample()
SITE = "http://127.0.0.1:9"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = tuple(SAMPLE.topics)


@pytest.fixture(scope="module")
def index() -> TopicIndex:
    index = TopicIndex()
    for number, name in enumerate(NAMES):
        index.add(Topic(TopicId(number), name, SAMPLE.topics[name]))
    return index


def read(story: Story) -> Article:
    outlet = SAMPLE.outlet(story.outlet)
    html = article_page(outlet, Printed(story, NOON, NOON), SITE)
    page = extract_page(html.body, SITE + story.path, html.content_type)
    return Article(story.title, page.text, detect(f"{story.title}\n{page.text}", page.language))


def matched(index: TopicIndex, article: Article) -> dict[str, list[str]]:
    return {NAMES[match.topic]: [hit.text for hit in match.hits] for match in index.match(article)}


@pytest.mark.parametrize("story", SAMPLE.stories, ids=lambda story: story.slug)
def test_a_page_matches_the_topics_it_is_expected_to_match_by_the_expected_words(
    index: TopicIndex, story: Story
) -> None:
    found = matched(index, read(story))
    assert found.keys() == story.expected.topics
    for topic, hits in found.items():
        assert set(hits) == set(story.expected.words[topic])


@pytest.mark.parametrize("story", SAMPLE.stories, ids=lambda story: story.slug)
def test_a_page_keeps_every_paragraph_and_is_read_in_its_outlets_language(story: Story) -> None:
    article = read(story)
    assert all(paragraph in article.body for paragraph in story.paragraphs)
    assert article.language == SAMPLE.outlet(story.outlet).language


@pytest.mark.parametrize("story", SAMPLE.stories, ids=lambda story: story.slug)
def test_what_the_feed_alone_says_never_matches_more_than_the_page(index: TopicIndex, story: Story) -> None:
    language = SAMPLE.outlet(story.outlet).language
    assert matched(index, Article(story.title, story.summary, language)).keys() <= story.expected.topics


@pytest.mark.parametrize(
    "story", [story for story in SAMPLE.stories if story.revision], ids=lambda story: story.slug
)
def test_a_later_version_matches_the_same_topics(index: TopicIndex, story: Story) -> None:
    assert story.revision is not None
    later = replace(story, title=story.revision.title, paragraphs=story.revision.paragraphs)
    assert matched(index, read(later)).keys() == story.expected.topics
