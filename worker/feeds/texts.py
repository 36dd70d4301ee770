"""What an entry's words say: plain texts, made when somebody needs them.

Of the entries in a feed that changed all but a few are known, and making texts of their markup took half of reading
the feed. So reading leaves the words as they stand; `markup_hash` tells whether they still are those that a
text was made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from html import unescape

from worker.model import Entry, Words
from worker.plain import one_line, paragraphs_from_html

_MARKED_UP = re.compile(
    r"</[a-z][a-z0-9]*\s*>|<(?:br|p|img|hr|a|b|i|em|strong|span|div|font)\b[^<>]*>", re.IGNORECASE
)
_BETWEEN = Words("", "between")


def summary_of(entry: Entry) -> str:
    """The first of the entry's summaries that says anything, on one line."""
    return first_line(entry.summaries)


def content_of(entry: Entry) -> str:
    """The longest of the entry's contents, since some carry a short and a full one: paragraphs separated by blank
    lines."""
    return max(map(_text, entry.contents), key=len, default="")


def markup_hash(entry: Entry) -> bytes:
    """The mark of the words themselves, 8 bytes: where it is the same, so are title, summary and content."""
    parts = [entry.title]
    for words in (*entry.summaries, _BETWEEN, *entry.contents):
        parts += (repr(words.kind), words.text)
    lengths = " ".join([str(len(part)) for part in parts])  # no text can pass for the end of another
    return blake2b("".join((lengths, *parts)).encode("utf-8", "replace"), digest_size=8).digest()


def first_line(several: Iterable[Words]) -> str:
    """The first of these that says anything, on one line."""
    return next((line for words in several if (line := line_of(words))), "")


def line_of(words: Words) -> str:
    """What these words say, on one line."""
    return words.text if words.kind is None else " ".join(_paragraphs(words))


def _text(words: Words) -> str:
    return words.text if words.kind is None else "\n\n".join(_paragraphs(words))


def _paragraphs(words: Words) -> list[str]:
    """Readable blocks. Declared plain text is taken at its word unless it obviously is markup, as in many
    feeds; a title such as `if a<b then` would lose its end otherwise."""
    text, kind = words
    if kind == "text/plain" and not ("<" in text and _MARKED_UP.search(text)):
        line = one_line(unescape(text) if "&" in text else text)
        return [line] if line else []
    return paragraphs_from_html(text)
