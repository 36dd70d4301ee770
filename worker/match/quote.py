"""The sentence to show for a match, with the words in it that matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from worker.match.fold import fold
from worker.match.sentences import sentences
from worker.model import Article, Field, Hit

_ELLIPSIS = "…"
# A sentence shorter than this says little alone; the next one joins it where there is room.
_SHORT = 80
_ONE_LINE = str.maketrans("\n\r\t\u2028\u2029\x0b\x0c\x85", " " * 8)


@dataclass(frozen=True, slots=True)
class Quote:
    """A few words of an article as they stand there; `marks` are (start, end) in `text`, ascending, apart."""

    field: Field
    text: str
    marks: tuple[tuple[int, int], ...] = ()


def quote(article: Article, hits: Sequence[Hit], limit: int = 300) -> Quote:
    """The sentence of the body around the best hit, at most `limit` code points long (20 is the least).

    Best is the sentence that holds the words found most rarely in the body, the one with more different
    words among equals, then the first. A longer sentence is cut around its hit at word borders. Where no hit
    lies in the body, since the title is shown anyway, it is the body's first sentence without marks; without
    a body, the title with its marks. A line break inside counts as a blank.
    """
    limit = max(limit, 20)
    in_body = [hit for hit in hits if hit.field == "body"]
    if in_body:
        start, end, around = _best(article.body, in_body)
        return _cut("body", article.body, _widened(article.body, start, end, limit), around, in_body, limit)
    found = sentences(article.body)
    if found:
        return _cut("body", article.body, found[0], None, (), limit)
    in_title = [hit for hit in hits if hit.field == "title"]
    return _cut(
        "title", article.title, (0, len(article.title)), in_title[0] if in_title else None, in_title, limit
    )


def _best(body: str, hits: Sequence[Hit]) -> tuple[int, int, Hit]:
    """The sentence to quote, and the hit in it that it is quoted for."""
    often = Counter(fold(hit.text) for hit in hits)
    held: dict[tuple[int, int], list[Hit]] = {}
    for start, end in sentences(body):
        inside = [hit for hit in hits if start <= hit.start < end]
        if inside:
            held[start, end] = inside
    if not held:
        return hits[0].start, hits[0].end, hits[0]
    (start, end), inside = min(held.items(), key=lambda item: _rank(item[1], often))
    return start, end, min(inside, key=lambda hit: often[fold(hit.text)])


def _rank(inside: Sequence[Hit], often: Counter[str]) -> tuple[int, int, int]:
    words = {fold(hit.text) for hit in inside}
    return min(often[word] for word in words), -len(words), inside[0].start


def _widened(body: str, start: int, end: int, limit: int) -> tuple[int, int]:
    """The sentence, with the next one of its paragraph where it is short and both fit."""
    if end - start >= _SHORT:
        return start, end
    paragraph = body[end : start + limit + 1].partition("\n")[0]
    following = next(iter(sentences(paragraph)), None)
    cut_off = following is not None and end + following[1] > start + limit
    return (start, end) if following is None or cut_off else (start, end + following[1])


def _cut(
    field: Field, text: str, bounds: tuple[int, int], around: Hit | None, hits: Sequence[Hit], limit: int
) -> Quote:
    start, end = _window(text, bounds, around, limit)
    before = _ELLIPSIS if start > bounds[0] else ""
    after = _ELLIPSIS if end < bounds[1] else ""
    return Quote(
        field, before + text[start:end].translate(_ONE_LINE) + after, _marks(hits, start, end, len(before))
    )


def _window(text: str, bounds: tuple[int, int], around: Hit | None, limit: int) -> tuple[int, int]:
    """What fits of a stretch, with the hit in its middle and whole words at its ends."""
    start, end = bounds
    if end - start <= limit:
        return bounds
    room = limit - 2 * len(_ELLIPSIS)
    first, last = (around.start, min(around.end, around.start + room)) if around else (start, start)
    left = max(start, min(first - (room - (last - first)) // 2, end - room))
    right = min(end, left + room)
    return _at_word_start(text, left, first, start), _at_word_end(text, right, last, end)


def _at_word_start(text: str, left: int, most: int, start: int) -> int:
    """The first word border from here to the hit; where there is none (Chinese, Thai), here."""
    if left == start or text[left - 1].isspace():
        return left
    return next((at + 1 for at in range(left, most) if text[at].isspace()), left)


def _at_word_end(text: str, right: int, least: int, end: int) -> int:
    if right == end or text[right].isspace():
        return right
    return next((at for at in range(right - 1, max(least, 0) - 1, -1) if text[at].isspace()), right)


def _marks(hits: Sequence[Hit], start: int, end: int, shift: int) -> tuple[tuple[int, int], ...]:
    """The parts of the hits that can be seen, as places in the quote; those that overlap are one."""
    marks: list[tuple[int, int]] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.end)):
        left, right = max(hit.start, start) - start + shift, min(hit.end, end) - start + shift
        if left >= right:
            continue
        if marks and left < marks[-1][1]:
            marks[-1] = (marks[-1][0], max(right, marks[-1][1]))
        else:
            marks.append((left, right))
    return tuple(marks)
