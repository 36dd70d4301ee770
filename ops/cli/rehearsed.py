"""How `pantau why` tells of a page's reading: the one that is kept with an article, and one made now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alerts.letter import plain_text
from ops.amounts import count
from ops.cli.steps import (
    charset_line,
    document_line,
    permission_json,
    permission_line,
    step,
    way_json,
    way_lines,
)
from ops.moments import instant
from ops.readings import noted, taken

if TYPE_CHECKING:
    from ops.rehearsal import Rehearsed
    from worker.model import ReadingNotes

_LONGEST_TEXT = 240


def rehearsed_lines(found: Rehearsed) -> Iterator[str]:
    """Every step of a reading made now."""
    if found.way is None or found.way.status is not None:  # else nobody answered, about robots.txt neither
        yield from step("robots.txt", permission_line(found.permission))
    if found.way is not None:
        yield from way_lines(found.way)
        if found.way.status is not None:
            yield from document_line(found.way)
    if found.charset is not None:
        yield from step("decoded", charset_line(found.charset))
    if found.read is None or found.page is None:
        yield from step("extracted", f"nothing: {found.problem}")
        return
    yield from _extracted(found)
    read = found.read
    yield from step("article", read.article.title or "(without a title)", read.identity, *_about(found))
    yield from step("", f"> {plain_text(read.article.body, _LONGEST_TEXT)}")


def _extracted(found: Rehearsed) -> Iterator[str]:
    assert found.page is not None
    paragraphs = found.page.text.count("\n\n") + 1
    of_all = f" of {found.page_words:,} on the page" if found.page_words >= found.words else ""
    how = taken(found.page.method)
    yield from step(
        "extracted", f"{count(found.words, 'word')}{of_all}, in {count(paragraphs, 'paragraph')}, {how}"
    )


def _about(found: Rehearsed) -> Iterator[str]:
    assert found.read is not None
    assert found.page is not None
    said = f", the page says {found.page.language}" if found.page.language else ""
    yield f"language {found.read.article.language or 'unknown'}{said}"
    if found.read.published_at is not None:
        yield f"published {instant(found.read.published_at)} UTC"
    if found.read.authors:
        yield f"by {', '.join(found.read.authors)}"


def rehearsed_json(found: Rehearsed) -> dict[str, Any]:
    """Everything of a reading made now, with all paragraphs of the page."""
    return {
        "url": found.url,
        "robots": permission_json(found.permission),
        "fetched": way_json(found.way),
        "hops": found.way.hops if found.way else [],
        "charset": found.charset,
        "page": found.page,
        "article": found.read,
        "words": found.words,
        "page_words": found.page_words,
        "seen": found.seen,
        "problem": found.problem,
    }


def notes_lines(notes: ReadingNotes) -> Iterator[str]:
    """What is kept of a reading: what was asked, what came, what was cut."""
    for word, sentences in noted(notes):
        yield from step(word, *sentences)
