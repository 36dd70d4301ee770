"""PURE. From an entry and its page to the article: whose text, title, date and identity count.

The page's text counts when there is one. Where it cannot be had in time, the feed's own text is matched and
the article says so ("summary only").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote, urlsplit

from worker.feeds.identity import canonical_url, entry_keys
from worker.links import web_link
from worker.match import detect
from worker.model import Article, Entry, PageText, ReadArticle, UnreadEntry, Words
from worker.robots import Forbidden
from worker.wire import Failure, Reply

LONGEST_IDENTITY = 2000
"""Bytes; an index of PostgreSQL takes at most 2,704 of a value (nbtree.h, BTMaxItemSize)."""


PageAnswer = Reply | Failure | Forbidden | None
"""What came of asking for a page; None where an entry has none."""


@dataclass(frozen=True, slots=True)
class Had:
    """The page behind an entry, as far as it was had: what it says (None: nothing), the address that answered, why
    it was not had, the aggregator whose link led there, and how it all went."""

    page: PageText | None = None
    final_url: str | None = None
    problem: str | None = None
    via: str | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


def page_problem(answer: PageAnswer) -> str | None:
    """Why this answer is no page to read; None if it is one."""
    match answer:
        case None:
            return "no_link"
        case Forbidden(rule, for_now):
            return rule if for_now else f"robots.txt forbids ({rule})"
        case Failure(reason, detail):
            return f"{reason}: {detail}"
        case Reply(status) if status != 200:
            return f"status {status}"
        case Reply() if not is_html(answer):
            return f"not a web page: {answer.headers.get('content-type', '')[:60]}"
    return None


def is_html(reply: Reply) -> bool:
    """Whether the reply may be a web page, by what it says it is."""
    kind = reply.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "application/xhtml+xml", "application/octet-stream", "text/plain")


def article_of(entry: UnreadEntry, had: Had) -> ReadArticle:
    """The article as it will be matched. Without a page (or where the user does not want pages read) the feed's own
    words are its text."""
    page = had.page
    whole = page is not None and bool(page.text) and not page.wall
    body, method = _words(entry, page)
    title = entry.title or (page.title if page else "")
    summary_only = entry.full_text and not whole
    prior = (page.language if page else None) or entry.language
    return ReadArticle(
        article=Article(
            title=title,
            body=body,
            language=detect(f"{title}\n{body}", prior),
            url=_shown_url(entry, had),
            source=entry.source,
            author=", ".join(entry.authors or (page.authors if page else ())),
            tags=entry.tags,
        ),
        identity=_short(_identity(entry, had)),
        authors=entry.authors or (page.authors if page else ()),
        published_at=entry.published_at or (page.published if page else None),
        method=method,
        summary_only=summary_only,
        page_problem=had.problem or (_missing(page) if summary_only else None),
        via=had.via,
        notes=had.notes,
    )


def behind(entry: UnreadEntry, target: str | None) -> UnreadEntry:
    """The entry with the publisher's address in place of an aggregator's link that carries it."""
    return replace(entry, link=target) if target else entry


def _shown_url(entry: UnreadEntry, had: Had) -> str:
    """Where people read it: at the publisher's, not through the aggregator."""
    return _publishers(had) or entry.link or ""


def _publishers(had: Had) -> str | None:
    """The article's address at its publisher's, where an aggregator's link led to it. A page without an article, a
    front page or one of the aggregator's own (a consent form) is not that; taken for the article's identity it would
    swallow all others that lead there."""
    final = web_link(had.final_url)
    if not had.via or not final or not (had.page and had.page.text) or _is_front_page(final):
        return None
    host = (urlsplit(final).hostname or "").lower()
    return final if _registered(host) != _registered(had.via) else None


def _registered(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def _words(entry: UnreadEntry, page: PageText | None) -> tuple[str, str]:
    """The text, and what it was taken with. What a page shows before its wall counts where its feed says less."""
    own = _own_text(entry)
    if page is None or not page.text or (page.wall and len(page.text) <= len(own)):
        return own, "feed"
    return page.text, page.method


def _missing(page: PageText | None) -> str:
    return f"wall: {page.wall}" if page and page.wall else "no article on the page"


def _own_text(entry: UnreadEntry) -> str:
    """What the feed itself says: its full content if it has one, else its summary."""
    return entry.content if len(entry.content) >= len(entry.summary) else entry.summary


def _identity(entry: UnreadEntry, had: Had) -> str:
    """The address that means this article, whichever feed brought it; without one, the entry's own key. An
    aggregator's link tells nothing of the article, so there the address that it leads to stands for the link."""
    link, final = _publishers(had) or entry.link, web_link(had.final_url)
    if not link or _is_front_page(link):
        return f"feed:{entry.feed_id}:{entry_keys(_as_entry(entry), '')[0]}"
    address = final if final and _tells_the_same(link, final) else link
    canonical = web_link(had.page.canonical) if had.page else None
    if canonical and _may_speak_for(canonical, address) and _tells_the_same(link, canonical):
        address = canonical
    return canonical_url(address)


def _short(identity: str) -> str:
    raw = identity.encode()
    if len(raw) <= LONGEST_IDENTITY:
        return identity
    return f"{identity[:200]}#{blake2b(raw, digest_size=16).hexdigest()}"


def _is_front_page(link: str) -> bool:
    """A link that every entry of some feeds has: it names the site, not the article."""
    parts = urlsplit(link)
    return not parts.path.strip("/") and not parts.query and not parts.fragment


def _as_entry(entry: UnreadEntry) -> Entry:
    return Entry(
        id=entry.guid,
        link=None,
        title=entry.title,
        summaries=(Words(entry.summary),),
        published=entry.published_at,
    )


def _tells_the_same(link: str, address: str) -> bool:
    """Whether an address that a redirect or a page offers still speaks of the link's article: it has the link's
    most telling part. Front pages, log-in pages and a canonical address that is the same on every page do not;
    taken for the article's identity they would swallow all other articles that lead there."""
    parts = urlsplit(unquote(link).casefold())
    words = [segment.rpartition(".")[0] or segment for segment in parts.path.split("/")]
    words += [value for field in parts.query.split("&") for value in [field.rpartition("=")[2]]]
    telling = max(words, key=len, default="")
    return bool(telling) and telling in unquote(address).casefold()


def _may_speak_for(canonical: str, address: str) -> bool:
    """A page may name its canonical address on its own site, but not its front page or a folder above it, unless
    it is that page's AMP twin."""
    wanted, here = urlsplit(canonical), urlsplit(address)
    if not _same_site(wanted.hostname or "", here.hostname or "") or wanted.port != here.port:
        return False
    path, twin = wanted.path.rstrip("/"), here.path.rstrip("/")
    return bool(path) and (twin == f"{path}/amp" or not twin.startswith(path + "/"))


_TWINS = ("www.", "m.", "amp.", "mobile.", "en.m.")


def _same_site(one: str, other: str) -> bool:
    """Whether both names are one site: equal but for the usual prefixes of its twins."""

    def bare(host: str) -> str:
        for prefix in _TWINS:
            host = host.removeprefix(prefix)
        return host

    return bare(one.lower()) == bare(other.lower())
