"""Own pages with their expectation beside them, then what must hold for any page at all."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.pages.extract import extract_page

TESTS = Path(__file__).parents[2]
PAGES = sorted((TESTS / "corpus" / "pages").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_reads_as_its_expectation_says(page):
    expected = json.loads(page.with_suffix(".json").read_text("utf-8"))
    found = extract_page(page.read_bytes(), expected.get("url", ""), expected.get("content_type", ""))
    for word in expected.get("never", ()):
        assert word not in found.text
    if "text" in expected:
        assert found.text.split("\n\n") == (expected["text"] or [""])
    for paragraph in expected.get("text_has", ()):
        assert paragraph in found.text
    if "published" in expected:
        assert (found.published.isoformat() if found.published else None) == expected["published"]
    if "authors" in expected:
        assert list(found.authors) == expected["authors"]
    for fact in ("title", "language", "canonical", "method"):
        assert getattr(found, fact) == expected.get(fact, getattr(found, fact))


def _page(body: str, head: str = "") -> bytes:
    return f"<html><head><title>T</title>{head}</head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    "data",
    [
        "[" * 200_000,
        '{"@type":"NewsArticle","author":' * 400,
        '{"@type": 3, "@graph": {"@type": null}}',
        '[{"@type":"NewsArticle","headline":7,"author":{"name":{"name":1}},"datePublished":{}}]',
        '"x"',
        "{",
        "",
    ],
    ids=lambda text: text[:20],
)
def test_json_ld_that_is_not_what_it_should_be_is_passed_over(data):
    found = extract_page(_page("<p>x</p>", f"<script type='application/ld+json'>{data}</script>"))
    assert (found.title, found.authors, found.published) == ("T", (), None)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="<>/pdiv ahref='\"=x\x00\ud800&#;", max_size=300))
def test_whatever_comes_is_a_page_of_clean_values(body):
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    found = extract_page(raw, "https://news.example/1")
    for text in (found.title, found.text, *found.authors):
        text.encode()
        assert "\x00" not in text
    assert (found.text == "") == (found.method == "none")
    assert found.published is None or found.published.utcoffset() == timedelta(0)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(len(words) - 3, 1))) if words else Counter()


def _f1(wanted: str, found: str) -> float:
    ours, theirs = _shingles(found), _shingles(wanted)
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values()) or 1)


@pytest.mark.skipif(
    not os.environ.get("PANTAU_DATA"), reason="PANTAU_DATA names no folder of annotated pages"
)
def test_extraction_is_no_worse_than_its_floor():
    data = Path(os.environ["PANTAU_DATA"]) / "extraction"
    truth = json.loads((data / "ground-truth.json").read_text("utf-8"))
    floor = json.loads((TESTS / "corpus" / "floors.json").read_text("utf-8"))["extraction_f1"]
    scores = [
        _f1(
            page["articleBody"],
            extract_page(gzip.decompress((data / "html" / f"{stem}.html.gz").read_bytes())).text,
        )
        for stem, page in truth.items()
    ]
    assert sum(scores) / len(scores) >= floor
