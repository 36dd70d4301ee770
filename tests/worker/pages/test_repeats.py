"""What a site repeats goes, what it writes once stays, and an article is never emptied."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.pages.repeats import ARTICLES_LEAST, fingerprints, without_repeats

NOTE = "The Example is reader funded. Think about a gift today."
BACKGROUND = "The invasion of the country began in February 2022, after months of talks. " * 4


def _known(*texts: str) -> tuple[Counter[int], int]:
    return Counter(print_ for text in texts for print_ in fingerprints(text)), len(texts)


def _articles(count: int, *ends: str) -> list[str]:
    return ["\n\n".join((f"Article {at} is about something else.", *ends)) for at in range(count)]


def test_what_stands_under_every_article_goes():
    new = f"A new article.\n\n{NOTE.upper()}"
    assert without_repeats(new, *_known(*_articles(10, NOTE))) == "A new article."


def test_what_stands_under_a_few_articles_stays():
    known, articles = _known(*_articles(ARTICLES_LEAST - 1, NOTE))
    assert NOTE in without_repeats(f"A new article.\n\n{NOTE}", known, articles)
    known, articles = _known(*_articles(10, NOTE), *_articles(40))
    assert NOTE in without_repeats(f"A new article.\n\n{NOTE}", known, articles)


def test_background_that_many_reports_repeat_stays():
    known, articles = _known(*_articles(10, BACKGROUND.strip()), *_articles(10))
    assert BACKGROUND.strip() in without_repeats(f"News.\n\n{BACKGROUND.strip()}", known, articles)


def test_the_same_article_read_again_counts_once():
    text = _articles(1, NOTE)[0]
    assert not fingerprints(text) - fingerprints(text)
    assert fingerprints(f"{text}\n\nUpdate: more.") - fingerprints(text) == fingerprints("Update: more.")


@pytest.mark.parametrize("text", ["", NOTE])
def test_a_text_is_never_emptied(text):
    assert without_repeats(text, *_known(*[NOTE] * 20)) == text


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1), max_size=6
    ),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_what_is_left_is_a_part_in_the_same_order(paragraphs, times, articles):
    text = "\n\n".join(paragraphs)
    found = fingerprints(text)
    left = without_repeats(text, dict.fromkeys(sorted(found)[:3], times), articles)
    assert left == text or set(left.split("\n\n")) <= set(text.split("\n\n"))
    assert all(-(2**63) <= number < 2**63 for number in found)
    assert bool(left) == bool(text)
