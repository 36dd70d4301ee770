"""The sentence that shows why, with the words that matched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.evidence import Evidence, show_why


def shown(text="", *marks, title=(), field="body"):
    return Evidence(tuple(title), field, text, marks)


SENTENCE = "Sekjen NATO tiba di Kyiv."


def marked(text, marks):
    return [text[start:end] for start, end in marks]


def test_two_topics_in_one_sentence_share_it():
    text, marks, _ = show_why([shown(SENTENCE, (7, 11)), shown(SENTENCE, (20, 24))])
    assert text == SENTENCE
    assert marked(text, marks) == ["NATO", "Kyiv"]


def test_two_sentences_stand_side_by_side_with_their_words_still_marked():
    text, marks, _ = show_why([shown(SENTENCE, (7, 11)), shown("Kyiv menunggu.", (0, 4))])
    assert text == f"{SENTENCE} … Kyiv menunggu."
    assert marked(text, marks) == ["NATO", "Kyiv"]


def test_more_than_two_sentences_are_too_many():
    text, _, _ = show_why([shown(f"Kalimat {n}.", (0, 7)) for n in range(5)])
    assert text == "Kalimat 0. … Kalimat 1."


def test_a_topic_that_the_title_shows_needs_no_sentence_beside_anothers():
    text, marks, title = show_why(
        [shown("NATO lagi.", (0, 4), title=[(0, 4)]), shown("Kyiv menunggu.", (0, 4))]
    )
    assert text == "Kyiv menunggu."
    assert marked(text, marks) == ["Kyiv"]
    assert title == ((0, 4),)


def test_where_the_title_shows_every_topic_one_sentence_stands_for_all():
    text, _, title = show_why(
        [shown("Pertama.", (0, 7), title=[(5, 9)]), shown("Kedua.", (0, 5), title=[(0, 4)])]
    )
    assert text == "Pertama."
    assert title == ((0, 4), (5, 9))


def test_what_stands_in_the_title_alone_is_not_quoted():
    assert show_why([shown("NATO di Kyiv", (0, 4), title=[(0, 4)], field="title")]) == ("", (), ((0, 4),))


def test_nothing_shows_nothing():
    assert show_why([]) == ("", (), ())


def spans(length):
    ends = st.tuples(st.integers(0, length), st.integers(0, length)).filter(lambda pair: pair[0] < pair[1])
    return st.lists(ends, max_size=5).map(tuple)


SENTENCES = st.text("ab Кий𝒩", min_size=1, max_size=15)
EVIDENCE = st.lists(
    SENTENCES.flatmap(
        lambda text: st.builds(
            Evidence, spans(30), st.sampled_from(["title", "body"]), st.just(text), spans(len(text))
        )
    ),
    max_size=5,
)


@given(EVIDENCE)
def test_marks_stay_in_the_text_in_order_and_never_overlap(evidence):
    text, marks, title_marks = show_why(evidence)
    for found, end in ((marks, len(text)), (title_marks, 30)):
        flat = [place for span in found for place in span]
        assert flat == sorted(set(flat))
        assert all(0 <= place <= end for place in flat)


@given(EVIDENCE)
def test_every_marked_word_is_a_place_that_some_topic_named(evidence):
    text, marks, _ = show_why(evidence)
    named = {letter for e in evidence for start, end in e.marks for letter in e.text[start:end]}
    assert {letter for start, end in marks for letter in text[start:end]} <= named
