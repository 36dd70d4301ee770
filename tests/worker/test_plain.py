from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker import plain
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
        ("a<scr\x1eipt>no</script>b", ["ab"]),
        ("a<!-- <p>no</p> -->b<svg><path/><!-- </svg> -->no</svg>c<img alt='2 > 1'>d", ["abcd"]),
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


_REGULAR = [
    "<p>x</p>",
    "<div class='a'>y</div>",
    "<br>",
    "<BR />",
    "<b>bold</b>",
    "<a href='x?a=1&b=2'>link</a>",
    "<img src=x>",
    '<i title="a > b">i</i>',
    "<custom-tag>c</custom-tag>",
    "<!--x-->",
    "<!-- <p> -->",
    "<script>if (a) x()</script>",
    "<style>p {}</style>",
    "<svg><g></g></svg>",
    '<iframe src="x"></iframe>',
    "<video src=x>v</video>",
    "<P CLASS=a>P</P>",
    "<table><tr><td>c</td><td>d</td></tr></table>",
    "<ul><li>one</li></ul>",
    *(
        "&amp;",
        "&lt;b&gt;",
        "&nbsp;",
        "&eacute;",
        "&copy",
        "&#8217;",
        "&#146;",
        "&#0;",
        "&#xD800;",
        "&#x1F600;",
    ),
    *(" ", "\n", "x", "é", "漢字", "a & b", "1 < 2"),
]
_BROKEN = [
    "<p>",
    "</p>",
    "</div>",
    "</b>",
    "<td>",
    "<li>",
    "<b",
    "<a href='",
    "<!--",
    "</>",
    "<svg>",
    "<?x?>",
]


def _blocks(text):
    return [line for block in text.split(plain._EDGE) if (line := one_line(block))]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(_REGULAR), max_size=8).map("".join))
def test_cutting_the_tags_out_tells_what_a_parser_tells(markup):
    cut = plain._cut(markup)
    assert cut is not None
    assert _blocks(cut) == _blocks(plain._parsed(markup))


@settings(max_examples=300)
@given(st.lists(st.sampled_from(_REGULAR + _BROKEN), max_size=8).map("".join))
def test_where_broken_markup_is_cut_no_character_is_lost_or_won(markup):
    if (cut := plain._cut(markup)) is not None:
        assert "".join(_blocks(cut)).replace(" ", "") == "".join(_blocks(plain._parsed(markup))).replace(
            " ", ""
        )


@pytest.mark.parametrize(
    ("text", "line"),
    [("it\x92s", "it’s"), ("wait\x85 what", "wait… what"), ("a\x81b", "ab"), ("a\u2028b\x1ec", "a bc")],
)
def test_controls_of_windows_1252_are_the_characters_they_stand_for(text, line):
    assert one_line(text) == line
