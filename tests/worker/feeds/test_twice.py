"""Text that was encoded twice, and text that only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.parse import parse_feed
from worker.feeds.twice import undoubled

_LETTERS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=30
)


@given(_LETTERS.filter(lambda text: not text.isascii()))
def test_what_was_encoded_twice_is_itself_again(text):
    assert undoubled(text.encode().decode("latin-1")) == text


@pytest.mark.parametrize(
    "text", ["L’été « décidé »", "НАТО", "café", "Ã la carte", "Â£5 – or £5", "x", "", "漢字"]
)
def test_a_text_as_it_should_be_stays(text):
    assert undoubled(text) == text


def test_a_feed_of_which_every_text_is_encoded_twice_is_read():
    title = "L’OTAN promet à l’Ukraine".encode().decode("cp1252")
    feed = parse_feed(
        f'<rss version="2.0"><channel><item><title>{title}</title></item></channel></rss>'.encode()
    )
    assert feed.entries[0].title == "L’OTAN promet à l’Ukraine"
