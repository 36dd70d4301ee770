"""What an entry's words say, and the mark by which they are known to be the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.parse import parse_feed
from worker.feeds.texts import content_of, markup_hash, summary_of
from worker.model import Entry, Words

HTML, PLAIN = "text/html", "text/plain"


def entry(summaries=(), contents=(), title="Gempa"):
    return Entry("1", None, title, tuple(summaries), tuple(contents))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], ""),
        ([Words("<p>Satu</p><p>dua</p>", HTML)], "Satu dua"),
        ([Words("<p> </p>", HTML), Words("Kedua", PLAIN)], "Kedua"),
        ([Words("if a<b then", PLAIN)], "if a<b then"),
        ([Words("<b>tebal</b> &amp; lain", PLAIN)], "tebal & lain"),
        ([Words("<b>&amp;</b>")], "<b>&amp;</b>"),
    ],
)
def test_the_first_summary_that_says_anything(words, line):
    assert summary_of(entry(summaries=words)) == line


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], ""),
        ([Words("<p>Satu</p><p>dua</p>", HTML)], "Satu\n\ndua"),
        ([Words("pendek", PLAIN), Words("<p>yang paling panjang</p>", HTML)], "yang paling panjang"),
        ([Words("satu\n\n<dua>")], "satu\n\n<dua>"),
    ],
)
def test_the_longest_content(words, text):
    assert content_of(entry(contents=words)) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [("as is", ""), ("None", ""), ("null", ""), ("", "Satu"), ("plain", "Satu"), ("text", "Satu")],
)
def test_no_feed_can_say_that_its_markup_is_read_already(kind, text):
    content = (
        f'<content type="{kind}">&lt;p&gt;Satu\u00ad&lt;/p&gt;&lt;script&gt;dua&lt;/script&gt;</content>'
    )
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>{content}</entry></feed>'
    [found] = parse_feed(body.encode()).entries
    assert content_of(found) == text


_WORDS = st.lists(
    st.builds(Words, st.text("ab\0<", max_size=4), st.sampled_from([None, HTML, PLAIN])), max_size=3
)
_ENTRIES = st.builds(entry, _WORDS, _WORDS, st.text("ab", max_size=2))


@given(_ENTRIES, _ENTRIES)
def test_the_same_mark_means_the_same_texts(one, other):
    if markup_hash(one) == markup_hash(other):
        assert (one.title, summary_of(one), content_of(one)) == (
            other.title,
            summary_of(other),
            content_of(other),
        )
    assert (markup_hash(one) == markup_hash(other)) == (one == other)
