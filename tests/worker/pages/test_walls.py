"""Walls are told from articles, and articles about walls from walls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from worker.pages.extract import extract_page

CORPUS = Path(__file__).parents[2] / "corpus"
# What news sites have around everything, walls or not: offers, a log-in, a banner that asks for consent.
SITE = """<header><a href=/>The Example</a> <nav><a href=/world>World</a> <a href=/subscribe>Subscribe</a>
<a href=/login>Log in</a></nav></header>{body}<footer><p>© 2026 The Example. All rights reserved.</p>
<a href=/privacy>Our privacy policy</a> <a href=/cookies>Cookie settings</a></footer>
<div id=banner><p>We use cookies and similar tools. We and our partners process data with your consent.</p>
<button>Accept all</button><button>Reject all</button></div>"""


def _rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (CORPUS / name).read_text("utf-8").splitlines()]


def _page(row: dict[str, str]) -> bytes:
    body = SITE.replace("{body}", row["body"]) if row["frame"] == "site" else row["body"]
    head = f"<meta charset=utf-8><title>{row['title']}</title>{row['head']}"
    return f"<html lang={row['lang']}><head>{head}</head><body>{body}</body></html>".encode()


WALLS, ARTICLES = _rows("walls.jsonl"), _rows("not-walls.jsonl")


@pytest.mark.parametrize("row", WALLS, ids=lambda row: row["name"])
def test_a_wall_is_taken_for_what_it_is(row):
    found = extract_page(_page(row), "https://news.example/1")
    assert found.wall == row["wall"]
    if "opening" in row:
        assert found.text.startswith(row["opening"])
    elif row["wall"] not in ("paywall", "login"):
        assert (found.text, found.method) == ("", "none")


@pytest.mark.parametrize("row", ARTICLES, ids=lambda row: row["name"])
def test_an_article_about_walls_is_none(row):
    found = extract_page(_page(row), "https://news.example/1")
    assert found.wall is None
    assert found.text.split("\n\n") == row["text"]


def test_the_corpus_is_broad():
    assert len(WALLS) >= 40
    assert len(ARTICLES) >= 40
    assert {row["wall"] for row in WALLS} == {"paywall", "login", "consent", "bot", "script", "error"}


@pytest.mark.parametrize(
    ("stated", "wall"),
    [
        ("false", "paywall"),
        ('"False"', "paywall"),
        ('"http://schema.org/False"', "paywall"),
        ("true", None),
        ("[]", None),
    ],
)
def test_a_page_that_says_it_is_not_for_all_is_a_wall_where_it_shows_little(stated, wall):
    data = f'{{"@type":"NewsArticle","isAccessibleForFree":{stated}}}'
    head = f"<script type='application/ld+json'>{data}</script>"
    little = (
        f"<html><head>{head}</head><body><article><p>{'A first sentence. ' * 20}</p></article></body></html>"
    )
    more = "".join(f"<p>{f'Sentence {at} of it. ' * 20}</p>" for at in range(4))
    whole = little.replace("</p>", f"</p>{more}")
    assert extract_page(little.encode()).wall == wall
    assert extract_page(whole.encode()).wall is None


def test_a_news_brief_with_a_guarded_comment_form_is_an_article():
    brief = "The port reopened on Tuesday after a strike of nine days, the operator said. Forty ships were waiting."
    page = f"""<html><head><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script></head><body>
    <nav><a href=/1>{"A headline of the day. " * 12}</a></nav><h1>Port reopens</h1><article><p>{brief}</p></article>
    <section><h2>{"Other news of the day. " * 6}</h2><p>{"Another teaser. " * 9}</p></section>
    <form id=comments><script src='https://www.google.com/recaptcha/api.js'></script><textarea></textarea></form>"""
    found = extract_page(page.encode())
    assert found.wall is None
    assert found.text.startswith(brief)
