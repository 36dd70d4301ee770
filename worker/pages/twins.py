"""Where else an article stands: its further pages, all of it on one page, its AMP twin, the page behind a redirector.

Pure: addresses out of a page, to be followed by whoever may fetch. A link counts only where its address says that it
is the same article: `rel=next` leads to the next article on many sites, and to its second page on others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from lxml import etree, html

from worker.links import web_link

PAGES_MOST = 6
"""Pages of one article that are worth reading; more are galleries and rankings."""

_PAGE_FIELDS = (
    "page halaman hal pg pagina página seite strona stránka strana sayfa p pn paged pagenum pageno PAGEN_1 pp"
)
_FIELDS = frozenset(_PAGE_FIELDS.split())
_PAGE_WORDS = "(?:page|halaman|hal|pagina|seite|strona|strana|sayfa|p)"
_IN_PATH = re.compile(rf"(?:/{_PAGE_WORDS}[/-]?|/|[-_,])(\d{{1,2}})(/?|\.\w{{3,5}})$", re.IGNORECASE)
_WHOLE_NAMES = "page halaman pages view show showall single singlepage full fullpage print all pg"
_WHOLE_FIELDS = frozenset(_WHOLE_NAMES.split())
_WHOLE_VALUES = frozenset(("all", "full", "single", "semua", "1", "true", "yes", ""))
_WHOLE_PATH = re.compile(r"/(?:all|full|single|single-page|singlepage|semua)/?$", re.IGNORECASE)
_LINKS = etree.XPath("//a[@href] | //link[@href and contains(concat(' ', @rel, ' '), ' next ')]")
_AMP = etree.XPath("string(//link[@rel='amphtml']/@href)", smart_strings=False)
_SMALL_ELEMENTS, _SMALL_TEXT = 80, 400
_IS_LARGE = etree.XPath(f"boolean(/descendant::*[{_SMALL_ELEMENTS + 1}])")
_VISIBLE = etree.XPath("//body//text()[not(parent::script or parent::style)]", smart_strings=False)
_REFRESH = re.compile(
    r"\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*(?:url\s*=)?\s*[\"']?\s*([^\"'\s][^\"']*)", re.IGNORECASE
)
_REFRESH_SOON_S = 10  # later it is a reload, or an advertisement's end
_TO = r"(?:=\s*(?![=])|\.(?:replace|assign)\s*\(\s*)"
_MOVED = re.compile(
    rf"(?<![\w.])(?:(?:window|document|self|top|parent)\.)*location(?:\.href)?\s*{_TO}"
    r"(?:\"(?P<double>[^\"\n]{1,2000})\"|'(?P<single>[^'\n]{1,2000})'|(?P<name>[A-Za-z_$][\w$]{0,40})\s*[;)\n])"
)
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([/\"'\\]))")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Addresses a page gives for its own article: all of it on one page, its next page, its AMP twin."""

    whole: str | None = None
    next: str | None = None
    amp: str | None = None


def elsewhere(tree: html.HtmlElement | None, url: str, first: str = "", number: int = 2) -> Elsewhere:
    """Where the article goes on. `url` is the page's address, `first` that of its first page (empty: this is it), and
    `number` the page that is wanted next."""
    if tree is None:
        return Elsewhere()
    start = urlsplit(first or url)
    onward = whole = None
    for link in _LINKS(tree):
        href = link.get("href")
        if not (address := _near(href, url, start)):
            continue
        there = urlsplit(address)
        if onward is None and number <= PAGES_MOST and _page_of(there, start) == number:
            onward = address
        elif whole is None and _is_whole(there, start):
            whole = address
    return Elsewhere(whole=whole, next=onward, amp=web_link(_AMP(tree), url))


def forward_of(tree: html.HtmlElement, url: str) -> str | None:
    """Where a redirector's page sends its readers at once, by a meta element or by a script; None for a page with a
    text of its own. To be asked while the scripts are in the tree."""
    if (urlsplit(url).hostname or "") == "news.google.com" and (named := tree.xpath("string(//@data-n-au)")):
        return web_link(str(named), url)
    if _IS_LARGE(tree) or len(" ".join("".join(_VISIBLE(tree)).split())) > _SMALL_TEXT:
        return None
    for link in (*_refreshed(tree), *_moved(tree)):
        address = web_link(link, url)
        if address and address.partition("#")[0] != url.partition("#")[0]:
            return address
    return None


def joined(texts: Sequence[str]) -> str:
    """The texts of an article's pages as one. What stands on several of them (its lead, its by-line) is kept once."""
    paragraphs = (paragraph for text in texts for paragraph in text.split("\n\n") if paragraph)
    return "\n\n".join(dict.fromkeys(paragraphs))


def _near(href: str, url: str, start: SplitResult) -> str | None:
    """The address of a link within the same site that could be another page of the same article."""
    if href.startswith("#") or "comment" in href.lower():
        return None
    address = web_link(href, url)
    return address if address and urlsplit(address).netloc == start.netloc else None


def _page_of(there: SplitResult, start: SplitResult) -> int | None:
    """Which page of the article that begins at `start` an address names; None where it names none."""
    own = _query(start)
    fields, pages = _split_fields(there)
    if fields == own and len(pages) == 1 and _path(there) == _path(start):
        value = pages[0][1]
        return int(value) if value.isdecimal() and len(value) <= 2 else None
    found = _IN_PATH.search(there.path)
    if found is None or pages or fields != own:
        return None
    before, ending = there.path[: found.start()], found[2].strip("/")
    return int(found[1]) if before + ending == _path(start) else None


def _is_whole(there: SplitResult, start: SplitResult) -> bool:
    own, given = _query(start), _query(there)
    added = [field for field in given if field not in own]
    if _path(there) == _path(start) and len(added) == 1 and len(given) == len(own) + 1:
        name, value = added[0]
        numbered = name in _FIELDS and value.isdecimal()
        return name.lower() in _WHOLE_FIELDS and value.lower() in _WHOLE_VALUES and not numbered
    return given == own and _WHOLE_PATH.sub("", there.path) == _path(start) != _path(there)


def _path(parts: SplitResult) -> str:
    return parts.path.rstrip("/")


def _query(parts: SplitResult) -> list[tuple[str, str]]:
    try:
        return parse_qsl(parts.query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return [("", parts.query)]


def _split_fields(parts: SplitResult) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The fields of the query that name no page, and those that do."""
    given = _query(parts)
    pages = [field for field in given if field[0] in _FIELDS]
    return [field for field in given if field[0] not in _FIELDS], pages


def _refreshed(tree: html.HtmlElement) -> Iterator[str]:
    for meta in tree.iter("meta"):
        found = _REFRESH.match(meta.get("content") or "")
        if found and (meta.get("http-equiv") or "").lower() == "refresh" and int(found[1]) <= _REFRESH_SOON_S:
            yield found[2].strip()


def _moved(tree: html.HtmlElement) -> Iterator[str]:
    """Addresses that a script puts into `location`, written there or in a variable before."""
    for script in tree.iter("script"):
        text = (script.text or "")[:20_000]
        for found in _MOVED.finditer(text):
            link = found["double"] or found["single"] or _value_of(found["name"], text)
            if link:
                yield _ESCAPED.sub(_unescaped, link)


def _value_of(name: str, text: str) -> str | None:
    found = re.search(rf"(?<![\w$.]){re.escape(name)}\s*=\s*([\"'])([^\"'\n]{{1,2000}})\1", text)
    return found[2] if found else None


def _unescaped(found: re.Match[str]) -> str:
    return found[3] or chr(int(found[1] or found[2], 16))
