from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from worker.markup import DEPTH, TAGS_MOST, shallow


@pytest.mark.parametrize(
    "markup",
    [
        "<div><p>one<p>two</div>" * 400,
        "<ul>" + "<li>item" * 5000 + "</ul>",
        "<script>" + "if (a<b) {'<div>'}" * 5000 + "</script>",
        "<!-- " + "<div>" * 5000 + " --><p>x",
        "<div title='" + "<div>" * 5000 + "'>x</div>",
        '<meta content="' + "many words = in one attribute " * 100 + '">',
        '<a href=x"y>5 < 6</a>' * 500,
    ],
)
def test_ordinary_pages_stay_as_they_are(markup):
    assert shallow(markup) == markup


@pytest.mark.parametrize(
    "opening", ["<div>", "<b>", "<DIV\n>", "<div></p>", "<object><div></b>", "<div><table></div>"]
)
def test_what_nests_too_deep_loses_its_tags_and_keeps_its_texts(opening):
    slim = shallow((opening + "word ") * 3000)
    assert slim.count("word") == 3000
    assert _depth(slim) <= DEPTH + 30  # cells and list items are not counted


def _depth(markup: str) -> int:
    tree = etree.fromstring(markup, etree.HTMLParser(huge_tree=True))
    deepest = now = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        now += 1 if event == "start" else -1
        deepest = max(deepest, now)
    return deepest


def test_tags_beyond_the_most_are_left_out_and_their_texts_stay():
    slim = shallow("<p>word</p>" * (TAGS_MOST + 500))
    assert slim.count("<p>") == TAGS_MOST
    assert slim.count("word") == TAGS_MOST + 500


@pytest.mark.parametrize("attribute", ["a{}=1 ", "a{}='x' ", 'a{}="x>" ', "a{} "])
def test_a_tag_with_hundreds_of_attributes_loses_them(attribute):
    crowd = "".join(attribute.format(number) for number in range(500))
    assert shallow(f"<p>a<div x='>' {crowd}>b</div>") == "<p>a<div>b</div>"


@given(st.text(alphabet="<>/ab='\" !-\n", max_size=400))
def test_small_markup_is_never_changed(markup):
    assert shallow(markup) == markup
