"""Foreign markup to plain text. What comes out is data: never shown as HTML, never parsed again.

Most markup is regular: each `<` begins a whole tag. Then cutting the tags out gives what a parser's tree would,
in a quarter of the time (15 MB of feed entries: 0.3 s instead of 1.2 s). Whatever is not goes through the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import unescape

from lxml import etree

from worker.markup import shallow

# Code points no store, mail or terminal wants: controls, lone surrogates, non-characters, invisible joiners
# that only serve to break a word (soft hyphen, zero-width space, byte order mark).
_NO_TEXT = "\x00-\x08\x0e-\x1f\x7f\u00ad\u200b\u2060\ufeff\ufffe\uffff"
_UNWANTED = re.compile(f"[{_NO_TEXT}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# C1 controls stand for what windows-1252 has there, five of them for nothing:
# https://encoding.spec.whatwg.org/#index-windows-1252
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_ODD = re.compile(f"[{_NO_TEXT}\x80-\x9f\ud800-\udfff]")
_SILENT_TAGS = "script style noscript template iframe object svg math head select textarea button audio video"
_SILENT = frozenset(_SILENT_TAGS.split())
_BLOCK_TAGS = """
    address article aside blockquote br center dd details dialog div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
_BREAKS = frozenset(_BLOCK_TAGS.split())
_EDGE = "\x1e"  # cleaned away from every text, so free to use
_PARAGRAPH_MARK = "\n\n"

# A whole tag whose attributes are as the standard wants them, or a comment.
_ATTRIBUTE = r"""[^\s<>"'=/]++(?:[ \t\r\n]*+=[ \t\r\n]*+(?:"[^"<]*+"|'[^'<]*+'|[^\s<>"'=`]++))?+"""
_REGULAR = re.compile(
    rf"<(?:(/?[a-zA-Z][a-zA-Z0-9:_-]*+)(?:>|(?:[ \t\r\n/]++(?:{_ATTRIBUTE})?+)++>)|!--(?!-?>)(?:[^-]++|-(?!-))*+-->)"
)
_TAG_BEGINS = re.compile(r"<[a-zA-Z/!?]")
_ENTITY = re.compile(r"(&(?:#[0-9]{1,32};?|#[xX][0-9a-fA-F]{1,32};?|[a-zA-Z][a-zA-Z0-9]{0,31};?))")
_RAW_NAMES = frozenset(("script", "style", "iframe", "textarea"))
_RAW = re.compile(rf"<({'|'.join(_RAW_NAMES)})(?=[\s/>])[^<>]*+>", re.IGNORECASE)
_SILENT_AND_EMPTY = re.compile(rf"<(?:{'|'.join(_SILENT)})(?=[\s/])[^<>]*/>", re.IGNORECASE)
_PASSED_OVER = (
    "a abbr b big cite code del em font i img ins kbd mark q s small source span strike strong sub sup tt u"
)
# What the usual tags leave behind.
_FATES = {
    form: fate
    for names, fate in ((_BREAKS, _EDGE), (_PASSED_OVER.split(), ""))
    for name in names
    for form in (name, "/" + name)
}
# Elements that a parser reads in a way of its own.
_PECULIAR = frozenset(
    ["title", "xmp", "noembed", "noframes", "plaintext", "frameset", "html", "body", "listing"]
)


def clean(text: str) -> str:
    """The same text without code points that break what comes after (NUL, lone surrogates, soft hyphens)."""
    if not _ODD.search(text):
        return text
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text)).translate(_WINDOWS)


def one_line(text: str) -> str:
    """The text on one line, blanks squeezed."""
    line = text.strip()
    if line.isprintable():  # so there is nothing to clean away, and no blank but the space
        return line if "  " not in line else " ".join(line.split())
    return " ".join(clean(text).split())


def line_from_html(markup: str) -> str:
    """What a reader would see of this piece of HTML, on one line."""
    return " ".join(paragraphs_from_html(markup))


def text_from_html(markup: str) -> str:
    """What a reader would see of this piece of HTML: paragraphs separated by blank lines."""
    return _PARAGRAPH_MARK.join(paragraphs_from_html(markup))


def paragraphs_from_html(markup: str) -> list[str]:
    """What a reader would see, block by block, each on one line; no empty ones."""
    if "<" not in markup and "&" not in markup:
        return [line] if (line := one_line(markup)) else []
    pieces = _cut(markup)
    if pieces is None:
        pieces = _parsed(markup)
    # half of the blocks are the blanks between two tags
    blocks = [bare for block in pieces.split(_EDGE) if (bare := block.strip())]
    return [line for block in blocks if (line := one_line(block))]


def _cut(markup: str) -> str | None:
    """The texts of regular markup with edges between blocks; None for any other."""
    markup = markup.replace(_EDGE, "") if _EDGE in markup else markup
    pieces = _REGULAR.split(markup)
    fates = [_FATES.get(tag) for tag in pieces[1::2]]
    if None in fates:
        return _cut_with_care(markup, pieces)
    pieces[1::2] = fates
    return _joined(pieces)


def _cut_with_care(markup: str, pieces: list[str]) -> str | None:
    """The same where some tags are not among the usual ones."""
    names = {tag: (tag or "").lower() for tag in set(pieces[1::2])}
    known = frozenset(names.values())
    if not _RAW_NAMES.isdisjoint(known):
        rest = _without_raw(markup)
        return _cut(rest) if rest is not None else None
    if not _PECULIAR.isdisjoint(known):
        return None
    if not _SILENT.isdisjoint(known):
        return _without_silent(markup, pieces, names)
    pieces[1::2] = [_FATES.get(names[tag], "") for tag in pieces[1::2]]
    return _joined(pieces)


def _joined(pieces: list[str]) -> str | None:
    text = "".join(pieces)
    if "<" in text and _TAG_BEGINS.search(text):
        return None
    return _unescaped(pieces) if "&" in text else text


def _unescaped(pieces: list[str]) -> str:
    """Joined only afterwards, since no entity reaches over a tag."""
    return "".join([_characters(piece) if "&" in piece else piece for piece in pieces])


def _characters(text: str) -> str:
    parts = _ENTITY.split(text)
    parts[1::2] = map(_character, parts[1::2])
    return "".join(parts)


@lru_cache(maxsize=1024)  # the same few dozen come again and again
def _character(entity: str) -> str:
    return unescape(entity)


def _without_raw(markup: str) -> str | None:
    """Without the elements whose inside is no markup; None where one is never closed."""
    kept: list[str] = []
    at = 0
    while opening := _RAW.search(markup, at):
        closing = re.compile(rf"</{opening[1]}[ \t\r\n]*+>", re.IGNORECASE).search(markup, opening.end())
        if closing is None or opening[0].endswith("/>"):
            return None
        kept.append(markup[at : opening.start()])
        at = closing.end()
    return "".join((*kept, markup[at:]))


def _without_silent(markup: str, pieces: list[str], names: Mapping[str, str]) -> str | None:
    """The texts outside of elements that nobody reads; None where one is never closed."""
    if _SILENT_AND_EMPTY.search(markup):
        return None
    heard = [pieces[0]]
    silent, depth = "", 0
    for tag, text in zip(pieces[1::2], pieces[2::2], strict=True):
        name = names[tag]
        if silent:
            depth += (name == silent) - (name == "/" + silent)
            silent = silent if depth else ""
        elif name in _SILENT:
            silent, depth = name, 1
        if not silent:
            heard += (_FATES.get(name, ""), text)
    return None if silent else _joined(heard)


def _parsed(markup: str) -> str:
    tree = _tree(shallow(clean(markup)))
    return "".join(_visible(tree)) if tree is not None else ""


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
