"""The look at a whole page may say yes too often, but never no where the article on it matches."""

from __future__ import annotations

import gzip
import json
import os
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.errors import BadInput
from worker.match import TopicIndex, detect
from worker.model import Article, Topic, TopicId
from worker.pages.boxes import content_of, texts_of
from worker.pages.extract import read_article
from worker.pages.page import open_page
from worker.pages.screen import whole_page

CORPUS = Path(__file__).parents[2] / "corpus" / "pages"


def _index(*queries: str) -> TopicIndex:
    index = TopicIndex()
    for number, query in enumerate(queries):
        index.add(Topic(TopicId(number), query, query))
    return index


def _looks(body: bytes, title: str = "") -> tuple[Article, Article]:
    """The article as it would be matched, and the page as it is screened."""
    page = open_page(body, "https://news.example/1")
    text = read_article(page)
    title = title or text.title
    return Article(title, text.text, detect(text.text, text.language)), whole_page(page, title)


LOOKS = [
    _looks(path.read_bytes(), json.loads(path.with_suffix(".json").read_text("utf-8")).get("title", ""))
    for path in sorted(CORPUS.glob("*.html"))
]


def _queries(draw: st.DrawFn, article: Article, whole: Article) -> str:
    """A query made of words that stand in the article, and of some that stand only around it."""
    inside, around = f"{article.title} {article.body}".split() or ["x"], whole.body.split() or ["x"]

    def word() -> str:
        return "".join(filter(str.isalnum, draw(st.sampled_from(inside)))) or "x"

    def run() -> str:
        at = draw(st.integers(0, len(inside) - 1))
        return " ".join(inside[at : at + draw(st.integers(1, 4))]).replace('"', "")

    def leaf() -> str:
        shape = draw(st.integers(0, 8))
        outside = "".join(filter(str.isalnum, draw(st.sampled_from(around)))) or "x"
        return (
            word(),
            f'"{run()}"',
            f"{word()[:6]}*" if len(word()) > 6 else word(),
            f"title:{word()}",
            f"={word()}",
            f"({word()} NEAR/{draw(st.integers(1, 30))} {word()})",
            f"({word()} NOT {outside})",
            f"(lang:{article.language or 'en'} AND {word()})",
            draw(st.sampled_from(("@ukraine", "@nato", "@russia", "@china", "@germany"))),
        )[shape]

    parts = [leaf() for _ in range(draw(st.integers(1, 4)))]
    return draw(st.sampled_from((" AND ", " OR "))).join(parts)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_matches_the_article_touches_its_page(data):
    article, whole = data.draw(st.sampled_from(LOOKS))
    try:
        index = _index(_queries(data.draw, article, whole))
    except BadInput:
        return
    if index.match(article):
        assert index.touches(whole)


@pytest.mark.parametrize(
    ("markup", "query"),
    [
        ("<p><b>N</b>ATO reacts to the news of the day.</p>", "NATO"),
        ("<p><span>M</span><span>os</span>cow reacts to it.</p>", "moscow"),
        ("<p>joko<b>widodo</b></p>", "joko"),
        ("<p>peace</p><p>talks</p>", '"peace talks"'),
        ("<p>peace</p><aside>a b c d e f g h i j</aside><p>talks</p>", "peace NEAR/1 talks"),
        ("<p>peace</p><footer>Sport</footer>", "peace NOT sport"),
        ("<p>peace</p>", "peace AND lang:uk"),
        ("<p>peace</p>", "title:peace OR peace"),
        ("<p>Ukrainanya</p>", "ukraina"),
        ("<p>l'Ukraine</p>", "ukraine"),
        ("<p>北京时间周三</p>", "北京"),
        ("<p>НАТО провела зустріч</p>", "@nato"),
        ("<p>Soft\u00adhyphen</p>", "softhyphen"),
        ("<p>cafe\u0301</p>", "café"),
        ("<p>qu&eacute;bec</p>", "québec"),
        (
            '<script type=\'application/ld+json\'>{"@type":"NewsArticle","articleBody":"peace"}</script>',
            "peace",
        ),
    ],
)
def test_the_look_at_a_page_does_not_miss(markup, query):
    assert _index(query).touches(whole_page(open_page(f"<html><body>{markup}</body></html>".encode())))


@pytest.mark.parametrize(
    "query",
    [
        "war",
        '"war talks"',
        "talks AND war",
        "peac* AND war",
        "@nato",
        "atleast(2: talks, war, sport)",
    ],
)
def test_a_page_without_the_words_is_left_for_later(query):
    page = open_page(
        b"<html><body><script>war nato</script><style>sport</style><p>Peace talks</p></body></html>"
    )
    assert not _index(query).touches(whole_page(page))


def test_what_is_never_an_articles_does_not_count():
    page = open_page(b"<body><nav>war</nav><p>peace</p><footer>war</footer><button>war</button></body>")
    assert not _index("war").touches(whole_page(page))


def test_the_feeds_title_counts():
    assert _index("war").touches(whole_page(open_page(b"<p>peace</p>"), "War and peace"))
    assert _index("war").touches(whole_page(open_page(b""), "War and peace"))


BLANKS = list(filter(str.isspace, map(chr, range(0x20, 0x11000))))


@pytest.mark.parametrize("blank", [*BLANKS, "\x7f", "\u200b", "\u2029\u2029"], ids=ascii)
def test_a_text_of_blanks_alone_parts_words_and_breaks_nothing(blank):
    body = whole_page(open_page(f"<p>peace<i>{blank}</i>talks<b>now</b></p>".encode())).body
    assert {"peace", "talksnow"} <= set(body.split())


_PIECES = st.lists(
    st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<nav>", "</nav>", "<br>", "<i>x</i>", "&nbsp;"])
    | st.text("ab .\u3000\u2029\x7f\U0001f600", max_size=3),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(_PIECES)
def test_whatever_stands_on_a_page_its_texts_are_those_of_its_content(markup):
    page = open_page(f"<body>{markup}</body>".encode())
    texts = texts_of(page.tree)
    assert "".join(texts) == "".join(content_of(page.tree).itertext()).replace("\u2029", "")
    body = whole_page(page).body
    assert [text for text in texts if text not in body] == []


@pytest.mark.skipif(
    not os.environ.get("PANTAU_DATA"), reason="PANTAU_DATA names no folder of annotated pages"
)
def test_on_real_pages_nothing_is_missed():
    data = Path(os.environ["PANTAU_DATA"]) / "extraction" / "html"
    looks = [_looks(gzip.decompress(path.read_bytes())) for path in sorted(data.glob("*.gz"))]
    dice = random.Random(7)
    words = [
        dice.choice(article.body.split() or ["x"]).strip(".,\"'()“”")
        for article, _ in looks
        for _ in range(20)
    ]
    queries = [f'"{one}" AND "{other}"' for one, other in pairwise(words) if one and other]
    queries += [f'"{one}"' for one in words if one]
    index = TopicIndex()
    for number, query in enumerate(queries):
        try:
            index.add(Topic(TopicId(number), query, query))
        except BadInput:
            continue
    matched = 0
    for article, whole in looks:
        touched = set(index._touched(whole))
        found = {match.topic for match in index.match(article)}
        matched += len(found)
        assert found <= touched, [queries[topic] for topic in found - touched]
    assert matched > len(looks)
