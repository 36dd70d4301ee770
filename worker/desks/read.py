"""The read desk: new entries, their pages fetched side by side, each read and matched as its page comes."""

from __future__ import annotations

import asyncio

import structlog

from worker.errors import BadInput
from worker.kit import Kit
from worker.limits import TooSlow, at_most
from worker.match import TopicIndex, detect, quote
from worker.model import Article, Finding, PageText, ReadArticle, Topic, TopicId, UnreadEntry
from worker.pages.extract import extract_page
from worker.reading import article_of, page_problem
from worker.rolling import keep_busy
from worker.store import entries as store
from worker.wire import Failure, Reply, Request

log = structlog.get_logger("worker")

ROOM = 16
SECONDS = 20.0
EXTRACT_SECONDS = 10.0
PAGE_DEADLINE_S = 10.0
MAX_PAGE_BYTES = 5 * 1024 * 1024
PAGE_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


def warm_up() -> None:
    """Loads what the first reading would otherwise wait a second for: the extractor, the language model, the
    entity packs."""
    page = extract_page(
        b"<html><body><article><p>" + b"A first sentence. " * 50 + b"</p></article></body></html>"
    )
    index = TopicIndex()
    index.add(Topic(TopicId(0), "warm-up", "@nato"))
    index.match(Article(title="NATO", body=page.text, language=detect(page.text)))


async def read(kit: Kit, seconds: float = SECONDS) -> int:
    """Reads new entries, live ones first, each settled as its page comes; returns how many were read."""

    def claim(room: int) -> list[UnreadEntry]:
        with kit.engine.begin() as connection:
            kit.topics.follow(connection)
            return store.claim_unread(connection, room)

    return await keep_busy(claim, lambda entry: _read_one(kit, entry), room=ROOM, seconds=seconds)


async def _read_one(kit: Kit, entry: UnreadEntry) -> None:
    if entry.attempts >= store.MOST_ATTEMPTS:
        _set_aside(kit, entry, "it ended its reader three times")
        return
    answer = await _page(kit, entry)
    with kit.engine.begin() as connection:
        store.begin_reading(connection, entry)
    topic_set = kit.topics.number
    read, findings = _understand(kit, entry, answer)
    with kit.engine.begin() as connection:
        stored = store.settle_reading(connection, entry, read, findings, topic_set, kit.clock())
        if stored is None:
            connection.rollback()
            log.warning("lease_lost", entry=entry.id)
            return
    if stored:
        await asyncio.to_thread(kit.settled, "read")
    log.info(
        "read",
        entry=entry.id,
        feed=entry.feed_id,
        method=read.method,
        matches=stored,
        problem=read.page_problem,
    )


async def _page(kit: Kit, entry: UnreadEntry) -> Reply | Failure | None:
    """The page behind an entry; None where there is none to read."""
    if not entry.link or not entry.full_text:
        return None
    request = Request(
        entry.link, headers={"Accept": PAGE_ACCEPT}, deadline_s=PAGE_DEADLINE_S, max_bytes=MAX_PAGE_BYTES
    )
    try:
        return await asyncio.wait_for(kit.web.ask(request), PAGE_DEADLINE_S)
    except TimeoutError:
        return Failure("timeout", f"no page within {PAGE_DEADLINE_S:.0f} s")


def _understand(
    kit: Kit, entry: UnreadEntry, answer: Reply | Failure | None
) -> tuple[ReadArticle, list[Finding]]:
    problem = page_problem(answer) if entry.full_text else None
    page: PageText | None = None
    if isinstance(answer, Reply) and problem is None:
        page, problem = _extract(answer)
    final_url = answer.url if isinstance(answer, Reply) and problem is None else None
    read = article_of(entry, page, final_url, problem)
    findings = []
    for match in kit.topics.index.match(read.article):
        shown = quote(read.article, match.hits)
        findings.append(Finding(match, shown.field, shown.text, shown.marks))
    return read, findings


def _extract(reply: Reply) -> tuple[PageText | None, str | None]:
    try:
        with at_most(EXTRACT_SECONDS):
            return extract_page(
                reply.body, url=reply.url, content_type=reply.headers.get("content-type", "")
            ), None
    except TooSlow:
        return None, f"the page took more than {EXTRACT_SECONDS:.0f} s to read"
    except BadInput as error:
        return None, str(error)


def _set_aside(kit: Kit, entry: UnreadEntry, reason: str) -> None:
    with kit.engine.begin() as connection:
        store.set_aside(connection, entry, reason)
    log.error("set_aside", entry=entry.id, feed=entry.feed_id, reason=reason)
