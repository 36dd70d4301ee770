"""What a page states about itself: JSON-LD first, then meta elements, then what every page has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from lxml import html

from worker.dates import read_date, zone_of
from worker.links import web_link
from worker.plain import line_from_html, one_line, text_from_html

_JSON_LONGEST = 1024 * 1024
_AUTHORS_MOST, _NAME_LONGEST = 20, 100
_ARTICLE_TYPE = re.compile(r"(?:\w*Article|\w*BlogPosting|Report|ScholarlyWork)$")
_NESTS = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart")
_DATE_META = """
    article:published_time og:published_time datepublished pubdate publishdate publish-date publish_date
    parsely-pub-date sailthru.date dc.date.issued dcterms.created dc.date date
    article.published cxenseparse:publishtime content_publishdate article_date_original
    originalpublicationdate
"""
_DATE_NAMES = tuple(_DATE_META.split())
_AUTHOR_NAMES = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl")
_OTHER_NAMES = (
    "og:title twitter:title og:site_name og:url og:locale content-language language article:content_tier"
)
_META_NAMES = frozenset((*_DATE_NAMES, *_AUTHOR_NAMES, *_OTHER_NAMES.split()))
_DATED = re.compile(r"date|time|tanggal|publish|posted|дата", re.IGNORECASE)
_BY = re.compile(r"(?:by|oleh|von|par|por|di|автор|редактор)\s*:?\s+", re.IGNORECASE)
_WRAPPED = re.compile(
    r"\A(?:<!--|(?://|/\*)?\s*<!\[CDATA\[(?:\*/)?)|(?:-->|(?://|/\*)?\s*\]\]>(?:\*/)?)\s*\Z"
)
_LANGUAGE = re.compile(r"([a-zA-Z]{2,3})(?:[-_][a-zA-Z0-9-_]{1,20})?")
_SUFFIX = re.compile(r"\s+[-–—|·:»]{1,2}\s+")


@dataclass(frozen=True, slots=True)
class Stated:
    """What a page states where programs look for it: its meta elements, and the article of its JSON-LD."""

    metas: dict[str, str]
    article: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """A page's own account. `body` is the article's text as JSON-LD gives it, often cut or missing; `free` whether
    everybody may read it, None where the page does not say."""

    title: str = ""
    canonical: str | None = None
    language: str | None = None
    body: str = ""
    free: bool | None = None


@dataclass(frozen=True, slots=True)
class Byline:
    """When an article was published, and by whom."""

    published: datetime | None = None
    authors: tuple[str, ...] = ()


def stated_on(tree: html.HtmlElement) -> Stated:
    """What the page states, with its scripts still in it."""
    return Stated(_metas(tree), next(_articles(tree), {}))


def read_facts(tree: html.HtmlElement, stated: Stated, url: str) -> Facts:
    """Title, address and language as the page states them. `url` is where it came from."""
    metas, article = stated.metas, stated.article
    return Facts(
        title=_title(tree, metas, article),
        canonical=_canonical(tree, metas, article, url),
        language=_language(tree, metas),
        body=_body(_string(article.get("articleBody"))),
        free=_free(metas, article),
    )


def read_byline(tree: html.HtmlElement, stated: Stated) -> Byline:
    """Date and authors as the page states them, else as it shows them; a tenth of what it takes to look at a page that
    no topic touches, so only asked for when it is read."""
    return Byline(_published(tree, stated, zone_of(_full_language(tree))), _authors(tree, stated))


def _free(metas: dict[str, str], article: dict[str, Any]) -> bool | None:
    """https://schema.org/isAccessibleForFree as sites write it: a boolean, its name, or the address of its name."""
    stated = str(article.get("isAccessibleForFree", "")).rpartition("/")[2].lower()
    if stated in ("true", "false"):
        return stated == "true"
    tier = metas.get("article:content_tier", "").lower()
    return {"free": True, "locked": False}.get(tier)


def _body(stated: str) -> str:
    """The stated text in paragraphs; sites write it with markup or with line ends."""
    if re.search(r"<(?:p|br|div)\b", stated, re.IGNORECASE):
        return text_from_html(stated)
    return "\n\n".join(line for written in stated.splitlines() if (line := line_from_html(written)))


def _metas(tree: html.HtmlElement) -> dict[str, str]:
    """Contents by lower-case name, property or itemprop; the first of each."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (meta.get(attribute) or "").strip().lower()
            if name in _META_NAMES and (content := one_line(meta.get("content") or "")):
                found.setdefault(name, content)
    return found


def _articles(tree: html.HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            yield from _articles_in(_loaded(script.text or ""), depth=0)


def _loaded(text: str) -> Any:
    """JSON as found in pages: wrapped in comments or CDATA, with raw line ends inside of strings."""
    bare = text[:_JSON_LONGEST].strip()
    if bare.startswith(("<", "/")):
        bare = _WRAPPED.sub("", bare).strip()
    try:
        return json.loads(bare.rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return None


def _articles_in(node: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Articles the page is about; not those it lists (ItemList, relatedLink)."""
    if depth > 5:
        return
    if isinstance(node, list):
        for item in node[:200]:
            yield from _articles_in(item, depth + 1)
    elif isinstance(node, dict):
        kinds = node.get("@type")
        if any(
            _ARTICLE_TYPE.search(_string(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])
        ):
            yield node
        for key in _NESTS:
            yield from _articles_in(node.get(key), depth + 1)


def _title(tree: html.HtmlElement, metas: dict[str, str], article: dict[str, Any]) -> str:
    return next(filter(None, _titles(tree, metas, article)), "")


def _titles(tree: html.HtmlElement, metas: dict[str, str], article: dict[str, Any]) -> Iterator[str]:
    """What the page may be called, the likeliest first; most state it, and need not be walked through for it."""
    yield line_from_html(_string(article.get("headline")))
    heads = [one_line(str(head.text_content())) for head in tree.iter("h1")]
    site = metas.get("og:site_name", "")
    for name in ("og:title", "twitter:title"):
        yield _without_site(metas.get(name, ""), site, heads)
    if len(heads) == 1:
        yield heads[0]
    document = next((one_line(str(title.text_content())) for title in tree.iter("title")), "")
    yield _without_site(document, site, heads)
    yield from heads


def _without_site(title: str, site: str, heads: list[str]) -> str:
    """`Headline - Site Name` without the site's name, where the page tells that it is one."""
    for cut in _SUFFIX.finditer(title):
        head, tail = title[: cut.start()], title[cut.end() :]
        if head in heads or (site and tail.casefold() == site.casefold()):
            return head
    return title


def _published(tree: html.HtmlElement, stated: Stated, zone: tzinfo) -> datetime | None:
    named = (
        _string(stated.article.get("datePublished")),
        *(stated.metas.get(name, "") for name in _DATE_NAMES),
        _string(stated.article.get("dateCreated")),
    )
    return _first_date(named, zone) or _first_date(_shown_dates(tree), zone)


def _first_date(texts: Iterable[str], zone: tzinfo) -> datetime | None:
    return next((moment for text in texts if text and (moment := read_date(text, zone))), None)


def _shown_dates(tree: html.HtmlElement) -> Iterator[str]:
    """Dates in `time` elements, then in small elements that are called a date."""
    for moment in tree.iter("time"):
        yield moment.get("datetime") or one_line(str(moment.text_content()))
    for element in tree.iter("span", "div", "p", "li", "td"):
        if _DATED.search(f"{element.get('class')} {element.get('id')} {element.get('itemprop')}"):
            text = one_line(str(element.text_content())) if len(element) < 5 else ""
            if 6 <= len(text) <= 80:
                yield text


def _authors(tree: html.HtmlElement, stated: Stated) -> tuple[str, ...]:
    named = [*_names(stated.article.get("author")), *_names(stated.article.get("creator"))]
    meta = [stated.metas[name] for name in _AUTHOR_NAMES if name in stated.metas]
    shown = (
        one_line(str(element.text_content()))
        for element in tree.iter("a", "span")
        if "author" in ((element.get("rel") or "").split(), element.get("itemprop"))
        or element.get("rel") == "author"
    )
    for names in (named, meta[:1], shown):
        if people := tuple(dict.fromkeys(filter(None, map(_person, names))))[:_AUTHORS_MOST]:
            return people
    return ()


def _names(author: Any) -> list[str]:
    people = author if isinstance(author, list) else [author]
    return [
        _string(person.get("name") if isinstance(person, dict) else person)
        for person in people[:_AUTHORS_MOST]
    ]


def _person(name: str) -> str:
    bare = _BY.sub("", line_from_html(name), count=1) if _BY.match(name) else line_from_html(name)
    return bare if 0 < len(bare) <= _NAME_LONGEST and "://" not in bare else ""


def _canonical(
    tree: html.HtmlElement, metas: dict[str, str], article: dict[str, Any], url: str
) -> str | None:
    links = (
        link.get("href") or ""
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    )
    stated = (next(links, ""), metas.get("og:url", ""), _string(article.get("url")))
    return next((address for link in stated if (address := web_link(link, url))), None)


def _language(tree: html.HtmlElement, metas: dict[str, str]) -> str | None:
    stated = (
        _full_language(tree),
        metas.get("content-language"),
        metas.get("language"),
        metas.get("og:locale"),
    )
    for tag in stated:
        if tag and (found := _LANGUAGE.fullmatch(tag.strip())):
            return found[1].lower()
    return None


def _full_language(tree: html.HtmlElement) -> str | None:
    tag = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
    return str(tag) if tag else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
