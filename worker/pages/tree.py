"""A page's bytes to a tree that is safe to walk: charset found, size and depth bounded."""

from __future__ import annotations

import re

from lxml import etree, html

from worker.charset import Decoded, charset_of, decode
from worker.markup import shallow

BYTES_MOST = 5 * 1024 * 1024
_HEAD = 4096  # browsers look for the charset in the first 1,024 bytes; real pages have it later
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,400}\?>")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_tree(body: bytes, content_type: str) -> html.HtmlElement | None:
    """The page's tree, or None where there is no markup at all. Reads at most 5 MiB."""
    text = _DECLARATION.sub("", _UNWANTED.sub("", _text(body[:BYTES_MOST], content_type).text))
    if "<" not in text:
        return None
    reader = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return html.document_fromstring(shallow(text).encode("utf-8"), parser=reader)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _text(body: bytes, content_type: str) -> Decoded:
    meta, declaration = _META_CHARSET.search(body[:_HEAD]), _XML_CHARSET.search(body[:200])
    labels = (found[1].decode() for found in (meta, declaration) if found)
    return decode(body, charset_of(content_type), *labels)
