"""Whether a site lets us fetch an address: its robots.txt, asked for once a day and kept by this process.

A site that has none lets us fetch everything. One whose robots.txt cannot be had, because the server fails or says
nothing, is left alone for ten minutes; from then on that counts as none. RFC 9309 (2.3.1.4) wants such a site left
alone for a month, which is meant for crawlers that chose it themselves; here a person asked for this very feed.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from worker.robots import MOST_BYTES, Allowed, Forbidden, Rules, read_rules
from worker.targets import unusable
from worker.wire import Failure, Reply, Request, site_of

DAY_S = 24 * 3600.0
"""How long a robots.txt is good for (RFC 9309, 2.4)."""
GRACE_S = 600.0
AGAIN_S = 60.0
DEADLINE_S = 5.0
MOST_KEPT_RULES = 200_000
"""Rules of all sites together, some 40 MB; the sites asked longest ago are forgotten first."""
_THEIR_OWN_ANSWER = ("bad_url", "blocked", "dns", "refused", "tls")
"""Failures that the page itself will meet, and tell better."""


class _Door(Protocol):
    """Of the HTTP door, what is needed here."""

    async def ask(self, request: Request) -> Reply | Failure: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """What a site said, or why it is left alone (`trouble`), and until when that counts."""

    rules: Rules
    until: float
    trouble: str | None = None


@dataclass(slots=True)
class Permission:
    """Asks sites for their robots.txt and remembers what they said. One per process and event loop.

    `heard` is told of each site (host and port) that was asked, and how long it wants to be left alone between two
    requests (None: it does not say).
    """

    web: _Door
    heard: Callable[[str, float | None], Awaitable[object]] | None = None
    clock: Callable[[], float] = time.monotonic
    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _failing_since: dict[str, float] = field(default_factory=dict)
    _asking: dict[str, asyncio.Task[_Known]] = field(default_factory=dict)
    _kept: int = 0

    async def may_fetch(self, url: str) -> Allowed | Forbidden:
        """Whether the site lets us fetch this address; asks the site first where that is not known. Of what is no
        address to ask, nobody can say anything against it: asking will tell."""
        if unusable(url):
            return Allowed()
        known = await self._rules_of(url)
        if known.trouble is not None:
            return Forbidden(f"robots.txt cannot be had: {known.trouble}", for_now=True)
        rule = known.rules.forbidding(url)
        return Allowed(known.rules.crawl_delay_s) if rule is None else Forbidden(str(rule))

    async def forbids(self, url: str) -> Forbidden | None:
        """What forbids to fetch this address; None if it may be fetched."""
        verdict = await self.may_fetch(url)
        return verdict if isinstance(verdict, Forbidden) else None

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the site of this address names in its robots.txt."""
        return () if unusable(url) else (await self._rules_of(url)).rules.sitemaps

    async def _rules_of(self, url: str) -> _Known:
        site = f"{urlsplit(url).scheme}://{site_of(url)}"
        known = self._known.get(site)
        if known is not None and self.clock() < known.until:
            self._known.move_to_end(site)
            return known
        task = self._asking.get(site)
        if task is None:
            task = self._asking[site] = asyncio.create_task(self._ask(site, url))
            task.add_done_callback(lambda _: self._asking.pop(site, None))
        return await asyncio.shield(task)  # one who waits no longer leaves the others waiting

    async def _ask(self, site: str, url: str) -> _Known:
        address = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/robots.txt"
        request = Request(
            address, headers={"Accept": "text/plain"}, deadline_s=DEADLINE_S, max_bytes=MOST_BYTES, cut=True
        )
        known = self._judged(site, address, await self.web.ask(request))
        self._keep(site, known)
        if self.heard is not None and known.trouble is None:
            await self.heard(site_of(url), known.rules.crawl_delay_s)
        return known

    def _judged(self, site: str, address: str, answer: Reply | Failure) -> _Known:
        now = self.clock()
        trouble = _trouble(answer)
        if trouble is None:
            self._failing_since.pop(site, None)
            readable = isinstance(answer, Reply) and 200 <= answer.status < 300
            rules = read_rules(answer.body, address) if isinstance(answer, Reply) and readable else Rules()
            return _Known(rules, now + (AGAIN_S if isinstance(answer, Failure) else DAY_S))
        since = self._failing_since.setdefault(site, now)
        if now - since < GRACE_S:
            return _Known(Rules(), now + AGAIN_S, trouble)
        return _Known(Rules(), now + GRACE_S)

    def _keep(self, site: str, known: _Known) -> None:
        former = self._known.pop(site, None)
        self._known[site] = known
        self._kept += _weight(known) - (_weight(former) if former else 0)
        while self._kept > MOST_KEPT_RULES and len(self._known) > 1:
            forgotten, gone = self._known.popitem(last=False)
            self._failing_since.pop(forgotten, None)
            self._kept -= _weight(gone)


def _weight(known: _Known) -> int:
    return 10 + len(known.rules.rules) + len(known.rules.sitemaps)


def _trouble(answer: Reply | Failure) -> str | None:
    """Why nothing can be said about the site's wishes; None where it has told them, or has none."""
    match answer:
        case Failure(reason, detail):
            settled = (
                reason in _THEIR_OWN_ANSWER or reason == "redirects"
            )  # RFC 9309, 2.3.1.2: as if there were none
            return None if settled else f"{reason}: {detail}"
        case Reply(status):
            return f"the server answered {status}" if status >= 500 or status == 429 else None
