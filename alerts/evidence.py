"""PURE. Why somebody hears of an article: the sentence, with the words that matched.

Each topic brings its own best sentence. A topic whose words stand in the title needs none beside the one that
another topic brings from the body: the title shows it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Spans = tuple[tuple[int, int], ...]

_MOST_SENTENCES = 2
_BETWEEN = " … "


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one topic shows: its places in the title, and its best sentence with the places in it."""

    title_spans: Spans
    field: str
    text: str
    marks: Spans


def show_why(evidence: Sequence[Evidence]) -> tuple[str, Spans, Spans]:
    """The quote, the matched spans in it, and the matched spans of the title, all topics together."""
    title_marks = _union(span for shown in evidence for span in shown.title_spans)
    text = ""
    marks: Spans = ()
    for sentence, spans in list(_sentences(evidence).items())[:_MOST_SENTENCES]:
        shift = len(text) + len(_BETWEEN) if text else 0
        text = f"{text}{_BETWEEN}{sentence}" if text else sentence
        marks = (*marks, *((start + shift, end + shift) for start, end in spans))
    return text, marks, title_marks


def _sentences(evidence: Sequence[Evidence]) -> dict[str, Spans]:
    """Sentences by how much they are needed; several topics in one sentence share it."""
    from_body = [shown for shown in evidence if shown.field == "body" and shown.text]
    needed = [shown for shown in from_body if not shown.title_spans] or from_body[:1]
    merged: dict[str, Spans] = {}
    for shown in needed:
        same = (other.marks for other in from_body if other.text == shown.text)
        merged[shown.text] = _union(span for marks in same for span in marks)
    return merged


def _union(spans: Iterable[tuple[int, int]]) -> Spans:
    ordered = sorted(set(spans))
    joined: list[tuple[int, int]] = []
    for start, end in ordered:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
