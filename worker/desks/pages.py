"""Asking for the page behind an entry: politely, within its time, and on from where its address only leads."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from worker import spans
from worker.desks.pile import Sheet
from worker.kit import Kit
from worker.model import UnreadEntry
from worker.pages.aggregators import target_of
from worker.reading import PageAnswer, behind
from worker.wire import Failure, Reply, Request

NEWS_DEADLINE_S = 10.0
"""How long news waits for its page before its feed's own words must do."""
DEADLINE_S = 30.0
"""The same for what nobody waits for: its site may be slow, or be asked by many at once."""
FURTHER_S = 5.0
"""What the further pages of an article may take, each."""
MAX_PAGE_BYTES = 5 * 1024 * 1024
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

AGGREGATORS = frozenset(
    (
        *("news.google.com", "feedproxy.google.com", "feeds.feedburner.com", "t.co"),
        *("bit.ly", "dlvr.it", "ift.tt", "buff.ly", "l.facebook.com"),
    )
)
"""Hosts whose addresses always mean somebody else's article."""


def sheet_for(entry: UnreadEntry, now: float) -> Sheet:
    """The sheet of an entry that has just been claimed; an aggregator's link that carries the article's address is
    asked no more."""
    target = target_of(entry.link) if entry.link else None
    host = (urlsplit(entry.link).hostname or "").lower() if entry.link else ""
    sheet = Sheet(behind(entry, target), now, via=host if target or host in AGGREGATORS else None, begun=now)
    sheet.until += NEWS_DEADLINE_S if sheet.urgent else DEADLINE_S
    return sheet


async def fetch(kit: Kit, sheet: Sheet, url: str) -> None:
    """Puts on the sheet what came of asking for `url`; whatever goes wrong on the way to it is the answer."""
    left = sheet.until - asyncio.get_running_loop().time()
    sheet.asked.append(url)
    try:
        async with asyncio.timeout(max(left, 0.0)):
            with spans.span("page", "inside", {"entry": sheet.entry.id}):
                sheet.answer = await _ask(kit, url, left)
    except TimeoutError:
        deadline = NEWS_DEADLINE_S if sheet.urgent else DEADLINE_S
        sheet.answer = Failure("timeout", f"no page within {deadline:.0f} s")


async def _ask(kit: Kit, url: str, left: float) -> PageAnswer:
    forbidden = await kit.forbids(url) if kit.forbids else None
    if forbidden is not None:
        return forbidden
    answer: Reply | Failure = await kit.web.ask(
        Request(url, headers={"Accept": ACCEPT}, deadline_s=left, max_bytes=MAX_PAGE_BYTES)
    )
    return answer
