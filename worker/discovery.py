"""Looking for the feed behind a site's address, in a bounded number of requests.

`worker/feeds/discover.py` says where to look; here it is asked, read, and taken if it is a feed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from worker.errors import BadInput
from worker.feeds.discover import Place, find_feeds, is_page, places
from worker.model import FeedDocument
from worker.robots import is_for_news, read_rules
from worker.wire import Failure, Reply, Request

_MOST_SITEMAPS = 3
MOST_REQUESTS = 12
Ask = Callable[[str], Awaitable[Reply | Failure]]
Parse = Callable[[bytes, str, str], FeedDocument]


@dataclass(frozen=True, slots=True)
class Discovered:
    """A feed, where it is and why we looked there. `declared` are all that the page names, the best first."""

    address: str
    why: str
    document: FeedDocument
    declared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingFound:
    """No feed at any of `tried` places."""

    tried: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()


def request_for(address: str, accept: str, max_bytes: int) -> Request:
    """The request for a place that may hold a feed: anybody's, without what the user gave for his address."""
    return Request(address, headers={"Accept": accept}, deadline_s=8.0, max_bytes=max_bytes)


async def discover(
    page: bytes, url: str, ask: Ask, parse: Parse, *, only_declared: bool = False
) -> Discovered | NothingFound:
    """The first place that holds a feed with entries, else the first that holds one without; at most
    `MOST_REQUESTS` are asked. A page that lists feeds leads on to those once. `parse` raises BadInput for what is no
    feed. `only_declared`: the address itself says it is a feed, so none but what the page names is meant."""
    declared = tuple(find_feeds(page, url))
    wanted = [place for place in places(page, url) if place.why == "declared" or not only_declared]
    queue, asked_robots = deque(wanted), only_declared
    tried: list[str] = []
    empty: Discovered | None = None
    while (queue or not asked_robots) and len(tried) < MOST_REQUESTS:
        if not queue or (not asked_robots and queue[0].why == "sitemap"):
            asked_robots = True
            queue.extendleft(reversed(await _named_in_robots(url, ask)))
            continue
        place = queue.popleft()
        tried.append(place.address)
        answer = await ask(place.address)
        found = _taken(answer, parse)
        if isinstance(found, FeedDocument):
            hit = Discovered(place.address, place.why, found, declared)
            if found.entries:
                return hit
            empty = empty or hit
        elif found is not None and place.why == "linked":
            queue.extendleft(reversed(_listed(found, {*tried, url, *(each.address for each in queue)})))
    return empty or NothingFound(tuple(tried), declared)


def _taken(answer: Reply | Failure, parse: Parse) -> FeedDocument | Reply | None:
    """The feed in the answer; the answer itself where it is a page."""
    if not isinstance(answer, Reply) or not 200 <= answer.status < 300:
        return None
    try:
        return parse(answer.body, answer.url, answer.headers.get("content-type", ""))
    except BadInput:
        return answer if is_page(answer.body) else None


def _listed(page: Reply, known: set[str]) -> list[Place]:
    """The feeds that a page named "RSS" lists."""
    found = [place for place in places(page.body, page.url) if place.why in ("declared", "linked")]
    return [Place(place.address, "listed") for place in found if place.address not in known]


async def _named_in_robots(url: str, ask: Ask) -> list[Place]:
    scheme, _, rest = url.partition("://")
    site = f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"
    answer = await ask(f"{site}/robots.txt")
    if not isinstance(answer, Reply) or answer.status != 200 or is_page(answer.body):
        return []
    named = read_rules(answer.body, url).sitemaps
    return [Place(address, "sitemap") for address in named if is_for_news(address)][:_MOST_SITEMAPS]
