"""What stands around an article: boxes of the tree and lines of the text that are not the author's words.

A word in such a box must never raise an alarm, so what announces itself as a box goes before the article is
looked for, and what announces itself as a line goes after.
"""

from __future__ import annotations

import re

from lxml import html

from worker.dates import read_date
from worker.pages.phrases import CREDIT, OTHERS_ALONE, OTHERS_FIRST, OTHERS_NAMED, PLEA, RIGHTS
from worker.plain import one_line

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
_LINKED = 0.7
_CARD_LONGEST = 160  # words around one link in a list of articles: a teaser, a time, a section
_TEASER_LONGEST = 250
_PLEAS_WITHIN = 4  # lines from the end; further up they may be the story
_DATE_WITHIN, _DATE_LONGEST = 3, 60
_HEADLINE_LONGEST = 160
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")


def clear_boxes(tree: html.HtmlElement) -> None:
    """Take out captions and boxes that link to other articles, in place."""
    for caption in list(tree.iter("figcaption")):
        _drop(caption)
    _drop_named_boxes(tree)
    for element in list(tree.iter(*_ANNOUNCING)):
        if element.getparent() is not None and _announces_others(element):
            _drop_with_links(element)


def strip_lines(text: str, title: str) -> str:
    """The article's paragraphs without title, date, credits, rights, pleas and hints at other articles."""
    lines = [line for line in map(one_line, text.splitlines()) if line]
    kept = [line.removeprefix("- ") for line in _before_others(lines) if not _is_furniture(line)]
    if kept and title and _bare(kept[0]) == _bare(title):
        kept = kept[1:]
    last = len(kept)
    return "\n\n".join(
        line
        for place, line in enumerate(kept)
        if not (place < _DATE_WITHIN and _is_date(line))
        and not (place >= last - _PLEAS_WITHIN and PLEA.fullmatch(line))
    )


def _drop_named_boxes(tree: html.HtmlElement) -> None:
    """Boxes whose class or id says what they are, unless much of the article is in them."""
    words = _paragraph_lengths(tree)
    most = _BOX_SHARE * words[tree]
    for element, length in words.items():
        if element.tag not in _NEVER_A_BOX and length <= most and _is_named_box(element):
            _drop(element)


def _is_named_box(element: html.HtmlElement) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return len(names) > 1 and _BOX.search(names) is not None


def _paragraph_lengths(tree: html.HtmlElement) -> dict[html.HtmlElement, int]:
    """Characters in the paragraphs below each element; one walk, since boxes nest."""
    lengths = dict.fromkeys(tree.iter(), 0)
    for element in reversed(list(lengths)):
        if element.tag == "p":
            lengths[element] = len(element.text_content())
        if (above := element.getparent()) is not None:
            lengths[above] += lengths[element]
    return lengths


def _announces_others(element: html.HtmlElement) -> bool:
    """`Baca juga` by itself, or before a link and little else."""
    text = one_line(str(element.text_content())) if len(element) <= 4 else ""
    if not text or len(text) > _ANNOUNCEMENT_LONGEST:
        return False
    if OTHERS_ALONE.fullmatch(text):
        return True
    opening = OTHERS_FIRST.match(text)
    return opening is not None and _linked(element) >= _LINKED * len(text[opening.end() :].strip(" :»|-–—"))


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
    whole, linked = len(one_line(str(element.text_content()))), _linked(element)
    if links == 1:
        return linked >= _LINKED * whole
    return links > 1 and (whole - linked) / links <= _CARD_LONGEST and not _has_long_paragraph(element)


def _has_long_paragraph(element: html.HtmlElement) -> bool:
    return any(len(paragraph.text_content()) > _TEASER_LONGEST for paragraph in element.iter("p"))


def _linked(element: html.HtmlElement) -> int:
    """Characters of the element's text that are links."""
    return sum(len(one_line(str(link.text_content()))) for link in element.iter("a"))


def _drop(element: html.HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _before_others(lines: list[str]) -> list[str]:
    """A line that only announces other articles takes the headlines below it along."""
    kept, skipping = [], False
    for line in lines:
        if OTHERS_ALONE.fullmatch(line):
            skipping = True
        elif skipping and len(line) <= _HEADLINE_LONGEST and not _SENTENCE_END.search(line):
            continue
        else:
            skipping = False
            kept.append(line)
    return kept


def _is_furniture(line: str) -> bool:
    return any(form.fullmatch(line) for form in (OTHERS_NAMED, CREDIT, RIGHTS))


def _is_date(line: str) -> bool:
    return len(line) <= _DATE_LONGEST and not _SENTENCE_END.search(line) and read_date(line) is not None


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
