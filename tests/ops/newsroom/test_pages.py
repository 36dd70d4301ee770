from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from ops.newsroom import Furniture, Outlet, Story, sample
from ops.newsroom.model import Layout, Printed
from ops.newsroom.pages import article_page, front_page, missing_page, photo

SITE = "http://127.0.0.1:9"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAYOUTS: tuple[Layout, ...] = ("portal", "broadsheet", "agency")
STORY = Story(
    "s",
    "a",
    "A title",
    tuple(f"Paragraph number {n} stands here." for n in range(1, 9)),
    "In short.",
    tags=("TAGWORD",),
    furniture=Furniture(
        "AUTHORNAME", "EDITORNAME", "SOURCENAME", "CAPTIONWORDS", ("SEEALSO",), ("RELATEDLINE",)
    ),
)


def page(outlet: Outlet, story: Story = STORY, edited: bool = False) -> str:
    updated = NOON + timedelta(minutes=5 * edited)
    return article_page(outlet, Printed(story, NOON, updated), SITE).body.decode()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_has_all_its_paragraphs_in_order_and_all_the_furniture(layout: Layout) -> None:
    text = html.fromstring(page(Outlet("a", "A", layout=layout, hot_topics=("HOTTOPIC",)))).text_content()
    places = [text.index(paragraph) for paragraph in STORY.paragraphs]
    assert places == sorted(places)
    furniture = (
        "AUTHORNAME",
        "EDITORNAME",
        "SOURCENAME",
        "CAPTIONWORDS",
        "SEEALSO",
        "RELATEDLINE",
        "HOTTOPIC",
    )
    assert all(word in text for word in furniture)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("id", ("Artikel Terkait", "Baca juga", "Editor :", "Sumber :", "Topik Hangat", "Berlangganan")),
        ("uk", ("Матеріали за темою", "Читайте також", "Реклама")),
        ("ru", ("Материалы по теме", "Читайте также", "Реклама")),
        ("en", ("Related articles", "Read more", "Advertisement")),
        ("xx", ("Related articles", "Read more", "Advertisement")),
    ],
)
def test_the_furniture_speaks_the_outlets_language(language: str, words: tuple[str, ...]) -> None:
    text = html.fromstring(page(Outlet("a", "A", language=language, hot_topics=("X",)))).text_content()
    assert all(word in text for word in words)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_related_headlines_and_hot_topics_stand_outside_the_element_of_the_text(layout: Layout) -> None:
    tree = html.fromstring(page(Outlet("a", "A", layout=layout, hot_topics=("HOTTOPIC",))))
    (first,) = tree.xpath("//p[contains(., 'Paragraph number 1 stands')]")
    around = first.getparent().text_content()
    assert "Paragraph number 8" in around
    assert "RELATEDLINE" not in around
    assert "HOTTOPIC" not in around


def test_the_metadata_of_a_page_can_be_read_by_machines() -> None:
    tree = html.fromstring(page(Outlet("a", "A", language="id"), edited=True))
    (ld,) = tree.xpath("//script[@type='application/ld+json']/text()")
    facts = json.loads(ld)
    assert facts["headline"] == "A title"
    assert facts["datePublished"] == "2026-11-23T12:00:00+00:00"
    assert facts["dateModified"] == "2026-11-23T12:05:00+00:00"
    assert tree.xpath("//link[@rel='canonical']/@href") == [f"{SITE}/a/news/s"]
    assert tree.get("lang") == "id"
    assert "Diperbarui 12:05" in tree.text_content()


@pytest.mark.parametrize("layout", LAYOUTS)
@given(words=st.text(min_size=1, max_size=60))
def test_words_of_a_story_are_never_markup(layout: Layout, words: str) -> None:
    hostile = f"</p></script><script>alert(1)</script>{words}"
    furniture = Furniture(*(hostile,) * 4, (hostile,), (hostile,))
    story = Story("s", "a", hostile, (hostile,) * 4, hostile, tags=(hostile,), furniture=furniture)
    outlet = Outlet("a", hostile, layout=layout, tagline=hostile, hot_topics=(hostile,))
    assert "<script>alert" not in page(outlet, story)


def test_the_front_page_lists_stories_newest_first_and_names_the_feed() -> None:
    pieces = [
        Printed(Story(f"s{n}", "a", f"Title {n}", ("x",)), NOON + timedelta(n), NOON + timedelta(n))
        for n in range(3)
    ]
    tree = html.fromstring(front_page(Outlet("a", "A", feed="atom"), pieces, SITE).decode())
    assert tree.xpath("//ul[@class='stream']//a/text()") == ["Title 2", "Title 1", "Title 0"]
    assert tree.xpath("//link[@rel='alternate'][@type='application/atom+xml']/@href") == [
        f"{SITE}/a/atom.xml"
    ]


def test_the_photo_is_a_drawing() -> None:
    picture = photo(Outlet("a", "A"), Printed(STORY, NOON, NOON))
    assert picture.content_type == "image/svg+xml"
    assert etree.fromstring(picture.body).tag.endswith("svg")


def test_the_missing_page_shows_the_path_as_text() -> None:
    assert "<b>" not in missing_page("/<b>").decode()


@pytest.mark.parametrize("story", sample().stories, ids=lambda story: story.slug)
def test_no_page_of_the_sample_loads_anything_from_elsewhere(story: Story) -> None:
    outlet = sample().outlet(story.outlet)
    tree = html.fromstring(page(outlet, story))
    loaded = tree.xpath("//img/@src | //script/@src | //link[@rel='stylesheet']/@href | //iframe/@src")
    assert loaded == [f"/{outlet.slug}/photo/{story.slug}.svg"]
