"""A page's bytes to a tree that is safe to walk: charset found, size and depth bounded."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from itertools import islice

from lxml import etree, html

from worker.charset import Decoded, charset_of, decode
from worker.markup import DEPTH, shallow

BYTES_MOST = 5 * 1024 * 1024
_HEAD = 4096  # browsers look for the charset in the first 1,024 bytes; real pages have it later
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,400}\?>")
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r"})
_NO_CHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")  # U+FFFE and U+FFFF
_ANGLES_FEW = 8_000  # 3,229 at most in 181 news pages
# A start tag with attributes (https://html.spec.whatwg.org/#before-attribute-name-state); possessive, so that
# unclosed quotes cost one look at the rest and not one each. Blanks are spelt out, since a class of characters that
# names another one (\s) is not looked up in one table; with these, and a group for the name, a search took a quarter
# more.
_BLANK = rb" \t\n\r\f\v"
_NAME = rb"[a-zA-Z][^%b/>]*+" % _BLANK
_VALUE = rb"(?:\"[^\"]*+\"|'[^']*+'|[^%b>]*+)" % _BLANK
_ATTRIBUTE = rb"(?:[%b/]*+=?[^%b/>=]++(?:[%b]*+=[%b]*+%b)?+)" % (*[_BLANK] * 4, _VALUE)
# libxml2 is quadratic in a tag's attributes, and keeps 100 bytes for each, as every copy of the tree does. Scripts that
# compare look like tags with many, so a short page, which cannot hold too many in all, is only searched for large ones.
_CROWDED, _CROWDED_IN_LONG = (re.compile(b"<%b%b{%d}+" % (_NAME, _ATTRIBUTE, most)) for most in (200, 40))
_CROWDED_TAG = re.compile(rb"<(%b)%b{20,}+[%b/]*+>?" % (_NAME, _ATTRIBUTE, _BLANK))
_LONG, _LONG_ENOUGH = 400 * 1024, 200 * 1024  # to hold too many in its tags, and in all
_ATTRIBUTES_MOST, _ATTRIBUTES_FEW = 30_000, 5  # on the page, 3,877 at most in 181 news pages; on an element
_ATTRIBUTES = etree.XPath("count(//@*)")
_ENDLESS_NAMES = etree.XPath("//*[string-length(@class) > 2000 or string-length(@id) > 2000]")
_DEEP = etree.XPath(f"boolean(/*{'/*' * DEPTH})")
_TABLES_DEEP = 8  # inside of each other
_DEEP_TABLE = etree.XPath(f"boolean(//table[count(ancestor::table) >= {_TABLES_DEEP - 1}])")
_UNLIKE_TEXT = ("script", "style")
_SCRIPT = re.compile(rb"(</?script(?=[\s/>]))", re.IGNORECASE)
_LESS_THAN = re.compile(rb"<(?=[a-zA-Z])")
_ELEMENTS = etree.ElementDefaultClassLookup(element=html.HtmlElement)


def read_tree(body: bytes, content_type: str) -> html.HtmlElement | None:
    """The page's tree, or None where there is no markup at all. Reads at most 5 MiB."""
    written = _in_utf8(body[:BYTES_MOST], content_type)
    markup = _DECLARATION.sub(b"", written.translate(None, _CONTROLS), count=1)
    if b"\xef" in markup:  # one byte alone is looked for ten times as quickly
        markup = _NO_CHARACTERS.sub(b"", markup)
    if b"<" not in markup:
        return None
    crowded = _is_crowded(markup)
    if crowded:
        markup = _quiet(markup)
        crowded = _is_crowded(markup)
    if not crowded and markup.count(b"<") <= _ANGLES_FEW:
        tree = _parsed(markup)
        if tree is not None and not _DEEP(tree) and not _has_deep_table(tree):
            return tree
    # The careful way costs as much as parsing twice, so only pages that look like an attack go it.
    return _parsed(shallow(_CROWDED_TAG.sub(rb"<\1>", markup).decode()).encode())


def without_scripts(tree: html.HtmlElement) -> html.HtmlElement:
    """The same tree, rid of what nobody reads as text; in place."""
    etree.strip_elements(tree, *_UNLIKE_TEXT, with_tail=False)
    return tree


def _parsed(markup: bytes) -> html.HtmlElement | None:
    reader = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    # lxml.html's own parser asks Python for the class of each element, a tenth of all the time spent on a page.
    reader.set_element_class_lookup(_ELEMENTS)
    try:
        tree = etree.fromstring(markup, reader)
    except etree.XMLSyntaxError:
        return None
    if tree is not None and len(markup) > _LONG_ENOUGH:
        _bound_attributes(tree)
    return tree


def _has_deep_table(tree: html.HtmlElement) -> bool:
    # Most pages have too few tables for that, which is seen in a fifth of the time.
    return len(list(islice(tree.iter("table"), _TABLES_DEEP))) == _TABLES_DEEP and bool(_DEEP_TABLE(tree))


def _is_crowded(markup: bytes) -> bool:
    return (_CROWDED if len(markup) <= _LONG else _CROWDED_IN_LONG).search(markup) is not None


def _quiet(markup: bytes) -> bytes:
    """The same with no start tag inside of what looks like a script, where `i<n;` would count as one. Whether it is
    a script, or only looks like one, it holds no crowded tag any more; stated articles (JSON-LD) stay as they are."""
    pieces = _SCRIPT.split(markup)
    for at in range(2, len(pieces), 2):
        if pieces[at - 1][1:2] != b"/" and b"ld+json" not in pieces[at][:_HEAD]:
            pieces[at] = _LESS_THAN.sub(b"< ", pieces[at])
    return b"".join(pieces)


def _bound_attributes(tree: html.HtmlElement) -> None:
    for element in _ENDLESS_NAMES(tree):
        element.attrib.clear()
    if _ATTRIBUTES(tree) > _ATTRIBUTES_MOST:
        for element in tree.iter():
            if len(element.attrib) > _ATTRIBUTES_FEW:
                element.attrib.clear()


def _in_utf8(body: bytes, content_type: str) -> bytes:
    """The page's bytes, most often as they are: writing sound UTF-8 anew took a twentieth of the time of a page."""
    read = _text(body, content_type)
    if read.charset == "utf-8" and read.warning is None and not body.startswith(BOM_UTF8):
        return body
    return read.text.encode("utf-8", "replace")


def _text(body: bytes, content_type: str) -> Decoded:
    meta, declaration = _META_CHARSET.search(body[:_HEAD]), _XML_CHARSET.search(body[:200])
    labels = (found[1].decode() for found in (meta, declaration) if found)
    return decode(body, charset_of(content_type), *labels)
