"""PURE. From an entry and its page to the article: whose text, title, date and identity count.

The page's text counts when there is one. Where it cannot be had in time, the feed's own text is matched and
the article says so ("summary only").
"""

from __future__ import annotations

from hashlib import blake2b
from urllib.parse import unquote, urlsplit

from worker.feeds.identity import canonical_url, entry_keys
from worker.links import web_link
from worker.match import detect
from worker.model import Article, Entry, PageText, ReadArticle, UnreadEntry
from worker.wire import Failure, Reply

LONGEST_IDENTITY = 2000
"""Bytes; an index of PostgreSQL takes at most 2,704 of a value (nbtree.h, BTMaxItemSize)."""


def page_problem(answer: Reply | Failure | None) -> str | None:
    """Why this answer is no page to read; None if it is one."""
    match answer:
        case None:
            return "no_link"
        case Failure(reason, detail):
            return f"{reason}: {detail}"
        case Reply(status) if status != 200:
            return f"status {status}"
        case Reply() if not _is_html(answer):
            return f"not a web page: {answer.headers.get('content-type', '')[:60]}"
    return None


def _is_html(reply: Reply) -> bool:
    kind = reply.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "application/xhtml+xml", "application/octet-stream", "text/plain")


def article_of(
    entry: UnreadEntry, page: PageText | None, final_url: str | None, problem: str | None
) -> ReadArticle:
    """The article as it will be matched. `page` None: there is none, for the reason `problem` (or because the
    user does not want pages read)."""
    body = page.text if page and page.text else _own_text(entry)
    title = entry.title or (page.title if page else "")
    summary_only = entry.full_text and not (page and page.text)
    prior = (page.language if page else None) or entry.language
    return ReadArticle(
        article=Article(
            title=title,
            body=body,
            language=detect(f"{title}\n{body}", prior),
            url=entry.link or "",
            source=entry.source,
            author=", ".join(entry.authors or (page.authors if page else ())),
            tags=entry.tags,
        ),
        identity=_short(_identity(entry, page, final_url)),
        authors=entry.authors or (page.authors if page else ()),
        published_at=entry.published_at or (page.published if page else None),
        method=page.method if page and page.text else "feed",
        summary_only=summary_only,
        page_problem=problem or ("no article on the page" if summary_only else None),
    )


def _own_text(entry: UnreadEntry) -> str:
    """What the feed itself says: its full content if it has one, else its summary."""
    return entry.content if len(entry.content) >= len(entry.summary) else entry.summary


def _identity(entry: UnreadEntry, page: PageText | None, final_url: str | None) -> str:
    """The address that means this article, whichever feed brought it; without one, the entry's own key."""
    if not entry.link or _is_front_page(entry.link):
        return f"feed:{entry.feed_id}:{entry_keys(_as_entry(entry), '')[0]}"
    final = web_link(final_url)
    address = final if final and _tells_the_same(entry.link, final) else entry.link
    canonical = web_link(page.canonical) if page else None
    if canonical and _may_speak_for(canonical, address) and _tells_the_same(entry.link, canonical):
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
        summary=entry.summary,
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
    """A page may name its canonical address on its own site, but not its front page or a folder above it."""
    wanted, here = urlsplit(canonical), urlsplit(address)
    if not _same_site(wanted.hostname or "", here.hostname or "") or wanted.port != here.port:
        return False
    path = wanted.path.rstrip("/")
    return bool(path) and not here.path.rstrip("/").startswith(path + "/")


_TWINS = ("www.", "m.", "amp.", "mobile.", "en.m.")


def _same_site(one: str, other: str) -> bool:
    """Whether both names are one site: equal but for the usual prefixes of its twins."""

    def bare(host: str) -> str:
        for prefix in _TWINS:
            host = host.removeprefix(prefix)
        return host

    return bare(one.lower()) == bare(other.lower())
