"""Keys without places are the keys with places, in whatever script and language."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.match.cut import cut
from worker.match.text import FieldText, keys_alone

WORDS = st.sampled_from(
    "NATO НАТО Ukraina Україні o'brien l'Ukraine pêche peche ber-AI 2026 中国 ウクライナ כיפת ال‌قدس İstanbul ß".split()
)


@given(
    st.lists(WORDS | st.text(max_size=8), max_size=40),
    st.sampled_from([None, "id", "en", "uk", "fr", "tr", "ar"]),
)
def test_keys_are_the_same_with_places_and_without(words, language):
    written = " ".join(words)
    field = FieldText("body", written, language)
    for text in (written, written + " " * 200):
        assert keys_alone({*field.tokens}, cut(text).notable, language) == field.keys
