"""PURE. How an article's text was had, in words: for commands and for pages."""

from __future__ import annotations

from collections.abc import Iterator

from ops.said import Said, said
from worker.model import ReadingNotes

_METHODS = {
    "site": said("by the site's own rules"),
    "json-ld": said("from what the page states in JSON-LD"),
    "extracted": said("by the quick way"),
    "extracted:full": said("by the thorough way"),
}


def taken(method: str) -> Said:
    """How a page's text was taken out of it."""
    return _METHODS.get(method) or said("by {method}", method=method)


def noted(notes: ReadingNotes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is kept of a reading: what was asked, what came, what was cut; each with a word for it, or none where it
    goes on with the one before. Foreign text in it is as it is."""
    if notes.asked:
        yield "asked", notes.asked
    if notes.via:
        yield "", (f"the link led through {notes.via}",)
    if notes.waited_s:
        yield "", (f"after {notes.waited_s:.1f} s of waiting for a turn at the site",)
    if answered := _answered(notes):
        yield "answered", (answered,)
    if notes.charset:
        declared = (
            f", declared as {notes.declared}" if notes.declared and notes.declared != notes.charset else ""
        )
        yield "decoded", (f"{notes.charset}{declared}",)
    if cut := _cut(notes):
        yield "cut", (cut,)


def _answered(notes: ReadingNotes) -> str:
    took = f" in {notes.seconds:.2f} s" if notes.seconds is not None else ""
    if notes.rule:
        return f"not asked, robots.txt forbids it: {notes.rule}"
    if notes.failure:
        return f"nothing{took}, {notes.failure}: {notes.detail or 'no more is known'}"
    if notes.status is None:
        return ""
    size = f", {notes.bytes:,} bytes" if notes.bytes is not None else ""
    where = f" from {notes.url}" if notes.url and notes.url not in notes.asked else ""
    more = f", {notes.pages} pages" if notes.pages > 1 else ""
    return f"{notes.status}{where}{took}{size}{more}"


def _cut(notes: ReadingNotes) -> str:
    repeated = f"{notes.repeated:,} characters that the site repeats" if notes.repeated else ""
    wall = f"a wall: {notes.wall}" if notes.wall else ""
    return "; ".join(filter(None, (repeated, wall)))
