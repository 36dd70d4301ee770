"""Foreign markup to plain text. What comes out is data: never shown as HTML, never parsed again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from worker.markup import shallow

# Code points no store, mail or terminal wants: controls, lone surrogates, non-characters, invisible joiners
# that only serve to break a word (soft hyphen, zero-width space, byte order mark).
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b\u2060\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")
_MARKUP = re.compile(r"<[a-zA-Z/!?]|&[#a-zA-Z]")
_SILENT_TAGS = "script style noscript template iframe object svg math head select textarea button audio video"
_SILENT = frozenset(_SILENT_TAGS.split())
_BLOCK_TAGS = """
    address article aside blockquote br center dd details dialog div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
_BREAKS = frozenset(_BLOCK_TAGS.split())
_EDGE = "\x1e"  # cleaned away from every text, so free to use
_PARAGRAPH_MARK = "\n\n"


def clean(text: str) -> str:
    """The same text without code points that break what comes after (NUL, lone surrogates, soft hyphens)."""
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text))


def one_line(text: str) -> str:
    """The text on one line, blanks squeezed."""
    return _BLANKS.sub(" ", clean(text)).strip()


def line_from_html(markup: str) -> str:
    """What a reader would see of this piece of HTML, on one line."""
    return " ".join(paragraphs_from_html(markup))


def text_from_html(markup: str) -> str:
    """What a reader would see of this piece of HTML: paragraphs separated by blank lines."""
    return _PARAGRAPH_MARK.join(paragraphs_from_html(markup))


def paragraphs_from_html(markup: str) -> list[str]:
    """What a reader would see, block by block, each on one line; no empty ones."""
    if not _MARKUP.search(markup):
        return [line] if (line := one_line(markup)) else []
    tree = _tree(shallow(clean(markup)))
    pieces = "".join(_visible(tree)) if tree is not None else ""
    return [line for block in pieces.split(_EDGE) if (line := one_line(block))]


def _tree(markup: str) -> etree._Element | None:
    reader = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        return etree.fromstring(f"<div>{markup}</div>", reader)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _visible(tree: etree._Element) -> Iterator[str]:
    """Texts in reading order, with an edge where a block begins or ends."""
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        if element.tag in _BREAKS:
            yield _EDGE
        if event == "end":
            yield element.tail or ""
        elif element.tag in _SILENT:
            walk.skip_subtree()
        else:
            yield element.text or ""
