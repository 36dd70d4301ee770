"""A page's HTML to the article on it: cheap steps first, dearer ones where the result looks wrong."""

from __future__ import annotations

import logging
import re

from lxml import etree, html
from trafilatura import extract as trafilatura_extract

from worker.model import PageText
from worker.pages.boxes import clear_boxes, content_of
from worker.pages.facts import Byline, read_byline
from worker.pages.lines import strip_lines
from worker.pages.page import Page, open_page
from worker.pages.walls import wall_of, without_pleas

_WITH_OPENING = ("paywall", "login")  # walls that show the beginning of the article
_TEXT_MOST = 400_000  # characters; 26,000 at most in 181 articles, and a tsvector of PostgreSQL ends at 1 MB
_SHORT = 500  # characters; a news article seldom has fewer
# Of the words in paragraphs: less looks like a missed article, or like a part of one.
_SHARE_OF_NOTHING, _SHARE_OF_PART = 0.15, 0.6
_TELLING = 60  # characters of a paragraph that shows where the article stands
_AS_LONG = 0.9  # how long a JSON-LD body must be beside the extraction: 3 of 66 were cut by a fifth
_MUCH_LONGER = 1.5
_WHOLE = re.compile(r"(?<!\.\.)[.!?。！？][\"'”’»)\]]*$")  # cut bodies end within a sentence or with dots
_PARAGRAPHS = etree.XPath("//p[not(ancestor::header or ancestor::p)]")  # other navigation has gone as boxes
# 1,570 at most in 181 news pages. The extractor's ways take 0.1 and up to 1 ms an element; on 10,000 boxes in
# boxes the thorough one took 11 s.
_ELEMENTS_MOST, _ELEMENTS_MOST_TWICE = 6_000, 3_000
_ELEMENTS = etree.XPath("count(//*)")

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports every page without an article


def extract_page(body: bytes, url: str = "", content_type: str = "") -> PageText:
    """The article on a page. `url` is where it came from, `content_type` the header it came with.

    `text` is the paragraphs separated by blank lines, without title, captions and what stands around; empty,
    with method `none`, where the page has no article. Never raises for what the page holds; at most 5 MiB
    are read.
    """
    return read_article(open_page(body, url, content_type))


def read_article(page: Page) -> PageText:
    """The article on a page that is already open; see `extract_page`.

    With a `wall`, `text` is no more than the article's opening, and empty where the wall shows none of it.
    """
    text, method = _article(page)
    facts = page.facts
    byline = Byline() if page.tree is None else read_byline(page.tree, page.stated)
    wall = None if method == "site" else wall_of(page.tree, facts, page.scripts, text)
    if wall:
        text = without_pleas(text) if wall in _WITH_OPENING else ""
    return PageText(
        title=facts.title,
        text=text
        if len(text) <= _TEXT_MOST
        else text[:_TEXT_MOST].rpartition("\n\n")[0] or text[:_TEXT_MOST],
        language=facts.language,
        published=byline.published,
        authors=byline.authors,
        canonical=facts.canonical,
        method=method if text else "none",
        wall=wall,
    )


def _article(page: Page) -> tuple[str, str]:
    """The text, and the name of the step that found it."""
    if page.tree is None:
        return "", "none"
    if page.own:
        return page.own, "site"
    tree = content_of(page.tree)
    clear_boxes(tree)
    text, method = _extracted(tree, page.facts.title)
    stated = strip_lines(page.facts.body, page.facts.title)
    return (stated, "json-ld") if _better(stated, text) else (text, method)


def _better(stated: str, text: str) -> bool:
    """Whether the body stated in JSON-LD beats the extraction: nothing was extracted, or it is whole, about as
    long, and in paragraphs; or longer by so much that the extraction must have missed some."""
    if not text or len(stated) >= _MUCH_LONGER * len(text):
        return bool(stated)
    paragraphs_too = stated.count("\n\n") >= text.count("\n\n") / 2
    as_long = _AS_LONG <= len(stated) / len(text) <= 2 - _AS_LONG
    return as_long and paragraphs_too and _WHOLE.search(stated) is not None


def _extracted(tree: html.HtmlElement, title: str) -> tuple[str, str]:
    elements = _ELEMENTS(tree)
    if elements > _ELEMENTS_MOST:
        return strip_lines("\n".join(map(_line, _PARAGRAPHS(tree))), title), "paragraphs"
    quick = strip_lines(_trafilatura(tree, fast=True), title)
    words = _words_length(tree)
    if elements > _ELEMENTS_MOST_TWICE or len(quick) >= max(_SHORT, _SHARE_OF_PART * words):
        return quick, "extracted"
    if len(more := strip_lines(_in_like_blocks(tree, quick), title)) >= _MUCH_LONGER * len(quick) > 0:
        return more, "extracted:blocks"
    if len(quick) >= max(_SHORT, _SHARE_OF_NOTHING * words):
        return quick, "extracted"
    full = strip_lines(_trafilatura(tree, fast=False), title)
    same_article = quick.partition("\n")[0] in full
    return (full, "extracted:full") if len(full) > len(quick) and same_article else (quick, "extracted")


def _in_like_blocks(tree: html.HtmlElement, text: str) -> str:
    """All paragraphs in blocks of the same class as those that hold the text: where an article is laid out in several
    of them, with an advertisement between, the extractor takes the largest alone."""
    found = set(text.split("\n\n"))
    paragraphs = [(_block_of(paragraph), _line(paragraph)) for paragraph in _PARAGRAPHS(tree)]
    blocks = {block for block, line in paragraphs if len(line) >= _TELLING and line in found}
    return "\n".join(line for block, line in paragraphs if block and block in blocks)


def _block_of(paragraph: html.HtmlElement) -> str | None:
    return paragraph.getparent().get("class")  # type: ignore[no-any-return]


def _line(paragraph: html.HtmlElement) -> str:
    return " ".join(paragraph.text_content().split())


def _trafilatura(tree: html.HtmlElement, *, fast: bool) -> str:
    # It works on copies of its own and leaves the tree as it is.
    text = trafilatura_extract(
        tree, fast=fast, include_comments=False, with_metadata=False, deduplicate=False
    )
    return text or ""


def _words_length(tree: html.HtmlElement) -> int:
    """Characters in paragraphs outside of navigation."""
    return sum(len(paragraph.text_content().strip()) for paragraph in _PARAGRAPHS(tree))
