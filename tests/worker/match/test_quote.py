"""The sentence that a message shows, with the words that matched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.match import Quote, quote
from worker.match.sentences import sentences
from worker.model import Article, Field, Hit

LONG = "Pemerintah Indonesia menyampaikan pernyataan resmi mengenai perkembangan situasi terakhir di kawasan."


def _hits(text: str, *words: str, field: Field = "body") -> list[Hit]:
    places = ((at, word) for word in words for at in range(len(text)) if text.startswith(word, at))
    return [Hit(field, at, at + len(word), word) for at, word in places]


def test_the_sentence_with_the_hit_is_quoted_as_written() -> None:
    sentence = "Menteri NATO bertemu di Brussel hari ini untuk membahas bantuan bagi negara yang diserang."
    body = f"{LONG} {sentence} Selesai."
    found = quote(Article("", body), _hits(body, "NATO"))
    assert found.text == sentence
    assert [found.text[start:end] for start, end in found.marks] == ["NATO"]
    assert found.field == "body"


def test_a_short_sentence_brings_the_next_one_of_its_paragraph_along() -> None:
    body = "NATO bertemu. Ukraina senang.\n\nParagraf lain."
    assert quote(Article("", body), _hits(body, "NATO")).text == "NATO bertemu. Ukraina senang."
    assert quote(Article("", body), _hits(body, "Ukraina")).text == "Ukraina senang."


def test_the_sentence_with_the_rarest_word_is_preferred_and_then_the_one_with_more_words() -> None:
    body = f"Ukraina satu. {LONG}\n\nUkraina dua.\n\nUkraina dan NATO tiga.\n\nNATO empat."
    assert quote(Article("", body), _hits(body, "Ukraina", "NATO")).text == "Ukraina dan NATO tiga."
    body += "\n\nRusia lima."
    assert quote(Article("", body), _hits(body, "Ukraina", "NATO", "Rusia")).text == "Rusia lima."


def test_a_long_sentence_is_cut_around_its_hit_between_words() -> None:
    body = "kata " * 100 + "Ukraina " + "lain " * 100
    found = quote(Article("", body), _hits(body, "Ukraina"), limit=60)
    assert found.text.startswith("…kata ")
    assert found.text.endswith(" lain…")
    assert len(found.text) <= 60
    assert [found.text[start:end] for start, end in found.marks] == ["Ukraina"]


def test_hits_in_the_title_alone_give_the_first_sentence_of_the_body_without_marks() -> None:
    article = Article("Ukraina minta bantuan", f"{LONG} Selesai.")
    assert quote(article, _hits(article.title, "Ukraina", field="title")) == Quote("body", LONG)


def test_without_a_body_the_title_is_quoted_with_its_marks() -> None:
    article = Article("Ukraina minta bantuan", "\n")
    assert quote(article, _hits(article.title, "bantuan", field="title")) == Quote(
        "title", article.title, ((14, 21),)
    )


def test_without_anything_to_quote_the_quote_is_empty() -> None:
    assert quote(Article("", ""), []) == Quote("title", "")


def test_a_line_break_in_a_quote_becomes_a_blank_and_marks_that_overlap_become_one() -> None:
    body = "pakta\npertahanan baru"
    hits = [Hit("body", 0, 16, body[:16]), Hit("body", 6, 16, "pertahanan")]
    assert quote(Article("", body), hits).text == "pakta"
    assert quote(
        Article("", "satu dua"), [Hit("body", 0, 8, "satu dua"), Hit("body", 5, 8, "dua")]
    ).marks == ((0, 8),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Satu. Dua! Tiga?", ["Satu.", "Dua!", "Tiga?"]),
        ("Dr. Ayu tiba. Ia pulang.", ["Dr. Ayu tiba.", "Ia pulang."]),
        ("Di U.S. Senate ada. Ya.", ["Di U.S. Senate ada.", "Ya."]),
        ("Harga 3.5 persen naik. ya", ["Harga 3.5 persen naik. ya"]),
        ("“Satu.” Dua", ["“Satu.”", "Dua"]),
        ("总统说。明年。", ["总统说。", "明年。"]),
        ("Judul\n\nIsi", ["Judul", "Isi"]),
        ("", []),
    ],
)
def test_a_text_falls_into_sentences(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == found


_body = st.lists(
    st.sampled_from(["kata", "NATO", "。", ".", "\n\n", "Ukraina", "x" * 90, "中国"]), max_size=25
).map(" ".join)


@given(_body, st.integers(0, 200), st.data())
def test_a_quote_keeps_its_limit_and_its_marks_lie_inside_apart_and_ascending(
    body: str, limit: int, data: st.DataObject
) -> None:
    hits = _hits(
        body, *data.draw(st.sets(st.sampled_from(["NATO", "Ukraina", "kata", "x" * 90]), max_size=3))
    )
    found = quote(Article("Judul", body), hits, limit)
    assert len(found.text) <= max(limit, 20)
    edges = [edge for mark in found.marks for edge in mark]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(found.text) for start, end in found.marks)
    assert bool(found.marks) is bool(hits)
    assert "\n" not in found.text
