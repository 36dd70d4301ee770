"""Keys without places are the keys with places, in whatever script and language."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.match.text import FieldText, keys_alone

WORDS = st.sampled_from(
    "NATO НАТО Ukraina Україні o'brien l'Ukraine pêche peche ber-AI 2026 中国 ウクライナ כיפת ال‌قدس İstanbul ß".split()
)


@given(
    st.lists(WORDS | st.text(max_size=8), max_size=40),
    st.sampled_from([None, "id", "en", "uk", "fr", "tr", "ar"]),
)
def test_keys_are_the_same_with_places_and_without(words, language):
    field = FieldText("body", " ".join(words), language)
    assert keys_alone({*field.tokens}, {*field.tokens}, language) == field.keys
