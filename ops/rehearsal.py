"""Reading a page once, without storing anything: what the read desk would make of it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ops.inspection import Charset, Way, charset_facts, way_of, why_failed
from worker.desks.pages import ACCEPT, MAX_PAGE_BYTES, NEWS_DEADLINE_S
from worker.errors import BadInput
from worker.http import Web
from worker.limits import TooSlow, at_most
from worker.model import EntryId, FeedId, PageText, ReadArticle, UnreadEntry
from worker.pages.extract import extract_page
from worker.permission import Permission
from worker.plain import paragraphs_from_html
from worker.reading import Had, article_of, page_problem
from worker.robots import Allowed, Forbidden
from worker.wire import Failure, Reply, Request

EXTRACT_SECONDS = 10.0
_TELLING = 40
"""Characters; a paragraph as long as this stands in no other by chance."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Every step of a reading, as far as it came. `problem` says why there is no article; `words` are its
    own, `page_words` all that a reader sees on the page: `seen` is that, paragraph by paragraph, True for those that
    the article has."""

    url: str
    permission: Allowed | Forbidden
    way: Way | None = None
    charset: Charset | None = None
    page: PageText | None = None
    read: ReadArticle | None = None
    words: int = 0
    page_words: int = 0
    seen: tuple[tuple[str, bool], ...] = ()
    problem: str | None = None


async def rehearse(web: Web, url: str, now: datetime, *, robots: bool = True) -> Rehearsed:
    """Fetches and reads the page behind an address, as the read desk would for a feed's entry without any words.
    `robots`: whether robots.txt counts (PANTAU_ROBOTS)."""
    permission = await Permission(web).may_fetch(url) if robots else Allowed()
    if isinstance(permission, Forbidden):
        return Rehearsed(url, permission, problem=f"robots.txt: {permission.rule}")
    headers = {"Accept": ACCEPT}
    request = Request(url, headers=headers, deadline_s=NEWS_DEADLINE_S, max_bytes=MAX_PAGE_BYTES, traced=True)
    answer = await web.ask(request)
    if isinstance(answer, Failure) or answer.status != 200:
        return Rehearsed(url, permission, way_of(answer), problem=why_failed(answer)[0])
    return _read(url, permission, answer, now)


def _read(url: str, permission: Allowed, reply: Reply, now: datetime) -> Rehearsed:
    content_type = reply.headers.get("content-type", "")
    way, charset = way_of(reply), charset_facts(reply.body, content_type)
    problem, page = page_problem(reply), None
    if problem is None:
        page, problem = _extracted(reply, content_type)
    visible = paragraphs_from_html(reply.body.decode(charset.used, "replace"))
    words = sum(len(paragraph.split()) for paragraph in visible)
    if page is None or not page.text:
        why = problem or "there is no article on the page"
        seen = tuple((paragraph, False) for paragraph in visible)
        return Rehearsed(url, permission, way, charset, page, page_words=words, seen=seen, problem=why)
    read = article_of(_entry(url, now), Had(page, reply.url))
    seen = kept_and_left(visible, page.text)
    return Rehearsed(url, permission, way, charset, page, read, len(page.text.split()), words, seen)


def kept_and_left(visible: Iterable[str], text: str) -> tuple[tuple[str, bool], ...]:
    """The paragraphs of a page, True for those whose words stand in the article's text. A short one must be a
    paragraph there: its words may well stand in another by chance."""
    whole = " ".join(text.split())
    each = {" ".join(paragraph.split()) for paragraph in text.split("\n")}
    squeezed = (" ".join(paragraph.split()) for paragraph in visible)
    return tuple(
        (said, said in each or (len(said) >= _TELLING and said in whole)) for said in squeezed if said
    )


def _extracted(reply: Reply, content_type: str) -> tuple[PageText | None, str | None]:
    try:
        with at_most(EXTRACT_SECONDS):
            return extract_page(reply.body, url=reply.url, content_type=content_type), None
    except TooSlow:
        return None, f"the page took more than {EXTRACT_SECONDS:.0f} s to read"
    except BadInput as error:
        return None, str(error)


def _entry(url: str, now: datetime) -> UnreadEntry:
    """An entry that says nothing but its link."""
    return UnreadEntry(
        id=EntryId(0),
        token=0,
        attempts=0,
        feed_id=FeedId(0),
        guid=None,
        link=url,
        title="",
        summary="",
        content="",
        authors=(),
        tags=(),
        published_at=None,
        seen_at=now,
        backlog=False,
        full_text=True,
        source="",
        language=None,
    )
