"""Boxes of the tree that stand around an article: navigation, captions, teasers of other articles.

A word in such a box must never raise an alarm, so what announces itself as a box goes before the article is
looked for.
"""

from __future__ import annotations

import copy
import re
from functools import lru_cache
from itertools import islice

from lxml import etree, html

from worker.pages.lines import announces_alone, in_small, may_announce, others_end

# What extractors drop anyway; dropped at once by libxml2, the rest has a third less to walk through.
_NEVER_TEXT_TAGS = """
    script style svg noscript iframe object embed canvas map area audio video source track link meta
    input select textarea button datalist nav footer aside menu dialog figcaption
"""
_NEVER_TEXT = _NEVER_TEXT_TAGS.split()
# Every text outside of these with a mark behind it, which is a blank where it stands in a text itself.
_END = "\u2029"
_CONTENT = etree.XSLT(
    etree.XML(f"""
    <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
        <xsl:output method="text"/>
        <xsl:template match="{"|".join(_NEVER_TEXT)}"/>
        <xsl:template match="text()"><xsl:value-of select="."/><xsl:text>{_END}</xsl:text></xsl:template>
    </xsl:stylesheet>""")
)
_BOX = re.compile(
    r"(?:^|[\s_-])(?:related|recirc\w*|recommend\w*|baca-?juga|lihat-?juga|artikel-?terkait|berita-?terkait|"
    r"terkait|terpopuler|popular|trending|most-?(?:read|popular|viewed)|read-?(?:also|more|next)|see-?also|"
    r"also-?(?:read|like)|more-?(?:stories|news|articles)|outbrain|taboola|newsletter|breadcrumbs?|"
    r"caption|wp-caption-text|image-?credit|photo-?credit|social-?(?:share|links|media)|"
    r"share-?(?:bar|buttons?|tools))(?:$|[\s_-])",
    re.IGNORECASE,
)
_NEVER_A_BOX = frozenset(("html", "body", "main", "article", "head", "p"))
_BOX_SHARE = 0.3  # of the page's paragraphs; what holds more is the article under a strange name
_ANNOUNCING = ("h2", "h3", "h4", "h5", "h6", "p", "strong", "b", "em", "span", "div", "li", "td", "dt")
_ANNOUNCEMENT_LONGEST = 300
_FEW = 12  # elements
_LINKED = 0.7
_CARD_LONGEST = 160  # words around one link in a list of articles: a teaser, a time, a section
_TEASER_LONGEST = 250
_TEXT = etree.XPath("string()", smart_strings=False)


def content_of(tree: html.HtmlElement) -> html.HtmlElement:
    """A copy without what is never an article's: navigation, forms, captions."""
    content = copy.deepcopy(tree)
    etree.strip_elements(content, *_NEVER_TEXT, with_tail=False)
    return content


def texts_of(tree: html.HtmlElement) -> list[str]:
    """The texts in a page's content, in order: those of `content_of`, in a third of the time, since nothing is
    copied for it (0.24 ms instead of 0.82 on 181 news pages)."""
    return [text for text in str(_CONTENT(tree)).split(_END) if text]


def clear_boxes(tree: html.HtmlElement) -> None:
    """Take out of a page's content the boxes that link to other articles, in place."""
    _drop_named_boxes(tree)
    for element in list(tree.iter(*_ANNOUNCING)):
        head = element.text
        if (not head or may_announce(head)) and _is_small(element) and _announces_others(element):
            _drop_with_links(element)


def _drop_named_boxes(tree: html.HtmlElement) -> None:
    """Boxes whose class or id says what they are, unless much of the article is in them."""
    named = [element for element in tree.iter() if _is_named_box(element)]
    if not named:
        return
    words = _paragraph_lengths(tree)
    most = _BOX_SHARE * words[tree]
    for element in named:
        if words[element] <= most:
            _drop(element)


def _is_named_box(element: html.HtmlElement) -> bool:
    if element.tag in _NEVER_A_BOX:
        return False
    called, known_as = element.get("class"), element.get("id")
    return bool(called and _names_a_box(called)) or bool(known_as and _names_a_box(known_as))


# A site's pages share their names; an entry takes some 200 bytes.
@lru_cache(maxsize=1 << 13)
def _names_a_box(names: str) -> bool:
    return _BOX.search(names) is not None


def _paragraph_lengths(tree: html.HtmlElement) -> dict[html.HtmlElement, int]:
    """Characters in the paragraphs below each element; one walk, since boxes nest."""
    lengths = dict.fromkeys(tree.iter(), 0)
    for element in reversed(list(lengths)):
        if element.tag == "p":
            lengths[element] = len(_TEXT(element))
        if (above := element.getparent()) is not None and lengths[element]:
            lengths[above] += lengths[element]
    return lengths


def _is_small(element: html.HtmlElement) -> bool:
    """Whether it is too small to be more than an announcement, seen without reading all that is in it."""
    return len(element) <= 4 and sum(1 for _ in islice(element.iter(), _FEW + 1)) <= _FEW


def _announces_others(element: html.HtmlElement) -> bool:
    """`Baca juga` by itself, or before a link and little else."""
    text = in_small(_text_of(element))
    if not text or len(text) > _ANNOUNCEMENT_LONGEST or (end := others_end(text)) is None:
        return False
    return announces_alone(text) or _linked(element) >= _LINKED * len(text[end:].strip(" :»|-–—"))


def _text_of(element: html.HtmlElement) -> str:
    return " ".join(_TEXT(element).split())


def _drop_with_links(element: html.HtmlElement) -> None:
    """The announcement and what it announces: the blocks after it, as long as they are little but links."""
    while (follower := _next_block(element)) is not None and _is_list_of_links(follower):
        _drop(follower)
    _drop(element)


def _next_block(element: html.HtmlElement) -> html.HtmlElement | None:
    """The sibling after it, or after the wrapper that holds nothing else; None where text stands between."""
    here = element
    for _ in range(3):
        if (here.tail or "").strip(" :\n\t\r"):
            return None
        if (beside := here.getnext()) is not None:
            return beside
        here = here.getparent()
        if here is None or here.tag in ("html", "body", "main", "article") or len(here) > 1:
            return None
    return None


def _is_list_of_links(element: html.HtmlElement) -> bool:
    links = 1 if element.tag == "a" else sum(1 for _ in element.iter("a"))
    whole, linked = len(_text_of(element)), _linked(element)
    if links == 1:
        return linked >= _LINKED * whole
    return links > 1 and (whole - linked) / links <= _CARD_LONGEST and not _has_long_paragraph(element)


def _has_long_paragraph(element: html.HtmlElement) -> bool:
    return any(len(_TEXT(paragraph)) > _TEASER_LONGEST for paragraph in element.iter("p"))


def _linked(element: html.HtmlElement) -> int:
    """Characters of the element's text that are links."""
    return sum(len(_text_of(link)) for link in element.iter("a"))


def _drop(element: html.HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
