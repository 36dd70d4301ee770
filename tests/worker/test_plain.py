from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.plain import clean, line_from_html, one_line, paragraphs_from_html, text_from_html


@pytest.mark.parametrize(
    ("markup", "paragraphs"),
    [
        ("plain  text\n here", ["plain text here"]),
        ("<p>Ukra<b>ina</b>nya</p><p>two</p>", ["Ukrainanya", "two"]),
        ("one<br>two<br/>three", ["one", "two", "three"]),
        ("<td>a</td><td>b</td>", ["a", "b"]),
        ("5 < 6 &amp; 7 &gt; 6 &lt;b&gt;", ["5 < 6 & 7 > 6 <b>"]),
        ("a<script>alert('NATO')</script><style>p{}</style>b", ["ab"]),
        ("<iframe>no</iframe><noscript>no</noscript>yes", ["yes"]),
        ("<a href='x'>link</a>, text", ["link, text"]),
        ("<p>unclosed <b>tags", ["unclosed tags"]),
        ("<!-- a comment --><p>x", ["x"]),
        ("caf&eacute;&nbsp;&#8220;x&#8221;", ["café “x”"]),
        ("so\u00adft and ze\u200bro", ["soft and zero"]),
        ("", []),
        ("<p> </p>", []),
    ],
)
def test_a_reader_sees_these_paragraphs(markup, paragraphs):
    assert paragraphs_from_html(markup) == paragraphs


def test_paragraphs_are_joined_by_blank_lines_or_blanks():
    assert text_from_html("<p>a</p><p>b</p>") == "a\n\nb"
    assert line_from_html("<p>a</p><p>b</p>") == "a b"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["<div>x", "<b><p>", "<table><tr><td>", "<!--", "&amp", "<a href='", "<", "</p>", "<font a=1>"]
)
def test_a_flood_of_anything_is_read_in_bounded_time(piece):
    paragraphs_from_html(piece * (500_000 // len(piece)))


@given(st.text())
def test_what_comes_out_is_clean_and_stays_so(text):
    for found in (clean(text), one_line(text), line_from_html(text)):
        found.encode()
        assert "\x00" not in found
    assert one_line(one_line(text)) == one_line(text)
